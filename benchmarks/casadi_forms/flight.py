"""A step of scalars, folded as often as the flight is known to take."""

import casadi as ca

from benchmarks.flight import GRAVITY, MUZZLE, fly_complex


def loss(speed, angle, drag, time_step):
    half = 0.5 * time_step * time_step
    state = ca.SX.sym("state", 6)
    x, y, vx, vy = state[0], state[1], state[2], state[3]
    pull = drag * ca.sqrt(vx * vx + vy * vy)
    ax = -pull * vx
    ay = -pull * vy - GRAVITY
    after = ca.vertcat(
        x + (time_step * vx + half * ax),
        y + (time_step * vy + half * ay),
        vx + time_step * ax,
        vy + time_step * ay,
        x,
        y,
    )
    step = ca.Function("step", [state], [after])
    steps = fly_complex(speed, angle, drag, time_step)[1]
    inputs = [ca.MX.sym("speed"), ca.MX.sym("angle")]
    start = ca.vertcat(
        0.0, MUZZLE, inputs[0] * ca.cos(inputs[1]), inputs[0] * ca.sin(inputs[1]), 0.0, MUZZLE
    )
    last = step.fold(steps)(start)
    share = last[5] / (last[5] - last[1])
    return inputs, last[4] + share * (last[0] - last[4])
