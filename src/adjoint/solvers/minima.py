"""Minima of functions: `scipy.optimize`.

A minimum is a root of the gradient. Bounds that hold are taken as equations for their variables;
with constraints the equations are those of Karush, Kuhn and Tucker (Nocedal and Wright, "Numerical
Optimization", 2006, chapter 12) for the constraints that are active.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.optimize

from adjoint import trace, transforms
from adjoint.errors import MissingRule
from adjoint.solvers.solution import held, solution

ACTIVE = 1e-6


def minimize(
    fun: Callable,
    x0: Any,
    args: Any = (),
    method: Any = None,
    jac: Any = None,
    hess: Any = None,
    hessp: Any = None,
    bounds: Any = None,
    constraints: Any = (),
    **options: Any,
) -> Any:
    args = args if isinstance(args, tuple) else (args,)
    found = trace.unrecorded(
        scipy.optimize.minimize,
        fun,
        x0,
        args,
        method,
        jac,
        hess,
        hessp,
        bounds,
        constraints,
        **options,
    )

    def objective(x: Any) -> Any:
        value = fun(x, *args)
        value = value[0] if jac is True else value
        return value if np.ndim(value) == 0 else np.reshape(value, ())

    def gradient(x: Any) -> Any:
        return jac(x, *args) if callable(jac) else transforms.grad(objective)(x)

    if is_given(constraints):
        x = constrained(objective, found.x, listed(constraints))
    else:
        x = bounded(gradient, found.x, bounds)
    found.x = x
    if trace.is_live(x) or trace.is_live(objective(held(x))):
        found.fun = objective(x)
    return found


def is_given(constraints: Any) -> bool:
    return not isinstance(constraints, list | tuple) or len(constraints) > 0


def listed(constraints: Any) -> list:
    found = [constraints] if isinstance(constraints, dict) else list(constraints)
    if not all(isinstance(each, dict) for each in found):
        raise MissingRule(
            "the derivative of a minimum under constraints given as objects is not known",
            instead="give the constraints as dictionaries with 'type' and 'fun'",
        )
    return found


def bounded(gradient: Callable, x: np.ndarray, bounds: Any) -> Any:
    """A minimum within bounds: those that hold are equations, the gradient vanishes elsewhere."""
    if bounds is None:
        return solution(gradient, x)
    low, high = limits(bounds, np.size(x))
    width = ACTIVE * (1.0 + np.abs(x))
    at_low = np.array([v is not None and abs(x[i] - v) <= width[i] for i, v in enumerate(low)])
    at_high = np.array([v is not None and abs(x[i] - v) <= width[i] for i, v in enumerate(high)])
    free = np.flatnonzero(~(at_low | at_high))
    fixed = [low[i] if at_low[i] else high[i] if at_high[i] else float(x[i]) for i in range(len(x))]
    if not free.size:
        return np.array(fixed)

    def assembled(part: Any) -> Any:
        values = list(fixed)
        for place, index in enumerate(free.tolist()):
            values[index] = part[place]
        return np.array(values)

    return assembled(solution(lambda part: gradient(assembled(part))[free], x[free]))


def limits(bounds: Any, size: int) -> tuple[list, list]:
    """The lower and upper bounds, number by number; None where there is none."""
    if hasattr(bounds, "lb"):
        low, high = np.broadcast_to(bounds.lb, size), np.broadcast_to(bounds.ub, size)
        pairs = [(low[i], high[i]) for i in range(size)]
    else:
        pairs = list(bounds)
    return [finite(low) for low, _ in pairs], [finite(high) for _, high in pairs]


def finite(value: Any) -> Any:
    return None if value is None or not np.isfinite(value) else value


def constrained(objective: Callable, x: np.ndarray, constraints: list) -> Any:
    """A minimum under constraints: the point and the multipliers solve the KKT equations."""
    active = [each for each in constraints if each["type"] == "eq"]
    for each in constraints:
        if each["type"] == "ineq":
            margin = trace.unrecorded(constraint, each, x)
            if np.any(np.abs(margin) <= ACTIVE * (1.0 + np.abs(x).max())):
                if np.ndim(margin) and np.size(margin) > 1:
                    raise MissingRule(
                        "an inequality with several components is active at the minimum",
                        instead="give each inequality as a constraint of its own",
                    )
                active.append(each)
    if not active:
        return solution(lambda x: transforms.grad(objective)(x), x)

    def equations(x: Any) -> Any:
        return np.concatenate([np.atleast_1d(constraint(each, x)) for each in active])

    slope = trace.unrecorded(transforms.grad(objective), x)
    matrix = trace.unrecorded(transforms.jacobian(equations), x)
    multipliers = np.linalg.lstsq(np.array(matrix).T, -np.array(slope), rcond=None)[0]
    size = len(x)

    def residual(z: Any) -> Any:
        def lagrangian(x: Any) -> Any:
            return objective(x) + np.sum(z[size:] * equations(x))

        return np.concatenate([transforms.grad(lagrangian)(z[:size]), equations(z[:size])])

    return solution(residual, np.concatenate([x, multipliers]))[:size]


def constraint(each: dict, x: Any) -> Any:
    return each["fun"](x, *each.get("args", ()))


def minimize_scalar(
    fun: Callable,
    bracket: Any = None,
    bounds: Any = None,
    args: Any = (),
    *rest: Any,
    **options: Any,
) -> Any:
    args = args if isinstance(args, tuple) else (args,)
    found = trace.unrecorded(
        scipy.optimize.minimize_scalar, fun, bracket, bounds, args, *rest, **options
    )
    x = float(found.x)
    if bounds is not None:
        for end in bounds:
            if abs(x - end) <= 1e-4 * (1.0 + abs(x)):
                found.x = end
                found.fun = fun(end, *args)
                return found
    found.x = solution(lambda x: transforms.grad(lambda v: fun(v, *args))(x), x)
    found.fun = fun(found.x, *args)
    return found


def least_squares(
    fun: Callable, x0: Any, jac: Any = "2-point", bounds: Any = None, **options: Any
) -> Any:
    given = {} if bounds is None else {"bounds": bounds}
    found = trace.unrecorded(scipy.optimize.least_squares, fun, x0, jac, **given, **options)
    args, kwargs = options.get("args", ()), options.get("kwargs") or {}

    def residuals(x: Any) -> Any:
        return np.atleast_1d(fun(x, *args, **kwargs))

    if options.get("loss", "linear") != "linear" and trace.is_live(residuals(found.x)):
        raise MissingRule(
            "the derivative of least squares is known for the loss 'linear' only",
            instead="minimize the sum of the losses with scipy.optimize.minimize",
        )
    found.x = bounded(normal_equations(residuals), found.x, paired(bounds, len(found.x)))
    found.fun = residuals(found.x)
    found.cost = 0.5 * np.sum(found.fun**2)
    return found


def paired(bounds: Any, size: int) -> Any:
    """The bounds of `least_squares`, a pair of arrays, as `minimize` takes them."""
    if bounds is None or hasattr(bounds, "lb"):
        return bounds
    low, high = (np.broadcast_to(np.asarray(end), (size,)) for end in bounds)
    return [(low[i], high[i]) for i in range(size)]


def normal_equations(residuals: Callable) -> Callable:
    """The gradient of half the sum of squares."""
    return transforms.grad(lambda x: 0.5 * np.sum(residuals(x) ** 2))


def leastsq(
    func: Callable,
    x0: Any,
    args: Any = (),
    Dfun: Any = None,
    full_output: Any = False,
    **options: Any,
) -> Any:
    args = args if isinstance(args, tuple) else (args,)
    found = trace.unrecorded(scipy.optimize.leastsq, func, x0, args, Dfun, full_output, **options)
    x = solution(normal_equations(lambda x: np.atleast_1d(func(x, *args))), found[0])
    return (x, *found[1:])
