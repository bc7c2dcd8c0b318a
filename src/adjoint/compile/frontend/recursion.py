"""Recursion: finding out that a call would be written into itself without end.

A call that comes back with arguments of which nothing more is known than the last time would be
inlined for ever. Such a function becomes an operation with a program of its own.
"""

import inspect
from types import FunctionType
from typing import Any

from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import Handle, Static, TupleValue, Value, is_atom
from adjoint.compile.ir.nodes import Atom, Const

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
