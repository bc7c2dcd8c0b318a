"""Whether turns that run side by side take less time than one after the other.

Vectors save the time of seven turns out of eight, and of waiting for each sum that a turn makes in
order. What they cost is that numbers from different rows are collected one by one; and inner loops
that LLVM would run several turns of have little to gain.
"""

from collections.abc import Callable

from adjoint.compile import operations
from adjoint.compile.codegen.elementary import FORMULAS
from adjoint.compile.ir.nodes import (
    FLOAT,
    Apply,
    Atom,
    Block,
    For,
    Statement,
    Store,
    Var,
    While,
    binds,
    blocks,
    defined,
    walk,
    writes,
)

DEAREST = 0.25
"""Numbers that a turn may collect, for each operation that it takes alone."""
OFTEN = 8
"""Turns that an inner loop is taken to have."""
STRONG = 12
"""Operations that an exponential takes the time of."""
WAITING = 3
"""Operations in the time that a sum in order waits for the term before."""
EASY = 0.25
"""What is left of the time of a loop that LLVM runs several turns of at once."""


class Gain:
    """Weighs one loop.

    Parameters
    ----------
    varying : what differs from turn to turn.
    is_stored : whether the loop stores into the memory of an array.
    """

    def __init__(self, loop: For, varying: set[Var], is_stored: Callable[[Atom], bool]):
        self.loop = loop
        self.varying = varying
        self.is_stored = is_stored
        self.often: dict[Atom, int] = {}
        self.work = self.collected = 0.0

    def is_worth(self) -> bool:
        statements = tuple(walk(self.loop.body))
        if not any(isinstance(s, For) for s in statements):
            strong = any(isinstance(s, Apply) and s.function in FORMULAS for s in statements)
            if not (strong and waits(self.loop)):  # or LLVM does it
                return False
        self.block(self.loop.body, 1, 1.0)
        return self.collected <= DEAREST * self.work

    def block(self, block: Block, each: int, share: float) -> None:
        for s in block.statements:
            self.often.update((v, each) for v in writes(s))
            self.often.update((v, each * OFTEN) for v in binds(s))
            self.statement(s, each, share)
            if isinstance(s, For):
                again = each * OFTEN
                self.work += again * WAITING * waits(s)
                self.block(s.body, again, EASY if is_easy(s) else 1.0)
            else:
                for inner in blocks(s):
                    self.block(inner, each, share)

    def statement(self, s: Statement, each: int, share: float) -> None:
        match s:
            case Apply(function=operations.load):
                self.work += each * share
                if any(a in self.varying for a in s.args[1:]):
                    self.collected += self.collecting(s, each)
            case Apply() if s.out in self.varying:
                self.work += each * share * (STRONG if s.function in FORMULAS else 1)
            case Store() if any(a in self.varying for a in s.index):
                self.collected += each

    def collecting(self, s: Apply, each: int) -> int:
        """How often the numbers are collected: before inner loops that do not change the place."""
        array, *index = s.args
        if index[-1] is self.loop.index:
            return 0  # they are neighbours
        if self.is_stored(array):
            return each
        return max(self.often.get(a, 1) for a in index)


def waits(loop: For) -> int:
    """How many sums a loop carries of which each term waits for the one before."""
    makers = {s.out: s for s in loop.body.statements if isinstance(s, Apply)}
    ordered = 0
    for param, after in zip(loop.params, loop.body.yields, strict=True):
        maker = makers.get(after) if isinstance(after, Var) else None
        loose = maker is not None and maker.function is operations.plus
        ordered += param.type == FLOAT and not loose
    return ordered


def is_easy(loop: For) -> bool:
    """True for a loop that LLVM makes vectors of: it has only neighbours, and nothing waits."""
    inside = defined(loop.body) | set(loop.params)
    for s in walk(loop.body):
        if isinstance(s, For | While):
            return False
        index = s.index if isinstance(s, Store) else ()
        if isinstance(s, Apply) and s.function is operations.load:
            index = s.args[1:]
        if any(a in inside for a in index) or any(a is loop.index for a in index[:-1]):
            return False
    return not waits(loop)
