"""Work arrays of a loop's turns, made once before the loop.

An array that each turn makes, of lengths that no turn changes, and that nothing keeps, is the same
piece of memory in all turns; one of zeros is filled again. So the loop makes nothing, and is
machine code as a whole (loop-invariant code motion, for memory).
"""

from collections.abc import Iterable
from dataclasses import replace

from adjoint.compile import operations
from adjoint.compile.ir.copying import with_loops
from adjoint.compile.ir.nodes import (
    EVERYTHING,
    INT,
    Apply,
    Atom,
    Block,
    Const,
    For,
    Function,
    Statement,
    Store,
    Subscript,
    Var,
    While,
    blocks,
    constant,
    defined,
    reads,
    walk,
)

MAKERS = (operations.empty, operations.zeros)


def hoisted(function: Function) -> Function:
    """An equal function whose loops with own memory make their arrays before they begin."""

    lengths = {s.out for s in walk(function.body) if is_length(s)}

    def of_loop(loop: For | While) -> Iterable[Statement]:
        if isinstance(loop, While) or loop.own is None:
            return [loop]
        return Hoisting(loop, lengths).statements()

    return replace(function, body=with_loops(function.body, of_loop))


class Hoisting:
    """What one loop makes in each turn."""

    def __init__(self, loop: For, lengths: set[Var]):
        self.loop = loop
        self.lengths = lengths
        self.inside = defined(loop.body) | {loop.index, *loop.params}
        self.before: list[Statement] = []
        self.made: set[Var] = set()
        self.kept = escaping(loop.body)

    def statements(self) -> list[Statement]:
        body = self.block(self.loop.body)
        own = (self.loop.own or frozenset()) | self.made
        return [*self.before, replace(self.loop, body=body, own=own)]

    def block(self, block: Block) -> Block:
        statements: list[Statement] = []
        for s in block.statements:
            if isinstance(s, Apply) and self.is_movable(s):
                self.before.append(s)
                self.inside.discard(s.out)
                if s.function in MAKERS:
                    self.made.add(s.out)
                if s.function is operations.zeros:
                    statements.extend(filled(s))
            elif isinstance(s, For):
                statements.append(replace(s, body=self.block(s.body)))
            else:
                statements.append(s)
        return Block(tuple(statements), block.yields)

    def is_movable(self, s: Apply) -> bool:
        """True for lengths of arrays from outside, and for work arrays of such lengths."""
        if any(arg in self.inside for arg in s.args):
            return False
        if is_length(s):
            return True
        known = all(arg in self.lengths or isinstance(arg, Const) for arg in s.args)
        return known and s.function in MAKERS and s.out not in self.kept


def is_length(s: Statement) -> bool:
    return isinstance(s, Apply) and s.function is operations.dim


def filled(s: Apply) -> list[Statement]:
    """The loops that fill an array with zeros."""
    indices = tuple(Var("at", INT) for _ in s.args)
    places = Subscript(("at",) * len(indices))
    zero = constant(0, s.out.type)
    found: Statement = Store(s.out, places, indices, zero, False, s.place)
    for index, length in zip(reversed(indices), reversed(s.args), strict=True):
        body = Block((found,))
        found = For(index, Const(0), length, Const(1), (), (), body, (), s.place)
    return [found]


def escaping(block: Block) -> set[Atom]:
    """The arrays that a block does more with than read and write their items."""
    found: set[Atom] = set(block.yields)
    for s in walk(block):
        match s:
            case Apply(function=operations.load) if not s.out.type.is_array:
                found.update(s.args[1:])
            case Apply(function=operations.dim):
                pass
            case Store() if s.subscript is not EVERYTHING:
                found.update((*s.index, s.value))
            case _:
                found.update(reads(s))
        for inner in blocks(s):
            found.update(inner.yields)
    return found
