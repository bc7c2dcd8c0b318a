"""Lengths that the reverse sweep asks for: of which array, and that they are right."""

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile.ir.nodes import Push, walk
from adjoint.compile.ir.running import run
from adjoint.compile.jitted import Jitted, gradient
from adjoint.testing import check_grads

MATRIX = np.random.default_rng(4).uniform(0.2, 1.0, (3, 4))
VECTOR = np.random.default_rng(5).uniform(0.2, 1.0, 4)


def normalised(matrix, x):
    """Of the squares only the length is needed, which is that of what is squared."""
    turned = matrix.T
    for _ in range(3):
        y = np.dot(turned, np.dot(matrix, x))
        x = y / np.sqrt(np.sum(y * y))
    return np.dot(x, x * np.sin(x))


def sums_of_products(matrix, x):
    total = 0.0
    head, turned = x[:3], matrix.T
    for i in range(3):
        total = total * np.sum(np.dot(matrix, x) + 0.1 * i) + np.sum(np.dot(head, matrix))
        total += np.sum(np.dot(matrix, turned) * 2.0) + np.sum(2.0 * turned)
    return total


def broadcast(matrix, x):
    """As long as one of two arrays: not known which."""
    total = 1.0
    for _ in range(2):
        row = matrix * x
        total *= np.sum(row + x) + np.sum(np.exp(x[:1]) + x)
    return total


def steps(matrix, x):
    """Each turn makes a grid as large as the one before."""
    u = matrix
    for _ in range(3):
        for _ in range(2):
            v = u.copy()
            w = np.full(u.shape, 0.0)
            for i in range(1, u.shape[0]):
                for j in range(u.shape[1]):
                    v[i, j] = 0.5 * u[i - 1, j] + 0.25 * u[i, j]
                    w[i, j] = 0.5 * u[i, j] - 0.25 * u[i - 1, j]
                    v[i, j] += w[i, j - 1] * w[i - 1, j]
            u = v
        u = u * 2.0
    return np.sum(u * matrix) + np.sum(x)


def changing_places(matrix, x):
    """Two arrays of other lengths, and one that grows."""
    u, v, long = 2.0 * x[:2], 3.0 * x, x[:1] * 1.0
    for _ in range(3):
        w = np.zeros(len(u))
        for i in range(len(u)):
            w[i] = u[i] + 0.5 * matrix[0, i]
        u, v = v, w
        long = np.concatenate((long, u * 2.0))
    return np.sum(u) * np.sum(v) + np.sum(long * long)


PROGRAMS = [steps, changing_places, normalised, sums_of_products, broadcast]


@pytest.mark.parametrize("function", PROGRAMS)
def test_reverse_agrees_with_differences(function):
    program = Jitted(function).call((MATRIX, VECTOR), {}).program
    _, by_matrix, by_vector = run(gradient(program, [0, 1]), MATRIX, VECTOR)
    random = np.random.default_rng(6)
    along = random.standard_normal(MATRIX.shape), random.standard_normal(VECTOR.shape)
    slope = np.sum(by_matrix * along[0]) + np.sum(by_vector * along[1])
    ahead, behind = (function(MATRIX + h * along[0], VECTOR + h * along[1]) for h in (1e-6, -1e-6))
    assert slope == pytest.approx((ahead - behind) / 2e-6, rel=1e-7)


def pushed_arrays(function):
    adjoint = gradient(Jitted(function).call((MATRIX, VECTOR), {}).program, [0, 1])
    pushes = [s for s in walk(adjoint.body) if isinstance(s, Push)]
    return [v.name for s in pushes for v in s.values if v.type.is_array]


def test_nothing_is_recorded_for_its_length():
    assert not pushed_arrays(sums_of_products)
    assert len(pushed_arrays(normalised)) == 3


def test_arrays_that_loops_carry_are_as_long_as_before():
    assert pushed_arrays(steps) == []


def quotients(matrix, x):
    return np.sum(np.where(matrix > 0.5, matrix / x[0], 0.0)) + np.sum(x / (x[0] - x[0] + 2.0))


def test_quotients_by_zero_where_they_do_not_count():
    compiled = ad.jit(quotients)
    check_grads(compiled, (MATRIX, VECTOR), order=1)
    x = np.array([0.0, 1.0])
    with np.errstate(all="ignore"):
        found = ad.grad(compiled)(np.zeros((1, 2)), x)
    np.testing.assert_array_equal(found, np.zeros((1, 2)))
