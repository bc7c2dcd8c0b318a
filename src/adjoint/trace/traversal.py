"""The hooks of iteration, unpacking and ``with``.

What is iterated over, unpacked or entered is replaced where its methods are written in Python, or
where its elements are numbers of an array.
"""

import functools
from collections.abc import Iterable, Iterator
from types import FunctionType, GeneratorType
from typing import Any

import numpy as np

from adjoint.errors import MissingRule, is_ours
from adjoint.trace.managing import Advancing, Managed, ManagedAsync
from adjoint.trace.memory import shows_array
from adjoint.trace.plain_types import (
    ABSENT,
    PLAIN_CONTAINERS,
    ROWS,
    class_attribute,
    python_method,
)
from adjoint.trace.reach import reachable

ROWS_OF_TUPLES = frozenset({enumerate, zip, type({}.items())})


class Traversal:
    """The hooks of one level."""

    def __init__(self, level: Any):
        self.level = level
        self.recorder = level.recorder
        self.calls = level.calls
        self.arrays = level.arrays

    def iterate(self, iterable: Any) -> Any:
        """What to iterate over instead of `iterable`, so that nothing live is missed."""
        kind = type(iterable)
        if kind in PLAIN_CONTAINERS:
            return iterable
        if kind is GeneratorType:
            is_ours = id(iterable.gi_code) in self.level.rewritten
            return iterable if is_ours else self.followed_generator(iterable)
        if kind is bytes:
            self.level.texts.check_digits(iterable)
            return iterable
        if isinstance(iterable, np.ndarray) and python_method(kind, "__iter__") is None:
            if python_method(kind, "__getitem__") is not None and iterable.ndim:
                return self.by_index(iterable)
            return self.arrays.elements(iterable)
        if isinstance(iterable, np.flatiter):
            return self.arrays.elements_of_flat(iterable)
        if kind is np.void and iterable.dtype.names is not None:
            return iter(self.recorder.records.fields(iterable))
        if shows_array(iterable):
            return self.calls.numpy.to_python(np.asarray(iterable), "tolist", ())
        if isinstance(iterable, np.broadcast):
            wide = np.broadcast_arrays(*(part.base for part in iterable.iters))
            return zip(*(self.arrays.elements_of_flat(array.flat) for array in wide), strict=True)
        method = python_method(kind, "__iter__")
        if method is not None:
            return self.advancing(self.calls.call(method, iterable))
        if python_method(kind, "__next__") is not None and not hasattr(kind, "__iter__"):
            return iterable
        getter = python_method(kind, "__getitem__")
        if getter is not None and class_attribute(kind, "__iter__") is ABSENT:
            return self.by_index(iterable)
        return iterable

    def items(self, iterable: Any) -> list:
        """All items of `iterable`, taken at once: nothing becomes live on the way."""
        if type(iterable) is np.ndarray and not self.arrays.is_followed(iterable):
            return list(iterable)
        return list(self.iterate(iterable))

    def followed_generator(self, generator: GeneratorType) -> GeneratorType:
        """`generator`, unless it runs code that was not rewritten and holds live values."""
        code = generator.gi_code
        if id(code) in self.level.rewritten or is_ours(code.co_filename):
            return generator
        if reachable(self.recorder, generator):
            raise MissingRule(
                "a generator made before the recording began holds a value that carries a "
                "derivative",
                instead="make the generator inside the function that is differentiated",
            )
        return generator

    def advancing(self, iterator: Any) -> Any:
        """`iterator`, whose ``__next__`` is called through the hook if it is Python."""
        step = python_method(type(iterator), "__next__")
        return iterator if step is None else self.steps(step, iterator)

    def steps(self, step: FunctionType, iterator: Any) -> Iterator:
        while True:
            try:
                value = self.calls.call(step, iterator)
            except StopIteration:
                return
            yield value

    def by_index(self, sequence: Any) -> Iterator:
        index = 0
        while True:
            try:
                value = self.level.members.load(sequence, index)
            except IndexError:
                return
            yield value
            index += 1

    def rows(self, iterable: Any, pattern: tuple) -> Iterable:
        """Iterate over `iterable`, whose items are unpacked by `pattern`."""
        if type(iterable) in ROWS_OF_TUPLES and not is_nested(pattern):
            return iterable
        return self.unpacked(iterable, pattern)

    def unpacked(self, iterable: Any, pattern: tuple) -> Iterator:
        unpack, as_they_are = self.unpack, () if is_nested(pattern) else ROWS
        for item in self.iterate(iterable):
            yield item if type(item) in as_they_are else unpack(item, pattern)

    def unpack(self, value: Any, pattern: tuple) -> Any:
        """`value` as something that CPython can unpack without missing anything live."""
        nested = is_nested(pattern)
        if type(value) is tuple or type(value) is list:
            if not nested:
                return value
            items = list(value)
        else:
            iterable = self.iterate(value)
            if not nested:
                return iterable
            items = list(iterable)
        star = pattern.index("*") if "*" in pattern else None
        if star is None and len(items) != len(pattern):
            return items
        for place, part in enumerate(pattern):
            if type(part) is tuple:
                at = place if star is None or place < star else place - len(pattern)
                if -len(items) <= at < len(items):
                    items[at] = self.unpack(items[at], part)
        return items

    def manage(self, manager: Any) -> Any:
        kind = type(manager)
        if python_method(kind, "__enter__") is None and python_method(kind, "__exit__") is None:
            return self.calls.concurrency.manage(manager)
        return Managed(self.calls.call, manager)

    def manage_async(self, manager: Any) -> Any:
        return ManagedAsync(self.calls.call, manager)

    def advance(self, iterable: Any) -> Any:
        """An asynchronous iterable, whose methods go through the call hook."""
        method = python_method(type(iterable), "__aiter__")
        if method is None:
            return iterable
        iterator = self.calls.call(method, iterable)
        if python_method(type(iterator), "__anext__") is None:
            return iterator
        return Advancing(self.calls.call, iterator)


@functools.cache
@functools.cache
def is_nested(pattern: tuple) -> bool:
    """True if a part of an unpacking is unpacked again."""
    return any(type(part) is tuple for part in pattern)
