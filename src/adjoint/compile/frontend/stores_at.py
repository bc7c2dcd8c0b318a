"""Stores at arrays of places, ``a[index] = value`` and ``np.add.at``, as the loops they stand for.

NumPy stores one item after the other: the last of those that have one place stays, and has the
derivative. What is stored is a copy by then, so it may come from the array itself.
"""

import operator
from collections.abc import Callable

import numpy as np

from adjoint.compile import operations
from adjoint.compile.frontend import arrays
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.numerical import as_float
from adjoint.compile.frontend.values import NONE, Static, Value
from adjoint.compile.ir.nodes import Atom, Const, Subscript, Type, Var

WHOLE = (False, False, False)
LENGTHS = "could not broadcast the values to the shape of their places"


# In the compiled language; `adds` is known when a program is compiled.


def step_of(value, axis, count):
    """How far the values move from place to place: not at all where one is for all of them."""
    if value.shape[axis] != count and value.shape[axis] != 1:
        raise ValueError(LENGTHS)
    return 1 if value.shape[axis] == count else 0


def put_rows(a, index, value, adds):
    """``a[index] = value``."""
    if np.ndim(value) == a.ndim:
        step = step_of(value, 0, len(index))
        for k in range(len(index)):
            if adds:
                a[index[k]] += value[k * step]
            else:
                a[index[k]] = value[k * step]
    else:
        for k in range(len(index)):
            if adds:
                a[index[k]] += value
            else:
                a[index[k]] = value


def put_columns(a, index, value, adds):
    """``a[:, index] = value``."""
    step = 0 if np.ndim(value) == 0 else step_of(value, np.ndim(value) - 1, len(index))
    for k in range(len(index)):
        part = value if np.ndim(value) == 0 else value[..., k * step]
        if adds:
            a[:, index[k]] += part
        else:
            a[:, index[k]] = part


def put_pairs(a, rows, columns, value, adds):
    """``a[rows, columns] = value``; one of the two may be a number."""
    count = len(columns) if np.ndim(rows) == 0 else len(rows)
    if np.ndim(rows) == 1 and np.ndim(columns) == 1 and len(columns) != count:
        raise IndexError("indexing arrays could not be broadcast together")
    along = np.ndim(value) == a.ndim - 1
    step = step_of(value, 0, count) if along else 0
    for k in range(count):
        i = rows if np.ndim(rows) == 0 else rows[k]
        j = columns if np.ndim(columns) == 0 else columns[k]
        part = value[k * step] if along else value
        if adds:
            a[i, j] += part
        else:
            a[i, j] = part


def store(
    lower: Lowerer,
    array: Var,
    subscript: Subscript,
    index: tuple[Atom, ...],
    value: Atom,
    *,
    adds: bool = False,
) -> None:
    """``array[subscript] = value``, where an index is an array."""
    places = [lower.emit(operations.places, a) if a.type == Type("bool", 1) else a for a in index]
    written = form(array, subscript, places, value)
    if written is None:
        raise lower.refuse(
            "storing with arrays of indices in this form cannot be compiled yet",
            instead="use one or two vectors of indices, or loop over the indices",
        )
    lower.invoke_object(lower, written, [array, *places, value, Const(adds)], {})


def form(array: Var, subscript: Subscript, index: list[Atom], value: Atom) -> Callable | None:
    """The loop that stores at these places; None if there is none."""
    ranks = [atom.type.ndim for atom in index]
    of_ints = all(atom.type.dtype == "int" for atom in index)
    if not of_ints or max(ranks) > 1:
        return None
    left = array.type.ndim - len(index) + 1  # the rank of all places
    if value.type.ndim > left:
        return None
    if subscript.entries in (("at",), ("at", WHOLE), ("at", "ellipsis")):
        return put_rows
    if subscript.entries in ((WHOLE, "at"), ("ellipsis", "at")) and array.type.ndim == 2:
        return put_columns
    return put_pairs if subscript.entries == ("at", "at") else None


def chosen_of_matrix(a, mask, values):
    """``a[mask] = values``, an item for each place in order, or one for all."""
    step = step_of(values, 0, np.count_nonzero(mask))
    count = 0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            if mask[i, j]:
                a[i, j] = values[count * step]
                count += 1


def chosen_of_three(a, mask, values):
    """As `chosen_of_matrix`, of three axes."""
    step = step_of(values, 0, np.count_nonzero(mask))
    count = 0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            for k in range(a.shape[2]):
                if mask[i, j, k]:
                    a[i, j, k] = values[count * step]
                    count += 1


def store_chosen(lower: Lowerer, array: Var, mask: Atom, value: Atom) -> None:
    """``array[mask] = value``, with a mask of all of several axes."""
    lengths = zip(arrays.shape(lower, array), arrays.shape(lower, mask), strict=True)
    for same in [lower.emit(operator.eq, n, m) for n, m in lengths]:
        lower.check(same, IndexError, "boolean index did not match indexed array")
    if not value.type.is_array:
        if array.type.is_float:
            value = as_float(lower, value)
        filled = lower.emit(np.where, mask, value, array)
        arrays.store(lower, array, Static(Ellipsis), filled)
        return
    written = {2: chosen_of_matrix, 3: chosen_of_three}.get(array.type.ndim)
    if written is None or value.type.ndim != 1:
        raise lower.refuse(
            "storing with a mask of several axes in this form cannot be compiled yet",
            instead="use np.where, or loop over the items",
        )
    lower.invoke_object(lower, written, [array, mask, value], {})


def at(sign: Callable | None) -> Callable:
    """The handler of ``np.add.at`` and its kin."""

    def handler(lower: Lowerer, a: Value, indices: Value, b: Value = NONE) -> Value:
        value = arrays.as_array(lower, b)
        if sign is not None:
            value = lower.emit(sign, value)
        arrays.store(lower, a, indices, value, adds=True)
        return NONE

    return handler


METHODS: dict[Callable, Callable] = {np.add.at: at(None), np.subtract.at: at(np.negative)}
