"""A loop that cuts an array off under a second name, and ends with nothing of its own live."""


def program(x, y, v, m, items, table):
    for _place in v.copy():
        _twice = x + x
        same = v
        same[v > 0.1] = x
    return x + y + v.sum() + m.sum() + sum(items) + sum(table.values()), v * (x + x + x + x)
