"""Loops whose turns are made again: divided into segments, of which the reverse sweep keeps starts.

A counted loop of n turns has segments of about sqrt(n) turns; the k-th segment of a loop of unknown
length has 8 k turns, which is sqrt(n) again wherever it ends, without knowing n. The reverse sweep
runs each segment once more, so it keeps the state at sqrt(n) starts and the tape of sqrt(n) turns.
If a turn is itself costly to keep (it has loops or arrays), it is made again as well: twice in all.

Compared with binomial schedules (Griewank and Walther, Algorithm 799; Stumm and Walther 2010 for
loops of unknown length) this stores more than log(n) states, and computes each turn no more than
twice or three times whatever n is.
"""

import math
import operator
from dataclasses import replace

from adjoint.compile import operations
from adjoint.compile.ir.copying import Copier, alike, with_loops
from adjoint.compile.ir.nodes import (
    BOOL,
    FLOAT,
    INT,
    Apply,
    Atom,
    Block,
    Const,
    For,
    Function,
    Statement,
    Var,
    While,
    walk,
)

GROWTH = 8


def segmented(function: Function) -> Function:
    """The function with its marked loops divided."""
    if not any(isinstance(s, For | While) and s.remade for s in walk(function.body)):
        return function
    return replace(function, body=with_loops(function.body, of_loop))


def of_loop(loop: For | While) -> list[Statement]:
    if not loop.remade:
        return [loop]
    return counted(loop) if isinstance(loop, For) else [repeated(loop)]


def is_costly(body: Block) -> bool:
    """True if a turn records more than a few numbers."""
    return any(
        isinstance(s, For | While) or (isinstance(s, Apply) and s.out.type.is_array)
        for s in walk(body)
    )


class Numbers:
    """Arithmetic on ints, as statements."""

    def __init__(self, place):
        self.place, self.statements = place, []

    def make(self, function, *args: Atom, type_=INT, name: str = "segment") -> Var:
        out = Var(name, type_)
        self.statements.append(Apply(out, function, args, (), self.place))
        return out


def counted(s: For) -> list[Statement]:
    """``for i in range(start, stop, step)`` as a loop over segments."""
    before, inside = Numbers(s.place), Numbers(s.place)
    turns = before.make(operations.trips, s.start, s.stop, s.step, name="turns")
    root = before.make(math.sqrt, before.make(float, turns, type_=FLOAT), type_=FLOAT)
    length = before.make(operator.add, before.make(int, root), Const(1), name="length")
    most = before.make(operator.sub, before.make(operator.add, turns, length), Const(1))
    count = before.make(operator.floordiv, most, length, name="segments")

    def bound(turn: Atom, name: str) -> Var:
        return inside.make(
            operator.add, s.start, inside.make(operator.mul, turn, s.step), name=name
        )

    number = Var("segment", INT)
    first = inside.make(operator.mul, number, length)
    last = inside.make(operations.smaller, inside.make(operator.add, first, length), turns)
    params, outs = alike(s.params), alike(s.outs)
    inner = replace(
        s,
        start=bound(first, "begin"),
        stop=bound(last, "end"),
        inits=params,
        outs=outs,
        remade=is_costly(s.body),
    )
    body = Block((*inside.statements, inner), outs)
    outer = For(
        number, Const(0), count, Const(1), params, s.inits, body, s.outs, s.place, remade=True
    )
    return [*before.statements, outer]


def repeated(s: While) -> Statement:
    """``while test`` as a loop over segments that grow."""
    inside = Numbers(s.place)
    params, outs = alike(s.params), alike(s.outs)
    length, count, counted_out = Var("length", INT), Var("count", INT), Var("count", INT)
    longer = Var("length", INT)
    shorter = inside.make(operator.lt, count, length, type_=BOOL, name="goes_on")
    goes_on = inside.make(operations.both, s.test.yields[0], shorter, type_=BOOL, name="goes_on")
    one_more = Var("count", INT)
    inner = While(
        (*s.params, count),
        (*params, Const(0)),
        Block((*s.test.statements, *inside.statements), (goes_on,)),
        Block(
            (*s.body.statements, Apply(one_more, operator.add, (count, Const(1)), (), s.place)),
            (*s.body.yields, one_more),
        ),
        (*outs, counted_out),
        s.place,
        remade=is_costly(s.body),
    )
    grown = Apply(longer, operator.add, (length, Const(GROWTH)), (), s.place)
    test = Copier(dict(zip(s.params, params, strict=True))).block(s.test)
    body = Block((inner, grown), (*outs, longer))
    return While(
        (*params, length),
        (*s.inits, Const(GROWTH)),
        test,
        body,
        (*s.outs, Var("length", INT)),
        s.place,
        remade=True,
    )
