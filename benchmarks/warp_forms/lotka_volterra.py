"""One thread, with the states of all steps in arrays."""

import warp as wp


@wp.kernel
def flow(
    rates: wp.array(dtype=wp.float64),
    x: wp.array(dtype=wp.float64),
    y: wp.array(dtype=wp.float64),
    h: wp.float64,
    steps: int,
    value: wp.array(dtype=wp.float64),
):
    birth, caught, death, growth = rates[0], rates[1], rates[2], rates[3]
    half = wp.float64(0.5) * h
    two = wp.float64(2.0)
    sixth = h / wp.float64(6.0)
    for n in range(steps):
        x0 = x[n]
        y0 = y[n]
        x1 = birth * x0 - caught * x0 * y0
        y1 = growth * x0 * y0 - death * y0
        xa = x0 + half * x1
        ya = y0 + half * y1
        x2 = birth * xa - caught * xa * ya
        y2 = growth * xa * ya - death * ya
        xb = x0 + half * x2
        yb = y0 + half * y2
        x3 = birth * xb - caught * xb * yb
        y3 = growth * xb * yb - death * yb
        xc = x0 + h * x3
        yc = y0 + h * y3
        x4 = birth * xc - caught * xc * yc
        y4 = growth * xc * yc - death * yc
        x[n + 1] = x0 + sixth * (x1 + two * x2 + two * x3 + x4)
        y[n + 1] = y0 + sixth * (y1 + two * y2 + two * y3 + y4)
    value[0] = x[steps] * y[steps]


@wp.kernel
def begin(
    birth: wp.array(dtype=wp.float64),
    caught: wp.array(dtype=wp.float64),
    death: wp.array(dtype=wp.float64),
    growth: wp.array(dtype=wp.float64),
    x: wp.array(dtype=wp.float64),
    y: wp.array(dtype=wp.float64),
    rates: wp.array(dtype=wp.float64),
    xs: wp.array(dtype=wp.float64),
    ys: wp.array(dtype=wp.float64),
):
    rates[0] = birth[0]
    rates[1] = caught[0]
    rates[2] = death[0]
    rates[3] = growth[0]
    xs[0] = x[0]
    ys[0] = y[0]


def launch(args, inputs):
    time_step, steps = args[6], args[7]
    rates, x, y, value = (
        wp.zeros(size, dtype=wp.float64, requires_grad=True)
        for size in (4, steps + 1, steps + 1, 1)
    )
    wp.launch(begin, 1, inputs=[*inputs, rates, x, y])
    wp.launch(flow, 1, inputs=[rates, x, y, time_step, steps, value])
    return value
