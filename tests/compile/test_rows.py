"""Loops that record arrays, which are machine code as a whole."""

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile.jitted import Jitted, gradient, selected
from adjoint.compile.transform.reverse import Reverse
from adjoint.testing import check_grads

RANDOM = np.random.default_rng(4)
LINE, GRID, BLOCK = RANDOM.random(6), RANDOM.random((4, 5)), RANDOM.random((3, 4, 2))


def line(x, a):
    """The whole array is read, with indices from either end, and then changed."""
    u = x.copy()
    for _ in range(4):
        total = 0.0
        for i in range(len(u)):
            total += u[i] * u[i - 1] * u[-1]
        for i in range(len(u)):
            u[i] = a * u[i] + total * 0.1
    return np.sum(u)


def grid(x, a):
    u = x.copy()
    for _ in range(3):
        total = 0.0
        for i in range(u.shape[0]):
            for j in range(u.shape[1]):
                total += u[i, j] * u[i, j - 1] * u[i - 1, -2]
        for i in range(u.shape[0]):
            for j in range(u.shape[1]):
                u[i, j] = a * u[i, j] + total * 0.1
    return np.sum(u * u)


def block(x, a):
    u = x.copy()
    for _ in range(2):
        total = 0.0
        for i in range(u.shape[0]):
            for j in range(u.shape[1]):
                for k in range(u.shape[2]):
                    total += u[i, j, k] * u[i - 1, j, k - 1]
        u[0, 1, 1] = total * a
        u[1, 0, 0] = u[0, 1, 1] * total
    return np.sum(u * u)


def of_two_lengths(x, a):
    """In each turn a branch, a loop of its own length, and numbers beside arrays."""
    u, v = x.copy(), x[1:] * a
    for t in range(5):
        if t > 2:
            for i in range(len(v)):
                v[i] = v[i] * u[i] + u[i + 1]
        s = 0.0
        for i in range(len(u)):
            s += u[i] * u[i]
        for i in range(len(u)):
            u[i] = u[i] * a + s * 0.01
    return np.sum(u) + np.sum(v * v)


def as_often_as_asked(x, a):
    """How many turns there are, the loop itself computes."""
    u = x.copy()
    for t in range(4):
        turns = int(u[0] * 0.0) + t
        for _ in range(turns):
            for i in range(len(u)):
                u[i] = u[i] * u[i - 1] * a + 0.5
    return np.sum(u)


def of_complex_numbers(x, a):
    u = x * (1.0 + 0.5j)
    for _ in range(3):
        total = 0.0j
        for i in range(len(u)):
            total += u[i] * u[i - 1]
        for i in range(len(u)):
            u[i] = u[i] * a + total * 0.1j
    return np.sum(np.abs(u))


def of_ints(x, a):
    """What is recorded beside numbers are ints, and bools that are not put on a stack as rows."""
    order, seen = np.arange(len(x)), np.zeros(len(x), np.bool_)
    total = 0.0
    for t in range(3):
        for i in range(len(x)):
            total += x[order[i]] * a * (i + 1) if seen[i - 1] else x[order[i]] ** 2
        for i in range(len(x)):
            order[i] = (order[i] * 2 + t) % len(x)
            seen[i] = order[i] > 2
    return total


PROGRAMS = [(line, LINE), (grid, GRID), (block, BLOCK), (of_two_lengths, LINE)]
PROGRAMS += [(as_often_as_asked, LINE), (of_complex_numbers, LINE), (of_ints, LINE)]
WHOLE = [line, grid, of_two_lengths]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(("program", "x"), PROGRAMS, ids=lambda p: getattr(p, "__name__", ""))
def test_derivatives(program, x, order):
    x = np.array(x, order=order)
    if order == "F" and x.ndim == 1:
        x = np.repeat(x, 2)[::2]
    expected = ad.value_and_grad(program, argnums=(0, 1))(x, 0.7)
    found = ad.value_and_grad(ad.jit(program), argnums=(0, 1))(x, 0.7)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-13)
    for one, other in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_second_derivatives():
    check_grads(ad.jit(line), (LINE, 0.7), order=2)


def test_results_after_others():
    """The memory of tapes serves again, also for arrays of other lengths."""
    gradient_of = ad.grad(ad.jit(line))
    for size in (6, 3, 40, 2, 6):
        x = np.resize(LINE, size)
        np.testing.assert_allclose(gradient_of(x, 0.7), ad.grad(line)(x, 0.7), rtol=1e-12)


@pytest.mark.parametrize("program", WHOLE)
def test_no_row_is_put_on_a_tape_by_itself(program, monkeypatch):
    monkeypatch.setattr(Reverse, "restorable", lambda *_: [])  # some would be put back
    x = dict(PROGRAMS)[program]
    jitted = Jitted(program)
    call = jitted.call((x, 0.7), {})
    chosen = selected(call, (0, 1))
    made = jitted.executable(call.program, "grad", lambda: gradient(call.program, chosen))
    assert "put(" in made.source.text
    assert "put(" not in made.direct.text


def test_an_index_that_is_not_there_raises():
    def beyond(x, n):
        u = x.copy()
        for _ in range(2):
            total = 0.0
            for i in range(n):
                total += u[i] * u[i]
            u[0] = total
        return u[0]

    gradient_of = ad.grad(ad.jit(beyond))
    np.testing.assert_allclose(gradient_of(LINE, 6), ad.grad(beyond)(LINE, 6), rtol=1e-12)
    with pytest.raises(IndexError):
        gradient_of(LINE, 7)
