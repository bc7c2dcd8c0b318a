"""Dynamic programming: the soft dynamic time warping distance of two sequences (Cuturi 2017)."""

import math

import numpy as np

ARGNUMS = (0, 1)
SHORT = {"first": 60, "second": 56}


def arguments(first: int = 300, second: int = 280, width: int = 4) -> tuple:
    random = np.random.default_rng(6)
    return (
        random.standard_normal((first, width)),
        random.standard_normal((second, width)),
        0.5,
    )


def loss(x, y, temperature):
    """The cost of the best alignment, with a soft minimum of the given temperature."""
    rows, columns = len(x), len(y)
    cost = np.full((rows + 1, columns + 1), 1e10)
    cost[0, 0] = 0.0
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            distance = 0.0
            for k in range(x.shape[1]):
                step = x[i - 1, k] - y[j - 1, k]
                distance += step * step
            a = -cost[i - 1, j - 1] / temperature
            b = -cost[i - 1, j] / temperature
            c = -cost[i, j - 1] / temperature
            top = max(a, b, c)
            soft = top + math.log(math.exp(a - top) + math.exp(b - top) + math.exp(c - top))
            cost[i, j] = distance - temperature * soft
    return cost[rows, columns]
