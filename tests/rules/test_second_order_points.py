"""Second derivatives where a function is smooth and its formulas are not: zeros, equal numbers.

A formula that replaces a number there keeps the first derivative and may lose the next one.
"""

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
