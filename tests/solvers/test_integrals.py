"""Integrals whose derivative needs more care than their value."""

import ctypes
import ctypes.util
import math

import numpy as np
import pytest
import scipy
import scipy.integrate

import adjoint as ad
from adjoint.errors import DerivativeLost, MissingRule
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
    "a weight cos": (lambda a: quad(math.exp, 0, a, weight="cos", wvar=3 * a), None),
    "a weight sin": (lambda a: quad(lambda x: x**a, a, 2, weight="sin", wvar=3), None),
    "powers": (lambda a: quad(lambda x: x**a, a, 2, weight="alg", wvar=(0.5, -0.3)), None),
    "live powers": (lambda a: quad(math.exp, 0, a, weight="alg", wvar=(a - 1, a * 0.5)), None),
    "a logarithm": (
        lambda a: quad(lambda x: math.exp(-a * x), a, 2, weight="alg-loga", wvar=(-a / 2, 0.5)),
        None,
    ),
    "a logarithm on the right": (
        lambda a: quad(lambda x: x**a, 0.1, 2 * a, weight="alg-logb", wvar=(0.3, 0.5)),
        None,
    ),
    "two logarithms": (
        lambda a: quad(math.cos, a, 2 * a, weight="alg-log", wvar=(0.3, a)),
        None,
    ),
    "a cosine to infinity": (
        lambda a: quad(lambda x: math.exp(-a * x), a, math.inf, weight="cos", wvar=3 * a),
        None,
    ),
    "a sine to infinity": (
        lambda a: quad(lambda x: 1 / (a + x * x), -a, math.inf, weight="sin", wvar=-a),
        None,
    ),
    "a sine from infinity": (
        lambda a: quad(lambda x: 1 / (a + x * x), -math.inf, a, weight="sin", wvar=2.0),
        None,
    ),
    "many nodes": (
        lambda a: quad(lambda x: np.cos(40 * a * x), 0, 2, weight="alg", wvar=(-0.5, 0.0)),
        None,
    ),
    "a pole": (lambda a: quad(lambda x: np.exp(a * x), 0, 2 + a, weight="cauchy", wvar=a), None),
    "complex": (
        lambda a: abs(quad(lambda x: np.exp(1j * a * x), 0, 2 * a, complex_func=True)),
        None,
    ),
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


def test_S20_the_second_derivative_of_a_kink_that_moves():
    """It is 2 a: from the jump of the slope, which stays at the end of a part if it is given."""

    def given(a):
        return quad(lambda x: abs(x - a) * x, 0, 2, points=[a])

    assert ad.grad(ad.grad(given))(0.9) == pytest.approx(1.8, rel=1e-12)
    with pytest.warns(DerivativeLost, match="kink"):
        ad.grad(ad.grad(lambda a: quad(lambda x: abs(x - a) * x, 0, 2)))(0.9)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_S20_a_jump_at_a_given_point_stays_where_it_is_when_a_limit_moves(sign):
    def value(b):
        low, high = (0.0, b) if sign > 0.0 else (b, 0.0)
        return quad(lambda x: x if x > 0.5 else 0.0, low, high, points=[0.5, 0.1])

    assert ad.grad(value)(1.3) == pytest.approx(sign * 1.3, rel=1e-12)


def test_weights_of_what_is_not_smooth_are_refused():
    with pytest.raises(MissingRule, match="weight"):
        ad.grad(lambda a: quad(lambda x: abs(x - a), 0, 1, weight="alg", wvar=(0.3, 0.5)))(0.47)
    with pytest.raises(MissingRule, match="weight"):
        ad.grad(lambda a: quad(lambda x: abs(x - a) / x**4, 1, math.inf, weight="cos", wvar=a))(2.1)


def test_the_value_of_a_weighted_integral_is_that_of_scipy():
    def value(a):
        return a * quad(math.exp, 0, 1, weight="alg-loga", wvar=(0.5, 0.5))

    assert ad.value_and_grad(value)(2.0)[1] == pytest.approx(value(1.0), rel=1e-13)


def test_an_integrand_of_native_code():
    cosine = ctypes.CDLL(ctypes.util.find_library("m")).cos
    cosine.restype, cosine.argtypes = ctypes.c_double, (ctypes.c_double,)
    native = scipy.LowLevelCallable(cosine)

    assert ad.grad(lambda x: x * scipy.integrate.quad(native, 0.0, 1.0)[0])(2.0) == pytest.approx(
        math.sin(1.0)
    )
    with pytest.raises(MissingRule, match="native code"):
        ad.grad(lambda x: scipy.integrate.quad(native, 0.0, x)[0])(2.0)
