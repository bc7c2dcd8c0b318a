"""`ufunc.at` acts once for every index."""

import numpy as np


def program(x, y, v, m, items, table):
    np.multiply.at(v, [0, 0, 3], 0.5 + m[0, :3])
    np.negative.at(m, ([0, 0, 1], [1, 1, 2]))
    np.divide.at(v, np.array([True, False, True, False]), 2.0 + x * x)
    return v @ v + m.sum(), m[1] * v
