"""A loop that a test of a sum ends is no solver; its store to an array counts once."""


def program(x, y, v, m, items, table):
    for place in range(3):
        v[place % 4] += 0.5 * x
        bound = sum([y, y, 0.1])
        if x > bound:
            break
    return v @ m[0], v * 4.0
