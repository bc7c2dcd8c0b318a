"""Second derivatives where a function is smooth and its formulas are not: zeros, equal numbers.

A formula that replaces a number there keeps the first derivative and may lose the next one.
"""

import math

import numpy as np
import pytest
import scipy.special as sc

import adjoint as ad
from adjoint.testing import finite_difference_jvp

ZEROS, EQUAL = np.zeros(3), np.ones(3)
SYMMETRIC = np.array([1.0, 2.0, 3.0])  # the second is the mean
ONE_ZERO = np.array([0.0, 3.0, 4.0])

POINTS = {
    "variance at a mean": (np.var, SYMMETRIC),
    "variance of equal numbers": (np.var, EQUAL),
    "complex variance": (lambda x: np.var(x, dtype=complex).real, ZEROS),
    "spread at a mean": (np.std, SYMMETRIC),
    "norm with a zero": (np.linalg.norm, ONE_ZERO),
    "norm along an axis": (lambda x: np.linalg.norm(x.reshape(1, 3), axis=1)[0], ONE_ZERO),
    "power zero": (lambda x: np.sum(np.array([2.0, 0.7, 3.0]) ** (x * x) * x), ZEROS),
    "power to both": (lambda x: np.sum((x + 2.0) ** x), ZEROS),
    "power of two at zero": (lambda x: np.sum(x ** (x + 2.0)), ZEROS + 0.5),
    "xlogy": (lambda x: np.sum(sc.xlogy(x, x + 2.0)), ZEROS),
    "xlog1py": (lambda x: np.sum(sc.xlog1py(x, x + 2.0)), ZEROS),
}


def ways(f, x, first, second):
    """The second derivative in two directions, by each order of the modes."""

    def pushed(x):
        return ad.jvp(f, (x,), (first,))[1]

    def pulled(x):
        return np.sum(first * ad.grad(f)(x))

    return {
        "reverse, forward": first @ ad.jvp(ad.grad(f), (x,), (second,))[1],
        "reverse, reverse": second @ ad.grad(pulled)(x),
        "forward, forward": ad.jvp(pushed, (x,), (second,))[1],
        "forward, reverse": second @ ad.grad(pushed)(x),
    }


FIRST, SECOND = np.array([0.3, -0.8, 0.5]), np.array([1.1, 0.4, -0.7])


def by_differences(f, x):
    wanted = FIRST @ finite_difference_jvp(ad.grad(f), (x,), (SECOND,))
    return pytest.approx(wanted, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("name", POINTS)
def test_no_way_loses_a_second_derivative(name):
    f, x = POINTS[name]
    found = ways(f, x, FIRST, SECOND)
    assert found == dict.fromkeys(found, by_differences(f, x))


def test_a_power_moves_with_an_exponent_of_zero():
    def power(x, y):
        return x**y

    for tier in (lambda f: f, ad.jit):
        assert tier(ad.grad(ad.grad(power, 0), 1))(2.0, 0.0) == 0.5
        assert tier(ad.grad(ad.grad(power, 1), 0))(2.0, 0.0) == 0.5
        assert tier(ad.grad(power, 0))(0.0, 0.0) == 0.0


def test_a_cotangent_of_zero_moves_beside_an_infinite_slope():
    def f(x):
        return np.sum(np.array([0.0, 1.0, 1.0]) * (x - 1.0) * np.sqrt(x))

    x, e = np.array([0.0, 1.0, 4.0]), np.array([0.0, 1.0, 0.0])
    assert ad.jvp(ad.grad(f), (x,), (e,))[1][1] == 1.0
    assert ad.grad(lambda x: ad.grad(f)(x)[1])(x)[1] == 1.0


@pytest.mark.parametrize("y, wanted", [(0.5, -np.inf), (1.0, -np.inf), (1.5, 0.0), (2.0, 0.0)])
def test_the_slope_to_an_exponent_falls_from_a_base_of_zero(y, wanted):
    def power(x, y):
        return x**y

    for tier in (lambda f: f, ad.jit):
        found = tier(ad.grad(ad.grad(power, 1), 0))(0.0, y)
        assert found == wanted or (found < -1e38 and wanted == -np.inf)
        assert tier(ad.grad(ad.grad(power, 1), 1))(0.0, y) == 0.0
        assert tier(ad.grad(power, 1))(0.0, y) == 0.0


@pytest.mark.parametrize("power", [lambda x, y: x**y, math.pow, np.power, np.float_power])
@pytest.mark.parametrize("y, wanted", [(0.0, np.inf), (0.5, -np.inf), (1.0, -np.inf), (1.5, 0.0)])
def test_the_slope_to_a_base_of_zero_moves_with_the_exponent(power, y, wanted):
    """``x**(y-1) (1 + y log(x))``, of which the logarithm is the larger part."""

    def of_numbers(x, y):
        return power(x, y)

    for tier in (lambda f: f, ad.jit):
        to_base = ad.grad(tier(of_numbers), 0)
        for found in (
            ad.grad(to_base, 1)(0.0, y),
            ad.jvp(to_base, (0.0, y), (0.0, 1.0))[1],
        ):
            assert found == wanted or (abs(found) > 1e38 and np.sign(found) == np.sign(wanted))


@pytest.mark.parametrize("x", [np.array([0.0, 4.0]), np.array([0.0, 4.0], np.float32)])
def test_the_slopes_to_bases_of_an_array_move_with_one_exponent(x):
    def f(x, y):
        return np.sum(np.array([1.0, 1.0], x.dtype) * x**y)

    found = ad.jacobian(ad.grad(f, 0), 1)(x, 0.5)
    assert found[0] == -np.inf
    assert found[1] == pytest.approx((1.0 + 0.5 * np.log(4.0)) / 2.0, rel=1e-6)


STEEP = {
    "root": (np.sqrt, -np.inf),
    "logarithm": (np.log, -np.inf),
    "power": (lambda a: a**0.5, -np.inf),
}
MAKERS = {
    "array": lambda x: np.array([1.0, x]),
    "full": lambda x: np.full(2, x),
    "stack": lambda x: np.stack([x * np.ones(1), np.ones(1)]).ravel(),
    "roll": lambda x: np.roll(np.array([x, 1.0]), 1),
}


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("function", STEEP)
def test_an_infinite_cotangent_moves(function, maker):
    """A rule that is linear takes it apart, and hands on how it moves."""
    steep, wanted = STEEP[function]

    def f(x):
        return np.sum(steep(MAKERS[maker](x)))

    with np.errstate(all="ignore"):
        assert ad.grad(ad.grad(f))(0.0) == wanted
        assert ad.jvp(ad.grad(f), (0.0,), (1.0,))[1] == wanted


# The coefficients of the power series at zero, in degrees 1, 2, 3.
AT_ZERO = {
    "sine integral": (lambda x: sc.sici(x)[0], (1.0, 0.0, -1 / 18)),
    "hyperbolic sine integral": (lambda x: sc.shichi(x)[0], (1.0, 0.0, 1 / 18)),
    "integral of Bessel's": (lambda x: sc.it2j0y0(x)[0], (0.0, 0.125, 0.0)),
    "integral of the modified": (lambda x: sc.it2i0k0(x)[0], (0.0, 0.125, 0.0)),
    "ber": (sc.ber, (0.0, 0.0, 0.0)),
    "bei": (sc.bei, (0.0, 0.25, 0.0)),
    "kelvin": (lambda x: sc.kelvin(x)[0].imag, (0.0, 0.25, 0.0)),
    "struve 0": (lambda x: sc.struve(0, x), (2 / np.pi, 0.0, -2 / (9 * np.pi))),
    "struve 1": (lambda x: sc.struve(1, x), (0.0, 2 / (3 * np.pi), 0.0)),
    "modified struve": (lambda x: sc.modstruve(0, x), (2 / np.pi, 0.0, 2 / (9 * np.pi))),
    "integral of Struve's": (sc.itstruve0, (0.0, 1 / np.pi, 0.0)),
    "second integral of Struve's": (sc.it2struve0, (-2 / np.pi, 0.0, 2 / (27 * np.pi))),
    "spherical": (lambda x: sc.spherical_jn(1, x), (1 / 3, 0.0, -1 / 30)),
    "modified spherical": (lambda x: sc.spherical_in(2, x), (0.0, 1 / 15, 0.0)),
    "complete elliptic": (sc.ellipk, (np.pi / 8, 9 * np.pi / 128, 25 * np.pi / 512)),
    "second elliptic": (sc.ellipe, (-np.pi / 8, -3 * np.pi / 128, -5 * np.pi / 512)),
    "symmetric": (lambda x: sc.elliprf(1.0 + x, 1.0, 1.0), (-1 / 6, 3 / 40, -5 / 112)),
    "degenerate": (lambda x: sc.elliprd(1.0 + x, 1.0, 1.0), (-0.3, 9 / 56, -5 / 48)),
}


@pytest.mark.parametrize("name", AT_ZERO)
def test_three_derivatives_at_zero(name):
    f, coefficients = AT_ZERO[name]
    pulled = pushed = f
    for degree, coefficient in enumerate(coefficients, 1):
        pulled, pushed = ad.grad(pulled), slope_of(pushed)
        wanted = pytest.approx(coefficient * np.prod(np.arange(1.0, degree + 1)), abs=1e-12)
        assert (pulled(0.0), pushed(0.0)) == (wanted, wanted)


def slope_of(f):
    return lambda x: ad.jvp(f, (x,), (1.0,))[1]


@pytest.mark.parametrize("m", [-0.3, 1e-6, 0.05, 0.9])
def test_elliptic_integrals_by_their_equations(m):
    """Legendre's differential equations (DLMF 19.4 in the parameter), near zero and away."""
    first, second = sc.ellipk, sc.ellipe
    k = [ad.grad(ad.grad(first))(m), ad.grad(first)(m), first(m)]
    assert m * (1 - m) * k[0] + (1 - 2 * m) * k[1] == pytest.approx(k[2] / 4, rel=1e-12)
    e = [ad.grad(ad.grad(second))(m), ad.grad(second)(m), second(m)]
    assert m * (1 - m) * e[0] + (1 - m) * e[1] == pytest.approx(-e[2] / 4, rel=1e-12)
    changed = finite_difference_jvp(ad.grad(ad.grad(first)), (m,), (1.0,))
    assert ad.grad(ad.grad(ad.grad(first)))(m) == pytest.approx(changed, rel=1e-7)
