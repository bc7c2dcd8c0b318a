"""A mask that says where a store went is found as it was, whichever way memory goes."""


def program(x, y, v, m, items, table):
    mask = v > v[0]
    first = v[mask].sum()
    mask[:] = v > x
    v[mask] = items[0]
    mask[mask] = v[mask] < items[0]
    return x + first + v[mask].sum() + v.sum() + m.sum() + sum(items) + table["a"], v * x
