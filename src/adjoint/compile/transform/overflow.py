"""Ints of more than 64 bits: Python has them, machine code does not.

Where an operation on ints may leave the range of int64, a check is put before it that raises
OverflowError with the user's line, so that no result is ever the wrapped one. Interval analysis
finds that most index arithmetic needs none: axes are shorter than 2**31, a counter counts by steps.
Arrays of ints wrap, as NumPy's do.
"""

import builtins
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from adjoint.compile import operations
from adjoint.compile.ir.nodes import (
    BOOL,
    INT,
    Apply,
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Raise,
    Statement,
    Var,
    While,
    reads,
    walk,
)
from adjoint.compile.transform.induction import closed
from adjoint.errors import Place, UnsupportedType

LIMIT = 2**63
AXIS = 2**31
SMALL = 2**31
TURNS = 2**40
"""More turns than any loop makes."""


def guard_ints(function: Function, small: frozenset[Var] = frozenset()) -> Function:
    """The function with a check before each operation on ints that may overflow.

    Parameters
    ----------
    small : parameters that are known to be smaller than `SMALL`, in magnitude.

    Raises
    ------
    UnsupportedType
        if a constant of the program has more than 64 bits.
    """
    for statement in walk(function.body):
        for atom in reads(statement):
            refuse_large(atom, getattr(statement, "place", None))
    guard = Guard(dict.fromkeys(small, SMALL))
    return replace(function, body=guard.block(function.body))


def refuse_large(atom: Atom, place: Place | None) -> None:
    if isinstance(atom, Const) and type(atom.value) is int and not -LIMIT <= atom.value < LIMIT:
        raise UnsupportedType(
            "an int of more than 64 bits cannot be compiled",
            instead="use a float, or drop jit on this function",
            place=place,
        )


class Guard:
    """Copies blocks with checks; `bounds` has the greatest magnitude of each int, where known."""

    def __init__(self, bounds: Mapping[Var, int]):
        self.bounds = dict(bounds)

    def bound(self, atom: Atom) -> int:
        if isinstance(atom, Const):
            return abs(int(atom.value)) if atom.type in (INT, BOOL) else LIMIT
        return 1 if atom.type == BOOL else self.bounds.get(atom, LIMIT)

    def block(self, block: Block) -> Block:
        statements: list[Statement] = []
        for statement in block.statements:
            simpler = [statement]
            if isinstance(statement, For):
                simpler = closed(statement, self.bound)
            for part in simpler:
                statements.extend(self.statement(part))
        return Block(tuple(statements), block.yields)

    def statement(self, s: Statement) -> list[Statement]:
        match s:
            case Apply() if s.out.type == INT:
                return self.apply(s)
            case If():
                made = replace(s, then=self.block(s.then), orelse=self.block(s.orelse))
                for out, a, b in zip(s.outs, s.then.yields, s.orelse.yields, strict=True):
                    self.bounds[out] = max(self.bound(a), self.bound(b))
                return [made]
            case For() | While():
                return [self.loop(s)]
        return [s]

    def apply(self, s: Apply) -> list[Statement]:
        checked = CHECKS.get(s.function)
        bound = BOUNDS.get(s.function, unknown)(*map(self.bound, s.args))
        if s.function is operator.rshift and isinstance(s.args[1], Const):
            bound >>= max(0, int(s.args[1].value))
        self.bounds[s.out] = min(bound, LIMIT)
        if bound < LIMIT or checked is None or (s.function in CONVERSIONS and not is_float(s)):
            return [s]
        fits = Var("fits", BOOL)
        raising = Block((Raise(OverflowError, message(s.place), s.place),))
        test = Apply(fits, checked, s.args[:2], (), s.place)
        return [test, If(fits, Block(()), raising, (), s.place), s]

    # Loops.

    def loop(self, s: For | While) -> For | While:
        """Bounds of carried ints: what they begin with, and how much a turn adds at most."""
        ints = [i for i, param in enumerate(s.params) if param.type == INT]
        starts = {i: self.bound(s.inits[i]) for i in ints}
        turns = TURNS
        if isinstance(s, For):
            turns = self.bound(s.start) + self.bound(s.stop)
            self.bounds[s.index] = min(turns, LIMIT)
        if not ints:
            return self.parts(s)
        growth = self.growths(s, starts)
        limits = {i: min(starts[i] + growth[i] * turns, LIMIT) for i in ints}
        again = self.growths(s, limits)
        for i in ints:
            if again[i] > growth[i]:
                limits[i] = LIMIT
        self.assume(s, limits)
        made = self.parts(s)
        for i in ints:
            self.bounds[s.outs[i]] = limits[i]
        return made

    def growths(self, s: For | While, starts: dict[int, int]) -> dict[int, int]:
        """By how much each carried int grows in a turn that begins with `starts`."""
        self.assume(s, starts)
        self.parts(s)
        return {i: max(0, self.bound(s.body.yields[i]) - starts[i]) for i in starts}

    def assume(self, s: For | While, bounds: dict[int, int]) -> None:
        for i, bound in bounds.items():
            self.bounds[s.params[i]] = bound

    def parts(self, s: For | While) -> For | While:
        if isinstance(s, While):
            return replace(s, test=self.block(s.test), body=self.block(s.body))
        return replace(s, body=self.block(s.body))


def is_float(s: Apply) -> bool:
    return s.args[0].type.is_float


def message(place: Place | None) -> str:
    where = "" if place is None else f" ({place.filename}, line {place.lineno})"
    return f"an int of more than 64 bits{where}: use a float, or drop jit on this function"


def unknown(*bounds: int) -> int:
    return LIMIT


def total(*bounds: int) -> int:
    return sum(bounds)


def first(a: int, *others: int) -> int:
    return a


def power(base: int, exponent: int) -> int:
    return base**exponent if exponent <= 64 and base < LIMIT else LIMIT


def shifted(a: int, by: int) -> int:
    return a << by if by <= 64 else LIMIT


def greatest(*bounds: int) -> int:
    return max(bounds)


def bits(a: int, b: int) -> int:
    """Of ``a & b`` and its like: as many bits as the longer has."""
    return 1 << max(a, b).bit_length()


def axis(*bounds: int) -> int:
    return AXIS


BOUNDS: dict[Callable, Callable[..., int]] = {
    operator.add: total,
    operator.sub: total,
    operator.mul: lambda a, b: a * b,
    operator.pow: power,
    operator.lshift: shifted,
    operator.rshift: first,
    operator.neg: first,
    operator.pos: first,
    operator.abs: first,
    operator.floordiv: first,
    operator.mod: lambda a, b: b,
    operator.and_: bits,
    operator.or_: bits,
    operator.xor: bits,
    operations.larger: greatest,
    operations.smaller: greatest,
    operations.select: lambda test, a, b: max(a, b),
    operations.held: first,
    operations.trips: lambda start, stop, step: start + stop,
    operations.dim: axis,
    np.argmax: axis,
    np.argmin: axis,
    builtins.int: first,
    builtins.round: first,
}
"""The greatest magnitude of a result, from those of the arguments."""
CONVERSIONS = (builtins.int, builtins.round, math.floor, math.ceil, math.trunc)
CHECKS: dict[Callable, Callable] = {
    operator.add: operations.sum_fits,
    operator.sub: operations.difference_fits,
    operator.mul: operations.product_fits,
    operator.pow: operations.power_fits,
    operator.lshift: operations.shift_fits,
    **dict.fromkeys(CONVERSIONS, operations.int_fits),
}
