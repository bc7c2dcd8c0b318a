"""A loop that decides by a test of live numbers which variable takes a value that never changes."""

import math


def program(x, y, v, m, items, table):
    for _place in v.copy():
        if (x + x) < (x + x):
            n2 = x  # noqa: F841
            x += x
        else:
            n3 = x  # noqa: F841
    return x + y + v.sum() + m.sum() + sum(items) + sum(table.values()), v * math.sin(x + x)
