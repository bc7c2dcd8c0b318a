"""Variants of the rows of the tables: other layouts, precisions, fields, sizes and keywords.

A variant counts where the plain call takes it. It is differentiated as a program, so that the
engine is tested together with the rule.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

FLOATING = "fc"


@dataclass(frozen=True)
class Variant:
    """A program of `args`, all of them arrays of floats, and what it varies."""

    label: str
    call: Callable
    args: tuple


def split(row: Any) -> tuple[tuple, dict]:
    """The arguments and keywords of a row."""
    if isinstance(row[-1], dict):
        return row[:-1], row[-1]
    return row, {}


@dataclass(frozen=True)
class Row:
    """A call with its floating arrays taken out."""

    function: Callable
    given: tuple
    kwargs: dict
    places: tuple[int, ...]

    @classmethod
    def of(cls, function: Callable, row: Any) -> "Row | None":
        """None if no argument is an array of floats."""
        given, kwargs = split(row)
        places = [place for place, value in enumerate(given) if is_floating(value)]
        return cls(function, given, kwargs, tuple(places)) if places else None

    @property
    def arrays(self) -> tuple:
        return tuple(self.given[place] for place in self.places)

    def program(self, change: Callable | None = None, **kwargs: Any) -> Callable:
        """The call as a function of its arrays, each changed by `change` first."""
        function, given, places = self.function, self.given, self.places
        kwargs = {**self.kwargs, **kwargs}

        def call(*arrays):
            filled = list(given)
            for place, array in zip(places, arrays, strict=True):
                filled[place] = array if change is None else change(array)
            return function(*filled, **kwargs)

        return call


def is_floating(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in FLOATING


def layouts(row: Row) -> Iterator[Variant]:
    """The same numbers in other orders of memory."""
    arrays = row.arrays
    if any(array.ndim > 1 for array in arrays):
        yield Variant("Fortran", row.program(np.asfortranarray), arrays)
    if all(array.ndim and array.size for array in arrays):
        backward = tuple(array[::-1].copy() for array in arrays)
        yield Variant("backward", row.program(lambda a: a[::-1]), backward)
        spaced = tuple(np.repeat(array, 2, axis=-1) for array in arrays)
        yield Variant("spaced", row.program(lambda a: a[..., ::2]), spaced)


def fields(row: Row) -> Iterator[Variant]:
    """Complex numbers for real ones."""
    if all(array.dtype.kind == "f" for array in row.arrays):
        rng = np.random.default_rng(3)
        turned = tuple(a + 0.3j * rng.uniform(-1.0, 1.0, a.shape) for a in row.arrays)
        yield Variant("complex", row.program(), turned)


def stacks(row: Row) -> Iterator[Variant]:
    """One axis more in front, of all arguments or of the first."""
    arrays = row.arrays
    rng = np.random.default_rng(5)

    def stacked(a: np.ndarray) -> np.ndarray:
        return np.stack([a, a * (1.0 + 0.01 * rng.uniform(0.0, 1.0, a.shape))])

    yield Variant("stacked", row.program(), tuple(map(stacked, arrays)))
    if len(arrays) > 1:
        yield Variant("first stacked", row.program(), (stacked(arrays[0]), *arrays[1:]))
        yield Variant("last stacked", row.program(), (*arrays[:-1], stacked(arrays[-1])))


KEYWORDS: dict[str, tuple] = {
    "axis": (0, -1, (0, -1), None),
    "axes": ((0, -1), (0,)),
    "keepdims": (True,),
    "initial": (0.7,),
    "ddof": (1,),
    "correction": (1,),
    "mode": ("full", "same", "valid", "reduced", "complete", "economic", "wrap", "reflect"),
    "norm": ("ortho", "forward", "backward"),
    "dtype": (np.longdouble, np.complex128),
    "order": ("F", "K"),
    "ord": (1, 2, 3, np.inf, "fro", "nuc"),
    "method": ("lower", "higher", "midpoint", "nearest", "hazen"),
    "descending": (True,),
    "n": (2, 5),
    "overwrite_x": (True,),
    "rowvar": (False,),
    "bias": (True,),
    "include_initial": (True,),
    "left": (5.0,),
    "period": (4.2,),
    "casting": ("unsafe",),
    "nan": (3.0,),
    "lower": (True, False),
    "type": (1, 2, 3, 4),
    "UPLO": ("U",),
    "full_matrices": (False,),
    "hermitian": (True,),
    "endpoint": (False,),
    "k": (1, -1),
    "prepend": (1.5,),
    "append": (1.5,),
    "dx": (0.5,),
    "copy": (True,),
    "subok": (True,),
    "output": ("sos", "real", "complex"),
    "trans": (1, 2),
    "assume_a": ("sym", "pos"),
    "transposed": (True,),
}


def keywords(row: Row) -> Iterator[Variant]:
    """Keywords that change the result."""
    given = {*row.kwargs, *by_position(row.function, len(row.given))}
    for name, values in KEYWORDS.items():
        for value in values if name not in given else ():
            yield Variant(f"{name}={value!r:.20}", row.program(**{name: value}), row.arrays)
    yield from masks(row)
    yield from outputs(row)


def by_position(function: Callable, count: int) -> list[str]:
    """The names of the first parameters."""
    try:
        return list(inspect.signature(function).parameters)[:count]
    except ValueError:  # NumPy's native functions tell no signature
        return []


def masks(row: Row) -> Iterator[Variant]:
    """With a mask; what a ufunc leaves as the memory has it is hidden, as a program has to."""
    mask = np.random.default_rng(7).uniform(size=row.arrays[0].shape) < 0.6
    if isinstance(row.function, np.ufunc):
        function = row.program(where=mask)

        def hidden(*arrays):
            return np.where(mask, function(*arrays), 0.0)

        yield Variant("where", hidden, row.arrays)
    elif "where" not in row.kwargs and row.function is not np.clip:
        yield Variant("where", row.program(where=mask), row.arrays)
        yield Variant("where, initial", row.program(where=mask, initial=0.7), row.arrays)


def outputs(row: Row) -> Iterator[Variant]:
    function = row.program()

    def into(*arrays):
        plain = function(*arrays)
        return row.program(out=np.empty_like(plain))(*arrays)

    yield Variant("out", into, row.arrays)


def emptied(row: Row) -> Iterator[Variant]:
    """No elements, along the first or the last axis or both; and no axes."""
    arrays = row.arrays
    if all(array.ndim for array in arrays):
        yield Variant("first axis empty", row.program(), tuple(a[:0] for a in arrays))
        yield Variant("last axis empty", row.program(), tuple(a[..., :0] for a in arrays))
        yield Variant("first empty", row.program(), (arrays[0][:0], *arrays[1:]))
    if all(array.size for array in arrays):
        yield Variant("no axes", row.program(), tuple(a.ravel()[0:1].reshape(()) for a in arrays))
        yield Variant("one element", row.program(), tuple(a.ravel()[0:1] for a in arrays))


def single(row: Row) -> Variant:
    """Half the precision."""

    def narrowed(array: np.ndarray) -> np.ndarray:
        return array.astype(np.complex64 if array.dtype.kind == "c" else np.float32)

    return Variant("single", row.program(), tuple(map(narrowed, row.arrays)))
