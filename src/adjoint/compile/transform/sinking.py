"""Additions of what is zero on one side of a test are done on the other side alone.

A branch that was not taken hands on a cotangent of zero, and to add it to memory costs as much as
adding anything else. What counts is which side was taken, as in `skipping`, so it is exact. Choices
without a branch stay as they are, because LLVM makes several of them at once.
"""

import operator
from dataclasses import replace
from typing import NamedTuple

from adjoint.compile import operations
from adjoint.compile.ir.copying import Substitution
from adjoint.compile.ir.nodes import Apply, Atom, Block, Const, If, Statement, Store

SCALINGS = (*(operator.mul, operations.times, operator.truediv, operations.divide, operator.neg),)
"""What makes zero of a first operand that is zero: the cotangent is the first."""
SUMS = (operator.add, operator.sub, operations.plus)


class Guard(NamedTuple):
    """A test, and how it comes out where a number is not zero for certain."""

    test: Atom
    wanted: bool


def sunk(block: Block) -> Block:
    """A block of a reverse sweep that adds zeros to memory less often."""
    return Sinking(block).sunk()


class Sinking:
    """One walk over a block.

    Attributes
    ----------
    guards : of the numbers that are zero where a test comes out otherwise.
    run : additions in the block that have one guard, with nothing between them but arithmetic.
    """

    def __init__(self, block: Block):
        self.block = block
        self.guards: dict[Atom, Guard] = {}
        self.statements: list[Statement] = []
        self.run: list[Store] = []

    def sunk(self) -> Block:
        for s in self.block.statements:
            self.note(s)
            guard = self.guard_of(s)
            if self.run and (guard is None or guard != self.guard_of(self.run[0])):
                if is_arithmetic(s):
                    self.statements.append(s)
                    continue
                self.end()
            if guard is None:
                self.statements.append(s)
            else:
                assert isinstance(s, Store)
                self.run.append(s)
        self.end()
        return Block(tuple(self.statements), self.block.yields)

    def end(self) -> None:
        """Put the run where its test comes out as it is said to."""
        if not self.run:
            return
        test, wanted = self.guards[self.run[0].value]
        last = self.statements[-1] if self.statements else None
        if not isinstance(last, If) or last.test is not test:
            last = If(test, Block(()), Block(()), (), self.run[0].place)
        else:
            self.statements.pop()
        side = last.then if wanted else last.orelse
        reader = Substitution(dict(zip(last.outs, side.yields, strict=True)))
        side = Block((*side.statements, *map(reader.statement, self.run)), side.yields)
        self.statements.append(replace(last, **{"then" if wanted else "orelse": side}))
        self.run = []

    def guard_of(self, s: Statement) -> Guard | None:
        """The guard of what is added to an item of an array."""
        if not isinstance(s, Store) or not s.adds or s.value.type.is_array:
            return None
        if any(entry != "at" for entry in s.subscript.entries):
            return None
        return self.guards.get(s.value)

    # Which numbers are zero.

    def note(self, s: Statement) -> None:
        match s:
            case If():
                for out, *sides in zip(s.outs, s.then.yields, s.orelse.yields, strict=True):
                    zeros = [is_zero(side) for side in sides]
                    if any(zeros) and not out.type.is_array:
                        self.guards[out] = Guard(s.test, zeros[1])
            case Apply() if not s.out.type.is_array:
                factors = linear_in(s)
                found = {self.guards.get(a) for a in factors}
                if len(found) == 1 and (guard := found.pop()) is not None:
                    self.guards[s.out] = guard


def linear_in(s: Apply) -> tuple[Atom, ...]:
    """The numbers of which an operation makes zero if they are zero; none if it does not."""
    if s.function in SUMS:
        return s.args
    return s.args[:1] if s.function in SCALINGS else ()


def is_zero(atom: Atom) -> bool:
    return isinstance(atom, Const) and atom.type.is_float and atom.value == 0


def is_arithmetic(s: Statement) -> bool:
    """True for an operation on numbers, which has nothing to do with memory."""
    return isinstance(s, Apply) and not any(a.type.is_array for a in (s.out, *s.args))
