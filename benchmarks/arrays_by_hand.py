"""Values and gradients of array programs, written by hand with NumPy.

What somebody would write who knows the derivative: each with as few passes over memory as that
takes, and nothing checked. They say how near to its plain program any gradient in NumPy can come.
"""

import numpy as np

from benchmarks import array_programs
from benchmarks.array_programs import SEGMENTS, TARGETS


def variance_over_deviation(x):
    n = x.size
    centred = x - x.mean()
    squares = centred @ centred
    deviation = np.sqrt(squares / n)
    centred *= 2.0 / deviation - squares / (n * deviation**3)
    return squares / deviation, centred


def means_of_neighbours(x):
    n = x.size
    for _ in range(10):
        x = 0.5 * (x[1:] + x[:-1])
    gradient = np.ones(n - 10)
    for _ in range(10):
        gradient *= 0.5
        wider = np.empty(gradient.size + 1)
        wider[0] = 0.0
        wider[1:] = gradient
        wider[:-1] += gradient
        gradient = wider
    return x.sum(), gradient


def rosenbrock(x):
    first = x[1:] - x[:-1] ** 2
    second = 1 - x[:-1]
    value = 100.0 * (first @ first) + second @ second
    first *= 200.0
    gradient = np.empty_like(x)
    gradient[0] = 0.0
    gradient[1:] = first
    first *= x[:-1]
    first += second
    first *= 2.0
    gradient[:-1] -= first
    return value, gradient


def updates_in_place(x):
    y = x * 1.0
    before = []
    for _ in range(10):
        before.append(y.copy())
        y *= x
        y += 1.0
    shadow = np.ones_like(x)
    gradient = np.zeros_like(x)
    for y_before in reversed(before):
        y_before *= shadow
        gradient += y_before
        shadow *= x
    gradient += shadow
    return y.sum(), gradient


def least_squares(x):
    residual = 2.0 * x + 0.3 - TARGETS
    value = 0.5 * np.dot(residual, residual) / residual.size
    residual *= 2.0 / residual.size
    return value, residual


def heat_equation(x):
    u = x.reshape(250, 400)
    for _ in range(5):
        inner = u[1:-1, 1:-1] + 0.1 * (
            u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1]
        )
        u = np.pad(inner, 1)
    gradient = (2.0 / u.size) * u
    for _ in range(5):
        inner = gradient[1:-1, 1:-1]
        part = 0.1 * inner
        wider = np.zeros_like(gradient)
        wider[1:-1, 1:-1] = inner - 4 * part
        wider[2:, 1:-1] += part
        wider[:-2, 1:-1] += part
        wider[1:-1, 2:] += part
        wider[1:-1, :-2] += part
        gradient = wider
    return (u**2).mean(), gradient.reshape(-1)


def waves_in_place(x):
    now, before = x.copy(), x.copy()
    for _ in range(5):
        after = np.empty_like(now)
        after[1:-1] = 2 * now[1:-1] - before[1:-1] + 0.2 * (now[2:] - 2 * now[1:-1] + now[:-2])
        after[0] = after[-1] = 0.0
        before, now = now, after
    of_now, of_before = 2.0 * now, np.zeros_like(now)
    for _ in range(5):
        inner = of_now[1:-1]
        of_older = np.empty_like(now)
        of_older[0] = of_older[-1] = 0.0
        np.negative(inner, out=of_older[1:-1])
        of_before[1:-1] += 1.6 * inner
        inner *= 0.2
        of_before[2:] += inner
        of_before[:-2] += inner
        of_now, of_before = of_before, of_older
    of_now += of_before
    return np.sum(now**2), of_now


def cumulative_sums(x):
    n = x.size
    centred = x - x.mean()
    walk = np.cumsum(centred)
    top, bottom = walk.argmax(), walk.argmin()
    span = walk[top] - walk[bottom]
    deviation = np.sqrt(centred @ centred / n)
    steps = np.diff(x)
    steps -= steps.mean()
    value = span / deviation + steps @ steps / steps.size
    gradient = centred
    gradient *= -span / (n * deviation**3)
    gradient += (bottom - top) / (n * deviation)  # what the mean takes of the walk
    if top > bottom:
        gradient[bottom + 1 : top + 1] += 1.0 / deviation
    else:
        gradient[top + 1 : bottom + 1] -= 1.0 / deviation
    steps *= 2.0 / steps.size
    gradient[1:] += steps
    gradient[:-1] -= steps
    return value, gradient


def exponential_filter(x):
    rows = x.reshape(100, 1000)
    level = np.zeros_like(rows)
    level[0] = rows[0]
    for i in range(1, 100):
        level[i] = 0.9 * level[i - 1] + 0.1 * rows[i]
    level -= rows
    value = np.sum(level**2)
    level *= 2.0
    gradient = np.empty_like(rows)
    shadow = np.zeros(1000)
    for i in range(99, 0, -1):
        shadow += level[i]
        np.subtract(0.1 * shadow, level[i], out=gradient[i])
        shadow *= 0.9
    gradient[0] = shadow
    return value, gradient.reshape(-1)


def normalised_in_place(x):
    n = x.size
    y = x.copy()
    kept = []
    for _ in range(10):
        y -= y.mean()
        root = np.sqrt(np.mean(y * y))
        scale = 1.0 / (root + 1e-3)
        kept.append((y.copy(), root, scale))
        y *= scale
        y += 0.1 * x
    shadow = 3.0 * y * y
    value = np.sum(y**3)
    gradient = np.zeros_like(x)
    for centred, root, scale in reversed(kept):
        gradient += 0.1 * shadow
        slope = -(shadow @ centred) * scale * scale / (root * n)
        shadow *= scale
        centred *= slope
        shadow += centred
        shadow -= shadow.mean()
    gradient += shadow
    return value, gradient


def sums_of_segments(x):
    totals = np.zeros(500)
    np.add.at(totals, SEGMENTS, x)
    return np.sum(totals**2), (2.0 * totals)[SEGMENTS]


BY_HAND = {
    getattr(array_programs, function.__name__): function
    for function in (
        variance_over_deviation,
        means_of_neighbours,
        rosenbrock,
        updates_in_place,
        least_squares,
        heat_equation,
        waves_in_place,
        cumulative_sums,
        exponential_filter,
        normalised_in_place,
        sums_of_segments,
    )
}
