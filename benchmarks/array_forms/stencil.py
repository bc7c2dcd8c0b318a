"""Steps of sweeps; a cell waits for its neighbour on the left."""


def loss(xp, repeat, start, conductivity, rate, steps):
    def cell(before, here, after, left, right):
        bend = 1.0 + 0.1 * here
        left = left * (before - here) * bend
        right = right * (after - here) * bend
        here = here + rate * (left + right)
        return here, here

    def sweep(u, _):
        items = u[1:-1], u[2:], conductivity[1:-1], conductivity[2:]
        _, inner = repeat.scan(cell, u[0], items)
        return xp.concatenate([u[:1], inner, u[-1:]])

    u = repeat(sweep, start, steps)
    return xp.sum(u * u) / len(start)
