"""What a loop compares does not depend on what the loop changes: it searches for nothing."""


def program(x, y, v, m, items, table):
    for _ in v.copy():
        table["d"] = table.pop("b") * (x + x)
        table["b"] = table["a"]
        if (x + x) > (x + x):
            v4 = v  # noqa: F841
            n5 = x + x  # noqa: F841
        elif int(x * 4.0) > 1:
            m[1] = v
    return x + y + v.sum() + m.sum() + sum(items) + sum(table.values()), v * x
