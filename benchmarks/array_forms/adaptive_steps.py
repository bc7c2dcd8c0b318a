"""Steps of scalars; a step that erred leaves time and state where they were."""


def loss(xp, repeat, x, v, stiffness, duration, tolerance):
    def slope(x, v):
        return stiffness * (1.0 - x * x) * v - x

    def turn(state):
        time, step, x, v = state
        last = time + step >= duration
        step = xp.where(last, duration - time, step)
        a1 = slope(x, v)
        x2, v2 = x + 0.5 * step * v, v + 0.5 * step * a1
        a2 = slope(x2, v2)
        x3, v3 = x + 0.75 * step * v2, v + 0.75 * step * a2
        a3 = slope(x3, v3)
        x4 = x + step * (2.0 * v + 3.0 * v2 + 4.0 * v3) / 9.0
        v4 = v + step * (2.0 * a1 + 3.0 * a2 + 4.0 * a3) / 9.0
        a4 = slope(x4, v4)
        ex = step * (-5.0 * v + 6.0 * v2 + 8.0 * v3 - 9.0 * v4) / 72.0
        ev = step * (-5.0 * a1 + 6.0 * a2 + 8.0 * a3 - 9.0 * a4) / 72.0
        error = xp.sqrt(ex * ex + ev * ev) / tolerance
        good = error <= 1.0
        after = xp.where(last, duration, time + step)
        factor = 0.9 * xp.clip(error, 1e-10, None) ** (-1.0 / 3.0)
        return (
            xp.where(good, after, time),
            step * xp.clip(factor, 0.2, 4.0),
            xp.where(good, x4, x),
            xp.where(good, v4, v),
        )

    zero = 0.0 * x
    start = zero, zero + 0.01, x, v
    _, _, x, v = repeat.until(turn, start, lambda state: state[0] < duration)
    return x * x + v * v
