"""NumPy functions in the language the compiler compiles, compiled where they are called.

Each gives NumPy's result for the arguments it names; derivatives come from the program itself.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.compile.frontend.written_algebra import OF_LINEAR_ALGEBRA


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


def cumprod(a):
    flat = a.ravel()
    out = np.zeros(len(flat))
    product = 1.0
    for i in range(len(flat)):
        product = product * flat[i]
        out[i] = product
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


def trace(a):
    total = 0.0
    for i in range(min(a.shape[0], a.shape[1])):
        total += a[i, i]
    return total


def inner(a, b):
    return np.dot(a, b) if a.ndim == 1 or b.ndim == 1 else np.dot(a, b.T)


def flip(m, axis=None):
    if m.ndim == 1:
        return m[::-1].copy()
    if axis is None:
        return m[::-1, ::-1].copy()
    return m[::-1].copy() if axis in (0, -2) else m[:, ::-1].copy()


def roll(a, shift):
    flat = a.ravel()
    out = np.zeros(len(flat))
    for i in range(len(flat)):
        out[(i + shift) % len(flat)] = flat[i]
    return out if a.ndim == 1 else out.copy().reshape(a.shape)


def diag(v):
    if v.ndim == 2:
        size = min(v.shape[0], v.shape[1])
        found = np.zeros(size)
        for i in range(size):
            found[i] = v[i, i]
        return found
    matrix = np.zeros((len(v), len(v)))
    for i in range(len(v)):
        matrix[i, i] = v[i]
    return matrix


def swapaxes(a, axis1, axis2):
    return a.T.copy() if (axis1 - axis2) % 2 == 1 else a


def tile(A, reps):  # NumPy's own name
    out = np.zeros(len(A) * reps)
    for i in range(len(out)):
        out[i] = A[i % len(A)]
    return out


def repeat(a, repeats):
    flat = a.ravel()
    out = np.zeros(len(flat) * repeats)
    for i in range(len(out)):
        out[i] = flat[i // repeats]
    return out


def trapezoid(y, x=None, dx=1.0):
    total = 0.0
    for i in range(1, len(y)):
        width = dx if x is None else x[i] - x[i - 1]
        total += 0.5 * width * (y[i] + y[i - 1])
    return total


def convolve(a, v):
    out = np.zeros(len(a) + len(v) - 1)
    for i in range(len(a)):
        for j in range(len(v)):
            out[i + j] += a[i] * v[j]
    return out


def cross(a, b):
    return np.array(
        [
            a[1] * b[2] - a[2] * b[1],
            a[2] * b[0] - a[0] * b[2],
            a[0] * b[1] - a[1] * b[0],
        ]
    )


def tril(m, k=0):
    out = np.zeros(m.shape)
    for i in range(m.shape[0]):
        for j in range(m.shape[1]):
            if j - i <= k:
                out[i, j] = m[i, j]
    return out


def triu(m, k=0):
    out = np.zeros(m.shape)
    for i in range(m.shape[0]):
        for j in range(m.shape[1]):
            if j - i >= k:
                out[i, j] = m[i, j]
    return out


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


def norm_along(x, ord=None, axis=None):
    if x.ndim == 2:
        rows = x.T if axis in (0, -2) else x
        out = np.zeros(len(rows))
        for i in range(len(rows)):
            out[i] = np.linalg.norm(rows[i])
        return out
    if ord == 1:
        return np.sum(np.abs(x))
    if ord == np.inf:
        return np.max(np.abs(x))
    return np.linalg.norm(x)


def average(a, axis=None, weights=None):
    return np.mean(a) if weights is None else np.sum(a * weights) / np.sum(weights)


def append(arr, values):
    return np.concatenate((arr, np.array([values]) if np.ndim(values) == 0 else values))


def take(a, indices):
    return a[indices]


def identity(n):
    return np.eye(n)


def polyval(p, x):
    value = x * 0.0
    for coefficient in p:
        value = value * x + coefficient
    return value


def ptp(a):
    return np.max(a) - np.min(a)


def count_nonzero(a):
    count = 0
    for item in a.ravel():
        if item != 0:
            count += 1
    return count


def logsumexp(a, axis=None, b=None):
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
    np.cumprod: (cumprod, 2),
    np.prod: (prod, 3),
    np.trace: (trace, 2),
    np.inner: (inner, 2),
    np.flip: (flip, 2),
    np.roll: (roll, 2),
    np.diag: (diag, 2),
    np.swapaxes: (swapaxes, 2),
    np.tile: (tile, 1),
    np.repeat: (repeat, 2),
    np.trapezoid: (trapezoid, 1),
    np.convolve: (convolve, 1),
    np.cross: (cross, 1),
    np.tril: (tril, 2),
    np.triu: (triu, 2),
    np.average: (average, 1),
    np.append: (append, 1),
    np.take: (take, 1),
    np.identity: (identity, 0),
    np.diagonal: (diag, 2),
    np.polyval: (polyval, 1),
    np.ptp: (ptp, 2),
    np.count_nonzero: (count_nonzero, 2),
    **OF_LINEAR_ALGEBRA,
}
