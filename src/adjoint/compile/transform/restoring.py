"""Arrays whose items the reverse sweep puts back: it then reads them where the program did.

A sweep through a grid that overwrites what it reads (``u[i] += u[i - 1] - u[i]``) would record each
item that it reads. If instead it records what each store replaces, and the reverse sweep stores
that again as it passes, the array is at every point what it was there (reversible updates, as in
Griewank and Walther, Evaluating Derivatives, 2008, chapter 4). Done where less is recorded so.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from adjoint.compile import operations
from adjoint.compile.ir.nodes import (
    Apply,
    Atom,
    Block,
    For,
    Function,
    If,
    Push,
    Statement,
    Store,
    Subscript,
    Type,
    Var,
    While,
    blocks,
    reads,
    walk,
    writes,
)
from adjoint.compile.transform.sharing import is_fresh

LOOP = 100
"""How many turns a loop counts for."""
ARRAY = 100
"""How many numbers an array counts for."""


@dataclass(frozen=True)
class Restored:
    """What the reverse sweep puts back.

    Attributes
    ----------
    arrays : those whose items it puts back.
    replaced : what each store replaces.
    first : the stores that are undone before the reverse sweep of their block reads anything.
    reads : the numbers that it may read again where the program did.
    """

    arrays: set[Var] = field(default_factory=set)
    replaced: dict[Store, Var] = field(default_factory=dict)
    first: set[Store] = field(default_factory=set)
    reads: set[Var] = field(default_factory=set)

    def undone(self, s: Store) -> Store:
        return Store(s.array, s.subscript, s.index, self.replaced[s], False, s.place)

    def undone_first(self, block: Block) -> tuple[Store, ...]:
        """What undoes the stores of a block, the last one first."""
        stores = (s for s in reversed(block.statements) if isinstance(s, Store))
        return tuple(self.undone(s) for s in stores if s in self.first)


def recorded_numbers(block: Block, weight: int = 1) -> int:
    """How much a block records, about."""
    total = 0
    for s in block.statements:
        if isinstance(s, Push):
            total += weight * sum(ARRAY if v.type.is_array else 1 for v in s.values)
        inner = weight * LOOP if isinstance(s, For | While) else weight
        total += sum(recorded_numbers(found, inner) for found in blocks(s))
    return total


# Which arrays.


def candidates(function: Function, excluded: Iterable[Var]) -> set[Var]:
    """The arrays of a function's own that it changes item by item, in loops.

    `excluded` : those of which other arrays are views, or that are better left alone.
    """
    if function.tapes or any(isinstance(s, For | While) and s.remade for s in walk(function.body)):
        return set()
    top = set(function.body.statements)
    own = {s.out for s in top if isinstance(s, Apply) and s.out.type.is_array and is_fresh(s)}
    own.difference_update(excluded, function.body.yields)
    changed: set[Var] = set()
    for s in walk(function.body):
        if isinstance(s, Store) and s.array in own:
            if s not in top:
                changed.add(s.array)
            if not is_item(s.subscript, s.index, s.array.type):
                own.discard(s.array)
        own.difference_update(a for a in reads(s) if not may_read(s, a, is_top=s in top))
    return own & changed


def may_read(s: Statement, atom: Atom, *, is_top: bool) -> bool:
    """True if a statement only reads items or lengths of an array, or stores into it."""
    if not atom.type.is_array:
        return True
    if isinstance(s, Store):
        return atom is s.array and s.value is not atom
    if not isinstance(s, Apply):
        return False
    if s.function is operations.dim or (is_load(s) and s.args[0] is atom):
        return True
    return is_top and (is_fresh(s) or not s.out.type.is_array)


def is_item(subscript: Subscript, index: tuple[Atom, ...], type_: Type) -> bool:
    whole = subscript.entries == ("at",) * type_.ndim
    return whole and not any(a.type.is_array for a in index)


def is_load(s: Statement) -> bool:
    """True for the reading of one item."""
    return isinstance(s, Apply) and s.function is operations.load and not s.out.type.is_array


def arrays_of(s: Statement) -> set[Var]:
    """The arrays that a statement stores into, or of which it reads an item, at any depth."""
    found: set[Var] = set()
    for inner in walk(Block((s,))):
        if isinstance(inner, Store):
            found.add(inner.array)
        elif isinstance(inner, Apply) and is_load(inner):
            array = inner.args[0]
            assert isinstance(array, Var)
            found.add(array)
    return found


# How.


def restored(function: Function, arrays: set[Var]) -> tuple[Function, Restored]:
    """The function, which also reads what it is about to replace in some arrays."""
    found = Restored(arrays)
    statements: list[Statement] = []
    begun: set[Var] = set()  # those of which an item was read in a loop
    for s in function.body.statements:
        if blocks(s):
            begun.update(a for inner in walk(Block((s,))) for a in read_by(inner) if a in arrays)
            statements.append(Restoring(found, begun).statement(s))
        else:
            statements.extend(Restoring(found, begun).with_old(s, statements))
    return replace(function, body=replace(function.body, statements=tuple(statements))), found


def read_by(s: Statement) -> tuple[Atom, ...]:
    return s.args[:1] if isinstance(s, Apply) and is_load(s) else ()


class Restoring:
    """Enters the blocks of a top-level statement into what is `found`."""

    def __init__(self, found: Restored, arrays: set[Var]):
        self.found = found
        self.arrays = arrays

    def statement(self, s: Statement) -> Statement:
        match s:
            case If():
                return replace(s, then=self.block(s.then), orelse=self.block(s.orelse))
            case For():
                return replace(s, body=self.block(s.body))
            case While():
                self.note(s.test)
                return replace(s, body=self.block(s.body))
        return s

    def block(self, block: Block) -> Block:
        statements: list[Statement] = []
        for s in block.statements:
            statements.extend(self.with_old(self.statement(s), statements))
        made = replace(block, statements=tuple(statements))
        self.note(made)
        return made

    def with_old(self, s: Statement, before: Sequence[Statement]) -> Iterator[Statement]:
        """A statement, after the reading of what it replaces if nothing reads that `before` it."""
        if isinstance(s, Store) and s.array in self.arrays:
            old = known_item(s, before)
            if old is None:
                old = Var(f"{s.array.name}_before", Type(s.array.type.dtype))
                keywords = (("subscript", s.subscript),)
                yield Apply(old, operations.load, (s.array, *s.index), keywords, s.place)
            self.found.replaced[s] = old
        yield s

    def note(self, block: Block) -> None:
        """Which stores of a block are undone first, and what may then be read."""
        loads = [s for s in block.statements if isinstance(s, Apply) and is_load(s)]
        inside = {a for s in block.statements if blocks(s) for a in arrays_of(s)}
        stored = {s.array for s in walk(block) if isinstance(s, Store)}
        early: set[Var] = set()
        for array in self.arrays:
            reading = {s.out for s in loads if s.args[0] is array}
            if array not in stored:
                self.found.reads.update(reading)
            else:
                early |= reading & self.before_stores(block, array)
        for array in self.arrays & (stored - inside):
            stores = [s for s in block.statements if isinstance(s, Store) and s.array is array]
            if not depends(block, [a for s in stores for a in s.index], early):
                self.found.first.update(stores)
                self.found.reads.update(
                    s.out for s in loads if s.args[0] is array and s.out in early
                )

    def before_stores(self, block: Block, array: Var) -> set[Var]:
        """What a block reads before it first stores into an array, but for what is replaced."""
        found: set[Var] = set()
        for s in block.statements:
            if isinstance(s, Store) and s.array is array:
                break
            if isinstance(s, Apply):
                found.add(s.out)
        return found.difference(self.found.replaced.values())


def known_item(s: Store, before: Sequence[Statement]) -> Var | None:
    """What was read of the item that is stored, and is still there."""
    for earlier in reversed(before):
        if blocks(earlier) or isinstance(earlier, Store):
            if s.array in arrays_of(earlier):
                return None
        elif is_load(earlier) and reads(earlier) == (s.array, *s.index):
            return writes(earlier)[0]
    return None


def depends(block: Block, atoms: Iterable[Atom], on: set[Var]) -> bool:
    """True if atoms are made of some variables in a block."""
    makers = {s.out: s for s in block.statements if isinstance(s, Apply)}
    left, seen = list(atoms), set()
    while left:
        atom = left.pop()
        if atom in on:
            return True
        if atom in makers and atom not in seen:
            seen.add(atom)
            left.extend(makers[atom].args)
    return False
