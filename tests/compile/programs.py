"""Programs that the compiled tier must run and differentiate, each with arguments for it."""

import math
from collections import namedtuple

import numpy as np

GRAVITY = 9.81
SCALES = [0.5, 2.0]
Point = namedtuple("Point", "x y")


def polynomial(x, n):
    result = 1.0
    for _ in range(n):
        result *= x
    return result


def triangle(x, n):
    """Columns of a triangle, in loops in a loop."""
    total = 0.0
    for d in range(n):
        place = d
        for e in range(d):
            total += x[place] * x[e]
            place += n - e - 2
        total += place * x[d]
    return total


def flight(speed, angle, drag=0.1, dt=1e-2):
    vx, vy = speed * math.cos(angle), speed * math.sin(angle)
    x = y = px = py = 0.0
    while y >= 0.0:
        px, py = x, y
        s = math.sqrt(vx * vx + vy * vy)
        x += dt * vx
        y += dt * vy
        vx -= dt * drag * s * vx
        vy -= dt * (GRAVITY + drag * s * vy)
    return px + (x - px) * py / (py - y)


def leave_by_return(x):
    total = 0.0
    while True:
        total += math.sin(x) * x
        if total > 3.0:
            return total * x
        x = x * 1.1


def nested_breaks(x, n):
    total = 0.0
    for i in range(n):
        for k in range(i):
            if k == 3:
                break
            if (i + k) % 2:
                continue
            total += x**k * math.exp(-x * i)
        if total > 100.0:
            return total * 2.0
    return total


def loop_else(x, limit):
    for i in range(5):  # noqa: B007
        x = x * 1.5
        if x > limit:
            break
    else:
        return x * x
    k = 0
    while k < 3:
        x = x + math.sin(x)
        k += 1
    else:
        x = x * 2.0
    return x * i


def early_returns(x, y):
    if x < 0.0:
        return -x * y
    elif x < 1.0:
        if y > 0.0:
            return x * y
        y = y * y
    x = x + y
    return x * x * y


def bound_only_in_loop(x):
    for i in range(3):
        last = x * i
    return last * x


def int_becomes_float(x):
    total = 0
    for i in range(4):
        total = total + x * i
    return total


def collatz(x):
    n = 0
    while x > 1.0 and n < 50:
        x = x / 2.0 if n % 3 else 0.9 * x + 0.01
        n += 1
    return x * n


def newton(a):
    x = a
    for _ in range(20):
        step = (x * x - a) / (2.0 * x)
        x = x - step
        if abs(step) < 1e-14:
            break
    return x


def containers(point, weights, table):
    x, y = point
    total = table["scale"] * x
    for key, value in table.items():
        if key != "scale":
            total += value * y
    for i, w in enumerate(weights):
        total += w * x**i
    pairs = [w * y for w in weights]
    state = {"a": total, "b": pairs}
    state["a"] = state["a"] * 2.0
    return state["a"] + sum(state["b"]) + max(weights) + min(x, y)


def lists_in_loops(x):
    state = [x, 0.0]
    for _ in range(10):
        state = [state[0] + 0.1 * state[1], state[1] - 0.1 * math.sin(state[0])]
    return state[0] * state[1]


def closures(x):
    scale = 2.0 * x
    count = 0

    def inner(y, power=2):
        nonlocal count
        count += 1
        return scale * y**power

    return inner(x) + inner(3.0, power=3) * count


def helper(p: Point, *rest, bias=0.5, **options):
    return p.x * p.y + sum(rest) * bias + options.get("extra", 0.0)


def calls(x, y):
    p = Point(x, y=y * 2.0)
    return helper(p, x, y, bias=x, extra=y * y) + (lambda z: z * z)(p.x)


def globals_read(x):
    return GRAVITY * x + SCALES[0] * x * SCALES[1]


def elementary(x):
    a = math.exp(x) + math.log(x) + math.log1p(x) + math.expm1(x) + math.atan2(x, 2.0)
    b = math.tan(x) + math.asin(x) + math.acos(x) + math.atan(x) + math.hypot(x, 1.0)
    c = math.sinh(x) + math.cosh(x) + math.tanh(x) + x**2.5 + 2.0**x + x**-2 + abs(-x)
    return a * b + c + x % 0.3 + math.floor(x) + float(int(10 * x)) + math.fabs(x)


def norms(x):
    return np.linalg.norm(x) + np.sqrt(np.sum(x**2)) + np.max(x) * np.min(x)


def elementwise(x, y):
    z = np.sin(x) * y + np.exp(-(x**2)) / (1.0 + y * y)
    z = np.where(z > 0.5, z * 2.0, z) + np.maximum(x, y) + np.abs(x - y)
    return z.sum() + z.mean() + z.var() + z.std()


def broadcasting(m, row, column):
    scaled = m * row + column[:, None] - 2.0
    return np.sum(scaled**2) + (m + row.sum()).sum(axis=0) @ row + np.mean(m, axis=1) @ column


def network(params, x):
    h = x
    for w, b in params:
        h = np.tanh(w @ h + b)
    return h.sum()


def recurrent(w, x, n):
    h = x
    for _ in range(n):
        h = np.tanh(w @ h) + 0.1 * x
    return h @ h


def read_then_overwrite(a):
    b = a * a
    a = a.copy()
    a[:] = 1.0
    return b.sum() + a.sum()


def running_product(x):
    p = 1.0
    for i in range(len(x)):
        p *= x[i]
    return p


def recurrence(x):
    f = np.zeros(len(x) + 1)
    f[0] = 1.0
    for i in range(len(x)):
        f[i + 1] = math.sin(f[i]) * x[i] + f[i]
    return f[-1] * f[2]


def write_twice(x):
    a = np.zeros(3)
    a[1] = x[0]
    a[1] = x[1] * x[2]
    return np.sum(a * a)


def views(x):
    y = x.copy()
    v = y[1:]
    v *= 2.0
    w = v[::2]
    w[0] = x[0] * w[0]
    y[1:] += y[:-1]
    y[:] = y[::-1]
    return np.sum(y * np.arange(4.0)) + v.sum()


def matrices(a, b):
    c = a @ b
    c[0, :] *= 2.0
    c[:, 1] = c[:, 0] * c[0, 1]
    d = np.outer(c[0], c[1]).T
    return np.sum(d @ c) + np.dot(c[0], c[1]) + c.T[1, 0]


def shapes(x):
    m = x.reshape(2, 3)
    joined = np.concatenate([m[0], m[1] * 2.0, x[1:3]])
    stack = np.stack([joined, joined**2])
    return np.sum(stack[0] * stack[1]) + m.ravel()[4] * x.size + np.diff(x)[1] ** 2


def fancy(x, index):
    picked = x[index]
    return np.sum(picked * picked * np.arange(1.0, 4.0))


def arrays_made(x, y):
    a = np.array([x, y, x * y])
    m = np.array([[x, 1.0], [2.0, y]])
    return a @ a + (m @ m)[0, 1] + np.full(3, x).sum() + np.ones(2) @ m[0]


def loop_over_rows(m):
    total = 0.0
    for row in m:
        for value in row:
            total += math.sin(value)
        total *= row[0]
    return total


def raising(x):
    if x < 0.0:
        raise ValueError("negative")
    assert x < 10.0, "too large"
    return math.sqrt(x)


R = np.random.default_rng(1)


def normal(*shape):
    return R.normal(size=shape)


PROGRAMS = [
    (polynomial, (1.3, 5)),
    (flight, (20.0, 0.7)),
    (leave_by_return, (1.2,)),
    (nested_breaks, (0.7, 6)),
    (loop_else, (0.3, 1.0)),
    (loop_else, (0.3, 100.0)),
    (early_returns, (-1.0, 2.0)),
    (early_returns, (0.5, 2.0)),
    (early_returns, (0.5, -2.0)),
    (early_returns, (1.5, -2.0)),
    (bound_only_in_loop, (1.5,)),
    (int_becomes_float, (1.5,)),
    (collatz, (7.3,)),
    (newton, (2.7,)),
    (containers, ((1.2, 0.7), [0.3, 0.1, 0.2], {"scale": 1.1, "b": 0.4})),
    (lists_in_loops, (1.1,)),
    (closures, (1.3,)),
    (calls, (1.3, 0.4)),
    (globals_read, (2.0,)),
    (elementary, (0.35,)),
    (norms, (normal(4),)),
    (elementwise, (normal(5), normal(5))),
    (broadcasting, (normal(2, 3), normal(3), normal(2))),
    (network, ([(normal(3, 2), normal(3)), (normal(1, 3), normal(1))], normal(2))),
    (recurrent, (0.5 * normal(3, 3), normal(3), 4)),
    (read_then_overwrite, (normal(3),)),
    (running_product, (normal(4),)),
    (recurrence, (normal(4),)),
    (write_twice, (normal(3),)),
    (views, (normal(4),)),
    (matrices, (normal(2, 3), normal(3, 2))),
    (shapes, (normal(6),)),
    (fancy, (normal(4), np.array([0, 2, 2]))),
    (arrays_made, (0.4, 1.2)),
    (loop_over_rows, (normal(2, 3),)),
    (raising, (2.0,)),
]
