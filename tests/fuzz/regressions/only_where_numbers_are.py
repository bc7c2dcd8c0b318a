"""Only booleans say where: numbers raise what NumPy raises."""

import numpy as np


def program(x, y, v, m, items, table):
    try:
        np.multiply(v, x, out=v, where=v)
    except TypeError:
        y = y * x
    return x + y + v.sum() + m.sum() + sum(items) + sum(table.values()), v * x
