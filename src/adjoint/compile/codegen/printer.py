"""Printing: from the intermediate representation to Python source that runs with or without Numba.

Every line knows the line of the user's program it comes from.
"""

import builtins
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from adjoint.compile import operations
from adjoint.compile.codegen.allocating import Maker, maker_of
from adjoint.compile.codegen.gathering import in_loops
from adjoint.compile.codegen.lanes import LONGEST_OWN, WIDTH, Lanes, in_lanes
from adjoint.compile.codegen.naming import INDENT, Naming, identifier
from adjoint.compile.codegen.stacks import SUFFIXES, empty_stack, stack_kind
from adjoint.compile.codegen.steps import by_one
from adjoint.compile.codegen.stretches import (
    FEWEST,
    LONGEST,
    Readers,
    Stretch,
    in_parts,
    is_inner,
    is_length,
    worth,
)
from adjoint.compile.codegen.tapes import Tapes, taken_back
from adjoint.compile.codegen.templates import (
    DTYPES,
    INFIX,
    PREFIX,
    SPECIAL,
    bracketed,
    quicker_form,
    written,
)
from adjoint.compile.draws import Draw
from adjoint.compile.inference import loaded_type
from adjoint.compile.ir.nodes import (
    Apply,
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Pop,
    Push,
    Raise,
    Statement,
    Store,
    Var,
    While,
    constant,
    walk,
)
from adjoint.compile.ir.recursion import Recursive
from adjoint.compile.natives import Native, is_foreign, native
from adjoint.compile.transform.independence import uses_in
from adjoint.compile.transform.sharing import Sharers
from adjoint.errors import Place, UnsupportedType


class Source:
    """The text of a printed function.

    Attributes
    ----------
    text : Python source; names `helpers` must be defined where it runs.
    places : for each line (from 1), the user's line it comes from, or None.
    params : the names of its parameters.
    memory : what the stacks hold that it is given after its parameters, and returns after its
        results.
    exceptions : the exception classes it raises, by name.
    rows : the line of each statement.
    """

    def __init__(
        self,
        name: str,
        params: list[str],
        lines: list[str],
        places: list[Place | None],
        helpers: dict[str, Callable],
        exceptions: dict[str, type],
        rows: dict[Statement, int],
        memory: tuple[str, ...] = (),
    ):
        self.name = name
        self.params = params
        self.memory = memory
        self.text = "\n".join(lines) + "\n"
        self.places = places
        self.helpers = helpers
        self.exceptions = exceptions
        self.rows = rows


def print_function(function: Function) -> Source:
    """The source of a function; it returns a flat tuple of its results."""
    return Printer(function).source()


def print_direct(function: Function, arguments: Sequence[Any] | None = None) -> Source:
    """The source of a function with calls of stretches, which are machine code only, in the place
    of their lines, and with the memory of tapes as parameters and results: it serves again.

    `arguments` : see `in_loops`.
    """
    gathered = in_loops(function, arguments)
    return Printer(by_one(gathered.function), True, gathered.there).source()


class Printer:
    """Writes one function."""

    def __init__(
        self,
        function: Function,
        direct: bool = False,
        there: frozenset[Statement] = frozenset(),
    ):
        self.function = function
        self.direct = direct
        self.there = there
        self.readers = Readers(function) if direct else None
        self.names = Naming(function, set(helper_names(function)))
        self.lines: list[str] = []
        self.places: list[Place | None] = []
        self.depth = 0
        self.place: Place | None = None
        self.helpers: dict[str, Callable] = {}
        self.exceptions: dict[str, type] = {}
        self.rows: dict[Statement, int] = {}
        self.sharers = Sharers(function)
        self.makers: dict[Maker, str] = {}
        self.uses = uses_in(function.body) if direct else {}
        self.tapes = Tapes(function, self)

    def source(self) -> Source:
        params = [self.names[p] for p in self.function.params]
        name = identifier(self.function.name)
        taken = {n for n in helper_names(self.function) if n != self.function.name}
        while name in taken or name in operations.__dict__ or hasattr(builtins, name):
            name += "_"  # the user may call a function what we call a helper
        stacks = self.tapes.stacks()
        given = [stack for stack, _, _ in stacks] if self.readers is not None else []
        self.line(f"def {name}({', '.join([*params, *given])}):")
        self.depth += 1
        for stack, top, kind in stacks:
            self.line(f"{top} = 0" if given else f"{stack}, {top} = {empty_stack(kind)}, 0")
        body = self.function.body
        self.statements(body)
        self.place = None
        results = [*map(self.atom, body.yields), *given]
        self.line(f"return ({', '.join(results)}{',' if len(results) == 1 else ''})")
        memory = tuple(kind for _, _, kind in stacks) if given else ()
        given_to_source = self.places, self.helpers, self.exceptions, self.rows, memory
        return Source(name, params, self.lines, *given_to_source)

    def line(self, text: str) -> None:
        self.lines.append(INDENT * self.depth + text)
        self.places.append(self.place)

    def atom(self, atom: Atom) -> str:
        return self.names[atom] if isinstance(atom, Var) else literal(atom)

    # Statements.

    def block(self, block: Block, targets: tuple[Var, ...] = ()) -> None:
        """The statements of a block, and the assignment of what it yields."""
        self.depth += 1
        before = len(self.lines)
        self.statements(block)
        self.assign(targets, block.yields)
        if len(self.lines) == before:
            self.line("pass")
        self.depth -= 1

    def assign(self, targets: tuple[Var, ...], values: tuple[Atom, ...]) -> None:
        """``targets = values``, at once where one is needed by another."""
        pairs = [
            (self.names[t], self.atom(v))
            for t, v in zip(targets, values, strict=True)
            if self.names[t] != self.atom(v)
        ]
        assigned = {t for t, _ in pairs}
        if any(v in assigned for _, v in pairs):
            self.line(f"{', '.join(t for t, _ in pairs)} = {', '.join(v for _, v in pairs)}")
        else:
            for target, value in pairs:
                self.line(f"{target} = {value}")

    def statements(self, block: Block) -> None:
        run: list[Statement] = []
        for statement in block.statements:
            if self.readers is not None and is_inner(statement):
                run.append(statement)
                continue
            if not is_length(statement):  # lengths may as well be asked before
                self.run(run)
            if self.readers is not None and isinstance(statement, For):
                moved = self.tapes.counted(statement)
                if moved is not None:
                    run.append(moved)
                    self.run(run)
                    continue
            self.each((statement,))
        self.run(run)

    def run(self, run: list[Statement]) -> None:
        """Statements that can be a stretch, which are taken from the list."""
        if self.readers is None or sum(map(worth, run)) < FEWEST:
            self.each(run)
        else:
            name = self.names.unique("stretch")
            lanes = self.in_lanes(run)
            known = self.sharers.root, lanes, self.there | self.tapes.moves
            self.stretch(self.readers.stretch(name, tuple(run), *known))
        run.clear()

    def in_lanes(self, run: list[Statement]) -> dict[Var, Lanes]:
        """The loops that run several turns at once, after memory was made for their lanes."""
        found = in_lanes(Block(tuple(run)), self.tapes.tops, self.sharers.root, self.uses)
        for array, lanes in (pair for plan in found.values() for pair in plan.own.items()):
            if lanes is not None:
                self.names.of[lanes] = name = self.names.unique(lanes.name)
                zeros = self.made_by(Maker(operations.zeros, array.type.dtype, 1))
                size = f"{self.names[array]}.size"
                lanes_size = f"{WIDTH} * {size} if {size} <= {LONGEST_OWN} else 0"
                self.line(f"{name} = {zeros}({lanes_size})")
        return found

    def stretch(self, stretch: Stretch) -> None:
        self.place = stretch.statements[0].place or self.place
        if sum(map(worth, stretch.statements)) > LONGEST:
            self.parts(stretch)
            return
        call = self.call(stretch, *(self.names[v] for v in stretch.inputs))
        targets = ", ".join(self.names[v] for v in stretch.outputs)
        self.line(f"{targets} = {call}" if targets else call)

    def parts(self, whole: Stretch) -> None:
        """A long stretch, in parts that hand each other numbers in memory."""
        parts = in_parts(whole)
        slots = parts[0].slots or {}
        memories = {}
        for kind, suffix in SUFFIXES.items():
            memories[kind] = self.names.unique(f"{whole.name}_memory{suffix}")
            self.line(f"{memories[kind]} = np.empty({len(slots)}, {DTYPES[kind]})")
        for part in parts:
            self.place = part.statements[0].place or self.place
            given = [*memories.values(), *(self.names[v] for v in part.inputs)]
            self.line(self.call(part, *given))
        for var in whole.outputs:
            item = f"{memories[stack_kind(var.type)]}[{slots[var]}]"
            self.line(f"{self.names[var]} = {taken_back(item, var.type)}")

    def call(self, stretch: Stretch, *args: str) -> str:
        self.helpers[stretch.name] = stretch
        return f"{stretch.name}({', '.join(args)})"

    def each(self, statements: Sequence[Statement]) -> None:
        """A line or more for each statement."""
        for statement in statements:
            self.place = getattr(statement, "place", None) or self.place
            self.rows[statement] = len(self.lines) + 1
            self.statement(statement)

    def statement(self, s: Statement) -> None:
        match s:
            case Apply():
                self.apply(s)
            case Store():
                self.store(s)
            case Push():
                self.tapes.push(s)
            case Pop():
                self.tapes.pop(s)
            case Raise():
                self.exceptions[s.exception.__name__] = s.exception
                message = "" if s.message is None else repr(s.message)
                self.line(f"raise {s.exception.__name__}({message})")
            case If():
                self.branch(s)
            case For():
                self.counted(s)
            case While():
                self.repeated(s)

    def apply(self, s: Apply) -> None:
        args = [self.atom(a) for a in s.args]
        if s.function is operations.times and not s.out.type.is_array:
            a, b = args
            zero = literal(constant(0, s.out.type))
            self.line(f"{self.names[s.out]} = {a} * {b} if {a} != 0.0 and {b} != 0.0 else {zero}")
            return
        function = s.function
        if is_foreign(function):
            function = native_of(s)
            self.helpers[function.__name__] = function
        if isinstance(function, Recursive | Draw) or is_operation(function):
            self.helpers[function.__name__] = function
        if self.readers is not None and (maker := maker_of(s)) is not None:
            self.line(f"{self.names[s.out]} = {self.made_by(maker)}({', '.join(args)})")
            return
        if (quicker := quicker_form(s)) is not None:
            self.helpers[quicker.__name__] = quicker
            self.line(f"{self.names[s.out]} = {quicker.__name__}({', '.join(args)})")
            return
        wrapped = [f"({a})" if a.startswith("-") and function in INFIX else a for a in args]
        self.line(f"{self.names[s.out]} = {written(function, wrapped, dict(s.keywords))}")

    def store(self, s: Store) -> None:
        index = [self.atom(a) for a in s.index]
        target = f"{self.atom(s.array)}[{bracketed(s.subscript, index)}]"
        if s.adds and any(a.type.is_array for a in s.index):
            if is_at_columns(s):
                self.helpers["add_at"] = operations.add_at
                self.line(f"add_at({self.atom(s.array)}.T, {index[0]}, {self.atom(s.value)}.T)")
                return
            if (places := form_of_places(s)) is not None:
                self.helpers[places.__name__] = places
                parts = self.atom(s.array), *index, self.atom(s.value)
                self.line(f"{places.__name__}({', '.join(parts)})")
                return
            if is_along_line(s):
                line, places = line_and_places(s)
                self.helpers["add_at"] = operations.add_at
                view = f"{self.atom(s.array)}[{line}]".format(*index)
                self.line(f"add_at({view}, {index[places]}, {self.atom(s.value)})")
                return
            if len(s.subscript.entries) > 1 or s.index[0].type.ndim > 1:
                raise UnsupportedType(
                    "the derivative of indexing several axes with arrays cannot be compiled yet",
                    instead="index the first axis only, loop over the indices, or drop jit",
                    place=s.place,
                )
            self.helpers["add_at"] = operations.add_at
            self.line(f"add_at({self.atom(s.array)}, {index[0]}, {self.atom(s.value)})")
            return
        if self.is_apart(s):
            put = operations.put_more if s.adds else operations.put
            self.helpers[put.__name__] = put
            self.line(f"{put.__name__}({target}, {self.atom(s.value)})")
            return
        self.line(f"{target} {'+=' if s.adds else '='} {self.atom(s.value)}")

    def is_apart(self, s: Store) -> bool:
        """True for a store of an array into memory that it does not share, item by item."""
        value, array = s.value, s.array
        if not isinstance(value, Var) or value.type.ndim not in (1, 2, 3):
            return False
        if value.type.dtype != array.type.dtype or any(a.type.is_array for a in s.index):
            return False
        place = loaded_type(array.type, s.subscript, s.index)
        apart = self.sharers.root(value) is not self.sharers.root(array)
        return apart and place.ndim == value.type.ndim

    def branch(self, s: If) -> None:
        targets = s.outs
        then_is_empty = not s.then.statements and not targets
        if then_is_empty:
            self.line(f"if not {self.atom(s.test)}:")
            self.block(s.orelse)
            return
        self.line(f"if {self.atom(s.test)}:")
        self.block(s.then, targets)
        if s.orelse.statements or targets:
            self.line("else:")
            self.block(s.orelse, targets)

    def counted(self, s: For) -> None:
        self.assign(s.params, s.inits)
        self.tapes.reserve(s, self.turns(s))
        self.line(f"for {self.names[s.index]} in {self.range(s)}:")
        self.block(s.body, s.params)

    def range(self, s: For) -> str:
        bounds = [self.atom(b) for b in (s.start, s.stop, s.step)]
        if bounds[2] == "1":
            bounds = bounds[1:2] if bounds[0] == "0" else bounds[:2]
        return f"range({', '.join(bounds)})"

    def turns(self, s: For) -> str:
        return f"len({self.range(s)})"

    def repeated(self, s: While) -> None:
        if self.direct and self.tapes.repeated(s):
            return
        self.assign(s.params, s.inits)
        self.line("while True:")
        self.depth += 1
        self.statements(s.test)
        (test,) = s.test.yields
        self.line(f"if not {self.atom(test)}:")
        self.line(INDENT + "break")
        self.depth -= 1
        self.block(s.body, s.params)

    def made_by(self, maker: Maker) -> str:
        """What a function is called that makes arrays."""
        if maker not in self.makers:
            self.makers[maker] = name = self.names.unique(maker.operation.__name__)
            self.helpers[name] = maker
        return self.makers[maker]


def is_at_columns(s: Store) -> bool:
    """True for ``matrix[:, indices] += matrix``."""
    ranks = s.array.type.ndim, s.value.type.ndim, s.index[0].type.ndim
    return ranks == (2, 2, 1) and s.subscript.entries == ((False, False, False), "at")


def form_of_places(s: Store) -> Callable | None:
    """What does ``matrix[rows, columns] += values``, where these are arrays."""
    ranks = s.value.type.ndim, *(a.type.ndim for a in s.index)
    is_matrix = s.subscript.entries == ("at", "at") and s.array.type.ndim == 2
    if not is_matrix or not all(ranks) or any(a.type.dtype != "int" for a in s.index):
        return None
    return operations.add_at_pairs if ranks == (1, 1, 1) else operations.add_at_grid


def is_along_line(s: Store) -> bool:
    """True for places of a row or column of a matrix."""
    is_matrix = s.subscript.entries == ("at", "at") and s.array.type.ndim == 2
    return is_matrix and sorted(a.type.ndim for a in s.index) == [0, 1]


def line_and_places(s: Store) -> tuple[str, int]:
    """The line of ``matrix[i, places]`` or ``matrix[places, j]``, and which index is an array."""
    return ("{0}", 1) if s.index[1].type.is_array else (":, {1}", 0)


def helper_names(function: Function) -> Iterator[str]:
    """What the printed source calls functions that it is given."""
    for s in walk(function.body):
        if isinstance(s, Apply):
            found = native_of(s) if is_foreign(s.function) else quicker_form(s) or s.function
            if isinstance(found, Native | Recursive | Draw) or is_operation(found):
                yield found.__name__


def native_of(s: Apply) -> Native:
    return native(s.function, tuple(a.type.ndim for a in s.args))


def is_operation(function: Callable) -> bool:
    """True for an operation of the compiler's that has no form of its own in Python."""
    known = function in INFIX or function in PREFIX or function in SPECIAL
    return not known and getattr(function, "__module__", "") in operations.MODULES


def literal(const: Const) -> str:
    value = const.value
    if isinstance(value, complex):
        return f"complex({literal(Const(value.real))}, {literal(Const(value.imag))})"
    if isinstance(value, np.float32):
        return f"np.float32({literal(Const(float(value)))})"
    if isinstance(value, float) and not math.isfinite(value):
        return "math.nan" if math.isnan(value) else ("math.inf" if value > 0 else "-math.inf")
    return repr(value)
