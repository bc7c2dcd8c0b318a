"""Means and variances of the standard library's `statistics`, which computes them as fractions.

The value is the library's, exact to the last digit; the derivative is that of the formula.
"""

import math
import statistics
from collections.abc import Callable, Iterable
from typing import Any

from adjoint.custom import stop_gradient
from adjoint.trace.recording import unrecorded


def mean(data: Iterable) -> Any:
    return with_derivative(statistics.mean, data, average)


def harmonic_mean(data: Iterable, weights: Any = None) -> Any:
    def formula(values: list) -> Any:
        shares = [1.0] * len(values) if weights is None else list(weights)
        if any(value == 0.0 for value in values):
            return 0.0 * math.fsum(values)
        parts = [share / value for share, value in zip(shares, values, strict=True)]
        return math.fsum(shares) / math.fsum(parts)

    return with_derivative(statistics.harmonic_mean, data, formula, weights)


def variance(data: Iterable, xbar: Any = None) -> Any:
    return with_derivative(
        statistics.variance, data, lambda values: squares(values, xbar) / (len(values) - 1), xbar
    )


def pvariance(data: Iterable, mu: Any = None) -> Any:
    return with_derivative(
        statistics.pvariance, data, lambda values: squares(values, mu) / len(values), mu
    )


def stdev(data: Iterable, xbar: Any = None) -> Any:
    return with_derivative(
        statistics.stdev,
        data,
        lambda values: math.sqrt(squares(values, xbar) / (len(values) - 1)),
        xbar,
    )


def pstdev(data: Iterable, mu: Any = None) -> Any:
    return with_derivative(
        statistics.pstdev, data, lambda values: math.sqrt(squares(values, mu) / len(values)), mu
    )


def from_samples(kind: type, data: Iterable) -> Any:
    """``NormalDist.from_samples``."""
    values = list(data)
    return kind(mean(values), stdev(values))


def average(values: list) -> Any:
    return math.fsum(values) / len(values)


def squares(values: list, centre: Any) -> Any:
    centre = average(values) if centre is None else centre
    return math.fsum([(value - centre) ** 2 for value in values])


def with_derivative(function: Callable, data: Iterable, formula: Callable, *given: Any) -> Any:
    """The value of a function of the library with the derivative of `formula`."""
    values = list(data)
    exact = unrecorded(function, values, *given)
    if not any(isinstance(value, float) for value in [*values, *given]):
        return exact
    found = formula(values)
    return stop_gradient(exact) + (found - stop_gradient(found))
