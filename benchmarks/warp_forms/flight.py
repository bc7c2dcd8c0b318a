"""One thread, with the states of all steps in arrays, as many as the flight is known to take."""

import warp as wp

from benchmarks.flight import GRAVITY, MUZZLE, fly_complex

FALL = wp.constant(wp.float64(GRAVITY))
HEIGHT = wp.constant(wp.float64(MUZZLE))


@wp.kernel
def fly(
    speed: wp.array(dtype=wp.float64),
    angle: wp.array(dtype=wp.float64),
    drag: wp.float64,
    time_step: wp.float64,
    steps: int,
    x: wp.array(dtype=wp.float64),
    y: wp.array(dtype=wp.float64),
    vx: wp.array(dtype=wp.float64),
    vy: wp.array(dtype=wp.float64),
    value: wp.array(dtype=wp.float64),
):
    half = wp.float64(0.5) * time_step * time_step
    x[0] = wp.float64(0.0)
    y[0] = HEIGHT
    vx[0] = speed[0] * wp.cos(angle[0])
    vy[0] = speed[0] * wp.sin(angle[0])
    for n in range(steps):
        pull = drag * wp.sqrt(vx[n] * vx[n] + vy[n] * vy[n])
        ax = -pull * vx[n]
        ay = -pull * vy[n] - FALL
        x[n + 1] = x[n] + time_step * vx[n] + half * ax
        y[n + 1] = y[n] + time_step * vy[n] + half * ay
        vx[n + 1] = vx[n] + time_step * ax
        vy[n + 1] = vy[n] + time_step * ay
    share = y[steps - 1] / (y[steps - 1] - y[steps])
    value[0] = x[steps - 1] + share * (x[steps] - x[steps - 1])


def launch(args, inputs):
    steps = fly_complex(*args)[1]
    sizes = (steps + 1,) * 4 + (1,)
    made = [wp.zeros(size, dtype=wp.float64, requires_grad=True) for size in sizes]
    wp.launch(fly, 1, inputs=[*inputs, args[2], args[3], steps, *made])
    return made[-1]
