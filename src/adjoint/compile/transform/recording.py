"""What to record: the cheapest set of values from which the reverse sweep recomputes the rest.

A minimum cut between the values that cannot be recomputed (loop variables, results of inner loops,
reads of memory that changes, functions that cost more than a push) and those that are needed
(as min-cut recomputation in Enzyme; Moses and others, 2021).
"""

import math
import operator
from collections.abc import Callable, Iterable

import numpy as np

from adjoint.compile import operations
from adjoint.compile.ir.nodes import Apply, Block, Statement, Var, defined, reads, writes
from adjoint.compile.transform.minimum_cut import Network

CHEAP: frozenset[Callable] = frozenset(
    (
        operator.add,
        operator.sub,
        operator.mul,
        operator.truediv,
        operator.neg,
        operator.pos,
        operator.lt,
        operator.le,
        operator.gt,
        operator.ge,
        operator.eq,
        operator.ne,
        operator.floordiv,
        operator.and_,
        operator.or_,
        operator.xor,
        operator.lshift,
        operator.rshift,
        operator.mod,
        operator.abs,
        operations.divide,
        operations.plus,
        operations.select,
        operations.either,
        operations.both,
        operations.negation,
        operations.differs,
        operations.larger,
        operations.smaller,
        operations.dim,
        operations.trips,
        operations.held,
        math.sqrt,
        np.sqrt,
        np.sign,
        np.copysign,
        float,
        int,
    )
)
UNLIMITED = 1_000_000


def plan(
    body: Block, needed: Iterable[Var], available: set[Var], changed: set[Var], bound: Iterable[Var]
) -> tuple[tuple[Var, ...], tuple[Apply, ...]]:
    """Which values to record, and the statements that recompute the other needed ones, in order.

    Parameters
    ----------
    needed : variables of the body that the reverse sweep reads.
    available : variables of the body that the reverse sweep has anyway (the loop's index).
    changed : arrays whose memory changes; what is read from them is not recomputed.
    bound : the body's own parameters.
    """
    inside = defined(body) | set(bound)
    makers = {s.out: s for s in body.statements if isinstance(s, Apply) and is_cheap(s, changed)}
    graph = Cut(inside, available, makers)
    for var in needed:
        graph.need(var)
    recorded = graph.solve()
    return recorded, recomputation(body.statements, needed, set(recorded) | available, inside)


def is_cheap(statement: Apply, changed: set[Var]) -> bool:
    if statement.function is operations.load:
        array = statement.args[0]
        return array not in changed
    scalar = not statement.out.type.is_array
    return statement.function in CHEAP and (
        (scalar and all(not a.type.is_array for a in statement.args))
        or statement.function is operations.dim
    )


class Cut:
    """The graph of what can be recomputed from what."""

    def __init__(self, inside: set[Var], available: set[Var], makers: dict[Var, Apply]):
        self.inside, self.available, self.makers = inside, available, makers
        self.number: dict[Var, int] = {}
        self.edges: dict[tuple[int, int], int] = {}

    def need(self, var: Var) -> None:
        if self.add(var):
            self.edges[2 * self.number[var] + 3, 1] = UNLIMITED

    def add(self, var: Var) -> bool:
        """Enter a variable and what it is made of; False if it costs nothing."""
        if var not in self.inside or var in self.available:
            return False
        if var in self.number:
            return True
        number = self.number[var] = len(self.number)
        entry = 2 * number + 2
        self.edges[entry, entry + 1] = 1 if not var.type.is_array else 16
        maker = self.makers.get(var)
        if maker is None:
            self.edges[0, entry] = UNLIMITED
            return True
        for source in maker.args:
            if isinstance(source, Var) and self.add(source):
                self.edges[2 * self.number[source] + 3, entry] = UNLIMITED
        return True

    def solve(self) -> tuple[Var, ...]:
        if not self.number:
            return ()
        reaches = Network(self.edges, 0, 1).reaching_sink()
        return tuple(
            v for v, n in self.number.items() if 2 * n + 3 in reaches and 2 * n + 2 not in reaches
        )


def recomputation(
    statements: tuple[Statement, ...], needed: Iterable[Var], have: set[Var], inside: set[Var]
) -> tuple[Apply, ...]:
    """The statements that make `needed` from `have`."""
    wanted = {v for v in needed if v in inside and v not in have}
    chosen: list[Apply] = []
    for statement in reversed(statements):
        if not any(out in wanted for out in writes(statement)):
            continue
        assert isinstance(statement, Apply)
        chosen.append(statement)
        wanted.update(
            a for a in reads(statement) if isinstance(a, Var) and a in inside and a not in have
        )
    return tuple(reversed(chosen))
