"""NumPy functions in the language the compiler compiles, compiled where they are called.

Each gives NumPy's result for the arguments it names; derivatives come from the program itself.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.compile.frontend.written_algebra import OF_LINEAR_ALGEBRA
from adjoint.compile.frontend.written_axes import (
    ANY,
    flat,
    mapped,
    parted,
    reduced,
    room,
    rows_of,
    with_dims,
)
from adjoint.compile.frontend.written_decompositions import OF_DECOMPOSITIONS
from adjoint.compile.frontend.written_fourier import OF_FOURIER
from adjoint.compile.frontend.written_functions import OF_FUNCTIONS
from adjoint.compile.frontend.written_numbers import OF_NUMBERS, nan_to_num
from adjoint.compile.frontend.written_order import OF_ORDER
from adjoint.compile.frontend.written_places import OF_PLACES
from adjoint.compile.frontend.written_polynomials import OF_POLYNOMIALS
from adjoint.compile.frontend.written_series import OF_SERIES
from adjoint.compile.frontend.written_shapes import OF_SHAPES
from adjoint.compile.frontend.written_statistics import OF_REDUCTIONS, OF_STATISTICS
from adjoint.compile.frontend.written_stores import OF_STORES


def inner(a, b):
    return np.dot(a, b) if a.ndim == 1 or b.ndim == 1 else np.tensordot(a, b, ((-1,), (-1,)))


def norm_along(x, ord=None, axis=None, keepdims=False):
    if axis is None and (x.ndim == 1 or ord is None):
        found = norm_of_vector(flat(x), ord)
        return np.full((1,) * x.ndim, found) if keepdims else found
    _, gone = parted(x, axis)
    if len(gone) == 1:
        return reduced(lambda row: norm_of_vector(row, ord), x, axis, keepdims)
    if len(gone) > 2:
        raise ValueError("Improper number of dimensions to norm.")
    if ord is None or ord == "fro":
        return reduced(lambda row: np.linalg.norm(row), x, axis, keepdims)
    shape = (x.shape[gone[0]], x.shape[gone[1]])
    return reduced(lambda row: norm_of_matrix(row.copy().reshape(shape), ord), x, axis, keepdims)


def norm_of_vector(x, ord):
    if ord is None or ord == 2:
        return np.linalg.norm(x)
    if ord == np.inf:
        return np.max(np.abs(x))
    if ord == -np.inf:
        return np.min(np.abs(x))
    if ord == 0:
        return np.sum((x != 0).astype(room(x.real)))
    if ord == 1:
        return np.sum(np.abs(x))
    return np.sum(np.abs(x) ** ord) ** (1.0 / ord)


def norm_of_matrix(x, ord):
    if ord == 1:
        return np.max(np.sum(np.abs(x), axis=0))
    if ord == np.inf:
        return np.max(np.sum(np.abs(x), axis=1))
    if ord == -1:
        return np.min(np.sum(np.abs(x), axis=0))
    if ord == -np.inf:
        return np.min(np.sum(np.abs(x), axis=1))
    if ord == 2:
        return np.max(np.linalg.svdvals(x))
    if ord == -2:
        return np.min(np.linalg.svdvals(x))
    if ord == "nuc":
        return np.sum(np.linalg.svdvals(x))
    return np.linalg.norm(x)


def logsumexp_of(a, b):
    top = np.max(a)
    if not np.isfinite(top):
        top = 0.0
    terms = np.exp(a - top)
    return np.log(np.sum(terms if b is None else terms * b)) + top


def exponentials(a):
    found = np.exp(a - np.max(a))
    return found / np.sum(found)


def logarithms(a):
    off = a - np.max(a)
    return off - np.log(np.sum(np.exp(off)))


def logsumexp(a, axis=None, b=None, keepdims=False):
    if b is None:
        return reduced(lambda row: logsumexp_of(row, None), a, axis, keepdims)
    rows = rows_of(a, axis)
    weights = rows_of(b, axis)
    out = np.zeros(len(rows))
    for i in range(len(rows)):
        out[i] = logsumexp_of(rows[i], weights[i])
    kept, _ = parted(a, axis)
    return out[0] if len(kept) == 0 and not keepdims else with_dims(out, a, axis, keepdims)


def softmax(x, axis=None):
    if axis is None:
        return exponentials(x)
    return mapped(exponentials, x, axis)


def log_softmax(x, axis=None):
    if axis is None:
        return logarithms(x)
    return mapped(logarithms, x, axis)


def matrix_norm(x, *, keepdims=False, ord="fro"):
    return norm_along(x, ord, (-2, -1), keepdims)


def vector_norm(x, *, axis=None, keepdims=False, ord=2):
    if axis is not None:
        return reduced(lambda row: norm_of_vector(row, ord), x, axis, keepdims)
    found = norm_of_vector(flat(x), ord)
    return np.full((1,) * x.ndim, found) if keepdims else found


OF_SCIPY = {
    "logsumexp": (logsumexp, ANY),
    "softmax": (softmax, ANY),
    "log_softmax": (log_softmax, ANY),
}
"""Functions of scipy.special, by name: it is not imported before a program does."""


ALONG = {np.linalg.norm: norm_along, np.nan_to_num: nan_to_num, **OF_REDUCTIONS}
"""How functions of whole arrays are written where more is said than the array."""


def form_of(function: Any) -> tuple[Callable, int] | None:
    """How a function of NumPy's or SciPy's is written, and the most axes of an argument."""
    special = sys.modules.get("scipy.special")
    name = getattr(function, "__name__", "")
    if name in OF_SCIPY and getattr(special, name, None) is function:
        return OF_SCIPY[name]
    return WRITTEN.get(function)


# For each function how it is written, and the most axes an argument may have.
WRITTEN = {
    np.inner: (inner, ANY),
    np.linalg.matrix_norm: (matrix_norm, ANY),
    np.linalg.vector_norm: (vector_norm, ANY),
    **OF_DECOMPOSITIONS,
    **OF_FOURIER,
    **OF_FUNCTIONS,
    **OF_LINEAR_ALGEBRA,
    **OF_NUMBERS,
    **OF_ORDER,
    **OF_PLACES,
    **OF_POLYNOMIALS,
    **OF_SERIES,
    **OF_SHAPES,
    **OF_STATISTICS,
    **OF_STORES,
}
