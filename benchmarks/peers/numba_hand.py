"""The flight in Numba with an adjoint written by hand, as a careful engineer would.

The forward sweep keeps the two velocities of each step on a buffer that grows; the reverse sweep
recomputes the rest. The positions enter the result linearly, so that they need no tape.
"""

import math

import numba
import numpy as np

from benchmarks.flight import GRAVITY, MUZZLE, Problem, fly


@numba.njit
def value_and_gradient(speed, angle, drag, time_step):
    half = 0.5 * time_step * time_step
    vx = speed * math.cos(angle)
    vy = speed * math.sin(angle)
    x, y = 0.0, MUZZLE
    x_before, y_before = x, y
    tape = np.empty((4096, 2))
    steps = 0
    while y > 0.0:
        if steps == len(tape):
            longer = np.empty((2 * steps, 2))
            longer[:steps] = tape
            tape = longer
        tape[steps, 0] = vx
        tape[steps, 1] = vy
        steps += 1
        x_before, y_before = x, y
        pull = drag * math.sqrt(vx * vx + vy * vy)
        ax = -pull * vx
        ay = -pull * vy - GRAVITY
        x += time_step * vx + half * ax
        y += time_step * vy + half * ay
        vx += time_step * ax
        vy += time_step * ay
    share = y_before / (y_before - y)
    value = x_before + share * (x - x_before)

    ct_share = x - x_before
    ct_x, ct_x_before = share, 1.0 - share
    squared = (y_before - y) * (y_before - y)
    ct_y = ct_share * y_before / squared
    ct_y_before = -ct_share * y / squared
    ct_vx = ct_vy = 0.0
    for step in range(steps - 1, -1, -1):
        vx = tape[step, 0]
        vy = tape[step, 1]
        root = math.sqrt(vx * vx + vy * vy)
        pull = drag * root
        ct_ax = time_step * ct_vx + half * ct_x
        ct_ay = time_step * ct_vy + half * ct_y
        over_root = drag / root
        ct_square = -(ct_ax * vx + ct_ay * vy) * over_root
        ct_vx += time_step * ct_x - pull * ct_ax + ct_square * vx
        ct_vy += time_step * ct_y - pull * ct_ay + ct_square * vy
        ct_x += ct_x_before
        ct_y += ct_y_before
        ct_x_before = ct_y_before = 0.0
    cos, sin = math.cos(angle), math.sin(angle)
    by_speed = ct_vx * cos + ct_vy * sin
    by_angle = speed * (ct_vy * cos - ct_vx * sin)
    return value, (by_speed, by_angle)


def prepare(problem: Problem):
    primal = numba.njit(fly)
    return lambda: primal(*problem.args), lambda: value_and_gradient(*problem.args)
