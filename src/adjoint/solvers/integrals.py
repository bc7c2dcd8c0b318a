"""Integrals and differential equations that native code solves: `scipy.integrate`.

The value is SciPy's. The derivative is that of a rule of our own on the same problem: for an
integral, of Gauss-Legendre quadrature on the intervals SciPy chose, whose nodes move with the
limits (so that Leibniz' boundary terms are there); for a differential equation, of an explicit
Runge-Kutta method of order 8 with a tolerance at least as tight.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.integrate

from adjoint import trace
from adjoint.custom import stop_gradient
from adjoint.errors import MissingRule
from adjoint.solvers.solution import with_derivative_of

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
    found = trace.unrecorded(
        scipy.integrate.quad,
        func,
        a,
        b,
        args,
        1,
        epsabs,
        epsrel,
        limit,
        points,
        weight,
        **options,
    )
    is_plain = weight is None and not options.get("complex_func", False)
    if is_plain:
        value = integral(lambda x: func(x, *args), a, b, found[0], found[2])
    else:
        require_constant(func, a, b, args)
        value = found[0]
    if full_output:
        return (value, *found[1:])
    if len(found) > 3:  # what SciPy has to say, it says again
        trace.unrecorded(
            scipy.integrate.quad,
            func,
            a,
            b,
            args,
            0,
            epsabs,
            epsrel,
            limit,
            points,
            weight,
            **options,
        )
    return value, found[1]


def require_constant(func: Callable, a: Any, b: Any, args: tuple) -> None:
    middle = a if np.isfinite(a) else b
    if trace.is_live([a, b, func(middle, *args)]):
        raise MissingRule(
            "the derivative of an integral with a weight, or of complex values, is not known",
            instead="write the weight into the integrand, and integrate real and imaginary part",
        )


def integral(f: Callable, a: Any, b: Any, value: float, found: dict) -> Any:
    """The integral of `f` with the derivative of a quadrature on the intervals in `found`."""
    if a == b and not trace.is_live([a, b]):
        return value
    count = found["last"]
    lows, highs = found["alist"][:count].tolist(), found["blist"][:count].tolist()
    if np.isfinite(a) and np.isfinite(b):
        start, width = float(stop_gradient(a)), float(stop_gradient(b - a))

        def density(share: float) -> Any:
            return f(a + (b - a) * share) * (b - a)

        lows = [(low - start) / width for low in lows] if width else [0.0]
        highs = [(high - start) / width for high in highs] if width else [1.0]
    else:
        density = on_unit_interval(f, a, b)
    total = 0.0
    for low, high in zip(lows, highs, strict=True):
        half = 0.5 * (high - low)
        for node, weight in zip(NODES, WEIGHTS, strict=True):
            total = total + weight * half * density(low + half * (1.0 + node))
    return with_derivative_of(value, total) if trace.is_live(total) else value


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


def odeint(
    func: Callable,
    y0: Any,
    t: Any,
    args: tuple = (),
    Dfun: Any = None,
    col_deriv: Any = 0,
    full_output: Any = 0,
    *,
    rtol: Any = None,
    atol: Any = None,
    tfirst: bool = False,
    **options: Any,
) -> Any:
    found = trace.unrecorded(
        scipy.integrate.odeint,
        func,
        y0,
        t,
        args,
        Dfun,
        col_deriv,
        full_output,
        rtol=rtol,
        atol=atol,
        tfirst=tfirst,
        **options,
    )
    y = found[0] if full_output else found
    start = np.atleast_1d(y0)

    def rate(time: Any, state: Any) -> Any:
        return func(time, state, *args) if tfirst else func(state, time, *args)

    if not trace.is_live([start, np.asarray(t), np.asarray(rate(t[0], start))]):
        return found
    tight = 1e-9 if rtol is None else np.minimum(np.min(rtol), 1e-9)
    solved = scipy.integrate.solve_ivp(
        rate, (t[0], t[-1]), start, method="DOP853", t_eval=t, rtol=tight, atol=1e-12
    )
    y = with_derivative_of(y, np.transpose(solved.y))
    return (y, found[1]) if full_output else y
