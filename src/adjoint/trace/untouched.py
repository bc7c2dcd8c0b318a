"""Looks whether anything live, or anything unknown, can be reached from some values.

Only what is listed here is looked into, all of it; whatever else there is counts as unknown.
"""

import re
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass, field
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType
from typing import Any

import numpy as np

from adjoint.trace.memory import owner_of
from adjoint.trace.trusted import (
    is_random_generator,
    is_trusted,
    keeps_iterators,
    parts_of,
    shows_all,
)

INERT = frozenset(
    {int, bool, str, bytes, type(None), range, type(...), type(NotImplemented), np.dtype}
    | {re.Pattern, re.Match}
    | {np.bool_, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64}
)
NUMBERS = frozenset({float, complex, np.float64, np.float32, np.complex128})
ATOMS = INERT | NUMBERS
TABLES = frozenset({Counter, OrderedDict, defaultdict})  # dictionaries that hold more
SEQUENCES = frozenset({list, tuple, set, frozenset, deque})
CHUNK = 16  # plain numbers in a container count as one object


@dataclass
class Found:
    """The classes and functions met.

    Attributes
    ----------
    kinds : the classes of the program's own objects.
    functions : functions, by their code.
    keeps_iterators : True if what keeps iterators for later was met.
    """

    kinds: set[type] = field(default_factory=set)
    functions: dict[CodeType, FunctionType] = field(default_factory=dict)
    keeps_iterators: bool = False


def untouched(values: list, recorders: list, most: int) -> Found | None:
    """What is met on a search through `values`; None if something is live or unknown.

    None as well if there are more than about `most` objects. Memory that a tape reads or that is
    live is not for code that no hook sees.
    """
    search = Search(recorders, most)
    waiting = search.waiting
    waiting.append(values)
    while waiting:
        items = waiting.pop()
        kinds = set(map(type, items))
        search.left -= 1 + len(items) // CHUNK
        if search.left < 0:
            return None
        if kinds <= INERT:
            continue
        for recorder in recorders:
            if not recorder.live.keys().isdisjoint(map(id, items)):
                return None
            if recorder.boxed and not recorder.boxed.keys().isdisjoint(map(id, items)):
                return None
        if not kinds <= ATOMS and not search.objects(items):
            return None
    return search.found


class Search:
    """A search that is under way."""

    def __init__(self, recorders: list, most: int):
        self.recorders = recorders
        self.left = most
        self.found = Found()
        self.seen: set[int] = set()
        self.waiting: list[list] = []

    def objects(self, items: list) -> bool:
        """Look into those of `items` that are no numbers; False if one may not be looked into."""
        seen, waiting = self.seen, self.waiting
        for item in items:
            kind = type(item)
            if kind in ATOMS or id(item) in seen:
                continue
            seen.add(id(item))
            if kind in SEQUENCES:
                waiting.append(item if kind is list else list(item))
            elif kind is dict:
                waiting.append([*item, *item.values()])
            elif kind in TABLES:
                others = [getattr(item, "default_factory", None), getattr(item, "__dict__", None)]
                waiting.append([*item, *item.values(), *others])
            else:
                self.left -= 1
                if not self.object(item, kind):
                    return False
        return True

    def object(self, item: Any, kind: type) -> bool:
        if kind is np.ndarray:
            return self.array(item)
        if is_trusted(item):
            self.found.keeps_iterators |= keeps_iterators(item)
            return True
        if is_random_generator(kind):
            return True
        if kind is FunctionType:
            self.found.functions[item.__code__] = item
            self.waiting.append(held_by(item))
            return True
        if kind is MethodType:
            self.waiting.append([item.__self__, item.__func__])
            return True
        if kind is BuiltinFunctionType or isinstance(item, type):
            return False
        if not shows_all(kind):
            return False
        self.found.kinds.add(kind)
        self.waiting.append(parts_of(item))
        return True

    def array(self, item: np.ndarray) -> bool:
        owner = id(item if item.base is None else owner_of(item))
        if any(owner in recorder.roots for recorder in self.recorders):
            return False
        if item.dtype.hasobject:
            if item.dtype.kind != "O":
                return False
            self.waiting.append(item.ravel().tolist())
        return True


def held_by(function: FunctionType) -> list:
    """What a function holds: defaults, attributes, and cells but for the class of a method."""
    held = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    held.extend(function.__dict__.values())
    names = function.__code__.co_freevars
    for name, cell in zip(names, function.__closure__ or (), strict=True):
        try:
            if name != "__class__":
                held.append(cell.cell_contents)
        except ValueError:  # not set yet
            continue
    return held
