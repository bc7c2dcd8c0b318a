"""Warns of searches that no loop shows: by recursion, by a predicate, by a step in a function.

Such a search has constants for its ends, so what it finds has the derivative zero. What tells it
from other branches is that it closes in: the two sides of its comparison come ever nearer, and the
outcome goes both ways.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

import numpy as np

from adjoint.errors import (
    Place,
    UnrolledLoop,
    calling_place,
    is_in_solver,
    outside_adjoint,
    user_place,
    warn_at,
)
from adjoint.source import FunctionNode
from adjoint.trace.iterations import moves_ends, own_nodes
from adjoint.unrolling import SETTING
from adjoint.walks import walk

LEAST_STEPS = 8  # that came nearer than any before
NEARER = 0.8  # than the nearest before
LEAST_CHOICES = 5  # among values that were ever nearer to each other
PER_STEP = 3  # comparisons, for every one that came nearer
NEAR = 1e-3  # the gap now, of the widest
Position = tuple[int, int, int | None]
CLOSED_IN = (
    "comparisons of a live value close in on where it changes sides, as a search does, and what a "
    "search finds has no derivative here: search in a loop of one function, or say what the result "
    "solves with adjoint.implicit; adjoint.unrolled() says that the branches are meant"
)


def deciding(function: FunctionNode) -> set[Position]:
    """Where in a function the comparisons stand that may be those of a search.

    They decide which call to itself comes next, are what the function returns, or decide which ends
    it moves or returns.
    """
    if isinstance(function, ast.Lambda):
        return comparisons(function.body)
    nodes = own_nodes(function.body)
    if calls_itself(nodes, function.name):
        return comparisons(function)
    marked: set[Position] = set()
    for node in nodes:
        if isinstance(node, ast.Return) and not isinstance(node.value, ast.IfExp | None):
            marked |= comparisons(node.value)
        elif (
            isinstance(node, ast.If) and (moves_ends(node, nodes) or returns_ends(node.body))
        ) or (isinstance(node, ast.IfExp) and are_ends(node.body) and are_ends(node.orelse)):
            marked |= comparisons(node.test)
    return marked


def position(node: ast.expr) -> Position:
    return node.lineno, node.col_offset, node.end_col_offset


def comparisons(node: ast.AST) -> set[Position]:
    ordering = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
    return {
        position(part)
        for part in walk(node)
        if isinstance(part, ast.Compare) and isinstance(part.ops[0], ordering)
    }


def calls_itself(nodes: list[ast.AST], name: str) -> bool:
    called = [node.func for node in nodes if isinstance(node, ast.Call)]
    return any(
        (isinstance(f, ast.Name) and f.id == name)
        or (isinstance(f, ast.Attribute) and f.attr == name and isinstance(f.value, ast.Name))
        for f in called
    )


def returns_ends(statements: list[ast.stmt]) -> bool:
    return any(
        isinstance(node, ast.Return) and node.value is not None and are_ends(node.value)
        for node in statements
    )


def are_ends(node: ast.expr) -> bool:
    """Two or more variables as they are."""
    held = (ast.Name, ast.Attribute, ast.Subscript)
    is_pair = isinstance(node, ast.Tuple | ast.List) and len(node.elts) > 1
    return is_pair and all(isinstance(part, held) for part in node.elts)


@dataclass(slots=True)
class Refinement:
    """What was seen of the choices of one line: how far apart the values were, and how often."""

    first: float = 0.0
    last: float = 0.0
    total: int = 0

    def sees(self, spread: float) -> bool:
        """Note a choice; True if the values were nearer to each other each time."""
        if not spread <= NEARER * self.last:
            self.first, self.total = spread, 0
        self.total += 1
        self.last = spread
        return self.total == LEAST_CHOICES and spread <= NEAR * self.first


@dataclass(slots=True)
class Search:
    """What was seen of the comparisons of one line: how near, how often, and how they ended."""

    widest: float = 0.0
    nearest: float = np.inf
    nearer: int = 0
    total: int = 0
    true: int = 0
    is_said: bool = False

    def sees(self, gap: float, outcome: bool) -> bool:
        """Note a comparison; True if they close in, which is said once."""
        self.total += 1
        self.true += outcome
        self.widest = max(self.widest, gap)
        if gap < NEARER * self.nearest:
            self.nearest = gap
            self.nearer += 1
        closes_in = (
            self.nearer >= LEAST_STEPS
            and self.total <= PER_STEP * self.nearer
            and self.nearest <= NEAR * self.widest
            and 1 < self.true < self.total - 1
        )
        is_new, self.is_said = closes_in and not self.is_said, self.is_said or closes_in
        return is_new


class ClosingIn:
    """The searches of one level; `outer` are those of the level around it."""

    def __init__(self, level: Any):
        self.live = level.recorder.live
        self.compare = level.operators.compare
        self.outer: ClosingIn | None = level.outer.closing_in if level.outer else None
        self.searches: dict[tuple[CodeType, int], Search] = defaultdict(Search)
        self.refinements: dict[tuple[CodeType, int], Refinement] = defaultdict(Refinement)

    def clear(self) -> None:
        self.searches.clear()
        self.refinements.clear()

    def decide(self, function: Callable, left: Any, right: Any) -> Any:
        """``left < right`` and the like, where a search may be asking."""
        outcome = self.compare(function, left, right)
        place = self.closes_in(left, right, outcome, sys._getframe(1))
        if place is not None:
            warn_of_search(place)
        return outcome

    def closes_in(self, left: Any, right: Any, outcome: Any, frame: FrameType) -> Place | None:
        """Where to say that the comparisons of the line of `frame` close in, the first time."""
        is_plain = isinstance(outcome, bool | np.bool_) and is_number(left) and is_number(right)
        if not is_plain or not (self.is_live(left) or self.is_live(right)):
            return None
        search = self.searches[frame.f_code, frame.f_lineno]
        closes_in = search.sees(abs(float(left) - float(right)), bool(outcome))
        if not closes_in or is_in_solver(frame):  # which has the derivative of its result
            return None
        return calling_place(frame) or user_place(frame)

    def choose(self, values: Any) -> None:
        """One of these values was chosen for being the smallest or the largest."""
        frame = outside_adjoint(sys._getframe(1))
        spread = float(np.ptp(values)) if np.size(values) > 2 else np.nan
        if frame is None or np.isnan(spread):
            return
        refinement = self.refinements[frame.f_code, frame.f_lineno]
        if refinement.sees(spread):
            warn_of_search(calling_place(frame) or user_place(frame))

    def is_live(self, value: Any) -> bool:
        if type(value) is not float and type(value) is not np.float64:
            return False
        return id(value) in self.live or (self.outer is not None and self.outer.is_live(value))


def warn_of_search(place: Place | None) -> None:
    if not SETTING.unrolled:
        warn_at(UnrolledLoop, CLOSED_IN, place)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number)
