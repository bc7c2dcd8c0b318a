"""Heat that spreads in a bar whose conductivity depends on temperature, two arrays in turns."""

import numpy as np

ARGNUMS = (0, 1)
SHORT = {"cells": 100, "steps": 20}


def arguments(cells: int = 500, steps: int = 400) -> tuple:
    random = np.random.default_rng(5)
    return 1.0 + random.random(cells), 0.3 + 0.1 * random.random(cells), 0.2, steps


def loss(start, conductivity, rate, steps):
    """Mean square temperature at the end; a sweep goes from left to right and uses new values."""
    u = start.copy()
    for _ in range(steps):
        for i in range(1, len(u) - 1):
            left = conductivity[i] * (u[i - 1] - u[i]) * (1.0 + 0.1 * u[i])
            right = conductivity[i + 1] * (u[i + 1] - u[i]) * (1.0 + 0.1 * u[i])
            u[i] += rate * (left + right)
    total = 0.0
    for i in range(len(u)):
        total += u[i] * u[i]
    return total / len(u)
