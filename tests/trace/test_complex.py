"""Complex numbers and polynomials in ordinary programs, at the level of calls."""

import cmath
import math

import numpy as np
import pytest

import adjoint as ad
from adjoint.testing import check_grads

RNG = np.random.default_rng(3)
POLYNOMIAL = np.array([-6.0, 11.0, -6.0, 1.0]) + 0.01
POINTS = RNG.uniform(0.3, 2.0, 6)
VALUES = RNG.standard_normal(6)

PROGRAMS = {
    "catanh": (lambda x: cmath.atanh(x).real, 0.4),
    "root of a negative": (lambda x: cmath.sqrt(x).imag, -0.4),
    "parts": (lambda z: z.real * z.imag, 0.4 + 0.3j),
    "conjugate": (lambda z: z.conjugate() * z * z, 0.4 + 0.3j),
    "of one part": (lambda x: complex(x).real ** 2, 0.4),
    "of two parts": (lambda x: complex(x, 2.0 * x) ** 2, 0.4),
    "by keywords": (lambda x: complex(real=x, imag=2.0 * x) ** 2, 0.4),
    "by one keyword": (lambda x: complex(imag=x) ** 3, 0.4),
    "mixed": (lambda x, z: (x * z + z / x - 3).imag, 0.4, 0.4 + 0.3j),
    "product of a list": (lambda z, w: math.prod([z, w, z * w], start=2j), 0.4 + 0.3j, 0.7 - 1.1j),
    "back and forth": (lambda x: float((x * 1j * 1j).real), 0.4),
    "numpy root": (lambda x: np.sqrt(complex(x)).imag, -0.4),
    "beyond one": (lambda x: np.emath.arccos(x).imag, np.array([1.5, 2.0])),
    "inside cut": (lambda x: np.emath.arcsin(x).imag, np.array([1.5, -2.0])),
    "roots": (lambda p: np.sort(np.roots(p).real), POLYNOMIAL[::-1].copy()),
    "roots of a Polynomial": (
        lambda c: np.sort(np.polynomial.Polynomial(c).roots().real),
        POLYNOMIAL,
    ),
    "product of polynomials": (lambda p, q: np.polymul(p, q), VALUES[:3], VALUES[3:]),
    "poly1d": (lambda p, x: np.poly1d(p)(x), VALUES[:3], POINTS),
    "polyfit": (lambda x, y: np.polyfit(x, y, 2), POINTS, VALUES),
    "Polynomial.fit": (lambda y: np.polynomial.Polynomial.fit(POINTS, y, 2).coef, VALUES),
    "Chebyshev": (lambda c, x: np.polynomial.Chebyshev(c)(x), VALUES, POINTS),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    function, *args = PROGRAMS[name]
    check_grads(function, tuple(args))


class Handle:
    """An object that NumPy takes for an array, and that can be called."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)

    def __call__(self):
        return self.values


def test_object_that_is_an_array_by_its_own_method():
    check_grads(lambda x: np.convolve(Handle(x), np.array([1.0, 2.0])).sum(), (VALUES,))


class Hidden:
    def __init__(self, values):
        self.values = values

    def __call__(self):
        return self.values


def test_callable_object_with_a_live_value_is_not_passed_over():
    with pytest.raises((ad.errors.MissingRule, TypeError)):
        ad.grad(lambda x: np.add(Hidden(x), 1.0))(1.0)


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
def test_what_asks_for_a_float_takes_the_real_part():
    z = np.complex128(0.3 + 0.2j)
    for function in (math.log, np.float64, lambda z: math.hypot(z, 2.0), lambda z: math.pow(z, 3)):
        check_grads(lambda z, function=function: function(z * z), (z,))
