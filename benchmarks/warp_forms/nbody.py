"""A thread for each body, kernels for each step, and new arrays for what they write."""

import warp as wp


@wp.kernel
def accelerate(
    position: wp.array(dtype=wp.vec3d),
    mass: wp.array(dtype=wp.float64),
    softening: wp.float64,
    acceleration: wp.array(dtype=wp.vec3d),
):
    i = wp.tid()
    here = position[i]
    total = wp.vec3d()
    for j in range(position.shape[0]):
        gap = position[j] - here
        square = wp.dot(gap, gap) + softening
        total += mass[j] / (square * wp.sqrt(square)) * gap
    acceleration[i] = total


@wp.kernel
def drift(
    position: wp.array(dtype=wp.vec3d),
    velocity: wp.array(dtype=wp.vec3d),
    acceleration: wp.array(dtype=wp.vec3d),
    time_step: wp.float64,
    position_after: wp.array(dtype=wp.vec3d),
    velocity_after: wp.array(dtype=wp.vec3d),
):
    i = wp.tid()
    kicked = velocity[i] + wp.float64(0.5) * time_step * acceleration[i]
    velocity_after[i] = kicked
    position_after[i] = position[i] + time_step * kicked


@wp.kernel
def kick(
    velocity: wp.array(dtype=wp.vec3d),
    acceleration: wp.array(dtype=wp.vec3d),
    time_step: wp.float64,
    velocity_after: wp.array(dtype=wp.vec3d),
):
    i = wp.tid()
    velocity_after[i] = velocity[i] + wp.float64(0.5) * time_step * acceleration[i]


@wp.kernel
def spread(position: wp.array(dtype=wp.vec3d), value: wp.array(dtype=wp.float64)):
    i = wp.tid()
    wp.atomic_add(value, 0, wp.dot(position[i], position[i]) / wp.float64(position.shape[0]))


def launch(args, inputs):
    _, _, masses, time_step, softening, steps = args
    position, velocity = inputs
    bodies, mass = len(masses), wp.array(masses, dtype=wp.float64)

    def vectors():
        return wp.zeros(bodies, dtype=wp.vec3d, requires_grad=True)

    acceleration = vectors()
    wp.launch(accelerate, bodies, inputs=[position, mass, softening, acceleration])
    for _ in range(steps):
        moved, half, kicked = vectors(), vectors(), vectors()
        wp.launch(drift, bodies, inputs=[position, velocity, acceleration, time_step, moved, half])
        acceleration = vectors()
        wp.launch(accelerate, bodies, inputs=[moved, mass, softening, acceleration])
        wp.launch(kick, bodies, inputs=[half, acceleration, time_step, kicked])
        position, velocity = moved, kicked
    value = wp.zeros(1, dtype=wp.float64, requires_grad=True)
    wp.launch(spread, bodies, inputs=[position, value])
    return value
