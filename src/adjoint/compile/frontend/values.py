"""What an expression may stand for while a function is being compiled.

A value is an atom (a number or array of the running program) or something known now: a Python
object, a container of values, a function. Only what is behind a handle can change; its contents
are kept in the state, so that values themselves can be shared freely.
"""

import ast
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adjoint.compile.ir.nodes import BOOL, COMPLEX, FLOAT, SINGLE, TYPES, Atom, Const, Type, Var
from adjoint.derivative import Derivative


@dataclass(frozen=True, slots=True, eq=False)
class Static:
    """A Python object that is known now and is not a number."""

    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class TupleValue:
    """A tuple, or a namedtuple if `cls` is given."""

    items: tuple["Value", ...]
    cls: type = tuple


@dataclass(frozen=True, slots=True, eq=False)
class Handle:
    """The identity of a list, dict or object; ``state.cells[handle]`` holds its contents.

    Attributes
    ----------
    cls : the class of an object, whose contents are a dict of its fields.
    """

    kind: str  # "list", "dict" or "object"
    shared: bool = False  # may be one of several lists: reading only
    cls: type = object

    def another(self, *, shared: bool = False) -> "Handle":
        """The identity of another of the same kind."""
        return Handle(self.kind, shared, self.cls)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The contents of a list whose length is not known: arrays with an item in each row.

    Attributes
    ----------
    columns : an array, or a tuple of them if each item is a tuple.
    """

    columns: "Value"


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One call being compiled. Its variables are ``state.cells[frame, name]``."""

    name: str
    filename: str
    module_globals: dict
    closure: dict[str, Any]
    names: frozenset[str]
    parent: "Frame | None" = None
    declared: dict[str, "Frame"] = field(default_factory=dict)
    formula: bool = False  # a rule's formula, in which division does not raise
    first: str = ""  # its first parameter


@dataclass(frozen=True, slots=True, eq=False)
class FunctionValue:
    """A function defined inside the program, with the frame it sees."""

    node: ast.FunctionDef | ast.Lambda
    frame: Frame
    defaults: tuple["Value", ...]
    keyword_defaults: tuple["Value | None", ...]


@dataclass(frozen=True, slots=True, eq=False)
class MethodValue:
    """``owner.name`` of an array or container, waiting to be called."""

    owner: "Value"
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class GeneratorValue:
    """A generator of random numbers; `state` is the array that stands for it."""

    state: Var


@dataclass(frozen=True, slots=True, eq=False)
class PartialValue:
    """``functools.partial(function, *args, **keywords)``, made inside the program."""

    function: "Value"
    args: tuple["Value", ...]
    keywords: dict[str, "Value"]


@dataclass(frozen=True, slots=True, eq=False)
class SuperValue:
    """``super()``: `owner`, as an object of the classes that follow `after`."""

    owner: Handle
    after: type


@dataclass(frozen=True, slots=True, eq=False)
class RangeValue:
    start: Atom
    stop: Atom
    step: Atom


@dataclass(frozen=True, slots=True, eq=False)
class IterationValue:
    """An iterator over other values, or a view of a dict.

    Attributes
    ----------
    kind : "enumerate", "zip", "reversed", "generator" (of items known now) and those of `grids`:
        iterators, which can be used once; "keys", "values", "items": views of a dict, which show
        what it holds when used.
    """

    kind: str
    parts: tuple["Value", ...]
    start: Atom = field(default_factory=lambda: Const(0))


@dataclass(frozen=True, slots=True, eq=False)
class SliceValue:
    start: "Value | None"
    stop: "Value | None"
    step: "Value | None"


@dataclass(frozen=True, slots=True, eq=False)
class Unbound:
    """A variable without a value, or with one that cannot be used; `why` says so."""

    why: str
    instead: str = "give it a value of one type on every path"


@dataclass(frozen=True, slots=True, eq=False)
class Maybe:
    """A variable that has a value only if `bound`."""

    value: "Value"
    bound: Atom


@dataclass(frozen=True, slots=True, eq=False)
class Batched:
    """``vmap(f)`` in a program: `f` of each item of arrays."""

    function: Any


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """A derivative asked for inside a program, as a callable that only the compiler calls."""

    derivative: Derivative


Value = (
    Var
    | Const
    | Static
    | TupleValue
    | Handle
    | FunctionValue
    | MethodValue
    | GeneratorValue
    | PartialValue
    | SuperValue
    | RangeValue
    | IterationValue
    | SliceValue
    | Unbound
    | Maybe
)
NONE = Static(None)


def is_atom(value: Any) -> bool:
    return isinstance(value, Var | Const)


class Template(str):
    """A text with numbers that are not known now: good for the message of an exception only."""

    __slots__ = ()


def wrap(value: Any) -> Value:
    """A Python object known now, as a value."""
    if type(value) in TYPES:
        return Const(value)
    return Static(value)


def same(a: Any, b: Any) -> bool:
    """True if two values are certainly one and the same."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    match a:
        case Const():
            return type(a.value) is type(b.value) and repr(a.value) == repr(b.value)
        case Static():
            return a.value is b.value or (isinstance(a.value, str) and a.value == b.value)
        case TupleValue():
            return a.cls is b.cls and all_same(a.items, b.items)
        case Maybe():
            return same(a.value, b.value) and same(a.bound, b.bound)
        case Rows():
            return same(a.columns, b.columns)
        case FunctionValue():
            return a.node is b.node and a.frame is b.frame and all_same(a.defaults, b.defaults)
        case RangeValue():
            return all_same((a.start, a.stop, a.step), (b.start, b.stop, b.step))
        case MethodValue():
            return a.name == b.name and same(a.owner, b.owner)
        case PartialValue():
            pairs = (a.function, b.function), (a.keywords, b.keywords)
            return all_same(a.args, b.args) and all(same(x, y) for x, y in pairs)
        case dict():
            return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return isinstance(a, Unbound)


def all_same(a: tuple, b: tuple) -> bool:
    return len(a) == len(b) and all(map(same, a, b))


def common_type(a: Atom, b: Atom) -> Type | None:
    """The type that holds both without loss of meaning; None if there is none."""
    if a.type == b.type:
        return a.type
    types = {a.type, b.type}
    if any(t.is_array for t in types) or BOOL in types:
        return None
    if SINGLE in types:
        return SINGLE if all(a.type == SINGLE or is_exact(a) for a in (a, b)) else None
    return COMPLEX if COMPLEX in types else FLOAT


def is_exact(atom: Atom) -> bool:
    """True for a number known now that single precision holds without rounding."""
    if not isinstance(atom, Const) or atom.type.is_complex:
        return False
    return float(np.float32(atom.value)) == atom.value
