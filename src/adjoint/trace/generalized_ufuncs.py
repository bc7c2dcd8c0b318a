"""Functions made by `numba.guvectorize`: their Python function, on each part of their arrays.

The parts are views, so what the function writes into its results is recorded as it writes it.
"""

import re
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np


def python_of(function: Any) -> FunctionType | None:
    """The Python function of a generalized ufunc of Numba; None if it is none."""
    ufunc = getattr(function, "ufunc", None)
    is_general = type(function).__name__ == "GUFunc" and getattr(ufunc, "signature", None)
    python = getattr(function, "__wrapped__", None)
    return python if is_general and type(python) is FunctionType else None


def call(calls: Any, function: Any, args: tuple, out: Any = None) -> Any:
    """``function(*args, out=out)``."""
    ufunc, python = function.ufunc, function.__wrapped__
    cores = [names(part) for part in re.findall(r"\(([^)]*)\)", ufunc.signature)]
    given = [calls.call(np.asarray, arg) for arg in args]
    results = list(out) if isinstance(out, tuple) else [] if out is None else [out]
    inputs, results = given[: ufunc.nin], given[ufunc.nin :] or results
    lead = np.broadcast_shapes(*(lead_of(x, c) for x, c in zip(inputs, cores, strict=False)))
    if not results:
        results = made(ufunc, cores, inputs, lead)
    wide = [spread(calls.call, x, c, lead) for x, c in zip(inputs, cores, strict=False)]
    load = calls.level.members.load
    for index in np.ndindex(lead):
        parts = [load(x, index) if index or x.ndim == 0 else x for x in wide]
        calls.call(python, *parts, *(part_of(result, index) for result in results))
    results = [x if x.ndim else load(x, ()) for x in results]
    return results[0] if len(results) == 1 else tuple(results)


def names(part: str) -> list[str]:
    return [name.strip() for name in part.split(",") if name.strip()]


def lead_of(array: np.ndarray, core: list[str]) -> tuple[int, ...]:
    return array.shape[: array.ndim - len(core)]


def spread(call: Callable, array: np.ndarray, core: list[str], lead: tuple[int, ...]) -> Any:
    shape = (*lead, *array.shape[array.ndim - len(core) :])
    return array if array.shape == shape else call(np.broadcast_to, array, shape)


def part_of(result: np.ndarray, index: tuple[int, ...]) -> np.ndarray:
    """What the function writes into: at least one element, in the memory of `result`."""
    return result[(*index, ...)] if result.ndim > len(index) else result[(*index, None)]


def made(ufunc: np.ufunc, cores: list, inputs: list, lead: tuple[int, ...]) -> list[np.ndarray]:
    """Arrays for the results of a call that was given none."""
    sizes: dict[str, int] = {}
    for array, core in zip(inputs, cores, strict=False):
        sizes.update(zip(core, array.shape[array.ndim - len(core) :], strict=True))
    wanted = (*(array.dtype for array in inputs), *[None] * ufunc.nout)
    kinds = ufunc.resolve_dtypes(wanted)[ufunc.nin :]
    shapes = [(*lead, *(sizes[name] for name in core)) for core in cores[ufunc.nin :]]
    return [np.empty(shape, kind) for shape, kind in zip(shapes, kinds, strict=True)]
