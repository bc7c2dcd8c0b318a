"""Lengths of arrays, read where they cost nothing: a result is as long as what it was made of.

The reverse sweep asks for the lengths of arrays whose contents it does not need. Asked of another
array that has them, which is outside the loop or recorded anyway, nothing is recorded for them.
An array that a loop carries is as long as it was before the loop, if each turn leaves it so.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from adjoint.compile import operations
from adjoint.compile.ir.copying import Substitution
from adjoint.compile.ir.nodes import (
    Apply,
    Atom,
    Block,
    For,
    Statement,
    Var,
    While,
    blocks,
    defined,
    reads,
    walk,
    writes,
)

ALIKE = (operations.copy, operations.as_item, operations.as_float, operations.plus)
NEW = {operations.zeros: 0, operations.empty: 0, operations.full: 1}
"""What makes arrays of given lengths, and after how many other operands these are given."""
Place = tuple[Var, int]
"""An axis of an array."""


class Carried(NamedTuple):
    """An array that a loop carries: at the start of a turn, before the loop, after a turn."""

    param: Var
    init: Atom
    after: Atom


class Lengths:
    """Which arrays of a program are equally long."""

    def __init__(self, body: Block):
        self.makers = {s.out: s for s in walk(body) if isinstance(s, Apply)}
        self.carried: dict[Var, Carried] = {}
        self.asked: set[Place] = set()
        for s in walk(body):
            if isinstance(s, For | While):
                carried = map(Carried, s.params, s.inits, s.body.yields)
                for found, out in zip(carried, s.outs, strict=True):
                    self.carried[found.param] = self.carried[out] = found

    def same(self, array: Var, axis: int) -> Iterator[Place]:
        """The axes of other arrays that are as long as this one, nearest first."""
        place = self.origin((array, axis))
        while place is not None:
            yield place
            place = self.origin(place)

    def origin(self, place: Place) -> Place | None:
        """The axis from which this one has its length."""
        array, axis = place
        if array in self.carried:
            found = self.carried[array]
            return self.before(found, axis) if self.is_steady(found, axis) else None
        maker = self.makers.get(array)
        if maker is None:
            return None
        if maker.function in NEW:
            return self.measured(maker.args[NEW[maker.function] + axis])
        return taken_from(maker, axis)

    def before(self, found: Carried, axis: int) -> Place | None:
        return (found.init, axis) if isinstance(found.init, Var) else None

    def is_steady(self, found: Carried, axis: int) -> bool:
        """True if each turn leaves an array that is as long as the one it was given."""
        start = (found.param, axis)
        if start in self.asked:
            return False  # two arrays that change places
        self.asked.add(start)
        place: Place | None = (found.after, axis) if isinstance(found.after, Var) else None
        while place is not None and place[0] is not found.param:
            place = self.origin(place)
        self.asked.discard(start)
        return place == start

    def measured(self, length: Atom) -> Place | None:
        """The axis whose length a number is."""
        maker = self.makers.get(length) if isinstance(length, Var) else None
        if maker is None or maker.function is not operations.dim:
            return None
        array = maker.args[0]
        return (array, dict(maker.keywords)["axis"]) if isinstance(array, Var) else None

    def read_elsewhere(self, block: Block, inside: set[Var]) -> Block:
        """A reverse block, asking for lengths where that is free.

        `inside` : the variables of its forward sweep, which must be recorded to be read.
        """
        kept = {a for a in contents(block) if a in inside}
        return Asking(self, inside, kept).block(block)


class Asking(Substitution):
    """Copies a block; `kept` are arrays from inside that it reads in any case."""

    def __init__(self, lengths: Lengths, inside: set[Var], kept: set[Var]):
        super().__init__({})
        self.lengths, self.inside, self.kept = lengths, inside, kept

    def statement(self, s: Statement) -> Statement:
        if not isinstance(s, Apply) or s.function is not operations.dim:
            return super().statement(s)
        array = s.args[0]
        if not isinstance(array, Var) or array not in self.inside or array in self.kept:
            return s
        places = list(self.lengths.same(array, dict(s.keywords)["axis"]))
        free = [place for place in places if place[0] not in self.inside]
        for found, axis in (*free, *(place for place in places if place[0] in self.kept)):
            return replace(s, args=(found,), keywords=(("axis", axis),))
        return s


def measured(forward: Block, backward: Block, inside: set[Var]) -> tuple[Block, Block]:
    """Both blocks, where the forward one asks for the lengths of arrays of its own of which the
    reverse one needs nothing else: a number is recorded in the place of an array."""
    read = contents(backward)
    known: dict[tuple, Apply] = {}
    within = {v for s in forward.statements for inner in blocks(s) for v in defined(inner)}

    def is_asked(s: Statement) -> bool:
        if not isinstance(s, Apply) or s.function is not operations.dim:
            return False
        array = s.args[0]
        return array in inside and array not in read and array not in within

    class Asked(Substitution):
        def block(self, block: Block) -> Block:
            for s in filter(is_asked, block.statements):
                assert isinstance(s, Apply)
                made = known.setdefault((s.args[0], s.keywords), self.renamed(s))
                self.names[s.out] = made.out
            kept = tuple(s for s in block.statements if not is_asked(s))
            return super().block(replace(block, statements=kept))

        def renamed(self, s: Apply) -> Apply:
            return replace(s, out=Var(s.out.name, s.out.type))

    asked = Asked({}).block(backward)
    own = {out for s in forward.statements for out in writes(s)}
    first = tuple(s for (array, _), s in known.items() if array not in own)
    last = tuple(s for (array, _), s in known.items() if array in own)
    return replace(forward, statements=(*first, *forward.statements, *last)), asked


def contents(block: Block) -> set[Var]:
    """The arrays of which a block reads more than lengths."""
    found = {a for a in block.yields if isinstance(a, Var)}
    for s in walk(block):
        if not (isinstance(s, Apply) and s.function is operations.dim):
            found.update(a for a in reads(s) if isinstance(a, Var))
        for inner in blocks(s):
            found.update(a for a in inner.yields if isinstance(a, Var))
    return {a for a in found if a.type.is_array}


def taken_from(maker: Apply, axis: int) -> Place | None:
    """The axis from which an axis of a result has its length; None where that is not one."""
    arrays = [a for a in dict.fromkeys(maker.args) if isinstance(a, Var) and a.type.is_array]
    if maker.function is np.dot:
        first, second = arrays[0], arrays[-1]  # one array, if it is multiplied by itself
        if max(first.type.ndim, second.type.ndim) > 2:
            return None
        from_first = first.type.ndim == 2 and axis == 0
        return (first, 0) if from_first else (second, second.type.ndim - 1)
    if maker.function is np.transpose:
        order = dict(maker.keywords).get("axes")
        return arrays[0], arrays[0].type.ndim - 1 - axis if order is None else order[axis]
    arithmetic = getattr(maker.function, "__module__", "") == "_operator"
    if not (arithmetic or isinstance(maker.function, np.ufunc) or maker.function in ALIKE):
        return None
    if len(arrays) != 1 or arrays[0].type.ndim != maker.out.type.ndim:
        return None
    return arrays[0], axis
