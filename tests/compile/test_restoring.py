"""Arrays that the reverse sweep puts back: what it reads is what the program read."""

import itertools
import math

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile.ir.nodes import Block, Push, walk
from adjoint.compile.jitted import Jitted, gradient
from adjoint.compile.transform import reverse


def swept(x, turns):
    """Old values to the right, new ones to the left."""
    u = x.copy()
    for _ in range(turns):
        for i in range(1, len(u) - 1):
            u[i] += 0.2 * u[i - 1] * u[i] * (u[i + 1] - u[i])
    return np.sum(u * u)


def two_stores(x, turns):
    u = x.copy()
    for n in range(turns):
        for i in range(1, len(u)):
            old, left, right = u[i], u[i - 1], u[(i + n) % len(u)]
            u[i - 1] = left * old * 0.6 + math.sin(right)
            u[i] = old * right * 0.5 + left * left * 0.1
    return u[0] * u[1] + u[2]


def used_after_it_was_replaced(x, turns):
    u, largest = x.copy(), 0.0
    for _ in range(turns):
        for i in range(1, len(u)):
            old = u[i]
            u[i] = old * u[i - 1]
            largest += math.sqrt(old * old + 1.0) * u[i] * old
    return largest


def in_branches(x, turns):
    u = x.copy()
    for n in range(turns):
        for i in range(1, len(u) - 1):
            flow = u[i - 1] * u[i + 1]
            if flow > 0.8:
                u[i] = u[i] * flow * 0.4
            elif n % 2:
                u[i - 1] = flow * u[i] + u[i - 1]
                u[i] = u[i - 1] * u[i] * 0.3
    return np.sum(u)


def inner_loops(x, turns):
    u = x.copy()
    for _ in range(turns):
        for i in range(len(u)):
            total = 0.0
            for j in range(len(u)):
                total += u[j] * u[j] * (i + 1)
            u[i] = math.sin(total) * u[i]
    return u[0] * u[1]


def stored_between(x, turns):
    u = np.zeros(len(x))
    for i in range(len(x)):
        u[i] = x[i] * x[i]
    for _ in range(turns):
        for i in range(1, len(u)):
            u[i] = u[i] * u[i - 1] * 0.7
    middle = np.sum(u * u)
    u[0] = u[1] * 3.0
    u[0] = u[0] * x[2]
    for _ in range(turns):
        for i in range(1, len(u)):
            u[i] = u[i] + u[i - 1] * u[i]
    return middle * np.sum(u * u)


def places_in_an_array(x, turns):
    u, place = x.copy(), np.arange(len(x))
    for n in range(turns):
        for i in range(len(u)):
            to = place[i]
            u[to] = u[to] * u[i] * 0.9
            place[i] = (to * 3 + n) % len(u)
            u[int(abs(u[0])) % len(u)] *= 1.1
    return np.sum(u)


def weights_without_a_derivative(x, turns):
    w, total = np.linspace(0.5, 1.5, len(x)), 0.0
    for _ in range(turns):
        for i in range(1, len(x)):
            total += w[i] * w[i - 1] * x[i] * x[i]
            w[i] = w[i] * w[i - 1] * 0.9 + total * 0.0
    return total


def until(x, turns):
    u, n = x.copy(), 0
    while u[0] * u[0] < 50.0 and n < turns:
        for i in range(1, len(u)):
            u[i] = u[i] + 0.1 * u[i - 1] * u[i]
            if u[i] > 3.0:
                break
        u[0] = u[0] + u[len(u) - 1] * u[1] * u[0]
        n += 1
    return u[0]


def swapped(x, turns):
    u = x.copy()
    for n in range(turns):
        for i in range(len(u) - 1):
            j = (i * 2 + n) % len(u)
            u[i], u[j] = u[j] * u[i], u[i]
            u[i] = math.tanh(u[i]) + 0.3
    return u[0] + u[3] * u[1]


def eliminated(x, turns):
    a = np.outer(x, x) + 6.0 * np.eye(len(x))
    for _ in range(turns):
        for k in range(len(a)):
            for i in range(k + 1, len(a)):
                a[i, k] /= a[k, k]
                for j in range(k + 1, len(a)):
                    a[i, j] -= a[i, k] * a[k, j]
    return np.sum(a * a)


def of_complex_numbers(x, turns):
    u = x * (1.0 + 0.5j)
    for _ in range(turns):
        for i in range(1, len(u)):
            u[i] = u[i] * u[i - 1] * 0.5 + u[i] * 0.3j
    return np.sum(u.real)


def read_before_inner_stores(x, turns):
    u = x.copy()
    for _ in range(turns):
        flow = u[0] * u[1] * u[3]
        for i in range(1, len(u)):
            u[i] = u[i] * 0.8 + flow * u[i - 1]
        u[0] = u[0] * flow + u[2]
    return np.sum(u)


def stored_before_an_inner_loop(x, turns):
    u, total = x.copy(), 0.0
    for n in range(turns):
        u[n % len(u)] = u[(n + 1) % len(u)] * 0.9 * u[n % len(u)] + 0.1
        for i in range(len(u)):
            total += u[i] * u[i] * x[i]
    return total


def moved_by_contents(x, turns):
    u = x.copy()
    for _ in range(turns):
        for i in range(1, len(u)):
            to = int(abs(u[i - 1]) * 10.0) % len(u)
            u[to] = u[to] * u[i] * u[i - 1] * 0.9 + 0.2
    return np.sum(u)


def read_after_it_was_stored(x, turns):
    u, total = x.copy(), 0.0
    for _ in range(turns):
        for i in range(len(u)):
            u[i] = u[i] * u[i - 1] * 0.9 + 0.2
            total += u[i * i % len(u)] ** 2 * x[i]
    return total


def stored_as_a_slice(x, turns):
    u = x.copy()
    for _ in range(turns):
        for i in range(1, len(u)):
            u[i] = u[i] * u[i - 1]
            u[:2] = 0.9 * u[i] + 0.1
    return np.sum(u)


def greatest_of_weighted(x, turns):
    w, total = np.linspace(0.5, 1.5, len(x)), 0.0
    for _ in range(turns):
        best = -1.0
        for i in range(len(x)):
            if x[i] * w[i] > best:
                best = x[i] * w[i]
            w[i] = w[i] * w[i] * 0.8
        total += best * best * w[1]
    return total


def independent_turns(x, turns):
    u = x.copy()
    for _ in range(turns):
        for i in range(len(u)):
            u[i] = math.sin(u[i]) * x[i] + u[i] * u[i]
    return np.sum(u)


def table(x, turns):
    t, total = np.zeros((turns + 1, len(x))), 0.0
    for j in range(len(x)):
        t[0, j] = x[j] * x[j]
    for i in range(turns):
        for j in range(1, len(x)):
            t[i + 1, j] = t[i, j] * t[i, j - 1]
            total += t[i + 1, j] * t[i + 1, j] * t[i, 0]
    return total


PROGRAMS = (
    *(greatest_of_weighted, independent_turns, table),
    *(read_before_inner_stores, stored_before_an_inner_loop, moved_by_contents),
    *(read_after_it_was_stored, stored_as_a_slice),
    *(swept, two_stores, used_after_it_was_replaced, in_branches, inner_loops, stored_between),
    *(places_in_an_array, weights_without_a_derivative, until, swapped, eliminated),
    of_complex_numbers,
)
X = np.array([0.9, 1.3, -0.7, 0.4, 1.1])


def pushed(f, x, turns) -> int:
    """How many numbers the statements of a gradient put on tapes."""
    call = Jitted(f).call((x, turns), {})
    body = gradient(call.program, [0]).body
    return sum(len(s.values) for s in walk(Block(body.statements)) if isinstance(s, Push))


@pytest.fixture
def always(monkeypatch):
    """Arrays are put back wherever they can be."""
    numbers = itertools.cycle((0, 1))  # what is recorded so, and otherwise
    monkeypatch.setattr(reverse, "recorded_numbers", lambda _: next(numbers))


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("f", PROGRAMS)
def test_gradients_are_those_of_the_traced_program(f):
    compiled = ad.grad(ad.jit(f))
    for turns in (0, 1, 4):
        given = X.copy()
        np.testing.assert_allclose(
            compiled(given, turns), ad.grad(f)(X, turns), rtol=1e-11, atol=1e-13
        )
        np.testing.assert_array_equal(given, X)


@pytest.mark.usefixtures("always")
def test_an_array_that_is_returned_is_what_the_program_left():
    def both(x, turns):
        u = x.copy()
        for _ in range(turns):
            for i in range(1, len(u)):
                u[i] = u[i] * u[i - 1] * 0.9
        return np.sum(u * u), u

    slope, left = ad.grad(ad.jit(both), has_aux=True)(X, 3)
    np.testing.assert_array_equal(left, both(X, 3)[1])
    np.testing.assert_allclose(slope, ad.grad(both, has_aux=True)(X, 3)[0], rtol=1e-12)


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("f", [swept, in_branches, stored_between])
def test_second_derivatives(f):
    found = ad.hessian(ad.jit(f))(X, 3)
    np.testing.assert_allclose(found, ad.hessian(f)(X, 3), rtol=1e-10, atol=1e-12)


def test_one_number_is_recorded_where_three_were():
    assert pushed(swept, X, 3) == 1
    assert pushed(two_stores, X, 3) <= 3


def test_the_array_is_not_put_back_where_nothing_is_gained(monkeypatch):
    def scaled(x, turns):
        u = x.copy()
        for _ in range(turns):
            for i in range(1, len(u)):
                u[i] = math.sin(u[i - 1])
        return u[1]

    before = pushed(scaled, X, 3)
    monkeypatch.setattr(reverse.Reverse, "restorable", lambda *_: [])
    assert pushed(scaled, X, 3) == before
