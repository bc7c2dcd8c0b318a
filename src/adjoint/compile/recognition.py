"""Which callables belong to the compiled tier as they are."""

from collections.abc import Callable
from weakref import WeakKeyDictionary

from adjoint.compile.jitted import Jitted
from adjoint.derivative import Derivative

KNOWN: WeakKeyDictionary[Callable, Jitted] = WeakKeyDictionary()


def as_jitted(function: Callable) -> Jitted | None:
    """`function` as a jitted function if it is compiled already, else None.

    That is a `Jitted`, a function compiled by ``numba.njit``, or a derivative of either.
    """
    if isinstance(function, Jitted):
        return function
    if not (is_numba_dispatcher(function) or is_derivative_of_jitted(function)):
        return None
    if function not in KNOWN:
        KNOWN[function] = Jitted(function)
    return KNOWN[function]


def is_numba_dispatcher(function: Callable) -> bool:
    """True for what ``numba.njit`` returns; asked without importing Numba."""
    return hasattr(function, "py_func") and type(function).__module__.startswith("numba.")


def is_derivative_of_jitted(function: Callable) -> bool:
    derivative = getattr(function, "derivative", None)
    return isinstance(derivative, Derivative) and as_jitted(derivative.function) is not None
