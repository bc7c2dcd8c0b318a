"""`np.delete` and `np.insert` in all their forms."""

import numpy as np


def program(x, y, v, m, items, table):
    short = np.delete(np.append(v, v[2] * x), [0, -2])
    lines = np.insert(m, 1, v * x, axis=0)
    columns = np.insert(np.delete(m, slice(0, 2), axis=1), [0, 1], y, 1)
    flat = np.insert(items, 2, [x, y])
    kept = np.delete(m, np.array([True, False, True]), axis=0)
    return short @ v[:3] + (lines**2).sum() + (columns * x).prod() + flat @ flat, kept[0] * flat[:4]
