"""Refuses what has no derivative: multiple roots, degenerate minima, and what is no solution."""

from typing import Any

import numpy as np

from adjoint.errors import NonDifferentiable

SMALLEST = 1e-13  # the reciprocal condition below which a matrix counts as singular
# How far from the solution, relative to its size: what a solver found, and after Newton's method.
FARTHEST = 0.05
NEARLY = 1e-4
REACHED = 1e-8


def require_regular(slope: Any) -> None:
    """Raise unless the derivative of the equation, a number, vector or matrix, can be inverted."""
    array = np.array(slope, float)
    if not np.isfinite(array).all():
        regular = False
    elif array.ndim < 2:
        regular = bool(np.all(array != 0.0))
    else:
        scale = np.abs(array).max(axis=1, keepdims=True)
        regular = bool((scale > 0).all()) and 1 / np.linalg.cond(array / scale) > SMALLEST
    if not regular:
        raise NonDifferentiable(
            "the equation does not determine its solution to first order: its derivative with "
            "respect to the solution is singular there (a multiple root, a flat minimum)",
            instead="pose the problem so that its solution is isolated, or pass "
            "adjoint.stop_gradient of the solution",
        )


def require_close(step: Any, x: Any, farthest: float = FARTHEST) -> None:
    """Raise if a Newton step would leave `x`: it is no solution, the solver stopped early."""
    size, reach = extent(step), extent(x)
    if not size <= farthest * (1.0 + reach):
        raise NonDifferentiable(
            f"the solver has not converged: a Newton step would move its result by {size:.2g}",
            instead="let it converge (more iterations, a better start), or differentiate its "
            "steps by writing the loop in Python",
        )


def is_small(step: Any, x: Any) -> bool:
    """True if the step does not matter for the derivative."""
    return extent(step) <= REACHED * (1.0 + extent(x))


def extent(x: Any) -> float:
    return float(np.array(np.abs(x), float).max(initial=0.0))
