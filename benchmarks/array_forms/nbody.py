"""All pairs at once."""


def loss(xp, repeat, start, speed, mass, time_step, softening, steps):
    def accelerate(position):
        gap = position[None, :, :] - position[:, None, :]
        square = xp.sum(gap * gap, axis=2) + softening
        weight = mass[None, :] / (square * xp.sqrt(square))
        return xp.sum(weight[:, :, None] * gap, axis=1)

    def step(state, _):
        position, velocity, acceleration = state
        velocity = velocity + 0.5 * time_step * acceleration
        position = position + time_step * velocity
        acceleration = accelerate(position)
        return position, velocity + 0.5 * time_step * acceleration, acceleration

    position, _, _ = repeat(step, (start, speed, accelerate(start)), steps)
    return xp.sum(position * position) / len(mass)
