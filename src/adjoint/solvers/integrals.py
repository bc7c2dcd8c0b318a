"""Integrals: `scipy.integrate.quad`, and what is built on it.

The value is SciPy's. The derivative is that of Gauss-Legendre quadrature on the intervals SciPy
chose, whose nodes move with the limits (so that Leibniz' boundary terms are there).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy
import scipy.integrate

from adjoint import trace, transforms
from adjoint.custom import stop_gradient
from adjoint.errors import DerivativeLost, MissingRule, warn
from adjoint.solvers.solution import with_derivative_of
from adjoint.solvers.weighted_integrals import weighted

FINE = 1e-10  # what quadrature may miss, relative to the integrand
JUMP = 1e-3
DEEPEST = 40
KINK = 20  # cuts in two, which only a kink needs
NODES, WEIGHTS = (part.tolist() for part in np.polynomial.legendre.leggauss(20))


def quad(
    func: Callable,
    a: Any,
    b: Any,
    args: Any = (),
    full_output: Any = 0,
    epsabs: float = 1.49e-08,
    epsrel: float = 1.49e-08,
    limit: int = 50,
    points: Any = None,
    weight: Any = None,
    **options: Any,
) -> Any:
    args = args if isinstance(args, tuple) else (args,)

    def by_scipy(full_output: Any) -> Any:
        given = (func, a, b, args, full_output, epsabs, epsrel, limit, points, weight)
        return trace.unrecorded(scipy.integrate.quad, *given, **options)

    if isinstance(func, scipy.LowLevelCallable):
        if trace.reaches_live((a, b, args)):
            raise MissingRule(
                "an integrand of native code has no rule", instead="integrate a Python function"
            )
        return by_scipy(full_output)
    found = by_scipy(1)
    if options.get("complex_func", False):
        value = complex_integral(func, a, b, args, weight, found[0])
    elif weight is not None and not trace.reaches_live((func, a, b, args, options)):
        value = found[0]
    elif weight is not None:
        chosen = weight, options.get("wvar")
        total = weighted(lambda x: func(x, *args), a, b, chosen, found[:2], quad)
        value = with_derivative_of(found[0], total) if trace.is_live(total) else found[0]
    elif points is not None and trace.is_live([a, b, *points]):
        value = between_points(lambda x: func(x, *args), [a, b], points, found[0])
    else:
        value = integral(lambda x: func(x, *args), a, b, found[0], found[2])
    if full_output:
        return (value, *found[1:])
    if len(found) > 3:  # what SciPy has to say, it says again
        by_scipy(0)
    return value, found[1]


def between_points(f: Callable, limits: list, points: Any, value: float) -> Any:
    """In parts, whose ends are the points: kinks and jumps stay at an end where it moves."""
    low, high = sorted(limits)
    inside = sorted({float(point): point for point in points if low < point < high}.values())
    ends = [low, *inside, high]
    total = sum(quad(f, *ends[place : place + 2])[0] for place in range(len(ends) - 1))
    return with_derivative_of(value, total if limits[0] <= limits[1] else -total)


def complex_integral(
    func: Callable, a: Any, b: Any, args: tuple, weight: Any, value: complex
) -> Any:
    """Of real and imaginary part, each on intervals of its own."""
    if weight is not None:
        require_constant(func, a, b, args, None)
        return value
    parts = [
        quad(lambda x, part=part: part(func(x, *args)), a, b)[0] for part in (np.real, np.imag)
    ]
    total = parts[0] + 1j * parts[1]
    return with_derivative_of(value, total) if trace.is_live(total) else value


def require_constant(func: Callable, a: Any, b: Any, args: tuple, parameter: Any) -> None:
    middle = a if np.isfinite(a) else b
    if trace.is_live([a, b, parameter, func(middle, *args)]) or trace.reaches_live(func):
        raise MissingRule(
            "the derivative of an integral with this weight is not known",
            instead="write the weight into the integrand",
        )


def integral(f: Callable, a: Any, b: Any, value: float, found: dict) -> Any:
    """The integral of `f` with the derivative of a quadrature on the intervals in `found`."""
    if a == b and not trace.is_live([a, b]):
        return value
    count = found["last"]
    order = np.argsort(found["alist"][:count])
    lows, highs = (found[ends][:count][order].tolist() for ends in ("alist", "blist"))
    if np.isfinite(a) and np.isfinite(b):
        start, width = float(stop_gradient(a)), float(stop_gradient(b - a))

        def density(share: float) -> Any:
            return f(a + (b - a) * share) * (b - a)

        lows = [(low - start) / width for low in lows] if width else [0.0]
        highs = [(high - start) / width for high in highs] if width else [1.0]
    else:
        density = on_unit_interval(f, a, b)
    total = over(density, zip(lows, highs, strict=True))
    if not trace.is_live(total):
        if trace.reaches_live(f):  # it may decide where the integrand jumps
            trace.unrecorded(refined, density, list(zip(lows, highs, strict=True)))
        return value
    pieces = trace.unrecorded(refined, density, list(zip(lows, highs, strict=True)))
    if len(pieces) > len(lows):
        total = over(density, pieces)
    return with_derivative_of(value, total)


def over(density: Callable, pieces: Any) -> Any:
    """The integral by quadrature on each of the intervals."""
    total = 0.0
    for low, high in pieces:
        half = 0.5 * (high - low)
        for node, weight in zip(NODES, WEIGHTS, strict=True):
            total = total + weight * half * density(low + half * (1.0 + node))
    return total


def refined(density: Callable, pieces: list) -> list:
    """The intervals, cut until quadrature is accurate for the derivative of the integrand as well.

    SciPy made them fine enough for the integrand; its derivative may have a jump where the
    integrand has a kink. Whether it has is seen by integration by parts, which quadrature fulfils
    for smooth integrands: the integral of ``w f' + w' f`` is zero for a weight w that is zero at
    both ends.
    """
    size, done, jumps, kinks = 0.0, [], False, False
    for low, high in pieces:
        size += sum(abs(density(low + 0.5 * (high - low) * (1.0 + x))) for x in NODES) / len(NODES)
    size = size / max(len(pieces), 1)
    waiting = [(low, high, 0) for low, high in reversed(pieces)]
    while waiting:
        low, high, depth = waiting.pop()
        defect = mismatch(density, low, high)
        if defect <= FINE * size or depth == DEEPEST:
            is_inside = low > pieces[0][0] and high < pieces[-1][1]
            jumps = jumps or (is_inside and defect > JUMP * size)
            kinks = kinks or (is_inside and depth >= KINK)
            done.append((low, high))
            continue
        middle = 0.5 * (low + high)
        waiting += [(middle, high, depth + 1), (low, middle, depth + 1)]
    if jumps or (kinks and trace.is_recording()):  # there are derivatives of higher order
        warn_of("jumps" if jumps else "has a kink")
    return done


def mismatch(density: Callable, low: float, high: float) -> float:
    """How far integration by parts fails on an interval, as a height of the integrand."""
    half = 0.5 * (high - low)
    places = [low + half * (1.0 + node) for node in NODES]

    def moved(shift: float) -> tuple:
        """The integrals of ``w f`` and ``w' f``, with all nodes moved."""
        values = [density(place + shift) for place in places]
        weighted = [
            weight * (1.0 - node * node) * half * value
            for node, weight, value in zip(NODES, WEIGHTS, values, strict=True)
        ]
        turned = [
            -2.0 * weight * node * value
            for node, weight, value in zip(NODES, WEIGHTS, values, strict=True)
        ]
        return sum(weighted), sum(turned)

    (_, by_values), (by_slopes, _) = transforms.jvp(moved, (0.0,), (1.0,))
    return abs(by_slopes + by_values)


def warn_of(fault: str) -> None:
    warn(
        DerivativeLost,
        f"the integrand {fault} inside the range of an integral; if its place depends on what is "
        "differentiated, that part of the derivative is missing: give it in `points`, or "
        "integrate up to it and from it on",
    )


def on_unit_interval(f: Callable, a: Any, b: Any) -> Callable:
    """The integrand of an infinite range on (0, 1], as QUADPACK maps it: x = a + (1 - t) / t."""

    def density(t: float) -> Any:
        x = (1.0 - t) / t
        if np.isfinite(a):
            value = f(a + x)
        elif np.isfinite(b):
            value = f(b - x)
        else:
            value = f(x) + f(-x)
        return (value if b > a else -value) / t**2

    return density
