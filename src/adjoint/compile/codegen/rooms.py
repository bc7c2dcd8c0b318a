"""How many numbers a loop puts on each stack, as text that is computed before it.

Where that depends on the number of the turn, as in a triangle, a loop that only counts runs before.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass, field

from adjoint.compile import operations
from adjoint.compile.codegen.naming import INDENT, Naming
from adjoint.compile.codegen.stacks import Stack, stack_kind
from adjoint.compile.ir.nodes import (
    Apply,
    Atom,
    Block,
    Const,
    For,
    If,
    Push,
    While,
    binds,
    blocks,
    defined,
    walk,
)

OPERATORS: dict[Callable, str] = {
    operator.add: "({} + {})",
    operations.plus: "({} + {})",
    operator.sub: "({} - {})",
    operator.mul: "({} * {})",
    operator.lshift: "({} << min(max({}, 0), 62))",
    operator.lt: "({} < {})",
    operator.le: "({} <= {})",
    operator.gt: "({} > {})",
    operator.ge: "({} >= {})",
    operator.eq: "({} == {})",
    operator.ne: "({} != {})",
    operations.both: "({} and {})",
    operations.either: "({} or {})",
    operations.negation: "(not {})",
    operator.floordiv: "({} // {})",
    operator.mod: "({} % {})",
    operations.smaller: "min({}, {})",
    operations.larger: "max({}, {})",
    operations.trips: "len(range({}, {}, {} or 1))",
}


class Unknown(Exception):
    """It depends on what the loop computes."""


@dataclass(frozen=True)
class Room:
    """How many numbers something puts on each stack, at most.

    Attributes
    ----------
    counts : the text of each number.
    lines : what is to be run before, where turns of a loop put there different numbers.
    """

    counts: dict[Stack, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()


def rooms_of(loop: For | While, names: Naming, written: Callable[[Atom], str]) -> Room | None:
    """The most numbers that a loop, or a turn of a while loop, may put on each stack; None if that
    is not known before it.

    `written` : the text of an atom from outside.
    """
    rooms = Rooms(loop, names, written)
    try:
        return rooms.of_loop(loop) if isinstance(loop, For) else rooms.of_block(loop.body)
    except Unknown:
        return None


class Rooms:
    """Text of the arithmetic by which a loop finds its bounds.

    Attributes
    ----------
    indices : those of the loops around; `read` : those that were asked for.
    """

    def __init__(self, loop: For | While, names: Naming, written: Callable[[Atom], str]):
        self.names = names
        self.written = written
        self.inside = {*binds(loop)}.union(*map(defined, blocks(loop)))
        self.makers = {s.out: s for s in walk(loop.body) if isinstance(s, Apply)}
        self.indices: set[Atom] = set()
        self.read: set[Atom] = set()

    def of_loop(self, loop: For) -> Room:
        self.indices.add(loop.index)
        each = self.of_block(loop.body)
        self.indices.discard(loop.index)
        if not each.counts:
            return each
        is_even = loop.index not in self.read
        bounds = f"range({', '.join(map(self.text, (loop.start, loop.stop, loop.step)))})"
        if is_even:
            counts = {stack: f"len({bounds}) * ({count})" for stack, count in each.counts.items()}
            return Room(counts, each.lines)
        totals = {stack: self.names.unique("room") for stack in each.counts}
        adding = (f"{totals[stack]} += {count}" for stack, count in each.counts.items())
        turn = (f"{INDENT}{line}" for line in (*each.lines, *adding))
        start = (f"{total} = 0" for total in totals.values())
        return Room(totals, (*start, f"for {self.written(loop.index)} in {bounds}:", *turn))

    def of_block(self, block: Block) -> Room:
        found: dict[Stack, list[str]] = {}
        lines: list[str] = []
        for s in block.statements:
            room = self.of_statement(s)
            lines.extend(room.lines)
            for stack, count in room.counts.items():
                found.setdefault(stack, []).append(count)
        return Room({stack: " + ".join(counts) for stack, counts in found.items()}, tuple(lines))

    def of_statement(self, s: object) -> Room:
        match s:
            case Push():
                return Room(self.of_push(s))
            case For():
                return self.of_loop(s)
            case If():
                return self.of_branch(s)
            case While() if any(isinstance(inner, Push) for inner in walk(s.body)):
                raise Unknown
        return Room()

    def of_branch(self, s: If) -> Room:
        """The larger side; the one that is run, where a loop inside may need any room."""
        then, orelse = self.of_block(s.then), self.of_block(s.orelse)
        stacks = dict.fromkeys((*then.counts, *orelse.counts))
        pairs = {k: (then.counts.get(k, "0"), orelse.counts.get(k, "0")) for k in stacks}
        inside = walk(Block((*s.then.statements, *s.orelse.statements)))
        if not stacks or not any(isinstance(inner, For) for inner in inside):
            return Room({k: f"max({a}, {b})" for k, (a, b) in pairs.items()})
        test = self.text(s.test)
        lines = []
        for head, side in ((f"if {test}:", then), (f"if not {test}:", orelse)):
            totals = [f"{name} = 0" for name in started(side.lines)]
            lines += [*totals, head, *(f"{INDENT}{line}" for line in side.lines)] if totals else []
        counts = {k: f"(({a}) if {test} else ({b}))" for k, (a, b) in pairs.items()}
        return Room(counts, tuple(lines))

    def of_push(self, s: Push) -> dict[Stack, str]:
        found: dict[Stack, list[str]] = {}
        for value in s.values:
            count = f"{self.text(value)}.size" if value.type.is_array else "1"
            found.setdefault((s.tape, stack_kind(value.type)), []).append(count)
            if value.type.is_array:
                found.setdefault((s.tape, "int"), []).append(str(value.type.ndim))
        return {stack: " + ".join(counts) for stack, counts in found.items()}

    def text(self, atom: Atom) -> str:
        if atom in self.indices:
            self.read.add(atom)
            return self.written(atom)
        if isinstance(atom, Const) or atom not in self.inside:
            return self.written(atom)
        maker = self.makers.get(atom)
        if maker is not None and maker.function is operations.dim:
            return f"{self.text(maker.args[0])}.shape[{dict(maker.keywords)['axis']}]"
        form = None if maker is None else OPERATORS.get(maker.function)
        if maker is None or form is None or not is_defined(maker):
            raise Unknown
        return form.format(*map(self.text, maker.args))


def started(lines: tuple[str, ...]) -> list[str]:
    """The names of the totals that lines start to count."""
    return list(dict.fromkeys(line.split(" = ")[0].strip() for line in lines if " = 0" in line))


def is_defined(maker: Apply) -> bool:
    """False where an operation might divide by zero."""
    if maker.function not in (operator.floordiv, operator.mod):
        return True
    divisor = maker.args[1]
    return isinstance(divisor, Const) and divisor.value != 0
