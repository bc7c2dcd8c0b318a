"""What to record: the cheapest set of values from which the reverse sweep recomputes the rest.

A minimum cut between the values that cannot be recomputed (loop variables, results of inner loops,
reads of memory that changes, functions that cost more than a push) and those that are needed
(as min-cut recomputation in Enzyme; Moses and others, 2021).
"""

import math
import operator
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from adjoint.compile import operations
from adjoint.compile.ir.nodes import Apply, Block, Store, Var, defined, free
from adjoint.compile.transform.lasting import Lasting, with_stored
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
    body: Block,
    needed: Iterable[Var],
    available: set[Var],
    changed: set[Var],
    bound: Iterable[Var],
    lasting: Lasting,
) -> tuple[tuple[Var, ...], tuple[Apply, ...]]:
    """Which values to record, and the statements that recompute the other needed ones, in order.

    Parameters
    ----------
    needed : variables of the body that the reverse sweep reads.
    available : variables of the body that the reverse sweep has anyway (the loop's index).
    changed : arrays whose memory changes; what is read from them is not recomputed.
    bound : the body's own parameters.
    lasting : the items of changed arrays that change no more.
    """
    inside = defined(body) | set(bound)
    statements = with_stored(body.statements, lasting, inside, set(bound))
    makers = {
        s.out: s for s in statements if isinstance(s, Apply) and is_cheap(s, changed, lasting)
    }
    graph = Cut(inside, available, makers)
    for var in needed:
        graph.need(var)
    recorded = graph.solve()
    return recorded, recomputation(makers, needed, set(recorded) | available, inside)


def is_cheap(statement: Apply, changed: set[Var], lasting: Lasting) -> bool:
    if statement.function is operations.load:
        known = statement.out in lasting.reads or lasting.stored.get(statement.out) is statement
        return known or statement.args[0] not in changed
    if statement.function is operations.dim:
        return True
    arrays = [a for a in (statement.out, *statement.args) if a.type.is_array]
    if statement.out.type.is_array and not any(a in changed for a in arrays):
        return statement.function in CHEAP or statement.function is np.transpose
    return statement.function in CHEAP and not arrays


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
    makers: dict[Var, Apply], needed: Iterable[Var], have: set[Var], inside: set[Var]
) -> tuple[Apply, ...]:
    """The statements that make `needed` from `have`.

    In the order of the program, but for what makes the place of a number that is read from there.
    """
    wanted: dict[Var, list[Var]] = {}
    left = [v for v in needed if v in inside and v not in have]
    while left:
        var = left.pop()
        if var not in wanted:
            args = (a for a in makers[var].args if isinstance(a, Var))
            wanted[var] = [a for a in args if a in inside and a not in have]
            left += wanted[var]
    chosen: dict[Var, Apply] = {}

    def choose(var: Var) -> None:
        if var not in chosen:
            for source in wanted[var]:
                choose(source)
            chosen[var] = makers[var]

    for var in makers:
        if var in wanted:
            choose(var)
    return tuple(chosen.values())


def needed_by(stores: Sequence[Store], made: Sequence[Apply]) -> list[Apply]:
    """What of the statements that are made again some stores need."""
    wanted = set(free(Block(tuple(stores))))
    found: list[Apply] = []
    for s in reversed(made):
        if s.out in wanted:
            found.insert(0, s)
            wanted.update(a for a in s.args if isinstance(a, Var))
    return found
