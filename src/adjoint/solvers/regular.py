"""Refuses what has no derivative: multiple roots, degenerate minima, and what is no solution."""

from typing import Any

import numpy as np

from adjoint.errors import NonDifferentiable

SMALLEST = 1e-13  # the reciprocal condition below which a matrix counts as singular
FARTHEST = 0.05  # how far from the solution, relative


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


def require_close(step: Any, x: Any) -> None:
    """Raise if a Newton step would leave `x`: it is no solution, the solver stopped early."""
    size = np.abs(np.array(step, float)).max(initial=0.0)
    reach = np.abs(np.array(x, float)).max(initial=0.0)
    if size > FARTHEST * (1.0 + reach):
        raise NonDifferentiable(
            f"the solver has not converged: a Newton step would move its result by {size:.2g}",
            instead="let it converge (more iterations, a better start), or differentiate its "
            "steps by writing the loop in Python",
        )
