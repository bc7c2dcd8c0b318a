"""Integrals whose derivative needs more care than their value."""

import math

import numpy as np
import pytest
import scipy.integrate

import adjoint as ad
from adjoint.errors import DerivativeLost
from adjoint.testing.finite_difference import finite_difference_jvp


def quad(f, low, high, **options):
    return scipy.integrate.quad(f, low, high, **options)[0]


INTEGRALS = {
    "a kink that moves": (lambda a: quad(lambda x: abs(x - a / 2), 0, 1), -0.1),
    "a kink of a power": (lambda a: quad(lambda x: max(x - a / 3, 0) ** 1.5, 0, 1), None),
    "an infinite end": (lambda a: quad(lambda x: x ** (a - 1), 0, 1), -1 / 0.64),
    "an infinite end of a weight": (
        lambda a: quad(lambda x: math.exp(-a * x) / math.sqrt(x), 0, 1),
        None,
    ),
    "a narrow peak": (lambda a: quad(lambda x: 1e-4 / ((x - a / 3) ** 2 + 1e-8), 0, 1), None),
    "a kink to infinity": (lambda a: quad(lambda x: np.exp(-a * x) * abs(x - a), 0, np.inf), None),
    "points": (lambda a: quad(lambda x: abs(x - 0.3) * a, 0, a, points=[0.3]), None),
    "fixed": (lambda a: scipy.integrate.fixed_quad(lambda x: np.exp(-a * x), 0, a)[0], None),
    "of vectors": (
        lambda a: np.sum(scipy.integrate.quad_vec(lambda x: np.array([x, x**a]), 0, a)[0]),
        None,
    ),
}


@pytest.mark.parametrize("name", INTEGRALS)
def test_S20_integral(name):
    f, expected = INTEGRALS[name]
    if expected is None:
        expected = finite_difference_jvp(f, (0.8,), (1.0,))
    gradient = ad.grad(f)(0.8)
    assert gradient == pytest.approx(expected, rel=1e-6)
    assert ad.jvp(f, (0.8,), (1.0,))[1] == pytest.approx(gradient, rel=1e-10)


def test_S20_a_jump_that_moves_is_said():
    with pytest.warns(DerivativeLost, match="jumps"):
        ad.grad(lambda a: quad(lambda x: 1.0 if x < a / 2 else a, 0, 1))(0.8)
