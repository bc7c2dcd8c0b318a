"""Ints that a loop carries only to count: they become what they are, a polynomial of its index.

A carried int to which each turn adds what is affine in the loop's index (``k += 1``, or
``place += n - i``) is a polynomial of degree two. Written as such, nothing of it passes from turn
to turn: no tape records it, no turn depends on the one before, and its greatest value is known.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace

from adjoint.compile import operations
from adjoint.compile.ir.copying import Substitution
from adjoint.compile.ir.nodes import (
    INT,
    Apply,
    Atom,
    Block,
    Builder,
    Const,
    For,
    Statement,
    Var,
    defined,
)

LIMIT = 2**63
NOTHING, ONE = Const(0), Const(1)


@dataclass(frozen=True)
class Affine:
    """``constant + slope * index``; both are known before the loop."""

    constant: Atom
    slope: Atom


def closed(loop: For, bound: Callable[[Atom], int]) -> list[Statement]:
    """The loop without the ints that only count, and the statements around it that it needs.

    Parameters
    ----------
    bound : the greatest magnitude of an atom from outside; nothing is done where a polynomial, or
        what it is made of, might leave 64 bits.
    """
    if not is_number(loop.step, 1) or all(param.type != INT for param in loop.params):
        return [loop]
    return Closing(loop, bound).statements()


class Closing:
    """The rewriting of one loop."""

    def __init__(self, loop: For, bound: Callable[[Atom], int]):
        self.loop = loop
        self.bound = bound
        self.inside = defined(loop.body) | {loop.index, *loop.params}
        self.makers = {s.out: s for s in loop.body.statements if isinstance(s, Apply)}
        self.before = Builder(place=loop.place)

    def statements(self) -> list[Statement]:
        loop, turns = self.loop, self.turns()
        body, after = Builder(place=loop.place), Builder(place=loop.place)
        names: dict[Var, Atom] = {}
        for position, param in enumerate(loop.params):
            step = self.step(param, loop.body.yields[position])
            if step is None or not self.fits(loop.inits[position], step, turns):
                continue
            start = loop.inits[position]
            names[param] = self.polynomial(body, start, step, self.since_start(body))
            total = Apply(Var("turns", INT), operations.trips, (loop.start, loop.stop, loop.step))
            after.add(total)
            found = self.polynomial(after, start, step, total.out)
            after.add(Apply(loop.outs[position], operator.add, (found, NOTHING)))
        if not names:
            return [loop]
        return [*self.before.statements, self.without(names, body), *after.statements]

    def without(self, names: dict[Var, Atom], body: Builder) -> For:
        """The loop with polynomials in the place of what it carried."""
        loop = self.loop
        rest = Substitution(names).block(loop.body)
        keep = [i for i, param in enumerate(loop.params) if param not in names]
        params, inits, yields, outs = (
            tuple(part[i] for i in keep)
            for part in (loop.params, loop.inits, rest.yields, loop.outs)
        )
        block = Block((*body.statements, *rest.statements), yields)
        return replace(loop, params=params, inits=inits, body=block, outs=outs)

    # What a turn adds.

    def step(self, param: Var, after: Atom) -> Affine | None:
        """What each turn adds to a carried int, if that is affine in the index."""
        if param.type != INT or not isinstance(after, Var):
            return None
        maker = self.makers.get(after)
        if maker is None or maker.function not in (operator.add, operator.sub):
            return None
        first, second = maker.args
        if first is param and second is not param:
            added = self.affine(second)
            if added is not None and maker.function is operator.sub:
                return Affine(
                    self.made(operator.sub, NOTHING, added.constant),
                    self.made(operator.sub, NOTHING, added.slope),
                )
            return added
        if second is param and maker.function is operator.add:
            return self.affine(first)
        return None

    def affine(self, atom: Atom) -> Affine | None:
        if atom.type != INT:
            return None
        if atom is self.loop.index:
            return Affine(NOTHING, ONE)
        if isinstance(atom, Const) or atom not in self.inside:
            return Affine(atom, NOTHING)
        maker = self.makers.get(atom)
        if maker is None or maker.function not in (operator.add, operator.sub, operator.mul):
            return None
        a, b = (self.affine(arg) for arg in maker.args)
        if a is None or b is None:
            return None
        if maker.function is operator.mul:
            return self.scaled(a, b)
        return Affine(
            self.made(maker.function, a.constant, b.constant),
            self.made(maker.function, a.slope, b.slope),
        )

    def scaled(self, a: Affine, b: Affine) -> Affine | None:
        if not is_number(a.slope, 0):
            a, b = b, a
        if not is_number(a.slope, 0):
            return None
        return Affine(
            self.made(operator.mul, a.constant, b.constant),
            self.made(operator.mul, a.constant, b.slope),
        )

    # Polynomials.

    def turns(self) -> int:
        """More turns than the loop makes, and a greater magnitude than its index has."""
        return self.limit(self.loop.start) + self.limit(self.loop.stop)

    def fits(self, start: Atom, step: Affine, turns: int) -> bool:
        """True if no number that `polynomial` computes has more than 64 bits."""
        first = self.limit(self.loop.start) * self.limit(step.slope) + self.limit(step.constant)
        pairs = turns * turns
        total = self.limit(start) + turns * first + self.limit(step.slope) * (pairs // 2)
        return max(pairs, total) < LIMIT

    def limit(self, atom: Atom) -> int:
        """The greatest magnitude of an atom from outside, or of one computed before the loop."""
        maker = next((s for s in self.before.statements if s.out is atom), None)
        if maker is None:
            return self.bound(atom)
        sizes = tuple(map(self.limit, maker.args))
        return sizes[0] * sizes[1] if maker.function is operator.mul else sum(sizes)

    def since_start(self, builder: Builder) -> Atom:
        """How many turns were made before."""
        return made(builder, operator.sub, self.loop.index, self.loop.start)

    def polynomial(self, builder: Builder, start: Atom, step: Affine, turns: Atom) -> Atom:
        """`start` after so many turns: plus ``turns * first + slope * turns * (turns - 1) / 2``."""
        offset = self.made(operator.mul, step.slope, self.loop.start)
        first = self.made(operator.add, step.constant, offset)
        total = made(builder, operator.add, start, made(builder, operator.mul, turns, first))
        if is_number(step.slope, 0):
            return total
        pairs = made(builder, operator.mul, turns, made(builder, operator.sub, turns, ONE))
        halved = made(builder, operator.rshift, pairs, ONE)
        return made(builder, operator.add, total, made(builder, operator.mul, step.slope, halved))

    def made(self, function: Callable, a: Atom, b: Atom) -> Atom:
        return made(self.before, function, a, b)


def made(builder: Builder, function: Callable, a: Atom, b: Atom) -> Atom:
    """``function(a, b)`` of ints, computed now where that is possible."""
    if isinstance(a, Const) and isinstance(b, Const):
        return Const(function(int(a.value), int(b.value)))
    if is_number(b, 0) and function in (operator.add, operator.sub):
        return a
    if is_number(a, 0) and function is operator.add:
        return b
    if function is operator.mul:
        if is_number(a, 0) or is_number(b, 0):
            return NOTHING
        if is_number(a, 1) or is_number(b, 1):
            return b if is_number(a, 1) else a
    out = Var("t", INT)
    builder.add(Apply(out, function, (a, b), (), builder.place))
    return out


def is_number(atom: Atom, number: int) -> bool:
    return isinstance(atom, Const) and atom.value == number
