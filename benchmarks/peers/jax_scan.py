"""JAX: the flight under ``jit`` as a ``lax.scan`` of fixed length.

``lax.while_loop`` has no reverse mode, so the loop is given the number of steps that the flight is
known to take, the least that gives the right answer; steps after the landing would change nothing.
"""

import jax
import jax.numpy as jnp

from benchmarks.flight import GRAVITY, MUZZLE, Problem

jax.config.update("jax_enable_x64", True)


def flight_of(steps: int):
    def fly(speed, angle, drag, time_step):
        half = 0.5 * time_step * time_step

        def one_step(state, _):
            x, y, vx, vy, _, _ = state
            pull = drag * jnp.sqrt(vx * vx + vy * vy)
            ax = -pull * vx
            ay = -pull * vy - GRAVITY
            stepped = (
                x + time_step * vx + half * ax,
                y + time_step * vy + half * ay,
                vx + time_step * ax,
                vy + time_step * ay,
                x,
                y,
            )
            flying = y > 0.0
            return tuple(map(lambda new, old: jnp.where(flying, new, old), stepped, state)), None

        start = (0.0, MUZZLE, speed * jnp.cos(angle), speed * jnp.sin(angle), 0.0, MUZZLE)
        start = tuple(jnp.asarray(number, jnp.float64) for number in start)
        (x, y, _, _, x_before, y_before), _ = jax.lax.scan(one_step, start, length=steps)
        share = y_before / (y_before - y)
        return x_before + share * (x - x_before)

    return fly


def prepare(problem: Problem):
    fly = flight_of(problem.steps)
    compiled = jax.jit(fly)
    derivative = jax.jit(jax.value_and_grad(fly, argnums=(0, 1)))

    def value_and_gradient():
        value, (by_speed, by_angle) = jax.block_until_ready(derivative(*problem.args))
        return float(value), (float(by_speed), float(by_angle))

    return lambda: float(compiled(*problem.args)), value_and_gradient
