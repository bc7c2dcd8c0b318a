"""The cells of each sweep are kept before and after it: a row of memory for a row of cells."""

import numba
import numpy as np


@numba.njit
def value_and_gradient(start, conductivity, rate, steps):
    u = start.copy()
    cells = len(u)
    tape = np.empty((steps + 1, cells))
    tape[0] = u
    for n in range(steps):
        for i in range(1, cells - 1):
            left = conductivity[i] * (u[i - 1] - u[i]) * (1.0 + 0.1 * u[i])
            right = conductivity[i + 1] * (u[i + 1] - u[i]) * (1.0 + 0.1 * u[i])
            u[i] += rate * (left + right)
        tape[n + 1] = u
    value = 0.0
    for i in range(cells):
        value += u[i] * u[i]
    ct = 2.0 * u / cells
    by_conductivity = np.zeros(cells)
    for n in range(steps - 1, -1, -1):
        before, after = tape[n], tape[n + 1]
        for i in range(cells - 2, 0, -1):
            here, scaled = before[i], rate * ct[i]
            bend = 1.0 + 0.1 * here
            down, up = after[i - 1] - here, before[i + 1] - here
            flow = conductivity[i] * down + conductivity[i + 1] * up
            by_conductivity[i] += scaled * down * bend
            by_conductivity[i + 1] += scaled * up * bend
            ct[i - 1] += scaled * conductivity[i] * bend
            ct[i + 1] += scaled * conductivity[i + 1] * bend
            ct[i] += scaled * (0.1 * flow - (conductivity[i] + conductivity[i + 1]) * bend)
    return value / cells, (ct, by_conductivity)
