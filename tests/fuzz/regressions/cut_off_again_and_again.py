"""A loop that cuts an array off by a test of itself, and moves what is left: no interval."""


def program(x, y, v, m, items, table):
    for _place in v.copy():
        v[v > 0.1] = x
        v[1:] += v[:-1]
    return x + y + v.sum() + m.sum() + sum(items) + sum(table.values()), v * x
