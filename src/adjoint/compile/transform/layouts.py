"""One layout in memory for each matrix that a loop carries.

Numba gives a variable one type, of which the order of a matrix's elements is part. Where a loop
turns a matrix round (``x = x.T @ a``), its first value and the later ones would have different
orders, of which Numba makes arrays that it cannot allocate. So what is carried is in C's order.
"""

import operator
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from adjoint.compile import operations
from adjoint.compile.ir.nodes import (
    Apply,
    Atom,
    Block,
    For,
    Function,
    If,
    Statement,
    Store,
    Var,
    While,
    walk,
)
from adjoint.compile.transform.sharing import Sharers

ORDERED: frozenset[Callable] = frozenset(
    (
        operations.zeros,
        operations.empty,
        operations.full,
        operations.array_of,
        operations.reshape,
        operations.sum_2_to_2,
        operations.sum_3_to_3,
        operations.sum_to,
        operations.appended,
        operations.appended_array,
        operations.lengthened,
        operator.matmul,
        np.matmul,
        np.dot,
        np.ascontiguousarray,
    )
)
"""What makes arrays in C's order of whatever it is given."""


def settled(function: Function) -> Function:
    """`function` with the matrices that its loops carry in C's order.

    Those whose memory is changed stay what they are: a copy would not change with them.
    """
    if not any(isinstance(s, For | While) for s in walk(function.body)):
        return function
    return replace(function, body=Settling(function).block(function.body))


class Settling:
    """One walk over a function.

    Attributes
    ----------
    ordered : the arrays that are known to be in C's order.
    """

    def __init__(self, function: Function):
        self.sharers = Sharers(function)
        stores = (s for s in walk(function.body) if isinstance(s, Store))
        self.changed = {self.sharers.root(s.array) for s in stores}
        self.ordered: set[Var] = set()

    def block(self, block: Block) -> Block:
        statements = []
        for s in block.statements:
            statements += self.statement(s)
        return Block(tuple(statements), block.yields)

    def statement(self, s: Statement) -> list[Statement]:
        match s:
            case Apply():
                if self.makes_ordered(s):
                    self.ordered.add(s.out)
            case If():
                return [replace(s, then=self.block(s.then), orelse=self.block(s.orelse))]
            case For() | While():
                return self.loop(s)
        return [s]

    def makes_ordered(self, s: Apply) -> bool:
        if s.function in ORDERED:
            return True
        if s.function is operations.copy or is_of_items(s.function):
            return any(arg in self.ordered for arg in s.args)
        return False

    def loop(self, s: For | While) -> list[Statement]:
        chosen = [i for i, param in enumerate(s.params) if self.is_carried(param)]
        before, inits = self.in_order(s.inits, chosen)
        self.ordered.update(s.params[i] for i in chosen)
        body = self.block(s.body)
        after, yields = self.in_order(body.yields, chosen)
        self.ordered.update(s.outs[i] for i in chosen)
        body = Block((*body.statements, *after), yields)
        return [*before, replace(s, inits=inits, body=body)]

    def is_carried(self, param: Var) -> bool:
        return param.type.ndim > 1 and self.sharers.root(param) not in self.changed

    def in_order(
        self, atoms: tuple[Atom, ...], chosen: list[int]
    ) -> tuple[list[Statement], tuple[Atom, ...]]:
        """Statements that put the chosen arrays in order, and the arrays after them."""
        made: list[Statement] = []
        found = list(atoms)
        for i in chosen:
            atom = atoms[i]
            if isinstance(atom, Var) and atom not in self.ordered:
                out = Var(atom.name, atom.type)
                made.append(Apply(out, np.ascontiguousarray, (atom,)))
                found[i] = out
        return made, tuple(found)


def is_of_items(function: Callable) -> bool:
    """True for what is done item by item, in whose result C's order wins."""
    named = getattr(function, "__module__", "") in ("_operator", "operator")
    return named or isinstance(function, np.ufunc)
