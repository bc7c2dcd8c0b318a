"""PyTorch eager: the flight on 0-dimensional float64 tensors, ``torch`` in place of ``math``."""

import torch

from benchmarks.flight import GRAVITY, MUZZLE, Problem

torch.set_num_threads(1)


def fly(speed, angle, drag, time_step):
    half = 0.5 * time_step * time_step
    vx = speed * torch.cos(angle)
    vy = speed * torch.sin(angle)
    x, y = torch.zeros_like(speed), torch.full_like(speed, MUZZLE)
    x_before, y_before = x, y
    while y > 0.0:
        x_before, y_before = x, y
        pull = drag * torch.sqrt(vx * vx + vy * vy)
        ax = -pull * vx
        ay = -pull * vy - GRAVITY
        x = x + (time_step * vx + half * ax)
        y = y + (time_step * vy + half * ay)
        vx = vx + time_step * ax
        vy = vy + time_step * ay
    share = y_before / (y_before - y)
    return x_before + share * (x - x_before)


def prepare(problem: Problem):
    def controls(needed: bool):
        numbers = (problem.speed, problem.angle)
        return [torch.tensor(n, dtype=torch.float64, requires_grad=needed) for n in numbers]

    def primal():
        with torch.no_grad():
            return fly(*controls(False), problem.drag, problem.time_step).item()

    def value_and_gradient():
        inputs = controls(True)
        value = fly(*inputs, problem.drag, problem.time_step)
        by_speed, by_angle = torch.autograd.grad(value, inputs)
        return value.item(), (by_speed.item(), by_angle.item())

    return primal, value_and_gradient
