"""Loops of the reverse sweep in parts: which are split, and that the derivatives are the same."""

import math

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile.ir.nodes import For, Store, walk
from adjoint.compile.ir.running import run
from adjoint.compile.ir.verifying import verify
from adjoint.compile.jitted import Jitted, gradient, snapshot

X = np.random.default_rng(1).uniform(0.5, 1.5, 7)
TABLE = np.random.default_rng(2).uniform(0.5, 1.5, (5, 6))
FORWARD = np.array([0, 3, 2, 1, 3, 2, 1])
PLACES = np.array([2, 0, 3, 3, 1, 5, 4])


def neighbours(x, a):
    y = np.zeros(len(x))
    for i in range(1, len(x) - 1):
        y[i] = a * x[i - 1] + 2.0 * x[i] - a * x[i + 1]
    return np.sum(y * y * y)


def neighbours_downward(x, a):
    y = np.zeros(len(x))
    for i in range(len(x) - 2, 0, -1):
        y[i] = a * x[i - 1] + 2.0 * x[i] - a * x[i + 1]
    return np.sum(y * y * y)


def steps_on_a_grid(table, a):
    u = table
    for _ in range(3):
        v = u.copy()
        for i in range(1, u.shape[0] - 1):
            for j in range(1, u.shape[1] - 1):
                around = u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1]
                v[i, j] = u[i, j] + a * (around - 4.0 * u[i, j])
        u = v
    return np.sum(u * u)


def to_and_fro(x, a):
    """What is read and set to zero is an array of its own in each of two loops."""
    u, v = x.copy(), x * a
    for _ in range(2):
        for i in range(1, len(u) - 1):
            v[i] = u[i] + a * (u[i - 1] - 2.0 * u[i] + u[i + 1])
        for i in range(1, len(u) - 1):
            u[i] = v[i] - 0.5 * v[i - 1]
    return np.sum(u * v)


def two_at_once(x, a):
    """Two arrays are read and set in one loop."""
    y, z = np.zeros(len(x)), np.zeros(len(x))
    for i in range(1, len(x)):
        y[i] = 2.0 * x[i] + a * x[i - 1]
        z[i - 1] = 3.0 * x[i] - a * x[i - 1]
    return np.sum(y * z)


def every_second(x, a):
    y = np.zeros(2 * len(x))
    for i in range(1, len(x)):
        y[2 * i] = x[i] + a * x[i - 1]
    return np.sum(y * y)


def in_place(x, a):
    """Each turn needs what the one before has made."""
    u = x.copy()
    for i in range(1, len(u) - 1):
        u[i] = a * u[i - 1] + 0.5 * u[i] + u[i + 1]
    return np.sum(u * u)


def one_place(x, a):
    kept = np.zeros(1)
    total = 0.0
    for i in range(1, len(x)):
        kept[0] = x[i] + a * x[i - 1]
        total += kept[-1]
    return total * total


def same_place_again(x, a):
    """What is stored is read in the turn that stores it, and stored again."""
    y = np.zeros(len(x))
    for i in range(1, len(x)):
        y[i] = x[i - 1] * 2.0
        y[i] = y[i] * 3.0 + a * x[i]
    return np.sum(y * y)


def parts_of_one(x, a):
    """Two views of one array."""
    low, high = x[:-1], x[1:]
    y = np.zeros(len(low))
    for i in range(1, len(low)):
        y[i] = 2.0 * low[i] + 3.0 * high[i] - a * high[i - 1]
    return np.sum(y * y)


def gathered(x, a):
    y = np.zeros(len(x))
    for i in range(len(x)):
        y[i] = x[PLACES[i]] + a * x[i]
    return np.sum(y * y)


def costly(x, a):
    y = np.zeros(len(x))
    for i in range(1, len(x)):
        y[i] = math.sin(x[i]) * a + x[i - 1] / x[i]
    return np.sum(y * y)


def carried(x, a):
    y = 0.0
    for i in range(1, len(x)):
        y = a * y + 2.0 * x[i] + 3.0 * x[i - 1]
    return y * y


def set_and_read_ahead(x, a):
    """Each turn reads what the next one sets to a constant."""
    y, z = x.copy(), np.zeros(len(x))
    for i in range(len(x) - 1):
        y[i] = a
        z[i] = 2.0 * y[i + 1] + a * x[i] - x[i + 1]
    return np.sum(z * z) + np.sum(y)


def smoothed(x, a):
    """Each turn needs what the one before has made, and two items of something else."""
    u = x.copy()
    for i in range(1, len(u) - 1):
        u[i] = a * u[i - 1] + 0.5 * u[i] + x[i] - 2.0 * x[i - 1]
    return np.sum(u * u)


def scattered(x, a):
    """Several turns set one item."""
    y = np.zeros(2 * len(x))
    for i in range(1, len(x)):
        y[i + FORWARD[i]] = a * x[i] + 2.0 * x[i - 1]
    return np.sum(y * y)


def single_item(x, a):
    y = np.zeros(len(x))
    for i in range(len(x)):
        y[i] = 2.0 * x[i] + a * x[i]
    return np.sum(y * y)


SPLIT = [
    (neighbours, X, 4),
    (neighbours_downward, X, 4),
    (steps_on_a_grid, TABLE, 6),
    (to_and_fro, X, 4 + 3),
    (two_at_once, X, 3),
    (gathered, X, 3),
]
WHOLE = [
    (every_second, X, 1),
    (in_place, X, 1),
    (one_place, X, 1),
    (same_place_again, X, 1),
    (parts_of_one, X, 1),
    (costly, X, 1),
    (carried, X, 1),
    (set_and_read_ahead, X, 1),
    (smoothed, X, 1),
    (scattered, X, 1),
    (single_item, X, 1),
]


def reversed_program(function, x, chosen):
    call = Jitted(function).call((x, 0.7), {})
    return call, verify(gradient(call.program, chosen))


def innermost(adjoint):
    """The loops without loops in them that store cotangents."""
    loops = [s for s in walk(adjoint.body) if isinstance(s, For)]
    inner = [s for s in loops if not any(isinstance(t, For) for t in walk(s.body))]
    return [
        s
        for s in inner
        if any(isinstance(t, Store) and t.array.name[0] == "d" for t in walk(s.body))
    ]


@pytest.mark.parametrize(("function", "x", "count"), [*SPLIT, *WHOLE])
def test_the_derivatives_are_the_same(function, x, count):
    found = {}
    for chosen in ([0], [0, 1]):
        call, adjoint = reversed_program(function, x, chosen)
        found[len(chosen)] = run(adjoint, *snapshot(call.arguments))[1:]
    expected = ad.grad(function, argnums=(0, 1))(x, 0.7)
    np.testing.assert_allclose(found[1][0], expected[0], rtol=1e-13)
    np.testing.assert_allclose(found[2][0], expected[0], rtol=1e-13)
    np.testing.assert_allclose(found[2][1], expected[1], rtol=1e-13)


@pytest.mark.parametrize(("function", "x", "count"), [*SPLIT, *WHOLE])
def test_what_is_split(function, x, count):
    _, adjoint = reversed_program(function, x, [0])
    assert len(innermost(adjoint)) == count
