"""Positions of all steps are kept; pairs are computed again and reversed at once."""

import math

import numba
import numpy as np

from benchmarks.programs.nbody import accelerate

forces = numba.njit(accelerate)


@numba.njit
def pull_forces(position, mass, softening, by_acceleration, by_position):
    bodies = position.shape[0]
    for i in range(bodies):
        cx, cy, cz = by_acceleration[i, 0], by_acceleration[i, 1], by_acceleration[i, 2]
        sx = sy = sz = 0.0
        for j in range(bodies):
            dx = position[j, 0] - position[i, 0]
            dy = position[j, 1] - position[i, 1]
            dz = position[j, 2] - position[i, 2]
            square = dx * dx + dy * dy + dz * dz + softening
            inverse = 1.0 / square
            weight = mass[j] * inverse * math.sqrt(inverse)
            along = -3.0 * weight * inverse * (cx * dx + cy * dy + cz * dz)
            px, py, pz = (
                weight * cx + along * dx,
                weight * cy + along * dy,
                weight * cz + along * dz,
            )
            by_position[j, 0] += px
            by_position[j, 1] += py
            by_position[j, 2] += pz
            sx += px
            sy += py
            sz += pz
        by_position[i, 0] -= sx
        by_position[i, 1] -= sy
        by_position[i, 2] -= sz


@numba.njit
def value_and_gradient(start, speed, mass, time_step, softening, steps):
    position, velocity = start.copy(), speed.copy()
    bodies = position.shape[0]
    acceleration = np.zeros_like(position)
    tape = np.empty((steps + 1, bodies, 3))
    tape[0] = position
    forces(position, mass, softening, acceleration)
    for n in range(steps):
        for i in range(bodies):
            for k in range(3):
                velocity[i, k] += 0.5 * time_step * acceleration[i, k]
                position[i, k] += time_step * velocity[i, k]
        tape[n + 1] = position
        forces(position, mass, softening, acceleration)
        for i in range(bodies):
            for k in range(3):
                velocity[i, k] += 0.5 * time_step * acceleration[i, k]
    value = 0.0
    by_position = np.empty((bodies, 3))
    for i in range(bodies):
        for k in range(3):
            value += position[i, k] * position[i, k]
            by_position[i, k] = 2.0 * position[i, k] / bodies
    by_velocity, by_acceleration = np.zeros((bodies, 3)), np.zeros((bodies, 3))
    for n in range(steps - 1, -1, -1):
        for i in range(bodies):
            for k in range(3):
                by_acceleration[i, k] += 0.5 * time_step * by_velocity[i, k]
        pull_forces(tape[n + 1], mass, softening, by_acceleration, by_position)
        for i in range(bodies):
            for k in range(3):
                by_velocity[i, k] += time_step * by_position[i, k]
                by_acceleration[i, k] = 0.5 * time_step * by_velocity[i, k]
    pull_forces(tape[0], mass, softening, by_acceleration, by_position)
    return value / bodies, (by_position, by_velocity)
