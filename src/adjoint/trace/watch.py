"""Watches a loop that may end by convergence, and marks the tape when it has.

One iteration of such a loop is a map of its state. The tape of the last iterations is that map,
linearised; when the loop ends by its convergence test, what is needed to find the derivative of
the limit is put on the tape where the last iterations began (`converged`).
"""

import operator
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint import spaces
from adjoint.errors import (
    Place,
    UnrolledLoop,
    calling_place,
    is_in_solver,
    user_place,
    warn_at,
)
from adjoint.objects import fields_of
from adjoint.trace.closing_in import Site, warn_of_search
from adjoint.trace.converged import Bracketed, Converged, Ending, Handover, Iteration, Opening
from adjoint.unrolling import SETTING

REMEMBERED = 12  # iterations: a search keeps values of some iterations ago
MOST_LEAVES = 4096
AT_LIMIT_SIZE = 1e-7  # what a test compares is no larger when a solver begins at its solution
MOST_READ = 256  # elements of an array that the loop gives to a call
MOST_HALVINGS = 1100  # of an interval, from the largest number to the smallest
CONTAINERS = (list, tuple, dict)
AT_LIMIT = (
    "this loop ended by its convergence test before it moved a constant it began with, so nothing "
    "says how the limit moves; begin elsewhere, or say what the limit solves with adjoint.implicit"
)


class Entry:
    """The state of a loop at the beginning of an iteration, and where on the tape that is."""

    __slots__ = ("labels", "leaves", "places", "position", "tests", "values")

    def __init__(self, recorder: Any, items: list):
        self.position = recorder.position()
        found = [pair for key, item in enumerate(items) for pair in leaves_of(key, item)]
        self.labels = [label for label, _ in found]
        self.leaves = [leaf for _, leaf in found]
        self.places = [recorder.place(leaf) for leaf in self.leaves]
        self.values = [np.array(leaf, float) for leaf in self.leaves]
        self.tests: list[tuple] = []  # of the iteration that begins here

    def has_places(self, labels: list) -> bool:
        places = dict(zip(self.labels, self.places, strict=True))
        return all(places[label] is not None for label in labels)

    def forget(self) -> None:
        """Let the contents of arrays go; the places stay."""
        self.values = [v if v.ndim == 0 else np.empty(v.shape) for v in self.values]


def leaves_of(key: int, item: Any) -> list[tuple[Any, Any]]:
    """The real numbers and arrays in a variable, each with its own label, which has the shape."""
    if isinstance(item, float):
        return [(key, item)]
    if isinstance(item, np.ndarray) and item.dtype == np.float64:
        return [((key, item.shape), item)]
    if not isinstance(item, CONTAINERS) or len(item) > MOST_LEAVES:
        return []
    leaves = spaces.flatten(item)[0] if all_numbers(item) else []
    return [
        ((key, index, len(leaves), np.shape(leaf)), leaf)
        for index, leaf in enumerate(leaves)
        if isinstance(leaf, float) or (isinstance(leaf, np.ndarray) and leaf.dtype == np.float64)
    ]


def all_numbers(item: Any, depth: int = 2) -> bool:
    """True for a container of numbers or arrays, or of such containers; no others are entered."""
    parts = item.values() if isinstance(item, dict) else item
    return all(
        isinstance(part, float | int | np.ndarray)
        or (
            depth > 1
            and isinstance(part, list | tuple)
            and len(part) <= MOST_LEAVES
            and all_numbers(part, depth - 1)
        )
        for part in parts
    )


class Watch:
    """One run of a candidate loop at one level; `outer` is the same at the level around it."""

    def __init__(self, level: Any, read: int, attributes: tuple, narrows: bool, only_narrows: bool):
        self.recorder = level.recorder
        self.compare = level.operators.compare
        self.closing_in = level.closing_in
        self.binary = level.operators.binary
        given = (read, attributes, narrows, only_narrows)
        self.outer = Watch(level.outer, *given) if level.outer else None
        self.narrows = narrows
        self.only_narrows = only_narrows
        self.read = read
        self.attributes = attributes
        self.entries: deque[Entry] = deque(maxlen=REMEMBERED)
        self.first: Entry | None = None
        self.began: dict = {}  # what each leaf held when it was first there, by its label
        self.opening: Entry | None = None  # the first whose numbers are all live
        self.residual = 1.0  # the smaller side of the last test
        self.asked = False  # of a live value, before the loop ran
        self.ends_by_event = False  # the last test was of a count, or of what grew beyond a bound
        self.searches = False  # a live value decided by its sign
        self.moved: set = set()
        self.kept: set = set()
        self.turns = 0
        self.doubt: Place | None = None  # where comparisons close in
        self.is_corrected = False
        self.kept_sides: list = []  # of comparisons of arrays, which must outlive the loop

    def levels(self) -> list["Watch"]:
        return [self] if self.outer is None else [*self.outer.levels(), self]

    # marks

    def enter(self, values: tuple, owners: tuple) -> tuple:
        """An iteration begins; returns what its variables shall hold."""
        if self.only_narrows and not self.may_narrow():
            return values
        levels = self.levels()
        if self.first is None or any(watch.searches for watch in levels):
            olds, values = values, tuple(self.renewed(value, levels) for value in values)
            for watch in levels:
                watch.link(olds, values)
                watch.enter_arrays((*values, *owners[: self.read]))
            self.renew_held((*values, *owners[: self.read]), owners[self.read :], levels)
        for watch in levels:
            watch.ends_by_event = False
            watch.open(self.items(values, owners))
        return values

    def may_narrow(self) -> bool:
        """False for a loop that narrows no interval: none of its tests was of a live value, or it
        goes on for longer than halving has digits to find."""
        self.turns += 1
        if self.turns == MOST_HALVINGS:
            for watch in self.levels():
                watch.entries.clear()
        return self.turns < MOST_HALVINGS and any(watch.searches for watch in self.levels())

    def renew_held(self, values: tuple, owners: tuple, levels: list["Watch"]) -> None:
        """The same for what lists and attributes hold: they may be ends of intervals."""
        if not (self.narrows and any(watch.searches for watch in levels)):
            return
        for held in values:
            if type(held) in (list, dict) and len(held) <= MOST_LEAVES:
                for key, old in list(enumerate(held) if type(held) is list else held.items()):
                    held[key] = self.renewed(old, levels)
                    for watch in levels:
                        watch.link((old,), (held[key],))
        for owner, name in zip(owners, self.attributes, strict=True):
            fields: Any = fields_of(owner) or {}
            if name in fields:
                old, fields[name] = fields[name], self.renewed(fields[name], levels)
                for watch in levels:
                    watch.link((old,), (fields[name],))

    def renewed(self, value: Any, levels: list["Watch"]) -> Any:
        is_wanted = isinstance(value, float) and any(watch.wants(value) for watch in levels)
        return spaces.fresh(value) if is_wanted else value

    def wants(self, value: float) -> bool:
        """True if the state needs a slot of its own for this number."""
        is_live = id(value) in self.recorder.live
        return is_live if self.first is None else self.searches and not is_live

    def link(self, olds: tuple, news: tuple) -> None:
        recorder = self.recorder
        for old, new in zip(olds, news, strict=True):
            if new is old:
                continue
            slot = recorder.live.get(id(old))
            if slot is not None:
                recorder.number((slot,), (1.0,), new)
            elif self.searches:
                recorder.enter(new)

    def enter_arrays(self, values: tuple) -> None:
        """Give the arrays that may be ends of intervals a derivative to be asked for."""
        if not (self.searches and self.narrows):
            return
        for value in values:
            is_small = isinstance(value, np.ndarray) and value.size <= MOST_READ
            if is_small and value.dtype == np.float64 and self.recorder.place(value) is None:
                self.recorder.enter(value)

    def items(self, values: tuple, others: tuple) -> list:
        """What may be state: variables, small arrays given to calls, and attributes."""
        read, owners = others[: self.read], others[self.read :]
        given = [v for v in read if not isinstance(v, np.ndarray) or v.size <= MOST_READ]
        held = [
            (fields_of(owner) or {}).get(name)
            for owner, name in zip(owners, self.attributes, strict=True)
        ]
        return [*values, *(None if isinstance(v, float) else v for v in given), *held]

    def open(self, items: list) -> None:
        entry = Entry(self.recorder, items)
        if self.entries and self.entries[-1].labels == entry.labels:
            pairs = zip(entry.labels, self.entries[-1].leaves, entry.leaves, strict=True)
            for label, old, new in pairs:
                (self.kept if old is new else self.moved).add(label)
        elif len(self.began) < MOST_LEAVES:
            self.began = dict(zip(entry.labels, entry.values, strict=True)) | self.began
        if len(self.entries) > 2 and self.entries[-3] is not self.first:
            self.entries[-3].forget()
        self.entries.append(entry)
        if self.first is None:
            self.first = entry
        if self.opening is None and all(place is not None for place in scalars(entry)):
            self.opening = entry

    def test(self, function: Callable, left: Any, right: Any) -> Any:
        """A comparison in the loop: ``left < right`` and the like."""
        for watch in self.levels():
            watch.ends_by_event = False
            if watch.narrows and (isinstance(left, np.ndarray) or isinstance(right, np.ndarray)):
                watch.note_arrays(left, right)
            elif np.ndim(left) == np.ndim(right) == 0 and (
                isinstance(left, float) or isinstance(right, float)
            ):
                watch.note(left, right)
        if function in (operator.eq, operator.ne) and isinstance(left, float):
            return function(left, right)  # asks whether it has converged
        return self.compare(function, left, right)

    def counted(self, value: Any, outcome: bool) -> Any:
        """A part of a test that ends the loop with this outcome, though nothing has converged."""
        if isinstance(value, bool | int | np.bool_) and bool(value) is outcome:
            for watch in self.levels():
                watch.ends_by_event = True
        return value

    def decide(self, function: Callable, left: Any, right: Any, site: Site) -> Any:
        """A comparison that decides which end of an interval moves."""
        for watch in self.levels():
            watch.searches = watch.searches or watch.is_live(left) or watch.is_live(right)
        return self.seek(function, left, right, site)

    def seek(self, function: Callable, left: Any, right: Any, site: Site) -> Any:
        """A comparison that may decide where a search goes on, though not by which variable."""
        outcome = self.test(function, left, right)
        if self.closing_in.closes_in(left, right, outcome, site):
            frame = sys._getframe(1)
            self.doubt = None if is_in_solver(frame) else calling_place(frame) or user_place(frame)
        return outcome

    def is_live(self, value: Any) -> bool:
        kind = type(value)
        is_number = kind in (float, np.float64) or (kind is np.ndarray and value.dtype.kind == "f")
        return is_number and self.recorder.place(value) is not None

    def product(self, left: Any, right: Any) -> Any:
        """A product whose sign is asked for: so are those of its factors."""
        for watch in self.levels():
            watch.note(left, 0.0)
            watch.note(right, 0.0)
        return self.binary(operator.mul, left, right)

    def sign_of(self, value: Any) -> Any:
        """A number whose sign is asked for."""
        for watch in self.levels():
            watch.note(value, 0.0)
        self.closing_in.watched = value
        return value

    def note(self, left: Any, right: Any) -> None:
        live = self.recorder.live
        places = live.get(id(left)), live.get(id(right))
        if places == (None, None):
            return
        self.residual = min(abs(float(left)), abs(float(right)))
        bound, size = (right, left) if places[1] is None else (left, right)
        self.ends_by_event = None in places and abs(float(size)) > abs(float(bound))
        if not self.entries:
            self.asked = True
            return
        if None not in places or left == 0 or right == 0:
            self.searches = True
        left, right = float(left), float(right)
        self.entries[-1].tests.append((*places, left - right, max(abs(left), abs(right))))

    def note_arrays(self, left: Any, right: Any) -> None:
        """The same of arrays, which are compared element by element."""
        if not (self.is_live(left) or self.is_live(right)):
            return
        self.searches = True
        if not self.entries:
            return
        difference = np.subtract(left, right)
        if np.size(difference) <= MOST_READ:
            places = [self.recorder.place(s) if self.is_live(s) else None for s in (left, right)]
            size = np.maximum(np.abs(left), np.abs(right))
            self.entries[-1].tests.append((*places, difference, size))
            self.kept_sides.append((left, right))

    # the end

    def leave(self, values: tuple | None, owners: tuple | None) -> None:
        """The loop ends by a convergence test; `values` are its variables, as the next iteration
        would find them, or None if that cannot be said."""
        if SETTING.unrolled:
            return
        frame = sys._getframe(1)
        place = calling_place(frame) or user_place(frame)
        for watch in self.levels():
            watch.close(None if values is None else self.items(values, owners), place)
            if watch.doubt is not None and not watch.is_corrected:
                warn_of_search(watch.doubt)

    def close(self, items: list | None, place: Place | None) -> None:
        if not self.only_narrows and self.began_at_limit(items):
            warn_at(UnrolledLoop, AT_LIMIT, place)
        elif not self.entries:
            return
        elif self.searches and len(self.entries) > 1 and (self.narrows or self.moved & self.kept):
            self.close_search(place)
        elif self.only_narrows or self.ends_by_event:
            return
        elif items is not None:
            self.close_map(self.entries[-1], Entry(self.recorder, items), place)
        elif len(self.entries) > 1:
            end = self.entries[-1]
            self.close_map(self.entries[-2], end, place)

    def began_at_limit(self, items: list | None) -> bool:
        """True if a constant passed the test at once: nothing says how the limit moves."""
        if not self.entries:
            constants = [item for item in items or [] if isinstance(item, float)]
            at_limit = self.asked and self.residual <= AT_LIMIT_SIZE
            return at_limit and any(id(item) not in self.recorder.live for item in constants)
        first = self.first
        if len(self.entries) > 1 or not first.tests or self.searches:
            return False
        is_number = any(isinstance(leaf, float) for leaf in first.leaves)
        at_limit = self.residual <= AT_LIMIT_SIZE
        return is_number and at_limit and all(place is None for place in first.places)

    def close_map(self, start: Entry, end: Entry, place: Place | None) -> None:
        """The tape from `start` to `end` is the map whose fixed point the loop found."""
        if start.labels != end.labels or not any(p is not None for p in start.places):
            return
        recorder = self.recorder
        before = [entry for entry in self.entries if entry is not start and entry is not end]
        same = [entry.values for entry in before[-1:] if entry.labels == start.labels]
        iteration = Iteration(
            tape=recorder.tape_between(start.position, end.position),
            start=start.places,
            end=end.places,
            switches=[label in self.moved & self.kept for label in start.labels],
            values=[start.values, end.values],
            earlier=same[0] if same else None,
            first=self.first.values if self.first.labels == start.labels else start.values,
            place=place,
            roots=recorder.roots,
        )
        entry = Converged(iteration)
        recorder.insert(start.position, entry)
        recorder.insert(end.position, Ending(entry))
        if end is self.entries[-1]:
            recorder.insert(end.position, Handover(entry))
        self.mark_opening(entry, start)
        # A search that begins with constants moves them by halves, which is a contraction too.
        began = zip(self.first.labels, self.first.places, strict=True)
        self.is_corrected = any(p is not None for label, p in began if label in self.moved)

    def mark_opening(self, entry: Any, start: Entry) -> None:
        """Where doubts are settled: what still reaches the state with which the loop began."""
        self.is_corrected = True
        opening = self.opening
        if opening is not None and opening is not start and opening.labels == start.labels:
            self.recorder.insert(opening.position, Opening(entry, opening.places))
            entry.is_settled_later = True

    def close_search(self, place: Place | None) -> None:
        """The loop narrowed an interval by the sign of something: the root of that is its limit."""
        end = self.entries[-1]
        usable = [entry for entry in self.entries if entry.labels == end.labels]
        wanted = [label for label, p in zip(end.labels, end.places, strict=True) if p is not None]
        if not self.narrows and self.moved.isdisjoint(self.kept.intersection(wanted)):
            return  # nothing of the interval can be given a derivative
        if not self.has_moved(end):
            return
        starts = [e for e in usable if e.has_places(wanted)]
        if not starts or starts[0] is end:
            return
        start = starts[0]
        tests = [test for entry in usable[usable.index(start) : -1] for test in entry.tests]
        recorder = self.recorder
        unknown = [np.full(value.shape, np.nan) for value in end.values]
        iteration = Iteration(
            tape=recorder.tape_between(start.position, end.position),
            start=start.places,
            end=end.places,
            switches=[label in self.moved & self.kept for label in start.labels],
            values=[start.values, end.values],
            earlier=None,
            first=[self.began.get(*pair) for pair in zip(end.labels, unknown, strict=True)],
            place=place,
            roots=recorder.roots,
        )
        entry = Bracketed(iteration, tests)
        recorder.insert(end.position, Ending(entry))
        recorder.insert(start.position, entry)
        self.mark_opening(entry, start)

    def has_moved(self, end: Entry) -> bool:
        """False if everything that was there when the loop began is still what it was.

        What is only exchanged or sorted is still there: a search makes new numbers.
        """
        began = dict(zip(self.first.labels, self.first.values, strict=True))
        now = dict(zip(end.labels, end.values, strict=True))
        shared = began.keys() & now.keys()
        if not shared:
            return True
        before, after = (
            np.concatenate([np.ravel(values[label]) for label in shared]) for values in (began, now)
        )
        return not np.isin(after, before).all()


def scalars(entry: Entry) -> list:
    """The places of the numbers among the leaves of an entry."""
    return [
        place
        for place, leaf in zip(entry.places, entry.leaves, strict=True)
        if isinstance(leaf, float)
    ]
