"""`np.fromiter` runs a generator."""

import numpy as np


def program(x, y, v, m, items, table):
    made = np.fromiter((x * element for element in v), float)
    first = np.fromiter(iter(items), dtype=float, count=2)
    return made @ v + first[1], made * y
