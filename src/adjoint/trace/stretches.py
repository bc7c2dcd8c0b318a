"""Stretches of a tape: consecutive functions of each element, of arrays of one shape.

A stretch is brought to a form in which operands and places are numbers, so that stretches that do
the same to other arrays have the same form.
"""

from typing import Any

import numpy as np

from adjoint.rules.ruleset import Form
from adjoint.trace.entries import Applied
from adjoint.trace.memory import FLOAT, address_of, is_owner, owner_of
from adjoint.trace.needs import activity
from adjoint.trace.pointwise import Pointwise
from adjoint.trace.updates import ARRAY, NUMBERS, OTHER, RESULT, Updated

LEAST = 1 << 13  # bytes of an array: entries of smaller ones are swept one by one
MOST = 48  # entries of a stretch
FLAG = np.dtype(np.bool_)

WHOLE, PART, SLOT = range(3)  # kinds of places: of an owner, of a view, of a number
ABSENT, OWN, SPREAD, SHARED = range(4)  # kinds of cotangents that were there before
ARRAYS, FLAGS, SCALARS = range(3)  # groups of inputs; an input is three times its number, plus this


class Stretch:
    """Consecutive entries, last one first, and what they have in common.

    Attributes
    ----------
    codes : for each of the `entries`, what it does: its activity, the function of an update (None
        for a call), the number of the place of its result, the inputs that are the cotangent from
        before, the operands, and the numbers of the places of the live operands. -1 is none.
    places, kinds : where cotangents are, and of which kind these places are.
    inputs : arrays of floats, arrays of booleans, and numbers.
    own : which of the arrays of floats are cotangents in memory of their own.
    before : the keys in the ledger of the cotangents among the inputs.
    entries : those to whose results something is given.
    count : of all entries.
    """

    def __init__(self, ledger: Any, shape: tuple[int, ...]):
        self.ledger = ledger
        self.shape = shape
        self.codes: list[tuple] = []
        self.places: list = []
        self.kinds: list[int] = []
        self.inputs: tuple[list, list, list] = ([], [], [])
        self.own: list[int] = []
        self.before: list[int] = []
        self.entries: list = []
        self.count = 0
        self.known: dict[int, int] = {}  # inputs, by the identity of the array
        self.targets: dict[Any, int] = {}  # places, by what tells them apart
        self.given: set[int | None] = set()
        self.taken: set[int | None] = set()
        self.partly: set[int] = set()  # keys of owners of which views are given something

    @property
    def form(self) -> tuple:
        """What a kernel for the stretch depends on."""
        arrays, flags, numbers = map(len, self.inputs)
        return (*self.codes, *self.kinds, *self.own, arrays, flags, numbers)

    def take(self, entry: Any) -> bool:
        """Make an entry part of the stretch; False, with nothing changed, if it cannot be."""
        parts = of_update(entry, self) if type(entry) is Updated else of_call(entry, self)
        if parts is None:
            return False
        array, active, operands, places = parts
        root = self.ledger.roots.get(id(array))
        if root is None or root.block or not all(map(self.fits, places)):
            return False
        key = id(root.owner)
        kind = None if key in self.partly else self.kind_before(key)
        if kind is None:
            return False
        self.count += 1
        if kind == ABSENT and self.targets.get(key) not in self.given:
            return True  # nothing is given to its result
        target = self.target(key, WHOLE, array)
        self.taken.add(target)
        before = -1 if kind == ABSENT else self.cotangent(key, kind)
        reads = tuple([self.input(value) for value in operands])
        found = tuple([self.place(place) for place in places])
        function = entry.function if type(entry) is Updated else None
        self.given.add(target if function is not None else None)
        self.codes.append((active, function, target, before, reads, found))
        self.entries.append(entry)
        return True

    def fits(self, place: Any) -> bool:
        if type(place) is np.ndarray:
            return place.shape == self.shape and place.dtype is FLOAT
        return place is None or type(place) is int

    def is_readable(self, value: Any) -> bool:
        """True for a number, or an array of the shape of the stretch; and for what is not read."""
        if type(value) is not np.ndarray:
            return value is None or type(value) in NUMBERS
        return value.shape == self.shape and (value.dtype is FLOAT or value.dtype is FLAG)

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
        return SHARED if found.flags.c_contiguous else None

    def cotangent(self, key: int, kind: int) -> int:
        """The input that is a cotangent that was there before."""
        found = self.ledger.buffers[key]
        self.before.append(key)
        if kind == SPREAD:
            return self.input(found.item(0))
        if kind == OWN:
            self.own.append(len(self.inputs[ARRAYS]))
        return self.input(found)

    def target(self, key: Any, kind: int, place: Any) -> int:
        """The number of a place."""
        found = self.targets.get(key)
        if found is None:
            found = self.targets[key] = len(self.places)
            self.places.append(place)
            self.kinds.append(kind)
        return found

    def place(self, place: Any) -> int:
        """The number of the place of a live operand, to which something is given."""
        if place is None:
            return -1
        if type(place) is int:
            target = self.target((SLOT, place), SLOT, place)
        elif is_owner(place):
            target = self.target(id(place), WHOLE, place)
        else:
            key = id(self.ledger.roots[id(owner_of(place))].owner)
            self.partly.add(key)
            target = self.target((key, address_of(place), place.strides), PART, place)
        self.given.add(target)
        return target

    def input(self, value: Any) -> int:
        """The number of an operand among the inputs; -1 if it is not read."""
        if value is None:
            return -1
        if type(value) is not np.ndarray:
            return self.added(SCALARS, float(value))
        found = self.known.get(id(value))
        if found is None:
            found = self.added(ARRAYS if value.dtype is FLOAT else FLAGS, value)
            self.known[id(value)] = found
        return found

    def added(self, group: int, value: Any) -> int:
        values = self.inputs[group]
        values.append(value)
        return 3 * (len(values) - 1) + group


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


def makes_array(entry: Any) -> bool:
    """True for a call that makes a new array of floats, element by element."""
    rule, out = entry.active.rule, entry.out
    if rule.form is not Form.ELEMENTWISE or len(entry.args) > len(rule.partials):
        return False
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
    """The stretch that ends with the entry at `position`; None for one that is too small."""
    start, _, entry = events[position]
    array = entry.array if type(entry) is Updated else entry.out
    if type(array) is not np.ndarray or array.nbytes < LEAST:
        return None
    stretch = Stretch(ledger, array.shape)
    while position >= 0 and stretch.count < MOST:
        at, _, entry = events[position]
        if at != start or type(entry) not in KINDS or not stretch.take(entry):
            break
        position -= 1
    return stretch if stretch.count > 1 else None


KINDS = frozenset({Pointwise, Applied, Updated})
