"""What is recorded and never read leaves the tape.

What the reverse sweep of a loop reads is decided when that loop is reversed; later it may turn out
that nothing depends on it, because its cotangent is zero: a search through sums of weights records
where it went, and only where it ended is read.
"""

from dataclasses import replace

from adjoint.compile.ir.copying import Substitution
from adjoint.compile.ir.nodes import Block, Pop, Push, Statement, walk
from adjoint.compile.transform.independence import used_all


def trimmed(block: Block) -> Block:
    """A whole function's block without the parts of rows that are never read."""
    pops = [s for s in walk(block) if isinstance(s, Pop) and s.pair is not None]
    if not pops:
        return block
    read = set(used_all(block))
    used: dict[object, set[int]] = {}
    for s in pops:
        places = used.setdefault(s.pair, set())
        places.update(place for place, out in enumerate(s.outs) if out in read)
    if all(len(used[s.pair]) == len(s.outs) for s in pops):
        return block
    return Trimming(used).block(block)


class Trimming(Substitution):
    """Copies a block; `used` are the places of each pair's rows that are read."""

    def __init__(self, used: dict[object, set[int]]):
        super().__init__({})
        self.used = used

    def statement(self, s: Statement) -> Statement:
        match s:
            case Push() if s.pair in self.used:
                return replace(s, values=self.kept(s.pair, s.values))
            case Pop() if s.pair in self.used:
                return replace(s, outs=self.kept(s.pair, s.outs))
        return super().statement(s)

    def kept(self, pair: object, row: tuple) -> tuple:
        return tuple(atom for place, atom in enumerate(row) if place in self.used[pair])
