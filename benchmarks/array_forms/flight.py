"""Steps of scalars, until the ball has landed."""

from benchmarks.flight import GRAVITY, MUZZLE, fly_complex


def turns(*args):
    return fly_complex(*args)[1]


def loss(xp, repeat, speed, angle, drag, time_step):
    half = 0.5 * time_step * time_step

    def step(state):
        x, y, vx, vy, _, _ = state
        pull = drag * xp.sqrt(vx * vx + vy * vy)
        ax = -pull * vx
        ay = -pull * vy - GRAVITY
        return (
            x + (time_step * vx + half * ax),
            y + (time_step * vy + half * ay),
            vx + time_step * ax,
            vy + time_step * ay,
            x,
            y,
        )

    zero = 0.0 * speed
    muzzle = zero + MUZZLE
    start = zero, muzzle, speed * xp.cos(angle), speed * xp.sin(angle), zero, muzzle
    x, y, _, _, x_before, y_before = repeat.until(step, start, lambda state: state[1] > 0.0)
    share = y_before / (y_before - y)
    return x_before + share * (x - x_before)
