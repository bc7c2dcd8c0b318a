"""JAX: the program on whole arrays, where it can be written so, under ``jit``."""

import importlib

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.programs import Problem

jax.config.update("jax_enable_x64", True)


def repeat(step, state, count):
    """``state = step(state, i)`` for each i."""
    return jax.lax.scan(lambda s, i: (step(s, i), None), state, jnp.arange(count))[0]


def prepare(program: str, args: tuple):
    form = importlib.import_module(f"benchmarks.array_forms.{program}").loss
    argnums = Problem(program).module.ARGNUMS
    fixed = {i: a for i, a in enumerate(args) if isinstance(a, int)}

    def loss(*numbers):
        rest = iter(numbers)
        whole = [fixed[i] if i in fixed else next(rest) for i in range(len(args))]
        return form(jnp, repeat, *whole)

    given = [i for i in range(len(args)) if i not in fixed]
    numbers = [jnp.asarray(args[i]) for i in given]
    compiled = jax.jit(loss)
    derivative = jax.jit(jax.value_and_grad(loss, argnums=tuple(map(given.index, argnums))))

    def gradient():
        value, found = jax.block_until_ready(derivative(*numbers))
        return float(value), tuple(map(np.asarray, found))

    return lambda: float(compiled(*numbers)), gradient
