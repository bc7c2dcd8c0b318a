"""Recursion: finding out that a call would be written into itself without end.

A call that comes back with arguments of which nothing more is known than the last time would be
inlined for ever. Such a function becomes an operation with a program of its own.
"""

import inspect
import operator
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from adjoint.compile import operations
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import (
    NONE,
    Handle,
    Static,
    TupleValue,
    Value,
    is_atom,
    same,
)
from adjoint.compile.ir.nodes import BOOL, FLOAT, INT, Atom, Const, Type, Var
from adjoint.compile.ir.recursion import Recursive
from adjoint.compile.transform.packing import AT, PACKED, Packing

DEPTH = 15
MOST = 200  # calls of a function from within itself that are inlined


class Runaway(Exception):
    """`function` calls itself to a depth that is not known now."""

    def __init__(self, function: FunctionType):
        super().__init__(function.__qualname__)
        self.function = function


def abstract(lower: Lowerer, value: Value) -> Any:
    """All that is known now of a value."""
    if isinstance(value, Const):
        return ("constant", type(value.value), value.value)
    if is_atom(value):
        return value.type
    if isinstance(value, TupleValue):
        return (value.cls, *(abstract(lower, item) for item in value.items))
    if isinstance(value, Handle):
        contents = lower.cells.get(value)
        if isinstance(contents, dict):
            items = tuple((key, abstract(lower, item)) for key, item in contents.items())
            return value.kind, value.cls, items
        return (value.kind, id(value) if contents is None else abstract(lower, contents))
    return ("object", id(value.value)) if isinstance(value, Static) else ("object", id(value))


def known_of_call(lower: Lowerer, function: FunctionType, args: list, keywords: dict) -> tuple:
    """What two calls have in common if the second would be inlined in the first without end."""
    named = tuple((key, abstract(lower, value)) for key, value in keywords.items())
    return function, tuple(abstract(lower, arg) for arg in args), named


def is_deep(lower: Lowerer, function: FunctionType) -> bool:
    """True if a recursion of known depth is deeper, or wider, than is worth inlining."""
    depth = sum(running is function for running, *_ in lower.running)
    lower.inlined[function] = lower.inlined.get(function, 0) + (depth > 0)
    return depth > DEPTH or lower.inlined[function] > MOST


def arguments(lower: Lowerer, function: FunctionType, args: list, keywords: dict) -> list[Atom]:
    """The arguments of a call of a recursive function, in the order of its parameters."""
    signature = inspect.signature(function)
    bound = signature.bind(*args, **keywords)
    defaults = len(function.__defaults__ or ())
    first = function.__code__.co_argcount - defaults
    atoms = []
    for position, name in enumerate(signature.parameters):
        if name in bound.arguments:
            value = bound.arguments[name]
        else:
            value = lower.capture_default(function, position - first)
        if not is_atom(value):
            raise lower.refuse(
                f"`{function.__name__}` calls itself, and `{name}` is not a number or an array",
                instead="give a recursive function numbers only, or drop jit on this function",
            )
        atoms.append(value)
    return atoms


# Results. A number is returned as it is. Anything else is returned as one array: the lengths of all
# arrays, then all numbers and items; a form says what that is, in tuples of types.


def form_of(lower: Lowerer, value: Value) -> Any:
    """The types of the numbers and arrays of a value, in tuples whose first item is their class."""
    if isinstance(value, TupleValue):
        return (value.cls, *(form_of(lower, item) for item in value.items))
    if same(value, NONE):
        raise lower.refuse(
            "a function that calls itself returns nothing",
            instead="return what it computes, or drop jit on this function",
        )
    if not is_atom(value) or value.type.dtype not in ("float", "int", "bool"):
        raise lower.refuse(
            "a function that calls itself returns this",
            instead="return floats, ints, arrays of floats, or tuples of them",
        )
    if value.type.is_array and value.type.dtype != "float":
        raise lower.refuse(
            f"a function that calls itself returns an array of {value.type.dtype}",
            instead="convert it: x.astype(float)",
        )
    return value.type


def joined(one: Any, other: Any) -> Any:
    """The form of what has one of two forms; None if there is none."""
    if one == other:
        return one
    if isinstance(one, Type) and isinstance(other, Type):
        return FLOAT if {one, other} == {INT, FLOAT} else None
    if isinstance(one, Type) or isinstance(other, Type) or len(one) != len(other):
        return None
    parts = [joined(a, b) for a, b in zip(one[1:], other[1:], strict=True)]
    return None if one[0] is not other[0] or None in parts else (one[0], *parts)


def types_of(form: Any) -> list[Type]:
    if isinstance(form, Type):
        return [form]
    return [found for part in form[1:] for found in types_of(part)]


def is_number(form: Any) -> bool:
    return isinstance(form, Type) and not form.is_array


def atoms_of(lower: Lowerer, value: Value) -> list[Atom]:
    if isinstance(value, TupleValue):
        return [atom for item in value.items for atom in atoms_of(lower, item)]
    return [lower.atom(value)]


def returned(lower: Lowerer, value: Value, form: Any) -> Atom:
    """What a function that calls itself hands to its caller."""
    atoms = atoms_of(lower, value)
    if is_number(form):
        return lower.emit(float, atoms[0]) if form != atoms[0].type else atoms[0]
    packing = Packing(lower.builder)
    lengths = [n for atom in atoms for n in packing.dims(atom)]
    numbers = [lower.emit(float, n) for n in lengths]
    floats = [a if a.type.dtype == "float" else lower.emit(float, a) for a in atoms]
    return packing.packed([*numbers, *floats])


def received(lower: Lowerer, op: Recursive, found: Atom) -> Value:
    """The value that a call returned."""
    if is_number(op.form):
        return found
    types = types_of(op.form)
    ranks = [type_.ndim for type_ in types]
    count = sum(ranks)
    keywords = (("subscript", AT),)
    numbers = [
        lower.emit(operations.load, found, Const(k), keywords=keywords) for k in range(count)
    ]
    lengths = iter([lower.emit(int, n) for n in numbers])
    parts = [
        (Var("found", Type("float", rank)), tuple(next(lengths) for _ in range(rank)))
        for rank in ranks
    ]
    Packing(lower.builder).unpack(found, parts, Const(count))
    kinds = zip(types, (out for out, _ in parts), strict=True)
    return with_form(op.form, iter([as_type(lower, out, type_) for type_, out in kinds]))


def as_type(lower: Lowerer, out: Var, type_: Type) -> Atom:
    if type_ == INT:
        return lower.emit(int, out)
    return lower.emit(operator.ne, out, Const(0)) if type_ == BOOL else out


def with_form(form: Any, atoms: Iterator[Atom]) -> Value:
    if isinstance(form, Type):
        return next(atoms)
    return TupleValue(tuple(with_form(part, atoms) for part in form[1:]), form[0])


def result_of(form: Any) -> Type:
    """The type of what is returned."""
    return form if is_number(form) else PACKED
