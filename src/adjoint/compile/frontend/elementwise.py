"""Functions of numbers that are called with arrays: `numpy.vectorize`, `numba.vectorize`."""

from types import FunctionType
from typing import Any

import numpy as np

from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import Static, Value, is_atom


def of_numbers(function: Any) -> Any:
    """The function of numbers that was made one of arrays; None if `function` is no such thing."""
    if type(function) is np.vectorize:
        is_plain = function.signature is None and function.otypes is None and not function.excluded
        return function.pyfunc if is_plain else None
    python = getattr(function, "__wrapped__", None)
    is_numbas = type(function).__name__ == "DUFunc" and type(function).__module__[:6] == "numba."
    return python if is_numbas and type(python) is FunctionType else None


def call(lower: Lowerer, function: Any, args: list[Value]) -> Value:
    """`function` of numbers, or of the items of arrays that are broadcast."""
    atoms = [lower.atom(arg) for arg in args]
    if not any(is_atom(a) and a.type.is_array for a in atoms):
        return lower.invoke_object(lower, function, args, {})
    return lower.inline(lower, of_items, [Static(function), *args], {})


def of_items(function, *arrays):
    wide = np.broadcast_arrays(*arrays)
    flat = [np.ravel(a) for a in wide]
    found = [function(*[items[i] for items in flat]) for i in range(len(flat[0]))]
    return np.array(found).reshape(wide[0].shape)
