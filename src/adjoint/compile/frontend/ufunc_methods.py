"""Methods of NumPy's functions of two numbers: `reduce`, `accumulate` and `outer`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.compile.frontend import shaping
from adjoint.compile.frontend.calls import inline_function, invoke_object
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import NONE, Static, Value, same
from adjoint.compile.frontend.written_axes import mapped, reduced, room
from adjoint.compile.ir.nodes import Const


def folded(function: Callable, a: Any) -> Any:
    """The items joined from the first on, in the compiled language."""
    total = a[0]
    for i in range(1, len(a)):
        total = function(total, a[i])
    return total


def running(function: Callable, a: Any) -> Any:
    """What `folded` has after each item."""
    out = np.zeros(len(a), dtype=room(a))
    total = a[0]
    out[0] = total
    for i in range(1, len(a)):
        total = function(total, a[i])
        out[i] = total
    return out


def reduced_by(function: Callable, array: Any, axis: Any, keepdims: bool) -> Any:
    return reduced(lambda row: folded(function, row), array, axis, keepdims, room(array))


def accumulated_by(function: Callable, array: Any, axis: Any) -> Any:
    return mapped(lambda row: running(function, row), array, axis, room(array))


WHOLE = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logical_and: np.all,
    np.logical_or: np.any,
}
"""The functions that are reductions themselves."""


def reducing(function: np.ufunc) -> Callable:
    def handler(
        lower: Lowerer,
        array: Value,
        axis: Value = Const(0),  # noqa: B008
        keepdims: Value = Const(False),  # noqa: B008
    ) -> Value:
        found = shaping.whole(lower, array)
        if function not in WHOLE:
            args = [Static(function), found, axis, keepdims]
            return inline_function(lower, reduced_by, args, {})
        everything = same(axis, NONE) or found.type.ndim == 1
        said = {} if everything and same(keepdims, Const(False)) else {"axis": axis}
        if not same(keepdims, Const(False)):
            said["keepdims"] = keepdims
        return invoke_object(lower, WHOLE[function], [found], said)

    return handler


def accumulating(function: np.ufunc) -> Callable:
    def handler(lower: Lowerer, array: Value, axis: Value = Const(0)) -> Value:  # noqa: B008
        args = [Static(function), shaping.whole(lower, array), axis]
        return inline_function(lower, accumulated_by, args, {})

    return handler


def crossing(function: np.ufunc) -> Callable:
    def handler(lower: Lowerer, A: Value, B: Value) -> Value:
        left, right = shaping.whole(lower, A), shaping.whole(lower, B)
        entries = (shaping.ALL,) * left.type.ndim + ("newaxis",) * right.type.ndim
        return invoke_object(lower, function, [shaping.loaded(lower, left, entries), right], {})

    return handler


OF_TWO = [f for f in vars(np).values() if isinstance(f, np.ufunc) and f.nin == 2 and f.nout == 1]
METHODS_OF_UFUNCS: dict[Any, Callable] = {
    **{f.reduce: reducing(f) for f in OF_TWO if f.signature is None},
    **{f.accumulate: accumulating(f) for f in OF_TWO if f.signature is None},
    **{f.outer: crossing(f) for f in OF_TWO if f.signature is None},
}
