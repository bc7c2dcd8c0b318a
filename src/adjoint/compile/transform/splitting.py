"""Loops of the reverse sweep in parts, on whose turns LLVM can work at once.

The reverse of ``y[i] = a * x[i - 1] + b * x[i + 1]`` adds to two items of one array, to which other
turns add as well, so that each turn waits for the one before. In two loops each turn has items of
its own (loop distribution: Kennedy and Allen, Optimizing Compilers for Modern Architectures, 2001,
section 2.4). What both need is computed in both, so it has to be little.
"""

import operator
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace

from adjoint.compile import operations
from adjoint.compile.ir.copying import Copier, Substitution
from adjoint.compile.ir.nodes import (
    INT,
    Apply,
    Atom,
    Block,
    Builder,
    Const,
    For,
    Statement,
    Store,
    Var,
    free,
)

QUICK: frozenset[Callable] = frozenset(
    (
        *(operator.add, operator.sub, operator.mul, operator.neg),
        *(operations.plus, operations.load, operations.dim),
    )
)
"""What may be computed several times."""
FEWEST, MOST = 2, 8
"""Loops that one becomes, beside the one of what it carries."""
LONGER = 3
"""How many times the statements of a turn they may have."""


def in_parts(builder: Builder, loop: For, views: set[Var]) -> list[For]:
    """The loops that a loop becomes, one after the other; itself where that is no better.

    Parameters
    ----------
    builder : where what they need is computed.
    loop : one that stores into nothing but shadows.
    views : the shadows that share memory with others.
    """
    if not is_step(loop.step) or not all(map(is_quick, loop.body.statements)):
        return [loop]
    loop = with_constants(loop)
    found = Parts(loop).found(views)
    if not FEWEST <= len(found) <= MOST:
        return [loop]
    turns = [part_of(loop.body, stores, ()) for stores in found]
    carried = part_of(loop.body, [], loop.body.yields)
    if any(not set(loop.params).isdisjoint(free(turn)) for turn in turns):
        return [loop]
    if sum(len(turn.statements) for turn in (carried, *turns)) > LONGER * len(loop.body.statements):
        return [loop]
    bounds = upward(builder, loop)
    parts = [replace(loop, body=carried, own=None)] if loop.params else []
    for turn in turns:
        index = Var(loop.index.name, INT)
        body = Copier({loop.index: index}).block(turn)
        parts.append(For(index, *bounds, (), (), body, (), loop.place))
    return parts


def with_constants(loop: For) -> For:
    """A loop that reads outside what it only hands on."""
    carried = zip(loop.params, loop.inits, loop.body.yields, strict=True)
    handed_on = {param: init for param, init, after in carried if after is param}
    return replace(loop, body=Substitution(handed_on).block(loop.body))


def is_step(step: Atom) -> bool:
    return isinstance(step, Const) and step.value in (1, -1)


def is_quick(s: Statement) -> bool:
    """True for arithmetic of numbers, and for reading and storing items of arrays."""
    if isinstance(s, Store):
        return all(entry == "at" for entry in s.subscript.entries)
    return isinstance(s, Apply) and s.function in QUICK and not s.out.type.is_array


def upward(builder: Builder, loop: For) -> tuple[Atom, Atom, Atom]:
    """The bounds of a range from the first index to the last."""
    if isinstance(loop.step, Const) and loop.step.value == 1:
        return loop.start, loop.stop, loop.step
    bounds = Var("start", INT), Var("stop", INT)
    for out, bound in zip(bounds, (loop.stop, loop.start), strict=True):
        builder.add(Apply(out, operator.add, (bound, Const(1)), (), loop.place))
    return *bounds, Const(1)


def part_of(turn: Block, stores: list[Store], yields: tuple[Atom, ...]) -> Block:
    """A turn with these stores and results alone, and what they need."""
    wanted: set[Atom] = set(yields)
    statements: list[Statement] = []
    for s in reversed(turn.statements):
        if isinstance(s, Store) and s in stores:
            wanted.update((*s.index, s.value))
        elif isinstance(s, Apply) and s.out in wanted:
            wanted.update(s.args)
        else:
            continue
        statements.append(s)
    return Block(tuple(reversed(statements)), yields)


@dataclass
class Uses:
    """Where a loop reads and stores items of one array, in its order."""

    items: list[tuple[Hashable, ...]] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    is_read: bool = False
    is_read_late: bool = False  # after it was stored into
    is_set: bool = False  # not added to


class Parts:
    """Which stores of a loop can stand in a loop of their own."""

    def __init__(self, loop: For):
        self.loop = loop
        self.makers = {s.out: s for s in loop.body.statements if isinstance(s, Apply)}
        self.uses: dict[Var, Uses] = {}
        for s in loop.body.statements:
            self.note(s)

    def note(self, s: Statement) -> None:
        if isinstance(s, Store):
            uses = self.uses.setdefault(s.array, Uses())
            uses.items.append(self.item(s.index))
            uses.stores.append(s)
            uses.is_set |= not s.adds
        elif isinstance(s, Apply) and s.function is operations.load:
            uses = self.uses.setdefault(s.args[0], Uses())
            uses.items.append(self.item(s.args[1:]))
            uses.is_read = True
            uses.is_read_late |= bool(uses.stores)

    def item(self, index: tuple[Atom, ...]) -> tuple[Hashable, ...]:
        return tuple(map(self.formula, index))

    def formula(self, atom: Atom) -> Hashable:
        """What an int is: equal where ints are made alike."""
        if isinstance(atom, Const):
            return atom.value
        maker = self.makers.get(atom)
        if maker is None:
            return atom
        return (maker.function, maker.keywords, *map(self.formula, maker.args))

    def found(self, views: set[Var]) -> list[list[Store]]:
        """The stores of each loop; one list if nothing is gained, or it would not be the same."""
        stored = {array: uses for array, uses in self.uses.items() if uses.stores}
        everything = [[s for uses in stored.values() for s in uses.stores]]
        if not views.isdisjoint(self.uses) or not all(map(self.is_safe, stored.values())):
            return everything
        if all(len(set(uses.items)) == 1 for uses in stored.values()):
            return everything
        first, last = [], []
        for uses in stored.values():
            groups: dict[Hashable, list[Store]] = {}
            for s in uses.stores:
                groups.setdefault(self.item(s.index), []).append(s)
            (last if uses.is_read else first).extend(groups.values())
        if len(last) > 1:  # each of them may read what another has changed
            last = [[s for group in last for s in group]]
        return [*first, *last]

    def is_safe(self, uses: Uses) -> bool:
        """True for an array that is only added to, or of which each turn has one item alone."""
        if not uses.is_read and not uses.is_set:
            return True
        (item, *others) = set(uses.items)
        return not others and not uses.is_read_late and any(map(self.is_own, item))

    def is_own(self, formula: Hashable) -> bool:
        """True for the index of the loop, plus or minus a number."""
        index = self.loop.index
        if not isinstance(formula, tuple):
            return formula is index
        function, _, first, *rest = formula
        moved = function in (operator.add, operator.sub) and first is index
        return moved and isinstance(rest[0], int)
