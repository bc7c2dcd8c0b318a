"""Functions of NumPy that call a Python function again and again, or look at memory in new ways.

They give what NumPy gives, element by element or row by row, and lose nothing that is live.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.trace.memory import may_share
from adjoint.trace.plain_types import seen_through


class ElementwiseCalls:
    """How one level calls them."""

    def __init__(self, level: Any, calls: Any):
        self.level = level
        self.calls = calls
        self.recorder = level.recorder
        self.of_python: dict[np.ufunc, Callable] = {}

    def table(self) -> dict[Any, Callable]:
        return {
            np.vectorize.__call__: self.vectorized,
            np.frompyfunc: self.from_python,
            np.frombuffer: self.from_buffer,
            np.apply_along_axis: self.apply_along_axis,
            np.broadcast_arrays: self.broadcast_arrays,
            np.place: self.place,
            **{
                view: functools.partial(self.viewed, view, keyword)
                for view, keyword in VIEWS.items()
            },
        }

    # memory in new ways

    def as_array(self, value: Any) -> Any:
        return value if isinstance(value, np.ndarray) else self.calls.call(np.asarray, value)

    def broadcast_arrays(self, *args: Any, **options: Any) -> Any:
        arrays = [self.as_array(arg) for arg in args]
        return self.recorder.native(np.broadcast_arrays, tuple(arrays), options)

    def viewed(self, view: Callable, keyword: str, *args: Any, **kwargs: Any) -> Any:
        """A view of an array; of a number, the view of an array made from it.

        The elements of such a view may share a place, and so share their cotangent: a rule, which
        takes them for elements of their own, would count it once for each.
        """
        if not args and keyword in kwargs:
            args = (kwargs.pop(keyword),)
        array, *rest = args
        return self.recorder.native(view, (self.as_array(array), *rest), kwargs)

    def from_buffer(self, buffer: Any, *args: Any, **kwargs: Any) -> Any:
        """A view of the memory of an array, or of another object: one memory for all its views."""
        owner = buffer.obj if isinstance(buffer, memoryview) else buffer
        if isinstance(owner, np.ndarray):
            return self.calls.numpy.ruled(np.frombuffer, (buffer, *args), kwargs)
        return self.recorder.native(np.frombuffer, (buffer, *args), kwargs)

    def place(self, arr: np.ndarray, mask: Any, vals: Any) -> None:
        """``np.place``: the values in turn, again from the first when they are used up."""
        if isinstance(vals, np.ndarray) and may_share(arr, vals):
            if reads_what_it_wrote(arr, mask, vals):
                self.calls.unknown(np.place, (arr, mask, vals), {})
                return
            vals = self.calls.call(np.array, vals)
        mask = np.reshape(np.asarray(mask, bool), np.shape(arr))
        count = int(mask.sum())
        if count == 0 or np.size(vals) == 0:
            np.place(arr, mask, vals)
            return
        values = self.calls.call(np.ravel, self.as_array(vals))
        turns = np.arange(count) % np.size(values)
        self.level.arrays.store(arr, mask, self.level.members.load(values, turns))

    # a function again and again

    def items(self, array: np.ndarray) -> list:
        """The elements as Python numbers."""
        load, to_python = self.level.arrays.load, self.calls.numpy.to_python
        found = [load(array, index) for index in np.ndindex(array.shape)]
        return [to_python(x, "item", ()) if isinstance(x, np.generic) else x for x in found]

    def from_python(self, func: Callable, /, nin: int, nout: int, **kwargs: Any) -> np.ufunc:
        """``np.frompyfunc``: a ufunc whose function is called through the hook."""
        made = np.frompyfunc(functools.partial(self.calls.call, func), nin, nout, **kwargs)
        self.of_python[made] = func
        return made

    def made_from_python(self, ufunc: np.ufunc, args: tuple, kwargs: dict) -> Any:
        """A call of a ufunc made from a Python function: arrays of objects, as NumPy makes them."""
        function = self.of_python.get(ufunc)
        if function is None or kwargs or len(args) != ufunc.nin:
            return self.calls.unknown(ufunc, args, kwargs)
        arrays = [self.as_array(arg) for arg in args]
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
        columns = [self.items(self.calls.call(np.broadcast_to, a, shape)) for a in arrays]
        rows = [self.calls.call(function, *items) for items in zip(*columns, strict=True)]
        if shape == ():
            return rows[0]
        results = zip(*rows, strict=True) if ufunc.nout > 1 else [rows]
        made = [np.reshape(of_objects(list(column)), shape) for column in results]
        return tuple(made) if ufunc.nout > 1 else made[0]

    def vectorized(self, vectorizer: np.vectorize, *args: Any, **kwargs: Any) -> Any:
        """The call of an `np.vectorize`, without the arrays of objects in which it computes."""
        wide = {
            key: self.as_array(arg)
            for key, arg in [*enumerate(args), *kwargs.items()]
            if key not in vectorizer.excluded
        }
        shape = np.broadcast_shapes(*map(np.shape, wide.values()))
        if vectorizer.signature is not None or 0 in shape or not wide:
            original = self.level.bind(seen_through(np.vectorize.__call__))
            return original(vectorizer, *args, **kwargs)
        columns = {
            key: self.items(self.calls.call(np.broadcast_to, array, shape))
            for key, array in wide.items()
        }
        results = []
        for row in range(int(np.prod(shape))):
            given = [columns[i][row] if i in columns else arg for i, arg in enumerate(args)]
            named = {n: columns[n][row] if n in columns else arg for n, arg in kwargs.items()}
            results.append(self.calls.call(vectorizer.pyfunc, *given, **named))
        return self.gathered(results, shape, vectorizer.otypes)

    def gathered(self, results: list, shape: tuple, types: str | None) -> Any:
        """The results of all elements in an array, or in one for each of several results."""
        is_several = len(types) > 1 if types else isinstance(results[0], tuple)
        if not is_several:
            return self.filled(results, shape, types[0] if types else None)
        columns = enumerate(zip(*results, strict=True))
        return tuple(
            self.filled(list(column), shape, types[place] if types else None)
            for place, column in columns
        )

    def filled(self, values: list, shape: tuple, kind: str | None) -> Any:
        kind = np.asarray(values[0]).dtype.char if kind is None else kind
        if kind == "O":
            return np.reshape(of_objects(values), shape)
        array = self.calls.call(np.array, values)
        if array.dtype.char != kind:
            array = self.calls.call(np.ndarray.astype, array, kind)
        return self.calls.call(np.reshape, array, shape)

    def apply_along_axis(
        self, func1d: Callable, axis: int, arr: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """`func1d` of every line along an axis; its result takes the place of the line."""
        call = self.calls.call
        array = call(np.moveaxis, self.as_array(arr), axis, -1)
        lead = array.shape[:-1]
        if 0 in lead:
            raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
        lines = (self.level.arrays.load(array, index) for index in np.ndindex(lead))
        results = [self.as_array(call(func1d, line, *args, **kwargs)) for line in lines]
        shape = results[0].shape
        stacked = call(np.reshape, call(np.stack, results), (*lead, *shape))
        here = range(len(lead), len(lead) + len(shape))
        first = axis % (len(lead) + 1)
        return call(np.moveaxis, stacked, list(here), list(range(first, first + len(shape))))


def of_objects(items: list) -> np.ndarray:
    """A vector of these objects."""
    found = np.empty(len(items), object)
    found[:] = items
    return found


VIEWS = {  # and the name of what they look at
    np.broadcast_to: "array",
    np.lib.stride_tricks.as_strided: "x",
    np.lib.stride_tricks.sliding_window_view: "x",
}


def reads_what_it_wrote(arr: np.ndarray, mask: Any, vals: np.ndarray) -> bool:
    """True if `np.place` stores something else than it would store of a copy of the values."""
    before, expected = arr.copy(), arr.copy()
    np.place(expected, mask, vals.copy())
    np.place(arr, mask, vals)
    stored = arr.copy()
    arr[...] = before
    return stored.tobytes() != expected.tobytes()
