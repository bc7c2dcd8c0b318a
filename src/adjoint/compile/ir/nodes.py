"""The nodes of the intermediate representation: structured control flow over single assignment.

Nodes are frozen and compared by identity; an effect is a kind of node, so that no analysis can
miss it. A variable is assigned once; `If`, `For` and `While` hand values out by their `outs`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adjoint.errors import Place

SCALARS: dict[str, type] = {
    "float": float,
    "int": int,
    "bool": bool,
    "float32": np.float32,
    "complex": complex,
}
"""What holds one number of each dtype."""
FLOATING = frozenset(("float", "float32", "complex"))


@dataclass(frozen=True, slots=True)
class Type:
    """A number of one of `SCALARS` (``ndim == 0``), or an array of such."""

    dtype: str
    ndim: int = 0

    @property
    def is_array(self) -> bool:
        return self.ndim > 0

    @property
    def is_float(self) -> bool:
        """True for what can carry a derivative: real or complex floating numbers."""
        return self.dtype in FLOATING

    @property
    def is_complex(self) -> bool:
        return self.dtype == "complex"

    @property
    def is_single(self) -> bool:
        return self.dtype == "float32"


FLOAT, INT, BOOL = Type("float"), Type("int"), Type("bool")
SINGLE, COMPLEX = Type("float32"), Type("complex")
TYPES = {kind: Type(dtype) for dtype, kind in SCALARS.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Var:
    """A value that is known when the program runs; `name` is what the user called it."""

    name: str
    type: Type

    def __repr__(self) -> str:
        return f"{self.name}:{id(self) % 9973}"


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    """A number known now.

    `is_numpy` : the program has it as a number of NumPy's, which other operands do not round.
    """

    value: float | int | bool | complex | np.float32
    is_numpy: bool = False

    @property
    def type(self) -> Type:
        return TYPES[type(self.value)]

    def __repr__(self) -> str:
        return repr(self.value)


Atom = Var | Const


def constant(value: Any, type_: Type) -> Const:
    """A number as one of the dtype of a type."""
    return Const(SCALARS[type_.dtype](value))


@dataclass(frozen=True, slots=True)
class Subscript:
    """What stands between the brackets of ``x[...]``, with its numbers and arrays taken out.

    Each entry is ``"at"`` (takes one atom), ``"newaxis"``, ``"ellipsis"``, or a tuple of three
    bools: a slice that takes an atom for each True.
    """

    entries: tuple[str | tuple[bool, bool, bool], ...]

    def fill(self, atoms: tuple) -> tuple:
        """The index tuple, with `atoms` in their places."""
        rest = iter(atoms)
        filled: list = []
        for entry in self.entries:
            if isinstance(entry, tuple):
                filled.append(slice(*(next(rest) if present else None for present in entry)))
            elif entry == "at":
                filled.append(next(rest))
            else:
                filled.append(None if entry == "newaxis" else Ellipsis)
        return tuple(filled)


EVERYTHING = Subscript(("ellipsis",))


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """A stack of rows: what the reverse sweep takes back in the opposite order."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Apply:
    """``out = function(*args, **keywords)``, without effects."""

    out: Var
    function: Callable
    args: tuple[Atom, ...]
    keywords: tuple[tuple[str, Any], ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Store:
    """``array[subscript] = value``, or ``+= value`` if `adds` (duplicate indices add up)."""

    array: Var
    subscript: Subscript
    index: tuple[Atom, ...]
    value: Atom
    adds: bool = False
    place: Place | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Push:
    """Put one row on a tape.

    `pair` : what the statements have in common that put a row there and take it back; None if that
    is not known.
    """

    tape: Tape
    values: tuple[Atom, ...]
    place: Place | None = None
    pair: object = None


@dataclass(frozen=True, slots=True, eq=False)
class Pop:
    """Take the newest row from a tape; `pair` as of `Push`."""

    tape: Tape
    outs: tuple[Var, ...]
    place: Place | None = None
    pair: object = None


@dataclass(frozen=True, slots=True, eq=False)
class Raise:
    """Raise an exception of the primal program."""

    exception: type[BaseException]
    message: str | None
    place: Place | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Statements, and the values the block hands to whatever holds it."""

    statements: tuple["Statement", ...]
    yields: tuple[Atom, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class If:
    """Run one of two blocks."""

    test: Atom
    then: Block
    orelse: Block
    outs: tuple[Var, ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True, eq=False)
class For:
    """Run `body` for `index` in ``range(start, stop, step)``.

    `params` hold the carried values in the body: `inits` at first, then what the body yields. The
    reverse of a loop that is `remade` runs its turns again, instead of recording what they compute.
    Turns of a loop with `own` arrays may run in any order, and several at once: what a turn puts on
    a tape it takes back, of an own array it reads what it wrote, or zeros that it leaves as such,
    and of all other memory it only adds to what other turns write.
    """

    index: Var
    start: Atom
    stop: Atom
    step: Atom
    params: tuple[Var, ...]
    inits: tuple[Atom, ...]
    body: Block
    outs: tuple[Var, ...]
    place: Place | None = None
    remade: bool = False
    own: frozenset[Var] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class While:
    """Run `body` while `test` yields True; both read `params`, and `test` has no effects.

    `remade` : see `For`.
    """

    params: tuple[Var, ...]
    inits: tuple[Atom, ...]
    test: Block
    body: Block
    outs: tuple[Var, ...]
    place: Place | None = None
    remade: bool = False


Statement = Apply | Store | Push | Pop | Raise | If | For | While


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A program: its parameters, and a body whose yields are its results.

    Attributes
    ----------
    careful : in its derivatives every product is zero where a factor is, even if the other is
        infinite or nan. It costs time, and is made where a derivative came out as nan.
    """

    name: str
    params: tuple[Var, ...]
    body: Block
    tapes: tuple[Tape, ...] = ()
    careful: bool = False


@dataclass(slots=True)
class Builder:
    """A block being written."""

    statements: list[Statement] = field(default_factory=list)
    place: Place | None = None

    def add(self, statement: Statement) -> None:
        self.statements.append(statement)

    def block(self, yields: tuple[Atom, ...] = ()) -> Block:
        return Block(tuple(self.statements), yields)


def reads(statement: Statement) -> tuple[Atom, ...]:
    """The atoms a statement itself reads; those of its blocks are not among them."""
    match statement:
        case Apply():
            return statement.args
        case Store():
            return (statement.array, *statement.index, statement.value)
        case Push():
            return statement.values
        case If():
            return (statement.test,)
        case For():
            return (statement.start, statement.stop, statement.step, *statement.inits)
        case While():
            return statement.inits
    return ()


def writes(statement: Statement) -> tuple[Var, ...]:
    """The variables a statement defines for those after it."""
    if isinstance(statement, Apply):
        return (statement.out,)
    if isinstance(statement, Pop | If | For | While):
        return statement.outs
    return ()


def blocks(statement: Statement) -> tuple[Block, ...]:
    """The blocks inside a statement."""
    match statement:
        case If():
            return (statement.then, statement.orelse)
        case For():
            return (statement.body,)
        case While():
            return (statement.test, statement.body)
    return ()


def binds(statement: Statement) -> tuple[Var, ...]:
    """The variables a statement defines for its own blocks."""
    match statement:
        case For():
            return (statement.index, *statement.params)
        case While():
            return statement.params
    return ()


def walk(block: Block) -> Iterator[Statement]:
    """Every statement of a block, and of the blocks inside it."""
    for statement in block.statements:
        yield statement
        for inner in blocks(statement):
            yield from walk(inner)


def defined(block: Block) -> set[Var]:
    """The variables that come to be inside a block, at any depth."""
    found: set[Var] = set()
    for statement in walk(block):
        found.update(writes(statement), binds(statement))
    return found


def free(block: Block) -> dict[Var, None]:
    """The variables a block reads and does not define, in order of first reading."""
    inside, found = defined(block), {}

    def note(atoms: tuple[Atom, ...]) -> None:
        found.update((a, None) for a in atoms if isinstance(a, Var) and a not in inside)

    for statement in walk(block):
        note(reads(statement))
        for inner in blocks(statement):
            note(inner.yields)
    note(block.yields)
    return found
