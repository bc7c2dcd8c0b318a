"""Lengths of arrays, read where they cost nothing: a result is as long as what it was made of.

The reverse sweep asks for the lengths of arrays whose contents it does not need. Asked of another
array that has them, which is outside the loop or recorded anyway, nothing is recorded for them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from adjoint.compile import operations
from adjoint.compile.ir.copying import Substitution
from adjoint.compile.ir.nodes import Apply, Block, Statement, Var, blocks, reads, walk

ALIKE = (operations.copy, operations.as_float, operations.plus)


def read_elsewhere(block: Block, inside: set[Var], makers: Mapping[Var, Apply]) -> Block:
    """The reverse block, asking for lengths where that is free.

    Parameters
    ----------
    inside : the variables of the block's forward sweep, which must be recorded to be read.
    makers : the statement of the primal that made each variable.
    """
    kept = {a for a in contents(block) if a in inside}
    return Asking(inside, kept, makers).block(block)


class Asking(Substitution):
    """Copies a block; `kept` are arrays from inside that it reads in any case."""

    def __init__(self, inside: set[Var], kept: set[Var], makers: Mapping[Var, Apply]):
        super().__init__({})
        self.inside, self.kept, self.makers = inside, kept, makers

    def statement(self, s: Statement) -> Statement:
        if not isinstance(s, Apply) or s.function is not operations.dim:
            return super().statement(s)
        array = s.args[0]
        if not isinstance(array, Var) or array not in self.inside or array in self.kept:
            return s
        places = list(same_lengths(array, dict(s.keywords)["axis"], self.makers))
        free = [place for place in places if place[0] not in self.inside]
        for found, axis in (*free, *(place for place in places if place[0] in self.kept)):
            return replace(s, args=(found,), keywords=(("axis", axis),))
        return s


def contents(block: Block) -> set[Var]:
    """The arrays of which a block reads more than lengths."""
    found = {a for a in block.yields if isinstance(a, Var)}
    for s in walk(block):
        if not (isinstance(s, Apply) and s.function is operations.dim):
            found.update(a for a in reads(s) if isinstance(a, Var))
        for inner in blocks(s):
            found.update(a for a in inner.yields if isinstance(a, Var))
    return {a for a in found if a.type.is_array}


def same_lengths(array: Var, axis: int, makers: Mapping[Var, Apply]) -> Iterator[tuple[Var, int]]:
    """The axes of other arrays that are as long as this one, nearest first."""
    place: tuple[Var, int] | None = (array, axis)
    while place is not None:
        maker = makers.get(place[0])
        place = None if maker is None else taken_from(maker, place[1])
        if place is not None:
            yield place


def taken_from(maker: Apply, axis: int) -> tuple[Var, int] | None:
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
