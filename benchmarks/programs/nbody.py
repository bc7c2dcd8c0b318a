"""Leapfrog steps of bodies that attract each other: pairs in loops, states updated in place."""

import math

import numpy as np

ARGNUMS = (0, 1)


def arguments(bodies: int = 64, steps: int = 200) -> tuple:
    random = np.random.default_rng(1)
    masses = random.uniform(0.5, 1.5, bodies) / bodies
    return (
        random.standard_normal((bodies, 3)),
        0.3 * random.standard_normal((bodies, 3)),
        masses,
        0.005,
        0.05,
        steps,
    )


def accelerate(position, mass, softening, acceleration):
    """Write the acceleration of each body."""
    bodies = position.shape[0]
    for i in range(bodies):
        ax = 0.0
        ay = 0.0
        az = 0.0
        for j in range(bodies):
            dx = position[j, 0] - position[i, 0]
            dy = position[j, 1] - position[i, 1]
            dz = position[j, 2] - position[i, 2]
            square = dx * dx + dy * dy + dz * dz + softening
            weight = mass[j] / (square * math.sqrt(square))
            ax += weight * dx
            ay += weight * dy
            az += weight * dz
        acceleration[i, 0] = ax
        acceleration[i, 1] = ay
        acceleration[i, 2] = az


def loss(start, speed, mass, time_step, softening, steps):
    """Mean square distance from the origin at the end."""
    position = start.copy()
    velocity = speed.copy()
    acceleration = np.zeros_like(position)
    accelerate(position, mass, softening, acceleration)
    for _ in range(steps):
        for i in range(position.shape[0]):
            for k in range(3):
                velocity[i, k] += 0.5 * time_step * acceleration[i, k]
                position[i, k] += time_step * velocity[i, k]
        accelerate(position, mass, softening, acceleration)
        for i in range(position.shape[0]):
            for k in range(3):
                velocity[i, k] += 0.5 * time_step * acceleration[i, k]
    total = 0.0
    for i in range(position.shape[0]):
        for k in range(3):
            total += position[i, k] * position[i, k]
    return total / position.shape[0]
