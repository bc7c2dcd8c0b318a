"""Roots and fixed points of functions: `scipy.optimize`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.optimize

from adjoint import trace
from adjoint.solvers.solution import (
    elementwise_solution,
    leave_unknown,
    solution,
    with_derivative_of,
)


def bracketed(
    method: Callable, f: Callable, a: Any, b: Any, args: Any, full_output: bool, options: dict
) -> Any:
    """A method that is given two ends of an interval."""
    args = args if isinstance(args, tuple) else (args,)
    found = trace.unrecorded(method, f, a, b, args=args, full_output=True, **options)
    root = solution(lambda x: f(x, *args), found[0])
    found[1].root = root
    return (root, found[1]) if full_output else root


def brentq(
    f: Callable, a: Any, b: Any, args: Any = (), *, full_output: bool = False, **options: Any
) -> Any:
    return bracketed(scipy.optimize.brentq, f, a, b, args, full_output, options)


def brenth(
    f: Callable, a: Any, b: Any, args: Any = (), *, full_output: bool = False, **options: Any
) -> Any:
    return bracketed(scipy.optimize.brenth, f, a, b, args, full_output, options)


def ridder(
    f: Callable, a: Any, b: Any, args: Any = (), *, full_output: bool = False, **options: Any
) -> Any:
    return bracketed(scipy.optimize.ridder, f, a, b, args, full_output, options)


def bisect(
    f: Callable, a: Any, b: Any, args: Any = (), *, full_output: bool = False, **options: Any
) -> Any:
    return bracketed(scipy.optimize.bisect, f, a, b, args, full_output, options)


def toms748(
    f: Callable, a: Any, b: Any, args: Any = (), *, full_output: bool = False, **options: Any
) -> Any:
    return bracketed(scipy.optimize.toms748, f, a, b, args, full_output, options)


def newton(
    func: Callable,
    x0: Any,
    fprime: Callable | None = None,
    args: tuple = (),
    tol: float = 1.48e-08,
    maxiter: int = 50,
    fprime2: Callable | None = None,
    x1: Any = None,
    rtol: float = 0.0,
    full_output: bool = False,
    disp: bool = True,
) -> Any:
    options = {"maxiter": maxiter, "fprime2": fprime2, "x1": x1, "rtol": rtol, "disp": disp}
    found = trace.unrecorded(
        scipy.optimize.newton, func, x0, fprime, args, tol, full_output=full_output, **options
    )
    root = found[0] if full_output else found
    attach = elementwise_solution if np.ndim(root) else solution
    root = attach(lambda x: func(x, *args), root)
    if not full_output:
        return root
    if np.ndim(root) == 0:
        found[1].root = root
    return (root, *found[1:])


def fixed_point(func: Callable, x0: Any, args: tuple = (), *rest: Any, **options: Any) -> Any:
    x = trace.unrecorded(scipy.optimize.fixed_point, func, x0, args, *rest, **options)
    attach = elementwise_solution if np.ndim(x) else solution
    return attach(lambda x: func(x, *args) - x, x)


def fsolve(
    func: Callable,
    x0: Any,
    args: Any = (),
    fprime: Callable | None = None,
    full_output: Any = False,
    *rest: Any,
    **options: Any,
) -> Any:
    args = args if isinstance(args, tuple) else (args,)
    found = trace.unrecorded(scipy.optimize.fsolve, func, x0, args, fprime, True, *rest, **options)
    x = solution(lambda x: np.asarray(func(x, *args)), found[0])
    if full_output:
        return (x, *found[1:])
    if found[2] != 1:
        trace.unrecorded(scipy.optimize.fsolve, func, x0, args, fprime, False, *rest, **options)
    return x


def of_system(method: Callable, args: tuple, kwargs: dict) -> Any:
    """A method for a system of equations that is given ``(F, start, ...)`` and returns the root."""
    found = trace.unrecorded(method, *args, **kwargs)
    function = args[0] if args else kwargs["F"]
    return solution(lambda x: np.asarray(function(x)), found)


def broyden1(*args: Any, **kwargs: Any) -> Any:
    return of_system(scipy.optimize.broyden1, args, kwargs)


def broyden2(*args: Any, **kwargs: Any) -> Any:
    return of_system(scipy.optimize.broyden2, args, kwargs)


def anderson(*args: Any, **kwargs: Any) -> Any:
    return of_system(scipy.optimize.anderson, args, kwargs)


def newton_krylov(*args: Any, **kwargs: Any) -> Any:
    return of_system(scipy.optimize.newton_krylov, args, kwargs)


def linearmixing(*args: Any, **kwargs: Any) -> Any:
    return of_system(scipy.optimize.linearmixing, args, kwargs)


def diagbroyden(*args: Any, **kwargs: Any) -> Any:
    return of_system(scipy.optimize.diagbroyden, args, kwargs)


def excitingmixing(*args: Any, **kwargs: Any) -> Any:
    return of_system(scipy.optimize.excitingmixing, args, kwargs)


def root(
    fun: Callable, x0: Any, args: Any = (), method: str = "hybr", jac: Any = None, **options: Any
) -> Any:
    args = args if isinstance(args, tuple) else (args,)
    found = trace.unrecorded(scipy.optimize.root, fun, x0, args, method, jac, **options)

    def residual(x: Any) -> Any:
        value = fun(x, *args)
        return np.asarray(value[0] if jac is True else value)

    x = solution(residual, found.x)
    if trace.is_live(x):
        found.x = x
        found.fun = with_derivative_of(found.fun, residual(x))
        leave_unknown(found, "x", "fun")
    return found


def root_scalar(f: Callable, args: Any = (), *rest: Any, **options: Any) -> Any:
    args = args if isinstance(args, tuple) else (args,)
    found = trace.unrecorded(scipy.optimize.root_scalar, f, args, *rest, **options)

    def residual(x: Any) -> Any:
        value = f(x, *args)
        return value[0] if isinstance(value, tuple | list) else value

    found.root = solution(residual, found.root)
    return found
