"""The same without a test of what is sorted: there is nothing to warn of."""


def program(x, y, v, m, items, table):
    i1 = 0
    while i1 < 3 and x / (1.5 + (x) ** 2) > (v[0 % 3 :].sum()):
        i1 += 1
        items.sort()
    return x + y + v.sum() + m.sum() + sum(items) + sum(table.values()), v * x
