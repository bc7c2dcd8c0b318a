"""Memory of gradients that are over, held back for the next one.

A tape keeps every array. When it is dropped, the C library hands memory of this size back to the
system, and the next gradient gets it page by page, which takes longer than the arithmetic. Held
back is what nobody refers to, by its counts of references, strong and weak. Such an array becomes
the result of the next operation of its shape, or is dropped just before NumPy makes one of its
size.
"""

import itertools
import math
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

LEAST, MOST = 1 << 16, 1 << 25  # bytes of one array; larger ones have pages of their own
MOST_TOGETHER = 1 << 26
FLOAT = np.dtype(np.float64)


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
        is_array = type(value) is np.ndarray
        if is_array and sys.getrefcount(value) <= 3 and not weakref.getweakrefcount(value):
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

    def take(self, shape: tuple[int, ...], leaving: int = 0) -> np.ndarray | None:
        """An array of floats of this shape and no certain contents, which is the caller's now.

        If there is none, this makes room for it. So many of that size are left for others.
        """
        found = self.arrays.get(8 * math.prod(shape))
        if not found or len(found) <= leaving:
            return None
        array = found.pop()
        self.size -= array.nbytes
        is_alike = array.shape == shape and array.dtype is FLOAT
        return array if is_alike and array.flags.carray and array.flags.owndata else None

    def zeros(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """``np.zeros``, in memory held back if there is some."""
        array = self.take(shape) if dtype is FLOAT else None
        if array is None:
            return np.zeros(shape, dtype)
        array.fill(0.0)
        return array

    def copy(self, array: np.ndarray) -> np.ndarray:
        """``array.copy()``, in memory held back if there is some."""
        copy = self.take(array.shape) if array.dtype is FLOAT else None
        if copy is None:
            return array.copy()
        np.copyto(copy, array)
        return copy

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
            owner = root.owner if root.seen is None else root.kept
            if owner is None:
                continue
            is_ours = sys.getrefcount(owner) <= 3 and LEAST <= owner.nbytes <= MOST
            watching = (id(owner) in ours) + (root.seen is not None)
            if is_ours and weakref.getweakrefcount(owner) <= watching and id(owner) not in kept:
                kept.add(id(owner))
                self.keep(owner)
        if kept:
            watched[:] = [found for found in watched if id(found()) not in kept]


RESERVE = Reserve()


def computed(ufunc: Callable, args: tuple, leaving: int = 0) -> np.ndarray | None:
    """``ufunc(*args)`` in memory of the reserve; None if there is none for it.

    The arguments are numbers, and arrays of floats of one shape.
    """
    shape = None
    for arg in args:
        if type(arg) is np.ndarray:
            if not arg.flags.c_contiguous and not is_in_order(arg):
                return None
            shape = arg.shape
    out = RESERVE.take(shape, leaving) if shape else None
    return None if out is None else ufunc(*args, out=out)


def is_in_order(array: np.ndarray) -> bool:
    """True if a result of the form of `array` has its elements one after the other."""
    if array.ndim < 2:
        return True
    strides = array.strides
    return strides[-1] > 0 and all(a > b for a, b in itertools.pairwise(strides))
