"""Minimisers of `scipy.optimize` with names of their own: `fmin`, `brent`, `brute` and their kin.

They return the place first, or a result with a field `x`. What else they return (their own counts
and values at other places) has no derivative that is known, and says so when it is asked for.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.optimize

from adjoint import trace, transforms
from adjoint.errors import MissingRule
from adjoint.solvers.minima import bounded, is_given, scalar_minimum
from adjoint.solvers.solution import leave_unknown, unknown, with_derivative_of


def given(method: Callable, args: tuple, kwargs: dict) -> dict:
    """The arguments of a call by name, defaults filled in."""
    bound = inspect.signature(method).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.arguments


def objective_of(named: dict) -> Callable:
    function = named["func"] if "func" in named else named["f"]
    args = named.get("args", ())
    args = args if isinstance(args, tuple) else (args,)

    def objective(x: Any) -> Any:
        value = function(x, *args)
        value = value[0] if isinstance(value, tuple) else value
        return value if np.ndim(value) == 0 else np.reshape(value, ())

    return objective


def by_place(method: Callable, args: tuple, kwargs: dict) -> Any:
    """A method that returns an array `x`, or a tuple that begins with it and perhaps the value."""
    found = trace.unrecorded(method, *args, **kwargs)
    named = given(method, args, kwargs)
    refuse_constraints(named)
    objective = objective_of(named)
    is_tuple = isinstance(found, tuple)
    x = np.asarray(found[0] if is_tuple else found)
    limits = named.get("bounds")
    limits = None if limits is None or len(limits) == 0 else limits
    slope = transforms.grad(objective)
    place = np.reshape(bounded(slope, np.reshape(x, (-1,)), limits), np.shape(x))
    return rebuilt(found, place, objective)


def by_number(method: Callable, args: tuple, kwargs: dict, bounds: Any = None) -> Any:
    """The same for a function of one number."""
    found = trace.unrecorded(method, *args, **kwargs)
    objective = objective_of(given(method, args, kwargs))
    x = found[0] if isinstance(found, tuple) else found
    return rebuilt(found, scalar_minimum(objective, x, bounds), objective)


def rebuilt(found: Any, x: Any, objective: Callable) -> Any:
    """What SciPy found, with the live place and value."""
    value = objective(x)
    if not (trace.is_live(x) or trace.is_live(value)):
        return found
    if not isinstance(found, tuple):
        return x
    rest = [unknown(each, "full_output") for each in found[2:]]
    if len(found) > 1 and isinstance(found[1], float):
        return (x, with_derivative_of(found[1], value), *rest)
    return (x, unknown(found[1], "full_output"), *rest)


def refuse_constraints(named: dict) -> None:
    names = ["eqcons", "f_eqcons", "ieqcons", "f_ieqcons", "cons", "constraints"]
    if all(named.get(name) is None or not is_given(named[name]) for name in names):
        return
    if trace.reaches_live(list(named.values())):
        raise MissingRule(
            "the derivative of a minimum under constraints is known for "
            "scipy.optimize.minimize only",
            instead="call scipy.optimize.minimize with constraints=...",
        )


def by_result(method: Callable, args: tuple, kwargs: dict) -> Any:
    """A global method, which returns an `OptimizeResult`."""
    found = trace.unrecorded(method, *args, **kwargs)
    named = given(method, args, kwargs)
    refuse_constraints(named)
    settings = {**(named.get("minimizer_kwargs") or {}), **named}
    settings["args"] = named.get("args") or (named.get("minimizer_kwargs") or {}).get("args", ())
    objective = objective_of(settings)
    x = bounded(transforms.grad(objective), np.asarray(found.x), settings.get("bounds"))
    value = objective(x)
    if trace.is_live(x) or trace.is_live(value):
        found.x, found.fun = x, with_derivative_of(found.fun, value)
        leave_unknown(found, "x", "fun")
    return found


def fmin(*args: Any, **kwargs: Any) -> Any:
    return by_place(scipy.optimize.fmin, args, kwargs)


def fmin_bfgs(*args: Any, **kwargs: Any) -> Any:
    return by_place(scipy.optimize.fmin_bfgs, args, kwargs)


def fmin_cg(*args: Any, **kwargs: Any) -> Any:
    return by_place(scipy.optimize.fmin_cg, args, kwargs)


def fmin_ncg(*args: Any, **kwargs: Any) -> Any:
    return by_place(scipy.optimize.fmin_ncg, args, kwargs)


def fmin_powell(*args: Any, **kwargs: Any) -> Any:
    return by_place(scipy.optimize.fmin_powell, args, kwargs)


def fmin_l_bfgs_b(*args: Any, **kwargs: Any) -> Any:
    return by_place(scipy.optimize.fmin_l_bfgs_b, args, kwargs)


def fmin_tnc(*args: Any, **kwargs: Any) -> Any:
    return by_place(scipy.optimize.fmin_tnc, args, kwargs)


def fmin_slsqp(*args: Any, **kwargs: Any) -> Any:
    return by_place(scipy.optimize.fmin_slsqp, args, kwargs)


def fmin_cobyla(*args: Any, **kwargs: Any) -> Any:
    return by_place(scipy.optimize.fmin_cobyla, args, kwargs)


def brute(*args: Any, **kwargs: Any) -> Any:
    if given(scipy.optimize.brute, args, kwargs)["finish"] is None:
        raise MissingRule(
            "a minimum on a grid is a step function of its parameters",
            instead="let a method finish it (the default of `finish`)",
        )
    return by_place(scipy.optimize.brute, args, kwargs)


def brent(*args: Any, **kwargs: Any) -> Any:
    return by_number(scipy.optimize.brent, args, kwargs)


def golden(*args: Any, **kwargs: Any) -> Any:
    return by_number(scipy.optimize.golden, args, kwargs)


def fminbound(*args: Any, **kwargs: Any) -> Any:
    named = given(scipy.optimize.fminbound, args, kwargs)
    ends = (named["x1"], named["x2"])
    return by_number(scipy.optimize.fminbound, args, kwargs, ends)


def differential_evolution(*args: Any, **kwargs: Any) -> Any:
    return by_result(scipy.optimize.differential_evolution, args, kwargs)


def dual_annealing(*args: Any, **kwargs: Any) -> Any:
    return by_result(scipy.optimize.dual_annealing, args, kwargs)


def basinhopping(*args: Any, **kwargs: Any) -> Any:
    return by_result(scipy.optimize.basinhopping, args, kwargs)


def shgo(*args: Any, **kwargs: Any) -> Any:
    return by_result(scipy.optimize.shgo, args, kwargs)


def direct(*args: Any, **kwargs: Any) -> Any:
    return by_result(scipy.optimize.direct, args, kwargs)
