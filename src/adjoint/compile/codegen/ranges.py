"""Which places a nest of loops can reach, so that they are tested once, before it.

An index that is arithmetic of the loops' own indices and of what is known before them lies between
two numbers that are known before them too (interval arithmetic). If these are places of the array
for every item that the nest reads or writes, its turns test nothing, and LLVM can work on several
at once; if they are not, the nest runs with a test at each item, and raises where Python would.
"""

import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from adjoint.compile import operations
from adjoint.compile.ir.nodes import (
    INT,
    Apply,
    Atom,
    Const,
    For,
    Statement,
    Store,
    Var,
    While,
    defined,
    walk,
)

LEAF = 31
"""Bits of an int from outside; the tests before a nest say that it has no more."""
WIDEST = 62
SIGNS = {operator.add: 1, operator.sub: -1}
LONGEST = 300
"""Statements of a nest that is written twice."""


@dataclass(frozen=True)
class Interval:
    """The least and the greatest number that an int can be, with their bits."""

    low: Any
    high: Any
    bits: int

    @property
    def is_point(self) -> bool:
        return self.low is self.high


class Ranges:
    """The tests before one nest of loops.

    `emit` : what writes instructions, where the nest is to stand.
    """

    def __init__(self, emit: Any, nest: For):
        self.emit = emit
        self.builder = emit.builder
        self.nest = nest
        self.inside = defined(nest.body) | {nest.index, *nest.params}
        self.loops: dict[Var, For] = {}
        self.steps: dict[Var, tuple[For, Atom, int]] = {}  # carried ints: the start, and each step
        self.makers: dict[Var, Apply] = {}
        self.known: dict[Atom, Interval | None] = {}
        self.limited: set[Var] = set()
        self.tests: list[Any] = []

    def condition(self, some: bool = False) -> tuple[Any, set[Statement]] | None:
        """A test that says that all items are there, and those that read or write them.

        None if that cannot be told for one of them; if `some` are enough, for all of them.
        """
        statements = [self.nest, *walk(self.nest.body)]
        if len(statements) > LONGEST or any(isinstance(s, While) for s in statements):
            return None
        accesses = [s for s in accesses_of(statements) if not self.emit.is_there(s)]
        for s in statements:
            if isinstance(s, Apply):
                self.makers[s.out] = s
        for s in statements:
            if isinstance(s, For):
                self.loops[s.index] = s
                self.steps |= self.counting(s)
        told = [s for s in accesses if self.can_tell_place(*accessed(s))]
        if not told or (len(told) < len(accesses) and not some):
            return None
        return self.written(set(map(accessed, told))), set(told)

    def counting(self, loop: For) -> dict[Var, tuple[For, Atom, int]]:
        """The ints to which each turn of a loop adds the same number."""
        found = {}
        for param, start, after in zip(loop.params, loop.inits, loop.body.yields, strict=True):
            total, atom = 0, after
            while atom is not param and isinstance(atom, Var) and atom in self.makers:
                maker = self.makers[atom]
                sign = SIGNS.get(maker.function)
                if sign is None or not isinstance(maker.args[1], Const):
                    break
                total, atom = total + sign * int(maker.args[1].value), maker.args[0]
            if atom is param and param.type == INT and abs(self.step_of(loop)) == 1:
                found[param] = loop, start, total
        return found

    def can_tell_place(self, array: Var, index: tuple[Atom, ...]) -> bool:
        return array not in self.inside and all(map(self.can_tell, index))

    def can_tell(self, atom: Atom) -> bool:
        """True if an int is arithmetic of indices and of what is known; writes nothing."""
        if isinstance(atom, Const) or atom not in self.inside:
            return atom.type == INT
        if atom in self.loops:
            loop = self.loops[atom]
            return self.can_tell(loop.start) and self.can_tell(loop.stop)
        if atom in self.steps:
            loop, start, _ = self.steps[atom]
            return all(map(self.can_tell, (start, loop.start, loop.stop)))
        maker = self.makers.get(atom)
        if maker is None or atom.type != INT:
            return False
        if maker.function is operations.dim:
            return maker.args[0] not in self.inside
        return maker.function in ARITHMETIC and all(map(self.can_tell, maker.args))

    def written(self, places: set[tuple[Var, tuple[Atom, ...]]]) -> Any:
        builder = self.builder
        for array, index in sorted(places, key=repr):
            for axis, at in enumerate(index):
                found = self.interval(at)
                if found is None:
                    return self.emit.value(Const(False))
                self.tests.append(builder.icmp_signed(">=", found.low, self.number(0)))
                self.tests.append(builder.icmp_signed("<", found.high, self.length(array, axis)))
        whole = self.emit.value(Const(True))
        for test in self.tests:
            whole = builder.and_(whole, test)
        return whole

    def number(self, value: int) -> Any:
        return self.emit.value(Const(value))

    def length(self, array: Var, axis: int) -> Any:
        return self.emit.items.length(array, axis)

    @staticmethod
    def step_of(loop: For) -> int:
        return cast(int, cast(Const, loop.step).value)

    # Intervals.

    def interval(self, atom: Atom) -> Interval | None:
        """Between which numbers an int lies; None if they may have too many bits."""
        if atom not in self.known:
            found = self.found(atom)
            self.known[atom] = found if found is not None and found.bits <= WIDEST else None
        return self.known[atom]

    def found(self, atom: Atom) -> Interval | None:
        if isinstance(atom, Const):
            value = self.emit.value(atom)
            return Interval(value, value, int(atom.value).bit_length())
        if atom not in self.inside:
            return self.from_outside(self.emit.value(atom))
        if atom in self.loops:
            return self.of_index(self.loops[atom])
        if atom in self.steps:
            return self.of_count(*self.steps[atom])
        maker = self.makers[atom]
        if maker.function is operations.dim:
            return self.from_outside(self.length(maker.args[0], dict(maker.keywords)["axis"]))
        parts = [self.interval(arg) for arg in maker.args]
        if any(part is None for part in parts):
            return None
        return ARITHMETIC[maker.function](self, *parts)

    def from_outside(self, value: Any) -> Interval:
        if value not in self.limited:
            self.limited.add(value)
            for order, limit in ((">", -(2**LEAF)), ("<", 2**LEAF)):
                self.tests.append(self.builder.icmp_signed(order, value, self.number(limit)))
        return Interval(value, value, LEAF)

    def of_index(self, loop: For) -> Interval | None:
        start, stop = self.interval(loop.start), self.interval(loop.stop)
        step = self.step_of(loop)
        if start is None or stop is None:
            return None
        bits = max(start.bits, stop.bits) + 1
        one = self.number(1)
        if step < 0:
            return Interval(self.builder.add(stop.low, one), start.high, bits)
        last = self.builder.sub(stop.high, one)
        if step > 1 and start.is_point:
            count = self.builder.sdiv(self.builder.sub(last, start.low), self.number(step))
            reached = self.builder.mul(count, self.number(step))
            last = self.builder.add(start.low, reached)
        return Interval(start.low, last, bits)

    def of_count(self, loop: For, first: Atom, step: int) -> Interval | None:
        """Of a carried int to which each turn adds `step`."""
        start, stop, begin = map(self.interval, (loop.start, loop.stop, first))
        if start is None or stop is None or begin is None:
            return None
        upward = self.step_of(loop) > 0
        span = self.difference(stop, start) if upward else self.difference(start, stop)
        turns = self.builder.sub(span.high, self.number(1))  # before the last one
        bits = span.bits + abs(step).bit_length() + 1
        if max(bits, begin.bits) >= WIDEST:
            return None
        way = self.builder.mul(turns, self.number(step))
        low, high = (begin.low, self.builder.add(begin.high, way))
        if step < 0:
            low, high = self.builder.add(begin.low, way), begin.high
        return Interval(low, high, max(bits, begin.bits) + 1)

    # Arithmetic.

    def sum(self, a: Interval, b: Interval) -> Interval:
        low = self.builder.add(a.low, b.low)
        high = low if a.is_point and b.is_point else self.builder.add(a.high, b.high)
        return Interval(low, high, max(a.bits, b.bits) + 1)

    def difference(self, a: Interval, b: Interval) -> Interval:
        return self.sum(a, self.negative(b))

    def negative(self, a: Interval) -> Interval:
        low = self.builder.neg(a.high)
        return Interval(low, low if a.is_point else self.builder.neg(a.low), a.bits)

    def product(self, a: Interval, b: Interval) -> Interval | None:
        bits = a.bits + b.bits
        if bits > WIDEST:
            return None
        if a.is_point and b.is_point:
            value = self.builder.mul(a.low, b.low)
            return Interval(value, value, bits)
        corners = [self.builder.mul(x, y) for x in ends(a) for y in ends(b)]
        return Interval(self.extreme("<", corners), self.extreme(">", corners), bits)

    def smaller(self, *parts: Interval) -> Interval:
        return self.ordered("<", parts)

    def larger(self, *parts: Interval) -> Interval:
        return self.ordered(">", parts)

    def ordered(self, order: str, parts: tuple[Interval, ...]) -> Interval:
        low = self.extreme(order, [part.low for part in parts])
        high = self.extreme(order, [part.high for part in parts])
        return Interval(low, high, max(part.bits for part in parts))

    def extreme(self, order: str, values: list) -> Any:
        found, *rest = values
        for value in rest:
            found = self.builder.select(self.builder.icmp_signed(order, value, found), value, found)
        return found

    def remainder(self, _: Interval, divisor: Interval) -> Interval | None:
        """Of a positive divisor, which is tested."""
        if not divisor.is_point:
            return None
        self.tests.append(self.builder.icmp_signed(">", divisor.low, self.number(0)))
        last = self.builder.sub(divisor.high, self.number(1))
        return Interval(self.number(0), last, divisor.bits)


ARITHMETIC: dict[Callable, Callable[..., Interval | None]] = {
    operator.add: Ranges.sum,
    operations.plus: Ranges.sum,
    operator.sub: Ranges.difference,
    operator.mul: Ranges.product,
    operator.neg: Ranges.negative,
    operator.mod: Ranges.remainder,
    operations.smaller: Ranges.smaller,
    operations.larger: Ranges.larger,
}


def ends(interval: Interval) -> list:
    return [interval.low] if interval.is_point else [interval.low, interval.high]


def accesses_of(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Those that read or write an item."""
    for s in statements:
        if isinstance(s, Store) or (isinstance(s, Apply) and s.function is operations.load):
            yield s


def accessed(s: Any) -> tuple[Var, tuple[Atom, ...]]:
    """The array and the index of a load or store of one item."""
    return (s.array, s.index) if isinstance(s, Store) else (s.args[0], s.args[1:])
