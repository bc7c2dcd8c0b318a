"""`numpy.nditer` and `numpy.nested_iters`: what they give are views of their operands.

NumPy's own iterator runs; the views it gives have the iterator as their base, so that nobody could
tell whose memory they see. Each is handed on as a view of the operand it lies in.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adjoint.errors import MissingRule
from adjoint.trace.memory import address_of, owner_of
from adjoint.trace.reach import reachable

WRITING = ("readwrite", "writeonly")


class NumpyIterators:
    """How one level makes them."""

    def __init__(self, level: Any, calls: Any):
        self.level = level
        self.calls = calls

    def table(self) -> dict[Any, Callable]:
        return {np.nditer: self.nditer, np.nested_iters: self.nested_iters}

    def nditer(self, op: Any, *args: Any, **kwargs: Any) -> Any:
        if has_object_array(op):
            return self.level.recorder.objects.nditer(op, *args, **kwargs)
        native = np.nditer(self.operands(op), *args, **kwargs)
        return Iterator(self.level, native) if self.must_follow(native) else native

    def nested_iters(self, op: Any, *args: Any, **kwargs: Any) -> Any:
        found = np.nested_iters(self.operands(op), *args, **kwargs)
        if not any(self.must_follow(native) for native in found):
            return found
        return tuple(Iterator(self.level, native) for native in found)

    def operands(self, op: Any) -> Any:
        """Live numbers and lists as arrays, which NumPy would make without their derivatives."""
        if isinstance(op, list | tuple):
            return [self.operand(one) for one in op]
        return self.operand(op)

    def operand(self, one: Any) -> Any:
        if isinstance(one, np.ndarray) or not reachable(self.level.recorder, one):
            return one
        return self.calls.call(np.asarray, one)

    def must_follow(self, native: np.nditer) -> bool:
        """True if an operand is live, or a store to it may matter to the tape."""
        numbers = [array for array in native.operands if array.dtype.kind in "fciub"]
        return any(array.flags.writeable for array in numbers) or reachable(
            self.level.recorder, numbers
        )


def has_object_array(operands: Any) -> bool:
    listed = operands if isinstance(operands, list | tuple) else [operands]
    return any(isinstance(one, np.ndarray) and one.dtype.hasobject for one in listed)


class Iterator:
    """One iterator of NumPy, whose views are those of its operands."""

    def __init__(self, level: Any, native: np.nditer):
        self.level = level
        self.native = native

    def __iter__(self) -> "Iterator":
        return self

    def __next__(self) -> Any:
        return self.seen(next(self.native))

    def __enter__(self) -> "Iterator":
        self.native.__enter__()
        return self

    def __exit__(self, *raised: Any) -> Any:
        return self.native.__exit__(*raised)

    def __len__(self) -> int:
        return len(self.native)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.native, name)

    def __getitem__(self, place: Any) -> Any:
        return self.seen(self.native[place])

    def __setitem__(self, place: Any, value: Any) -> None:
        views = self[place]
        if isinstance(place, slice):
            for view, item in zip(views, value, strict=True):
                self.level.arrays.store(view, Ellipsis, item)
        else:
            self.level.arrays.store(views, Ellipsis, value)

    @property
    def multi_index(self) -> tuple:
        return self.native.multi_index

    @multi_index.setter
    def multi_index(self, place: Sequence[int]) -> None:
        self.native.multi_index = place

    @property
    def value(self) -> Any:
        return self.seen(self.native.value)

    def copy(self) -> "Iterator":
        return Iterator(self.level, self.native.copy())

    __copy__ = copy

    def seen(self, views: Any) -> Any:
        """The views as views of the operands."""
        if isinstance(views, tuple):
            return tuple(map(self.of_operand, views))
        return self.of_operand(views)

    def of_operand(self, view: np.ndarray) -> np.ndarray:
        if view.dtype.kind not in "fciub" or view.size == 0:
            return view
        address = address_of(view)
        for operand in self.native.operands:
            memory = owner_of(operand).ravel(order="K")  # of contiguous memory it is a view
            offset = address - address_of(memory)
            if memory.base is not None and 0 <= offset < memory.nbytes:
                found = np.ndarray(view.shape, view.dtype, memory, offset, view.strides)
                found.flags.writeable = view.flags.writeable
                return found
        operands = self.native.operands
        is_kept = view.dtype.kind in "fc" or any(map(self.level.arrays.is_followed, operands))
        if (view.flags.writeable and is_kept) or reachable(self.level.recorder, operands):
            raise MissingRule(
                "np.nditer gives copies of a value that carries a derivative (a buffer, or a "
                "conversion)",
                instead="leave out the flag 'buffered' and op_dtypes; convert the array before",
            )
        return view
