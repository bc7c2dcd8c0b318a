"""Types of results: found by running the operation itself on a sample of each type.

NumPy and Python say what they return; there is no table of types to keep. A type that no sample
shows is refused, never guessed.
"""

import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from adjoint.compile import operations
from adjoint.compile.draws import Draw
from adjoint.compile.ir.nodes import (
    BOOL,
    COMPLEX,
    FLOAT,
    INT,
    SINGLE,
    Atom,
    Const,
    Subscript,
    Type,
)
from adjoint.compile.ir.recursion import Recursive
from adjoint.errors import Place, UnsupportedType

SAMPLES = (
    {"float": 0.5, "int": 1, "bool": True, "float32": np.float32(0.5), "complex": 0.5 + 0.25j},
    {"float": 1.5, "int": 2, "bool": False, "float32": np.float32(1.5), "complex": 1.5 - 0.5j},
)
LENGTHS = (1, 2, 3)
KINDS = {"<f8": "float", "<i8": "int", "|b1": "bool", "<f4": "float32", "<c16": "complex"}
PLAIN = "numbers and arrays of float64, float32, complex128, int64 or bool"


def type_of_value(value: Any) -> Type | None:
    """The type of a number or array, or None if it is not one the compiler knows."""
    if isinstance(value, bool | np.bool_):
        return BOOL
    if isinstance(value, int | np.integer):
        return INT if -(2**63) <= value < 2**63 else None
    if isinstance(value, float) or type(value) is np.float64:
        return FLOAT
    if isinstance(value, complex) or type(value) is np.complex128:
        return COMPLEX
    if type(value) is np.float32:
        return SINGLE
    if isinstance(value, np.ndarray) and value.dtype.str in KINDS:
        return Type(KINDS[value.dtype.str], value.ndim) if value.ndim else None
    return None


def is_small(value: Any) -> bool:
    """True for an int of which sums and products of two need no check (see `overflow`)."""
    return isinstance(value, int | np.integer) and -(2**31) < value < 2**31


def sample(type_: Type, values: dict, length: int) -> Any:
    value = values[type_.dtype]
    return np.full((length,) * type_.ndim, value) if type_.is_array else value


def result_type(
    function: Callable, args: tuple[Atom, ...], keywords: tuple = (), place: Place | None = None
) -> Type:
    """The type of ``function(*args, **keywords)``.

    Raises
    ------
    UnsupportedType
        if no sample of these types can be given to the function, or it returns something that is
        neither a number nor an array of a dtype that is known.
    """
    if isinstance(function, Recursive | Draw):
        return function.result
    if function is operations.reshape:
        return Type(args[0].type.dtype, len(args) - 1)
    shown = tuple(
        (type(a.value), a.value) if isinstance(a, Const) else (None, a.type) for a in args
    )
    found = sampled(function, shown, keywords)
    if isinstance(found, Type):
        return found
    name = getattr(function, "__name__", str(function))
    raise UnsupportedType(
        f"`{name}` of {', '.join(describe(a.type) for a in args) or 'nothing'} "
        f"cannot be compiled: {found}",
        instead=f"use {PLAIN}, or drop jit on this function",
        place=place,
    )


@lru_cache(maxsize=4096)
def sampled(function: Callable, shown: tuple, keywords: tuple) -> Type | str:
    why = "it returned nothing that has a type here"
    for length in LENGTHS:
        for values in SAMPLES:
            args = [
                what if kind is not None else sample(what, values, length) for kind, what in shown
            ]
            try:
                with np.errstate(all="ignore"), warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    result = function(*args, **dict(keywords))
            except Exception as error:  # any function of the user's program may be asked
                why = f"{type(error).__name__}: {error}"
                continue
            if isinstance(result, np.ndarray) and result.ndim == 0:
                result = result[()]
            found = type_of_value(result)
            return found or f"it returns {type(result).__name__}"
    return why


def loaded_type(array: Type, subscript: Subscript, index: tuple[Atom, ...]) -> Type:
    """The type of ``array[subscript]``, by asking NumPy about an array of ones."""
    fill: list = []
    rest = iter(index)
    for entry in subscript.entries:
        if isinstance(entry, tuple):
            fill.extend(None for present in entry if present and [next(rest)])
        elif entry == "at":
            atom = next(rest)
            kind = bool if atom.type.dtype == "bool" else np.int64
            fill.append(np.zeros((1,) * atom.type.ndim, kind) if atom.type.is_array else 0)
    found = np.ones((1,) * array.ndim)[subscript.fill(tuple(fill))]
    return Type(array.dtype, np.ndim(found))


def describe(type_: Type) -> str:
    """A type in words."""
    if type_.is_array:
        return f"a {type_.ndim}-d array of {type_.dtype}"
    return NAMES[type_.dtype]


NAMES = {
    "float": "a float",
    "int": "an int",
    "bool": "a bool",
    "float32": "a float32",
    "complex": "a complex number",
}
