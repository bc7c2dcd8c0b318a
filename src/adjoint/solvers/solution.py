"""Attaches to a solution the derivative that its equation gives it.

At a solution of F(x, p) = 0 the implicit function theorem says dx = -F_x^-1 F_p dp. It is recorded
as a Newton step that goes nowhere, x - F_x^-1 (F - F0) with F0 the value of F as a constant: its
value is x, and its derivative that.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint import trace, transforms
from adjoint.errors import NonDifferentiable
from adjoint.solvers.regular import require_close, require_regular
from adjoint.spaces import fresh


def solution(residual: Callable, x: Any) -> Any:
    """`x`, a number or an array with ``residual(x) == 0``, with the derivative that follows."""
    x = held(x)
    value = residual(x)
    if not trace.is_live(value):
        return x
    return x - newton_step(value, trace.unrecorded(slopes, residual, x), x)


def held(value: Any) -> Any:
    """`value` as a constant for the innermost recording only; those around it follow it."""
    return trace.unrecorded(duplicate, value)


def duplicate(value: Any) -> Any:
    return np.array(value) if isinstance(value, np.ndarray) else fresh(value)


def newton_step(value: Any, slope: Any, x: Any) -> Any:
    """The step to the solution less itself: zero, with its derivative."""
    require_regular(slope)
    change = value - held(value)
    if np.ndim(x) == 0:
        require_close(value / slope, x)
        return change / slope
    require_close(np.linalg.solve(slope, np.reshape(value, (-1,))), x)
    return np.reshape(np.linalg.solve(slope, np.reshape(change, (-1,))), np.shape(x))


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
    value = residual(x)
    if not trace.is_live(value):
        return x
    slope = trace.unrecorded(elementwise_slopes, residual, x)
    require_regular(np.ravel(slope))
    return x - (value - held(value)) / slope


def elementwise_slopes(residual: Callable, x: Any) -> Any:
    return transforms.jvp(residual, (x,), (np.ones_like(x),))[1]
