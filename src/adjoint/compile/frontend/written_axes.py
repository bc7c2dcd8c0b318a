"""Work along axes, for arrays of any rank, in the language the compiler compiles (see `written`).

What lies along an axis is a row of a matrix, or an item of the first axis: a function says what it
does with one row. Axes are known when a program is compiled.
"""

import numpy as np

ANY = 64
"""The most axes that an array of NumPy's has."""


def parted(a, axis):
    """The axes that stay, and those that are named (all of them, where `axis` is None)."""
    named = range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = tuple(i % a.ndim for i in named)
    return tuple(i for i in range(a.ndim) if i not in gone), gone  # the compiler: `asked.parted`


def room(*arrays):
    """The dtype of an array for what is made of floating numbers of these."""
    singles = all(array.dtype == np.float32 for array in arrays)
    return np.float32 if singles else np.result_type(float, *arrays)  # see `asked.room`


def not_compiled(what, instead="drop jit on this function"):
    """Where no program would be right: the compiler refuses the line."""
    raise NotImplementedError(what, instead)


def flat(a):
    """The elements as a vector, for reading."""
    return a if a.ndim == 1 else a.copy().ravel()


def rows_of(a, axis):
    """What lies along axes, as the rows of a matrix, for reading."""
    kept, gone = parted(a, axis)
    if len(kept) == 1 and len(gone) == 1:
        return a if gone[0] == 1 else a.T
    count = 1
    for i in kept:
        count = count * a.shape[i]
    size = 1
    for i in gone:
        size = size * a.shape[i]
    return np.transpose(a, kept + gone).copy().reshape(count, size)


def with_dims(out, a, axis, keepdims):
    """A number for each row, in the shape that is left of `a`."""
    kept, _ = parted(a, axis)
    if len(kept) == 1 and not keepdims:
        return out
    return out.copy().reshape(dims_left(a, axis, keepdims))


def reduced(function, a, axis=None, keepdims=False, dtype=None):
    """``function(vector)``, a number, of what lies along axes."""
    kept, _ = parted(a, axis)
    if len(kept) == 0:
        total = function(flat(a))
        return np.full((1,) * a.ndim, total) if keepdims else total
    rows = rows_of(a, axis)
    out = np.zeros(len(rows), dtype=room(a.real) if dtype is None else dtype)
    for i in range(len(rows)):
        out[i] = function(rows[i])
    return with_dims(out, a, axis, keepdims)


def dims_left(a, axis, keepdims):
    """The lengths of the axes that stay, and 1 for each other if it is kept."""
    kept, gone = parted(a, axis)
    if keepdims:
        return [1 if i in gone else a.shape[i] for i in range(a.ndim)]
    return [a.shape[i] for i in kept]


def restored(out, a, axis):
    """Rows that stand for those of `a`, in the place where those lie."""
    kept, gone = parted(a, axis)
    if a.ndim == 2:
        return out if gone[0] == 1 else out.T
    return put_from_end(out.copy().reshape([*[a.shape[i] for i in kept], out.shape[1]]), axis)


def mapped(function, a, axis, dtype=float):
    """``function(vector)``, a vector as long, of what lies along an axis."""
    if a.ndim == 1:
        return function(a)
    rows = rows_of(a, axis)
    out = np.zeros(rows.shape, dtype=dtype)
    for i in range(len(rows)):
        out[i] = function(rows[i])
    return restored(out, a, axis)


def in_front(a, axis):
    """The view in which an axis is the first."""
    kept, gone = parted(a, axis)
    return np.transpose(a, gone + kept)


def put_back(a, axis):
    """The view in which the first axis has the place that `axis` says."""
    _, gone = parted(a, axis)
    at = gone[0]
    return np.transpose(a, [i + 1 if i < at else 0 if i == at else i for i in range(a.ndim)])


def at_end(a, axis):
    """The view in which an axis is the last."""
    kept, gone = parted(a, axis)
    return np.transpose(a, kept + gone)


def put_from_end(a, axis):
    """The view in which the last axis has the place that `axis` says."""
    _, gone = parted(a, axis)
    at = gone[0]
    return np.transpose(
        a, [i if i < at else a.ndim - 1 if i == at else i - 1 for i in range(a.ndim)]
    )
