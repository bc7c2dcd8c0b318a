"""Warns of searches that no loop shows: by recursion, by a predicate, by a step in a function.

Such a search has constants for its ends, so what it finds has the derivative zero. What tells it
from other branches is that it closes in: the two sides of its comparison come ever nearer, and the
outcome goes both ways.
"""

import ast
import itertools
import sys
from collections import defaultdict, deque
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
from adjoint.trace.plain_types import EQUATED
from adjoint.unrolling import SETTING
from adjoint.walks import walk

NEARER = 0.8  # than the nearest before
LEAST_CHOICES = 5  # among values that were ever nearer to each other
ROW = 3  # comparisons
SHRUNK = 0.5  # the widest gap of these, of that of as many before
NEAR = 1e-3  # the gap now, of the widest
MOST_ASKED = 64  # comparisons of one place, before they are taken not to be those of a search
LONGEST_REST = 256  # recordings
FLOATS = frozenset({float, np.float64})
SITES = itertools.count()
Position = tuple[int, int, int | None]
CLOSED_IN = (
    "comparisons of a live value close in on where it changes sides, as a search does, and what a "
    "search finds has no derivative here: search in a loop of one function, or say what the result "
    "solves with adjoint.implicit; adjoint.unrolled() says that the branches are meant"
)


def deciding(function: FunctionNode) -> set[Position]:
    """Where in a function the comparisons stand that may be those of a search.

    They decide which call to itself comes next, are what the function returns, or decide which ends
    it moves or returns, also as weights of 0 and 1.
    """
    if isinstance(function, ast.Lambda):
        return comparisons(function.body)
    nodes = own_nodes(function.body)
    if calls_itself(nodes, function.name):
        return comparisons(function)
    marked = weighing(nodes)
    for node in nodes:
        if isinstance(node, ast.Return) and not isinstance(node.value, ast.IfExp | None):
            marked |= comparisons(node.value)
        elif (
            isinstance(node, ast.If) and (moves_ends(node, nodes) or returns_ends(node.body))
        ) or (isinstance(node, ast.IfExp) and are_ends(node.body) and are_ends(node.orelse)):
            marked |= comparisons(node.test)
    return marked


def weighing(nodes: list[ast.AST]) -> set[Position]:
    """The comparisons in two products or more that move variables, or whose outcome is in them."""
    products = [
        part
        for node in nodes
        if isinstance(node, ast.Assign | ast.AugAssign) and moves(node)
        for part in walk(node.value)
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mult)
    ]
    if len(products) < 2:
        return set()
    factors = {part.id for product in products for part in walk(product) if is_name(part)}
    outcomes = [
        node.value
        for node in nodes
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Compare | ast.Call)
        and any(is_name(target) and target.id in factors for target in node.targets)
    ]
    return set().union(*map(comparisons, [*products, *outcomes]))


def moves(node: ast.Assign | ast.AugAssign) -> bool:
    """True for ``a = a + ...`` and ``a += ...``."""
    if isinstance(node, ast.AugAssign):
        return is_name(node.target)
    names = {part.id for part in walk(node.value) if is_name(part)}
    return any(is_name(part) and part.id in names for t in node.targets for part in walk(t))


def is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name)


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


class Search:
    """What was seen of the comparisons of one place: how near, and how they ended.

    A search halves what it has left, so the widest gap of a few comparisons in a row is smaller
    than that of the few before; a single gap may be small by chance. Which side is left changes.

    Parameters
    ----------
    steps : how many times in succession gaps must have shrunk, in a search.
    near : the widest of the last ones, of the first.
    """

    def __init__(self, steps: int = 8, near: float = NEAR):
        self.steps, self.near = steps, near
        self.gaps: deque[float] = deque(maxlen=2 * ROW)
        self.widest = 0.0
        self.shrunk = self.changes = 0
        self.outcome: bool | None = None
        self.is_said = False

    def sees(self, gap: float, outcome: bool) -> bool:
        """Note a comparison; True if they close in, which is said once."""
        self.gaps.append(gap)
        self.changes += self.outcome is not None and outcome is not self.outcome
        self.outcome = outcome
        if len(self.gaps) < 2 * ROW:
            return False
        gaps = list(self.gaps)
        before, now = max(gaps[:ROW]), max(gaps[ROW:])
        if not now <= SHRUNK * before:  # or where it is nan
            self.shrunk = self.changes = 0
            return False
        self.widest = self.widest if self.shrunk else before
        self.shrunk += 1
        closes_in = (
            self.shrunk >= self.steps and now <= self.near * self.widest and self.changes > 1
        )
        is_new, self.is_said = closes_in and not self.is_said, self.is_said or closes_in
        return is_new

    def may_go_on(self) -> bool:
        return self.shrunk > 0


def doubtful() -> Search:
    """A search in a place that does not read like one."""
    return Search(steps=12, near=1e-5)


class Site(set):
    """A place of a program that compares numbers: the types it compares without being asked.

    Attributes
    ----------
    is_marked : True if it reads like a search; of others more is demanded, and once many
        comparisons have not closed in, floating numbers are among the types for some recordings.
    """

    def __init__(self, is_marked: bool):
        super().__init__(EQUATED)
        self.is_marked = is_marked
        self.asked = 0  # in this recording
        self.rests = 0  # how many recordings more
        self.longest = 1
        self.search = self.begin()

    def begin(self) -> Search:
        return Search() if self.is_marked else doubtful()

    def next_recording(self) -> None:
        self.asked, self.search = 0, self.begin()
        self.rests = max(self.rests - 1, 0)
        if not self.rests:
            self.difference_update(FLOATS)

    def rest(self) -> None:
        self.update(FLOATS)
        self.rests, self.longest = self.longest, min(2 * self.longest, LONGEST_REST)


class ClosingIn:
    """The searches of one level; `outer` are those of the level around it."""

    def __init__(self, level: Any):
        self.recorder = level.recorder
        self.live = level.recorder.live
        self.compare = level.operators.compare
        self.outer: ClosingIn | None = level.outer.closing_in if level.outer else None
        self.sites: list[Site] = []  # that were asked in this recording, or rest
        self.watched: Any = None  # whose sign a loop asks for that notes it itself
        self.signs: dict[tuple[CodeType, int], Search] = defaultdict(doubtful)
        self.refinements: dict[tuple[CodeType, int], Refinement] = defaultdict(Refinement)

    def clear(self) -> None:
        self.watched = None
        self.signs.clear()
        self.refinements.clear()
        for site in self.sites:
            site.next_recording()
        self.sites = [site for site in self.sites if site.rests]

    def decide(self, function: Callable, left: Any, right: Any, site: Site) -> Any:
        """``left < right`` and the like, where a search may be asking."""
        outcome = self.compare(function, left, right)
        if self.closes_in(left, right, outcome, site):
            self.warn(sys._getframe(1))
        return outcome

    def closes_in(self, left: Any, right: Any, outcome: Any, site: Site) -> bool:
        """True if the comparisons of a place are seen, for the first time, to close in."""
        if site.rests:
            return False
        if not site.asked:
            self.sites.append(site)
        site.asked += 1
        if site.asked > MOST_ASKED and not site.is_marked and not site.search.may_go_on():
            site.rest()
            return False
        here, there = self.is_live(left), self.is_live(right)
        is_asked = (here or there) if site.is_marked else here != there
        if not is_asked:
            return False
        first, second, decided = first_of(left), first_of(right), first_of(outcome)
        if not (is_number(first) and is_number(second) and isinstance(decided, bool | np.bool_)):
            return False
        return site.search.sees(abs(float(first) - float(second)), bool(decided))

    def sign(self, value: Any) -> None:
        """The sign of a number, or of the first of an array, is asked for."""
        is_asked = value is not self.watched and self.is_live(value)
        frame = outside_adjoint(sys._getframe(1)) if is_asked else None
        first = first_of(value)
        if frame is None or not is_number(first):
            return
        search = self.signs[frame.f_code, frame.f_lasti]
        if search.sees(abs(float(first)), bool(first > 0)):
            self.warn(frame)

    def warn(self, frame: FrameType) -> None:
        if not is_in_solver(frame):  # which has the derivative of its result
            warn_of_search(calling_place(frame) or user_place(frame))

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
        kind = type(value)
        if kind in FLOATS:
            is_live = id(value) in self.live
        elif kind is np.ndarray and value.dtype.kind == "f":
            is_live = self.recorder.place(value) is not None
        else:
            return False
        return is_live or (self.outer is not None and self.outer.is_live(value))


def first_of(value: Any) -> Any:
    """A number as it is, the first of an array."""
    is_row = isinstance(value, np.ndarray) and value.size
    return value.flat[0] if is_row else value


def warn_of_search(place: Place | None) -> None:
    if not SETTING.unrolled:
        warn_at(UnrolledLoop, CLOSED_IN, place)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number)
