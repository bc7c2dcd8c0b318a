"""HIPS autograd: the flight with ``autograd.numpy`` in the place of ``math``."""

import autograd
import autograd.numpy as np

from benchmarks.flight import GRAVITY, MUZZLE, Problem


def fly(controls, drag, time_step):
    speed, angle = controls
    half = 0.5 * time_step * time_step
    vx = speed * np.cos(angle)
    vy = speed * np.sin(angle)
    x, y = 0.0, MUZZLE
    x_before, y_before = x, y
    while y > 0.0:
        x_before, y_before = x, y
        pull = drag * np.sqrt(vx * vx + vy * vy)
        ax = -pull * vx
        ay = -pull * vy - GRAVITY
        x = x + (time_step * vx + half * ax)
        y = y + (time_step * vy + half * ay)
        vx = vx + time_step * ax
        vy = vy + time_step * ay
    share = y_before / (y_before - y)
    return x_before + share * (x - x_before)


def prepare(problem: Problem):
    controls = (problem.speed, problem.angle)
    rest = problem.drag, problem.time_step
    derivative = autograd.value_and_grad(fly)

    def value_and_gradient():
        value, (by_speed, by_angle) = derivative(controls, *rest)
        return float(value), (float(by_speed), float(by_angle))

    return lambda: float(fly(controls, *rest)), value_and_gradient
