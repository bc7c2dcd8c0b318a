"""A number of NumPy's that a test made is a factor: slopes are not calculated with bools."""

import math


def program(x, y, v, m, items, table):
    other = v.copy()
    whole = math.floor(y * 3.0) + abs(1)
    v, other = other, v
    other[3] = math.sin(y)
    total = x + y + v.sum() + other.sum() + m.sum()
    return total + (((other[1] - x) > (whole % 7 & 5)) * (other[1] - x)), v * x
