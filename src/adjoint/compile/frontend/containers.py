"""The methods of lists and dicts, whose contents are known when a program is compiled."""

from collections.abc import Callable
from typing import Any

from adjoint.compile.frontend import iteration, lists
from adjoint.compile.frontend.lists import contents_to_change
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import (
    NONE,
    Handle,
    IterationValue,
    Rows,
    SliceValue,
    TupleValue,
    Value,
)
from adjoint.compile.ir.nodes import Const


def known_contents(lower: Lowerer, handle: Handle) -> Any:
    """As `contents_to_change`, of a list whose length is known now."""
    contents = contents_to_change(lower, handle)
    if isinstance(contents, Rows):
        raise lower.refuse(
            "this use of a list whose length is not known when the function is compiled",
            instead="make an array of it: np.array(xs)",
        )
    return contents


def list_append(lower: Lowerer, owner: Handle, item: Value) -> Value:
    iteration.refuse_kept(lower, item)
    rows = lists.rows_of(lower, owner)
    if rows is not None:
        lists.append(lower, owner, rows, item)
        return NONE
    lower.cells[owner] = TupleValue((*contents_to_change(lower, owner).items, item))
    return NONE


def list_extend(lower: Lowerer, owner: Handle, more: Value) -> Value:
    rows = lists.rows_of(lower, owner)
    if rows is not None and iteration.known_items(lower, more) is None:
        lists.extend(lower, owner, rows, more)
        return NONE
    for item in iteration.items(lower, more):
        list_append(lower, owner, item)
    return NONE


def list_pop(lower: Lowerer, owner: Handle, position: Value = Const(-1)) -> Value:  # noqa: B008
    rows = lists.rows_of(lower, owner)
    if rows is not None:
        return lists.pop(lower, owner, rows, position)
    items = list(known_contents(lower, owner).items)
    taken = items.pop(place_in(lower, position, len(items)))
    lower.cells[owner] = TupleValue(tuple(items))
    return lower.usable(taken, "the item")


def place_in(lower: Lowerer, index: Value, count: int) -> int:
    """The place that an index of a list means, which must be known now."""
    if not isinstance(index, Const) or type(index.value) is not int:
        raise lower.refuse(
            "the index of a list that is changed must be known when the function is compiled",
            instead="use an array (np.zeros, np.array)",
        )
    if not -count <= index.value < count:
        raise lower.refuse(
            f"index {index.value} is out of range for {count} items",
            instead="use an index that exists",
        )
    return index.value % count


def list_insert(lower: Lowerer, owner: Handle, position: Value, item: Value) -> Value:
    iteration.refuse_kept(lower, item)
    items = list(known_contents(lower, owner).items)
    if not isinstance(position, Const):
        place_in(lower, position, 0)
    items.insert(lower.atom(position).value, item)
    lower.cells[owner] = TupleValue(tuple(items))
    return NONE


def list_reverse(lower: Lowerer, owner: Handle) -> Value:
    items = known_contents(lower, owner).items
    lower.cells[owner] = TupleValue(items[::-1])
    return NONE


def list_clear(lower: Lowerer, owner: Handle) -> Value:
    contents = contents_to_change(lower, owner)
    lower.cells[owner] = {} if isinstance(contents, dict) else TupleValue(())
    return NONE


def list_copy(lower: Lowerer, owner: Handle) -> Value:
    rows = lists.rows_of(lower, owner)
    if rows is not None:
        return lists.part(lower, rows, SliceValue(None, None, None))
    made = Handle(owner.kind)
    lower.cells[made] = lower.usable(lower.cells[owner], f"the {owner.kind}")
    return made


def dict_contents(lower: Lowerer, owner: Handle) -> dict:
    return lower.usable(lower.cells[owner], "the dict")


def dict_view(kind: str) -> Callable:
    return lambda lower, owner: IterationValue(kind, (owner,))


def dict_get(lower: Lowerer, owner: Handle, key: Value, default: Value = NONE) -> Value:
    return dict_contents(lower, owner).get(getattr(key, "value", key), default)


def dict_pop(lower: Lowerer, owner: Handle, key: Value, default: Value | None = None) -> Value:
    contents, known = contents_to_change(lower, owner), getattr(key, "value", key)
    if known not in contents and default is not None:
        return default
    lower.check(Const(known in contents), KeyError, repr(known))
    lower.cells[owner] = {k: v for k, v in contents.items() if k != known}
    return contents.get(known, NONE)


def dict_setdefault(lower: Lowerer, owner: Handle, key: Value, default: Value = NONE) -> Value:
    contents, known = contents_to_change(lower, owner), getattr(key, "value", key)
    if known not in contents:
        lower.cells[owner] = {**contents, known: default}
    return contents.get(known, default)


def dict_update(lower: Lowerer, owner: Handle, other: Value) -> Value:
    lower.cells[owner] = {**contents_to_change(lower, owner), **dict_contents(lower, other)}
    return NONE


METHODS = {
    ("list", "append"): list_append,
    ("list", "extend"): list_extend,
    ("list", "pop"): list_pop,
    ("list", "insert"): list_insert,
    ("list", "reverse"): list_reverse,
    ("list", "clear"): list_clear,
    ("list", "copy"): list_copy,
    ("dict", "clear"): list_clear,
    ("dict", "pop"): dict_pop,
    ("dict", "setdefault"): dict_setdefault,
    ("dict", "copy"): list_copy,
    ("dict", "keys"): dict_view("keys"),
    ("dict", "values"): dict_view("values"),
    ("dict", "items"): dict_view("items"),
    ("dict", "get"): dict_get,
    ("dict", "update"): dict_update,
}
