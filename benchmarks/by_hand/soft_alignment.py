"""The table of costs is the tape: weights are exponentials of its differences."""

import math

import numba
import numpy as np

from benchmarks.programs.soft_alignment import loss

primal = numba.njit(loss)


@numba.njit
def value_and_gradient(x, y, temperature):
    rows, columns, width = len(x), len(y), x.shape[1]
    cost = np.full((rows + 1, columns + 1), 1e10)
    cost[0, 0] = 0.0
    weight = np.empty((rows + 1, columns + 1, 2))
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            distance = 0.0
            for k in range(width):
                step = x[i - 1, k] - y[j - 1, k]
                distance += step * step
            a = -cost[i - 1, j - 1] / temperature
            b = -cost[i - 1, j] / temperature
            c = -cost[i, j - 1] / temperature
            top = max(a, b, c)
            a, b, c = math.exp(a - top), math.exp(b - top), math.exp(c - top)
            total = a + b + c
            weight[i, j, 0] = a / total
            weight[i, j, 1] = b / total
            cost[i, j] = distance - temperature * (top + math.log(total))
    ct = np.zeros((rows + 1, columns + 1))
    ct[rows, columns] = 1.0
    by_x, by_y = np.zeros(x.shape), np.zeros(y.shape)
    for i in range(rows, 0, -1):
        for j in range(columns, 0, -1):
            here = ct[i, j]
            a, b = weight[i, j, 0], weight[i, j, 1]
            ct[i - 1, j - 1] += here * a
            ct[i - 1, j] += here * b
            ct[i, j - 1] += here * (1.0 - a - b)
            for k in range(width):
                step = 2.0 * here * (x[i - 1, k] - y[j - 1, k])
                by_x[i - 1, k] += step
                by_y[j - 1, k] -= step
    return cost[rows, columns], (by_x, by_y)
