"""Stretches of a tape: consecutive functions of each element, of arrays of one shape.

A stretch is brought to a form in which operands and places are numbers, so that stretches that do
the same to other arrays have the same form.
"""

import operator
from typing import Any

import numpy as np

from adjoint.trace import updates
from adjoint.trace.entries import Applied
from adjoint.trace.machine_loops import BY_ROW, STRIDED
from adjoint.trace.memory import FLOAT, LARGE, address_of, is_owner, owner_of
from adjoint.trace.needs import activity
from adjoint.trace.pointwise import Pointwise
from adjoint.trace.quick import is_scalar_product
from adjoint.trace.updates import ARRAY, OTHER, RESULT, Updated

LEAST = LARGE  # bytes of an array: entries of smaller ones are swept one by one
MOST = 48  # entries of a stretch
FLAG = np.dtype(np.bool_)
WORD = FLOAT.itemsize


# Kinds of places of cotangents. NUMBER: in the vector of those of numbers. OWNER: the shadow of an
# owner, of the shape of the stretch. ADDED: memory to which a loop can add. BEGUN: such memory that
# begins with it. VIEW: memory to which a loop cannot add.
NUMBER, OWNER, ADDED, BEGUN, VIEW = range(5)

# Kinds of cotangents that were there before: none, in memory of its own, one number for all
# elements, in memory that it shares.
ABSENT, OWN, SPREAD, SHARED = range(4)

ARRAYS, FLAGS, NUMBERS = range(3)  # groups of inputs: an input is three times its number plus this


class Stretch:
    """Consecutive entries, last one first, and what they have in common.

    Attributes
    ----------
    codes : for each of the `entries`, what it does: its activity, the function of an update (None
        for a call), the number of the place of its result, the operands, and the numbers of the
        places of the live operands. -1 is none.
    cotangents : the cotangents from before: the number of the place, and the input.
    places, kinds : where cotangents are, and of which kind these places are.
    product : the sum of products of two vectors with which the sweep begins, or None: the input
        that is its cotangent, the vectors, and the numbers of the places of the live ones.
    inputs : arrays of floats, arrays of booleans, and numbers.
    layouts : how the arrays of floats lie, as rows.
    own : which of the arrays of floats are cotangents in memory of their own.
    before : the keys in the ledger of the cotangents among the inputs.
    entries : those to whose results something is given.
    count : of all entries.
    is_first : nothing on the tape, or on its segment, is before it.
    """

    def __init__(self, ledger: Any, shape: tuple[int, ...]):
        self.ledger = ledger
        self.shape = shape
        self.codes: list[tuple] = []
        self.cotangents: list[tuple[int, int, int]] = []
        self.product: tuple[int, tuple[int, ...], tuple[int, ...]] | None = None
        self.slots: list[int] = []  # of the numbers whose cotangents it takes
        self.places: list = []
        self.kinds: list[tuple[int, int]] = []
        self.inputs: tuple[list, list, list] = ([], [], [])
        self.layouts: list[int] = []
        self.own: list[int] = []
        self.before: list[int] = []
        self.entries: list = []
        self.count = 0
        self.is_first = False
        self.known: dict[int, int] = {}  # inputs, by the identity of the array
        self.targets: dict[Any, int] = {}  # places, by what tells them apart
        self.given: set[int] = set()
        self.taken: set[int] = set()
        self.partly: set[int] = set()  # keys of owners of which views are given something

    @property
    def form(self) -> tuple:
        """What a kernel for the stretch depends on."""
        _, flags, numbers = map(len, self.inputs)
        parts = (self.codes, self.cotangents, self.kinds, self.layouts, self.own)
        return (*map(tuple, parts), self.product, self.is_first, flags, numbers)

    def begin_with(self, entry: Any) -> bool:
        """Make a sum of products the first entry to be swept; False if it cannot be."""
        slot = entry.out_place
        ct = self.ledger.vector[slot] if type(slot) is int else 0.0
        if ct == 0.0 or not all(map(self.fits, entry.places)):
            return False
        self.count += 1
        self.slots.append(slot)
        reads = tuple([self.input(value) for value in entry.args])
        self.product = self.input(float(ct)), reads, tuple(map(self.place, entry.places))
        return True

    def take(self, entry: Any) -> bool:
        """Make an entry part of the stretch; False, with nothing changed, if it cannot be."""
        parts = of_update(entry, self) if type(entry) is Updated else of_call(entry, self)
        if parts is None:
            return False
        array, active, operands, places = parts
        root = self.ledger.roots.get(id(array))
        if root is None or root.block:
            return False
        if type(entry) is not Pointwise and not all(map(self.fits, places)):
            return False
        key = id(root.owner)
        kind = None if key in self.partly else self.kind_before(key)
        if kind is None:
            return False
        self.count += 1
        if kind == ABSENT and self.targets.get(key) not in self.given:
            return True  # nothing is given to its result
        target = self.target(key, OWNER, array)
        self.taken.add(target)
        self.read_before(len(self.codes), key, target, kind)
        reads = tuple([self.input(value) for value in operands])
        found = tuple([self.place(place) for place in places])
        function = None
        if type(entry) is Updated:
            function = entry.function
            self.given.add(target)
        self.codes.append((active, function, target, reads, found))
        self.entries.append(entry)
        return True

    def fits(self, place: Any) -> bool:
        if type(place) is not np.ndarray:
            return place is None or type(place) is int
        if place.dtype is not FLOAT:
            return False
        return place.shape == self.shape or lies(place, self.shape) is not None

    def is_readable(self, value: Any) -> bool:
        """True for a number, or an array that fits the stretch; and for what is not read."""
        if type(value) is not np.ndarray:
            return value is None or type(value) in updates.NUMBERS
        return value.dtype is FLOAT or value.dtype is FLAG

    def kind_before(self, key: int) -> int | None:
        """What the ledger has for `key` that the stretch has not taken yet; None if of no use."""
        found = self.ledger.buffers.get(key)
        if found is None or self.targets.get(key) in self.taken:
            return ABSENT
        if found.shape != self.shape or found.dtype is not FLOAT:
            return None
        if found.flags.carray:
            return OWN if found.base is None else SHARED
        if not any(found.strides):
            return SPREAD
        is_usable = is_packed(found) or lies(found, self.shape) is not None
        return SHARED if is_usable else None

    def read_before(self, index: int, key: int, target: int, kind: int) -> None:
        """Make a cotangent that was there before an input, for the entry `index`."""
        if kind == ABSENT:
            return
        found = self.ledger.buffers[key]
        self.before.append(key)
        if kind == OWN:
            self.own.append(len(self.inputs[ARRAYS]))
        number = self.input(found.item(0) if kind == SPREAD else found)
        self.cotangents.append((index, target, number))

    def end(self) -> None:
        """No entry follows: cotangents to which a loop can add at once become inputs too."""
        for key, target in self.targets.items():
            if self.kinds[target][0] == OWNER and key not in self.partly:
                kind = self.kind_before(key)
                if kind == OWN:
                    self.read_before(len(self.codes), key, target, kind)
        for key in self.partly:
            self.begin(key)

    def begin(self, key: int) -> None:
        """Let the shadow of an owner begin with the foremost window of it, if it has none yet.

        Where a loop adds to other windows, it, or zeros around it, were stored before.
        """
        places = [where for where in self.targets if type(where) is tuple and where[0] == key]
        targets = [self.targets[where] for where in places]
        are_windows = all(self.kinds[target] == (ADDED, STRIDED) for target in targets)
        if len(self.shape) > 1 or not are_windows or key in self.ledger.buffers:
            return
        foremost = self.targets[max(places, key=operator.itemgetter(1))]
        if self.ledger.lacks(owner_of(self.places[foremost])):
            self.kinds[foremost] = (BEGUN, STRIDED)

    def owner_of(self, place: np.ndarray) -> int:
        """The key of the cotangent of the owner of a place."""
        return id(self.ledger.roots[id(owner_of(place))].owner)

    def target(self, key: Any, kind: int, place: Any, layout: int = 0) -> int:
        """The number of a place."""
        found = self.targets.get(key)
        if found is None:
            found = self.targets[key] = len(self.places)
            self.places.append(place)
            self.kinds.append((kind, layout))
        return found

    def place(self, place: Any) -> int:
        """The number of the place of a live operand, to which something is given."""
        if place is None:
            return -1
        if type(place) is int:
            target = self.target((NUMBER, place), NUMBER, place)
        elif place.shape == self.shape and is_owner(place):
            target = self.target(id(place), OWNER, place)
        else:
            key = self.owner_of(place)
            self.partly.add(key)
            lying = lies(place, self.shape)
            kind, layout = (VIEW, 0) if lying is None else (ADDED, lying)
            where = (key, address_of(place), place.shape, place.strides)
            target = self.target(where, kind, place, layout)
        self.given.add(target)
        return target

    def input(self, value: Any) -> int:
        """The number of an operand among the inputs; -1 if it is not read."""
        if value is None:
            return -1
        if type(value) is not np.ndarray:
            return self.added(NUMBERS, float(value))
        found = self.known.get(id(value))
        if found is None:
            is_float = value.dtype is FLOAT
            if is_float:
                is_dense = value.shape == self.shape and is_packed(value)
                self.layouts.append(0 if is_dense else lies(value, self.shape) or 0)
            found = self.added(ARRAYS if is_float else FLAGS, value)
            self.known[id(value)] = found
        return found

    def added(self, group: int, value: Any) -> int:
        values = self.inputs[group]
        values.append(value)
        return 3 * (len(values) - 1) + group


def lies(array: np.ndarray, shape: tuple[int, ...]) -> int | None:
    """How an array of floats lies that is spread over `shape`, as rows; None if a loop cannot have
    it so.
    """
    if len(shape) > 2 or array.ndim > len(shape) or not array.flags.aligned:
        return None
    if array.ndim == 0:
        return BY_ROW
    if array.shape[-1] == shape[-1] and array.strides[-1] == WORD:
        return STRIDED
    return BY_ROW if array.shape[-1] == 1 or array.strides[-1] == 0 else None


def is_packed(array: np.ndarray) -> bool:
    return array.flags.c_contiguous and array.flags.aligned


def step_of(array: np.ndarray, shape: tuple[int, ...]) -> int:
    """The number of elements from row to row of an array that is spread over `shape`."""
    has_rows = array.ndim == 2 and array.shape[0] == shape[0]
    return array.strides[0] // WORD if has_rows else 0


def of_call(entry: Any, stretch: Stretch) -> tuple | None:
    """The result of a call, its activity, the operands that are read and the places of those that
    are live; None if it is no function of each element.
    """
    active, args, out = entry.active, entry.args, entry.out
    is_surely = type(entry) is Pointwise
    if not is_surely and (entry.kwargs or not makes_array(entry)):
        return None
    if out.shape != stretch.shape:
        return None
    operands: list = [None] * (len(args) + 1)
    for index in active.held:
        operands[index] = args[index]
    if active.holds_result:
        operands[-1] = out
    if not is_surely and not all(map(stretch.is_readable, operands)):
        return None
    return out, active, operands, [entry.places[step[0]] for step in active.steps]


def is_large_product(entry: Any) -> bool:
    """True for a sum of products of vectors with which a stretch may begin."""
    is_product = type(entry) is Applied and is_scalar_product(entry)
    return is_product and entry.args[0].nbytes >= LEAST


def makes_array(entry: Any) -> bool:
    """True for a call that makes a new array of floats, element by element."""
    rule, out = entry.active.rule, entry.out
    if len(entry.args) > len(rule.partials):
        return False  # it is no function of each element, or has arguments that are settings
    return type(out) is np.ndarray and out.dtype is FLOAT and out.flags.c_contiguous


def of_update(entry: Any, stretch: Stretch) -> tuple | None:
    """The same of ``array op= other``; None if it is of a part of an array, or restores it."""
    array, read = entry.array, entry.read
    if entry.restores or read is None or not any(entry.live):
        return None
    if array.shape != stretch.shape or array.dtype is not FLOAT or not is_owner(array):
        return None
    is_result_read = RESULT in read
    before = entry.before if ARRAY in read or is_result_read else None
    other = entry.other if OTHER in read or is_result_read else None
    if not array.flags.c_contiguous or not all(map(stretch.is_readable, (before, other))):
        return None
    active = activity(entry.rule, entry.live)
    places = [entry.place if step[0] == OTHER else None for step in active.steps]
    return array, active, (before, other), places


def longest(events: list, position: int, ledger: Any) -> Stretch | None:
    """The stretch that ends with the entry at `position`; None if there is nothing to be swept.

    Operations on numbers may be between the entries: they read no array of the stretch.
    """
    entry = events[position][2]
    is_product = is_large_product(entry)
    array = entry.array if type(entry) is Updated else entry.args[0] if is_product else entry.out
    if type(array) is not np.ndarray or array.nbytes < LEAST:
        return None
    stretch = Stretch(ledger, array.shape)
    if is_product:
        position -= stretch.begin_with(entry)
    while position >= 0 and stretch.count < MOST:
        entry = events[position][2]
        if type(entry) not in KINDS or not stretch.take(entry):
            break
        position -= 1
    stretch.is_first = position < 0
    stretch.end()
    return stretch if stretch.codes else None


KINDS = frozenset({Pointwise, Applied, Updated})
