"""NumPy functions in the language the compiler compiles, compiled where they are called.

Each gives NumPy's result for the arguments it names; derivatives come from the program itself.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.compile.frontend.written_algebra import OF_LINEAR_ALGEBRA
from adjoint.compile.frontend.written_numbers import OF_NUMBERS
from adjoint.compile.frontend.written_order import OF_ORDER
from adjoint.compile.frontend.written_shapes import OF_SHAPES
from adjoint.compile.frontend.written_spectra import OF_SPECTRA
from adjoint.compile.frontend.written_statistics import OF_STATISTICS, all_along, any_along


def cumsum(a, axis=None):
    if a.ndim == 2 and axis is None:
        a = a.ravel()
    out = np.zeros(a.shape)
    if a.ndim == 2 and axis in (1, -1):
        for i in range(len(a)):
            row = 0.0
            for j in range(a.shape[1]):
                row += a[i, j]
                out[i, j] = row
        return out
    total = a[0] * 0.0
    for i in range(len(a)):
        total = total + a[i]
        out[i] = total
    return out


def prod(a, axis=None):
    if a.ndim == 2 and axis is not None:
        rows = a.T if axis in (0, -2) else a
        out = np.zeros(len(rows))
        for i in range(len(rows)):
            out[i] = prod(rows[i])
        return out
    product = 1.0
    for value in a.ravel():
        product = product * value
    return product


def inner(a, b):
    return np.dot(a, b) if a.ndim == 1 or b.ndim == 1 else np.dot(a, b.T)


def max_along(a, axis):
    rows = a.T if axis in (0, -2) else a
    out = np.zeros(len(rows))
    for i in range(len(rows)):
        out[i] = np.max(rows[i])
    return out


def min_along(a, axis):
    rows = a.T if axis in (0, -2) else a
    out = np.zeros(len(rows))
    for i in range(len(rows)):
        out[i] = np.min(rows[i])
    return out


def argmax_along(a, axis):
    rows = a.T if axis in (0, -2) else a
    out = np.zeros(len(rows), dtype=int)
    for i in range(len(rows)):
        out[i] = np.argmax(rows[i])
    return out


def argmin_along(a, axis):
    rows = a.T if axis in (0, -2) else a
    out = np.zeros(len(rows), dtype=int)
    for i in range(len(rows)):
        out[i] = np.argmin(rows[i])
    return out


def norm_along(x, ord=None, axis=None, keepdims=False):
    if x.ndim == 2 and axis is not None:
        columns = axis in (0, -2)
        rows = x.T if columns else x
        out = np.zeros(len(rows))
        for i in range(len(rows)):
            out[i] = norm_of_vector(rows[i], ord)
        if keepdims:
            return out[None, :] if columns else out[:, None]
        return out
    if x.ndim == 2:
        return norm_of_matrix(x, ord)
    return np.array([norm_of_vector(x, ord)]) if keepdims else norm_of_vector(x, ord)


def norm_of_vector(x, ord):
    if ord is None or ord == 2:
        return np.linalg.norm(x)
    if ord == np.inf:
        return np.max(np.abs(x))
    if ord == -np.inf:
        return np.min(np.abs(x))
    if ord == 0:
        return 1.0 * np.count_nonzero(x)
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


def polyval(p, x):
    value = x * 0.0
    for coefficient in p:
        value = value * x + coefficient
    return value


def logsumexp(a, axis=None, b=None, keepdims=False):
    if axis is None or a.ndim == 1:
        flat = a.ravel()
        top = np.max(flat)
        if not np.isfinite(top):
            top = 0.0
        terms = np.exp(flat - top)
        return np.log(np.sum(terms if b is None else terms * b.ravel())) + top
    rows = a if axis in (1, -1) else a.T
    out = np.zeros(len(rows))
    for i in range(len(rows)):
        out[i] = logsumexp(rows[i])
    if keepdims:
        return out[:, None] if axis in (1, -1) else out[None, :]
    return out


def softmax(x, axis=None):
    if axis is None or x.ndim == 1:
        exponentials = np.exp(x - np.max(x))
        return exponentials / np.sum(exponentials)
    rows = x if axis in (1, -1) else x.T
    out = np.zeros(rows.shape)
    for i in range(len(rows)):
        out[i] = softmax(rows[i])
    return out if axis in (1, -1) else out.T.copy()


def log_softmax(x, axis=None):
    if axis is None or x.ndim == 1:
        off = x - np.max(x)
        return off - np.log(np.sum(np.exp(off)))
    rows = x if axis in (1, -1) else x.T
    out = np.zeros(rows.shape)
    for i in range(len(rows)):
        out[i] = log_softmax(rows[i])
    return out if axis in (1, -1) else out.T.copy()


OF_SCIPY = {"logsumexp": (logsumexp, 2), "softmax": (softmax, 2), "log_softmax": (log_softmax, 2)}
"""Functions of scipy.special, by name: it is not imported before a program does."""


ALONG = {
    np.max: max_along,
    np.amax: max_along,
    np.min: min_along,
    np.amin: min_along,
    np.argmax: argmax_along,
    np.argmin: argmin_along,
    np.linalg.norm: norm_along,
    np.any: any_along,
    np.all: all_along,
}
"""How functions are written for matrices and an axis, or a norm with an order."""


def form_of(function: Any) -> tuple[Callable, int] | None:
    """How a function of NumPy's or SciPy's is written, and the most axes of an argument."""
    special = sys.modules.get("scipy.special")
    name = getattr(function, "__name__", "")
    if name in OF_SCIPY and getattr(special, name, None) is function:
        return OF_SCIPY[name]
    return WRITTEN.get(function)


# For each function how it is written, and the most axes an argument may have.
WRITTEN = {
    np.cumsum: (cumsum, 2),
    np.prod: (prod, 3),
    np.inner: (inner, 2),
    np.polyval: (polyval, 1),
    **OF_LINEAR_ALGEBRA,
    **OF_NUMBERS,
    **OF_ORDER,
    **OF_SHAPES,
    **OF_SPECTRA,
    **OF_STATISTICS,
}
