"""Memory of gradients that are over, held back for the next one.

A tape keeps every array. When it is dropped, the C library hands memory of this size back to the
system, and the next gradient gets it page by page, which takes longer than the arithmetic. Held
back, an array is nobody's: it is dropped when one of its size is about to be made, and the
library uses its memory for that. So nothing is ever handed out twice, and no result can be touched.
"""

import sys
import threading
import weakref
from typing import Any

import numpy as np

LEAST, MOST = 1 << 16, 1 << 25  # bytes of one array; larger ones have pages of their own
MOST_TOGETHER = 1 << 26


class Reserve(threading.local):
    """The arrays one thread holds back, by their size in bytes."""

    def __init__(self) -> None:
        self.size = 0
        self.arrays: dict[int, list[np.ndarray]] = {}

    def keep(self, array: np.ndarray) -> None:
        """Hold `array` back; nobody else may refer to it."""
        size = array.nbytes
        if LEAST <= size <= MOST and array.base is None:
            if self.size + size > MOST_TOGETHER:
                self.keep_only(size)
            if self.size + size <= MOST_TOGETHER:
                self.arrays.setdefault(size, []).append(array)
                self.size += size

    def keep_only(self, size: int) -> None:
        """Drop the arrays of other sizes: the program works with this one now."""
        found = self.arrays.get(size, [])
        self.clear()
        self.arrays[size] = found
        self.size = size * len(found)

    def recycle(self, value: Any) -> None:
        """Hold `value` back if it is an array that only a variable of the caller refers to."""
        if type(value) is np.ndarray and sys.getrefcount(value) <= 3:
            self.keep(value)

    def clear(self) -> None:
        self.arrays.clear()
        self.size = 0

    def make_room(self, size: int) -> None:
        """An array of `size` bytes is about to be made."""
        found = self.arrays.get(size)
        if found:
            found.pop()
            self.size -= size

    def make_room_like(self, values: Any) -> None:
        """An array as large as the largest of `values` is about to be made."""
        size = 0
        for value in values:
            if isinstance(value, np.ndarray) and value.nbytes > size:
                size = value.nbytes
        if size >= LEAST:
            self.make_room(size)

    def take_over(self, roots: dict, watched: list[weakref.ref]) -> None:
        """Hold back what only the `roots` of a recording refer to, apart from `watched`."""
        # Python shares one weak reference among all who ask for one.
        ours = {id(found()) for found in watched if sys.getrefcount(found) <= 3}
        kept = set()
        for root in roots.values():
            owner = root.owner
            is_ours = sys.getrefcount(owner) <= 3 and LEAST <= owner.nbytes <= MOST
            if is_ours and weakref.getweakrefcount(owner) <= (id(owner) in ours):
                kept.add(id(owner))
                self.keep(owner)
        if kept:
            watched[:] = [found for found in watched if id(found()) not in kept]


RESERVE = Reserve()
