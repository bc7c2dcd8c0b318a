"""JAX: the program on whole arrays, where it can be written so, under ``jit``.

``lax.while_loop`` has no reverse mode: a loop whose turns are known beforehand is a ``lax.scan``.
"""

import importlib

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.programs import Problem

jax.config.update("jax_enable_x64", True)


class Loop:
    """The loops of `benchmarks.array_forms` by ``lax.scan``.

    turns : how often a loop that asks the data goes round; None if that is not known before.
    """

    def __init__(self, turns: int | None):
        self.turns = turns

    def __call__(self, step, state, count):
        return jax.lax.scan(lambda s, i: (step(s, i), None), state, jnp.arange(count))[0]

    def scan(self, step, state, items):
        return jax.lax.scan(lambda s, each: step(s, *each), state, items)

    def until(self, step, state, going):
        if self.turns is None:
            raise NotImplementedError("JAX has no reverse mode of an unbounded loop")

        def turn(state, _):
            on = going(state)
            return jax.tree.map(lambda new, old: jnp.where(on, new, old), step(state), state), None

        state = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), state)
        return jax.lax.scan(turn, state, length=self.turns)[0]


def prepare(program: str, args: tuple):
    module = importlib.import_module(f"benchmarks.array_forms.{program}")
    loop = Loop(module.turns(*args) if hasattr(module, "turns") else None)
    argnums = Problem(program).module.ARGNUMS
    fixed = {i: a for i, a in enumerate(args) if isinstance(a, int)}

    def loss(*numbers):
        rest = iter(numbers)
        whole = [fixed[i] if i in fixed else next(rest) for i in range(len(args))]
        return module.loss(jnp, loop, *whole)

    given = [i for i in range(len(args)) if i not in fixed]
    numbers = [jnp.asarray(args[i]) for i in given]
    compiled = jax.jit(loss)
    derivative = jax.jit(jax.value_and_grad(loss, argnums=tuple(map(given.index, argnums))))

    def gradient():
        value, found = jax.block_until_ready(derivative(*numbers))
        return float(value), tuple(map(np.asarray, found))

    return lambda: float(compiled(*numbers)), gradient
