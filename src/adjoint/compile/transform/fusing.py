"""Loops reversed iteration by iteration, and snapshots of arrays in the place of a tape.

A loop whose iterations are independent (see `independence`) is run again by its reverse, which
reverses each iteration right after it: what the iteration records stays in the cache. Where the
reverse needs nothing that the program computes from the loop's results, the loop itself is
dropped and its reverse gives them. An array that no statement of a loop changes is kept whole,
once, if the program changes it elsewhere, so that nothing read from it is recorded.
"""

import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from adjoint.compile import operations
from adjoint.compile.ir.copying import Copier, Substitution
from adjoint.compile.ir.nodes import (
    Apply,
    Atom,
    Block,
    Builder,
    Const,
    For,
    Function,
    If,
    Push,
    Raise,
    Statement,
    Store,
    Var,
    While,
    blocks,
    constant,
    defined,
    free,
    reads,
    walk,
    writes,
)
from adjoint.compile.transform.independence import (
    ADDING,
    Independence,
    Memory,
    stored,
    used,
)
from adjoint.compile.transform.simplify import remove_dead

if TYPE_CHECKING:
    from adjoint.compile.transform.reverse import Reverse


@dataclass(frozen=True, eq=False)
class Twin:
    """A loop, and its reverse that runs it again; the latter's first results are the former's."""

    first: For
    second: For


@dataclass(frozen=True)
class Turn:
    """An iteration as it is run, recording, and its reverse.

    Attributes
    ----------
    totals : the cotangents of numbers from outside, to which the iteration adds.
    written : the arrays that the loop only writes (see `Independence`).
    merges : True if the program does not run the loop before.
    """

    forward: tuple[Statement, ...]
    backward: tuple[Statement, ...]
    totals: tuple[Atom, ...]
    written: frozenset[Var]
    merges: bool

    def again(self, block: Block) -> Block:
        """A block of the iteration without what was done when the program ran it."""

        def is_done(s: Statement) -> bool:
            is_raised = isinstance(s, Raise) and not self.merges  # it would have been raised
            return is_raised or (isinstance(s, Store) and s.array in self.written)

        return without(block, is_done)


def nothing(var: Var) -> Const:
    """A zero of the dtype of a variable."""
    return constant(0, var.type)


class Fusing:
    """What one reversal knows of its loops.

    Attributes
    ----------
    steady : arrays that do not change between where they are read and where the reverse sweep
        reads them again, though some other part of the program changes them.
    later : the statements after the one being reversed, in its block.
    """

    def __init__(self, sweep: "Reverse", function: Function):
        self.sweep = sweep
        self.memory = Memory(function, sweep.aliases)
        self.steady: frozenset[Var] = frozenset()
        self.later: tuple[Statement, ...] = ()
        self.twins: list[Twin] = []
        self.together = False  # the reverse of this block follows its forward sweep at once
        self.nested = False  # inside a loop
        self.again = False  # inside a loop that its reverse runs again

    @contextmanager
    def joined(self, *, nested: bool = False, again: bool = False) -> Iterator[None]:
        """A block whose reverse follows at once."""
        kept = self.together, self.later, self.nested, self.again
        self.together = True
        self.nested, self.again = self.nested or nested, self.again or again
        try:
            yield
        finally:
            self.together, self.later, self.nested, self.again = kept

    @contextmanager
    def apart(self) -> Iterator[None]:
        """A block whose reverse runs later."""
        kept = self.together, self.later, self.nested
        self.together, self.nested = False, True
        try:
            yield
        finally:
            self.together, self.later, self.nested = kept

    # Loops.

    def loop(self, s: For | While) -> list[Statement]:
        """Reverse a loop; returns what the forward sweep runs."""
        found = self.independence(s)
        private = frozenset() if found is None else found.private
        settled, kept = self.unchanged(s, private, required=found is not None)
        if kept is None:
            found, private = None, frozenset()
            settled, kept = self.unchanged(s, private, required=False)
        assert kept is not None
        before = self.steady
        self.steady = before | settled | {v for array in kept for v in self.aliases(array)}
        position = len(self.sweep.builder.statements)
        if found is None:
            forward = self.sweep.loop(s)
        else:
            assert isinstance(s, For)
            forward = self.fused(s, found)
        self.steady = before
        return [*self.snapshots(kept, position, s), *forward]

    def aliases(self, array: Var) -> list[Var]:
        return self.sweep.aliases.of(array)

    def unchanged(
        self, s: For | While, private: frozenset[Var], *, required: bool
    ) -> tuple[frozenset[Var], dict[Var, Var] | None]:
        """The arrays that a loop reads as they are, and those it must keep, with their copies.

        The copies are None if the loop is to be run again (`required`) and a copy costs too much.
        """
        changing = {v for array in stored(s.body) for v in self.aliases(array)}
        settled: set[Var] = set()
        kept: dict[Var, Var] = {}
        for array in free(s.body):
            if not array.type.is_array or not self.sweep.is_moving(array):
                continue
            if array in changing or array in private:
                continue
            if self.sweep.lasting.covers(array, s.body):
                continue
            if self.is_settled(array):
                settled.update(self.aliases(array))
            elif not self.nested or is_swept(array, s, self.memory):
                kept[array] = Var(f"{array.name}_kept", array.type)
            elif required and array in set(used(s.body)):
                return frozenset(), None
        return frozenset(settled), kept

    def is_settled(self, array: Var) -> bool:
        """True if nothing changes the array before this block is reversed."""
        if not self.together:
            return False
        return not any(
            isinstance(inner, Store) and inner.array in self.aliases(array)
            for inner in walk(Block(self.later))
        )

    def snapshots(self, kept: dict[Var, Var], position: int, s: For | While) -> list[Statement]:
        """Copies of the arrays that the reverse sweep reads, which then reads the copies."""
        statements = self.sweep.builder.statements
        read = {a for a in used(Block(tuple(statements[position:]))) if a in kept}
        if not read:
            return []
        reader = Substitution({a: kept[a] for a in read})
        for place in range(position, len(statements)):
            before, after = statements[place], reader.statement(statements[place])
            statements[place] = after
            self.twins = [replace(t, second=after) if t.second is before else t for t in self.twins]
        self.sweep.copies.update(kept[a] for a in read)
        return [
            Apply(copy, operations.copy, (array,), (), s.place)
            for array, copy in kept.items()
            if array in read
        ]

    # Independent iterations.

    def independence(self, s: For | While) -> Independence | None:
        """How to run a loop again and reverse it at once, if that is possible and worth while."""
        if not isinstance(s, For):
            return None
        active = [p for p in s.params if p in self.sweep.active]
        if not any(v in self.sweep.active for v in defined(s.body)):
            return None
        found = self.memory.independence(s, active)
        if found is None:
            return None
        if not found.written and self.may_merge(s):
            return found
        nests = any(isinstance(inner, For | While) for inner in walk(s.body))
        return found if nests and not self.again else None

    def may_merge(self, s: For) -> bool:
        """True if what the program makes of the loop's results can be made after its reverse."""
        if not self.together:
            return False
        after = set(s.outs)
        for statement in dependents(self.later, after):
            if not is_movable(statement):
                return False
        sweep = self.sweep
        seeds = [sweep.cotangents.get(out) for out in s.outs]
        return not needs(sweep.builder.statements, seeds, after)

    def fused(self, s: For, found: Independence) -> list[Statement]:
        """Reverse each iteration right after it was run again."""
        sweep = self.sweep
        merges = not found.written and self.may_merge(s)
        carried = [i for i, param in enumerate(s.params) if param in sweep.active]
        seeds: list[Atom | None] = [None] * len(s.params)
        for i in carried:
            seeds[i] = sweep.taken(s.outs[i]) or nothing(s.outs[i])
        outer = sweep.outer_scalars((s.body,), s.params)
        sweep.prepare((s.body,), s.params)
        scratch = {array: self.scratch(array) for array in found.private}
        starts = [
            nothing(var) if merges else sweep.cotangents.pop(var, nothing(var)) for var in outer
        ]
        sums = [Var(f"d{var.name}", var.type) for var in outer]
        cotangents = dict(zip(outer, sums, strict=True))
        turn = self.turn(s, seeds, cotangents, found, merges)
        parts = None if merges else self.in_parts(s, turn)
        if parts is None:
            first, whole = s, self.at_once(s, turn)
        else:
            first, whole = parts
        whole = replace(
            whole,
            params=(*whole.params, *sums),
            inits=(*whole.inits, *starts),
            outs=(*(Var(v.name, v.type) for v in whole.outs), *(Var(v.name, v.type) for v in sums)),
        )
        second = Copier(dict(scratch)).statement(whole)
        assert isinstance(second, For)
        if parts is None:
            shadows = (sweep.shadows[array] for array in found.private if array in sweep.shadows)
            second = replace(second, own=frozenset((*scratch.values(), *shadows)))
        sweep.builder.add(second)
        if merges:
            self.twins.append(Twin(s, second))
        for i in carried:
            ct = seeds[i]
            assert ct is not None
            sweep.accumulate(s.inits[i], ct)
        for var, out in zip(outer, second.outs[len(second.outs) - len(outer) :], strict=True):
            sweep.accumulate(var, out)
        return [first]

    def scratch(self, array: Var) -> Atom:
        sweep = self.sweep
        keywords = (("dtype", array.type.dtype),)
        return sweep.emit(operations.empty, *sweep.dims(array), keywords=keywords, name=array.name)

    def turn(
        self, s: For, seeds: list[Atom | None], cotangents: dict, found: Independence, merges: bool
    ) -> Turn:
        """An iteration, and its reverse, which follows it at once."""
        sweep = self.sweep
        kept = sweep.builder, sweep.cotangents
        outer = list(cotangents)
        sweep.builder, sweep.cotangents = Builder(place=s.place), dict(cotangents)
        with self.joined(nested=True, again=not merges):
            forward = sweep.sweep(s.body, seeds)
        totals = tuple(sweep.cotangents[var] for var in outer)
        backward = tuple(sweep.builder.statements)
        sweep.builder, sweep.cotangents = kept
        return Turn(forward, backward, totals, found.written, merges)

    def at_once(self, s: For, turn: Turn) -> For:
        """The loop whose turns are reversed as soon as they were run, or run again."""
        statements = self.merged((*turn.forward, *turn.backward))
        return replace(s, body=turn.again(Block(statements, (*s.body.yields, *turn.totals))))

    def in_parts(self, s: For, turn: Turn) -> tuple[For, For] | None:
        """The loop, recording, and one that makes again what is not on the tape, last turn first.

        None if that has as many loops in one another as the loop itself, or the tape is not used
        up before the next iteration of a loop around.
        """
        if not (self.together and self.nested):
            return None
        sweep = self.sweep
        arrays = {v for v in defined(Block(turn.forward)) if v.type.is_array}
        forward, backward = Block(turn.forward, s.body.yields), Block(turn.backward, turn.totals)
        own = {s.index, *arrays}
        kept, backward, asking = sweep.recorded(forward, backward, (s.index, *s.params), own)
        left = tuple(v for v in free(backward) if v not in kept)
        again = without(Block(turn.forward, left), lambda x: isinstance(x, Push))
        again = remove_dead(turn.again(again))
        if depth(again) >= depth(forward):
            return None
        if kept:
            statements, backward = sweep.tapes.taped(asking, backward, kept, s)
            forward = Block(statements, s.body.yields)
        body = Block((*again.statements, *backward.statements), backward.yields)
        if set(s.params) & set(free(body)):
            return None
        index = Var(s.index.name, s.index.type)
        body = Copier({s.index: index}).block(body)
        bounds = sweep.backwards(s)
        return replace(s, body=forward), For(index, *bounds, (), (), body, (), s.place)

    # Merging.

    def merged(self, statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
        """The statements without the loops that their reverse runs again, where that is enough."""
        for twin in self.twins:
            if twin.first in statements and twin.second in statements:
                statements = without_first(statements, twin)
        return statements


def without_first(statements: tuple[Statement, ...], twin: Twin) -> tuple[Statement, ...]:
    """Drop the first of twins; what depends on its results moves behind the second."""
    first, second = statements.index(twin.first), statements.index(twin.second)
    between = statements[first + 1 : second]
    moved = dependents(between, set(twin.first.outs))
    late = {v for s in (twin.first, *moved) for v in writes(s)}
    if late & set(everything_read(twin.second)) or not all(map(is_movable, moved)):
        return statements
    count = len(twin.first.outs)
    whole = replace(twin.second, outs=(*twin.first.outs, *twin.second.outs[count:]))
    stay = tuple(s for s in between if s not in moved)
    return (*statements[:first], *stay, whole, *moved, *statements[second + 1 :])


def dependents(statements: Sequence[Statement], late: set) -> list[Statement]:
    """The statements that read what is `late`, or what such statements make; `late` grows."""
    found = []
    for statement in statements:
        if any(atom in late for atom in everything_read(statement)):
            found.append(statement)
            late.update(writes(statement))
    return found


def everything_read(statement: Statement) -> Iterator[Atom]:
    yield from reads(statement)
    for inner in blocks(statement):
        yield from free(inner)


def is_movable(statement: Statement) -> bool:
    """True for arithmetic of numbers, which may run later."""
    if not isinstance(statement, Apply) or statement.out.type.is_array:
        return False
    return not any(a.type.is_array for a in statement.args)


def needs(statements: list[Statement], seeds: list[Atom | None], late: set[Var]) -> bool:
    """True if a seed is made of what is late."""
    wanted = {seed for seed in seeds if isinstance(seed, Var)}
    for statement in reversed(statements):
        if any(out in wanted for out in writes(statement)):
            wanted.update(a for a in everything_read(statement) if isinstance(a, Var))
    return bool(wanted & late)


def is_swept(array: Var, s: For | While, memory: Memory) -> bool:
    """True if the loops inside `s`, itself included, run along the array, on each of its axes.

    A copy then costs no more than what the loops do, as that of a matrix would if they read a row.
    An axis of which several numbered items are read (``x[i, 0]``, ``x[i, 1]``) counts as short.
    """
    inner = (s, *walk(s.body))
    indices = {loop.index for loop in inner if isinstance(loop, For)}
    places = [a.args[1:] for a in inner if isinstance(a, Apply) and a.args[:1] == (array,)]

    def covers(axis: int, atom: Atom) -> bool:
        if isinstance(atom, Const):
            items = [place[axis] for place in places if axis < len(place)]
            return len({a.value for a in items if isinstance(a, Const)}) > 1
        return atom in indices or is_shifted(atom, indices, memory)

    return any(
        any(isinstance(a, Var) for a in place) and all(covers(n, a) for n, a in enumerate(place))
        for place in places
    )


def is_shifted(atom: Atom, indices: set[Var], memory: Memory) -> bool:
    """True for an index plus or minus a number."""
    maker = memory.makers.get(atom) if isinstance(atom, Var) else None
    if maker is None or maker.function not in (*ADDING, operator.sub):
        return False
    return any(a in indices for a in maker.args) and any(isinstance(a, Const) for a in maker.args)


def depth(block: Block) -> int:
    """How many loops stand in one another, at most."""
    found = 0
    for statement in block.statements:
        inner = max(map(depth, blocks(statement)), default=0)
        found = max(found, inner + isinstance(statement, For | While))
    return found


def without(block: Block, dropped: Callable[[Statement], bool]) -> Block:
    """The block without some of its statements."""

    def part(statement: Statement) -> Statement:
        match statement:
            case If():
                sides = without(statement.then, dropped), without(statement.orelse, dropped)
                return replace(statement, then=sides[0], orelse=sides[1])
            case For() | While():
                return replace(statement, body=without(statement.body, dropped))
        return statement

    kept = (part(s) for s in block.statements if not dropped(s))
    return Block(tuple(kept), block.yields)
