"""Sweeps a tape backward or forward.

A ledger holds the cotangents (or tangents) of one sweep: a vector for scalars and for the elements
of arrays that are used one by one, and a shadow buffer for every other live buffer. The buffers of
the program are as the program left them when a sweep is over.
"""

import functools
import importlib
import sys
from typing import Any

import numpy as np

from adjoint import spaces
from adjoint.errors import MissingRule
from adjoint.trace import entries, fusing, pointwise, quick, sweep, updates, writes
from adjoint.trace.escaped import STALE
from adjoint.trace.memory import address_of, is_owner, may_overlap_itself, owner_of, window

SHORT = 600  # below this, starting Numba costs more than it saves
SHORTEST = 8  # below this, calling machine code does
SIMPLE = (
    entries.Applied,
    entries.Located,
    entries.Element,
    entries.Gathered,
    pointwise.Pointwise,
    writes.Stored,
    writes.AddedAt,
    writes.Reshaped,
    updates.Updated,
)


class Ledger:
    """The cotangents or tangents of one sweep.

    With `keeps_zeros`, a cotangent that happens to be zero is not passed over: the sweep is itself
    differentiated, and that zero may have a derivative. If it `is_quick`, zero times infinity is
    left to show itself in the result.
    """

    def __init__(
        self, roots: dict, slots: int, keeps_zeros: bool = False, *, is_quick: bool = False
    ):
        self.keeps_zeros = keeps_zeros
        self.is_quick = is_quick
        self.roots = roots
        self.vector = np.zeros(slots)
        self.boxed: dict[int, Any] = {}
        self.buffers: dict[int, np.ndarray] = {}
        self.handed: dict[int, Any] = {}
        self.doubts: dict[int, Any] = {}
        self.sizes: dict[int, Any] = {}
        self.undone: list = []
        self.rewound: dict[int, int] = {}  # bytes put back, by the identity of the owner
        self.finite: list = []  # cotangents that the last stretch made, if they are

    def copied(self) -> "Ledger":
        """The same tangents in memory of their own."""
        copy = Ledger(self.roots, 0, self.keeps_zeros)
        copy.vector = np.array(self.vector)
        copy.boxed = dict(self.boxed)
        copy.buffers = {owner: np.array(buffer) for owner, buffer in self.buffers.items()}
        copy.undone = list(self.undone)
        return copy

    def undo(self, store: Any) -> None:
        """Put memory back as it was before a store.

        Indices and masks go back the way they came: other stores are found by them.
        """
        replaced = store.replaced() if self.is_quick else None
        if replaced is not None and replaced.dtype.kind in "fc":
            self.rewind(store, replaced.nbytes)
        else:
            store.swap()
            self.undone.append(store)

    def rewind(self, store: Any, size: int) -> None:
        """The same where nothing is done again: what stands there need not be kept each time.

        An owner is kept whole, once, when as much of it was put back as it is large.
        """
        owner = owner_of(store.array)
        before = self.rewound.get(id(owner), 0)
        self.rewound[id(owner)] = total = before + size
        if total < owner.nbytes or not owner.flags.writeable:
            store.swap()
            self.undone.append(store)
            return
        if before < owner.nbytes:
            self.undone.append(writes.Kept(owner))
        store.put_back()

    def redo(self, store: Any) -> None:
        """Put memory as it was after a store, the last one undone."""
        self.undone.pop()
        store.swap()

    def restore(self) -> None:
        """Put memory as the program left it."""
        while self.undone:
            self.undone.pop().swap()

    def has(self, array: np.ndarray) -> bool:
        """False if nothing was given to the buffer of `array` yet: its cotangent is zero."""
        root = self.roots[id(owner_of(array))]
        return id(root.owner) in self.buffers or root.block != 0

    def shadow(self, array: np.ndarray) -> np.ndarray:
        """The view of the shadow buffer that corresponds to `array`."""
        if is_owner(array):
            found = self.buffers.get(id(array))
            if found is not None and self.is_alike(found, array):
                return found
        at = owner_of(array)
        root = self.roots[id(at)]
        owner = root.owner  # or its placeholder
        if root.block:
            return window(array, root.low_for(at), self.vector, 8 * root.block)
        buffer = self.buffers.get(id(owner))
        if buffer is None:
            if owner.flags.c_contiguous:
                buffer = np.zeros(owner.shape, owner.dtype)
            else:
                size = owner.size if owner.flags.forc else root.size // owner.itemsize
                buffer = np.zeros(size, owner.dtype)
            self.buffers[id(owner)] = buffer
        elif not buffer.flags.writeable:
            buffer = self.buffers[id(owner)] = np.array(buffer, order="C")
        if array is owner and owner.flags.c_contiguous:
            return buffer if buffer.shape == owner.shape else buffer.reshape(owner.shape)
        return window(array, root.low_for(at), buffer, 0)

    def is_alike(self, buffer: np.ndarray, array: np.ndarray) -> bool:
        """True if the shadow buffer of `array`, an owner, can be written to as it is."""
        is_whole = buffer.shape == array.shape and array.flags.c_contiguous
        return is_whole and buffer.flags.writeable

    def take(self, place: Any) -> Any:
        """The cotangent at `place`, which is zero afterwards; None for exactly zero."""
        if type(place) is int:
            ct = self.vector[place]
            if ct == 0.0 and not self.keeps_zeros:
                return None
            self.vector[place] = 0.0
            return ct
        if isinstance(place, np.ndarray):
            found = self.buffers.pop(id(place), None)
            if found is not None:  # nothing before its creation can refer to it
                if found.shape == place.shape and place.flags.c_contiguous:
                    return found
                self.buffers[id(place)] = found
                found = self.shadow(place)
                del self.buffers[id(place)]
                return found
            if not self.has(place):
                return None
            shadow = self.shadow(place)
            ct = np.array(shadow)
            shadow[...] = 0.0
            return ct
        if isinstance(place, list):
            parts = [self.take(part) for part in place]
            return None if all(part is None for part in parts) else parts
        if isinstance(place, entries.Boxed):
            return self.boxed.pop(place.slot, None)
        return None

    def give(
        self, place: Any, contribution: Any, is_own: bool = False, is_derived: bool = False
    ) -> None:
        """Add `contribution`, of any broadcast shape, to the cotangent at `place`.

        `is_own`: nobody else has it, so that its memory may become the shadow's. `is_derived`: it
        is a cotangent or looks at one, never at memory of the program.
        """
        if type(place) is int:
            if not isinstance(contribution, float):
                if np.ndim(contribution):
                    contribution = np.sum(contribution)
                if np.iscomplexobj(contribution):
                    contribution = np.real(contribution)
            self.vector[place] += contribution
        elif isinstance(place, np.ndarray):
            if not has_form_of(contribution, place):
                contribution = entries.fitted(contribution, place)
            elif is_owner(place):
                found = self.buffers.get(id(place))
                if found is None:
                    if self.begins(place, contribution, is_own, is_derived):
                        return
                elif self.is_alike(found, place):
                    found += contribution
                    return
            elif self.begins_with_part(place, contribution):
                return
            shadow = self.shadow(place)
            if place.base is not None and may_overlap_itself(shadow):
                add_overlapping(shadow, contribution, self.buffer_of(place))
            else:
                shadow += contribution
        elif isinstance(place, list):
            if isinstance(contribution, np.ndarray):
                contribution = spread_to(contribution, shape_of(place))
            for part, piece in zip(place, contribution, strict=False):
                if part is not None and piece is not None:
                    self.give(part, piece)
        elif isinstance(place, entries.Boxed):
            if np.ndim(contribution):
                contribution = np.sum(contribution)
            if not np.iscomplexobj(place.value) and np.iscomplexobj(contribution):
                contribution = np.real(contribution)
            self.boxed[place.slot] = self.boxed.get(place.slot, 0.0) + contribution

    def give_alike(self, place: np.ndarray, contribution: np.ndarray, is_own: bool) -> None:
        """Add a contribution of the shape of `place`; both are of floats, and not 0-d."""
        if not is_owner(place):
            shadow = self.shadow_of_view(place)
            if shadow is None:
                self.give(place, contribution, is_own)
            else:
                shadow += contribution
            return
        found = self.buffers.get(id(place))
        if found is not None and found.flags.writeable and found.shape == contribution.shape:
            found += contribution
        elif found is None and is_own and self.lacks(place) and is_packed(contribution):
            self.buffers[id(place)] = contribution
        else:
            self.give(place, contribution, is_own)

    def shadow_of_view(self, view: np.ndarray) -> np.ndarray | None:
        """The shadow of a view in C order whose owner has one already; else None."""
        owner = owner_of(view)
        root = self.roots[id(owner)]
        buffer = self.buffers.get(id(root.owner))
        if buffer is None or not view.flags.c_contiguous or not buffer.flags.carray:
            return None
        return window(view, root.low_for(owner), buffer, 0)

    def adopts(self, place: Any, contribution: Any) -> bool:
        """Take `contribution`, in memory that is not used any more, if it is all `place` needs.

        It is added to the cotangent at `place`, or becomes it.
        """
        if not isinstance(place, np.ndarray) or not has_form_of(contribution, place):
            return False
        if self.lacks(place) and contribution.flags.c_contiguous:
            self.buffers[id(place)] = contribution
        else:
            self.give(place, contribution)
        return True

    def subtracts(self, place: Any, contribution: Any) -> bool:
        """Subtract `contribution` from the cotangent at `place`, if there is one to be changed."""
        if not isinstance(place, np.ndarray) or not has_form_of(contribution, place):
            return False
        if not self.has(place):
            return False
        shadow = self.shadow(place)
        if place.base is not None and may_overlap_itself(shadow):
            return False
        shadow -= contribution
        return True

    def buffer_of(self, array: np.ndarray) -> np.ndarray:
        root = self.roots[id(owner_of(array))]
        return self.vector if root.block else self.buffers[id(root.owner)].reshape(-1)

    def lacks(self, place: Any) -> bool:
        """True for an array whose shadow can begin with its first contribution."""
        if not isinstance(place, np.ndarray) or not is_owner(place) or self.keeps_zeros:
            return False
        root = self.roots[id(place)]
        if id(place) in self.buffers or root.block or root.owner is not place:
            return False
        return place.flags.c_contiguous

    def begins(
        self, owner: np.ndarray, contribution: np.ndarray, is_own: bool, is_derived: bool
    ) -> bool:
        """Begin the shadow of `owner`, which has none yet, with its first contribution.

        Not in a sweep that is differentiated, where a copy is one operation more. A number spread
        over an array stays that, read-only, while it is the only contribution.
        """
        key = id(owner)
        if self.keeps_zeros or self.roots[key].block:
            return False
        if not owner.flags.c_contiguous:
            return False
        if self.is_quick and is_derived and not contribution.flags.writeable:
            self.buffers[key] = contribution
            return True
        is_ready = is_own and contribution.base is None and contribution.flags.c_contiguous
        self.buffers[key] = contribution if is_ready else np.array(contribution, order="C")
        return True

    def begins_with_part(self, view: np.ndarray, contribution: np.ndarray) -> bool:
        """Begin the shadow of the owner of `view` with the first contribution to it."""
        owner = owner_of(view)
        if view.dtype != owner.dtype or not view.flags.c_contiguous or not self.lacks(owner):
            return False
        self.begin_around(view)[...] = contribution.reshape(-1)
        return True

    def begin_around(self, view: np.ndarray) -> np.ndarray:
        """Begin the shadow of the owner of `view`, which lacks one, with zeros around the view.

        Returns the elements of the view in it, which are to be written.
        """
        owner = owner_of(view)
        buffer = self.buffers[id(owner)] = np.empty(owner.shape, owner.dtype)
        line = buffer.reshape(-1)
        start = (address_of(view) - self.roots[id(owner)].low) // view.itemsize
        line[:start] = 0.0
        line[start + view.size :] = 0.0
        return line[start : start + view.size]

    def read(self, place: Any) -> Any:
        """The tangent at `place`; None for zero."""
        if type(place) is int:
            return self.vector[place]
        if isinstance(place, np.ndarray):
            return np.array(self.shadow(place)) if self.has(place) else None
        if isinstance(place, list):
            return [self.read(part) for part in place]
        if isinstance(place, entries.Boxed):
            return self.boxed.get(place.slot)
        return None

    def put(self, place: Any, tangent: Any) -> None:
        """Set the tangent at `place`."""
        if type(place) is int:
            if tangent is None:
                tangent = 0.0
            elif np.ndim(tangent):
                tangent = np.sum(tangent)
            self.vector[place] = tangent
        elif isinstance(place, np.ndarray):
            if tangent is not None or self.has(place):
                self.shadow(place)[...] = 0.0 if tangent is None else tangent
        elif isinstance(place, list):
            for index, part in enumerate(place):
                self.put(part, None if tangent is None else tangent[index])
        elif isinstance(place, entries.Boxed):
            self.boxed[place.slot] = tangent

    def hand_over(self, place: np.ndarray) -> np.ndarray | None:
        """The shadow of `place` if it is nobody else's, which the sweep needs no more."""
        buffer = self.buffers.get(id(place))
        if place.base is not None or buffer is None or buffer.shape != place.shape:
            return None
        if not buffer.flags.writeable:  # a number spread over the array
            return np.array(self.buffers.pop(id(place)), order="C")
        return self.buffers.pop(id(place)) if buffer.base is None else None

    def result(self, place: Any, leaf: Any, is_last: bool = False) -> Any:
        """What the sweep found for a leaf, of the leaf's own type, in memory of its own.

        `is_last`: nothing else that looks at the memory of `place` is asked for.
        """
        if is_last and isinstance(place, np.ndarray):
            found = self.hand_over(place)
            if found is not None:
                return found
        found = self.read(place)
        if found is None:
            return spaces.zero_like(leaf)
        if isinstance(leaf, np.ndarray):
            return found
        return float(found) if type(leaf) is float else type(leaf)(found)


def has_form_of(contribution: Any, place: np.ndarray) -> bool:
    """True for an array of the same shape and dtype."""
    return (
        type(contribution) is np.ndarray
        and contribution.shape == place.shape
        and contribution.dtype == place.dtype
    )


def is_packed(array: np.ndarray) -> bool:
    """True for an array in C order with memory of its own."""
    return array.base is None and array.flags.c_contiguous


def add_overlapping(shadow: np.ndarray, contribution: Any, buffer: np.ndarray) -> None:
    """Add to a view whose elements share memory: repeated places receive the sum."""
    start = shadow.__array_interface__["data"][0] - buffer.__array_interface__["data"][0]
    line = buffer.view(shadow.dtype)  # of complex numbers it may show one part
    place = np.array(start // line.itemsize)
    for size, stride in zip(shadow.shape, shadow.strides, strict=True):
        place = np.add.outer(place, np.arange(size) * (stride // line.itemsize))
    np.add.at(line, place, contribution)


def pull(recording: Any, cotangents: list, is_differentiated: bool) -> list:
    """The cotangents of a recording's leaves, from those of its output's leaves."""
    if not is_differentiated and quick.is_possible(recording, SIMPLE):
        found = pulled_quickly(recording, cotangents)
        if found is not None:
            return found
    return pulled(
        recording, cotangents, Ledger(recording.roots, recording.slots, is_differentiated)
    )


def pulled_quickly(recording: Any, cotangents: list) -> list | None:
    """The same without guards; None if something is not finite, or an error is to be raised."""
    ledger = Ledger(recording.roots, recording.slots, is_quick=True)
    try:
        found = pulled(recording, cotangents, ledger)
    except Exception:  # the careful sweep raises it again, if it is not of a nan
        return None
    return found if quick.are_finite(found, ledger.finite) else None


def pulled(recording: Any, cotangents: list, ledger: Ledger) -> list:
    for place, cotangent in zip(recording.out_places, cotangents, strict=True):
        if place is not None and cotangent is not None:
            ledger.give(place, cotangent)
    present = exchange(recording.snapshots) if recording.snapshots else []
    try:
        backward(recording.segments, ledger)
    finally:
        ledger.restore()
        if present:
            exchange(present)
    stale = [ledger.read(root.owner) for root in recording.stale_roots]
    if ledger.vector[STALE] != 0.0 or any(np.any(ct != 0.0) for ct in stale if ct is not None):
        raise met_again()
    for place, error in recording.unknown:
        ct = ledger.read(place)
        if ct is not None and np.any(ct != 0.0):
            raise error
    if ledger.is_quick:
        return quick.results(recording, ledger)
    pairs = zip(recording.places, recording.leaves, strict=True)
    return [ledger.result(place, leaf) for place, leaf in pairs]


def push(recording: Any, tangents: list) -> list:
    """The tangents of a recording's output leaves, from those of its leaves."""
    ledger = Ledger(recording.roots, recording.slots)
    for place, tangent in zip(recording.places, tangents, strict=True):
        if place is not None and tangent is not None:
            ledger.give(place, tangent)
    if recording.met_stale or recording.stale_roots:
        witness = Ledger(recording.roots, recording.slots)
        witness.vector[STALE] = 1.0
        for root in recording.stale_roots:
            witness.shadow(root.owner)[...] = 1.0
        if any(np.any(t != 0.0) for t in pushed(recording, witness) if t is not None):
            raise met_again()
    for place, error in recording.unknown:
        witness = Ledger(recording.roots, recording.slots)
        witness.put(place, 1.0)
        if any(np.any(t != 0.0) for t in pushed(recording, witness) if t is not None):
            raise error
    return pushed(recording, ledger)


def pushed(recording: Any, ledger: Ledger) -> list:
    """The tangents of the output leaves, from what `ledger` holds at the start."""
    present = exchange(recording.snapshots)
    try:
        undo_all(recording.segments, ledger)
        forward(recording.segments, ledger)
    finally:
        ledger.restore()
        exchange(present)
    pairs = zip(recording.out_places, recording.out_leaves, strict=True)
    return [ledger.result(place, leaf) for place, leaf in pairs]


def met_again() -> MissingRule:
    return MissingRule(
        "a number or array that an earlier differentiated call computed and kept (in a cache, a "
        "global or an attribute) was used again, and its derivative is not known any more",
        instead="compute it anew in each call, or keep adjoint.stop_gradient of it, "
        "if it is a constant",
    )


def backward(segments: list, ledger: Ledger) -> None:
    short = shortest_for_machine_code(segments)
    for parents, partials, events in reversed(segments):
        end, end_partial = len(parents), len(partials)
        entry = None
        last_first = fusing.last_first(events, ledger) if ledger.is_quick else reversed(events)
        for start, start_partial, entry in last_first:
            if start < end:
                sweep_back(
                    parents[start:end], partials[start_partial:end_partial], ledger.vector, short
                )
            entry.backward(ledger)
            end, end_partial = start, start_partial
        if type(entry) is not fusing.Fused:
            ledger.finite = []
        if end:
            sweep_back(parents[:end], partials[:end_partial], ledger.vector, short)


def forward(segments: list, ledger: Ledger) -> None:
    short = shortest_for_machine_code(segments)
    for parents, partials, events in segments:
        start, start_partial = 0, 0
        for end, end_partial, entry in events:
            if start < end:
                sweep_on(
                    parents[start:end], partials[start_partial:end_partial], ledger.vector, short
                )
            entry.forward(ledger)
            start, start_partial = end, end_partial
        if start < len(parents):
            sweep_on(parents[start:], partials[start_partial:], ledger.vector, short)


def shortest_for_machine_code(segments: list) -> int:
    """The length of the shortest stretch of a tape that is swept by machine code."""
    has_long = any(len(parents) >= SHORT for parents, _, _ in segments)
    return SHORTEST if has_long or "adjoint.trace.compiled_sweep" in sys.modules else SHORT


def sweep_back(
    parents: np.ndarray, partials: np.ndarray, vector: np.ndarray, short: int = SHORT
) -> None:
    """By machine code, if the stretch is long enough to be worth it."""
    if len(parents) < short:
        sweep.backward(parents.tolist(), partials.tolist(), vector)
    else:
        machine_code().backward(parents, partials, vector)


def sweep_on(
    parents: np.ndarray, partials: np.ndarray, vector: np.ndarray, short: int = SHORT
) -> None:
    if len(parents) < short:
        sweep.forward(parents.tolist(), partials.tolist(), vector)
    else:
        machine_code().forward(parents, partials, vector)


@functools.cache
def machine_code() -> Any:
    """The compiled sweeps; Numba is imported when they are first needed."""
    return importlib.import_module("adjoint.trace.compiled_sweep")


def shape_of(place: Any) -> tuple[int, ...]:
    """The shape of an array made of what is at `place`, which may be nested lists."""
    if not isinstance(place, list):
        return place.shape if isinstance(place, np.ndarray) else ()
    return (len(place), *max(map(shape_of, place), default=(), key=len))


def spread_to(contribution: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """`contribution`, of any broadcast shape, as it is of the items of an array of that shape."""
    if contribution.shape == shape:
        return contribution
    return np.broadcast_to(entries.fitted(contribution, np.broadcast_to(0.0, shape)), shape)


def undo_all(segments: list, ledger: Ledger) -> None:
    """Put memory back as it was when the recording began."""
    for _, _, events in reversed(segments):
        for _, _, entry in reversed(events):
            if isinstance(entry, writes.Written):
                ledger.undo(entry)


def snapshot(owners: list) -> list:
    """The contents of buffers that the caller may change before a sweep."""
    return [(owner, np.array(owner)) for owner in owners]


def exchange(snapshots: list) -> list:
    """Put saved contents into their buffers; returns what was there."""
    present = snapshot([owner for owner, _ in snapshots])
    for owner, saved in snapshots:
        owner[...] = saved
    return present
