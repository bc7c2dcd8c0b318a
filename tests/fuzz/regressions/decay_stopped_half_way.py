"""A slow decay that a threshold stops is a path, not a limit."""

import math

import numpy as np


def program(x, y, v, m, items, table):
    y = 1.0 + 0.1 * y
    rate = 0.999 + 0.0005 * math.sin(x)
    count = 0
    while np.dot(y, y) > 0.5 and count < 100:
        y *= rate
        count += 1
    return y, v * y
