"""JAX: gradients of an ensemble of flights, a ``vmap`` of a ``lax.scan`` under ``jit``."""

from collections.abc import Callable

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)


def gradients(steps: int) -> Callable:
    """The derivatives of `benchmarks.batches.fly` by speed and drag, of arrays of both."""

    def fly(speed, drag):
        def step(state, _):
            x, y, vx, vy = state
            pull = drag * jnp.sqrt(vx * vx + vy * vy)
            vx = vx - 1e-3 * pull * vx
            vy = vy - 1e-3 * (pull * vy + 9.81)
            return (x + 1e-3 * vx, y + 1e-3 * vy, vx, vy), None

        x, y, _, _ = jax.lax.scan(step, (0.0, 0.0, speed, speed), length=steps)[0]
        return x * x + y

    batched = jax.jit(jax.vmap(jax.grad(fly, (0, 1))))
    return lambda *args: jax.block_until_ready(batched(*args))
