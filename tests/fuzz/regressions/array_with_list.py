"""An operator of an array and a list of live numbers makes an array of the list."""


def program(x, y, v, m, items, table):
    ratio = v / (v * v + 1.5).tolist()
    rest = (v + 2.0).tolist() - ratio**2
    power = (v * v + 1.0) ** [x, 2.0, y, items[0]]
    return ratio @ rest, power * (x, y, 1.0, v[2])
