"""Linear and bounded least-squares programs: `scipy.optimize.linprog`, `nnls` and `lsq_linear`.

At a vertex that is the only solution, the constraints that hold with equality determine it; the
solution moves as they do. Where they do not determine it (several solutions), or there are more of
them than unknowns (a kink), that is said.
"""

from typing import Any

import numpy as np
import scipy.optimize

from adjoint import trace
from adjoint.errors import NonDifferentiable
from adjoint.solvers.solution import held, leave_unknown, with_derivative_of

ACTIVE = 1e-9


def linprog(
    c: Any,
    A_ub: Any = None,
    b_ub: Any = None,
    A_eq: Any = None,
    b_eq: Any = None,
    bounds: Any = (0, None),
    *rest: Any,
    **options: Any,
) -> Any:
    problem = (c, A_ub, b_ub, A_eq, b_eq, bounds)
    found = trace.unrecorded(scipy.optimize.linprog, *problem, *rest, **options)
    if found.x is None or not trace.reaches_live(problem):
        return found
    if options.get("integrality") is not None:
        raise NonDifferentiable(
            "the solution of a program in integers is a step function of its data",
            instead="pass adjoint.stop_gradient of the data",
        )
    rows, values, equations = [], [], 0
    priced = []  # the rows' own places among the prices that SciPy gives
    if A_eq is not None:
        A_eq = np.atleast_2d(A_eq)
        rows.append(A_eq)
        values.append(np.reshape(b_eq, (-1,)))
        equations = len(A_eq)
        priced.extend(("eqlin", row) for row in range(equations))
    if A_ub is not None:
        A_ub, b_ub = np.atleast_2d(A_ub), np.reshape(b_ub, (-1,))
        holds = np.flatnonzero(is_tight(found.slack, held(b_ub)))
        rows.append(A_ub[holds])
        values.append(b_ub[holds])
        priced.extend(("ineqlin", row) for row in holds)
    for index, (low, high) in enumerate(each_bound(bounds, len(found.x))):
        limit = limit_that_holds(found.x[index], low, high)
        if limit is not None:
            rows.append(np.eye(len(found.x))[index : index + 1])
            values.append(np.reshape(limit, (1,)))
            priced.append(("lower" if found.lower.marginals[index] != 0.0 else "upper", index))
    matrix, cost = np.concatenate(rows), np.asarray(c)
    trace.unrecorded(require_vertex, held(matrix), held(cost), equations)
    x = np.linalg.solve(matrix, np.concatenate(values))
    found.x = with_derivative_of(found.x, x)
    found.fun = with_derivative_of(found.fun, np.sum(cost * x))
    give_prices(found, np.linalg.solve(np.transpose(matrix), cost), priced)
    if A_ub is not None:
        found.slack = with_derivative_of(found.slack, b_ub - A_ub @ x)
    leave_unknown(found, "x", "fun", "slack")
    return found


def give_prices(found: Any, prices: Any, priced: list) -> None:
    """The marginals of what holds at the vertex: the cost's growth with each right-hand side."""
    for name in ("eqlin", "ineqlin", "lower", "upper"):
        here = [place for place, (kind, _) in enumerate(priced) if kind == name]
        if here and found.get(name) is not None:
            rows = [priced[place][1] for place in here]
            moved = np.zeros(len(found[name].marginals))
            moved[rows] = prices[here]
            found[name].marginals = with_derivative_of(found[name].marginals, moved)


def is_tight(slack: Any, scale: Any) -> Any:
    return np.abs(slack) <= ACTIVE * (1.0 + np.abs(scale))


def each_bound(bounds: Any, size: int) -> list:
    """A pair of limits for each unknown."""
    if bounds is None:
        return [(0.0, None)] * size
    if len(bounds) == 2 and np.ndim(bounds[0]) == 0:
        return [tuple(bounds)] * size
    return [tuple(pair) for pair in bounds] * (size if len(bounds) == 1 else 1)


def limit_that_holds(x: Any, low: Any, high: Any) -> Any:
    for end in (low, high):
        if end is not None and np.isfinite(end) and abs(x - end) <= ACTIVE * (1.0 + abs(end)):
            return end
    return None


def require_vertex(matrix: Any, cost: Any, equations: int) -> None:
    """Raise unless the rows of `matrix`, `equations` of them equations, determine the solution.

    They do if there are as many as unknowns and every inequality among them has a price.
    """
    size = np.size(cost)
    is_one = np.linalg.matrix_rank(matrix) == size
    if is_one and len(matrix) == size:
        prices = np.linalg.solve(np.transpose(matrix), cost)[equations:]
        is_one = bool(np.all(np.abs(prices) > ACTIVE * (1.0 + np.abs(cost).max())))
    if not is_one:
        raise NonDifferentiable(
            "the linear program has more than one solution",
            instead="add a constraint or a term to the cost that chooses one",
        )
    if len(matrix) > size:
        raise NonDifferentiable(
            "more constraints hold at the solution of the linear program than it has unknowns: "
            "its solution has a kink there",
            instead="leave out constraints that follow from others",
        )


def nnls(A: Any, b: Any, **options: Any) -> Any:
    x, norm = trace.unrecorded(scipy.optimize.nnls, A, b, **options)
    if not trace.reaches_live((A, b)):
        return x, norm
    A, b = np.asarray(A), np.asarray(b)
    used = np.flatnonzero(x > 0.0)
    part = np.linalg.solve(A[:, used].T @ A[:, used], A[:, used].T @ b)
    moved = np.zeros(len(x))
    moved[used] = part
    return (
        with_derivative_of(x, moved),
        with_derivative_of(norm, np.linalg.norm(A[:, used] @ part - b)),
    )


def lsq_linear(A: Any, b: Any, bounds: Any = (-np.inf, np.inf), *rest: Any, **options: Any) -> Any:
    """Unknowns at a bound move with it; the others solve the least squares that is left."""
    found = trace.unrecorded(scipy.optimize.lsq_linear, A, b, bounds, *rest, **options)
    if not trace.reaches_live((A, b, bounds)):
        return found
    matrix = A.toarray() if hasattr(A, "toarray") else np.asarray(A)
    pair = (bounds.lb, bounds.ub) if isinstance(bounds, scipy.optimize.Bounds) else bounds
    lows, highs = (np.broadcast_to(end, found.x.shape) for end in pair)
    at_low, at_high = found.active_mask < 0, found.active_mask > 0
    free = np.flatnonzero(found.active_mask == 0)
    trace.unrecorded(require_independent, held(matrix[:, free]))
    moved = np.zeros(len(found.x))
    moved[at_low], moved[at_high] = lows[at_low], highs[at_high]
    rest_of_b = b - matrix @ moved
    part = matrix[:, free]
    moved[free] = np.linalg.solve(part.T @ part, part.T @ rest_of_b)
    found.x = with_derivative_of(found.x, moved)
    missed = matrix @ moved - b
    found.fun = with_derivative_of(found.fun, missed)
    found.cost = with_derivative_of(found.cost, 0.5 * np.sum(missed**2))
    leave_unknown(found, "x", "fun", "cost")
    return found


def require_independent(columns: Any) -> None:
    if np.linalg.matrix_rank(columns) < columns.shape[1]:
        raise NonDifferentiable(
            "the least-squares program has more than one solution",
            instead="leave out columns of the matrix that depend on others",
        )


def isotonic_regression(y: Any, *, weights: Any = None, increasing: Any = True) -> Any:
    """The means of the blocks of equal values, which are constant."""
    known = {"weights": weights, "increasing": increasing}
    found = trace.unrecorded(scipy.optimize.isotonic_regression, y, **known)
    if not trace.reaches_live((y, weights)):
        return found
    values = np.asarray(y)
    each = np.ones(len(values)) if weights is None else np.asarray(weights)
    starts = found.blocks[:-1]
    total = np.add.reduceat(each, starts)
    means = np.add.reduceat(each * values, starts) / total
    found.x = np.repeat(means, np.diff(found.blocks))
    found.weights = total
    return found
