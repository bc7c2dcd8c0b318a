"""Loops whose iterations are independent, or meet only in sums.

The reverse of such a loop may run its iterations in any order, each right after it was run
forwards again, so that nothing of one iteration is kept for another. What is found here is
sufficient, not necessary: a loop that is not recognised is reversed with a tape.
"""

import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from adjoint.compile import operations
from adjoint.compile.ir.nodes import (
    EVERYTHING,
    Apply,
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Pop,
    Push,
    Statement,
    Store,
    Var,
    While,
    blocks,
    defined,
    reads,
    walk,
)
from adjoint.compile.transform.aliases import Aliases

ADDING = (operator.add, operations.plus)
SUMS = (*ADDING, operator.sub)
FRESH = (operations.zeros, operations.empty, operations.full, operations.copy)


@dataclass(frozen=True)
class Independence:
    """What makes a loop's iterations independent.

    Attributes
    ----------
    private : arrays from outside that only this loop uses, and each iteration writes before it
        reads.
    written : arrays from outside to which the loop adds, or of which each iteration writes a part
        of its own; it does not read them.
    """

    private: frozenset[Var]
    written: frozenset[Var]


class Memory:
    """Where a function reads and writes arrays.

    Attributes
    ----------
    uses : how many times each array variable is read, written or handed on; lengths do not count.
    """

    def __init__(self, function: Function, aliases: Aliases):
        self.aliases = aliases
        self.makers = {s.out: s for s in walk(function.body) if isinstance(s, Apply)}
        self.uses = uses_in(function.body)

    def independence(self, loop: For, active: Iterable[Var]) -> Independence | None:
        """How the iterations of a loop are independent, or None if they may not be.

        `active` : the carried variables of the loop through which derivatives flow.
        """
        for param in active:
            if param.type.is_array:
                return None
            after = loop.body.yields[loop.params.index(param)]
            if not sums_up(loop.body, param, after):
                return None
        if any(p.type.is_array for p in loop.params):
            return None
        if any(isinstance(s, Push | Pop) for s in walk(loop.body)):
            return None
        own = defined(loop.body)
        private, written = set(), set()
        for array in stored(loop.body):
            if self.aliases.root(array) in own:
                continue
            if self.aliases.of(array) != [array]:
                return None
            if self.is_private(array, loop):
                private.add(array)
            elif self.is_written_apart(array, loop):
                written.add(array)
            else:
                return None
        return Independence(frozenset(private), frozenset(written))

    def is_private(self, array: Var, loop: For) -> bool:
        maker = self.makers.get(array)
        if maker is None or maker.function not in FRESH:
            return False
        if self.uses[array] != uses_in(loop.body).get(array):
            return False
        return Coverage(self, array).fills_first(loop.body)

    def is_written_apart(self, array: Var, loop: For) -> bool:
        """True if the loop only adds to the array, or writes it where its index says."""
        stores = [s for s in walk(loop.body) if isinstance(s, Store) and s.array is array]
        if uses_in(loop.body)[array] != len(stores):
            return False
        if all(s.adds for s in stores):
            return True
        axes = [axes_at(s, loop.index) for s in stores]
        return not any(s.adds for s in stores) and bool(set.intersection(*axes))

    def size(self, atom: Atom) -> object:
        """What a length is known as: equal lengths that are seen to be equal are the same."""
        if isinstance(atom, Const):
            return atom.value
        maker = self.makers.get(atom)
        if maker is None or maker.function is not operations.dim:
            return atom
        array, axis = maker.args[0], dict(maker.keywords)["axis"]
        made = self.makers.get(array) if isinstance(array, Var) else None
        if made is not None and made.function in (operations.zeros, operations.empty):
            return self.size(made.args[axis])
        return (array, axis)

    def lengths(self, array: Var) -> tuple | None:
        """The lengths of the axes of an array made here; None if they are not known."""
        maker = self.makers[array]
        if maker.function in (operations.zeros, operations.empty):
            return tuple(map(self.size, maker.args))
        if maker.function is operations.full:
            return tuple(map(self.size, maker.args[1:]))
        return None


class Coverage:
    """Whether an array is written before it is read."""

    def __init__(self, memory: Memory, array: Var):
        self.memory = memory
        self.array = array
        self.lengths = memory.lengths(array)

    def fills_first(self, block: Block, known: frozenset = frozenset()) -> bool:
        """True if what the block reads of the array it has written before."""
        items = set(known)
        for statement in block.statements:
            if self.fills(statement):
                return True
            if isinstance(statement, Store) and statement.array is self.array:
                if statement.adds and self.place(statement.index) not in items:
                    return False
                if all(entry == "at" for entry in statement.subscript.entries):
                    items.add(self.place(statement.index))
                continue
            if isinstance(statement, Apply) and self.array in statement.args:
                if statement.function is operations.dim:
                    continue
                if self.place(statement.args[1:]) not in items or statement.out.type.is_array:
                    return False
                continue
            if self.array in reads(statement):
                return False
            inner = blocks(statement)
            if not all(self.fills_first(part, frozenset(items)) for part in inner):
                return False
        return self.array not in block.yields

    def fills(self, statement: Statement, around: tuple[For, ...] = ()) -> bool:
        """True if the statement writes all of the array, and reads none of it before."""
        if isinstance(statement, Store):
            if statement.array is not self.array or statement.adds:
                return False
            return statement.subscript == EVERYTHING or self.sweeps(statement, around)
        if not isinstance(statement, For):
            return False
        for position, inner in enumerate(statement.body.statements):
            if self.fills(inner, (*around, statement)):
                before = Block(statement.body.statements[:position])
                after = Block(statement.body.statements[position + 1 :], statement.body.yields)
                nothing = self.array not in uses_in(before)
                written = self.written_at(inner)
                return nothing and written is not None and self.fills_first(after, written)
        return False

    def written_at(self, statement: Statement) -> frozenset | None:
        if isinstance(statement, Store):
            if any(entry != "at" for entry in statement.subscript.entries):
                return None
            return frozenset((self.place(statement.index),))
        return frozenset()

    def sweeps(self, store: Store, around: tuple[For, ...]) -> bool:
        """True if the loops around a store run through every place of the array, one each."""
        if self.lengths is None or any(entry != "at" for entry in store.subscript.entries):
            return False
        free = list(around)
        for atom, length in zip(store.index, self.lengths, strict=True):
            if length == 1 and is_number(atom, 0):
                continue
            loop = next((outer for outer in free if outer.index is atom), None)
            if loop is None or not (is_number(loop.start, 0) and is_number(loop.step, 1)):
                return False
            if self.memory.size(loop.stop) != length:
                return False
            free.remove(loop)
        return not free

    def place(self, index: Iterable[Atom]) -> tuple:
        return tuple(a.value if isinstance(a, Const) else a for a in index)


def is_number(atom: Atom, number: int) -> bool:
    return isinstance(atom, Const) and atom.value == number


def uses_in(block: Block) -> dict[Var, int]:
    """How often each array variable is read, written or handed on; lengths do not count."""
    found: dict[Var, int] = {}
    for atom in used(block):
        if isinstance(atom, Var) and atom.type.is_array:
            found[atom] = found.get(atom, 0) + 1
    return found


def used(block: Block) -> Iterator[Atom]:
    for statement in block.statements:
        if not (isinstance(statement, Apply) and statement.function is operations.dim):
            yield from reads(statement)
        for inner in blocks(statement):
            yield from used(inner)
    yield from block.yields


def stored(block: Block) -> dict[Var, None]:
    """The arrays a block stores into, by the names it uses."""
    return {s.array: None for s in walk(block) if isinstance(s, Store)}


def axes_at(store: Store, index: Var) -> set[int]:
    """The axes along which a store is at `index`."""
    atoms, axes = iter(store.index), set()
    for axis, entry in enumerate(store.subscript.entries):
        if isinstance(entry, tuple):
            for present in entry:
                if present:
                    next(atoms)
        elif entry == "at":
            if next(atoms) is index:
                axes.add(axis)
        else:
            return set()
    return axes


# Sums: a carried number to which each iteration adds.


def sums_up(block: Block, var: Atom, target: Atom, adding: tuple[Callable, ...] = SUMS) -> bool:
    """True if `target` is `var` with something added that does not depend on `var`.

    `adding` : the operations that may add it.
    """
    readers = [s for s in block.statements if var in reads(s) or mentions(s, var)]
    if var is target:
        return not readers and block.yields.count(var) == 1
    if len(readers) != 1 or var in block.yields:
        return False
    rest = Block(
        block.statements[block.statements.index(readers[0]) + 1 :],
        block.yields,
    )
    return any(sums_up(rest, out, target, adding) for out in passed_on(readers[0], var, adding))


def mentions(statement: Statement, var: Atom) -> bool:
    """True if the blocks of a statement read a variable."""
    return any(var in used_all(inner) for inner in blocks(statement))


def used_all(block: Block) -> Iterator[Atom]:
    for statement in block.statements:
        yield from reads(statement)
        for inner in blocks(statement):
            yield from used_all(inner)
    yield from block.yields


def passed_on(statement: Statement, var: Atom, adding: tuple[Callable, ...]) -> Iterable[Var]:
    """The results of a statement that are `var` with something added."""
    match statement:
        case Apply():
            if statement.args.count(var) != 1:
                return ()
            if statement.function not in adding:
                return ()
            is_left = statement.function is operator.sub and statement.args[0] is not var
            return () if is_left else (statement.out,)
        case For() | While():
            if reads(statement).count(var) != 1 or mentions(statement, var):
                return ()
            if var not in statement.inits:
                return ()
            position = statement.inits.index(var)
            param = statement.params[position]
            if isinstance(statement, While) and param in used_all(statement.test):
                return ()
            if sums_up(statement.body, param, statement.body.yields[position], adding):
                return (statement.outs[position],)
        case If():
            if statement.test is var:
                return ()
            sides = (statement.then, statement.orelse)
            return tuple(
                out
                for position, out in enumerate(statement.outs)
                if all(sums_up(side, var, side.yields[position], adding) for side in sides)
            )
    return ()
