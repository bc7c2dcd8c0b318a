"""Lists whose length is not known when a program is compiled: arrays with an item in each row.

The arrays are the list's own, so appending makes new ones. Arrays that are put into a list are
copied, where Python keeps the array itself: memory that is changed afterwards is refused.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.compile import operations
from adjoint.compile.conversion import EITHER, converted
from adjoint.compile.frontend import arrays
from adjoint.compile.frontend.joining import form_of, row_form
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import (
    Handle,
    Rows,
    SliceValue,
    Static,
    TupleValue,
    Value,
    is_atom,
)
from adjoint.compile.frontend.written_shapes import same_memory
from adjoint.compile.ir.nodes import SCALARS, Atom, Const, Var


def contents_to_change(lower: Lowerer, handle: Handle) -> Any:
    """The contents of a list or dict that may be changed here."""
    if handle in lower.frozen or handle.shared:
        raise lower.refuse(
            f"this {handle.kind} may be seen from outside, and changing it cannot be compiled",
            instead=f"change a copy: {handle.kind}(...)",
        )
    return lower.usable(lower.cells[handle], f"the {handle.kind}")


def both(first: Any, second: Any) -> Any:
    if len(first) == 0:
        return second.copy()
    return first.copy() if len(second) == 0 else np.concatenate((first, second))


def of_numbers(count: Any, item: Any, dtype: Any) -> Any:
    out = np.zeros(max(count, 0), dtype=dtype)
    for i in range(len(out)):
        out[i] = item
    return out


def rows_of(lower: Lowerer, value: Value) -> Rows | None:
    """The contents of a list of unknown length; None for anything else."""
    contents = lower.cells.get(value) if isinstance(value, Handle) else None
    return contents if isinstance(contents, Rows) else None


def mapped(function: Callable, columns: Value, *others: Value) -> Any:
    """`function` of each array of a list, in the form of its items."""
    if isinstance(columns, TupleValue):
        rows = zip(columns.items, *(other.items for other in others), strict=True)
        return TupleValue(tuple(mapped(function, *row) for row in rows))
    return function(columns, *others)


def first_of(columns: Value) -> Atom:
    while isinstance(columns, TupleValue):
        columns = columns.items[0]
    assert is_atom(columns)
    return columns


def length(lower: Lowerer, rows: Rows) -> Atom:
    return lower.emit(operations.dim, first_of(rows.columns), keywords=(("axis", 0),))


def length_of(lower: Lowerer, value: Handle) -> Atom:
    found = rows_of(lower, value)
    assert found is not None
    return length(lower, found)


def item_of(lower: Lowerer, value: Handle, position: Atom) -> Value:
    found = rows_of(lower, value)
    assert found is not None
    return item(lower, found, position)


def item(lower: Lowerer, rows: Rows, index: Value) -> Value:
    """``xs[index]``."""
    return mapped(lambda column: item_of_column(lower, column, index), rows.columns)


def item_of_column(lower: Lowerer, column: Atom, index: Value) -> Value:
    found = arrays.load(lower, column, index)
    if column.type.ndim > 1:
        return lower.inline(lower, same_memory, [found], {})
    if isinstance(found, Var):
        lower.owners[found] = EITHER
    return found


def part(lower: Lowerer, rows: Rows, index: SliceValue) -> Handle:
    """``xs[start:stop:step]``, a list."""
    return made(
        lower,
        mapped(
            lambda column: lower.emit(operations.copy, arrays.load(lower, column, index)),
            rows.columns,
        ),
    )


def made(lower: Lowerer, columns: Value) -> Handle:
    """A new list of unknown length."""
    handle = Handle("list")
    lower.cells[handle] = Rows(columns)
    return handle


def as_array(lower: Lowerer, rows: Rows) -> Atom:
    """The items as an array of its own."""
    if isinstance(rows.columns, TupleValue):
        raise lower.refuse(
            "an array of a list of tuples whose length is not known",
            instead="keep a list for each item of the tuples",
        )
    return lower.emit(operations.copy, first_of(rows.columns))


def given(lower: Lowerer, value: Value) -> Value:
    """`value`, or the array that a function sees in the place of a list of unknown length."""
    rows = rows_of(lower, value)
    return value if rows is None or isinstance(rows.columns, TupleValue) else as_array(lower, rows)


def rows_for(lower: Lowerer, items: tuple[Value, ...], form: Any) -> Value:
    """The arrays of a list of known length."""
    if isinstance(form, tuple):
        parts = [
            rows_for(lower, tuple(i.items[n] for i in items), inner) for n, inner in enumerate(form)
        ]
        return TupleValue(tuple(parts))
    dims = (Const(0),) * form.ndim
    found: Any = arrays.zeros(lower, dims, form.dtype, "items")
    for each in items:
        found = appended_to(lower, found, each)
    return found


def make_rows(lower: Lowerer, wanted: dict[Handle, Any]) -> None:
    """Make rows of lists of known length, before a loop in which they grow."""
    for handle, form in wanted.items():
        contents: Any = lower.cells[handle]
        lower.cells[handle] = Rows(rows_for(lower, contents.items, form))


def appended_to(lower: Lowerer, column: Atom, value: Value) -> Atom:
    atom = lower.atom(value, "item of a list")
    if atom.type.ndim + 1 != column.type.ndim:
        raise lower.refuse("a list of numbers and of arrays", instead="use two lists")
    column, atom = of_one_type(lower, column, atom)
    if not atom.type.is_array:
        return lower.emit(operations.appended, column, atom, name="items")
    kept = lower.emit(operations.as_item, atom)
    return lower.emit(operations.appended_array, column, kept, name="items")


def of_one_type(lower: Lowerer, column: Atom, atom: Atom) -> tuple[Atom, Atom]:
    """The items of a list and one more; ints among floats become floats."""
    dtypes = {column.type.dtype, atom.type.dtype}
    if dtypes == {"int", "float"}:
        return converted(lower.emit, column, "float"), converted(lower.emit, atom, "float")
    if len(dtypes) > 1:
        raise lower.refuse(
            "numbers of several types in a list whose length is not known",
            instead="give all of them one type, such as float(x)",
        )
    return column, atom


def append(lower: Lowerer, owner: Handle, rows: Rows, value: Value) -> None:
    contents_to_change(lower, owner)
    form = form_of([row_form(value)])
    if isinstance(form, tuple) != isinstance(rows.columns, TupleValue):
        raise lower.refuse("items of several forms in one list", instead="use two lists")
    columns = mapped(lambda column, each: appended_to(lower, column, each), rows.columns, value)
    lower.cells[owner] = Rows(columns)


def extend(lower: Lowerer, owner: Handle, rows: Rows, more: Value) -> None:
    other = rows_of(lower, more)
    columns = other.columns if other is not None else more
    if is_atom(columns) and is_atom(rows.columns) and columns.type == rows.columns.type:
        found = lower.inline(lower, both, [rows.columns, columns], {})
        contents_to_change(lower, owner)
        lower.cells[owner] = Rows(found)
        return
    raise lower.refuse("a list is extended by this", instead="append the items in a loop")


def pop(lower: Lowerer, owner: Handle, rows: Rows, position: Value) -> Value:
    contents_to_change(lower, owner)
    is_last = isinstance(position, Const) and position.value == -1
    if not is_last and not (isinstance(position, Const) and position.value == 0):
        raise lower.refuse("`pop` of this place of a list", instead="pop the last or the first")
    some = lower.emit(operator.gt, length(lower, rows), Const(0))
    lower.check(some, IndexError, "pop from empty list")
    taken = item(lower, rows, position)
    if is_last:
        lower.cells[owner] = Rows(
            mapped(lambda c: lower.emit(operations.shortened, c), rows.columns)
        )
    else:
        later = part(lower, rows, SliceValue(Const(1), None, None))
        lower.cells[owner] = lower.cells[later]
    return taken


def store(lower: Lowerer, owner: Handle, rows: Rows, index: Value, value: Value) -> None:
    """``xs[index] = value``."""
    contents_to_change(lower, owner)
    if isinstance(index, SliceValue):
        raise lower.refuse("a slice of a list is stored", instead="store the items in a loop")

    def one(column: Atom, each: Value) -> Atom:
        atom = lower.atom(each, "item of a list")
        if atom.type.is_array:
            atom = lower.emit(operations.as_item, atom)
        column, atom = of_one_type(lower, column, atom)
        arrays.store(lower, column, index, atom)
        return column

    lower.cells[owner] = Rows(mapped(one, rows.columns, value))


def repeated(lower: Lowerer, items: tuple[Value, ...], times: Atom) -> Handle:
    """``[item] * times``."""
    if len(items) != 1 or not is_atom(items[0]) or items[0].type.is_array:
        raise lower.refuse(
            "a list is repeated a number of times that is not known",
            instead="repeat one number, or use np.tile",
        )
    dtype = np.dtype(SCALARS[items[0].type.dtype])
    found = lower.inline(lower, of_numbers, [times, items[0], Static(dtype)], {})
    return made(lower, found)


def contains(items: Any, value: Any) -> Any:
    """``value in items``, in the compiled language."""
    return any(item == value for item in items)


def operated(lower: Lowerer, function: Callable, left: Value, right: Value) -> Value:
    """``left + right`` of lists of which one has a length that is not known."""
    rows = rows_of(lower, left), rows_of(lower, right)
    if function is not operator.add or rows[0] is None:
        raise lower.refuse(
            "an operator with a list whose length is not known",
            instead="use np.array(xs), or append in a loop",
        )
    total = part(lower, rows[0], SliceValue(None, None, None))
    found = rows_of(lower, total)
    assert found is not None
    extend(lower, total, found, right)
    return total


def made_rows(lower: Lowerer, owner: Value) -> bool:
    """Make rows of a list whose items are numbers of one type; False if they are not."""
    contents: Any = lower.cells.get(owner)
    if not isinstance(contents, TupleValue) or rows_of(lower, owner) is not None:
        return False
    form = form_of([*map(row_form, contents.items)])
    if form is None or isinstance(form, tuple) or form.ndim > 1:
        return False
    lower.cells[owner] = Rows(rows_for(lower, contents.items, form))
    return True
