"""Loops by a step that is not known, as loops over the number of the turn.

``for j in range(i, n, 2 * step)`` goes up or down, which machine code would ask in every turn.
"""

import operator
from dataclasses import replace

from adjoint.compile import operations
from adjoint.compile.ir.copying import with_loops
from adjoint.compile.ir.nodes import INT, Apply, Block, Const, For, Function, Statement, Var, While


def by_one(function: Function) -> Function:
    """An equal function whose counted loops have steps that are known."""
    return replace(function, body=with_loops(function.body, counted))


def counted(s: For | While) -> list[Statement]:
    if isinstance(s, While) or isinstance(s.step, Const):
        return [s]
    turns, number, way = Var("turns", INT), Var("number", INT), Var("way", INT)
    count = Apply(turns, operations.trips, (s.start, s.stop, s.step), (), s.place)
    index = (
        Apply(way, operator.mul, (number, s.step), (), s.place),
        Apply(s.index, operator.add, (s.start, way), (), s.place),
    )
    body = Block((*index, *s.body.statements), s.body.yields)
    loop = replace(s, index=number, start=Const(0), stop=turns, step=Const(1), body=body)
    return [count, loop]
