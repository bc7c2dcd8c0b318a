"""What machine code takes and gives, item by item: numbers, and arrays as pointers and lengths.

This is the form in which functions that Numba compiled call each other (an array is its owner, its
length, its data, its shape and its strides). The kinds are text, so that they can be part of a key
on disk and be read by a process that does not import Numba.
"""

from typing import Any

import numpy as np

NUMBERS = {"float": "d", "int": "q", "bool": "q", "single": "d", "complex": "dd"}
"""How each kind of number is packed, in slots of eight bytes."""
OWNERLESS = (0, 0)
LEAST, MOST = -(1 << 63), (1 << 63) - 1


def kind_of(value: Any) -> str | None:
    """The kind of an argument; None for one that only Numba knows how to pass."""
    if isinstance(value, np.ndarray):
        return kind_of_array(value)
    if isinstance(value, bool | np.bool_):
        return "bool"
    if isinstance(value, float):
        return "float"
    if isinstance(value, int | np.int64):
        return "int" if LEAST <= value <= MOST else None
    if isinstance(value, np.float32):
        return "single"
    return "complex" if isinstance(value, complex) else None


def kind_of_array(array: np.ndarray) -> str | None:
    flags = array.flags
    if type(array) is not np.ndarray or not flags.aligned or array.dtype.char not in "dlq?fD":
        return None
    layout = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
    return f"{array.dtype.str} {array.ndim} {layout} {flags.writeable:d}"


def format_of(kind: str) -> str:
    """How an argument is packed, in the letters of the module `struct`."""
    if kind in NUMBERS:
        return NUMBERS[kind]
    return f"PPqqP{2 * int(kind.split()[1])}q"


def packed(kind: str, value: Any) -> tuple:
    """The items of an argument."""
    if kind == "complex":
        return (value.real, value.imag)
    if kind in NUMBERS:
        return (value,)
    pointer = value.__array_interface__["data"][0]
    return (*OWNERLESS, value.size, value.itemsize, pointer, *value.shape, *value.strides)


RESULTS = {"float64": "d", "int64": "q", "bool": "?", "float32": "f", "complex128": "dd"}


def format_of_result(dtype: str, ndim: int | None) -> str | None:
    """How a result is laid out; `ndim` is None for a number. None if that is not known."""
    return RESULTS.get(dtype) if ndim is None else f"PPqqP{2 * ndim}q"
