"""Statements of Python as programs write them: `match`, `super()`, swapped buffers, and such."""

import functools
import math
import operator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

import adjoint as ad
from adjoint import errors
from adjoint.compile.ir.running import run
from adjoint.compile.jitted import Jitted, gradient, pushed, selected

X = np.array([0.3, 1.2, 0.7, 0.9])
COEFFICIENTS = [0.1, 0.2, 0.3]
NESTED = ((1.0, 2.0), (3.0, (4.0, 5.0)))
ODD = frozenset((1, 3))


def check(function, x, rng):
    """Value, gradient and tangent are the traced tier's; an interpreter runs what is compiled."""
    call = Jitted(function).call((x.copy(),), {})
    chosen = selected(call, (0,))
    value, slopes = ad.value_and_grad(function)(x.copy())
    out, found = run(gradient(call.program, chosen), *call.arguments)
    np.testing.assert_allclose(out, value, rtol=1e-12)
    np.testing.assert_allclose(found, slopes, rtol=1e-10, atol=1e-13)
    direction = rng.standard_normal(x.shape)
    _, tangent = run(pushed(call.program, chosen), *call.arguments, direction)
    np.testing.assert_allclose(tangent, np.sum(slopes * direction), rtol=1e-10, atol=1e-13)


# Buffers that take turns.


def swapped(x):
    u, v = x.copy(), np.zeros_like(x)
    for _ in range(5):
        for i in range(1, len(u) - 1):
            v[i] = u[i] + 0.1 * (u[i - 1] - 2 * u[i] + u[i + 1]) * u[i]
        v[0], v[-1] = u[0], u[-1]
        u, v = v, u
    return (u * u).sum() + v[1] ** 3


def rotated(x):
    a, b, c = x.copy(), x * 0.9, np.zeros(len(x))
    for _ in range(7):
        for i in range(1, len(x) - 1):
            c[i] = 2 * b[i] - a[i] + 0.2 * (b[i + 1] - 2 * b[i] * b[i] + b[i - 1])
        a, b, c = b, c, a
    return (b**2).sum() + a[1] * c[2]


def swapped_until(x):
    u, v = x.copy(), x * 0.5
    while abs(u[1] - v[1]) > 0.01:
        v[1] = 0.5 * (u[1] + math.sin(u[2]))
        v[2] = 0.9 * u[2] * v[1]
        u, v = v, u
    return u[1] * u[2] + v[0]


def swapped_in_loops(x):
    u, v = x.copy(), np.zeros_like(x)
    for k in range(3):
        for _ in range(k + 1):
            v[:] = np.sin(u) + 0.1 * u[::-1]
            u, v = v, u
        u[0] += k * x[1]
    return u @ u


BUFFERS = [swapped, rotated, swapped_until, swapped_in_loops]


@pytest.mark.parametrize("function", BUFFERS, ids=lambda f: f.__name__)
def test_buffers_that_take_turns(function, rng):
    check(function, X, rng)


def seen_elsewhere(x):
    """`w` is one of the buffers: what turns change, it shows."""
    u, v = x.copy(), np.zeros_like(x)
    w = u
    for _ in range(3):
        v[1] = u[0] * 2.0
        u, v = v, u
    return w[1] * u[1]


def one_of_both(x):
    """From the second turn on there is one buffer."""
    u, v = x.copy(), np.zeros_like(x)
    for k in range(3):
        u = v
        v[k] = x[k] * x[0] + u[0]
    return u @ np.arange(4.0)


def swapped_in_the_argument(x):
    u, v = x, np.zeros_like(x)
    for _ in range(3):
        v[1] = u[0] * 2.0
        u, v = v, u
    return u @ v


@pytest.mark.parametrize("function", [seen_elsewhere, one_of_both, swapped_in_the_argument])
def test_buffers_that_are_seen_elsewhere(function, rng):
    """Right, or refused with the line."""
    try:
        check(function, X, rng)
    except errors.UnsupportedSyntax as refusal:
        assert refusal.place.filename == __file__


def test_machine_code_of_buffers():
    found = ad.value_and_grad(ad.jit(swapped))(X)
    expected = ad.value_and_grad(swapped)(X)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-13)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-12)


# Tangents of results that are those of an argument.


def changed_behind_a_result(x):
    """The tangent of ``b % 1.0`` is that of `b`, whose memory is stored into."""
    b = x * x
    a, c = b % 1.0, np.maximum(b, -5.0)
    b[::2] = x[:2]
    return np.sum(a * a) + np.sum(b) + c @ x


def stored_behind_a_loop(x):
    u = np.ones(4)
    for _ in range(3):
        u = u * 0.5
    u[0] = x[0]
    u[1] += x[1] * x[0]
    return u @ u


@pytest.mark.parametrize("function", [changed_behind_a_result, stored_behind_a_loop])
def test_tangents_of_changed_arrays(function, rng):
    check(function, X, rng)


# `match`.


class Pair(NamedTuple):
    a: float
    b: float = 2.0

    def length(self):
        return math.hypot(self.a, self.b)

    @property
    def product(self):
        return self.a * self.b


def of_numbers(x):
    total = 0.0
    for i in range(4):
        match i:
            case 0:
                total += x[0]
            case 1 | 2 if x[i] > 1.0:
                total += x[i] ** 2
            case n:
                total *= x[3] + n
    return total


def of_tuples(x):
    pair = (x[0], x[1])
    match pair:
        case (0.0, b):
            return b
        case (a, b) if a > b:
            return a * 2
        case (a, *others):
            return a * others[0]


def of_texts(x, kind="b"):
    match kind:
        case "a":
            return x.sum()
        case "b" | "c":
            return (x**2).sum()
        case _:
            raise ValueError("kind")


def of_objects(x):
    total = 0.0
    for item in (Pair(x[0], x[1]), 3, x[2], {"k": x[3]}, None):
        match item:
            case Pair(a=a, b=b):
                total += a * b
            case int(n):
                total *= n
            case float():
                total += item**2
            case {"k": v, **rest}:
                total += v * (2 + len(rest))
            case None:
                total += 1.0
    return total


def leaving_a_loop(x):
    for i in range(4):
        match i % 3:
            case 2:
                return x[i] ** 2
            case 1:
                continue
    return x[0]


# Classes.


@dataclass
class State:
    x: float
    v: float
    n: int = 0

    def step(self, dt):
        self.v -= dt * self.x
        self.x += dt * self.v
        self.n += 1


@dataclass
class Damped(State):
    k: float = 1.0

    def step(self, dt):
        super().step(dt)
        self.v *= self.k


class Line:
    def __init__(self, slope):
        super().__init__()
        self.slope = slope

    def at(self, x):
        return self.slope * x


class Shifted(Line):
    def __init__(self, slope, by):
        super().__init__(slope)
        self.by = by

    def at(self, x):
        return super().at(x) + self.by


class Kept(Damped):
    def __init__(self, x):
        super().__init__(x, 2 * x, k=0.5)


def inherited(x):
    state = Damped(x[0], x[1], k=0.9)
    for _ in range(4):
        state.step(0.1)
    kept = Kept(x[2])
    kept.step(0.2)
    return state.x * state.v + Shifted(x[0], x[1]).at(x[2]) ** 2 + kept.v


def of_namedtuples(x):
    pair = Pair(x[0])
    fields = Pair(x[2], x[3])._asdict()
    return pair.length() * Pair(x[1], x[2]).product + fields["a"] * fields["b"]


# Smaller things.


def named_in_the_test(x):
    y = x[0]
    while (gap := abs(y * y - x[1])) > 1e-3:
        y -= (y * y - x[1]) / (2 * y)
    return y + gap


def named_in_the_test_with_else(x):
    total, i = 0.0, 0
    while (value := x[i]) < 1.0:
        total += value
        i += 1
    else:
        total *= value
    return total


def partial_inside(x):
    def scaled(a, b=1.0):
        return a * b

    by, of = functools.partial(scaled, b=x[3]), functools.partial(scaled, x[0])
    total = of(x[1])
    for i in range(3):
        total += by(x[i])
    return total


def deleted(x):
    values, table = [x[0], x[1], x[2]], {"a": 1.0, "b": x[3]}
    del values[1], table["a"]
    values.insert(1, x[1] ** 2)
    values.reverse()
    last = values.pop(0)
    return values[0] * values[1] + last * sum(table.values()) + table.pop("c", 2.0)


def imported(x):
    import math as m  # noqa: PLC0415
    from math import sin  # noqa: PLC0415

    return m.cos(x[0]) * sin(x[1])


def folded(x):
    product = functools.reduce(lambda a, b: a * b, [x[0], x[1], x[2]])
    return product + functools.reduce(operator.add, x, 2.0) ** 2


def members(x):
    total = 0.0
    for i in range(4):
        if i in {0, 2}:
            total += x[i]
        if i in ODD:
            total -= x[i] ** 2
    return total


def constants_in_loops(x):
    total = 0.0
    for i in range(3):
        total += COEFFICIENTS[i] * x[i] + NESTED[0][i % 2]
    return total + COEFFICIENTS[1] * NESTED[1][1][0] * x[3]


def inner_functions_in_loops(x):
    def doubled(y):
        scale = lambda a: a * x[0]  # noqa: E731
        return scale(y) * 2

    total = 0.0
    for i in range(4):
        total += doubled(x[i])
    return total


OTHERS = [
    *(of_numbers, of_tuples, of_texts, of_objects, leaving_a_loop, inherited, of_namedtuples),
    *(named_in_the_test, named_in_the_test_with_else, partial_inside, deleted, imported, folded),
    *(members, constants_in_loops, inner_functions_in_loops),
]


@pytest.mark.parametrize("function", OTHERS, ids=lambda f: f.__name__)
def test_statements(function, rng):
    if function is named_in_the_test:
        with ad.unrolled():
            check(function, X, rng)
    else:
        check(function, X, rng)


def test_machine_code_of_statements():
    """All in one program, so that it is compiled once."""

    def everything(x):
        total = 0.0
        for function in ALL:
            total += function(x)
        return total

    with ad.unrolled():
        expected = ad.value_and_grad(everything)(X)
    found = ad.value_and_grad(ad.jit(everything))(X)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-10)


ALL = tuple(OTHERS)
