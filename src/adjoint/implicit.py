"""Derivatives of what a solver finds, from the equation it solves."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint import spaces, trace
from adjoint.errors import StructureMismatch
from adjoint.solvers.solution import real_parts, solution, with_parts


def implicit(residual: Callable) -> Callable[[Callable], Callable]:
    """Decorator: the function returns a solution of ``residual(solution, *args) == 0``.

    The solver itself may do anything (loop, call native code, read tables): it is run as it is, and
    not differentiated. The derivative of what it returns follows from the implicit function
    theorem, with respect to the arguments and to everything that `residual` uses, captured values
    included.

    Parameters
    ----------
    residual : called as ``residual(x, *args, **kwargs)``, with the arguments of the solver; returns
        as many numbers as `x` has, in any structure, all zero at the solution. For a minimum, pass
        the gradient of what is minimised.

    Raises
    ------
    NonDifferentiable
        where the residual's derivative with respect to the solution is singular, or what the
        solver returned is no solution.

    Examples
    --------
    >>> import adjoint as ad
    >>> def equation(x, a):
    ...     return x**3 + x - a
    >>> @ad.implicit(equation)
    ... def solve(a):
    ...     low, high = 0.0, max(a, 1.0)
    ...     while high - low > 1e-13:
    ...         middle = (low + high) / 2
    ...         low, high = (middle, high) if equation(middle, a) < 0 else (low, middle)
    ...     return low
    >>> round(ad.grad(solve)(2.0), 9)  # 1 / (3 x**2 + 1) at x = 1
    0.25

    A minimum, of a function of two numbers:

    >>> import numpy as np
    >>> def cost(x, a):
    ...     return np.sum((x - a) ** 2) + 0.5 * np.sum(x) ** 2
    >>> best = ad.implicit(ad.grad(cost))(lambda a: np.linalg.solve(np.eye(2) + 0.5, a))
    >>> ad.jacobian(best)(np.array([1.0, 2.0])).round(9)
    array([[ 0.75, -0.25],
           [-0.25,  0.75]])
    """

    def decorate(solve: Callable) -> Callable:
        @functools.wraps(solve)
        def solved(*args: Any, **kwargs: Any) -> Any:
            found = trace.unrecorded(solve, *args, **kwargs)
            return attached(residual, found, args, kwargs) if trace.is_recording() else found

        return solved

    return decorate


def attached(residual: Callable, found: Any, args: tuple, kwargs: dict) -> Any:
    """The solution `found`, with the derivative that the residual gives it."""
    leaves, structure = spaces.flatten(found)

    def equations(vector: Any) -> Any:
        x = structure.rebuild(split(vector, leaves))
        rest = joined(spaces.flatten(residual(x, *args, **kwargs))[0])
        require_as_many(np.size(vector), np.size(rest))
        return rest

    return structure.rebuild(split(solution(equations, joined(leaves)), leaves))


def joined(leaves: list) -> Any:
    """The floating leaves as one vector, of complex ones the parts."""
    parts = [
        real_parts(leaf) if np.iscomplexobj(leaf) else np.reshape(np.asarray(leaf), (-1,))
        for leaf in leaves
        if spaces.is_differentiable(leaf)
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def split(vector: Any, leaves: list) -> list:
    """The parts of a vector in the shapes of `leaves`; what is not floating stays as it is."""
    found, start = [], 0
    for leaf in leaves:
        if not spaces.is_differentiable(leaf):
            found.append(leaf)
            continue
        size = np.size(leaf) * (2 if np.iscomplexobj(leaf) else 1)
        part = vector[start : start + size]
        if np.iscomplexobj(leaf):
            found.append(with_parts(part, leaf))
        else:
            found.append(np.reshape(part, np.shape(leaf)) if np.ndim(leaf) else part[0])
        start += size
    return found


def require_as_many(unknowns: int, equations: int) -> None:
    if unknowns != equations:
        raise StructureMismatch(
            f"the residual returned {equations} numbers for a solution of {unknowns}",
            instead="return as many equations as there are unknowns",
        )
