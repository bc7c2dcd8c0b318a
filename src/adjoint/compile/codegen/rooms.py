"""How many numbers a loop puts on each stack, as text that is computed before it."""

import operator
from collections.abc import Callable

from adjoint.compile import operations
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
    operations.smaller: "min({}, {})",
    operations.larger: "max({}, {})",
}


class Unknown(Exception):
    """It depends on what the loop computes."""


def rooms_of(loop: For | While, written: Callable[[Atom], str]) -> dict[Stack, str] | None:
    """The most numbers that a loop, or a turn of a while loop, may put on each stack; None if that
    is not known before it.

    `written` : the text of an atom from outside.
    """
    rooms = Rooms(loop, written)
    try:
        return rooms.of_loop(loop) if isinstance(loop, For) else rooms.of_block(loop.body)
    except Unknown:
        return None


class Rooms:
    def __init__(self, loop: For | While, written: Callable[[Atom], str]):
        self.written = written
        self.inside = {*binds(loop)}.union(*map(defined, blocks(loop)))
        self.makers = {s.out: s for s in walk(loop.body) if isinstance(s, Apply)}

    def of_loop(self, loop: For) -> dict[Stack, str]:
        each = self.of_block(loop.body)
        if not each:
            return {}
        bounds = ", ".join(map(self.text, (loop.start, loop.stop, loop.step)))
        return {stack: f"len(range({bounds})) * ({count})" for stack, count in each.items()}

    def of_block(self, block: Block) -> dict[Stack, str]:
        found: dict[Stack, list[str]] = {}
        for s in block.statements:
            for stack, count in self.of_statement(s).items():
                found.setdefault(stack, []).append(count)
        return {stack: " + ".join(counts) for stack, counts in found.items()}

    def of_statement(self, s: object) -> dict[Stack, str]:
        match s:
            case Push():
                return self.of_push(s)
            case For():
                return self.of_loop(s)
            case If():
                sides = self.of_block(s.then), self.of_block(s.orelse)
                stacks = dict.fromkeys((*sides[0], *sides[1]))
                return {k: f"max({sides[0].get(k, 0)}, {sides[1].get(k, 0)})" for k in stacks}
            case While() if any(isinstance(inner, Push) for inner in walk(s.body)):
                raise Unknown
        return {}

    def of_push(self, s: Push) -> dict[Stack, str]:
        found: dict[Stack, list[str]] = {}
        for value in s.values:
            count = f"{self.text(value)}.size" if value.type.is_array else "1"
            found.setdefault((s.tape, stack_kind(value.type)), []).append(count)
            if value.type.is_array:
                found.setdefault((s.tape, "int"), []).append(str(value.type.ndim))
        return {stack: " + ".join(counts) for stack, counts in found.items()}

    def text(self, atom: Atom) -> str:
        if isinstance(atom, Const) or atom not in self.inside:
            return self.written(atom)
        maker = self.makers.get(atom)
        if maker is not None and maker.function is operations.dim:
            return f"{self.text(maker.args[0])}.shape[{dict(maker.keywords)['axis']}]"
        if maker is None or maker.function not in OPERATORS:
            raise Unknown
        return OPERATORS[maker.function].format(*map(self.text, maker.args))
