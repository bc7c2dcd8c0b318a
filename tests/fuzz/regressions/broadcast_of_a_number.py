"""The elements of a number made wide share one place, and its cotangent counts once."""

import numpy as np


def program(x, y, v, m, items, table):
    wide = np.broadcast_to(x * y, (2, 4))
    again = np.broadcast_to(array=items[0] * x, shape=(4,))
    return (wide * m[:2]).sum() + wide[0] @ v + wide[1, 2], again * v + again[1]
