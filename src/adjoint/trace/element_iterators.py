"""`np.nditer` over arrays that are followed: its elements as views of their memory.

NumPy's own iterator tells the order and the places; what it would hand out is looked up in the
arrays, so that an element carries what its array carries.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

PLACES = frozenset(
    {"multi_index", "c_index", "f_index", "refs_ok", "zerosize_ok", "copy_if_overlap"}
)
HANDED_ON = frozenset({"multi_index", "index", "iterindex", "itersize", "ndim", "shape", "nop"})


def is_simple(arrays: list, flags: Any, keywords: dict) -> bool:
    """True for an iteration over the elements of `arrays` themselves, one at a time."""
    asked = set(flags or ())
    are_arrays = all(array is None or isinstance(array, np.ndarray) for array in arrays)
    return are_arrays and asked <= PLACES and keywords.keys() <= {"op_flags", "op_dtypes", "order"}


class ElementIterator:
    """As `np.nditer` of `arrays`, for the flags that `is_simple` allows."""

    def __init__(self, arrays: list, flags: Any, keywords: dict, is_single: bool):
        asked = {*(flags or ()), "multi_index"}
        native = np.nditer(arrays, sorted(asked - {"copy_if_overlap"}), **keywords)
        self.native = native
        self.is_single = is_single
        self.is_begun = False
        given = zip(arrays, native.operands, strict=True)
        self.operands = tuple(made if array is None else array for array, made in given)

    def places(self) -> list[np.ndarray]:
        """The current element of each array, as a view of no dimension."""
        shape, index = self.native.shape, self.native.multi_index
        found = []
        for array in self.operands:
            own = index[len(shape) - array.ndim :]
            parts = [0 if n == 1 else i for i, n in zip(own, array.shape, strict=True)]
            found.append(array[(*parts, Ellipsis)])
        return found

    @property
    def value(self) -> Any:
        found = self.places()
        return found[0] if self.is_single else tuple(found)

    @property
    def finished(self) -> bool:
        return self.native.finished

    @property
    def iternext(self) -> Callable:
        return self.native.iternext

    def __getattr__(self, name: str) -> Any:
        if name not in HANDED_ON:
            raise AttributeError(f"'numpy.nditer' object has no attribute {name!r} here")
        return getattr(self.native, name)

    def __getitem__(self, index: Any) -> Any:
        return self.places()[index]

    def __setitem__(self, index: int, value: Any) -> None:
        self.places()[index][...] = value

    def __len__(self) -> int:
        return len(self.operands)

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> Any:
        if self.is_begun:
            self.native.iternext()
        self.is_begun = True
        if self.native.finished:
            raise StopIteration
        return self.value

    def reset(self) -> None:
        self.is_begun = False
        self.native.reset()

    def close(self) -> None:
        self.native.close()

    def __enter__(self) -> "ElementIterator":
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()
