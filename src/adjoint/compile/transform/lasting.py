"""Items of arrays that nothing is stored into afterwards: the reverse sweep reads them there.

A program that fills a table reads what it has filled: ``l[i, k] * l[j, k]`` for ``k < j`` while it
stores at ``l[i, j]``. These items change no more, though their array does. An item lasts if each
store that may run later is at another place along one axis, which follows from the ranges of the
loops (array dependence analysis: Kennedy and Allen, Optimizing Compilers for Modern Architectures,
2001, chapter 3). What is found here is sufficient, not necessary: other items are recorded.
"""

import operator
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from adjoint.compile import operations
from adjoint.compile.ir.nodes import (
    Apply,
    Atom,
    Block,
    Const,
    For,
    Function,
    Statement,
    Store,
    Var,
    While,
    binds,
    blocks,
    reads,
    walk,
    writes,
)
from adjoint.compile.transform.aliases import Aliases

Loop = For | While
SIGNS = {operator.add: 1, operations.plus: 1, operator.sub: -1}
STEPS = 12
"""Bounds that are put in one another, at most."""


@dataclass(frozen=True)
class Access:
    """Where an item is read or stored; `index` is None where it is several items."""

    index: tuple[Atom, ...] | None
    loops: tuple[Loop, ...]
    position: int


class Symbol(NamedTuple):
    """An int in one of the two turns that are compared; `late` is None if it is one in both."""

    var: Var
    late: bool | None


class Form(NamedTuple):
    """A sum of multiples of ints."""

    terms: tuple[tuple[Symbol, int], ...]
    constant: int

    def plus(self, other: "Form", factor: int = 1) -> "Form":
        terms = dict(self.terms)
        for symbol, count in other.terms:
            terms[symbol] = terms.get(symbol, 0) + factor * count
        kept = tuple((symbol, count) for symbol, count in terms.items() if count)
        return Form(kept, self.constant + factor * other.constant)


class Lasting:
    """What lasts in a function.

    Attributes
    ----------
    reads : the results of reading items that last.
    stored : numbers that are stored where they last, and the statements that read them there.
    """

    def __init__(self, function: Function, aliases: Aliases):
        self.homes: dict[Var, tuple[Loop, ...]] = {}
        self.inside: dict[Var | Store, Block] = {}
        self.makers: dict[Var, Apply] = {}
        self.loads: list[tuple[Apply, Access]] = []
        self.stores: dict[Var, list[tuple[Store, Access]]] = {}
        self.reads: set[Var] = set()
        self.stored: dict[Var, Apply] = {}
        self.position = 0
        if any(isinstance(s, Loop) and s.remade for s in walk(function.body)):
            return
        self.collect(function.body, ())
        tops = {*function.params, *(v for s in function.body.statements for v in writes(s))}
        arrays = {a for a in tops if a in self.stores and aliases.of(a) == [a]}
        for load, access in self.loads:
            if load.args[0] in arrays and self.lasts(load.args[0], access):
                self.reads.add(load.out)
        for array in arrays:
            for store, access in self.stores[array]:
                self.note(store, access)

    def collect(self, block: Block, loops: tuple[Loop, ...]) -> None:
        for s in block.statements:
            self.position += 1
            for var in writes(s):
                self.homes[var] = loops
                self.inside[var] = block
            if isinstance(s, Apply):
                self.makers[s.out] = s
                if s.function is operations.load and not s.out.type.is_array:
                    self.loads.append((s, Access(s.args[1:], loops, self.position)))
            elif isinstance(s, Store):
                single = all(entry == "at" for entry in s.subscript.entries)
                single = single and not any(a.type.is_array for a in s.index)
                access = Access(s.index if single else None, loops, self.position)
                self.stores.setdefault(s.array, []).append((s, access))
                self.inside[s] = block
            inside = (*loops, s) if isinstance(s, Loop) else loops
            for var in binds(s):
                self.homes[var] = inside
            for inner in blocks(s):
                self.collect(inner, inside)

    def note(self, s: Store, access: Access) -> None:
        """Enter what is stored, if it is a number of the array's own type and lasts.

        It must be stored where it is made: in a branch it might not be stored at all.
        """
        if s.adds or access.index is None or not isinstance(s.value, Var):
            return
        if len(access.index) < s.array.type.ndim:
            return
        if s.value.type.dtype != s.array.type.dtype or s.value.type.is_array:
            return
        if self.inside.get(s.value) is self.inside[s] and self.lasts(s.array, access):
            keywords = (("subscript", s.subscript),)
            load = Apply(s.value, operations.load, (s.array, *s.index), keywords, s.place)
            self.stored[s.value] = load

    def instead(self, arrays: set[Var], read: set[Var]) -> None:
        """Enter these results of reading items of some arrays in the place of what was found."""
        self.reads.difference_update(s.out for s, _ in self.loads if s.args[0] in arrays)
        self.reads |= read
        self.stored = {v: s for v, s in self.stored.items() if s.args[0] not in arrays}

    def covers(self, array: Var, block: Block) -> bool:
        """True if all that a block reads of an array, but for its lengths, are items that last."""
        if any(array in inner.yields for s in walk(block) for inner in blocks(s)):
            return False
        readers = [s for s in walk(block) if array in reads(s)]
        lengths = [s for s in readers if isinstance(s, Apply) and s.function is operations.dim]
        return all((isinstance(s, Apply) and s.out in self.reads) or s in lengths for s in readers)

    def lasts(self, array: Var, early: Access) -> bool:
        """True if no store that runs after an access is at its place."""
        return all(
            Pair(self, early, late, depth).is_apart()
            for _, late in self.stores[array]
            for depth in self.orders(early, late)
        )

    def orders(self, early: Access, late: Access) -> Iterator[int | None]:
        """How one may run after the other: in a later turn of a common loop, or (None) of none."""
        common = shared(early.loops, late.loops)
        yield from range(len(common))
        if late.position > early.position:
            yield None


def shared(first: Sequence[Loop], second: Sequence[Loop]) -> tuple[Loop, ...]:
    """The loops around both."""
    found = []
    for one, other in zip(first, second, strict=False):
        if one is not other:
            break
        found.append(one)
    return tuple(found)


class Pair:
    """An access and a store that runs after it.

    `depth` : of the loops around both, that of which the store runs in a later turn; those around
    it are in the same turn. None if all are, and the store is further down.
    """

    def __init__(self, lasting: Lasting, early: Access, late: Access, depth: int | None):
        self.lasting, self.early, self.late = lasting, early, late
        common = shared(early.loops, late.loops)
        self.same = common if depth is None else common[:depth]
        self.moved = None if depth is None else common[depth]

    def is_apart(self) -> bool:
        """True if the two are at different places along an axis.

        The lower of the two numbers must be a place from the start: -1 is one from the end.
        """
        if self.early.index is None or self.late.index is None:
            return False
        # One of the two may be a row: only the axes that both name tell them apart.
        for first, second in zip(self.early.index, self.late.index, strict=False):
            one, other = self.form(first, late=False), self.form(second, late=True)
            for low, high in ((one, other), (other, one)):
                if self.is_least(high.plus(low, -1), 1) and self.is_least(low, 0):
                    return True
        return False

    def form(self, atom: Atom, *, late: bool) -> Form:
        if isinstance(atom, Const):
            return Form((), int(atom.value.real))
        maker = self.lasting.makers.get(atom)
        if maker is not None and maker.function in SIGNS:
            first, second = (self.form(a, late=late) for a in maker.args)
            return first.plus(second, SIGNS[maker.function])
        home = self.lasting.homes.get(atom, ())
        is_one = home == self.same[: len(home)]
        return Form(((Symbol(atom, None if is_one else late), 1),), 0)

    def is_least(self, form: Form, least: int, steps: int = STEPS) -> bool:
        """True if the number is at least so much, by the ranges of the loops."""
        if not form.terms:
            return form.constant >= least
        if not steps:
            return False
        symbol, count = max(form.terms, key=self.order)
        rest = form.plus(Form(((symbol, 1),), 0), -count)
        bounds = self.bounds(symbol, lower=count > 0)
        return any(self.is_least(rest.plus(b, count), least, steps - 1) for b in bounds)

    def order(self, term: tuple[Symbol, int]) -> tuple[int, bool]:
        """Inner loops first, and of one loop the later turn."""
        symbol, _ = term
        return len(self.lasting.homes.get(symbol.var, ())), symbol.late is True

    def bounds(self, symbol: Symbol, *, lower: bool) -> Iterator[Form]:
        """Numbers that the index of a loop is never below, or never above."""
        home = self.lasting.homes.get(symbol.var, ())
        loop = home[-1] if home else None
        if not isinstance(loop, For) or loop.index is not symbol.var:
            return
        if not isinstance(loop.step, Const) or not loop.step.value:
            return
        step = 1 if int(loop.step.value.real) > 0 else -1
        if symbol.late and loop is self.moved and lower == (step > 0):
            yield Form(((Symbol(symbol.var, False), 1),), step)
        at_start = lower == (step > 0)
        end, shift = (loop.start, 0) if at_start else (loop.stop, -step)
        for part in self.parts(end, operations.larger if lower else operations.smaller):
            yield self.form(part, late=bool(symbol.late)).plus(Form((), shift))

    def parts(self, atom: Atom, function: object) -> Iterable[Atom]:
        """The numbers of which a bound is the greatest, or the least: each of them is one."""
        maker = self.lasting.makers.get(atom) if isinstance(atom, Var) else None
        return maker.args if maker is not None and maker.function is function else (atom,)


def with_stored(
    statements: Sequence[Statement], lasting: Lasting, inside: set[Var], known: set[Var]
) -> tuple[Statement, ...]:
    """The statements, and after each number that is stored where it lasts how it is read there.

    Not where the place depends on the number.

    Parameters
    ----------
    inside : what the statements and the block around them define.
    known : what of that is there before them.
    """

    def is_known(atom: Atom) -> bool:
        if atom not in inside or atom in known:
            return True
        maker = lasting.makers.get(atom)
        return maker is not None and maker.function in SIGNS and all(map(is_known, maker.args))

    found: list[Statement] = []
    known = set(known)
    for s in statements:
        found.append(s)
        for var in writes(s):
            load = lasting.stored.get(var)
            if load is not None and all(map(is_known, load.args)):
                found.append(load)
            known.add(var)
    return tuple(found)
