"""Polynomials of a loop's index, computed by differences: from turn to turn by addition.

What `induction` writes as a polynomial of degree two costs several operations in each turn, and
LLVM, which finds such recurrences by itself, does not see through the division by two. As the last
pass it becomes two ints that are carried: the value, and by how much it grows (the method of
differences, as in Babbage's engine; strength reduction, Cocke and Kennedy, 1977).
"""

import operator
from collections.abc import Iterable
from dataclasses import dataclass, replace

from adjoint.compile.ir.copying import Substitution, with_loops
from adjoint.compile.ir.nodes import (
    INT,
    Apply,
    Atom,
    Block,
    Builder,
    Const,
    For,
    Function,
    Statement,
    Var,
    While,
    blocks,
    defined,
    reads,
    walk,
)
from adjoint.compile.transform.induction import NOTHING, ONE, is_number, made

ARITHMETIC = frozenset((operator.add, operator.sub, operator.mul, operator.neg, operator.rshift))


@dataclass(frozen=True)
class Polynomial:
    """``constant + slope * i + curvature * i * (i - 1) / 2``, with `i` the index of a loop."""

    constant: Atom
    slope: Atom
    curvature: Atom

    @property
    def is_affine(self) -> bool:
        return is_number(self.curvature, 0)


def stepped(function: Function) -> Function:
    """An equal function in which no turn of a loop computes a polynomial of degree two."""
    return replace(function, body=with_loops(function.body, of_loop))


def of_loop(loop: For | While) -> list[Statement]:
    return Stepping(loop).statements() if isinstance(loop, For) else [loop]


class Stepping:
    """The rewriting of one loop."""

    def __init__(self, loop: For):
        self.loop = loop
        self.inside = defined(loop.body) | {loop.index, *loop.params}
        self.before = Builder(place=loop.place)
        self.makers: dict[Var, Apply] = {}
        self.known: dict[Var, Polynomial] = {loop.index: Polynomial(NOTHING, ONE, NOTHING)}

    def statements(self) -> list[Statement]:
        """The loop, after what it needs."""
        loop = self.loop
        if not is_number(loop.step, 1) and not is_number(loop.step, -1):
            return [loop]
        curved = self.curved()
        if not curved:
            return [loop]
        inits, params, yields, names = [], [], [], {}
        body = Builder(place=loop.place)
        for var in curved:
            value, change = Var(var.name, INT), Var("change", INT)
            found = self.known[var]
            inits += self.beginning(found)
            params += [value, change]
            yields += [
                made(body, operator.add, value, change),
                made(body, operator.add, change, found.curvature),
            ]
            names[var] = value
        rest = Substitution(names).block(loop.body)
        outs = tuple(Var("end", INT) for _ in params)
        block = Block((*rest.statements, *body.statements), (*rest.yields, *yields))
        after = replace(
            loop,
            params=(*loop.params, *params),
            inits=(*loop.inits, *inits),
            body=without_unread(block),
            outs=(*loop.outs, *outs),
        )
        return [*self.before.statements, after]

    def curved(self) -> list[Var]:
        """The ints of degree two of which something else than such arithmetic is made."""
        others: set[Atom] = set(self.loop.body.yields)
        for s in self.loop.body.statements:
            if isinstance(s, Apply) and s.function in ARITHMETIC and s.out.type == INT:
                self.makers[s.out] = s
                polynomial = self.polynomial(s)
                if polynomial is not None:
                    self.known[s.out] = polynomial
                    continue
            others.update(read_in(s))
        return [v for v, found in self.known.items() if v in others and not found.is_affine]

    def polynomial(self, s: Apply) -> Polynomial | None:
        """What an operation makes of polynomials."""
        halved = self.pairs(s) if s.function is operator.rshift else None
        if halved is not None or s.function is operator.rshift:
            return halved
        found = [self.of(arg) for arg in s.args]
        if any(each is None for each in found):
            return None
        if all(arg not in self.known for arg in s.args):
            return None  # the same in all turns
        if s.function is operator.neg:
            found = [Polynomial(NOTHING, NOTHING, NOTHING), *found]
        a, b = found
        if s.function is operator.mul:
            return self.product(a, b)
        function = operator.add if s.function is operator.add else operator.sub
        return Polynomial(
            self.made(function, a.constant, b.constant),
            self.made(function, a.slope, b.slope),
            self.made(function, a.curvature, b.curvature),
        )

    def of(self, atom: Atom) -> Polynomial | None:
        if isinstance(atom, Var) and atom in self.inside:
            return self.known.get(atom)
        return Polynomial(atom, NOTHING, NOTHING) if atom.type == INT else None

    def product(self, a: Polynomial, b: Polynomial) -> Polynomial | None:
        """By ``i * i == i + 2 * (i * (i - 1) / 2)``; None if the degree is greater than two."""
        for one, other in ((a, b), (b, a)):
            if is_number(one.slope, 0) and one.is_affine:
                times = one.constant
                return Polynomial(
                    self.made(operator.mul, times, other.constant),
                    self.made(operator.mul, times, other.slope),
                    self.made(operator.mul, times, other.curvature),
                )
        if not a.is_affine or not b.is_affine:
            return None
        square = self.made(operator.mul, a.slope, b.slope)
        crossed = self.made(
            operator.add,
            self.made(operator.mul, a.constant, b.slope),
            self.made(operator.mul, b.constant, a.slope),
        )
        return Polynomial(
            self.made(operator.mul, a.constant, b.constant),
            self.made(operator.add, crossed, square),
            self.made(operator.mul, Const(2), square),
        )

    def pairs(self, s: Apply) -> Polynomial | None:
        """``t * (t - 1) >> 1`` where `t` grows, or shrinks, by one from turn to turn."""
        doubled, shift = s.args
        product = self.makers.get(doubled) if isinstance(doubled, Var) else None
        if not is_number(shift, 1) or product is None or product.function is not operator.mul:
            return None
        for count, less in (product.args, product.args[::-1]):
            maker = self.makers.get(less) if isinstance(less, Var) else None
            if maker is None or maker.function is not operator.sub or maker.args[0] is not count:
                continue
            found = self.of(count)
            if not is_number(maker.args[1], 1) or found is None or not found.is_affine:
                return None
            start = found.constant
            if is_number(found.slope, 1):
                return Polynomial(self.halved(start), start, ONE)
            if is_number(found.slope, -1):
                return Polynomial(self.halved(start), self.made(operator.sub, ONE, start), ONE)
        return None

    def halved(self, count: Atom) -> Atom:
        """``count * (count - 1) / 2``."""
        less = self.made(operator.sub, count, ONE)
        return self.made(operator.rshift, self.made(operator.mul, count, less), ONE)

    def beginning(self, found: Polynomial) -> list[Atom]:
        """The value in the first turn, and by how much it grows to the second."""
        start = self.loop.start
        grown = self.made(operator.mul, found.curvature, start)
        value = self.made(
            operator.add,
            self.made(operator.add, found.constant, self.made(operator.mul, found.slope, start)),
            self.made(operator.mul, found.curvature, self.halved(start)),
        )
        change = self.made(operator.add, found.slope, grown)
        if is_number(self.loop.step, -1):
            change = self.made(operator.sub, found.curvature, change)
        return [value, change]

    def made(self, function, a: Atom, b: Atom) -> Atom:
        return made(self.before, function, a, b)


def read_in(statement: Statement) -> Iterable[Atom]:
    """What a statement reads, in its blocks too."""
    yield from reads(statement)
    for inner in blocks(statement):
        yield from inner.yields
        for s in walk(inner):
            yield from reads(s)
            for block in blocks(s):
                yield from block.yields


def without_unread(block: Block) -> Block:
    """The block without arithmetic of ints that nothing reads."""
    wanted: set[Atom] = set(block.yields)
    kept: list[Statement] = []
    for s in reversed(block.statements):
        is_arithmetic = isinstance(s, Apply) and s.function in ARITHMETIC and s.out.type == INT
        if is_arithmetic and s.out not in wanted:
            continue
        wanted.update(read_in(s))
        kept.append(s)
    return Block(tuple(reversed(kept)), block.yields)
