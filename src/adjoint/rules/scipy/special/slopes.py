"""Derivatives to parameters that have no closed form: orders, shapes, degrees of freedom.

The functions are analytic in them, so the derivative is the limit of the series of central
differences, which is summed until what is left is below rounding (B. Fornberg, Generation of finite
difference formulas on arbitrarily spaced grids, Math. Comp. 51, 1988; DLMF 3.4). It has about 13
digits. What it computes is ordinary Python, so it has derivatives in turn.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

TERMS = 8
FACTORIALS = [math.factorial(k) for k in range(2 * TERMS + 1)]


def weights(terms: int) -> list[float]:
    """Those of the differences over 1, 2, ... steps to each side."""
    square = FACTORIALS[terms] ** 2
    return [
        (-1) ** (k + 1) * square / (k * FACTORIALS[terms - k] * FACTORIALS[terms + k])
        for k in range(1, terms + 1)
    ]


WEIGHTS, FEWER = weights(TERMS), [*weights(TERMS - 1), 0.0]
EXACT_ENOUGH = 1e-5  # relative difference of the sums of all differences and of fewer


def slope(function: Callable, args: tuple, place: int, spacing: Any) -> Any:
    """The derivative of ``function(*args)`` to ``args[place]``.

    `spacing` is about a quarter of the distance in which the function grows by a factor of e, and
    at most a thirtieth of the distance to where it is not analytic. The derivative is nan where the
    series does not converge after all.
    """
    step = power_of_two(spacing)
    total = fewer = size = 0.0
    for count, (weight, other) in enumerate(zip(WEIGHTS, FEWER, strict=True), 1):
        above, below = (
            function(*args[:place], args[place] + side * count * step, *args[place + 1 :])
            for side in (1.0, -1.0)
        )
        total = total + weight * (above - below)
        fewer = fewer + other * (above - below)
        size = size + np.abs(above) + np.abs(below)
    noise = 1e5 * np.finfo(getattr(size, "dtype", np.float64)).eps * size
    is_limit = np.abs(total - fewer) <= EXACT_ENOUGH * np.abs(total) + noise
    return np.where(is_limit, total / step, np.nan)


def power_of_two(spacing: Any) -> Any:
    """Rounded down, so that the shifted parameters are exact; it has no derivative."""
    return np.exp2(np.floor(np.log2(spacing)))


def by_growth(rate: Any) -> Any:
    """The spacing for a function whose logarithm has a slope of about `rate`."""
    return 0.25 / (2.0 + np.abs(rate))


def by_pole(spacing: Any, distance: Any) -> Any:
    """`spacing`, cut to what a singularity at `distance` allows."""
    return np.minimum(spacing, distance / 32.0)


def from_poles(x: Any) -> Any:
    """The distance from 0, -1, -2, ..., of which a parameter can be none."""
    return np.where(x > 0.5, np.abs(x), np.abs(x - np.rint(x)))


def log_size(x: Any) -> Any:
    """The logarithm of the size of `x`, and zero at zero."""
    size = np.abs(x)
    return np.log(np.where(size == 0.0, 1.0, size))


def of_order(function: Callable) -> Callable:
    """The partial to the order `v` of a function of `v` and `z` of the Bessel kind."""

    def partial(v, z, out):
        rate = np.abs(log_size(0.5 * z)) + np.log1p(np.abs(v))
        return slope(function, (v, z), 0, by_growth(rate))

    return partial


def of_degree(function: Callable, place: int) -> Callable:
    """The partial of an orthogonal function to its degree or to a parameter."""

    def partial(*given):
        *args, _ = given
        return slope(function, tuple(args), place, np.full(np.shape(args[place]), 1.0 / 32.0))

    return partial
