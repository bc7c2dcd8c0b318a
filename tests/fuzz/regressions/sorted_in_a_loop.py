"""What is sorted is exchanged, as the ends of an interval are, but no interval gets smaller."""

import math


def program(x, y, v, m, items, table):
    i1 = 0
    while i1 < 3 and x / (1.5 + (x) ** 2) > (v[0 % 3 :].sum()):
        i1 += 1
        d2 = {"a": x, "b": (x + x)}
        items.sort()
        if (x + x) < d2.setdefault("c", items[0]):
            break
    return x + y + v.sum() + m.sum() + sum(items) + sum(table.values()), v * math.sin(x + x)
