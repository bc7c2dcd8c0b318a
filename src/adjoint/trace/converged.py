"""Tape entries that give a loop's result the derivative of its limit.

The last iterations of a loop are on the tape; they are a linearised map s' = B(s, p) of the state s
and everything else p. At a fixed point that contracts, ds = (I - B_s)^-1 B_p dp; at the root of
g(x, p), dx = -g_p / g_x dp (implicit function theorem; Christianson, "Reverse accumulation and
attractive fixed points", 1994). Both are found by sweeping that part of the tape again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from adjoint.errors import Place, UnrolledLoop, warn_at
from adjoint.trace import contraction, narrowing, repeated, replay
from adjoint.trace.memory import address_of, owner_of
from adjoint.trace.writes import Written

MOST_DENSE = 100  # numbers of state beyond which no jacobian is made
MOST_STATE = 100_000
ROUNDING = 1e-14
MOST_TESTS = 16  # the last, which are asked whether they depend on the state
REMAINS = 1e-6  # of a cotangent, where its loop began: less is no doubt


@dataclass
class Iteration:
    """The last iterations of a loop: their part of the tape and the state around it.

    Attributes
    ----------
    tape : segments as a recorder keeps them.
    start, end : the places of the state's leaves before and after; in `start` and `end_once` a
        place that several leaves share stands once.
    values : what the leaves held before and after; `earlier` one iteration before; `first` when
        the loop began (nan for what was not there yet).
    roots : the buffers of the recording, by the identity of the array that owns them.
    switches : for each leaf, whether only some iterations changed it.
    """

    tape: list
    start: list
    end: list
    switches: list[bool]
    values: list[list[np.ndarray]]
    earlier: list[np.ndarray] | None
    first: list[np.ndarray]
    place: Place | None
    roots: dict[int, Any]

    def __post_init__(self) -> None:
        self.sizes = [value.size for value in self.values[0]]
        self.shapes = [value.shape for value in self.values[0]]
        self.stores = [
            entry
            for _, _, events in self.tape
            for _, _, entry in events
            if isinstance(entry, Written)
        ]
        stored = {self.memory_of(store.array) for store in self.stores}
        pairs = zip(self.start, self.end, strict=True)
        self.fixed = [self.is_fixed(*pair, stored) for pair in pairs]
        self.start, self.end_once = distinct(self.start), distinct(self.end)

    def is_fixed(self, start: Any, end: Any, stored: set[int]) -> bool:
        """True for a part of the state that the iteration left as it was; `stored` it wrote to."""
        if not isinstance(start, np.ndarray):
            return not isinstance(end, np.ndarray) and start == end
        is_same = isinstance(end, np.ndarray) and key_of(start) == key_of(end)
        return is_same and self.memory_of(start) not in stored

    def memory_of(self, array: np.ndarray) -> int:
        """What is the same for all views of a buffer, and for its placeholder."""
        owner = owner_of(array)
        root = self.roots.get(id(owner))
        return id(owner if root is None else root.owner)

    @property
    def size(self) -> int:
        return sum(self.sizes)

    def suits(self) -> bool:
        """True if the leaves are of the same shapes on both sides, some, and not too many."""
        shapes = [value.shape for value in self.values[1]]
        return self.shapes == shapes and 0 < self.size <= MOST_STATE

    # memory

    def go_to_end(self, ledger: Any) -> None:
        for store in self.stores:
            ledger.redo(store)

    def go_to_start(self, ledger: Any) -> None:
        for store in reversed(self.stores):
            ledger.undo(store)

    def rewind(self) -> None:
        """The same for a sweep with a ledger of its own, which ended here."""
        for store in reversed(self.stores):
            store.swap()

    # vectors of the state

    def read(self, ledger: Any, places: list) -> Any:
        """The cotangents or tangents at `places` as one vector."""
        parts = []
        for place, shape in zip(places, self.shapes, strict=True):
            found = None if place is None else ledger.read(place)
            whole = np.zeros(shape) if found is None else np.broadcast_to(found, shape)
            parts.append(np.reshape(whole, (whole.size,)))
        return np.concatenate(parts) if parts else np.zeros(0)

    def spread(self, vector: Any, block: tuple[int, ...]) -> Any:
        """A vector of the whole state that is `vector` on `block` and zero elsewhere."""
        whole = np.zeros(self.size)
        whole[list(block)] = vector
        return whole

    def give(self, ledger: Any, places: list, vector: Any, indices: tuple[int, ...]) -> None:
        """Add the components `indices` of a vector of the state to what is at `places`."""
        for place, part in self.parts(places, vector, indices):
            ledger.give(place, part)

    def parts(self, places: list, vector: Any, indices: tuple[int, ...]) -> list:
        found, start, wanted = [], 0, set(indices)
        for place, size, shape in zip(places, self.sizes, self.shapes, strict=True):
            if place is not None and not wanted.isdisjoint(range(start, start + size)):
                part = vector[start] if shape == () else vector[start : start + size]
                found.append((place, part if shape == () else np.reshape(part, shape)))
            start += size
        return found

    def replace(self, ledger: Any, places: list, vector: Any, block: tuple[int, ...]) -> None:
        """Set the tangents of the block, leaving those of the rest."""
        present = self.read(ledger, places)
        mask = np.zeros(self.size, bool)
        mask[list(block)] = True
        wanted = np.where(mask, vector, present)
        for place, part in self.parts(places, wanted, block):
            ledger.put(place, part)

    def pulled(self, ledger: Any, seeds: list) -> Any:
        """What the tape makes of cotangents at its end, at the start; memory stays at the end."""
        scratch = replay.Ledger(ledger.roots, len(ledger.vector), ledger.keeps_zeros)
        for place, seed in seeds:
            scratch.give(place, seed)
        replay.backward(self.tape, scratch)
        found = self.read(scratch, self.start)
        scratch.restore()
        return found

    def jacobian(self, ledger: Any) -> Any:
        """The derivative of the state at the end with respect to that at the start."""
        rows = []
        for index in range(self.size):
            unit = np.zeros(self.size)
            unit[index] = 1.0
            seeds = self.parts(self.end, unit, (index,))
            rows.append(self.pulled(ledger, seeds) if seeds else np.zeros(self.size))
        return np.stack(rows)


def distinct(places: list) -> list:
    """The `places` with None for one that came before: two variables may hold one value."""
    seen: set = set()
    found = []
    for place in places:
        key = key_of(place)
        found.append(None if key in seen else place)
        seen.add(key)
    return found


def key_of(place: Any) -> Any:
    """What is the same for the places of the same numbers."""
    if not isinstance(place, np.ndarray):
        return place
    return address_of(place), id(owner_of(place)), place.shape, place.strides


class Handover:
    """Where the last complete iteration ended: what reaches its state goes to `entry` instead."""

    __slots__ = ("entry",)

    def __init__(self, entry: "Converged"):
        self.entry = entry

    def backward(self, ledger: Any) -> None:
        iteration = self.entry.iteration
        if not iteration.suits():
            return
        verdict = self.entry.verdict_at_end(ledger)
        if verdict.block:
            given = iteration.read(ledger, iteration.end_once)
            ledger.handed[id(self.entry)] = given
            clear(iteration, ledger, iteration.end_once, verdict.block)

    def forward(self, ledger: Any) -> None:
        del ledger


class Converged:
    """The iteration of a loop that ended at a fixed point of its map."""

    __slots__ = ("is_settled_later", "iteration", "known")

    def __init__(self, iteration: Iteration):
        self.iteration = iteration
        self.is_settled_later = False
        self.known: Any = None

    def verdict_at_end(self, ledger: Any) -> contraction.Verdict:
        return self.closing(ledger)[1]

    def closing(self, ledger: Any) -> tuple[Any, contraction.Verdict]:
        """The jacobian of the map, or None if it is too large, and what it says of the limit.

        Memory is at the end of the tape."""
        if self.known is not None and not ledger.keeps_zeros:
            return self.known
        iteration = self.iteration
        if iteration.size > MOST_DENSE:
            jacobian, verdict = None, repeated.verdict_of(iteration, *self.products(ledger))
        else:
            jacobian = iteration.jacobian(ledger)
            verdict = contraction.verdict_of(iteration, jacobian)
        if not ledger.keeps_zeros:
            self.known = jacobian, verdict
        return jacobian, verdict

    def products(self, ledger: Any) -> tuple[Callable, Callable]:
        """The transposed jacobian, and the jacobian, times a vector; memory stays at the end."""
        iteration = self.iteration
        everything = tuple(range(iteration.size))

        def pull(vector: Any) -> Any:
            return iteration.pulled(ledger, iteration.parts(iteration.end, vector, everything))

        def push(vector: Any) -> Any:
            scratch = replay.Ledger(ledger.roots, len(ledger.vector), ledger.keeps_zeros)
            iteration.go_to_start(ledger)
            scratch.undone = list(ledger.undone)
            iteration.replace(scratch, iteration.start, vector, everything)
            replay.forward(iteration.tape, scratch)
            iteration.rewind()
            iteration.go_to_end(ledger)
            return iteration.read(scratch, iteration.end)

        return pull, push

    def backward(self, ledger: Any) -> None:
        iteration = self.iteration
        if not iteration.suits():
            return
        given = iteration.read(ledger, iteration.start)
        handed = ledger.handed.pop(id(self), None)
        if handed is not None:  # both ends of the iteration are the limit
            given = given + handed
        if not ledger.keeps_zeros and not np.any(given):
            return
        iteration.go_to_end(ledger)
        jacobian, verdict = self.closing(ledger)
        block = list(verdict.block)
        if not block:
            iteration.go_to_start(ledger)
            doubt_later(self, ledger, verdict, given)
            return
        if jacobian is None:
            mask = iteration.spread(1.0, verdict.block)
            pull, _ = self.products(ledger)
            solution = repeated.solve(lambda vector: mask * pull(vector), mask * given)
        else:
            matrix = np.eye(len(block)) - jacobian[np.ix_(block, block)].T
            solution = iteration.spread(np.linalg.solve(matrix, given[block]), verdict.block)
        clear(iteration, ledger, iteration.start, verdict.block)
        iteration.give(ledger, iteration.end, solution, verdict.block)
        replay.backward(iteration.tape, ledger)
        clear(iteration, ledger, iteration.start, verdict.block)

    def forward(self, ledger: Any) -> None:
        iteration = self.iteration
        if not iteration.suits():
            return
        iteration.go_to_end(ledger)
        jacobian, verdict = self.closing(ledger)
        iteration.go_to_start(ledger)
        block = list(verdict.block)
        if not block:
            return  # the reverse sweep tells whether a doubt matters

        def moved(vector: Any) -> Any:
            return pushed(iteration, ledger, vector, verdict.block, iteration.end)

        zero = np.zeros(iteration.size)
        if jacobian is None:
            mask, constant = iteration.spread(1.0, verdict.block), moved(zero)
            whole = repeated.solve(lambda v: mask * (moved(v) - constant), mask * constant)
        else:
            matrix = np.eye(len(block)) - jacobian[np.ix_(block, block)]
            solution = np.linalg.solve(matrix, moved(zero)[block])
            whole = iteration.spread(solution, verdict.block)
        iteration.replace(ledger, iteration.start, whole, verdict.block)


@dataclass(frozen=True)
class Root:
    """A root of a test, and the interval around it.

    Attributes
    ----------
    block : indices of the state that are the interval; empty: no root was found.
    test : index of the test whose root it is.
    shifts : the block's part of the state for a unit shift of each element, one column for each.
    slopes : derivatives of the test's values (rows) with respect to those shifts (columns).
    doubt : why the derivative of the path may be off.
    """

    block: tuple[int, ...] = ()
    test: int = -1
    shifts: Any = None
    slopes: Any = None
    doubt: str = ""


class Bracketed:
    """The last iterations of a loop that narrowed an interval around the root of a test.

    `tests` holds, for each comparison, the places of its sides, their difference and their size.
    """

    __slots__ = ("is_settled_later", "iteration", "tests")

    def __init__(self, iteration: Iteration, tests: list):
        self.iteration = iteration
        self.is_settled_later = False
        self.tests = tests

    def seeds(self, index: int, weight: Any) -> list:
        """The cotangents of both sides of a test if those of its values are `weight`."""
        left, right, values, _ = self.tests[index]
        part = weight[0] if np.ndim(values) == 0 else np.reshape(weight, np.shape(values))
        sides = [(left, part), (right, -part)]
        return [(place, value) for place, value in sides if place is not None]

    def closing(self, ledger: Any) -> Root:
        """The root that the loop has found; memory at the end."""
        iteration = self.iteration
        jacobian = np.array(iteration.jacobian(ledger), float)
        first, end = contraction.flat(iteration.first), contraction.flat(iteration.values[1])
        for index in range(len(self.tests) - 1, -1, -1):
            values = np.array(self.tests[index][2], float)
            intervals = narrowing.intervals_of(jacobian, values.size, iteration.sizes)
            slopes = self.slopes(ledger, index) if intervals else None
            for interval in intervals:
                block, shifts = interval.ends, interval.shifts
                along = slopes[:, block] @ shifts
                is_root = narrowing.is_root(interval, along, slopes, values, first, end)
                if is_root and not self.is_noise(ledger, index, block):
                    return Root(tuple(block.tolist()), index, shifts, along)
        return Root(doubt=self.doubt(ledger, jacobian, first, end))

    def doubt(self, ledger: Any, jacobian: Any, first: Any, end: Any) -> str:
        """Why the derivative of the path may be off: an interval narrowed, its root is unknown."""
        recent = self.tests[-MOST_TESTS:]
        counts = {np.size(values) for _, _, values, _ in recent} or {1}
        if not any(
            interval.has_closed(first, end)
            for count in counts
            for interval in narrowing.intervals_of(jacobian, count, self.iteration.sizes)
        ):
            return ""
        if not recent:
            return narrowing.UNDECIDED
        indices = range(len(self.tests) - len(recent), len(self.tests))
        searches = any(np.any(self.slopes(ledger, index)) for index in indices)
        return narrowing.NOT_FOUND if searches else ""

    def slopes(self, ledger: Any, index: int, sides: slice = slice(None)) -> Any:
        """The derivatives of a test's values, or those of one side, with respect to the state."""
        units = np.eye(np.size(self.tests[index][2]))
        pulled = self.iteration.pulled
        return np.stack([pulled(ledger, self.seeds(index, unit)[sides]) for unit in units])

    def is_noise(self, ledger: Any, index: int, block: Any) -> bool:
        """True for two values along the interval that differ by rounding alone, as at a minimum."""
        left, right, values, sizes = self.tests[index]
        if left is None or right is None or np.any(np.abs(values) > ROUNDING * sizes):
            return False
        first, second = (self.slopes(ledger, index, slice(k, k + 1)) for k in range(2))
        return bool(np.any(first[:, block]) and np.any(second[:, block]))

    def backward(self, ledger: Any) -> None:
        iteration = self.iteration
        if not iteration.suits():
            return
        given = iteration.read(ledger, iteration.start)
        if not ledger.keeps_zeros and not np.any(given):
            return
        iteration.go_to_end(ledger)
        root = self.closing(ledger)
        if not root.block:
            iteration.go_to_start(ledger)
            doubt_later(self, ledger, root, given)
            return
        shifted = root.shifts.T @ given[list(root.block)]
        weight = -np.linalg.solve(root.slopes.T, shifted)
        clear(iteration, ledger, iteration.start, root.block)
        for place, seed in self.seeds(root.test, weight):
            ledger.give(place, seed)
        replay.backward(iteration.tape, ledger)
        clear(iteration, ledger, iteration.start, root.block)

    def forward(self, ledger: Any) -> None:
        iteration = self.iteration
        if not iteration.suits():
            return
        iteration.go_to_end(ledger)
        root = self.closing(ledger)
        iteration.go_to_start(ledger)
        if not root.block:
            return  # the reverse sweep tells whether a doubt matters
        trial = trial_push(iteration, ledger, np.zeros(iteration.size), root.block)
        left, right, values, _ = self.tests[root.test]
        moved = tangent_of(trial, left, values) - tangent_of(trial, right, values)
        shift = -np.linalg.solve(root.slopes, moved)
        whole = iteration.spread(root.shifts @ shift, root.block)
        iteration.replace(ledger, iteration.start, whole, root.block)


def tangent_of(ledger: Any, place: Any, values: Any) -> Any:
    """The tangent of a side of a test, as a vector with an item for each of its values."""
    found = 0.0 if place is None else ledger.read(place)
    found = 0.0 if found is None else found
    return np.broadcast_to(found, np.shape(values)).reshape(-1)


class Ending:
    """Where a loop ended: how large the cotangent of its state is there."""

    __slots__ = ("entry",)

    def __init__(self, entry: Any):
        self.entry = entry

    def backward(self, ledger: Any) -> None:
        iteration = self.entry.iteration
        vector = iteration.read(ledger, iteration.end_once)
        ledger.sizes[id(self.entry)] = np.max(np.abs(vector)) if vector.size else 0.0

    def forward(self, ledger: Any) -> None:
        del ledger


class Opening:
    """Where a loop began: a doubt about its derivative matters if its first state still counts."""

    __slots__ = ("entry", "places")

    def __init__(self, entry: Any, places: list):
        self.entry = entry
        self.places = places

    def backward(self, ledger: Any) -> None:
        verdict = ledger.doubts.pop(id(self.entry), None)
        if verdict is not None:
            settle(self.entry, ledger, verdict, self.entry.iteration.read(ledger, self.places))

    def forward(self, ledger: Any) -> None:
        del ledger


def doubt_later(entry: Any, ledger: Any, verdict: Any, given: Any) -> None:
    if not verdict.doubt:
        return
    if entry.is_settled_later:
        ledger.doubts[id(entry)] = verdict
    else:
        settle(entry, ledger, verdict, given)


def settle(entry: Any, ledger: Any, verdict: Any, remains: Any) -> None:
    """Warn if a cotangent reaches the first state: then the steps are not the limit."""
    if np.max(np.abs(remains)) > REMAINS * ledger.sizes.get(id(entry), 0.0):
        doubted(verdict, entry.iteration)


def clear(iteration: Iteration, ledger: Any, places: list, block: tuple[int, ...]) -> None:
    """Take away the cotangents of the block."""
    present = iteration.spread(iteration.read(ledger, places)[list(block)], block)
    for place, part in iteration.parts(places, -present, block):
        ledger.give(place, part)


def pushed(
    iteration: Iteration, ledger: Any, vector: Any, block: tuple[int, ...], places: list
) -> Any:
    """The tangents at `places` if those of the block were `vector` at the start."""
    return iteration.read(trial_push(iteration, ledger, vector, block), places)


def trial_push(iteration: Iteration, ledger: Any, vector: Any, block: tuple[int, ...]) -> Any:
    trial = ledger.copied()
    iteration.replace(trial, iteration.start, vector, block)
    replay.forward(iteration.tape, trial)
    iteration.rewind()
    return trial


def doubted(verdict: Any, iteration: Iteration) -> None:
    if verdict.doubt:
        warn_at(
            UnrolledLoop,
            "this loop ends when it has converged, and its derivative is that of the steps it "
            f"took, not of its limit, because {verdict.doubt}; say what the limit solves with "
            "adjoint.implicit, or adjoint.unrolled() if the steps are meant",
            iteration.place,
        )
