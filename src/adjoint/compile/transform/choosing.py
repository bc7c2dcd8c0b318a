"""Loops that choose one of what they pass, of which nothing else is reversed or recorded.

``for i in range(n): if x[i] > best: best = x[i]`` hands its cotangent to the last item that was
better, and zeros to all others. So the loop notes the last turn in which its test came out so, and
that turn alone is reversed: no tape, and no reverse loop. What counts is which turn was the last,
as in `skipping`, so it is exact.
"""

import operator
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from adjoint.compile import operations
from adjoint.compile.ir.copying import Copier, Substitution
from adjoint.compile.ir.nodes import (
    INT,
    Apply,
    Atom,
    Block,
    Const,
    For,
    If,
    Statement,
    Store,
    Var,
    constant,
    defined,
)
from adjoint.compile.transform.simplify import simplify_block
from adjoint.compile.transform.sinking import is_zero, linear_in

if TYPE_CHECKING:
    from adjoint.compile.transform.reverse import Reverse

T = TypeVar("T")
Statements = tuple[Statement, ...]


class Noted(NamedTuple):
    """What a loop becomes, what each value was in the last turn that chose, and the results.

    `before` : what the index is if no turn chose.
    """

    forward: Statements
    before: Atom
    last: dict[Var, Var]


class Chosen(NamedTuple):
    """A loop as the forward sweep runs it, and the results of its reverse."""

    forward: Statements
    outs: tuple[Var, ...]


class Test(NamedTuple):
    """A test in each turn of a loop, and how it comes out where the turn chooses."""

    atom: Var
    wanted: bool


def chosen(
    sweep: "Reverse", s: For, forward: Statements, turn: Block, seeded: dict[Var, Atom]
) -> Chosen | None:
    """Reverse the last turn that chooses; None if other turns may add something too.

    Parameters
    ----------
    forward, turn : the statements of a turn, and its reverse.
    seeded : the cotangents that the reverse loop would carry, and what they begin with.
    """
    test = choice(turn, tuple(seeded))
    if test is None:
        return None
    block = simplify_block(Substitution({test.atom: Const(test.wanted)}).block(turn))
    whole = Block(forward, s.body.yields)
    kept, block, forward = sweep.recorded(whole, block, (s.index, *s.params), {s.index})
    if any(v.type.is_array for v in kept):
        return None
    found = noted(s, forward, kept, test)
    took = sweep.emit(operations.differs, found.last[s.index], found.before, name="chose")
    then = Copier({**seeded, **found.last}).block(block)
    outs = tuple(Var(p.name, p.type) for p in seeded)
    sweep.builder.add(If(took, then, Block((), tuple(seeded.values())), outs, s.place))
    return Chosen(found.forward, outs)


def choice(turn: Block, params: Sequence[Var]) -> Test | None:
    """The test of a loop, if only the last turn in which it comes out so has to be reversed.

    Parameters
    ----------
    turn : the reverse of a turn.
    params : the cotangents that it carries, in the order of what it yields.
    """
    handed = [found for pair in zip(params, turn.yields, strict=True) if (found := on(turn, *pair))]
    if len(set(handed)) != 1:
        return None
    (test,) = set(handed)
    chosen = {p for p, y in zip(params, turn.yields, strict=True) if on(turn, p, y) is not None}
    return test if Turn(turn, test, chosen).is_all(params) else None


def on(turn: Block, param: Var, after: Atom) -> Test | None:
    """The test that hands a cotangent to something of the turn, which carries it on otherwise."""
    for s in turn.statements:
        match s:
            case Apply() if s.out is after and s.function is operations.select:
                return handed_on(s.args[0], s.args[1:], param)
            case If() if after in s.outs:
                place = s.outs.index(after)
                sides = [side.yields[place] for side in (s.then, s.orelse)]
                return handed_on(s.test, sides, param)
    return None


def handed_on(test: Atom, sides: Sequence[Atom], param: Var) -> Test | None:
    if not isinstance(test, Var) or param not in sides or not any(map(is_zero, sides)):
        return None
    return Test(test, sides[1] is param)


class Turn:
    """What a turn adds, if only what it hands over decides whether that is zero.

    Attributes
    ----------
    scaled : numbers that are zero if the `chosen` cotangents are.
    nothing : those that are also zero where the test comes out otherwise.
    """

    def __init__(self, turn: Block, test: Test, chosen: set[Var]):
        self.turn, self.test, self.chosen = turn, test, chosen
        self.scaled: set[Atom] = set(chosen)
        self.nothing: set[Atom] = set()

    def is_all(self, params: Sequence[Var]) -> bool:
        """True if each other turn changes neither memory nor what the loop carries."""
        if self.test.atom in defined(self.turn):
            return False
        if not all(map(self.is_quiet, self.turn.statements)):
            return False
        pairs = zip(params, self.turn.yields, strict=True)
        return all(p in self.chosen or self.is_kept(p, after) for p, after in pairs)

    def is_kept(self, param: Var, after: Atom) -> bool:
        """True for a sum to which such turns add nothing."""
        if after is param:
            return True
        for s in self.turn.statements:
            if isinstance(s, Apply) and s.out is after and s.function is operations.plus:
                first, second = s.args
                return (first is param and second in self.nothing) or (
                    second is param and first in self.nothing
                )
        return False

    def is_quiet(self, s: Statement) -> bool:
        match s:
            case Apply():
                self.note(s, self.scaled)
                return not s.out.type.is_array
            case Store():
                return s.adds and s.value in self.nothing
            case If():
                return s.test is self.test.atom and self.is_quiet_branch(s)
        return False

    def note(self, s: Apply, scaled: set[Atom]) -> None:
        factors = linear_in(s)
        if s.function is operations.select:
            test, *sides = s.args
            factors = tuple(a for a in sides if not is_zero(a))
            if test is self.test.atom and is_zero(self.otherwise(sides)):
                self.nothing.update((s.out,) if scaled.issuperset(factors) else ())
        elif factors and self.nothing.issuperset(factors):
            self.nothing.add(s.out)
        if factors and scaled.issuperset(factors):
            scaled.add(s.out)

    def otherwise(self, sides: Sequence[T]) -> T:
        """Of the sides of the test, that of turns that do not choose."""
        return sides[1 if self.test.wanted else 0]

    def is_quiet_branch(self, s: If) -> bool:
        """True if the side of turns that choose only adds multiples of what is chosen."""
        other = self.otherwise((s.then, s.orelse))
        side = s.orelse if other is s.then else s.then
        if other.statements:
            return False
        scaled = set(self.scaled)
        for inner in side.statements:
            if isinstance(inner, Apply) and not inner.out.type.is_array:
                self.note(inner, scaled)
            elif not (isinstance(inner, Store) and inner.adds and inner.value in scaled):
                return False
        for out, after, before in zip(s.outs, side.yields, other.yields, strict=True):
            if after in scaled and is_zero(before):
                self.nothing.add(out)
                self.scaled.add(out)
        return True


def noted(s: For, forward: Statements, kept: Sequence[Var], test: Test) -> Noted:
    """A loop that notes its index and the `kept` in the last turn that chooses."""
    first: list[Statement] = []
    before: Atom = Var("before", INT)
    if isinstance(s.start, Const) and isinstance(s.step, Const):
        before = Const(int(s.start.value) - int(s.step.value))
    else:
        first.append(Apply(before, operator.sub, (s.start, s.step), (), s.place))
    starts = (before, *(constant(0, v.type) for v in kept))
    latest, after, outs = (tuple(Var(v.name, v.type) for v in (s.index, *kept)) for _ in range(3))
    statements = list(forward)
    for var, old, new in zip((s.index, *kept), latest, after, strict=True):
        sides = (var, old) if test.wanted else (old, var)
        statements.append(Apply(new, operations.select, (test.atom, *sides), (), s.place))
    loop = replace(
        s,
        params=(*s.params, *latest),
        inits=(*s.inits, *starts),
        body=Block(tuple(statements), (*s.body.yields, *after)),
        outs=(*s.outs, *outs),
    )
    return Noted((*first, loop), before, dict(zip((s.index, *kept), outs, strict=True)))
