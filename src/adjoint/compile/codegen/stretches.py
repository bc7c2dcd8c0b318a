"""Stretches of statements that only work on numbers and on items of arrays.

Numba takes milliseconds for each line that it reads, most of it in finding types that are known
here. So what is printed for it calls a stretch like a function, and machine code is written for the
stretch directly (`emitting`). Nothing changes in what is computed, nor in its order.
"""

import math
import operator
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from adjoint.compile import operations
from adjoint.compile.codegen.lanes import Lanes
from adjoint.compile.ir.nodes import (
    BOOL,
    FLOAT,
    INT,
    SINGLE,
    Apply,
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Raise,
    Statement,
    Store,
    Subscript,
    Var,
    While,
    blocks,
    defined,
    reads,
    walk,
    writes,
)

FEWEST = 6
"""Lines of arithmetic that are worth a call."""
LONGEST = 20_000
"""Lines of arithmetic that LLVM optimises in a time about proportional to their number."""
PART = 2_000
"""Lines in each part of a stretch that is longer."""
LOOP = 6
"""Lines of arithmetic for which Numba needs as long as for a loop without its body."""

BUILTINS = frozenset((abs, float, int, bool, complex, round))
OF_BOOLS = frozenset((operations.either, operations.both, operations.negation))
EXTREMES = frozenset((operations.larger, operations.smaller))
OPERATIONS = frozenset(
    (
        operations.select,
        operations.divide,
        operations.times,
        operations.plus,
        operations.differs,
        operations.held,
        operations.single,
        operations.double,
        operations.cartesian,
        operations.real_part,
        operations.imaginary_part,
        operations.sum_fits,
        operations.difference_fits,
        operations.product_fits,
        operations.power_fits,
        operations.shift_fits,
        operations.int_fits,
        operations.trips,
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Statements that are called like a function.

    Attributes
    ----------
    inputs, outputs : the variables it is given, and those it sets that others read.
    taken, left : of a part of a long stretch, the variables it takes from memory and leaves there.
    slots : their places in that memory; None of what is no part.
    memory : for each array a number; what has another number shares no memory with it.
    lanes : which loops run several turns at once, and how.
    there : what reads or writes items that are known to be there.
    """

    name: str
    statements: tuple[Statement, ...]
    inputs: tuple[Var, ...]
    outputs: tuple[Var, ...]
    taken: tuple[Var, ...] = ()
    left: tuple[Var, ...] = ()
    slots: dict[Var, int] | None = None
    memory: dict[Var, int] = field(default_factory=dict)
    lanes: dict[Var, Lanes] = field(default_factory=dict)
    there: frozenset[Statement] = frozenset()

    def __call__(self, *args: object) -> object:
        raise TypeError(f"{self.name} is machine code")


def is_direct(s: Statement) -> bool:
    """True for a statement that machine code can be written for here."""
    match s:
        case Apply():
            if s.out.type.is_array:
                return s.function is operations.rows
            return is_item(s) or is_length(s) or is_of_numbers(s)
        case Store():
            return not s.value.type.is_array and is_place(s.array, s.subscript, s.index)
        case Raise():
            return True
        case If() | For() | While():
            hands_arrays = any(out.type.is_array for out in s.outs)
            if hands_arrays or (isinstance(s, For) and not is_known_step(s.step)):
                return False
            return all(is_direct(inner) for block in blocks(s) for inner in block.statements)
    return False


def is_inner(s: Statement) -> bool:
    """True for a statement that may stand in a stretch, after which others run."""
    return not isinstance(s, Raise) and is_direct(s)


def is_known_step(step: Atom) -> bool:
    return isinstance(step, Const) and step.value != 0


def is_length(s: Statement) -> bool:
    """True for a statement that asks for the length of an axis."""
    return isinstance(s, Apply) and s.function is operations.dim


def is_item(s: Apply) -> bool:
    """True for ``array[i, j]`` with a number for each axis."""
    if s.function is not operations.load:
        return False
    array, *index = s.args
    subscript = dict(s.keywords)["subscript"]
    return isinstance(array, Var) and is_place(array, subscript, tuple(index))


def is_place(array: Var, subscript: Subscript, index: tuple[Atom, ...]) -> bool:
    whole = subscript.entries == ("at",) * array.type.ndim
    return whole and all(at.type == INT for at in index)


def is_of_numbers(s: Apply) -> bool:
    """True for an operation on numbers that Numba knows."""
    if s.keywords or any(a.type.is_array for a in s.args):
        return False
    kinds = {a.type for a in s.args}
    if s.function in OF_BOOLS:
        return kinds == {BOOL}
    if s.function in EXTREMES:
        return kinds in ({FLOAT}, {INT}, {SINGLE})
    return s.function in OPERATIONS or is_known(s.function)


def is_known(function: Callable) -> bool:
    """True for an operator, a function of `math` or of builtins, or a ufunc of NumPy's."""
    if function in BUILTINS:
        return True
    module = getattr(function, "__module__", None)
    name = getattr(function, "__name__", "")
    if module == "_operator":
        return getattr(operator, name, None) is function
    if isinstance(function, np.ufunc):
        return getattr(np, name, None) is function
    return getattr(math, name, None) is function


def worth(statement: Statement) -> int:
    """How many lines of arithmetic Numba would read in the time that it needs for a statement."""
    return sum(LOOP if isinstance(s, For | While) else 1 for s in walk(Block((statement,))))


class Readers:
    """How often each variable of a function is read."""

    def __init__(self, function: Function):
        self.count = counted(function.body)

    def stretch(
        self,
        name: str,
        statements: tuple[Statement, ...],
        root: Callable[[Var], Var],
        lanes: dict[Var, Lanes],
        there: frozenset[Statement],
    ) -> Stretch:
        """The stretch of these statements; arrays of one root may share memory."""
        block = Block(statements)
        inside = counted(block)
        made = {v: None for s in statements for v in writes(s)}
        inner = defined(block)
        inputs = tuple(v for v in inside if v not in inner)
        inputs += tuple(v for found in lanes.values() for v in found.own.values() if v)
        outputs = tuple(v for v in made if self.count[v] > inside[v])
        roots: dict[Var, int] = {}
        arrays = [v for v in inputs if v.type.is_array]
        memory = {v: roots.setdefault(root(v), len(roots)) for v in arrays}
        known = {"memory": memory, "lanes": lanes, "there": there}
        return Stretch(name, statements, inputs, outputs, **known)


def in_parts(whole: Stretch) -> list[Stretch]:
    """A long stretch as several, which hand each other numbers in memory.

    What one part makes and another reads, and what the whole hands out, has a slot there.
    """
    made: dict[Var, int] = {}
    read_in: dict[Var, set[int]] = {}
    groups = list(map(Block, cut(whole.statements)))
    for number, block in enumerate(groups):
        made |= {v: number for s in block.statements for v in writes(s)}
        for var in counted(block):
            read_in.setdefault(var, set()).add(number)
    outputs = set(whole.outputs)
    kept = [v for v, n in made.items() if v in outputs or read_in.get(v, {n}) - {n}]
    slots = {v: place for place, v in enumerate(kept)}
    outside = set(whole.inputs)
    parts = []
    for number, block in enumerate(groups):
        inside = counted(block)
        parts.append(
            Stretch(
                f"{whole.name}_part_{number + 1}",
                block.statements,
                tuple(v for v in inside if v in outside),
                (),
                tuple(v for v in inside if v in slots and made[v] != number),
                tuple(v for v in kept if made[v] == number),
                slots,
                whole.memory,
                there=whole.there,
            )
        )
    return parts


def cut(statements: tuple[Statement, ...]) -> Iterator[tuple[Statement, ...]]:
    """Statements in groups of about `PART`, none of which is cut in two."""
    group: list[Statement] = []
    length = 0
    for statement in statements:
        size = worth(statement)
        if group and length + size > PART:
            yield tuple(group)
            group, length = [], 0
        group.append(statement)
        length += size
    yield tuple(group)


def counted(block: Block) -> Counter[Var]:
    """How often each variable is read in a block, in order of first reading."""
    return Counter(atom for atom in atoms_read(block) if not isinstance(atom, Const))


def atoms_read(block: Block) -> Iterator[Atom]:
    for statement in walk(block):
        yield from reads(statement)
        for inner in blocks(statement):
            yield from inner.yields
    yield from block.yields
