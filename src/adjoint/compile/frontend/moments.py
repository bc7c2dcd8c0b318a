"""Means, variances and standard deviations of arrays, written with sums."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.compile import operations
from adjoint.compile.frontend import arrays
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.shaping import conjugate, count_of, dtype_name, summed, whole
from adjoint.compile.frontend.values import NONE, Value, same
from adjoint.compile.ir.nodes import FLOAT, FLOATING, SINGLE, Atom, Const, constant


def mean(
    lower: Lowerer,
    value: Value,
    axis: Value = NONE,
    dtype: Value | None = None,
    out: Value = NONE,
    keepdims: Value = Const(False),  # noqa: B008
    where: Value = NONE,
) -> Value:
    found = whole(lower, value)
    if dtype_name(lower, dtype, "float") not in FLOATING:
        raise lower.refuse(
            "a mean that is no float", instead="leave out dtype, and convert the mean"
        )
    total = lower.atom(summed(lower, found, axis, dtype, out, keepdims, where=where))
    return lower.emit(operator.truediv, total, number_of(lower, found, axis, keepdims, where))


def number_of(lower: Lowerer, found: Atom, axis: Value, keepdims: Value, where: Value) -> Atom:
    """How many items are averaged."""
    if same(where, NONE):
        return count_of(lower, found, axis)
    one = constant(1, SINGLE if found.type.is_single else FLOAT)
    ones = lower.emit(operations.full, one, *arrays.shape(lower, found))
    return lower.atom(summed(lower, ones, axis, keepdims=keepdims, where=where))


def variance(
    lower: Lowerer,
    value: Value,
    axis: Value = NONE,
    *,
    ddof: Value = Const(0),  # noqa: B008
    correction: Value | None = None,
    keepdims: Value = Const(False),  # noqa: B008
    where: Value = NONE,
) -> Value:
    found = whole(lower, value)
    kept = Const(not same(axis, NONE))
    center = lower.atom(mean(lower, found, axis, keepdims=kept, where=where))
    off = lower.emit(operator.sub, found, center)
    squares = lower.emit(operator.mul, off, off)
    if off.type.is_complex:
        squares = lower.emit(operator.mul, off, conjugate(lower, off))
        squares = lower.atom(arrays.component(lower, squares, "real"))
    total = lower.atom(summed(lower, squares, axis, keepdims=keepdims, where=where))
    count = number_of(lower, found, axis, keepdims, where)
    count = lower.emit(operator.sub, count, lower.atom(correction or ddof))
    return lower.emit(operator.truediv, total, count)


def deviation(
    lower: Lowerer,
    value: Value,
    axis: Value = NONE,
    **said: Value,
) -> Value:
    found = lower.invoke_object(lower, np.var, [value, axis], said)
    return lower.emit(np.sqrt, lower.atom(found))


FUNCTIONS: dict[Any, Callable] = {np.mean: mean, np.var: variance, np.std: deviation}
METHODS: dict[str, Callable] = {"mean": mean, "var": variance, "std": deviation}
