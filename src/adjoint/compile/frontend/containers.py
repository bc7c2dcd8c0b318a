"""The methods of lists and dicts, whose contents are known when a program is compiled."""

from collections.abc import Callable
from typing import Any

from adjoint.compile.frontend import iteration
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import NONE, Handle, IterationValue, TupleValue, Value
from adjoint.compile.ir.nodes import Const


def contents_to_change(lower: Lowerer, handle: Handle) -> Any:
    """The contents of a list or dict that may be changed here."""
    if handle in lower.frozen or handle.shared:
        raise lower.refuse(
            f"this {handle.kind} may be seen from outside, and changing it cannot be compiled",
            instead=f"change a copy: {handle.kind}(...)",
        )
    return lower.usable(lower.cells[handle], f"the {handle.kind}")


def list_append(lower: Lowerer, owner: Handle, item: Value) -> Value:
    iteration.refuse_kept(lower, item)
    lower.cells[owner] = TupleValue((*contents_to_change(lower, owner).items, item))
    return NONE


def list_extend(lower: Lowerer, owner: Handle, more: Value) -> Value:
    added = iteration.items(lower, more)
    lower.cells[owner] = TupleValue((*contents_to_change(lower, owner).items, *added))
    return NONE


def list_pop(lower: Lowerer, owner: Handle, position: Value = Const(-1)) -> Value:  # noqa: B008
    items = list(contents_to_change(lower, owner).items)
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
    items = list(contents_to_change(lower, owner).items)
    if not isinstance(position, Const):
        place_in(lower, position, 0)
    items.insert(lower.atom(position).value, item)
    lower.cells[owner] = TupleValue(tuple(items))
    return NONE


def list_reverse(lower: Lowerer, owner: Handle) -> Value:
    items = contents_to_change(lower, owner).items
    lower.cells[owner] = TupleValue(items[::-1])
    return NONE


def list_clear(lower: Lowerer, owner: Handle) -> Value:
    contents = contents_to_change(lower, owner)
    lower.cells[owner] = {} if isinstance(contents, dict) else TupleValue(())
    return NONE


def list_copy(lower: Lowerer, owner: Handle) -> Value:
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
