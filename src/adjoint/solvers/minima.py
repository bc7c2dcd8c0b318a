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
from adjoint.solvers.solution import leave_unknown, solution, with_derivative_of

ACTIVE = 1e-6
NEAR_END = 1e-4


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
        x = constrained(objective, found.x, conditions(constraints, bounds, len(found.x)))
    else:
        x = bounded(gradient, found.x, bounds)
    fun = objective(x)
    depends = trace.is_live(x) or trace.is_live(fun)
    found.x = x
    if depends:
        found.fun = with_derivative_of(found.fun, fun)
        leave_unknown(found, "x", "fun")
    return found


def is_given(constraints: Any) -> bool:
    return not isinstance(constraints, list | tuple) or len(constraints) > 0


Condition = tuple[Callable, Any, Any]  # a function of x with its lower and upper limits


def conditions(constraints: Any, bounds: Any, size: int) -> list[Condition]:
    """Constraints of every kind, and bounds, in one form."""
    given = constraints if isinstance(constraints, list | tuple) else [constraints]
    found = [condition(each) for each in given]
    if bounds is not None:
        low, high = limits(bounds, size)
        low = [-np.inf if v is None else v for v in low]
        high = [np.inf if v is None else v for v in high]
        found.append((lambda x: x, low, high))
    return found


def condition(each: Any) -> Condition:
    if isinstance(each, dict):
        args = each.get("args", ())
        top = 0.0 if each["type"] == "eq" else np.inf
        return (lambda x: each["fun"](x, *args)), 0.0, top
    if isinstance(each, scipy.optimize.LinearConstraint):
        return (lambda x: each.A @ x), each.lb, each.ub
    return each.fun, each.lb, each.ub


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


def constrained(objective: Callable, x: np.ndarray, given: list[Condition]) -> Any:
    """A minimum under constraints: the point and the multipliers solve the KKT equations."""
    active = [
        (function, target, places)
        for function, low, high in given
        for target, places in active_places(function, low, high, x)
    ]
    if not active:
        return solution(lambda x: transforms.grad(objective)(x), x)

    def equations(x: Any) -> Any:
        parts = []
        for function, target, places in active:
            value = np.atleast_1d(function(x))
            parts.append((value - np.broadcast_to(target, np.shape(value)))[places])
        return np.concatenate(parts)

    slope = trace.unrecorded(transforms.grad(objective), x)
    matrix = trace.unrecorded(transforms.jacobian(equations), x)
    multipliers = np.linalg.lstsq(np.array(matrix).T, -np.array(slope), rcond=None)[0]
    size = len(x)

    def residual(z: Any) -> Any:
        def lagrangian(x: Any) -> Any:
            return objective(x) + np.sum(z[size:] * equations(x))

        return np.concatenate([transforms.grad(lagrangian)(z[:size]), equations(z[:size])])

    return solution(residual, np.concatenate([x, multipliers]))[:size]


def active_places(function: Callable, low: Any, high: Any, x: np.ndarray) -> list[tuple]:
    """The limits that hold with equality at `x`, each with the components for which it does."""
    value = np.array(trace.unrecorded(function, x), float, ndmin=1)
    floor, ceiling = (np.broadcast_to(np.array(end, float), value.shape) for end in (low, high))
    near = ACTIVE * (1.0 + np.abs(value))
    is_equation = floor == ceiling
    at_low = is_equation | (np.abs(value - floor) <= near)
    at_high = ~at_low & (np.abs(value - ceiling) <= near)
    found = [(low, np.flatnonzero(at_low)), (high, np.flatnonzero(at_high))]
    return [(target, places) for target, places in found if places.size]


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
    x = scalar_minimum(lambda v: fun(v, *args), found.x, bounds)
    value = fun(x, *args)
    if trace.is_live(x) or trace.is_live(value):
        found.x, found.fun = x, with_derivative_of(found.fun, value)
        leave_unknown(found, "x", "fun")
    return found


def scalar_minimum(function: Callable, x: Any, bounds: Any = None) -> Any:
    """The minimum `x` of a function of one number: the end of an interval, or a flat place."""
    x = float(x)
    if bounds is not None:
        for end in bounds:
            is_near = abs(x - end) <= NEAR_END * (1.0 + abs(x))
            if is_near and not trace.unrecorded(is_flat, function, x):
                return end
    return solution(transforms.grad(function), x)


def is_flat(function: Callable, x: float) -> bool:
    """True if a Newton step to a flat place is short."""
    slope, curvature = transforms.jvp(transforms.grad(function), (x,), (1.0,))
    return abs(slope) <= 10 * NEAR_END * abs(curvature) * (1.0 + abs(x))


def least_squares(
    fun: Callable, x0: Any, jac: Any = "2-point", bounds: Any = None, **options: Any
) -> Any:
    given = {} if bounds is None else {"bounds": bounds}
    found = trace.unrecorded(scipy.optimize.least_squares, fun, x0, jac, **given, **options)
    args, kwargs = options.get("args", ()), options.get("kwargs") or {}

    def residuals(x: Any) -> Any:
        return np.atleast_1d(fun(x, *args, **kwargs))

    cost = cost_of(residuals, options.get("loss", "linear"), options.get("f_scale", 1.0))
    x = bounded(transforms.grad(cost), found.x, paired(bounds, len(found.x)))
    value = residuals(x)
    if trace.is_live(x) or trace.is_live(value):
        found.x, found.fun = x, with_derivative_of(found.fun, value)
        found.cost = with_derivative_of(found.cost, cost(x))
        known = ["x", "fun", "cost"]
        if type(found.jac) is np.ndarray and options.get("loss", "linear") == "linear":
            found.jac = with_derivative_of(found.jac, transforms.jacobian(residuals)(x))
            known.append("jac")  # that of another loss SciPy scales
        leave_unknown(found, *known)
    return found


def huber(z: Any) -> Any:
    is_near = z <= 1.0
    return np.where(is_near, z, 2.0 * np.sqrt(np.where(is_near, 1.0, z)) - 1.0)


LOSSES: dict[str, Callable] = {
    "linear": lambda z: z,
    "soft_l1": lambda z: 2.0 * (np.sqrt(1.0 + z) - 1.0),
    "huber": huber,
    "cauchy": np.log1p,
    "arctan": np.arctan,
}


def cost_of(residuals: Callable, loss: Any, scale: Any) -> Callable:
    """What `least_squares` minimises: half the sum of the losses of the squared residuals.

    A loss of the program returns its value and two derivatives, of which the value is enough.
    """
    by_name = LOSSES[loss] if isinstance(loss, str) else lambda z: loss(z)[0]
    return lambda x: 0.5 * np.sum(scale**2 * by_name((residuals(x) / scale) ** 2))


def paired(bounds: Any, size: int) -> Any:
    """The bounds of `least_squares`, a pair of arrays, as `minimize` takes them."""
    if bounds is None or hasattr(bounds, "lb"):
        return bounds
    low, high = (np.broadcast_to(np.asarray(end), (size,)) for end in bounds)
    return [(low[i], high[i]) for i in range(size)]


def normal_equations(residuals: Callable) -> Callable:
    """The gradient of half the sum of squares."""
    return transforms.grad(cost_of(residuals, "linear", 1.0))


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

    def residuals(x: Any) -> Any:
        return np.atleast_1d(func(x, *args))

    x = solution(normal_equations(residuals), found[0])
    if not full_output:
        return (x, *found[1:])
    value = residuals(x)
    if not (trace.is_live(x) or trace.is_live(value)):
        return found
    _, covariance, report, *rest = found
    if covariance is not None:
        slopes = transforms.jacobian(residuals)(x)
        covariance = with_derivative_of(covariance, np.linalg.inv(slopes.T @ slopes))
    report["fvec"] = with_derivative_of(report["fvec"], value)
    leave_unknown(report, "fvec")
    return (x, covariance, report, *rest)
