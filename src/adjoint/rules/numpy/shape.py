"""Rules of the functions that move elements and change shapes: linear, and permutations mostly."""

import operator

import numpy as np

from adjoint.errors import MissingRule
from adjoint.rules.forms import linear
from adjoint.rules.ruleset import covers, definition, jvp, none, vjp


@linear(np.reshape)
def reshape_transpose(ct, out, a, /, shape=None, order="C", *, copy=None):
    return np.reshape(ct, np.shape(a), order=order_of(a, order))


@jvp(np.reshape)
def reshape_jvp(tangents, out, a, /, shape=None, order="C", *, copy=None):
    return np.reshape(tangents[0], np.shape(out), order=order_of(a, order))


@linear(np.ravel)
def ravel_transpose(ct, out, a, order="C"):
    return np.reshape(ct, np.shape(a), order=order_of(a, order))


@jvp(np.ravel)
def ravel_jvp(tangents, out, a, order="C"):
    return np.ravel(tangents[0], order_of(a, order))


def order_of(a, order):
    """The order that "A" or "K" means for `a`: it depends on the memory of the primal."""
    if order not in ("A", "K"):
        return order
    return "F" if np.asarray(a).flags.fnc else "C"


@covers(np.ravel)
def is_in_one_order(a, order="C"):
    return order != "K" or np.asarray(a).flags.forc


@definition(np.ravel)
def ravel(a, order="C"):
    """Of an array that is not contiguous, in the order of its memory."""
    a = np.asarray(a)
    if 0 in a.strides:
        raise MissingRule(
            "order='K' of an array whose elements share places has no rule",
            instead="use order='C', or copy the array first",
        )
    slowest_first = np.argsort([-abs(stride) for stride in a.strides], kind="stable")
    return np.ravel(np.transpose(a, slowest_first))


@linear(np.expand_dims, np.squeeze)
def same_elements_transpose(ct, out, a, axis=None):
    return np.reshape(ct, np.shape(a))


@linear(np.atleast_1d, np.atleast_2d, np.atleast_3d)
def atleast_transpose(ct, out, a):
    return np.reshape(ct, np.shape(a))


@linear(np.transpose, np.permute_dims)
def transpose_transpose(ct, out, a, axes=None):
    if axes is None:
        return np.transpose(ct)
    return np.transpose(ct, np.argsort([axis % np.ndim(ct) for axis in axes]))


@linear(np.matrix_transpose)
def matrix_transpose_transpose(ct, out, x, /):
    return np.swapaxes(ct, -1, -2)


@linear(np.swapaxes)
def swapaxes_transpose(ct, out, a, axis1, axis2):
    return np.swapaxes(ct, axis1, axis2)


@linear(np.moveaxis)
def moveaxis_transpose(ct, out, a, source, destination):
    return np.moveaxis(ct, destination, source)


@linear(np.rollaxis)
def rollaxis_transpose(ct, out, a, axis, start=0):
    order = np.rollaxis(np.empty(range(np.ndim(a))), axis, start).shape
    return np.transpose(ct, np.argsort(order))


@linear(np.flip)
def flip_transpose(ct, out, m, axis=None):
    return np.flip(ct, axis)


@linear(np.fliplr)
def fliplr_transpose(ct, out, m):
    return np.fliplr(ct)


@linear(np.flipud)
def flipud_transpose(ct, out, m):
    return np.flipud(ct)


@linear(np.rot90)
def rot90_transpose(ct, out, m, k=1, axes=(0, 1)):
    return np.rot90(ct, -k, axes)


@linear(np.roll)
def roll_transpose(ct, out, a, shift, axis=None):
    back = tuple(-s for s in shift) if isinstance(shift, (tuple, list)) else -shift
    return np.roll(ct, back, axis)


@linear(np.broadcast_to)
def broadcast_to_transpose(ct, out, array, shape, subok=False):
    """The engine sums over what was broadcast."""
    return ct


@vjp(np.broadcast_arrays)
def broadcast_arrays_vjp(ct, out, *args, subok=False):
    return tuple(ct)


@jvp(np.broadcast_arrays)
def broadcast_arrays_jvp(tangents, out, *args, subok=False):
    shape = np.shape(out[0])
    return tuple(np.broadcast_to(0.0 if t is None else t, shape) for t in tangents)


@linear(np.tile)
def tile_transpose(ct, out, A, reps):
    """Split every axis into (copy, position), and sum over the copies."""
    shape, repeats = np.shape(A), tuple(np.atleast_1d(reps).tolist())
    ndim = max(len(shape), len(repeats))
    shape = (1,) * (ndim - len(shape)) + shape
    repeats = (1,) * (ndim - len(repeats)) + repeats
    pairs = [size for pair in zip(repeats, shape, strict=True) for size in pair]
    summed = np.sum(np.reshape(ct, pairs), axis=tuple(range(0, 2 * ndim, 2)))
    return np.reshape(summed, np.shape(A))


@linear(np.diag)
def diag_transpose(ct, out, v, k=0):
    if np.ndim(v) == 1:
        return np.diagonal(ct, k)
    rows, columns = np.shape(v)
    return place_diagonal(ct, k, 0, 1, (rows, columns))


@linear(np.diagflat)
def diagflat_transpose(ct, out, v, k=0):
    return np.reshape(np.diagonal(ct, k), np.shape(v))


@linear(np.diagonal)
def diagonal_transpose(ct, out, a, offset=0, axis1=0, axis2=1):
    return place_diagonal(ct, offset, axis1, axis2, np.shape(a))


def place_diagonal(ct, offset, axis1, axis2, shape):
    """Zeros of `shape` with `ct`, whose last axis runs along the diagonal, on one diagonal."""
    rows, columns = shape[axis1], shape[axis2]
    others = [n for p, n in enumerate(shape) if p not in (axis1 % len(shape), axis2 % len(shape))]
    length = ct.shape[-1]
    first_row, first_column = max(-offset, 0), max(offset, 0)
    row_of = np.arange(rows)[:, None] - first_row
    column_of = np.arange(columns)[None, :] - first_column
    on_it = (row_of == column_of) & (row_of >= 0) & (row_of < length)
    if not length:
        return np.zeros(shape, ct.dtype)
    picked = np.take(ct, np.clip(row_of, 0, length - 1)[:, 0], axis=-1)
    block = np.where(on_it, np.reshape(picked, (*others, rows, 1)), 0.0)
    return np.moveaxis(block, (-2, -1), (axis1, axis2))


@linear(np.tril)
def tril_transpose(ct, out, m, k=0):
    return np.tril(ct, k)


@linear(np.triu)
def triu_transpose(ct, out, m, k=0):
    return np.triu(ct, k)


@linear(np.pad)
def pad_transpose(ct, out, array, pad_width, mode="constant", **kwargs):
    """Cut the border off; a border copied from inside gives its cotangent back to its source."""
    if mode == "constant":
        widths = np.broadcast_to(pad_width, (np.ndim(array), 2))
        inside = (
            slice(int(b), int(b) + n) for (b, _), n in zip(widths, np.shape(array), strict=True)
        )
        return ct[tuple(inside)]
    positions = np.pad(np.reshape(np.arange(np.size(array)), np.shape(array)), pad_width, mode)
    return np.reshape(
        scatter_add(np.reshape(ct, -1), np.reshape(positions, -1), (np.size(array),)),
        np.shape(array),
    )


@jvp(np.pad)
def pad_jvp(tangents, out, array, pad_width, mode="constant", **kwargs):
    return np.pad(tangents[0], pad_width, mode)


@covers(np.pad)
def only_copies(array, pad_width, mode="constant", **kwargs):
    """Of the other modes, and of constants that may be live, NumPy's own program is followed."""
    if mode == "constant":
        values = np.asarray(kwargs.get("constant_values", 0))
        is_fixed = values.dtype.kind in "iub" or isinstance(kwargs["constant_values"], int)
        return is_fixed and not isinstance(pad_width, dict)
    return mode in ("edge", "reflect", "symmetric", "wrap") and not kwargs


def scatter_add(values, index, shape):
    """The transpose of ``a[index]`` for an array `a` of `shape`: repeated elements are summed."""
    result = np.zeros(shape, np.asarray(values).dtype)
    np.add.at(result, index, values)
    return result


@linear(scatter_add)
def scatter_add_transpose(ct, out, values, index, shape):
    return ct[index]


@linear(operator.getitem)
def getitem_transpose(ct, out, a, b, /):
    return scatter_add(ct, b, np.shape(a))


@linear(np.take)
def take_transpose(ct, out, a, indices, axis=None, *, mode="raise"):
    size = np.size(a) if axis is None else np.shape(a)[axis]
    if mode == "clip":
        indices = np.clip(indices, 0, size - 1)
    indices = np.asarray(indices) % size if mode == "wrap" else np.asarray(indices)
    if axis is None:
        return np.reshape(scatter_add(ct, indices, (size,)), np.shape(a))
    index = (slice(None),) * (axis % np.ndim(a)) + (indices,)
    return scatter_add(ct, index, np.shape(a))


@linear(np.take_along_axis)
def take_along_axis_transpose(ct, out, arr, indices, axis=-1):
    if axis is None:
        return np.reshape(scatter_add(ct, indices, (np.size(arr),)), np.shape(arr))
    return scatter_add(ct, along_axis(indices, axis, np.shape(arr)), np.shape(arr))


def along_axis(indices, axis, shape):
    """The full index that ``take_along_axis`` stands for."""
    index = list(np.ogrid[tuple(slice(n) for n in shape)])
    index[axis] = indices
    return tuple(index)


@linear(np.repeat)
def repeat_transpose(ct, out, a, repeats, axis=None):
    axis = None if np.ndim(a) == 0 else axis
    size = np.size(a) if axis is None else np.shape(a)[axis]
    return take_transpose(ct, out, a, np.repeat(np.arange(size), repeats), axis)


@linear(np.copy, np.ascontiguousarray, np.asfortranarray, np.asarray_chkfinite)
def copy_transpose(ct, out, a, dtype=None, order="K", subok=False):
    return ct


none(
    np.shape,
    np.size,
    np.ndim,
    np.result_type,
    np.can_cast,
    np.isscalar,
    np.iterable,
    np.may_share_memory,
    np.shares_memory,
    np.broadcast_shapes,
    np.ones,
    np.zeros,
    np.empty,
    np.eye,
    np.identity,
    np.indices,
    np.tri,
    np.tril_indices,
    np.triu_indices,
    np.diag_indices,
)
