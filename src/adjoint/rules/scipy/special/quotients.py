"""Quotients of functions by their variable, with which they vanish: ``f(x) / x``, smooth at zero.

Within one of zero they are their power series, so that derivatives of every order are right.
"""

import math
from collections.abc import Callable

import numpy as np
import scipy.special as sc

TERMS = 13  # what is left is below rounding, of the first derivatives too


def smooth_quotient(function: Callable, coefficients: list[float]) -> Callable:
    """``function(x) / x``, whose power series in ``x * x`` has these `coefficients`."""

    def quotient(x):
        small = np.absolute(x) < 1.0
        away = np.where(small, 1.0, x)
        return np.where(small, polynomial(coefficients, x * x), function(away) / away)

    return quotient


def polynomial(coefficients, x):
    value = 0.0
    for coefficient in reversed(coefficients):
        value = value * x + coefficient
    return value


def squares(first: int) -> list[float]:
    """Of the terms ``(x / 2) ** (2 k) / k! ** 2`` from `first` on, the factor of ``x ** (2 k)``."""
    return [0.25**k / math.factorial(k) ** 2 for k in range(first, TERMS)]


def alternating(coefficients: list[float]) -> list[float]:
    return [(-1) ** k * c for k, c in enumerate(coefficients)]


ODD = [1.0 / math.factorial(2 * k + 1) for k in range(TERMS)]
sine_quotient = smooth_quotient(np.sin, alternating(ODD))
hyperbolic_sine_quotient = smooth_quotient(np.sinh, ODD)


def times_x(quotient: Callable) -> Callable:
    return lambda x: x * quotient(x)


def second_quotient(function: Callable, coefficients: list[float]) -> Callable:
    """``function(x) / x`` for a function of ``x * x``: `x` times what is smooth in it."""
    return times_x(smooth_quotient(lambda x: function(x) / x, coefficients))


bessel_quotient = second_quotient(lambda x: 1.0 - sc.j0(x), alternating(squares(1)))
modified_bessel_quotient = second_quotient(lambda x: sc.i0(x) - 1.0, squares(1))

# ber + i bei is the sum of the terms (i x * x / 4) ** k / k! ** 2 (DLMF 10.65.1).
KELVIN = [2.0 * k * (1j) ** k * 0.25**k / math.factorial(k) ** 2 for k in range(1, TERMS)]
ber_quotient = smooth_quotient(sc.berp, [c.real for c in KELVIN])
bei_quotient = smooth_quotient(sc.beip, [c.imag for c in KELVIN])


def half_gammas(shift: float) -> list[float]:
    """Of Struve's functions (DLMF 11.2.1), the factors of the powers of ``x * x / 4``."""
    return [1.0 / (math.gamma(k + 1.5) * math.gamma(k + shift)) for k in range(TERMS)]


struve_quotient = smooth_quotient(
    lambda x: sc.struve(0, x),
    [0.5 * 0.25**k * c for k, c in enumerate(alternating(half_gammas(1.5)))],
)


def struve_slope(function: Callable, sign: float) -> Callable:
    """The partial to `x` of Struve's function, or of the modified one: a series near zero."""

    def partial(v, x, out):
        small = np.absolute(x) < 1.0
        away = np.where(small, 1.0, x)
        beyond = function(v - 1.0, away) - v / away * function(v, away)
        return np.where(small, near_zero(v, np.where(small, x, 0.5)), beyond)

    def near_zero(v, x):
        square, total, power = 0.25 * x * x, 0.0, 1.0
        for k in range(TERMS):
            factor = (k + 0.5 * (v + 1.0)) * sc.rgamma(k + v + 1.5)
            total = total + factor / math.gamma(k + 1.5) * power
            power = power * sign * square
        return total * (0.5 * x) ** v

    return partial
