"""Tells which callables ask to be compiled, without the compiler."""

import importlib
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, cast

from adjoint.derivative import Derivative, Differentiable

if TYPE_CHECKING:
    from adjoint.compile.jitted import Jitted


def as_jitted(function: Callable) -> "Jitted | None":
    """The compiled form of a function that asks for it: a `Jitted`, a compiled Numba function, or a
    derivative of one; None for any other callable."""
    if type(function) is FunctionType and not function.__dict__:
        return None
    if is_compiled(function):
        return cast("Jitted", function)
    inner = function
    while not is_compiled(inner) and isinstance(getattr(inner, "derivative", None), Derivative):
        inner = inner.derivative.function
    if not is_compiled(inner) and not hasattr(inner, "py_func"):
        return None
    return importlib.import_module("adjoint.compile.jitted").made_once(function)


def is_compiled(function: Callable) -> bool:
    return isinstance(function, Differentiable) and function.is_compiled
