"""Arrays that leave a loop or a branch and are changed after it."""

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import UnsupportedSyntax


def after_a_loop(u, q, n):
    a = u * 1.0
    b = q @ a
    for _ in range(n):
        a = a * 0.2 + u
    a[:] = u * 0.9
    return np.sum(b * b) + np.sum(a)


def after_an_endless_loop(u, q, n):
    a, left = u * 1.0, n
    total = np.sum(q * a)
    while left > 0:
        a = a * a
        left -= 1
    a[1:] += a[:-1]
    return total + np.sum(a * a)


def in_an_outer_loop(u, q, n):
    a, total = u * 1.0, 0.0
    for _ in range(3):
        for _ in range(n):
            a = a * 0.2 + q[0]
        total += np.sum(a * a)
        a[0] = a[1] * 2
        total += np.sum(a * q[1])
    return total


def after_branches(u, q, n):
    a = u * 1.0
    total = np.sum(a * a)
    if n > 1:
        a = a * 0.2
    elif n > 0:
        a = a * 0.5
    a[0] = q[0, 0]
    return np.sum(a * a) + total


PROGRAMS = [after_a_loop, after_an_endless_loop, in_an_outer_loop, after_branches]


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_was_read_before_is_what_it_was(program, rng):
    u, q = rng.standard_normal(5), rng.standard_normal((4, 5))
    compiled = ad.jit(program)
    for n in range(3):
        expected, slopes = ad.value_and_grad(program, argnums=(0, 1))(u, q, n)
        value, found = ad.value_and_grad(compiled, argnums=(0, 1))(u, q, n)
        assert value == pytest.approx(expected, rel=1e-13)
        assert compiled(u, q, n) == pytest.approx(expected, rel=1e-13)
        for a, b in zip(found, slopes, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def by_another_name(u, n):
    a = u * 1.0
    b = a
    for _ in range(n):
        a = a * 0.2
    a[:] = 0.9
    return np.sum(b * b)


def an_argument(u, n):
    for _ in range(n):
        u = u * 0.2
    u[:] = 0.9
    return np.sum(u * u)


def again_in_the_next_turn(u, n):
    a, total = u * 1.0, 0.0
    for _ in range(3):
        v = a
        for _ in range(n):
            v = v * 0.2
        v[0] = v[1] * 2
        total += np.sum(v)
    return total


@pytest.mark.parametrize("program", [by_another_name, an_argument, again_in_the_next_turn])
def test_what_another_name_sees_is_refused(program):
    with pytest.raises(UnsupportedSyntax, match="another name may see it") as caught:
        ad.jit(program)(np.ones(5), 2)
    assert caught.value.place is not None
    assert caught.value.place.text.strip() == "for _ in range(n):"


def test_a_loop_that_turns_hands_out_what_it_made():
    def f(u):
        for _ in range(2):
            u = u * 0.2
        u[0] = 3.0
        return np.sum(u * u)

    np.testing.assert_allclose(ad.grad(ad.jit(f))(np.ones(3)), ad.grad(f)(np.ones(3)))
