"""Steps of scalars."""


def loss(xp, repeat, birth, catch, death, growth, x, y, time_step, steps):
    def slope(x, y):
        return birth * x - catch * x * y, growth * x * y - death * y

    def step(state, _):
        x, y = state
        x1, y1 = slope(x, y)
        x2, y2 = slope(x + 0.5 * time_step * x1, y + 0.5 * time_step * y1)
        x3, y3 = slope(x + 0.5 * time_step * x2, y + 0.5 * time_step * y2)
        x4, y4 = slope(x + time_step * x3, y + time_step * y3)
        sixth = time_step / 6.0
        return (
            x + sixth * (x1 + 2.0 * x2 + 2.0 * x3 + x4),
            y + sixth * (y1 + 2.0 * y2 + 2.0 * y3 + y4),
        )

    x, y = repeat(step, (x, y), steps)
    return x * y
