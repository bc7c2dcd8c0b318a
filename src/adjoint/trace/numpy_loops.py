"""NumPy functions that move or visit elements in native code: each as what it stands for.

Promises the result of the native function, element by element through the hooks of the level.
"""

import functools
import itertools
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

import numpy as np

from adjoint.rules.numpy.ufunc_methods import ASSOCIATIVE, LONG
from adjoint.trace.reach import reachable


class NumpyLoops:
    """How one level calls the loops of NumPy."""

    def __init__(self, level: Any, calls: Any):
        self.level = level
        self.calls = calls
        self.recorder = level.recorder

    def table(self) -> dict[Any, Callable]:
        return {
            np.fromiter: self.fromiter,
            np.fromstring: self.fromstring,
            np.loadtxt: functools.partial(self.read, np.loadtxt),
            np.genfromtxt: functools.partial(self.read, np.genfromtxt),
            np.delete: self.delete,
            np.insert: self.insert,
        }

    def fromstring(self, string: str, *args: Any, **kwargs: Any) -> np.ndarray:
        self.level.texts.check((string,))
        return np.fromstring(string, *args, **kwargs)

    def read(self, function: FunctionType, *args: Any, **kwargs: Any) -> Any:
        """A function that reads the numbers of a file, which the program may have written."""
        found = self.level.bind(function)(*args, **kwargs)
        self.level.texts.check_numbers(found)
        return found

    def fromiter(self, iter: Iterable, dtype: Any, count: int = -1, **options: Any) -> np.ndarray:
        """``np.fromiter``: the items as a list, then an array of it."""
        followed = self.level.traversal.iterate(iter)
        items = list(followed if count < 0 else itertools.islice(followed, count))
        if not reachable(self.recorder, items) and self.level.outer is None:
            return np.fromiter(items, dtype, count, **options)
        if len(items) < count:
            return np.fromiter(items, dtype, count, **options)  # raises NumPy's own error
        return self.calls.call(np.array, items, dtype)

    def delete(self, arr: Any, obj: Any, axis: int | None = None) -> np.ndarray:
        """``np.delete``: done to the places of the elements, then the elements are taken."""
        array = self.calls.call(np.asarray, arr)
        left = np.delete(np.arange(array.size).reshape(array.shape), obj, axis)
        return self.level.arrays.load(self.calls.call(np.ravel, array), left)

    def insert(self, arr: Any, obj: Any, values: Any, axis: int | None = None) -> np.ndarray:
        """``np.insert``: as `delete`, the places of the values behind those of the array."""
        call = self.calls.call
        array, added = call(np.asarray, arr), call(np.asarray, values)
        if added.dtype != array.dtype:
            added = call(np.ndarray.astype, added, array.dtype)
        behind = array.size + np.arange(added.size).reshape(added.shape)
        places = np.insert(np.arange(array.size).reshape(array.shape), obj, behind, axis)
        both = call(np.concatenate, [call(np.ravel, array), call(np.ravel, added)])
        return self.level.arrays.load(both, places)

    def combine_at(
        self, function: np.ufunc, array: np.ndarray, places: np.ndarray, values: Any
    ) -> None:
        """``ufunc.at`` where the order of operations does not matter: for each place at once."""
        call = self.calls.call
        order = np.argsort(places, kind="stable")
        unique, starts = np.unique(places[order], return_index=True)
        line = call(np.reshape, values, -1)
        each = call(function.reduceat, self.level.arrays.load(line, order), starts)
        at = np.unravel_index(unique, array.shape)
        before = self.level.arrays.load(array, at)
        self.level.arrays.store(array, at, call(function, before, each))

    def apply_at(self, function: np.ufunc, array: np.ndarray, index: Any, *values: Any) -> None:
        """``ufunc.at``: one element after the other, so that repeated indices act repeatedly."""
        load, store = self.level.arrays.load, self.level.arrays.store
        places = np.arange(array.size).reshape(array.shape)[index]
        wide = [self.calls.call(np.broadcast_to, value, np.shape(places)) for value in values]
        if function in ASSOCIATIVE and np.size(places) > LONG:
            return self.combine_at(function, array, np.ravel(places), wide[0])
        for at, place in np.ndenumerate(places):
            element = tuple(int(i) for i in np.unravel_index(place, array.shape))
            operands = [load(array, element), *(load(value, at) for value in wide)]
            store(array, element, self.calls.call(function, *operands))
