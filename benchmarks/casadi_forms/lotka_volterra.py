"""A step of scalars, folded."""

import casadi as ca


def loss(birth, catch, death, growth, x, y, time_step, steps):
    rates, state = ca.SX.sym("rates", 4), ca.SX.sym("state", 2)

    def slope(state):
        x, y = state[0], state[1]
        return ca.vertcat(
            rates[0] * x - rates[1] * x * y,
            rates[3] * x * y - rates[2] * y,
        )

    one = slope(state)
    two = slope(state + 0.5 * time_step * one)
    three = slope(state + 0.5 * time_step * two)
    four = slope(state + time_step * three)
    after = state + time_step / 6.0 * (one + 2.0 * two + 2.0 * three + four)
    step = ca.Function("step", [state, rates], [after])
    inputs = [ca.MX.sym(name) for name in ("birth", "catch", "death", "growth", "x", "y")]
    last = step.fold(steps)(ca.vertcat(*inputs[4:]), ca.vertcat(*inputs[:4]))
    return inputs, last[0] * last[1]
