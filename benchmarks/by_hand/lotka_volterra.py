"""The states of all steps are kept; the stages are computed again."""

import numba
import numpy as np


@numba.njit
def value_and_gradient(birth, catch, death, growth, x, y, time_step, steps):
    tape = np.empty((steps, 2))
    half, sixth = 0.5 * time_step, time_step / 6.0
    for n in range(steps):
        tape[n, 0] = x
        tape[n, 1] = y
        x1, y1 = birth * x - catch * x * y, growth * x * y - death * y
        a, b = x + half * x1, y + half * y1
        x2, y2 = birth * a - catch * a * b, growth * a * b - death * b
        a, b = x + half * x2, y + half * y2
        x3, y3 = birth * a - catch * a * b, growth * a * b - death * b
        a, b = x + time_step * x3, y + time_step * y3
        x4, y4 = birth * a - catch * a * b, growth * a * b - death * b
        x = x + sixth * (x1 + 2.0 * x2 + 2.0 * x3 + x4)
        y = y + sixth * (y1 + 2.0 * y2 + 2.0 * y3 + y4)
    value = x * y
    cx, cy = y, x
    to_birth = to_catch = to_death = to_growth = 0.0
    for n in range(steps - 1, -1, -1):
        x = tape[n, 0]
        y = tape[n, 1]
        xy1 = x * y
        a1, b1 = x + half * (birth * x - catch * xy1), y + half * (growth * xy1 - death * y)
        xy2 = a1 * b1
        a2, b2 = x + half * (birth * a1 - catch * xy2), y + half * (growth * xy2 - death * b1)
        xy3 = a2 * b2
        a3 = x + time_step * (birth * a2 - catch * xy3)
        b3 = y + time_step * (growth * xy3 - death * b2)
        c, d = sixth * cx, sixth * cy
        mixed = growth * d - catch * c
        pa, pb = birth * c + mixed * b3, mixed * a3 - death * d
        to_birth += c * a3
        to_death -= d * b3
        to_catch -= c * a3 * b3
        to_growth += d * a3 * b3
        nx, ny = cx + pa, cy + pb
        c, d = 2.0 * sixth * cx + time_step * pa, 2.0 * sixth * cy + time_step * pb
        mixed = growth * d - catch * c
        pa, pb = birth * c + mixed * b2, mixed * a2 - death * d
        to_birth += c * a2
        to_death -= d * b2
        to_catch -= c * xy3
        to_growth += d * xy3
        nx, ny = nx + pa, ny + pb
        c, d = 2.0 * sixth * cx + half * pa, 2.0 * sixth * cy + half * pb
        mixed = growth * d - catch * c
        pa, pb = birth * c + mixed * b1, mixed * a1 - death * d
        to_birth += c * a1
        to_death -= d * b1
        to_catch -= c * xy2
        to_growth += d * xy2
        nx, ny = nx + pa, ny + pb
        c, d = sixth * cx + half * pa, sixth * cy + half * pb
        mixed = growth * d - catch * c
        to_birth += c * x
        to_death -= d * y
        to_catch -= c * xy1
        to_growth += d * xy1
        cx = nx + birth * c + mixed * y
        cy = ny + mixed * x - death * d
    return value, (to_birth, to_catch, to_death, to_growth, cx, cy)
