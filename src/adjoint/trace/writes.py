"""The tape entries of changes of memory: stores, sums at indices, shapes.

A sweep undoes and redoes them, so that each formula finds its operands as they were.
"""

import warnings
from typing import Any

import numpy as np

from adjoint.errors import MissingRule
from adjoint.trace.entries import is_fancy, is_mask
from adjoint.trace.memory import may_overlap_itself


class Written:
    """What a sweep undoes and redoes, because it changed memory: `swap` exchanges both sides."""

    __slots__ = ("before",)

    def swap(self) -> None:
        raise NotImplementedError

    def replaced(self) -> np.ndarray | None:
        """What stood where the contents of an array were changed; None if none were."""
        return self.before

    def put_back(self) -> None:
        """Undo it without a way back."""
        self.array[...] = self.before


class Kept:
    """The contents of a buffer, to be put there again; `swap` does."""

    __slots__ = ("contents", "owner")

    def __init__(self, owner: np.ndarray):
        self.owner = owner
        self.contents = np.array(owner)

    def swap(self) -> None:
        self.owner[...] = self.contents


class Stored(Written):
    """``array[index] = value``.

    `before` is what was overwritten, if an earlier entry may read it. With repeated indices only
    the last writer has a derivative. If it `begins`, nothing in the array had a derivative before.
    """

    __slots__ = ("array", "begins", "index", "is_live", "value", "value_place", "winners")

    def __init__(
        self,
        array: np.ndarray,
        index: Any,
        value: Any,
        value_place: Any,
        is_live: bool,
        before: Any,
        begins: bool = False,
    ):
        self.array = array
        self.begins = begins
        self.index = index
        self.value = value if isinstance(value, np.ndarray) else None
        self.value_place = value_place
        self.is_live = is_live
        self.before = before
        self.winners = last_writers(array, index) if is_live else None

    def backward(self, ledger: Any) -> None:
        if self.is_live and ledger.has(self.array):
            shadow = ledger.shadow(self.array)
            taken = shadow[self.index]
            is_over = ledger.is_quick and self.begins and not is_fancy(self.index)
            if not (is_over and ledger.adopts(self.value_place, taken)):
                self.hand_on(ledger, shadow, taken)
        ledger.undo(self)

    def hand_on(self, ledger: Any, shadow: np.ndarray, taken: Any) -> None:
        """Give the cotangent of what was stored to the value."""
        if not is_mask(self.index):
            taken = np.array(taken)
        shadow[self.index] = 0.0
        if self.value_place is not None:
            if self.winners is not None:
                taken = np.where(self.winners, taken, 0.0)
            ledger.give(self.value_place, taken, is_own=True)

    def forward(self, ledger: Any) -> None:
        if self.is_live:
            tangent = None if self.value_place is None else ledger.read(self.value_place)
            shadow = ledger.shadow(self.array)
            shadow[self.index] = 0.0 if tangent is None else tangent
        ledger.redo(self)

    def swap(self) -> None:
        """Exchange the memory's contents with those of the other side of this store."""
        if self.before is not None:
            after = np.array(self.array[self.index])
            self.put_back()
            self.before = after

    def put_back(self) -> None:
        self.array[self.index] = self.before


class Reshaped(Written):
    """``array.shape = shape``; entries before it refer to the array in its shape `before`."""

    __slots__ = ("array",)

    def __init__(self, array: np.ndarray, before: tuple):
        self.array = array
        self.before = before

    def replaced(self) -> None:
        return None

    def backward(self, ledger: Any) -> None:
        ledger.undo(self)

    def forward(self, ledger: Any) -> None:
        ledger.redo(self)

    def swap(self) -> None:
        after = self.array.shape
        with warnings.catch_warnings():  # the program was told, if NumPy finds it out of date
            warnings.simplefilter("ignore", DeprecationWarning)
            self.array.shape = self.before
        self.before = after


class AddedAt(Written):
    """``np.add.at(array, index, value)``, or ``np.subtract.at`` with the sign -1."""

    __slots__ = ("array", "index", "is_live", "sign", "value_place")

    def __init__(
        self, array: np.ndarray, index: Any, place: Any, is_live: bool, before: Any, sign: float
    ):
        self.array = array
        self.index = index
        self.value_place = place
        self.is_live = is_live
        self.before = before
        self.sign = sign

    def backward(self, ledger: Any) -> None:
        if self.value_place is not None and ledger.has(self.array):
            taken = ledger.shadow(self.array)[self.index]
            if self.sign == 1.0:
                ledger.give(self.value_place, taken, is_own=is_fancy(self.index))
            else:
                ledger.give(self.value_place, self.sign * taken, is_own=True)
        ledger.undo(self)

    def forward(self, ledger: Any) -> None:
        tangent = None if self.value_place is None else ledger.read(self.value_place)
        if tangent is not None:
            np.add.at(ledger.shadow(self.array), self.index, self.sign * tangent)
        ledger.redo(self)

    def swap(self) -> None:
        if self.before is not None:
            after = np.array(self.array)
            self.put_back()
            self.before = after


def last_writers(array: np.ndarray, index: Any) -> np.ndarray | None:
    """Which of the values stored at `index` remain; None if all do."""
    if may_overlap_itself(array):
        raise MissingRule(
            "values that carry a derivative are stored into an array that overlaps itself",
            instead="store into a copy, or element by element",
        )
    if not is_fancy(index) or is_mask(index):
        return None
    places = np.arange(array.size).reshape(array.shape)[index]
    if np.unique(places).size == places.size:
        return None
    writer = np.empty(array.size, np.intp)
    order = np.arange(places.size)
    writer[places.ravel()] = order
    return (writer[places.ravel()] == order).reshape(places.shape)
