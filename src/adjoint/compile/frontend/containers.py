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
    taken = items.pop(lower.atom(position).value)
    lower.cells[owner] = TupleValue(tuple(items))
    return lower.usable(taken, "the item")


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


def dict_update(lower: Lowerer, owner: Handle, other: Value) -> Value:
    lower.cells[owner] = {**contents_to_change(lower, owner), **dict_contents(lower, other)}
    return NONE


METHODS = {
    ("list", "append"): list_append,
    ("list", "extend"): list_extend,
    ("list", "pop"): list_pop,
    ("list", "copy"): list_copy,
    ("dict", "copy"): list_copy,
    ("dict", "keys"): dict_view("keys"),
    ("dict", "values"): dict_view("values"),
    ("dict", "items"): dict_view("items"),
    ("dict", "get"): dict_get,
    ("dict", "update"): dict_update,
}
