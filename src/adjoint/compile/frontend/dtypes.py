"""What is asked of dtypes, which are known when a program is compiled."""

from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.compile.conversion import PYTHON
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import Static, Value, is_atom, wrap
from adjoint.compile.ir.nodes import SCALARS


def limits_of(kind: Callable) -> Callable:
    """``np.finfo`` and ``np.iinfo``."""
    return lambda lower, dtype: Static(kind(dtype.value if isinstance(dtype, Static) else float))


def asked_now(function: Callable) -> Callable:
    """A function of dtypes, and of values as far as their types are concerned."""

    def handler(lower: Lowerer, *args: Value) -> Value:
        return wrap(function(*(shown(lower, arg) for arg in args)))

    return handler


def shown(lower: Lowerer, value: Value) -> Any:
    """A value with the type that the program's has."""
    if isinstance(value, Static):
        return value.value
    if not is_atom(value):
        raise lower.refuse("this is asked for its dtype", instead="ask for that of its items")
    cls = SCALARS[value.type.dtype]
    if not value.type.is_array and lower.whose(value) == PYTHON:
        return cls(1)
    return np.dtype(cls)


FUNCTIONS: dict[Any, Callable] = {
    np.finfo: limits_of(np.finfo),
    np.iinfo: limits_of(np.iinfo),
    np.promote_types: asked_now(np.promote_types),
    np.result_type: asked_now(np.result_type),
    np.issubdtype: asked_now(np.issubdtype),
    np.can_cast: asked_now(np.can_cast),
}
