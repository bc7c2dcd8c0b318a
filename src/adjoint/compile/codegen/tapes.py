"""Printed lines that put numbers on tapes and take them back, and loops over tapes as stretches.

A tape is a stack of numbers of each kind, an array with its top. A stack that is replaced inside a
loop is in memory and counted, where it could be in registers, so that a counted loop makes its room
before it; a loop of unknown length is machine code until a stack is full, grows it and goes on.
"""

from collections.abc import Iterator
from typing import Any

from adjoint.compile import operations
from adjoint.compile.codegen.allocating import Maker
from adjoint.compile.codegen.naming import INDENT
from adjoint.compile.codegen.rooms import rooms_of
from adjoint.compile.codegen.stacks import (
    SUFFIXES,
    OnStacks,
    on_stacks,
    pops_before_pushes,
    stack_kind,
    tape_kinds,
)
from adjoint.compile.codegen.stretches import FEWEST, is_inner, worth
from adjoint.compile.ir.nodes import (
    INT,
    Atom,
    Block,
    For,
    Function,
    If,
    Pop,
    Push,
    Statement,
    Tape,
    Type,
    Var,
    While,
    walk,
)


class Tapes:
    """The tapes of a function that is printed.

    Attributes
    ----------
    out : the printer.
    tops : of loops that are stretches, by their index, each stack with what says where it ends.
    moves : what such loops put on stacks and take from them, where there is room for it.
    """

    def __init__(self, function: Function, out: Any):
        self.function = function
        self.out = out
        self.kinds = tape_kinds(function)
        self.overwritten = pops_before_pushes(function)
        self.reserved: set[Push] = set()
        self.tops: dict[Var, dict[Var, Var]] = {}
        self.moves: set[Statement] = set()

    @property
    def names(self) -> Any:
        return self.out.names

    def line(self, text: str) -> None:
        self.out.line(text)

    def atom(self, atom: Atom) -> str:
        return self.out.atom(atom)

    def stacks(self) -> list[tuple[str, str, str]]:
        """The name, the top and the kind of each stack."""
        return [
            (*self.stack(tape, kind), kind)
            for tape in self.function.tapes
            for kind in sorted(self.kinds[tape])
        ]

    # Loops that are stretches.

    def counted(self, s: For) -> For | None:
        """A loop over tapes that can be a stretch, after room was made for what it puts there."""
        rooms = rooms_of(s, self.names, self.atom)
        found = None if rooms is None else on_stacks(s, self.overwritten)
        if rooms is None or found is None or not is_worth(found):
            return None
        for line in rooms.lines:
            self.line(line)
        for stack, count in rooms.counts.items():
            self.room(*stack, f"({count})")
        self.entered(found)
        assert isinstance(found.loop, For)
        return found.loop

    def repeated(self, s: While) -> bool:
        """Print a loop that is a stretch until a stack is full; False if it cannot be one."""
        known = rooms_of(s, self.names, self.atom)
        if known is None or not known.counts:
            return False
        rooms = {stack: Var("room", INT) for stack in known.counts}
        found = on_stacks(s, self.overwritten, rooms)
        if found is None or not is_worth(found):
            return False
        for line in known.lines:
            self.line(line)
        for stack, room in rooms.items():
            self.names.give(room)
            self.line(f"{self.names[room]} = {known.counts[stack]}")
        self.entered(found)
        self.out.assign(s.params, s.inits)
        for before, param, after in zip(found.loop.inits, s.params, found.loop.outs, strict=False):
            self.names.of[before] = self.names.of[after] = self.names[param]
            self.out.readers.count[after] += 1
        self.line("while True:")
        self.out.depth += 1
        self.out.run([found.loop])
        full = {stack: self.is_full(*stack, self.names[room]) for stack, room in rooms.items()}
        self.line(f"if not ({' or '.join(full.values())}):")
        self.line(INDENT + "break")
        for stack, room in rooms.items():
            self.room(*stack, self.names[room])
        self.out.depth -= 1
        return True

    def entered(self, found: OnStacks) -> None:
        """Give the variables of a loop over stacks the names that they have around it."""
        self.tops |= found.inside
        self.moves |= found.moves
        for stack, array in found.arrays.items():
            name, top = self.stack(*stack)
            self.names.of[array] = name
            self.names.of[found.tops[stack]] = self.names.of[found.ends[stack]] = top
            self.out.readers.count[found.ends[stack]] += 1  # what comes after pushes or pops there

    # Single lines.

    def reserve(self, loop: For, turns: str) -> None:
        """Make room before a loop for all that it pushes, if each turn pushes a number of scalars.

        A stack that is replaced inside a loop costs more than its tests: it is in memory, and
        counted, where it would be in registers.
        """
        pushes = [s for s in walk(loop.body) if isinstance(s, Push)]
        if set(pushes) - set(pushes_each_turn(loop.body)):
            return
        if any(v.type.is_array for s in pushes for v in s.values):
            return
        for tape in dict.fromkeys(s.tape for s in pushes):
            for kind in sorted(self.kinds[tape]):
                count = sum(
                    stack_kind(v.type) == kind for s in pushes if s.tape is tape for v in s.values
                )
                if count:
                    self.room(tape, kind, f"{count} * {turns}")
        self.reserved.update(pushes)

    def stack(self, tape: Tape, kind: str) -> tuple[str, str]:
        name = self.names.tape(tape) + SUFFIXES[kind]
        return name, name + "_top"

    def push(self, s: Push) -> None:
        for kind in SUFFIXES:
            scalars = [v for v in s.values if not v.type.is_array and stack_kind(v.type) == kind]
            if not scalars:
                continue
            stack, top = self.stack(s.tape, kind)
            if s not in self.reserved:
                self.room(s.tape, kind, str(len(scalars)))
            for position, value in enumerate(scalars):
                self.line(f"{stack}[{plus(top, position)}] = {self.atom(value)}")
            self.line(f"{top} += {len(scalars)}")
        for value in s.values:
            if value.type.is_array:
                self.push_array(s.tape, value)

    def room(self, tape: Tape, kind: str, count: str) -> None:
        stack, top = self.stack(tape, kind)
        grown = "grown"
        if self.out.direct:
            grown = self.out.made_by(Maker(operations.grown, kind, 1))
        else:
            self.out.helpers[grown] = operations.grown
        self.line(f"if {self.is_full(tape, kind, count)}:")
        self.line(f"{INDENT}{stack} = {grown}({stack}, {top} + {count})")

    def is_full(self, tape: Tape, kind: str, count: str) -> str:
        """The text of a test: is there no room for so many numbers?"""
        stack, top = self.stack(tape, kind)
        return f"{top} + {count} > len({stack})"

    def push_array(self, tape: Tape, value: Atom) -> None:
        name = self.atom(value)
        stack, top = self.stack(tape, stack_kind(value.type))
        self.room(tape, stack_kind(value.type), f"{name}.size")
        self.out.helpers["put"] = operations.put
        self.line(f"put({stack}[{top}:{top} + {name}.size], {name}.ravel())")
        self.line(f"{top} += {name}.size")
        stack, top = self.stack(tape, "int")
        rank = value.type.ndim
        self.room(tape, "int", str(rank))
        for axis in range(rank):
            self.line(f"{stack}[{plus(top, axis)}] = {name}.shape[{axis}]")
        self.line(f"{top} += {rank}")

    def pop(self, s: Pop) -> None:
        for out in reversed(s.outs):
            if out.type.is_array:
                self.pop_array(s.tape, out, copied=s in self.overwritten)
        for kind in reversed(SUFFIXES):
            scalars = [v for v in s.outs if not v.type.is_array and stack_kind(v.type) == kind]
            if not scalars:
                continue
            stack, top = self.stack(s.tape, kind)
            self.line(f"{top} -= {len(scalars)}")
            for position, out in enumerate(scalars):
                item = f"{stack}[{plus(top, position)}]"
                self.line(f"{self.names[out]} = {taken_back(item, out.type)}")

    def pop_array(self, tape: Tape, out: Var, *, copied: bool) -> None:
        name, rank = self.names[out], out.type.ndim
        stack, top = self.stack(tape, "int")
        self.line(f"{top} -= {rank}")
        dims = ", ".join(f"{stack}[{plus(top, axis)}]" for axis in range(rank))
        self.line(f"{name}_shape = ({dims},)")
        size = " * ".join(f"{name}_shape[{axis}]" for axis in range(rank))
        stack, top = self.stack(tape, stack_kind(out.type))
        self.line(f"{top} -= {size}")
        rows = f"{stack}[{top}:{top} + {size}].reshape({name}_shape)"
        if out.type.dtype == "bool":
            rows += " != 0"
        elif out.type.is_single:
            rows += ".astype(np.float32)"
        elif copied:
            rows += ".copy()"
        self.line(f"{name} = {rows}")


def is_worth(found: OnStacks) -> bool:
    """True for a loop that can be a stretch, and is worth a call."""
    return is_inner(found.loop) and worth(found.loop) >= FEWEST


def pushes_each_turn(block: Block) -> Iterator[Push]:
    """The pushes of a block that are in no loop inside it."""
    for statement in block.statements:
        if isinstance(statement, Push):
            yield statement
        elif isinstance(statement, If):
            yield from pushes_each_turn(statement.then)
            yield from pushes_each_turn(statement.orelse)


def plus(top: str, position: int) -> str:
    return f"{top} + {position}" if position else top


def taken_back(item: str, type_: Type) -> str:
    """A number as it was before it was kept among others of its kind."""
    return f"np.float32({item})" if type_.is_single else item
