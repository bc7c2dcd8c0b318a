"""Which arrays of a function have equal shapes, found without running it.

Each axis is as long as a symbol says: an axis of a parameter, a number that the function makes
arrays of, or another symbol less what a slice leaves out. Arrays that are added up have equal
shapes or are broadcast. For axes of parameters the symbols cannot tell which; where the arguments
at hand have equal ones it is taken for granted, and noted for a test at the start of the function.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adjoint.compile import operations
from adjoint.compile.codegen.itemwise import is_of_items
from adjoint.compile.codegen.views import ends_of
from adjoint.compile.ir.nodes import (
    INT,
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
    Subscript,
    Var,
    While,
    defined,
)


@dataclass(frozen=True)
class Fixed:
    """A known length."""

    length: int


@dataclass(frozen=True)
class Axis:
    """The length of an axis of an array, or a number (of axis None)."""

    var: Var
    axis: int | None = None


@dataclass(frozen=True)
class Less:
    """A length without so many items of it, or nothing."""

    whole: "Length"
    left_out: int


Length = Fixed | Axis | Less
Shape = tuple[Length, ...]
ONE = Fixed(1)
SUMS = frozenset(
    (
        *(operations.sum_1_to_1, operations.sum_2_to_1, operations.sum_2_to_2),
        *(operations.sum_3_to_3, operations.sum_to),
    )
)
"""Sums of a cotangent to the shape that is given after it."""
MADE = {operations.zeros: 0, operations.empty: 0, operations.full: 1, operations.reshape: 1}
"""What makes arrays of given lengths, after how many other operands."""


class Shapes:
    """The shapes of the arrays of a function.

    Parameters
    ----------
    arguments : of the call at hand; None if nothing is to be taken for granted.

    Attributes
    ----------
    granted : pairs of lengths that were taken to be equal because those of the arguments are.
    """

    def __init__(self, function: Function, arguments: Sequence[Any] | None):
        self.of: dict[Var, Shape] = {}
        self.granted: list[tuple[Length, Length]] = []
        self.parents: dict[Length, Length] = {}
        self.given = dict(zip(function.params, arguments or (), strict=False))
        self.numbers: dict[Var, Length] = {}
        self.pushed: dict[object, dict[Push, list[Length | Shape | None]]] = {}
        self.lasting: set[Var] = set(function.params)
        for param in function.params:
            self.of[param] = fresh(param)
        self.block(function.body, outermost=True)

    # Lengths.

    def found(self, length: Length) -> Length:
        """What stands for all lengths that are equal to this one."""
        if isinstance(length, Less):
            whole = self.found(length.whole)
            if isinstance(whole, Less):
                return Less(whole.whole, whole.left_out + length.left_out)
            if isinstance(whole, Fixed):
                return Fixed(max(0, whole.length - length.left_out))
            return Less(whole, length.left_out)
        return self.found(self.parents[length]) if length in self.parents else length

    def same(self, one: Length, other: Length) -> bool:
        """True if two lengths are equal, perhaps because it is taken for granted."""
        one, other = self.found(one), self.found(other)
        if one == other:
            return True
        size = self.observed(one)
        if size is None or size != self.observed(other):
            return False
        return self.grant(one, other)

    def is_one(self, length: Length) -> bool:
        length = self.found(length)
        return length == ONE or (self.observed(length) == 1 and self.grant(length, ONE))

    def grant(self, one: Length, other: Length) -> bool:
        """Take two lengths to be equal, if one of them stands for nothing else."""
        if isinstance(one, Less | Fixed):
            one, other = other, one
        if isinstance(one, Less) and isinstance(other, Less) and one.left_out == other.left_out:
            return self.grant(self.found(one.whole), self.found(other.whole))
        if not isinstance(one, Axis) or (isinstance(other, Less) and within(one, other)):
            return False
        self.granted.append((one, other))
        self.parents[one] = other
        return True

    def observed(self, length: Length) -> int | None:
        """How long it is in the call at hand; None if only running the function tells."""
        match length:
            case Fixed():
                return length.length
            case Less():
                whole = self.observed(self.found(length.whole))
                return None if whole is None else max(0, whole - length.left_out)
        value = self.given.get(length.var)
        if value is None:
            return None
        if length.axis is None:
            return int(value) if length.var.type == INT else None
        return np.shape(value)[length.axis]

    def broadcast(self, shapes: Iterable[Shape]) -> Shape | None:
        """The shape of arrays that are added up; None if it is not known."""
        shapes = list(shapes)
        rank = max(map(len, shapes))
        found = []
        for axis in range(1, rank + 1):
            lengths = [s[-axis] for s in shapes if len(s) >= axis]
            long = [n for n in dict.fromkeys(map(self.found, lengths)) if n != ONE]
            while len(long) > 1 and self.same(long[0], long[1]):
                long.pop(0)
            if len(long) > 1:
                long = [n for n in long if not self.is_one(n)]
            if len(long) > 1:
                return None
            found.append(long[0] if long else ONE)
        return tuple(reversed(found))

    # Statements.

    def block(self, block: Block, outermost: bool = False) -> None:
        for s in block.statements:
            self.statement(s)
            if outermost:
                self.lasting.update(out for out in outs_of(s))

    def statement(self, s: Statement) -> None:
        match s:
            case Apply():
                self.apply(s)
            case Push() if s.pair is not None:
                self.pushed.setdefault(s.pair, {})[s] = list(map(self.known, s.values))
            case Pop():
                self.pop(s)
            case If():
                self.block(s.then)
                self.block(s.orelse)
                inside = defined(s.then) | defined(s.orelse)
                for out, *ends in zip(s.outs, s.then.yields, s.orelse.yields, strict=True):
                    self.ended(out, ends, inside)
            case For() | While():
                self.loop(s)

    def apply(self, s: Apply) -> None:
        if s.out.type.is_array:
            found = self.shape_of(s)
            self.of[s.out] = fresh(s.out) if found is None else found
        elif s.out.type == INT and s.function is operations.dim and isinstance(s.args[0], Var):
            self.numbers[s.out] = self.of[s.args[0]][dict(s.keywords)["axis"]]

    def known(self, atom: Atom) -> Length | Shape | None:
        """What is known of an array, or of a number that is a length."""
        if isinstance(atom, Var) and atom.type.is_array:
            return self.of[atom]
        return self.length(atom) if atom.type == INT else None

    def pop(self, s: Pop) -> None:
        """What is taken from a tape, as what was put there if that was the same in every turn."""
        rows = list(self.pushed.get(s.pair, {}).values())
        for place, out in enumerate(s.outs):
            found = rows[0][place] if len(rows) == 1 else None
            if isinstance(found, tuple) and all(map(self.lasts, found)):
                self.of[out] = found
            elif out.type.is_array:
                self.of[out] = fresh(out)
            elif isinstance(found, Length) and self.lasts(found):
                self.numbers[out] = found

    def lasts(self, length: Length) -> bool:
        """True for a length that is the same wherever the function is."""
        root = self.root_of(length)
        return root is None or root in self.lasting

    def root_of(self, length: Length) -> Var | None:
        length = self.found(length)
        while isinstance(length, Less):
            length = length.whole
        return length.var if isinstance(length, Axis) else None

    def ended(self, out: Var, ends: list[Atom], inside: set[Var]) -> None:
        """What comes out of one of several blocks."""
        if not out.type.is_array:
            return
        one, *others = (self.of[end] for end in ends if isinstance(end, Var))
        same = all(
            a == b for other in others for a, b in zip(self.all(one), self.all(other), strict=True)
        )
        is_outside = not any(self.root_of(length) in inside for length in one)
        self.of[out] = one if same and is_outside else fresh(out)

    def all(self, shape: Shape) -> Shape:
        return tuple(map(self.found, shape))

    def loop(self, s: For | While) -> None:
        """A loop, whose arrays are taken to stay as long as they are until a turn changes that."""
        carried = {p: a for p, a in zip(s.params, s.inits, strict=True) if p.type.is_array}
        shapes = {p: self.of[a] for p, a in carried.items() if isinstance(a, Var)}
        while True:
            self.of.update(shapes)
            if isinstance(s, While):
                self.block(s.test)
            self.block(s.body)
            after = dict(zip(s.params, s.body.yields, strict=True))
            changed = {
                p
                for p, shape in shapes.items()
                if shape != fresh(p) and self.all(self.of[after[p]]) != self.all(shape)
            }
            if not changed:
                break
            shapes |= {p: fresh(p) for p in changed}
        for param, out in zip(s.params, s.outs, strict=True):
            if param in shapes:
                is_steady = shapes[param] != fresh(param)
                self.of[out] = shapes[param] if is_steady else fresh(out)

    def shape_of(self, s: Apply) -> Shape | None:
        """The shape of a result; None if it is not known."""
        arrays = [a for a in s.args if isinstance(a, Var) and a.type.is_array]
        function, keywords = s.function, dict(s.keywords)
        if function in SUMS:
            return self.lengths(s.args[1:])
        if function in MADE:
            return self.lengths(s.args[MADE[function] :])
        if function in (operations.load, operations.take):
            return self.part(arrays[0], keywords["subscript"], s.args[1:])
        if function is np.transpose:
            axes = keywords.get("axes") or tuple(reversed(range(arrays[0].type.ndim)))
            return tuple(self.of[arrays[0]][axis] for axis in axes)
        if function is np.dot:
            return self.product(*(arrays * 2)[:2])
        if function is np.outer:
            one, other = (arrays * 2)[:2]
            return (self.of[one][0], self.of[other][0]) if len(s.args) == 2 else None
        if function is np.sum and set(keywords) == {"axis"} and isinstance(keywords["axis"], int):
            shape = list(self.of[arrays[0]])
            del shape[keywords["axis"]]
            return tuple(shape)
        if is_of_items(s) and arrays:
            found = self.broadcast(self.of[a] for a in arrays)
            return found if found is None or len(found) == s.out.type.ndim else None
        return None

    def product(self, one: Var, other: Var) -> Shape | None:
        a, b = self.of[one], self.of[other]
        if max(len(a), len(b)) > 2:
            return None
        return (*a[:-1], *(b[1:] if len(b) == 2 else ()))

    def lengths(self, atoms: Iterable[Atom]) -> Shape:
        return tuple(self.length(atom) for atom in atoms)

    def length(self, atom: Atom) -> Length:
        if isinstance(atom, Const):
            return Fixed(int(atom.value.real))
        return self.numbers.get(atom, Axis(atom))

    def part(self, array: Var, subscript: Subscript, atoms: Sequence[Atom]) -> Shape | None:
        """The shape of a view."""
        if any(a.type.is_array for a in atoms):
            return None
        rest, given = list(self.of[array]), iter(atoms)
        found: list[Length] = []
        for place, entry in enumerate(subscript.entries):
            if entry == "newaxis":
                found.append(ONE)
            elif entry == "at":
                next(given)
                rest.pop(0)
            elif entry == "ellipsis":
                left = sum(e not in ("newaxis",) for e in subscript.entries[place + 1 :])
                count = len(rest) - left
                found += rest[:count]
                del rest[:count]
            else:
                bounds = [next(given) if is_given else None for is_given in entry]
                length = sliced(rest.pop(0), bounds)
                if length is None:
                    return None
                found.append(length)
        return (*found, *rest)


def sliced(length: Length, bounds: list[Atom | None]) -> Length | None:
    """What a slice leaves of an axis; None if that is not known."""
    found = ends_of(bounds)
    if found is None:
        return None
    start, stop = found
    if stop > 0:
        return (
            Fixed(max(0, stop - start))
            if isinstance(length, Fixed) and length.length >= stop
            else None
        )
    return Less(length, start - stop) if start - stop else length


def fresh(var: Var) -> Shape:
    """The shape of an array of which nothing is known."""
    return tuple(Axis(var, axis) for axis in range(var.type.ndim))


def within(length: Length, other: Length) -> bool:
    while isinstance(other, Less):
        other = other.whole
    return length == other


def outs_of(s: Statement) -> tuple[Var, ...]:
    match s:
        case Apply():
            return (s.out,)
        case If() | For() | While() | Pop():
            return s.outs
    return ()
