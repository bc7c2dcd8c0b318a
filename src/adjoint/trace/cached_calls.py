"""Calls of what `functools.lru_cache` has made: each gives one object for each key.

Where nothing live can be reached, the cache itself is asked, which may know what was made before.
What it holds says nothing of live values, so where these can be reached each recording remembers
for itself, and tells them apart however equal they are.
"""

import time
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from adjoint.errors import MissingRule
from adjoint.source import names_of_code
from adjoint.trace.reach import reachable

LONGEST_SEARCH = 2e-3  # seconds: what takes longer to search is not searched again and again
# With these a function reads more than it names.
REVEALING = frozenset({"eval", "exec", "getattr", "globals", "import_module", "vars", "__import__"})
NUMBERS = (float, complex, np.number)


class CachedCalls:
    """What one level remembers while it records."""

    def __init__(self, level: Any, calls: Any):
        self.level = level
        self.calls = calls
        self.recorder = level.recorder
        self.results: dict[Any, tuple] = {}
        self.searched: dict[Callable, bool] = {}

    def clear(self) -> None:
        self.results.clear()
        self.searched.clear()

    def forget(self, function: Any) -> None:
        """``function.cache_clear()``."""
        self.results = {key: found for key, found in self.results.items() if key[0] is not function}
        function.cache_clear()

    def call(self, function: Any, args: tuple, kwargs: dict) -> Any:
        wrapped = function.__wrapped__
        try:
            hash((args, *kwargs.values()))
        except TypeError:
            return function(*args, **kwargs)  # raises what Python raises
        is_live = reachable(self.recorder, (args, kwargs))
        if not is_live and not self.may_read_live(wrapped):
            if self.level.outer is not None:
                return self.level.outer.calls.call(function, *args, **kwargs)
            return function(*args, **kwargs)
        if is_live and not all(map(self.is_told_apart, parts((args, tuple(kwargs.values()))))):
            return self.calls.call(wrapped, *args, **kwargs)
        key = (function, self.key_of(args), self.key_of(tuple(kwargs.items())))
        found = self.results.get(key)
        if found is None:
            result = self.calls.call(wrapped, *args, **kwargs)
            found = self.results[key] = (
                result,
                args,
                kwargs,
            )  # whose identities are not used again
        return found[0]

    def key_of(self, item: Any) -> Any:
        """What stands for an argument in a key: its value, or what is live itself."""
        if isinstance(item, NUMBERS) and self.recorder.place(item) is not None:
            return Itself(item)
        return tuple(map(self.key_of, item)) if type(item) is tuple else item

    def is_told_apart(self, item: Any) -> bool:
        """False for an object that holds something live and is equal to others."""
        is_simple = isinstance(item, NUMBERS) or type(item).__eq__ is object.__eq__
        return is_simple or not reachable(self.recorder, item)

    def may_read_live(self, wrapped: Any) -> bool:
        """True if the function that is cached may read something live besides its arguments."""
        if type(wrapped) is not FunctionType or not self.searched.get(wrapped, True):
            return True
        if not REVEALING.isdisjoint(names_of_code(wrapped.__code__)):
            return True
        start = time.perf_counter()
        try:
            found = reachable(self.recorder, wrapped)
        except MissingRule:  # too much to search
            found = True
        if wrapped not in self.searched:
            self.searched[wrapped] = time.perf_counter() - start < LONGEST_SEARCH
        return found or not self.searched[wrapped]


class Itself:
    """Equal to what is the same object."""

    __slots__ = ("value",)

    def __init__(self, value: Any):
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Itself) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


def parts(item: Any) -> list:
    """The arguments in tuples of tuples."""
    return [part for each in item for part in parts(each)] if type(item) is tuple else [item]
