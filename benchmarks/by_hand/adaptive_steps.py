"""Of each step, also a refused one, the state and what came of it are kept on a growing tape."""

import math

import numba
import numpy as np


@numba.njit
def value_and_gradient(x, v, stiffness, duration, tolerance):
    time, step = 0.0, 0.01
    tape = np.empty((1024, 6))
    n = 0
    while time < duration:
        if n == len(tape):
            longer = np.empty((2 * n, 6))
            longer[:n] = tape
            tape = longer
        last = time + step >= duration
        if last:
            step = duration - time
        a1 = stiffness * (1.0 - x * x) * v - x
        x2, v2 = x + 0.5 * step * v, v + 0.5 * step * a1
        a2 = stiffness * (1.0 - x2 * x2) * v2 - x2
        x3, v3 = x + 0.75 * step * v2, v + 0.75 * step * a2
        a3 = stiffness * (1.0 - x3 * x3) * v3 - x3
        x4 = x + step * (2.0 * v + 3.0 * v2 + 4.0 * v3) / 9.0
        v4 = v + step * (2.0 * a1 + 3.0 * a2 + 4.0 * a3) / 9.0
        a4 = stiffness * (1.0 - x4 * x4) * v4 - x4
        ex = step * (-5.0 * v + 6.0 * v2 + 8.0 * v3 - 9.0 * v4) / 72.0
        ev = step * (-5.0 * a1 + 6.0 * a2 + 8.0 * a3 - 9.0 * a4) / 72.0
        error = math.sqrt(ex * ex + ev * ev) / tolerance
        factor = 0.9 * max(error, 1e-10) ** (-1.0 / 3.0)
        row = tape[n]
        row[0], row[1], row[2], row[3], row[5] = x, v, step, error, factor
        row[4] = (1.0 if error <= 1.0 else 0.0) + (2.0 if last else 0.0)
        n += 1
        if error <= 1.0:
            time = duration if last else time + step
            x, v = x4, v4
        step *= min(4.0, max(0.2, factor))
    value = x * x + v * v
    cx, cv, ctime, cstep, cs = 2.0 * x, 2.0 * v, 0.0, 0.0, 0.0
    for m in range(n - 1, -1, -1):
        row = tape[m]
        x, v, step, error, flags, factor = row[0], row[1], row[2], row[3], row[4], row[5]
        taken, last = flags == 1.0 or flags == 3.0, flags >= 2.0
        a1 = stiffness * (1.0 - x * x) * v - x
        x2, v2 = x + 0.5 * step * v, v + 0.5 * step * a1
        a2 = stiffness * (1.0 - x2 * x2) * v2 - x2
        x3, v3 = x + 0.75 * step * v2, v + 0.75 * step * a2
        a3 = stiffness * (1.0 - x3 * x3) * v3 - x3
        sx, sv = (2.0 * v + 3.0 * v2 + 4.0 * v3) / 9.0, (2.0 * a1 + 3.0 * a2 + 4.0 * a3) / 9.0
        x4, v4 = x + step * sx, v + step * sv
        a4 = stiffness * (1.0 - x4 * x4) * v4 - x4
        tx = (-5.0 * v + 6.0 * v2 + 8.0 * v3 - 9.0 * v4) / 72.0
        tv = (-5.0 * a1 + 6.0 * a2 + 8.0 * a3 - 9.0 * a4) / 72.0
        clipped = min(4.0, max(0.2, factor))
        cfactor = cstep * step if 0.2 < factor < 4.0 else 0.0
        cstep = cstep * clipped
        cerror = -cfactor * factor / (3.0 * error) if error > 1e-10 else 0.0
        c4x = c4v = 0.0
        if taken:
            c4x, c4v = cx, cv
            cx = cv = 0.0
            if last:
                ctime = 0.0
            else:
                cstep += ctime
        over = cerror / (error * tolerance * tolerance) if error > 0.0 else 0.0
        cex, cev = over * step * tx, over * step * tv
        cstep += cex * tx + cev * tv
        ctx, ctv = cex * step / 72.0, cev * step / 72.0
        ca4 = -9.0 * ctv
        c4v += -9.0 * ctx + ca4 * stiffness * (1.0 - x4 * x4)
        c4x += ca4 * (-2.0 * stiffness * x4 * v4 - 1.0)
        cs += ca4 * (1.0 - x4 * x4) * v4
        cstep += c4x * sx + c4v * sv
        csx, csv = c4x * step / 9.0, c4v * step / 9.0
        cx += c4x
        cv += c4v + 2.0 * csx - 5.0 * ctx
        ca3 = 4.0 * csv + 8.0 * ctv
        c3v = 4.0 * csx + 8.0 * ctx + ca3 * stiffness * (1.0 - x3 * x3)
        c3x = ca3 * (-2.0 * stiffness * x3 * v3 - 1.0)
        cs += ca3 * (1.0 - x3 * x3) * v3
        cstep += 0.75 * (c3x * v2 + c3v * a2)
        ca2 = 3.0 * csv + 6.0 * ctv + 0.75 * step * c3v
        c2v = 3.0 * csx + 6.0 * ctx + 0.75 * step * c3x + ca2 * stiffness * (1.0 - x2 * x2)
        c2x = ca2 * (-2.0 * stiffness * x2 * v2 - 1.0)
        cs += ca2 * (1.0 - x2 * x2) * v2
        cstep += 0.5 * (c2x * v + c2v * a1)
        ca1 = 2.0 * csv - 5.0 * ctv + 0.5 * step * c2v
        cx += c3x + c2x + ca1 * (-2.0 * stiffness * x * v - 1.0)
        cv += c3v + c2v + 0.5 * step * c2x + ca1 * stiffness * (1.0 - x * x)
        cs += ca1 * (1.0 - x * x) * v
        if last:
            ctime -= cstep
            cstep = 0.0
    return value, (cx, cv, cs)
