"""Taking and leaving out items of arrays, and where they are, in the compiled language."""

import numpy as np

from adjoint.compile import operations
from adjoint.compile.frontend.written_axes import (
    ANY,
    flat,
    in_front,
    not_compiled,
    parted,
    put_back,
    restored,
    rows_of,
)


def places(count, repeats):
    """The number of each item, so often as it is repeated."""
    if np.ndim(repeats) == 0:
        return np.arange(count * repeats) // repeats
    total = 0
    for n in repeats:
        total += n
    out = np.zeros(total, dtype=int)
    at = 0
    for i in range(count):
        for _ in range(repeats[i]):
            out[at] = i
            at += 1
    return out


def repeat(a, repeats, axis=None):
    if axis is None:
        elements = flat(a)
        return elements[places(len(elements), repeats)]
    front = in_front(a, axis)
    return put_back(front[places(len(front), repeats)], axis)


def somewhere(mask):
    return mask if np.ndim(mask) == 0 else np.any(mask)


def within(indices, n, mode):
    """Places that are there, by what `np.take` does with those that are not."""
    if mode == "raise":
        return indices
    if mode == "wrap":
        return indices % n
    return np.clip(indices, 0, n - 1)


def take(a, indices, axis=None, mode="raise"):
    count = a.size if axis is None else a.shape[parted(a, axis)[1][0]]
    indices = within(indices, count, mode)
    if np.ndim(indices) > 1:
        dims = [a.size] if axis is None else [a.shape[i] for i in parted(a, axis)[0]]
        if axis is None:
            return flat(a)[indices.ravel()].copy().reshape(indices.shape)
        front = in_front(a, axis)[indices.ravel()]
        stack = front.copy().reshape([*indices.shape, *dims])
        at = parted(a, axis)[1][0]
        many = np.ndim(indices)
        order = [*[many + i for i in range(at)], *range(many)]
        return np.transpose(stack, [*order, *range(many + at, many + a.ndim - 1)])
    if axis is None:
        return flat(a)[indices]
    if np.ndim(indices) == 0:
        return a[indices] if a.ndim == 1 else in_front(a, axis)[indices].copy()
    return put_back(in_front(a, axis)[indices], axis)


def take_along_axis(arr, indices, axis=-1):
    if axis is None or arr.ndim == 1:
        return flat(arr)[indices]
    shape = [indices.shape[i] if i == parted(arr, axis)[1][0] else n for i, n in lengths(arr)]
    at = rows_of(indices if shape is None else indices + np.zeros(shape, dtype=int), axis)
    rows = rows_of(arr, axis)
    out = np.zeros(at.shape, dtype=arr.dtype)
    for i in range(at.shape[0]):
        for j in range(at.shape[1]):
            out[i, j] = rows[i, at[i, j]]
    return restored(out, arr, axis)


def lengths(a):
    """The number of each axis, and its length."""
    return [(i, a.shape[i]) for i in range(a.ndim)]


def delete(arr, obj, axis=None):
    if axis is None:
        return removed(flat(arr), obj)
    return put_back(removed(in_front(arr, axis), obj), axis)


def removed(a, obj):
    kept = np.ones(len(a), dtype=bool)
    if isinstance(obj, slice) or np.ndim(obj) == 0:
        kept[obj] = False
    elif obj.dtype == bool:
        kept = ~obj
    else:
        for i in range(len(obj)):
            kept[obj[i]] = False
    return a[kept]


def insert(arr, obj, values, axis=None):
    if axis is None:
        return inserted(flat(arr), places_of(obj, arr.size), values)
    front = in_front(arr, axis)
    obj = places_of(obj, len(front))
    if np.ndim(obj) == 0 or np.ndim(values) == 0:
        return put_back(inserted(front, obj, values), axis)
    shape = values.shape
    for _ in tuple(range(arr.ndim - np.ndim(values))):
        shape = (1, *shape)
    return put_back(inserted(front, obj, in_front(np.reshape(values, shape), axis)), axis)


def places_of(obj, count):
    """Of a slice or a mask: as numbers."""
    if isinstance(obj, slice):
        return np.arange(count)[obj]
    if np.ndim(obj) == 1 and obj.dtype == bool:
        return np.flatnonzero(obj)
    return obj


def inserted(a, obj, values):
    """Items before one place, or one item before each of several."""
    shape = a.shape[1:]
    if somewhere((obj < -len(a)) | (obj > len(a))):
        raise IndexError("index is out of bounds for the axis")
    if np.ndim(obj) == 0:
        at = obj + len(a) if obj < 0 else obj
        if np.ndim(values) == a.ndim:
            return np.concatenate((a[:at], values, a[at:]))
        return np.concatenate((a[:at], np.zeros((1, *shape), dtype=a.dtype) + values, a[at:]))
    more = np.zeros((len(obj), *shape), dtype=a.dtype) + values
    before = np.zeros(len(more), dtype=int) + np.where(obj < 0, obj + len(a), obj)
    order = operations.order(before)
    out = np.zeros((len(a) + len(more), *shape), dtype=a.dtype)
    count = 0
    for i in range(len(a) + 1):
        while count < len(more) and before[order[count]] == i:
            out[i + count] = more[order[count]]
            count += 1
        if i < len(a):
            out[i + count] = a[i]
    return out


def extract(condition, arr):
    return flat(arr)[flat(condition)]


def compress(condition, a, axis=None):
    if axis is None:
        return flat(a)[np.flatnonzero(condition)]
    return put_back(in_front(a, axis)[np.flatnonzero(condition)], axis)


def flatnonzero(a):
    return operations.places(flat(a) != 0)


def nonzero(a):
    """The places of what is not zero, in the order of memory."""
    found = operations.places(flat(a) != 0)
    if a.ndim == 1:
        return (found,)
    size = 1
    axes = ()
    for back in tuple(range(a.ndim)):
        at = a.ndim - 1 - back
        axes = ((found // size) % a.shape[at], *axes)
        size = size * a.shape[at]
    return axes


def argwhere(a):
    return np.column_stack(nonzero(a))


def tri(N, M=None, k=0):  # NumPy's own names
    matrix = np.zeros((N, N if M is None else M))
    for i in range(N):
        for j in range(matrix.shape[1]):
            if j - i <= k:
                matrix[i, j] = 1.0
    return matrix


def tril(m, k=0):
    below = tri(m.shape[max(m.ndim - 2, 0)], m.shape[-1], k) != 0
    return np.where(below, m, np.zeros(1, dtype=m.dtype))


def triu(m, k=0):
    below = tri(m.shape[max(m.ndim - 2, 0)], m.shape[-1], k - 1) != 0
    return np.where(below, np.zeros(1, dtype=m.dtype), m)


def tril_indices(n, k=0, m=None):
    return nonzero(tri(n, m, k))


def triu_indices(n, k=0, m=None):
    return nonzero(tri(n, m, k - 1) == 0)


def tril_indices_from(arr, k=0):
    return tril_indices(arr.shape[0], k, arr.shape[1])


def triu_indices_from(arr, k=0):
    return triu_indices(arr.shape[0], k, arr.shape[1])


def diag_indices(n, ndim=2):
    along = np.arange(n)
    return tuple([along for _ in range(ndim)])


def diag_indices_from(arr):
    return diag_indices(len(arr), arr.ndim)


def choose(a, choices):
    count = len(choices)
    if somewhere((a < 0) | (a >= count)):
        raise ValueError("invalid entry in choice array")
    found = choices[count - 1]
    for back in tuple(range(count)):
        at = count - 1 - back
        found = np.where(a == at, choices[at], found)
    return found


def unravel_index(indices, shape):
    size = 1
    for n in shape:
        size = size * n
    if somewhere((indices < 0) | (indices >= size)):
        raise ValueError("index is out of bounds for array")
    axes = ()
    for back in tuple(range(len(shape))):
        at = len(shape) - 1 - back
        axes = (indices % shape[at], *axes)
        indices = indices // shape[at]
    return axes


def ravel_multi_index(multi_index, dims):
    for at in tuple(range(len(dims))):
        if somewhere((multi_index[at] < 0) | (multi_index[at] >= dims[at])):
            raise ValueError("invalid entry in coordinates array")
    total = multi_index[0]
    for at in tuple(range(1, len(dims))):
        total = total * dims[at] + multi_index[at]
    return total


def tolist(a):
    if a.ndim != 1:
        not_compiled("`tolist` of more than one axis")
    return [x for x in a]  # noqa: C416


def ix_(*arrays):
    rank = len(arrays)
    out = []
    for i in tuple(range(rank)):
        at = np.flatnonzero(arrays[i]) if arrays[i].dtype == bool else arrays[i]
        out.append(at.copy().reshape([len(at) if k == i else 1 for k in range(rank)]))
    return tuple(out)


def trim_zeros(filt, trim="fb"):
    first = 0
    last = len(filt)
    if "f" in trim:
        while first < last and filt[first] == 0:
            first += 1
    if "b" in trim:
        while last > first and filt[last - 1] == 0:
            last -= 1
    return filt[first:last]


def eye(N, M=None, k=0, dtype=float):  # NumPy's own names
    matrix = np.zeros((N, N if M is None else M), dtype=dtype)
    for i in range(N):
        if 0 <= i + k < matrix.shape[1]:
            matrix[i, i + k] = 1
    return matrix


def identity(n, dtype=float):
    return eye(n, dtype=dtype)


def resize(a, new_shape):
    elements = flat(a)
    out = np.zeros(new_shape, dtype=a.dtype)
    return elements[np.arange(out.size) % len(elements)].copy().reshape(out.shape)


OF_PLACES = {
    np.repeat: (repeat, ANY),
    np.take: (take, ANY),
    np.take_along_axis: (take_along_axis, ANY),
    np.delete: (delete, ANY),
    np.insert: (insert, ANY),
    np.extract: (extract, ANY),
    np.compress: (compress, ANY),
    np.flatnonzero: (flatnonzero, ANY),
    np.nonzero: (nonzero, ANY),
    np.argwhere: (argwhere, ANY),
    np.eye: (eye, 0),
    np.identity: (identity, 0),
    np.tri: (tri, 0),
    np.tril: (tril, ANY),
    np.triu: (triu, ANY),
    np.tril_indices: (tril_indices, 0),
    np.triu_indices: (triu_indices, 0),
    np.tril_indices_from: (tril_indices_from, 2),
    np.triu_indices_from: (triu_indices_from, 2),
    np.ix_: (ix_, 1),
    np.diag_indices: (diag_indices, 0),
    np.diag_indices_from: (diag_indices_from, ANY),
    np.choose: (choose, ANY),
    np.unravel_index: (unravel_index, ANY),
    np.ravel_multi_index: (ravel_multi_index, ANY),
    np.resize: (resize, ANY),
    np.trim_zeros: (trim_zeros, 1),
}
