"""Integrals with the weights of QUADPACK: powers and logarithms at the ends, poles, waves.

Each is a quadrature whose nodes and weights are smooth functions of the limits and of the weight's
parameters, so that it has their derivatives too.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint import trace
from adjoint.custom import stop_gradient
from adjoint.errors import MissingRule

SETTLED = 1e-11  # relative change of a quadrature that is fine enough
NEAR = 1e-7  # how far a quadrature may be from SciPy's value, besides SciPy's own error
STEEPEST = 6.0  # the range of nodes of the double exponential map: 1e-275 from the ends
MOST_PER_UNIT = 64
LOGARITHMS = {
    "alg": (),
    "alg-loga": ("left",),
    "alg-logb": ("right",),
    "alg-log": ("left", "right"),
}
DIRECT, ACCELERATED = 10, 26  # half periods that are summed, and that are extrapolated from
NODES, WEIGHTS = (part.tolist() for part in np.polynomial.legendre.leggauss(20))


def weighted(f: Callable, a: Any, b: Any, weight: tuple, found: tuple, integrate: Callable) -> Any:
    """The integral of `f` times a weight ``(name, parameter)``, with its derivative.

    `found` is SciPy's value and how well it is known; `integrate` integrates a function.
    """
    name, parameter = weight
    if name == "cauchy":
        return principal_value(f, a, b, parameter, integrate)
    if name in LOGARITHMS:
        total = with_powers_at_ends(f, a, b, parameter, LOGARITHMS[name])
    elif np.isfinite(a) and np.isfinite(b):
        wave = np.cos if name == "cos" else np.sin
        return integrate(lambda x: f(x) * wave(parameter * x), a, b, limit=200)[0]
    else:
        total = along_half_line(f, a, b, name, parameter)
    value, error = found
    if trace.is_live(total) and abs(total - value) > NEAR * abs(value) + 10.0 * error:
        raise MissingRule(
            "the derivative of an integral with this weight is not known for an integrand "
            "that is not smooth",
            instead="write the weight into the integrand",
        )
    return total


def principal_value(f: Callable, a: Any, b: Any, pole: Any, integrate: Callable) -> Any:
    """Of ``f(x) / (x - pole)``: the part without a pole, and that of the pole alone."""
    at_pole = f(pole)

    def rest(x: float) -> Any:
        return (f(x) - at_pole) / (x - pole)

    below, above = integrate(rest, a, pole)[0], integrate(rest, pole, b)[0]
    return below + above + at_pole * np.log((b - pole) / (pole - a))


def with_powers_at_ends(f: Callable, a: Any, b: Any, powers: tuple, logarithms: tuple) -> Any:
    """Of ``f(x) (x - a)**left (b - x)**right``, times the logarithms of ``x - a`` or ``b - x``.

    By the double exponential map of Takahasi and Mori (1974), which no power or logarithm at an
    end slows down; nodes are added until the sum of the magnitudes of `f` no longer changes.
    """
    left, right = powers
    width = b - a

    def total(per_unit: int, each: Callable) -> Any:
        found = 0.0
        for place in range(-int(STEEPEST * per_unit), int(STEEPEST * per_unit) + 1):
            share, rest, slope = mapped(place / per_unit)
            weight = slope * share ** (left + 1.0) * rest ** (right + 1.0) / per_unit
            if "left" in logarithms:
                weight = weight * np.log(width * share)
            if "right" in logarithms:
                weight = weight * np.log(width * rest)
            if stop_gradient(weight) != 0.0:
                found = found + weight * each(f(a + width * share))
        return found * width ** (left + right + 1.0)

    per_unit, size = 4, trace.unrecorded(total, 4, abs)
    while per_unit < MOST_PER_UNIT:
        per_unit *= 2
        finer = trace.unrecorded(total, per_unit, abs)
        if abs(finer - size) <= SETTLED * abs(finer):
            break
        size = finer
    return total(per_unit, lambda value: value)


def mapped(place: float) -> tuple[float, float, float]:
    """A number between 0 and 1, what is left to 1, and its logarithmic derivative in both."""
    turned = math.pi * math.sinh(place)
    small = math.exp(-abs(turned))
    near, far = small / (1.0 + small), 1.0 / (1.0 + small)
    share, rest = (far, near) if turned > 0.0 else (near, far)
    return share, rest, math.pi * math.cosh(place)


def along_half_line(f: Callable, a: Any, b: Any, name: str, frequency: Any) -> Any:
    """Of ``f(x) cos(frequency x)``, or sin, to infinity: over half periods, which alternate.

    Their sum is extrapolated by fixed weights (Cohen, Rodriguez Villegas and Zagier, 2000).
    """
    if not np.isfinite(a):
        turned = along_half_line(lambda x: f(-x), -b, math.inf, name, frequency)
        return turned if name == "cos" else -turned
    wave = np.cos if name == "cos" else np.sin
    shift = 0.5 if name == "cos" else 0.0
    half_period = math.pi / abs(frequency)
    first = math.floor(stop_gradient(a / half_period) - shift) + 1
    found, low = 0.0, a
    for count, weight in enumerate([1.0] * DIRECT + alternating_weights(ACCELERATED)):
        high = (first + count + shift) * half_period
        half = 0.5 * (high - low)
        for node, part in zip(NODES, WEIGHTS, strict=True):
            x = low + half * (1.0 + node)
            found = found + weight * part * half * f(x) * wave(frequency * x)
        low = high
    return found


def alternating_weights(count: int) -> list[float]:
    """What the first terms of an alternating series are multiplied by to give its sum."""
    scale = (3.0 + math.sqrt(8.0)) ** count
    scale = 0.5 * (scale + 1.0 / scale)
    step, weight, found = -1.0, -scale, []
    for k in range(count):
        weight = step - weight
        found.append(abs(weight) / scale)
        step *= (k + count) * (k - count) / ((k + 0.5) * (k + 1.0))
    return found
