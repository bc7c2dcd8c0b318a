"""NumPy functions that make arrays: of zeros, of one number, of numbers in equal steps."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.compile import operations
from adjoint.compile.conversion import converted
from adjoint.compile.frontend import arrays
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.shaping import ALL, dims_of, dtype_name, known_flag, loaded, whole
from adjoint.compile.frontend.values import Static, TupleValue, Value
from adjoint.compile.ir.nodes import SCALARS, Const, Type, constant


def filled(value: float, name: str) -> Callable:
    def handler(lower: Lowerer, shape: Value, dtype: Value | None = None) -> Value:
        kind = dtype_name(lower, dtype, "float")
        dims = dims_of(lower, shape)
        if value == 0.0:
            return lower.emit(operations.zeros, *dims, keywords=(("dtype", kind),), name=name)
        number = constant(value, Type(kind))
        return lower.emit(operations.full, number, *dims, name=name)

    return handler


def filled_like(value: float, name: str) -> Callable:
    make = filled(value, name)

    def handler(lower: Lowerer, like: Value, dtype: Value | None = None) -> Value:
        array = arrays.as_array(lower, like)
        dtype = Static(SCALARS[array.type.dtype]) if dtype is None else dtype
        if not array.type.is_array:
            return constant(value, array.type)
        return make(lower, TupleValue(arrays.shape(lower, array)), dtype)

    return handler


def full(lower: Lowerer, shape: Value, fill_value: Value, dtype: Value | None = None) -> Value:
    value = lower.atom(fill_value)
    kind = dtype_name(lower, dtype, value.type.dtype)
    if kind != value.type.dtype:
        value = converted(lower.emit, value, kind)
    return lower.emit(operations.full, value, *dims_of(lower, shape), name="filled")


def full_like(lower: Lowerer, like: Value, fill_value: Value) -> Value:
    array = whole(lower, like)
    kind = Static(SCALARS[array.type.dtype])
    return full(lower, TupleValue(arrays.shape(lower, array)), fill_value, kind)


def arange(lower: Lowerer, *args: Value, dtype: Value | None = None) -> Value:
    atoms = [lower.atom(a) for a in args]
    kind = dtype_name(lower, dtype, "int")
    if kind in ("float32", "complex"):
        return converted(lower.emit, lower.atom(arange(lower, *args)), kind)
    if kind == "float":
        atoms = [a if a.type.is_float else lower.emit(float, a) for a in atoms]
    if len(atoms) < 2 or all(isinstance(a, Const) or not a.type.is_float for a in atoms):
        return lower.emit(np.arange, *atoms, name="counted")
    start, stop = atoms[:2]
    step = atoms[2] if len(atoms) > 2 else Const(1.0)
    length = lower.emit(operator.truediv, lower.emit(operator.sub, stop, start), step)
    count = lower.emit(int, lower.emit(np.ceil, length))
    steps = lower.emit(operations.as_float, lower.emit(np.arange, count))
    return lower.emit(operator.add, start, lower.emit(operator.mul, steps, step), name="counted")


def linspace(
    lower: Lowerer,
    start: Value,
    stop: Value,
    num: Value = Const(50),  # noqa: B008
    endpoint: Value = Const(True),  # noqa: B008
    retstep: Value = Const(False),  # noqa: B008
    dtype: Value | None = None,
) -> Value:
    """``start + (stop - start) / (num - 1) * arange(num)``, which ends in `stop` itself."""
    if dtype_name(lower, dtype, "float") != "float":
        raise lower.refuse("linspace of integers", instead="round what it gives")
    a, b, n = arrays.as_array(lower, start), arrays.as_array(lower, stop), lower.atom(num)
    ends = known_flag(lower, endpoint)
    steps = lower.emit(operator.sub, n, Const(1)) if ends else n
    if not known_flag(lower, retstep):
        steps = lower.emit(operations.larger, steps, Const(1))
    step = lower.emit(operator.truediv, lower.emit(operator.sub, b, a), steps)
    count = lower.emit(operations.as_float, lower.emit(np.arange, n))
    if step.type.is_array:  # the numbers of each line are in the first axis
        count = loaded(lower, count, (ALL,) + ("newaxis",) * step.type.ndim)
    found = lower.emit(operator.add, a, lower.emit(operator.mul, count, step))
    if ends:
        is_last = lower.emit(operator.ge, count, lower.emit(float, steps))
        found = lower.emit(np.where, is_last, b, found)
    return TupleValue((found, step)) if known_flag(lower, retstep) else found


CREATION: dict[Any, Callable] = {
    np.zeros: filled(0.0, "zeros"),
    np.empty: filled(0.0, "zeros"),
    np.ones: filled(1.0, "ones"),
    np.zeros_like: filled_like(0.0, "zeros"),
    np.empty_like: filled_like(0.0, "zeros"),
    np.ones_like: filled_like(1.0, "ones"),
    np.full: full,
    np.full_like: full_like,
    np.arange: arange,
    np.linspace: linspace,
}
