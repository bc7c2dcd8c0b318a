"""Attaches to a solution the derivative that its equation gives it.

At a solution of F(x, p) = 0 the implicit function theorem says dx = -F_x^-1 F_p dp. It is recorded
as a Newton step that goes nowhere, x - F_x^-1 (F - F0) with F0 the value of F as a constant: its
value is x, and its derivative that.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint import trace, transforms
from adjoint.errors import MissingRule, NonDifferentiable
from adjoint.solvers.regular import NEARLY, SMALLEST, is_small, require_close, require_regular
from adjoint.spaces import fresh

MOST_STEPS = 4  # of Newton's method, from what a solver found to the solution itself


def solution(residual: Callable, x: Any) -> Any:
    """`x`, a number or an array with ``residual(x) == 0``, with the derivative that follows.

    The derivative is that of the exact solution: where `x` is only near it, as far as the solver's
    tolerance allows, a few steps of Newton's method go the rest of the way.
    """
    if np.iscomplexobj(x):
        parts = solution(lambda parts: real_parts(residual(with_parts(parts, x))), real_parts(x))
        return with_parts(parts, x)
    x = held(x)
    if not trace.is_live(residual(x)):
        return x
    near = trace.unrecorded(refined, residual, x)
    step = newton_step(residual(near), trace.unrecorded(slopes, residual, near), near)
    return x - step


def real_parts(x: Any) -> Any:
    """The real and then the imaginary parts of `x` as one vector.

    They are unknowns of their own: an equation need not be holomorphic in its unknown.
    """
    flat = np.reshape(x, (-1,))
    return np.concatenate([np.real(flat), np.imag(flat)])


def with_parts(parts: Any, x: Any) -> Any:
    """The complex number or array, of the kind of `x`, that has these parts."""
    size = np.size(x)
    value = parts[:size] + 1j * parts[size:]
    if np.ndim(x):
        return np.reshape(value, np.shape(x))
    return complex(value[0]) if type(x) is complex else value[0]


def refined(residual: Callable, x: Any) -> Any:
    """`x`, or a better solution by Newton's method."""
    for _ in range(MOST_STEPS):
        step = quotient(residual(x), slopes(residual, x))
        require_close(step, x)
        if is_small(step, x):
            break
        x = x - step
    return x


def quotient(value: Any, slope: Any) -> Any:
    """What Newton's method moves by."""
    require_regular(slope)
    if np.ndim(slope) == 0:
        return value / slope
    return np.reshape(np.linalg.solve(slope, np.reshape(value, (-1,))), np.shape(value))


def held(value: Any) -> Any:
    """`value` as a constant for the innermost recording only; those around it follow it."""
    return trace.unrecorded(duplicate, value)


def duplicate(value: Any) -> Any:
    return np.array(value) if isinstance(value, np.ndarray) else fresh(value)


def newton_step(value: Any, slope: Any, x: Any) -> Any:
    """The step to the solution less itself: zero, with its derivative."""
    require_close(quotient(value, slope), x, NEARLY)
    change = quotient(value - held(value), slope)
    return np.reshape(change, np.shape(x)) if np.ndim(x) else change


def slopes(residual: Callable, x: Any) -> Any:
    """The derivative of the residual: a number, or a square matrix."""
    if np.ndim(x) == 0:
        return transforms.jvp(residual, (x,), (1.0,))[1]
    found = transforms.jacobian(residual)(x)
    size = np.size(x)
    if np.size(found) != size * size:
        raise NonDifferentiable(
            f"the solution has {size} numbers and its equation {np.size(found) // max(size, 1)}",
            instead="give as many equations as unknowns",
        )
    return np.reshape(found, (size, size))


def elementwise_solution(residual: Callable, x: Any) -> Any:
    """As `solution`, for an array each element of which solves an equation of its own."""
    x = held(x)
    if not trace.is_live(residual(x)):
        return x
    near = trace.unrecorded(elementwise_refined, residual, x)
    value, slope = residual(near), trace.unrecorded(elementwise_slopes, residual, near)
    require_close(elementwise_quotient(value, slope), near, NEARLY)
    return x - elementwise_quotient(value - held(value), slope)


def elementwise_refined(residual: Callable, x: Any) -> Any:
    for _ in range(MOST_STEPS):
        step = elementwise_quotient(residual(x), elementwise_slopes(residual, x))
        require_close(step, x)
        if is_small(step, x):
            break
        x = x - step
    return x


def elementwise_slopes(residual: Callable, x: Any) -> tuple:
    """The derivative along the real axis and, for complex numbers, along the imaginary one."""
    ones = np.ones_like(x)
    directions = (ones, 1j * ones) if np.iscomplexobj(x) else (ones,)
    return tuple(transforms.jvp(residual, (x,), (d,))[1] for d in directions)


def elementwise_quotient(value: Any, slopes: tuple) -> Any:
    """The step of each element: ``a * u + b * v = value`` for its real and imaginary parts."""
    if len(slopes) == 1:
        require_regular(np.ravel(slopes[0]))
        return value / slopes[0]
    a, b = slopes
    area = np.imag(np.conj(a) * b)
    require_regular(np.ravel(np.abs(area) > SMALLEST * np.abs(a) * np.abs(b)))
    return (1j * np.imag(np.conj(a) * value) - np.imag(np.conj(b) * value)) / area


def with_derivative_of(value: Any, recorded: Any) -> Any:
    """`value`, of its own type, with the derivative of `recorded`, which is nearly equal."""
    change = recorded - held(recorded)
    return value + (float(change) if type(value) is float else change)


def leave_unknown(found: dict, *known: str) -> None:
    """Mark every number of a result but those in `known`: their derivatives are not computed."""
    for name in found:
        if name not in known:
            found[name] = unknown(found[name], name)


def unknown(value: Any, name: str) -> Any:
    """An equal value; that its derivative is not known is said when it is needed."""
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return type(value)([unknown(item, name) for item in value])
    if isinstance(value, float) or type(value) is np.ndarray:
        value = held(value)
        missing = MissingRule(
            f"the derivative of `{name}` in the result of a solver is not known",
            instead="compute it from the solution, or pass adjoint.stop_gradient of it",
        )
        trace.unknown(value, missing)
    return value
