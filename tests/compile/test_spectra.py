"""Eigenvalues of matrices that are not symmetric, where they are real."""

import numpy as np
import pytest

import adjoint as ad

RANDOM = np.random.default_rng(3)
VECTORS, WEIGHTS = RANDOM.random((3, 3)), RANDOM.random((3, 3))
MATRIX = VECTORS @ np.diag([1.0, 2.0, 3.5]) @ np.linalg.inv(VECTORS)


def vectors_and_values(a):
    values, vectors = np.linalg.eig(a)
    signed = vectors * np.sign(vectors[0])
    total = 0.0
    for i in range(3):
        total += values[i] ** 2 * signed[0, i]
    return total + np.sum(WEIGHTS * signed**3)


def powers(a):
    return np.sum(np.linalg.eigvals(a) ** 3)


def of_a_polynomial(p):
    found = np.roots(p)
    return np.sum(found**3) + len(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "x"),
    [
        (vectors_and_values, MATRIX),
        (of_a_polynomial, np.array([0.0, 1.0, -7.5, 16.5, -10.0, 0.0])),
    ],
)
def test_derivatives(program, x):
    jitted = ad.jit(program)
    value, slope = ad.value_and_grad(program)(x)
    found, other = ad.value_and_grad(jitted)(x)
    np.testing.assert_allclose(found, value, rtol=1e-12)
    np.testing.assert_allclose(other, slope, rtol=1e-9, atol=1e-10)


def test_what_is_not_real_or_has_no_derivative_raises():
    jitted = ad.jit(powers)
    with pytest.raises(ValueError, match="domain change"):
        jitted(np.array([[0.0, 1.0], [-1.0, 0.0]]))
    with pytest.raises(np.linalg.LinAlgError):
        ad.grad(jitted)(np.array([[1.0, 1.0], [0.0, 1.0]]))
