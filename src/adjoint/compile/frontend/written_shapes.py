"""Taking arrays apart and putting them together, in the language the compiler compiles."""

import numpy as np

from adjoint.compile import operations


def flip(m, axis=None):
    if m.ndim == 1:
        return m[::-1]
    if axis is None:
        return m[::-1, ::-1]
    return m[::-1] if axis in (0, -2) else m[:, ::-1]


def fliplr(m):
    return m[:, ::-1]


def flipud(m):
    return m[::-1]


def rot90(m, k=1):
    if k % 4 == 0:
        return m[:]
    if k % 4 == 1:
        return m.T[::-1]
    return m[::-1, ::-1] if k % 4 == 2 else m.T[:, ::-1]


def roll(a, shift, axis=None):
    if axis is not None and a.ndim == 2:
        return roll(a.T, shift, 1).T if axis in (0, -2) else rolled_rows(a, shift)
    flat = a.ravel()
    out = np.zeros(len(flat), dtype=a.dtype)
    for i in range(len(flat)):
        out[(i + shift) % len(flat)] = flat[i]
    return out if a.ndim == 1 else out.copy().reshape(a.shape)


def rolled_rows(a, shift):
    out = np.zeros(a.shape, dtype=a.dtype)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, (j + shift) % a.shape[1]] = a[i, j]
    return out


def diagonal(a, offset=0):
    """Every so many elements of the array as one row."""
    start = offset if offset >= 0 else -offset * a.shape[1]
    wide = a.shape[1] - max(offset, 0)
    size = max(min(a.shape[0] + min(offset, 0), wide), 0)
    if size == 0:
        return a.ravel()[:0]
    stop = start + (size - 1) * (a.shape[1] + 1) + 1
    return a.ravel()[start : stop : a.shape[1] + 1]


def diag(v, k=0):
    if v.ndim == 2:
        return diagonal(v, k)
    size = len(v) + abs(k)
    matrix = np.zeros((size, size), dtype=v.dtype)
    for i in range(len(v)):
        matrix[i + max(-k, 0), i + max(k, 0)] = v[i]
    return matrix


def diagflat(v, k=0):
    return diag(v.ravel(), k)


def trace(a, offset=0):
    total = 0.0
    for value in diagonal(a, offset):
        total += value
    return total


def swapaxes(a, axis1, axis2):
    return a.T if (axis1 - axis2) % 2 == 1 else a


def moveaxis(a, source, destination):
    return a.T if (source - destination) % 2 == 1 else a[:]


def tile(A, reps):  # NumPy's own name
    if np.ndim(A) == 1 and np.ndim(reps) == 0:
        return tiled(A[None, :], 1, reps).ravel()
    rows = A[None, :] if A.ndim == 1 else A
    return tiled(rows, 1, reps) if np.ndim(reps) == 0 else tiled(rows, reps[0], reps[1])


def tiled(a, down, across):
    n, m = a.shape
    out = np.zeros((n * down, m * across), dtype=a.dtype)
    for i in range(n * down):
        for j in range(m * across):
            out[i, j] = a[i % n, j % m]
    return out


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
    if axis is None or a.ndim == 1:
        return a.ravel()[places(a.size, repeats)]
    if axis in (0, -2):
        return a[places(a.shape[0], repeats)]
    return a[:, places(a.shape[1], repeats)]


def take(a, indices, axis=None):
    if axis is None or a.ndim == 1:
        return a.ravel()[indices]
    return a[indices] if axis in (0, -2) else a[:, indices]


def take_along_axis(arr, indices, axis):
    if arr.ndim == 1:
        return arr[indices]
    out = np.zeros(indices.shape, dtype=arr.dtype)
    for i in range(indices.shape[0]):
        for j in range(indices.shape[1]):
            at = indices[i, j]
            out[i, j] = arr[at, j] if axis in (0, -2) else arr[i, at]
    return out


def append(arr, values, axis=None):
    if axis is not None:
        return np.concatenate((arr, values), axis=axis)
    more = np.array([values]) if np.ndim(values) == 0 else values.ravel()
    return np.concatenate((arr.ravel(), more))


def delete(arr, obj):
    kept = np.ones(len(arr), dtype=bool)
    if np.ndim(obj) == 0:
        kept[obj] = False
    else:
        for i in range(len(obj)):
            kept[obj[i]] = False
    return arr[kept]


def insert(arr, obj, values):
    at = obj + len(arr) if obj < 0 else obj
    more = np.array([values]) if np.ndim(values) == 0 else values
    return np.concatenate((arr[:at], more, arr[at:]))


def extract(condition, arr):
    return arr.ravel()[condition.ravel()]


def compress(condition, a):
    return a[condition]


def ediff1d(ary):
    flat = ary.ravel()
    return flat[1:] - flat[:-1]


def diff(a, n=1, axis=-1):
    if n == 0:
        return a[:]
    by_rows = a.ndim == 1 or axis in (0, -2)
    less = a[1:] - a[:-1] if by_rows else a[:, 1:] - a[:, :-1]
    return less if n == 1 else diff(less, n - 1, axis)


def eye(N, M=None, k=0):  # NumPy's own names
    matrix = np.zeros((N, N if M is None else M))
    for i in range(N):
        if 0 <= i + k < matrix.shape[1]:
            matrix[i, i + k] = 1.0
    return matrix


def tri(N, M=None, k=0):  # NumPy's own names
    matrix = np.zeros((N, N if M is None else M))
    for i in range(N):
        for j in range(matrix.shape[1]):
            if j - i <= k:
                matrix[i, j] = 1.0
    return matrix


def tril(m, k=0):
    out = np.zeros(m.shape, dtype=m.dtype)
    for i in range(m.shape[0]):
        for j in range(m.shape[1]):
            if j - i <= k:
                out[i, j] = m[i, j]
    return out


def triu(m, k=0):
    out = np.zeros(m.shape, dtype=m.dtype)
    for i in range(m.shape[0]):
        for j in range(m.shape[1]):
            if j - i >= k:
                out[i, j] = m[i, j]
    return out


def where_true(mask):
    """The places of a matrix where a mask holds, row by row."""
    count = 0
    for item in mask.ravel():
        if item:
            count += 1
    rows = np.zeros(count, dtype=int)
    columns = np.zeros(count, dtype=int)
    count = 0
    for i in range(mask.shape[0]):
        for j in range(mask.shape[1]):
            if mask[i, j]:
                rows[count] = i
                columns[count] = j
                count += 1
    return rows, columns


def flatnonzero(a):
    return operations.places(a.ravel() != 0)


def nonzero(a):
    return (operations.places(a != 0),) if a.ndim == 1 else where_true(a != 0)


def argwhere(a):
    if a.ndim == 1:
        return operations.places(a != 0)[:, None]
    rows, columns = where_true(a != 0)
    return np.column_stack((rows, columns))


def tril_indices(n, k=0, m=None):
    return where_true(tri(n, m, k) != 0)


def triu_indices(n, k=0, m=None):
    return where_true(tri(n, m, k - 1) == 0)


def tril_indices_from(arr, k=0):
    return tril_indices(arr.shape[0], k, arr.shape[1])


def triu_indices_from(arr, k=0):
    return triu_indices(arr.shape[0], k, arr.shape[1])


def fill_diagonal(a, val):
    for i in range(min(a.shape[0], a.shape[1])):
        a[i, i] = val


def indices(dimensions):
    rows, columns = dimensions
    out = np.zeros((2, rows, columns), dtype=int)
    for i in range(rows):
        for j in range(columns):
            out[0, i, j] = i
            out[1, i, j] = j
    return out


def broadcast_to(array, shape):
    like = np.zeros(shape)
    return like + (array if np.ndim(array) == 0 else array.reshape(array.shape))


def same_memory(a):
    """An array that may be `a` itself: neither may be changed."""
    return a.reshape(a.shape)


def atleast_1d(x):
    return np.array([x]) if np.ndim(x) == 0 else x


def atleast_2d(x):
    if np.ndim(x) == 0:
        return np.array([[x]])
    return x[None, :] if np.ndim(x) == 1 else x


def atleast_3d(x):
    if np.ndim(x) == 0:
        return np.array([x])[None, :, None]
    if np.ndim(x) == 1:
        return x[None, :, None]
    return x[:, :, None] if np.ndim(x) == 2 else x


def split(ary, indices_or_sections, axis=0):
    if np.ndim(indices_or_sections) == 0 and ary.shape[axis] % indices_or_sections != 0:
        raise ValueError("array split does not result in an equal division")
    return array_split(ary, indices_or_sections, axis)


def array_split(ary, indices_or_sections, axis=0):
    length = ary.shape[axis]
    if np.ndim(indices_or_sections) == 0:
        size = length // indices_or_sections
        rest = length % indices_or_sections
        ends = [(i + 1) * size + min(i + 1, rest) for i in range(indices_or_sections)]
        starts = [0, *ends[:-1]]
    else:
        starts = [0, *indices_or_sections]
        ends = [*indices_or_sections, length]
    return [part(ary, low, high, axis) for low, high in zip(starts, ends, strict=True)]


def part(a, low, high, axis):
    return a[low:high] if axis in (0, -a.ndim) else a[:, low:high]


def hsplit(ary, indices_or_sections):
    return split(ary, indices_or_sections, 0 if ary.ndim == 1 else 1)


def vsplit(ary, indices_or_sections):
    return split(ary, indices_or_sections, 0)


def meshgrid(x, y, indexing="xy"):
    if indexing == "ij":
        return np.zeros((len(x), len(y))) + x[:, None], np.zeros((len(x), len(y))) + y
    return np.zeros((len(y), len(x))) + x, np.zeros((len(y), len(x))) + y[:, None]


def resize(a, new_shape):
    flat = a.ravel()
    out = np.zeros(new_shape, dtype=a.dtype)
    place = 0
    if np.ndim(out) == 1:
        for i in range(len(out)):
            out[i] = flat[i % len(flat)]
        return out
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = flat[place % len(flat)]
            place += 1
    return out


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


OF_SHAPES = {
    np.flip: (flip, 2),
    np.fliplr: (fliplr, 2),
    np.flipud: (flipud, 2),
    np.rot90: (rot90, 2),
    np.roll: (roll, 2),
    np.diag: (diag, 2),
    np.diagonal: (diagonal, 2),
    np.diagflat: (diagflat, 2),
    np.trace: (trace, 2),
    np.swapaxes: (swapaxes, 2),
    np.moveaxis: (moveaxis, 2),
    np.tile: (tile, 2),
    np.repeat: (repeat, 2),
    np.take: (take, 2),
    np.take_along_axis: (take_along_axis, 2),
    np.append: (append, 2),
    np.delete: (delete, 1),
    np.insert: (insert, 1),
    np.extract: (extract, 2),
    np.compress: (compress, 1),
    np.ediff1d: (ediff1d, 2),
    np.diff: (diff, 2),
    np.eye: (eye, 0),
    np.identity: (eye, 0),
    np.tri: (tri, 0),
    np.tril: (tril, 2),
    np.triu: (triu, 2),
    np.flatnonzero: (flatnonzero, 2),
    np.nonzero: (nonzero, 2),
    np.argwhere: (argwhere, 2),
    np.tril_indices: (tril_indices, 0),
    np.triu_indices: (triu_indices, 0),
    np.tril_indices_from: (tril_indices_from, 2),
    np.triu_indices_from: (triu_indices_from, 2),
    np.fill_diagonal: (fill_diagonal, 2),
    np.indices: (indices, 0),
    np.broadcast_to: (broadcast_to, 2),
    np.asfortranarray: (same_memory, 2),
    np.ascontiguousarray: (same_memory, 2),
    np.asarray_chkfinite: (same_memory, 2),
    np.atleast_1d: (atleast_1d, 3),
    np.atleast_2d: (atleast_2d, 3),
    np.atleast_3d: (atleast_3d, 3),
    np.split: (split, 2),
    np.array_split: (array_split, 2),
    np.hsplit: (hsplit, 2),
    np.vsplit: (vsplit, 2),
    np.meshgrid: (meshgrid, 1),
    np.resize: (resize, 2),
    np.trim_zeros: (trim_zeros, 1),
}
AS_GIVEN = frozenset(
    (
        np.tile,
        np.broadcast_to,
        np.split,
        np.array_split,
        np.hsplit,
        np.vsplit,
        np.indices,
        np.resize,
    )
)
"""Functions whose lists and tuples stay what they are: the others' become arrays."""
