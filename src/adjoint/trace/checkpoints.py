"""Calls of checkpointed functions: what they recorded is dropped, and recorded again in the sweep.

The call is recorded like any other. If all that it can reach is known, and it changed none of it,
its stretch of tape is cut off, and one entry keeps what it was given. The sweep puts what the call
can reach back as it was, runs it again, and compares what it returns. Whatever is not so stays on
the tape: the derivative is the same, only memory is not saved.
"""

import importlib
import sys
import weakref
from typing import Any

import numpy as np

from adjoint import spaces
from adjoint.errors import MissingRule, NonDifferentiable, Place, user_place
from adjoint.trace import footprint
from adjoint.trace.closed_world import World, world_of
from adjoint.trace.entries import Applied, Custom, Element, Gathered
from adjoint.trace.escaped import STALE
from adjoint.trace.memory import owner_of
from adjoint.trace.reached import Reached, python_of
from adjoint.trace.regions import FAILURES, MOST_OBJECTS
from adjoint.trace.running import LEVELS
from adjoint.trace.untouched import untouched
from adjoint.trace.writes import Written

KNOWN_ENTRIES = (Applied, Custom, Element, Gathered, Written)
REFERENCES = 4  # to a number that only the recorder holds, in a loop over a copy of its list


class Checkpoints:
    """The calls of checkpointed functions at one level."""

    def __init__(self, level: Any, calls: Any):
        self.level = level
        self.calls = calls
        self.worlds: dict[Any, World] = {}
        self.before: Reached | None = None

    def clear(self) -> None:
        """The recording has ended."""
        self.before = None

    def call(self, function: Any, args: tuple, kwargs: dict) -> Any:
        """``function(*args, **kwargs)``, off the tape if that is safe."""
        recorder = self.level.recorder
        is_plain = self.level.outer is None and recorder.observer is None
        reached = self.reached(function, args, kwargs) if is_plain else None
        if reached is None:
            return self.calls.call(function, *args, **kwargs)
        for array in reached.arrays:
            recorder.hold(array)
        stretch = Stretch(recorder)
        try:
            out = self.calls.call(function, *args, **kwargs)
        finally:
            stretch.ended()
        changes = None if self.level.texts.numbers else reached.changes()
        if changes is not None and stretch.is_known():
            entry = Checkpoint(function, args, kwargs, reached, changes, recorder)
            stretch.cut(entry, (out, reached.picked(changes)))
            self.before = reached
        return out

    def reached(self, function: Any, args: tuple, kwargs: dict) -> Reached | None:
        """All that a call can reach, as it is now; None if that is not known."""
        python = python_of(function)
        stretch = None if python is None else footprint.of_function(python)
        if python is None or stretch is None:
            return None
        values = [*args, *kwargs.values(), function]
        world = self.world(python, stretch, values)
        contents = None if world is None else world.contents()
        if world is None or contents is None:
            return None
        if not all(names.isdisjoint(SHOWN) for _, names in world.builtins.values()):
            return None
        places = [(where, name) for where, name in world.data.values()]
        return Reached.of([*values, *contents, *world.functions.values()], places, self.before)

    def world(self, python: Any, stretch: Any, values: list) -> World | None:
        """The closed world of a call, as `regions.Region` finds it."""
        world = self.worlds.get(python.__code__)
        if world is not None and not world.has_same_classes():
            world = None
        kinds = set() if world is None else set(world.kinds)
        functions = {} if world is None else dict(world.functions)
        for _ in range(FAILURES):
            contents = [] if world is None else world.contents()
            found = None if contents is None else untouched([*values, *contents], [], MOST_OBJECTS)
            if found is None:
                return None
            if world is not None and world.covers(found):
                self.worlds[python.__code__] = world
                return world
            kinds |= found.kinds
            functions |= found.functions
            world = world_of(stretch, python.__globals__, kinds, functions)
            if world is None:
                return None
        return None


SHOWN = frozenset({"print", "open", "input"})


class Stretch:
    """The stretch of tape of a call, and what came to be in it."""

    def __init__(self, recorder: Any):
        self.recorder = recorder
        self.start = recorder.position()
        self.kept = len(recorder.kept)
        self.others = len(recorder.kept_boxed), len(recorder.unknown)
        self.roots = dict(recorder.roots)
        self.placeholders = len(recorder.placeholders)
        self.blocks = set(recorder.blocks)
        self.made: dict[int, Any] = {}  # the buffers that came to be
        self.prune_at, recorder.prune_at = recorder.prune_at, sys.maxsize

    def ended(self) -> None:
        self.recorder.prune_at = self.prune_at

    def is_known(self) -> bool:
        """True if every entry is of a kind that may be dropped, and changed no memory but its own.

        Complex numbers and results of unknown derivative stay on the tape.
        """
        recorder = self.recorder
        if self.others != (len(recorder.kept_boxed), len(recorder.unknown)):
            return False
        self.made = {
            owner: root
            for owner, root in list(recorder.roots.items())
            if self.roots.get(owner) is not root
        }
        owners = self.made.keys() | {
            id(root.owner) for root in recorder.placeholders[self.placeholders :]
        }
        tape = recorder.tape_between(self.start, recorder.position())
        entries = [entry for _, _, events in tape for _, _, entry in events]
        return all(
            isinstance(entry, KNOWN_ENTRIES)
            and (not isinstance(entry, Written) or id(owner_of(entry.array)) in owners)
            for entry in entries
        )

    def cut(self, entry: "Checkpoint", out: Any) -> None:
        """Put `entry` in the place of the stretch, if what the call made can be told apart."""
        recorder = self.recorder
        leaves = entry.reached.leaves_of(out)
        if leaves is None:
            return
        given = {id(leaf) for leaf in entry.leaves}
        results = [x for x in leaves if recorder.place(x) is not None and id(x) not in given]
        arrays = [x for x in leaves if isinstance(x, np.ndarray)]
        if any(id(owner_of(array)) not in self.made for array in arrays):
            return  # it looks at memory that was there before
        self.drop_tape()
        self.drop_numbers(results)
        self.drop_arrays({id(owner_of(array)) for array in arrays})
        entry.returns(out, results, recorder)
        if results:
            recorder.event(entry)

    def drop_tape(self) -> None:
        recorder = self.recorder
        index, events, parents, partials = self.start
        if index < len(recorder.segments):
            first = recorder.segments[index]
            del recorder.segments[index:]
            recorder.parents[:] = first[0][:parents].tolist()
            recorder.partials[:] = first[1][:partials].tolist()
            recorder.events = first[2]
        del recorder.parents[parents:], recorder.partials[partials:], recorder.events[events:]

    def drop_numbers(self, results: list) -> None:
        """Forget the numbers of the stretch but for its results; their slots are free again."""
        recorder = self.recorder
        stay = {id(result) for result in results}
        numbers, kept = recorder.kept[self.kept :], []
        for number in numbers:
            slot = recorder.live.get(id(number), STALE)
            if id(number) in stay:
                kept.append(number)
            elif slot > STALE and sys.getrefcount(number) > REFERENCES:
                kept.append(number)  # somebody keeps it whom no search found
                recorder.unknown.append((slot, kept_elsewhere()))
            elif slot > STALE:
                del recorder.live[id(number)]
                recorder.free.append(slot)
        recorder.kept[self.kept :] = kept

    def drop_arrays(self, results: set[int]) -> None:
        """Forget the buffers of the stretch but for its results."""
        recorder = self.recorder
        stay = [recorder.roots[owner] for owner in results]
        for root in stay:
            root.known = -1  # the tape refers to it no more
        recorder.placeholders[self.placeholders :] = [r for r in stay if r.seen is not None]
        others = self.made.keys() - results
        dropped = [  # but those whose arrays went with the tape
            recorder.roots.pop(owner)
            for owner in others
            if recorder.roots.get(owner) is self.made[owner]
        ]
        for key in recorder.blocks.keys() - self.blocks:
            if recorder.blocks[key].root in dropped:
                del recorder.blocks[key]
        arrays = (root.array() for root in dropped if root.live)
        watched = [weakref.ref(array) for array in arrays if array is not None]
        self.made, dropped, root = {}, [], None
        for found in watched:
            owner = found()
            if owner is not None:  # somebody keeps it whom no search found
                recorder.enter_unknown(owner, kept_elsewhere())


def kept_elsewhere() -> MissingRule:
    return MissingRule(
        "a value that a checkpointed function made is used, which was neither returned nor kept "
        "in an object that the function can reach",
        instead="return it, or drop checkpoint on this function",
    )


class Checkpoint:
    """The tape entry of a call that is recorded again in each sweep."""

    __slots__ = (
        "args",
        "changes",
        "digest",
        "function",
        "kwargs",
        "leaves",
        "out_places",
        "place",
        "places",
        "positions",
        "reached",
    )

    def __init__(
        self,
        function: Any,
        args: tuple,
        kwargs: dict,
        reached: Reached,
        changes: list,
        recorder: Any,
    ):
        self.function, self.args, self.kwargs = function, args, kwargs
        self.reached, self.changes = reached, changes
        live = [number for number in reached.numbers if id(number) in recorder.live]
        owners = [owner for owner in reached.owners.values() if recorder.is_live_array(owner)]
        self.leaves = [*live, *owners]
        self.places = [recorder.place(leaf) for leaf in self.leaves]
        self.place: Place | None = user_place()

    def returns(self, out: Any, results: list, recorder: Any) -> None:
        """Note what the call made: where its derivatives are, and a digest to compare with."""
        leaves = spaces.flatten(out)[0]
        live = {id(result) for result in results}
        self.positions = [i for i, leaf in enumerate(leaves) if id(leaf) in live]
        self.out_places = [recorder.place(leaves[i]) for i in self.positions]
        self.digest = digest_of(leaves)

    def again(self) -> Any:
        """The recording of the call, made again from what it was given."""
        record = importlib.import_module("adjoint.trace.recording").record
        idle, LEVELS.idle = LEVELS.idle, LEVELS.again
        try:
            with self.reached:
                recording = record(self.run, (), {}, self.leaves, kept=False)
        finally:
            LEVELS.again, LEVELS.idle = LEVELS.idle, idle
            for level in LEVELS.again.get(None, ()):
                level.recorder.escaped.forget()  # what it met stays with the entry, as it is meant
        if digest_of(recording.out_leaves) != self.digest:
            raise NonDifferentiable(
                "a checkpointed function returned something else when it was called again for its "
                "derivative: it depends on the clock, on a file, or on memory that native code "
                "changed",
                instead="pass what changes as an argument, or drop checkpoint on this function",
                place=self.place,
            )
        return recording

    def run(self) -> tuple:
        """The call under the recording that runs: what it returns, and what it left elsewhere."""
        call = LEVELS.running[-1].calls.call
        out = call(self.function, *self.args, **self.kwargs)
        return out, self.reached.picked(self.changes)

    def backward(self, ledger: Any) -> None:
        self.refuse_nesting(ledger.keeps_zeros)
        cotangents = [ledger.take(place) for place in self.out_places]
        if all(ct is None for ct in cotangents):
            return
        recording = self.again()
        seeds: list = [None] * len(recording.out_leaves)
        for position, ct in zip(self.positions, cotangents, strict=True):
            seeds[position] = ct
        found = recording.pullback(seeds)
        recording.end()
        for place, ct in zip(self.places, found, strict=True):
            ledger.give(place, ct)

    def forward(self, ledger: Any) -> None:
        self.refuse_nesting(bool(LEVELS.running))
        tangents = [ledger.read(place) for place in self.places]
        pairs = zip(tangents, self.leaves, strict=True)
        recording = self.again()
        found = recording.pushforward(
            [spaces.zero_like(leaf) if tangent is None else tangent for tangent, leaf in pairs]
        )
        for position, place in zip(self.positions, self.out_places, strict=True):
            ledger.put(place, found[position])

    def refuse_nesting(self, is_nested: bool) -> None:
        if is_nested:
            raise NonDifferentiable(
                "the derivative of a sweep over a checkpointed call is not known",
                instead="take the inner derivative inside the function that is differentiated, "
                "or drop checkpoint",
                place=self.place,
            )


def digest_of(leaves: list) -> int:
    """What tells results apart, to the bit."""
    parts = [
        leaf.tobytes() if isinstance(leaf, np.ndarray | np.generic) else repr(leaf)
        for leaf in leaves
    ]
    return hash(tuple(parts))
