"""Structured arrays: each field of floating numbers is an array, and moves with its records.

What is copied, selected, sorted or stored as records is recorded field by field; what NumPy makes
of records otherwise is refused.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from adjoint.errors import MissingRule
from adjoint.rules.methods import method_rule
from adjoint.trace.array_protocols import bare
from adjoint.trace.memory import address_of, may_share, owner_of

CONVERSION = method_rule("astype")


class Records:
    """How one level moves records."""

    def __init__(self, level: Any):
        self.level = level
        self.recorder = level.recorder

    def is_live(self, value: Any) -> bool:
        """True for records, or a sequence of them, that may hold a live number."""
        if isinstance(value, list | tuple):
            return (
                bool(value) and isinstance(value[0], np.ndarray) and any(map(self.is_live, value))
            )
        if type(value) is np.void:
            return isinstance(value.base, np.ndarray) and self.recorder.is_live_array(value.base)
        return are_records(value) and self.recorder.is_live_array(value)

    def place(self, value: Any) -> None:
        """None for records without a derivative; those that may have one are refused."""
        if self.is_live(value):
            raise inside_records()

    def refused(self, function: Callable) -> MissingRule:
        return made_of_records(function)

    # one record, which looks at the memory of its array

    def field(self, record: np.void, name: Any) -> Any:
        """``record[name]``"""
        shown = shown_memory(record)
        if shown is None or not self.level.arrays.is_followed(shown):
            return record[name]
        part = shown[record.dtype.names[name] if isinstance(name, int) else name]
        if part.ndim or part.dtype.names is not None:
            return part if part.ndim else part[()]
        return self.level.arrays.load(part, ())

    def store_field(self, record: np.void, name: Any, value: Any) -> None:
        """``record[name] = value``"""
        shown = shown_memory(record)
        if shown is None:
            self.place(record)
            record[name] = value
            return
        part = shown[record.dtype.names[name] if isinstance(name, int) else name]
        self.level.arrays.store(part, Ellipsis, value)

    def fields(self, record: np.void) -> list:
        return [self.field(record, name) for name in record.dtype.names or ()]

    # many

    def load(self, array: np.ndarray, index: Any, out: np.ndarray) -> np.ndarray:
        """`out`, a copy of some of the records of `array`."""
        arrays = self.level.arrays
        for source, target in zip(leaves(array), leaves(out), strict=True):
            arrays.store(target, Ellipsis, arrays.load(source, index))
        return out

    def stores(self, is_live: bool, index: Any, value: Any) -> bool:
        """True if whole records are stored, to or from live ones."""
        if isinstance(index, str):
            return False
        return self.is_live(value) or (is_live and self.recorder.place(value) is None)

    def store(self, array: np.ndarray, index: Any, value: Any) -> None:
        """``array[index] = value`` for records, or what NumPy makes records of."""
        shown = shown_memory(value) if type(value) is np.void else None
        value = value if shown is None else shown
        if not are_records(value):
            self.recorder.place(value)
            value = np.asarray(value, array.dtype)
        elif may_share(array, value):
            value = self.level.calls.call(np.copy, bare(value))
        targets, sources = list(leaves(array)), list(leaves(value))
        if len(targets) != len(sources):
            raise inside_records()
        for target, source in zip(targets, sources, strict=True):
            self.level.arrays.store(target, index, source)
        others = zip(leaves(array, others=True), leaves(value, others=True), strict=True)
        for target, source in others:
            self.recorder.native(np.ndarray.__setitem__, (target, index, source), {})

    def moved(self, function: Callable, args: tuple, kwargs: dict, out: np.ndarray) -> np.ndarray:
        """`out`, which a function of NumPy made of live records, if it only moved them."""
        for place, target in enumerate(leaves(out)):
            given = tuple([leaf_of(arg, place) for arg in args])
            value = self.moved_field(function, args, kwargs, given)
            is_same = np.shape(value) == target.shape
            if not is_same:
                raise made_of_records(function)
            if function is not CONVERSION and not np.array_equal(value, target, equal_nan=True):
                raise made_of_records(function)
            self.level.arrays.store(target, Ellipsis, value)
        return out

    def moved_field(self, function: Callable, args: tuple, kwargs: dict, given: tuple) -> Any:
        """What the function does with the numbers `given` of one field of the records `args`."""
        call = self.level.calls.call
        if function is CONVERSION:
            return given[0]
        if function is not np.sort:
            return call(function, *given, **kwargs)
        axis = args[1] if len(args) > 1 else kwargs.get("axis", -1)
        if axis is None:
            raise made_of_records(function)
        return call(np.take_along_axis, given[0], np.argsort(*args, **kwargs), axis)


def are_records(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.names is not None


def is_field(array: np.ndarray, dtype: Any, offset: int = 0) -> bool:
    """True if `dtype` at `offset` is a field of the records of `array`."""
    fields = array.dtype.fields or {}
    return any(field[:2] == (dtype, offset) for field in fields.values())


def shown_memory(record: np.void) -> np.ndarray | None:
    """The memory of a record, as an array without dimensions; None if it is not an array's."""
    if record.dtype.names is None or not isinstance(record.base, np.ndarray):
        return None
    owner = owner_of(record.base)
    offset = address_of(record) - address_of(owner)
    if not owner.flags.c_contiguous or not 0 <= offset < owner.nbytes:
        return None
    return np.ndarray((), record.dtype, owner, offset)


def leaves(array: np.ndarray, others: bool = False) -> Iterator[np.ndarray]:
    """The fields of floating numbers (or all `others`), each of the shape of `array`."""
    plain = bare(array)
    for name in plain.dtype.names or ():
        field = plain[name]
        for place in np.ndindex(field.shape[array.ndim :]):
            part = field[(Ellipsis, *place)]
            if part.dtype.names is not None:
                yield from leaves(part, others)
            elif (part.dtype.kind in "fc") is not others:
                yield part


def leaf_of(arg: Any, place: int) -> Any:
    """The field number `place` of an argument that is records, or a sequence of them."""
    if are_records(arg):
        found = list(leaves(arg))
        return found[place] if place < len(found) else arg
    if isinstance(arg, list | tuple) and arg and all(map(are_records, arg)):
        return [leaf_of(item, place) for item in arg]
    return arg


def inside_records() -> MissingRule:
    return MissingRule(
        "a value that carries a derivative is inside a record of a structured array",
        instead="use the fields, which are arrays: records['x'][i], not records[i]['x']",
    )


def made_of_records(function: Callable) -> MissingRule:
    return MissingRule(
        f"`{function.__name__}` puts a value that carries a derivative into records",
        instead="make the array first and store into its fields, which are arrays: "
        "records['x'][i] = value",
    )
