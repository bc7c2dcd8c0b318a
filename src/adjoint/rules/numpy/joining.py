"""Rules of the functions that join arrays or split one, and that make arrays of sequences.

The cotangent of a sequence is a sequence, or an array whose rows are the items' cotangents.
"""

import itertools

import numpy as np

from adjoint.rules.forms import linear
from adjoint.rules.ruleset import jvp, vjp, zero


@linear(np.concatenate)
def concatenate_transpose(ct, out, arrays, axis=0, *, dtype=None, casting="same_kind"):
    if axis is None:
        pieces = np.split(ct, ends_of([np.size(array) for array in arrays]))
        return [np.reshape(p, np.shape(a)) for p, a in zip(pieces, arrays, strict=True)]
    return np.split(ct, ends_of([np.shape(array)[axis] for array in arrays]), axis)


def ends_of(lengths):
    """Where to cut what was joined from pieces of these lengths."""
    return list(itertools.accumulate(lengths))[:-1]


@linear(np.stack)
def stack_transpose(ct, out, arrays, axis=0, *, dtype=None, casting="same_kind"):
    return list(np.moveaxis(ct, axis, 0))


@linear(np.hstack)
def hstack_transpose(ct, out, tup, *, dtype=None, casting="same_kind"):
    return joined_back(ct, tup, [np.atleast_1d(a) for a in tup], 0 if ct.ndim == 1 else 1)


@linear(np.vstack)
def vstack_transpose(ct, out, tup, *, dtype=None, casting="same_kind"):
    return joined_back(ct, tup, [np.atleast_2d(a) for a in tup], 0)


@linear(np.dstack)
def dstack_transpose(ct, out, tup):
    return joined_back(ct, tup, [np.atleast_3d(a) for a in tup], 2)


@linear(np.column_stack)
def column_stack_transpose(ct, out, tup):
    columns = [np.reshape(a, (-1, 1)) if np.ndim(a) < 2 else np.asarray(a) for a in tup]
    return joined_back(ct, tup, columns, 1)


def joined_back(ct, arrays, reshaped, axis):
    """Cut `ct` along `axis` into pieces like `reshaped`, each in the shape of its array."""
    pieces = np.split(ct, ends_of([array.shape[axis] for array in reshaped]), axis)
    return [np.reshape(p, np.shape(a)) for p, a in zip(pieces, arrays, strict=True)]


def filled(ct, out):
    """The cotangents of several results, with zeros for those nobody used."""
    return [np.zeros_like(o) if c is None else c for c, o in zip(ct, out, strict=True)]


@linear(np.split, np.array_split)
def split_transpose(ct, out, ary, indices_or_sections, axis=0):
    """NumPy takes the length of a list for that of any axis, and leaves out what is beyond."""
    parts = filled(ct, out)
    left_out = np.shape(ary)[axis] - sum(np.shape(part)[axis] for part in parts)
    if left_out > 0:
        shape = list(np.shape(ary))
        shape[axis] = left_out
        parts.append(np.zeros(shape))
    return np.concatenate(parts, axis)


@linear(np.vsplit)
def vsplit_transpose(ct, out, ary, indices_or_sections):
    return np.concatenate(filled(ct, out), 0)


@linear(np.hsplit)
def hsplit_transpose(ct, out, ary, indices_or_sections):
    return np.concatenate(filled(ct, out), 0 if np.ndim(ary) == 1 else 1)


@linear(np.dsplit)
def dsplit_transpose(ct, out, ary, indices_or_sections):
    return np.concatenate(filled(ct, out), 2)


if hasattr(np, "unstack"):

    @linear(np.unstack)
    def unstack_transpose(ct, out, x, /, *, axis=0):
        return np.stack(filled(ct, out), axis)


@vjp(np.append)
def append_vjp(ct, out, arr, values, axis=None):
    return tuple(concatenate_transpose(ct, out, (arr, values), axis))


@jvp(np.append)
def append_jvp(tangents, out, arr, values, axis=None):
    pairs = zip(tangents, (arr, values), strict=False)
    dx, dy = (np.zeros(np.shape(x)) if t is None else t for t, x in pairs)
    return np.append(dx, dy, axis)


@linear(np.array, np.asarray, np.asanyarray)
def array_transpose(ct, out, object, dtype=None, *, copy=None, order="K", ndmin=0, subok=False):
    """Of an array, a number, or nested sequences of these."""
    return np.reshape(ct, np.shape(object)) if ndmin else ct


zero(np.zeros_like, np.ones_like, np.empty_like)


@vjp(np.full)
def full_vjp(ct, out, shape, fill_value, dtype=None, order="C"):
    return None, ct


@jvp(np.full)
def full_jvp(tangents, out, shape, fill_value, dtype=None, order="C"):
    return np.broadcast_to(tangents[1], np.shape(out))


@vjp(np.full_like)
def full_like_vjp(ct, out, a, fill_value, dtype=None, order="K", subok=True, shape=None):
    return None, ct


def pushed_fill(tangents):
    """The tangent of the second argument, which may be a keyword that does not move."""
    return 0.0 if len(tangents) < 2 or tangents[1] is None else tangents[1]


@jvp(np.full_like)
def full_like_jvp(tangents, out, a, fill_value, dtype=None, order="K", subok=True, shape=None):
    return np.broadcast_to(pushed_fill(tangents), np.shape(out))


@vjp(np.linspace)
def linspace_vjp(ct, out, start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """The points are mixtures of the two ends."""
    shares = shares_of_stop(num, endpoint, np.ndim(out))
    rows = np.moveaxis(ct, axis, 0)
    return np.sum(rows * (1.0 - shares), axis=0), np.sum(rows * shares, axis=0)


@jvp(np.linspace)
def linspace_jvp(tangents, out, start, stop, num=50, endpoint=True, dtype=None, axis=0):
    shares = shares_of_stop(num, endpoint, np.ndim(out))
    dx, dy = (0.0 if t is None else t for t in tangents[:2])
    return np.moveaxis((1.0 - shares) * dx + shares * dy, 0, axis)


def shares_of_stop(num, endpoint, ndim):
    return np.reshape(np.linspace(0.0, 1.0, num, endpoint=endpoint), (num,) + (1,) * (ndim - 1))


@vjp(np.arange)
def arange_vjp(ct, out, start, stop=None, step=1, dtype=None):
    """``start + index * step``; the stop only decides how many there are."""
    if stop is None:
        return (None,)
    return np.sum(ct), None, np.sum(ct * np.arange(len(out)))


@jvp(np.arange)
def arange_jvp(tangents, out, start, stop=None, step=1, dtype=None):
    if stop is None:
        return np.zeros(np.shape(out))
    d_start, _, d_step = (0.0 if t is None else t for t in (*tangents, None, None)[:3])
    return d_start + d_step * np.arange(len(out))
