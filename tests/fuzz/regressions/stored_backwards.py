"""What is stored over itself is copied first, and the tape keeps no contents of the copy."""


def program(x, y, v, m, items, table):
    v[::-1][1:] = v[1:]
    return x + y + v.sum() + m.sum() + sum(items) + sum(table.values()), v * x
