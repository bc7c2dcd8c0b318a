"""The hooks of arrays: reading, storing, iterating, attributes.

They keep the promise that every change of memory that matters to the derivative is on the tape.
"""

import operator
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from adjoint.errors import DerivativeLost, MissingRule, warn
from adjoint.rules import ruleset
from adjoint.trace import entries, writes
from adjoint.trace.kernels import NUMBERS
from adjoint.trace.memory import address_of, may_share, owner_of
from adjoint.trace.plain_types import python_method
from adjoint.trace.recorder import missing_rule
from adjoint.trace.records import are_records, inside_records, shown_memory
from adjoint.trace.updates import IN_PLACE, rule_of_update, update

NOTHING = object()
MOST_VIEWS = 16
STORED = (np.ndarray, np.generic, float, int, complex, list, tuple, str, type(None))


class Arrays:
    """The array hooks of one level."""

    def __init__(self, level: Any):
        self.level = level
        self.recorder = level.recorder
        self.views: list[int] = []  # those among the arrays whose slots are remembered

    def is_followed(self, array: np.ndarray) -> bool:
        """True if what happens to `array` may matter to this level or an outer one."""
        if self.recorder.outer is not None:
            return True
        root = self.recorder.roots.get(id(owner_of(array)))
        return root is not None and (root.live or root.held)

    # reading

    def load(self, array: np.ndarray, index: Any) -> Any:
        """``array[index]``."""
        recorder = self.recorder
        block = recorder.blocks.get(id(array))
        if block is not None:
            slot = block.slot(index)
            if slot:
                out = array[index]
                recorder.number((slot,), (1.0,), out)
                return out
        if recorder.outer is None and type(array) is np.ndarray:
            out = array[index]
            if type(out) is np.ndarray and out.base is array and out.dtype is array.dtype:
                return out  # a view: live as its buffer is
        else:
            out = recorder.native(np.ndarray.__getitem__, (array, index), {})
        if not recorder.is_live_array(array):
            return out
        if array.dtype.kind not in "fc":
            if isinstance(out, np.void) and (type(out) is not np.void or shown_memory(out) is None):
                raise inside_records()
            if are_records(out) and not recorder.is_live_array(out):
                return recorder.records.load(array, index, out)
            return out
        if isinstance(out, np.ndarray):
            if not recorder.is_live_array(out):
                place = recorder.enter(out)
                source = recorder.root(array).place_of(array)
                recorder.event(entries.Gathered(source, self.kept_index(index), place))
            return out
        self.read_element(array, index, out)
        return out

    def read_element(self, array: np.ndarray, index: Any, out: Any) -> None:
        recorder = self.recorder
        is_whole = array.dtype == np.float64
        if is_whole and type(index) in (int, tuple) and recorder.block(recorder.root(array)):
            block = Block(array, recorder.root(array))
            slot = block.slot(index)
            if slot:
                self.remember(array, block)
                recorder.number((slot,), (1.0,), out)
                return
        element = self.element_view(array, index)
        if element is None:
            source = recorder.root(array).place_of(array)
            recorder.event(entries.Gathered(source, self.kept_index(index), recorder.enter(out)))
            return
        slot = recorder.element_slot(element)
        if slot:
            recorder.number((slot,), (1.0,), out)
        else:
            source = recorder.root(array).place_of(element)
            recorder.event(entries.Element(source, recorder.enter(out)))

    def remember(self, array: np.ndarray, block: "Block") -> None:
        """Find the slots of `array` at once from now on; of views, which come and go, of a few."""
        if type(array) is not np.ndarray:
            return
        if array.base is not None:
            if len(self.views) >= MOST_VIEWS:
                for view in self.views:
                    self.recorder.blocks.pop(view, None)
                self.views.clear()
            self.views.append(id(array))
        self.recorder.blocks[id(array)] = block

    def kept_index(self, index: Any) -> Any:
        """`index`, whose arrays a sweep reads again; its lists are taken as they are now."""
        if isinstance(index, tuple):
            return tuple([self.kept_index(part) for part in index])
        if isinstance(index, list):
            return np.array(index) if index else np.array(index, np.intp)  # not of floats
        if isinstance(index, np.ndarray):
            self.recorder.hold(index)
        return index

    def element_view(self, array: np.ndarray, index: Any) -> np.ndarray | None:
        """The 0-d view of one element, or None if `index` is an array in disguise."""
        parts = index if isinstance(index, tuple) else (index,)
        if Ellipsis not in parts:
            parts = (*parts, Ellipsis)
        view = np.asarray(array)[parts]  # a class of the program's is not to be asked
        return view if owner_of(view) is owner_of(array) else None

    def elements(self, array: np.ndarray) -> Any:
        """What to iterate over instead of `array`, which may become live on the way."""
        is_constant = array.dtype.kind not in "fcOV" and self.level.outer is None
        return array if is_constant or array.ndim == 0 else self.by_index(array)

    def by_index(self, array: np.ndarray) -> Iterator:
        recorder, key = self.recorder, id(owner_of(array))
        find, is_nested = recorder.roots.get, recorder.outer is not None
        for index, item in enumerate(array):
            root = find(key)
            is_seen = is_nested or (root is not None and root.live)
            yield self.load(array, index) if is_seen else item

    # ``array.flat``

    def load_flat(self, flat: np.flatiter, index: Any) -> Any:
        if not self.is_followed(flat.base):
            return flat[index]
        return self.load(self.level.calls.call(np.ravel, flat.base), index)

    def store_flat(self, flat: np.flatiter, index: Any, value: Any) -> None:
        array = flat.base
        line = array.reshape(-1)
        if np.ndim(value):  # an iterator takes the elements of any array, again and again
            count = np.arange(array.size)[index].size
            if not count or not np.size(value):
                flat[index] = value  # does nothing, or raises NumPy's own error
                return
            value = self.level.calls.call(np.resize, value, (count,))
        if owner_of(line) is owner_of(array):
            self.store(line, index, value)
        elif self.is_followed(array) or self.recorder.place(value) is not None:
            places = np.arange(array.size)[index]
            self.store(array, np.unravel_index(places, array.shape), value)
        else:
            flat[index] = value

    def next_of_flat(self, flat: np.flatiter, *default: Any) -> Any:
        array, place = flat.base, flat.coords
        value = next(flat, NOTHING)
        if value is NOTHING:
            return next(iter(()), *default)
        return self.load(array, place) if self.is_followed(array) else value

    def elements_of_flat(self, flat: np.flatiter) -> Iterator:
        while True:
            value = self.next_of_flat(flat, NOTHING)
            if value is NOTHING:
                return
            yield value

    # storing

    def store(self, array: np.ndarray, index: Any, value: Any) -> None:
        """``array[index] = value``."""
        recorder = self.recorder
        block = recorder.blocks.get(id(array))
        if block is not None and type(value) in NUMBERS and not block.root.held:
            slot = block.slot(index)
            if slot:
                array[index] = value
                recorder.parents.extend((recorder.live.get(id(value), 0), -slot))
                recorder.partials.append(1.0)
                return
        if not isinstance(value, STORED):
            value = self.converted(value, array.dtype)
        if isinstance(value, np.ndarray) and (array.dtype.hasobject or value.dtype.hasobject):
            value = self.of_kind(array, index, value)
        root = recorder.roots.get(id(owner_of(array)))
        is_live = root is not None and root.live
        if array.dtype.names is not None and recorder.records.stores(is_live, index, value):
            return recorder.records.store(array, index, value)
        place = None if array.dtype.kind == "O" else recorder.place(value)
        if place is None and not is_live and (root is None or not root.held):
            recorder.native(np.ndarray.__setitem__, (array, index, value), {})
            return
        is_apart = False
        if isinstance(value, np.ndarray) and owner_of(value) is owner_of(array):
            target = None if entries.is_fancy(index) else array[index]
            if isinstance(target, np.ndarray):
                if is_same_view(target, value):
                    return
                is_apart = not may_share(target, value)
        if array.dtype.kind not in "fc" and place is not None:
            if array.dtype.kind == "V":
                if isinstance(index, str):
                    return self.store(array[index], Ellipsis, value)
                return self.store_fields(array, index, value)
            warn(DerivativeLost, ROUNDED)
            place = None
        self.store_live(array, index, value, place, is_apart)

    def store_fields(self, array: np.ndarray, index: Any, value: Any) -> None:
        """A record, or a list of records, is stored field by field."""
        rows = [value] if isinstance(value, tuple) else value
        names = array.dtype.names
        if names is None or not all(type(row) is tuple for row in rows):
            raise inside_records()
        for name, column in zip(names, zip(*rows, strict=True), strict=True):
            self.store(array[name], index, column[0] if rows is not value else list(column))

    def converted(self, value: Any, dtype: np.dtype) -> Any:
        """What NumPy takes an object of the program's for that is stored in an array of numbers."""
        if dtype.kind not in "fc":
            return value
        as_array = self.level.calls.numpy.as_array(value)
        if as_array is not value or python_method(type(value), "__float__") is None:
            return as_array
        return self.level.calls.call(float, value)

    def of_kind(self, array: np.ndarray, index: Any, value: np.ndarray) -> Any:
        """`value` as NumPy stores it where arrays of objects and of numbers meet."""
        objects = self.recorder.objects
        if array.dtype.kind != "O":
            return objects.numbers(value, array.dtype) if array.dtype.kind in "fc" else value
        return value if is_element(array, index) else objects.with_items(value)

    def store_live(
        self, array: np.ndarray, index: Any, value: Any, place: Any, is_apart: bool
    ) -> None:
        """`is_apart`: the value shares no memory with what it is stored to."""
        recorder = self.recorder
        root = recorder.root(array)
        if is_in(array, index):
            self.write_at_itself(np.ndarray.__setitem__, array, index, value)
            return
        index = self.kept_index(index)
        before = None
        if root.held:
            before = recorder.native(np.array, (self.region(array, index),), {})
        is_shared = isinstance(place, np.ndarray) and not is_apart and may_share(value, array)
        given = value
        if isinstance(place, list) or is_shared:
            value = self.level.calls.call(np.array, value)
            place = recorder.place(value)
        recorder.native(np.ndarray.__setitem__, (array, index, given if is_shared else value), {})
        if is_shared and recorder.outer is None and not entries.is_fancy(index):
            require_stored(array[index], value)
        begins = not root.live
        if place is not None:
            root.live = True
        elif not root.live or array.dtype.kind not in "fc":
            recorder.event(writes.Stored(array, index, value, None, False, before))
            return
        slot = self.stored_slot(array, index, place) if before is None else 0
        if slot:
            recorder.parents.extend((place or 0, -slot))
            recorder.partials.append(1.0)
        else:
            recorder.event(writes.Stored(array, index, value, place, True, before, begins))

    def stored_slot(self, array: np.ndarray, index: Any, place: Any) -> int:
        """The slot of the one element a scalar is stored to, or 0."""
        if not (place is None or type(place) is int) or not is_element(array, index):
            return 0
        element = self.element_view(array, index)
        return 0 if element is None else self.recorder.element_slot(element)

    def region(self, array: np.ndarray, index: Any) -> Any:
        return self.recorder.native(np.ndarray.__getitem__, (array, index), {})

    def update(self, function: Callable, array: np.ndarray, other: Any) -> Any:
        """``array op= other``: an entry of its own, or the operation and a store into `array`."""
        recorder = self.recorder
        if array.dtype.hasobject or (isinstance(other, np.ndarray) and other.dtype.hasobject):
            self.store(array, Ellipsis, recorder.apply(function, (array, other), {}))
            return array
        root = recorder.roots.get(id(owner_of(array)))
        tracked = root is not None and (root.live or root.held)
        if not tracked and recorder.place(other) is None and recorder.outer is None:
            return IN_PLACE[function](array, other)
        rule = None if recorder.outer is not None else rule_of_update(function, array, other)
        if rule is not None:
            update(recorder, rule, function, array, other)
            return array
        result = recorder.apply(function, (array, other), {})
        if not np.can_cast(np.result_type(result), array.dtype, "same_kind"):
            return IN_PLACE[function](array, other)  # raises NumPy's own error
        self.store(array, Ellipsis, result)
        return array

    def accumulate_at(self, array: np.ndarray, index: Any, value: Any, sign: float) -> None:
        """``np.add.at``: repeated indices add up."""
        recorder = self.recorder
        function = np.add.at if sign > 0 else np.subtract.at
        if is_in(array, index):
            self.write_at_itself(function, array, index, value)
            return
        index = self.kept_index(index)
        root = recorder.root(array)
        before = recorder.native(np.array, (array,), {}) if root.held else None
        place = recorder.place(value)
        recorder.native(function, (array, index, value), {})
        root.live = root.live or place is not None
        recorder.event(writes.AddedAt(array, index, place, root.live, before, sign))

    def write_at_itself(
        self, function: Callable, array: np.ndarray, index: Any, value: Any
    ) -> None:
        """A store to an array that `index` shares memory with, which says where no longer."""
        recorder = self.recorder
        root = recorder.root(array)
        if array.dtype.kind in "fc" and (root.live or recorder.place(value) is not None):
            operator.getitem(array, index)  # raises NumPy's own error, if it is no index
            raise MissingRule(
                "values are stored where an index says that shares memory with them",
                instead="copy the index first",
            )
        before = recorder.native(np.array, (array,), {}) if root.held else None
        recorder.native(function, (array, index, value), {})
        if before is not None:
            recorder.event(writes.Stored(array, Ellipsis, None, None, False, before))

    def preserving(self, function: Callable, args: tuple, kwargs: dict) -> Any:
        """Call a native that might write to arrays that earlier entries read again."""
        saved = []
        for arg in (*args, *kwargs.values()):
            if isinstance(arg, np.ndarray):
                root = self.recorder.roots.get(id(owner_of(arg)))
                if root is not None and root.held:
                    saved.append((arg, arg.copy()))
        result = function(*args, **kwargs)
        for array, before in saved:
            if not np.array_equal(array, before, equal_nan=array.dtype.kind in "fc"):
                entry = writes.Stored(array, Ellipsis, None, None, False, before)
                self.recorder.event(entry)
        return result

    # attributes

    def attribute(self, owner: Any, name: str) -> Any:
        if name in ("real", "imag") and not isinstance(owner, np.ndarray):
            return self.part(owner, name)
        if name == "ctypes" and isinstance(owner, np.ndarray) and self.is_followed(owner):
            raise missing_rule(np.ndarray.ctypes)
        if name in ("T", "mT", "real", "imag") and isinstance(owner, np.ndarray):
            return self.recorder.native(getattr, (owner, name), {})
        if name in RAW and self.recorder.has_place(owner):
            asking = sys._getframe(2).f_globals.get("__name__", "")
            if asking.startswith(TRUSTED):
                return getattr(owner, name)
            raise missing_rule(getattr(type(owner), name))
        return getattr(owner, name)

    def part(self, owner: Any, name: str) -> Any:
        """The real or imaginary part of a number, of the type Python gives it."""
        if type(owner) is float:
            return getattr(owner, name)
        function = getattr(np, name)
        out = self.recorder.native(getattr, (owner, name), {})
        place = self.recorder.place(owner)
        if place is not None:
            rule = ruleset.lookup(function)
            self.recorder.record(rule, function, (owner,), {}, [place], out)
        return out

    def set_attribute(self, owner: np.ndarray, name: str, value: Any) -> None:
        if name == "flat":
            values = self.level.calls.call(np.resize, value, (owner.size,))
            self.store_flat(owner.flat, slice(None), values)
        elif name in ("real", "imag"):
            self.store(getattr(owner, name), Ellipsis, value)
        elif name in ("shape", "strides", "dtype") and self.is_followed(owner):
            self.set_form(owner, name, value)
        else:
            setattr(owner, name, value)

    def set_form(self, owner: np.ndarray, name: str, value: Any) -> None:
        """``array.shape = value``: entries of the tape refer to the array as it was before."""
        if name != "shape":
            raise missing_rule(type(owner).__dict__.get(name, name))
        before = owner.shape
        self.recorder.native(setattr, (owner, name, value), {})
        self.recorder.blocks.pop(id(owner), None)
        self.recorder.event(writes.Reshaped(owner, before))


# Attributes that hand out the memory of an array.
RAW = frozenset({"ctypes", "__array_interface__", "__array_struct__"})
TRUSTED = ("numpy.", "adjoint.")  # read addresses only, to see what memory is shared
ROUNDED = "a value that carries a derivative was stored in an integer array: its derivative is zero"


class Block:
    """The slots of the elements of an array whose buffer has slots."""

    __slots__ = ("array", "first", "root", "shape", "steps")

    def __init__(self, array: np.ndarray, root: Any):
        self.array = array  # keeps the identity from being used again
        self.root = root
        self.first = root.block
        if array.base is not None:
            low = root.low_for(owner_of(array))
            self.first += (address_of(array) - low) // array.itemsize
        self.shape = array.shape
        self.steps = [stride // array.itemsize for stride in array.strides]

    def slot(self, index: Any) -> int:
        """The slot of ``array[index]``; 0 if that is not one element inside the array."""
        shape = self.shape
        if type(index) is int:
            if len(shape) != 1 or not -shape[0] <= index < shape[0]:
                return 0
            return self.first + index % shape[0] * self.steps[0]
        if type(index) is not tuple or len(index) != len(shape):
            return 0
        slot = self.first
        for part, size, step in zip(index, shape, self.steps, strict=True):
            if type(part) is not int or not -size <= part < size:
                return 0
            slot += part % size * step
        return slot


def is_in(array: np.ndarray, index: Any) -> bool:
    """True for indices or masks that a store to `array` may change."""
    if type(index) is tuple:
        return any(is_in(array, part) for part in index)
    return isinstance(index, np.ndarray) and may_share(index, array)


def is_same_view(target: np.ndarray, value: np.ndarray) -> bool:
    """True for two views of the same elements: so ``x[i] += y`` ends with a store of itself."""
    return (
        address_of(target) == address_of(value)
        and target.shape == value.shape
        and target.strides == value.strides
        and target.dtype == value.dtype
    )


def is_element(array: np.ndarray, index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return len(parts) == array.ndim and all(
        isinstance(part, int | np.integer) and not isinstance(part, bool) for part in parts
    )


def require_stored(region: Any, value: np.ndarray) -> None:
    """Raise unless a store of memory to itself gave what one of a copy would have given.

    NumPy copies nothing where both are of one axis, and reads what it has just written.
    """
    shape = np.shape(region)
    expected = value.reshape(value.shape[max(value.ndim - len(shape), 0) :])
    expected = np.broadcast_to(expected, shape).astype(np.asarray(region).dtype)
    if not np.array_equal(region, expected, equal_nan=True):
        raise MissingRule(
            "an array is stored to memory that it shares, and NumPy reads there what it has just "
            "written",
            instead="store a copy of the array",
        )
