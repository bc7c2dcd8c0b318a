"""Loops in parts, so that what is done at their ends is not asked for at each turn.

A test such as ``i > 0`` or ``i < n - 1``, of a loop's index against what is known before the loop,
has one answer up to some turn and the other from there on. In a loop for each the test is gone, and
so are the tape of its answers and what keeps LLVM from working on several turns at once (index set
splitting: Wolfe, High Performance Compilers for Parallel Computing, 1996, section 9.3).
"""

import math
import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from adjoint.compile import operations
from adjoint.compile.ir.copying import Copier, Substitution, with_loops
from adjoint.compile.ir.nodes import (
    BOOL,
    INT,
    Apply,
    Atom,
    Builder,
    Const,
    For,
    Function,
    If,
    Statement,
    Var,
    While,
    defined,
    walk,
)
from adjoint.compile.transform.induction import made

LONGEST, MOST = 120, 400
"""Statements of a turn, and of all the loops that one becomes."""
PARTS = 5
"""Loops that one becomes, at most."""
EDGE = 4
"""Turns at an end of a loop that are not divided again."""


def without_tests(function: Function) -> Function:
    """The function with its loops in parts where that answers tests of their indices."""
    makers = {s.out: s for s in walk(function.body) if isinstance(s, Apply)}

    def in_parts(loop: For | While) -> Iterable[Statement]:
        if isinstance(loop, While) or loop.remade or step_of(loop) not in (1, -1):
            return [loop]
        size = sum(1 for _ in walk(loop.body))
        if not 0 < size <= LONGEST:
            return [loop]
        return Dividing(loop, makers, MOST // size).statements()

    return replace(function, body=with_loops(function.body, in_parts))


def step_of(loop: For) -> object:
    return loop.step.value if isinstance(loop.step, Const) else None


@dataclass(frozen=True)
class Sum:
    """``constant`` plus ints from outside, each so many times."""

    constant: int
    terms: frozenset[tuple[Atom, int]] = frozenset()

    def plus(self, other: "Sum", times: int = 1) -> "Sum":
        found = dict(self.terms)
        for atom, count in other.terms:
            found[atom] = found.get(atom, 0) + times * count
        terms = frozenset((atom, count) for atom, count in found.items() if count)
        return Sum(self.constant + times * other.constant, terms)

    def beyond(self, other: "Sum") -> float:
        """How much more it is than another; nan if that is not known."""
        difference = self.plus(other, -1)
        return math.nan if difference.terms else difference.constant


@dataclass(frozen=True)
class Part:
    """The turns of a loop from one index up to another, without it.

    Attributes
    ----------
    first, end : the indices.
    lowers, uppers : what `first` is the greatest of, and what `end` is the least of.
    whole : False for some turns at an end, which are not divided again.
    """

    first: Atom
    end: Atom
    lowers: tuple[Sum, ...]
    uppers: tuple[Sum, ...]
    whole: bool = True

    def below(self, bound: Sum) -> bool | None:
        """Whether the index is below a bound: in all turns, in none, or None."""
        if any(bound.beyond(upper) >= 0 for upper in self.uppers):
            return True
        return False if any(lower.beyond(bound) >= 0 for lower in self.lowers) else None


@dataclass(frozen=True)
class Test:
    """``index < bound + more``, ``index == bound``, or the opposite."""

    bound: Sum
    more: int
    equal: bool
    opposite: bool

    def bounds(self) -> list[int]:
        """Where the answer changes, beyond the bound."""
        return [0, 1] if self.equal else [self.more]

    def answer(self, part: Part) -> bool | None:
        below = [part.below(self.bound.plus(Sum(more))) for more in self.bounds()]
        found = below[0]
        if self.equal:
            found = True if below == [False, True] else None
            if below[0] is True or below[1] is False:
                found = False
        return None if found is None else found != self.opposite


MIRRORED = {operator.lt: operator.gt, operator.gt: operator.lt}
MIRRORED |= {operator.le: operator.ge, operator.ge: operator.le}
ORDERS: dict[Callable, tuple[int, bool, bool]] = {
    operator.lt: (0, False, False),
    operator.ge: (0, False, True),
    operator.le: (1, False, False),
    operator.gt: (1, False, True),
    operator.eq: (0, True, False),
    operator.ne: (0, True, True),
    operations.differs: (0, True, True),
}
"""Of each comparison which test it is: `more`, `equal` and `opposite`."""
SUMS = {operator.add: 1, operations.plus: 1, operator.sub: -1}


class Dividing:
    """The parts of one loop, `most` at most; `makers` compute what the function's variables are."""

    def __init__(self, loop: For, makers: dict[Var, Apply], most: int):
        self.loop = loop
        self.makers = makers
        self.most = min(most, PARTS)
        self.inside = defined(loop.body) | {loop.index, *loop.params}
        self.before = Builder(place=loop.place)

    def statements(self) -> list[Statement]:
        tests = dict(self.tests())
        whole = self.whole()
        if not tests or whole is None:
            return [self.loop]
        parts = [whole]
        for test in tests.values():
            for more in test.bounds():
                parts = self.divided(parts, test.bound, more)
        if step_of(self.loop) == -1:
            parts.reverse()
        found: list[For] = []
        for part in parts:
            answers = {out: test.answer(part) for out, test in tests.items()}
            known: dict[Var, Atom] = {o: Const(a) for o, a in answers.items() if a is not None}
            carried = found[-1].outs if found else self.loop.inits
            found.append(self.written(part, known, carried))
        found[-1] = replace(found[-1], outs=self.loop.outs)
        return [*self.before.statements, *found]

    # Tests.

    def tests(self) -> Iterator[tuple[Var, Test]]:
        """The comparisons of the index on which a branch depends, by their results."""
        statements = list(walk(self.loop.body))
        asked = {s.test for s in statements if isinstance(s, If)}
        before = 0
        while before < len(asked):
            before = len(asked)
            for s in statements:
                if isinstance(s, Apply) and s.out in asked:
                    asked |= {a for a in s.args if a.type == BOOL}
                elif isinstance(s, If):
                    places = [i for i, out in enumerate(s.outs) if out in asked]
                    asked |= {side.yields[i] for side in (s.then, s.orelse) for i in places}
        for s in statements:
            if isinstance(s, Apply) and s.out in asked and s.function in ORDERS:
                test = self.test(s)
                if test is not None:
                    yield s.out, test

    def test(self, s: Apply) -> Test | None:
        left, right = map(self.sum, s.args)
        if left is None or right is None:
            return None
        difference, index = left.plus(right, -1), self.loop.index
        count = dict(difference.terms).get(index)
        if count not in (1, -1):
            return None
        rest = difference.plus(Sum(0, frozenset([(index, 1)])), -count)
        if any(atom in self.inside for atom, _ in rest.terms):
            return None
        function = MIRRORED.get(s.function, s.function) if count == -1 else s.function
        return Test(Sum(0).plus(rest, -count), *ORDERS[function])

    def sum(self, atom: Atom) -> Sum | None:
        """An int as a sum of others that are not sums."""
        if atom.type != INT:
            return None
        if isinstance(atom, Const):
            return Sum(int(atom.value))
        maker = self.makers.get(atom)
        if maker is None or maker.function not in SUMS:
            return Sum(0, frozenset([(atom, 1)]))
        a, b = map(self.sum, maker.args)
        return None if a is None or b is None else a.plus(b, SUMS[maker.function])

    # Parts.

    def whole(self) -> Part | None:
        loop = self.loop
        first, end = loop.start, loop.stop
        if step_of(loop) == -1:
            first, end = (self.made(operator.add, x, Const(1)) for x in (end, first))
        lower, upper = self.sum(loop.start), self.sum(loop.stop)
        if lower is None or upper is None:
            return None
        if step_of(loop) == -1:
            lower, upper = upper.plus(Sum(1)), lower.plus(Sum(1))
        return Part(first, end, (lower,), (upper,))

    def divided(self, parts: list[Part], base: Sum, more: int) -> list[Part]:
        """The parts, of which each that a bound divides becomes two."""
        bound = base.plus(Sum(more))
        found: list[Part] = []
        for i, part in enumerate(parts):
            known = part.below(bound) is not None
            if known or not part.whole or len(found) + len(parts) - i >= self.most:
                found.append(part)
                continue
            at = self.place(part, base, more)
            end, first = at, at
            if not all(upper.beyond(bound) >= 0 for upper in part.uppers):
                end = self.made(operations.smaller, at, part.end)
            if not all(bound.beyond(lower) >= 0 for lower in part.lowers):
                first = self.made(operations.larger, at, part.first)
            at_start = any(0 <= bound.beyond(lower) <= EDGE for lower in part.lowers)
            at_end = any(0 <= upper.beyond(bound) <= EDGE for upper in part.uppers)
            uppers, lowers = (*part.uppers, bound), (*part.lowers, bound)
            found.append(replace(part, end=end, uppers=uppers, whole=not at_start))
            found.append(replace(part, first=first, lowers=lowers, whole=not at_end))
        return found

    def place(self, part: Part, base: Sum, more: int) -> Atom:
        """The bound ``base + more`` in a part. What is past its end may be the greatest int."""
        at: Atom = Const(base.constant)
        for atom, count in sorted(base.terms, key=lambda term: repr(term[0])):
            for _ in range(abs(count)):
                at = self.made(operator.add if count > 0 else operator.sub, at, atom)
        if more and not isinstance(at, Const):
            at = self.made(operations.smaller, at, part.end)
        return self.made(operator.add, at, Const(more))

    def made(self, function: Callable, a: Atom, b: Atom) -> Atom:
        return made(self.before, function, a, b)

    def written(self, part: Part, known: dict[Var, Atom], carried: tuple[Atom, ...]) -> For:
        """The loop of a part, in which answers are known."""
        loop, start, stop = self.loop, part.first, part.end
        if step_of(loop) == -1:
            start, stop = (self.made(operator.sub, x, Const(1)) for x in (stop, start))
        body = Substitution(known).block(loop.body)
        bounds = {"start": start, "stop": stop, "inits": carried, "body": body}
        return Copier({}).statement(replace(loop, **bounds))
