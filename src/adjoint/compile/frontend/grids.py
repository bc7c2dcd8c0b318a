"""Loops over the places of an array: `np.ndindex`, `np.ndenumerate` and `array.flat`."""

import operator
from collections.abc import Callable

from adjoint.compile.frontend import arrays, written_stores
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import (
    IterationValue,
    RangeValue,
    SliceValue,
    Static,
    TupleValue,
    Value,
    is_atom,
    same,
)
from adjoint.compile.ir.nodes import Atom, Const

KINDS = ("indices", "indexed", "flat")


def is_grid(value: Value) -> bool:
    return isinstance(value, IterationValue) and value.kind in KINDS


def grid(kind: str, dims: tuple[Atom, ...], *array: Value) -> IterationValue:
    """An iterator over the places of a grid, and of an array the item at each."""
    ranges = tuple(RangeValue(Const(0), n, Const(1)) for n in dims)
    return IterationValue(kind, (*ranges, *array))


def ndindex(lower: Lowerer, *shape: Value) -> Value:
    dims = shape[0].items if len(shape) == 1 and isinstance(shape[0], TupleValue) else shape
    return grid("indices", tuple(lower.atom(n, "length of an axis") for n in dims))


def ndenumerate(lower: Lowerer, arr: Value) -> Value:
    array = arrays.as_array(lower, arr)
    return grid("indexed", arrays.shape(lower, array), array)


def dims_of(value: IterationValue) -> tuple[Atom, ...]:
    return tuple(part.stop for part in value.parts if isinstance(part, RangeValue))


def length(lower: Lowerer, value: IterationValue) -> Atom:
    total: Atom = Const(1)
    for n in dims_of(value):
        total = lower.emit(operator.mul, total, n)
    return total


def item(lower: Lowerer, value: IterationValue, places: tuple[Atom, ...]) -> Value:
    """What the iterator gives at a place."""
    if value.kind == "indices":
        return TupleValue(places)
    found = arrays.load(lower, value.parts[-1], TupleValue(places))
    return found if value.kind == "flat" else TupleValue((TupleValue(places), found))


def item_at(lower: Lowerer, value: IterationValue, position: Atom) -> Value:
    """The item number `position`."""
    places: tuple[Atom, ...] = ()
    for n in reversed(dims_of(value)):
        places = (lower.emit(operator.mod, position, n), *places)
        position = lower.emit(operator.floordiv, position, n)
    return item(lower, value, places)


def is_flat(value: Value) -> bool:
    return isinstance(value, IterationValue) and value.kind == "flat"


def item_of_flat(lower: Lowerer, value: IterationValue, index: Value) -> Value:
    """``array.flat[index]``."""
    array = value.parts[-1]
    index = index if isinstance(index, SliceValue | Static) else arrays.as_array(lower, index)
    if is_atom(index) and not index.type.is_array:
        return lower.invoke_object(lower, written_stores.item_of_flat, [array, index], {})
    line = lower.invoke_object(lower, written_stores.copied, [array], {})
    return arrays.load(lower, line, index)


def is_everything(index: Value) -> bool:
    bounds = (index.start, index.stop, index.step) if isinstance(index, SliceValue) else (index,)
    return all(bound is None for bound in bounds)


def store_flat(lower: Lowerer, value: IterationValue, index: Value, stored: Value) -> None:
    """``array.flat[index] = stored``."""
    array = value.parts[-1]
    whole = same(index, Static(Ellipsis)) or is_everything(index)
    if not whole and isinstance(index, SliceValue):
        raise lower.refuse("storing to a part of `flat`", instead="index the array")
    program = written_stores.fill_flat if whole else written_stores.put
    given = [array] if whole else [array, arrays.as_array(lower, index)]
    lower.invoke_object(lower, program, [*given, arrays.as_array(lower, stored)], {})


def each(lower: Lowerer, value: IterationValue, turn: Callable[[Value], None]) -> None:
    """Loops in loops, which nothing leaves early."""

    def inner(dims: tuple[Atom, ...], places: tuple[Atom, ...]) -> None:
        if not dims:
            turn(item(lower, value, places))
            return
        lower.count(Const(0), dims[0], Const(1), lambda i: inner(dims[1:], (*places, i)))

    inner(dims_of(value), ())
