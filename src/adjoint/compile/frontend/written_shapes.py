"""Taking arrays apart and putting them together, in the language the compiler compiles."""

import numpy as np

from adjoint.compile.frontend.written_axes import (
    ANY,
    flat,
    in_front,
    parted,
    put_back,
    rows_of,
)


def flip(m, axis=None):
    _, gone = parted(m, axis)
    turned = m[:]
    for at in gone:
        turned = put_back(in_front(turned, at)[::-1], at)
    return turned


def fliplr(m):
    return m[:, ::-1]


def flipud(m):
    return m[::-1]


def rot90(m, k=1, axes=(0, 1)):
    first, second = axes
    if k % 4 == 0:
        return m[:]
    if k % 4 == 2:
        return flip(m, axes)
    turned = swapaxes(m, first, second)
    return flip(turned, first) if k % 4 == 1 else flip(turned, second)


def roll(a, shift, axis=None):
    if axis is None:
        elements = flat(a)
        out = elements[(np.arange(len(elements)) - shift) % len(elements)]
        return out if a.ndim == 1 else out.copy().reshape(a.shape)
    if isinstance(axis, tuple):
        for k in tuple(range(len(axis))):
            a = roll(a, shift[k] if isinstance(shift, tuple) else shift, axis[k])
        return a
    front = in_front(a, axis)
    return put_back(front[(np.arange(len(front)) - shift) % len(front)], axis)


def diagonal(a, offset=0, axis1=0, axis2=1):
    """A view of every so many elements of a matrix as one row; a copy of several diagonals."""
    if a.ndim > 2:
        kept, gone = parted(a, (axis1, axis2))
        shape = (a.shape[gone[0]], a.shape[gone[1]])
        rows = rows_of(a, (axis1, axis2))
        size = length_of_diagonal(shape, offset)
        out = np.zeros((len(rows), size), dtype=a.dtype)
        for i in range(len(rows)):
            for k in range(size):
                out[i, k] = rows[i, (k + max(-offset, 0)) * shape[1] + k + max(offset, 0)]
        return out.copy().reshape([*[a.shape[i] for i in kept], size])
    if axis1 % 2 == 1:
        return diagonal(a.T, offset)
    start = offset if offset >= 0 else -offset * a.shape[1]
    size = length_of_diagonal(a.shape, offset)
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


def trace(a, offset=0, axis1=0, axis2=1):
    return np.sum(diagonal(a, offset, axis1, axis2), axis=-1)


def diagonal_of_last(x, *, offset=0):
    return diagonal(x, offset, -2, -1)


def trace_of_last(x, *, offset=0):
    return trace(x, offset, -2, -1)


def swapaxes(a, axis1, axis2):
    first, second = parted(a, axis1)[1][0], parted(a, axis2)[1][0]
    order = [second if i == first else first if i == second else i for i in range(a.ndim)]
    return np.transpose(a, order)


def moveaxis(a, source, destination):
    if isinstance(source, tuple):
        kept, moved = parted(a, source)
        _, places = parted(a, destination)
        for at in range(a.ndim):
            for k in range(len(places)):
                if places[k] == at:
                    kept = (*kept[:at], moved[k], *kept[at:])
        return np.transpose(a, kept)
    kept, moved = parted(a, source)
    at = parted(a, destination)[1][0]
    return np.transpose(a, kept[:at] + moved + kept[at:])


def tile(A, reps):  # NumPy's own name
    times = reps if isinstance(reps, tuple | list) else (reps,)
    rank = max(A.ndim, len(times))
    out = A.copy().reshape([*[1 for _ in range(rank - A.ndim)], *A.shape])
    counts = [*[1 for _ in range(rank - len(times))], *times]
    for at in tuple(range(rank)):
        if not isinstance(counts[at], int) or counts[at] != 1:
            front = in_front(out, at)
            out = put_back(front[np.arange(len(front) * counts[at]) % len(front)], at)
    return out


def append(arr, values, axis=None):
    if axis is not None:
        return np.concatenate((arr, values), axis=axis)
    more = np.array([values]) if np.ndim(values) == 0 else values.ravel()
    return np.concatenate((arr.ravel(), more))


def ediff1d(ary, to_end=None, to_begin=None):
    elements = flat(ary)
    less = elements[1:] - elements[:-1]
    if to_begin is not None:
        less = np.concatenate((as_vector(to_begin), less))
    return less if to_end is None else np.concatenate((less, as_vector(to_end)))


def diff(a, n=1, axis=-1, prepend=None, append=None):
    if prepend is not None:
        a = np.concatenate((one_item(prepend, a, axis), a), axis=axis)
    if append is not None:
        a = np.concatenate((a, one_item(append, a, axis)), axis=axis)
    if np.ndim(a) == 2 and (axis == -1 or axis == 1):
        rows = np.ascontiguousarray(a)  # one layout for all turns
        for _ in range(n):
            rows = rows[:, 1:] - rows[:, :-1]
        return rows
    front = in_front(a, axis)
    for _ in range(n):
        front = front[1:] - front[:-1]
    return put_back(front, axis)


def indices(dimensions):
    rank = len(dimensions)
    out = np.zeros((rank, *dimensions), dtype=int)
    for at in tuple(range(rank)):
        shape = [dimensions[i] if i == at else 1 for i in range(rank)]
        out[at] = np.arange(dimensions[at]).reshape(shape) + np.zeros(dimensions, dtype=int)
    return out


def broadcast_to(array, shape):
    if np.ndim(array) == 0:
        return np.full(shape, array)
    return np.zeros(shape, dtype=array.dtype) + array.copy()


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
    return put_back(in_front(a, axis)[low:high], axis)


def hsplit(ary, indices_or_sections):
    return split(ary, indices_or_sections, 0 if ary.ndim == 1 else 1)


def vsplit(ary, indices_or_sections):
    return split(ary, indices_or_sections, 0)


def meshgrid(*xi, indexing="xy", sparse=False):
    rank = len(xi)
    crossed = indexing == "xy" and rank > 1
    order = [1 if i == 0 else 0 if i == 1 else i for i in range(rank)] if crossed else range(rank)
    sizes = [len(xi[i]) for i in order]
    out = []
    for i in tuple(range(rank)):
        grid = xi[i].copy().reshape([sizes[k] if order[k] == i else 1 for k in range(rank)])
        out.append(grid if sparse else np.zeros(sizes, dtype=grid.dtype) + grid)
    return tuple(out)


def length_of_diagonal(shape, offset):
    return max(min(shape[0] + min(offset, 0), shape[1] - max(offset, 0)), 0)


def rollaxis(a, axis, start=0):
    kept, moved = parted(a, axis)
    at = start + a.ndim if start < 0 else start
    at = at - 1 if moved[0] < at else at
    return np.transpose(a, kept[:at] + moved + kept[at:])


def as_vector(a):
    return np.array([a]) if np.ndim(a) == 0 else flat(a)


def one_item(value, a, axis):
    """A number as one item along an axis of `a`."""
    if np.ndim(value) > 0:
        return value
    _, gone = parted(a, axis)
    return np.full([1 if i in gone else a.shape[i] for i in range(a.ndim)], value)


def dsplit(ary, indices_or_sections):
    return split(ary, indices_or_sections, 2)


def dstack(tup):
    return np.concatenate([atleast_3d(a) for a in tup], axis=2)


def sliding_window_view(x, window_shape, axis=-1):
    """A copy, because the windows of NumPy's view can only be read."""
    size = window_shape[0] if isinstance(window_shape, tuple) else window_shape
    front = in_front(x, axis)
    count = len(front) - size + 1
    if count <= 0:
        raise ValueError("window shape cannot be larger than input array shape")
    rest = front.shape[1:]
    out = np.zeros((count, size, *rest), dtype=x.dtype)
    for i in range(count):
        out[i] = front[i : i + size]
    return put_back(np.moveaxis(out, 1, -1), axis if axis >= 0 else axis + x.ndim)


def matrix_transpose(x):
    return swapaxes(x, -1, -2)


def broadcast_shapes_of(first, second):
    rank = max(len(first), len(second))
    left = [*[1 for _ in range(rank - len(first))], *first]
    right = [*[1 for _ in range(rank - len(second))], *second]
    return tuple(max(left[i], right[i]) for i in range(rank))


def broadcast_arrays(*args):
    shape = args[0].shape
    for other in args[1:]:
        shape = broadcast_shapes_of(shape, other.shape)
    return tuple(np.broadcast_to(a, shape) for a in args)


def broadcast_shapes(*shape):
    joined = ()
    for other in shape:
        joined = broadcast_shapes_of(joined, other)
    return joined


OF_SHAPES = {
    np.flip: (flip, ANY),
    np.fliplr: (fliplr, ANY),
    np.flipud: (flipud, ANY),
    np.rot90: (rot90, ANY),
    np.roll: (roll, ANY),
    np.diag: (diag, 2),
    np.diagonal: (diagonal, ANY),
    np.diagflat: (diagflat, ANY),
    np.trace: (trace, ANY),
    np.swapaxes: (swapaxes, ANY),
    np.moveaxis: (moveaxis, ANY),
    np.rollaxis: (rollaxis, ANY),
    np.matrix_transpose: (matrix_transpose, ANY),
    np.linalg.matrix_transpose: (matrix_transpose, ANY),
    np.linalg.diagonal: (diagonal_of_last, ANY),
    np.linalg.trace: (trace_of_last, ANY),
    np.tile: (tile, ANY),
    np.append: (append, ANY),
    np.ediff1d: (ediff1d, ANY),
    np.diff: (diff, ANY),
    np.indices: (indices, 0),
    np.broadcast_to: (broadcast_to, ANY),
    np.broadcast_arrays: (broadcast_arrays, ANY),
    np.broadcast_shapes: (broadcast_shapes, 0),
    np.asfortranarray: (same_memory, ANY),
    np.ascontiguousarray: (same_memory, ANY),
    np.asarray_chkfinite: (same_memory, ANY),
    np.atleast_1d: (atleast_1d, ANY),
    np.atleast_2d: (atleast_2d, ANY),
    np.atleast_3d: (atleast_3d, ANY),
    np.split: (split, ANY),
    np.array_split: (array_split, ANY),
    np.hsplit: (hsplit, ANY),
    np.vsplit: (vsplit, ANY),
    np.dsplit: (dsplit, ANY),
    np.dstack: (dstack, 3),
    np.meshgrid: (meshgrid, 1),
    np.lib.stride_tricks.sliding_window_view: (sliding_window_view, ANY),
}
AS_GIVEN = frozenset(
    (
        "axis",
        "axes",
        "choices",
        "condlist",
        "funclist",
        "keys",
        "s",
        "dims",
        "multi_index",
        "shift",
        "source",
        "destination",
        "reps",
        "shape",
        "new_shape",
        "dimensions",
        "indices_or_sections",
        "pad_width",
        "constant_values",
        "end_values",
        "range",
        "window_shape",
        "tup",
    )
)
"""Parameters whose lists and tuples stay what they are: those of others become arrays."""
