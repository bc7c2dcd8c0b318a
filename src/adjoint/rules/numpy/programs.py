"""NumPy functions by programs in Python of the same value, where NumPy's own calls native code."""

import numpy as np

from adjoint.errors import MissingRule
from adjoint.rules.absent import Native
from adjoint.rules.ruleset import definition, none


@definition(np.compress)
def compressed(condition, a, axis=None, out=None):
    chosen = np.flatnonzero(condition)
    return np.take(np.ravel(a) if axis is None else a, chosen, axis=0 if axis is None else axis)


@definition(np.choose)
def chosen_from(a, choices, out=None, mode="raise"):
    """For each place, the element of the choice with that number."""
    count = len(choices)
    numbers = np.asarray(a)
    if mode == "clip":
        numbers = np.clip(numbers, 0, count - 1)
    elif mode == "wrap":
        numbers = numbers % count
    elif np.any((numbers < 0) | (numbers >= count)):
        raise ValueError("invalid entry in choice array")
    conditions = [numbers == number for number in range(count)]
    wide = np.broadcast_arrays(numbers, *choices)
    return np.select([np.broadcast_to(c, wide[0].shape) for c in conditions], wide[1:])


@definition(np.nanmedian)
def median_without_nan(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    """The median of each row without its nan; nan where nothing is left."""
    array = np.asarray(a)
    if axis is None:
        rows, shape = [np.ravel(array)], ()
        kept = (1,) * array.ndim
    else:
        axes = [place % array.ndim for place in (axis if isinstance(axis, tuple) else (axis,))]
        others = [place for place in range(array.ndim) if place not in axes]
        shape = tuple(array.shape[place] for place in others)
        kept = tuple(1 if place in axes else size for place, size in enumerate(array.shape))
        rows = np.reshape(np.transpose(array, (*others, *axes)), (int(np.prod(shape)), -1))
    found = []
    for row in rows:
        present = row[~np.isnan(row)]
        found.append(np.median(present) if present.size else np.nan)
    return np.reshape(np.array(found), kept if keepdims else shape)[()]


@definition(np.unique)
def unique_values(
    ar,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    *,
    equal_nan=True,
    sorted=True,
):
    """The different values in order; of equal ones the first has the derivative."""
    if axis is not None:
        return unique_rows(ar, return_index, return_inverse, return_counts, axis)
    flat = np.ravel(ar)
    order = np.argsort(flat, kind="stable")
    ordered = flat[order]
    starts = np.ones(flat.shape, bool)
    starts[1:] = ordered[1:] != ordered[:-1]
    if equal_nan:
        starts[1:] &= ~(np.isnan(ordered[1:]) & np.isnan(ordered[:-1]))
    found = [ordered[starts]]
    if not (sorted or return_index or return_inverse or return_counts):
        return found[0][unsorted_places(ar, equal_nan)]
    if return_index:
        found.append(order[starts])
    if return_inverse:
        inverse = np.empty(flat.shape, np.intp)
        inverse[order] = np.cumsum(starts) - 1
        found.append(np.reshape(inverse, np.shape(ar)))
    if return_counts:
        found.append(np.diff(np.append(np.flatnonzero(starts), flat.size)))
    return found[0] if len(found) == 1 else tuple(found)


def unsorted_places(ar, equal_nan):
    """Where in the order of size each value is that NumPy gives in an order of its own."""
    return np.argsort(np.argsort(np.unique(ar, equal_nan=equal_nan, sorted=False)))


none(unsorted_places)


def unique_rows(ar, return_index, return_inverse, return_counts, axis):
    """``np.unique`` along an axis: the different parts, ordered by their elements."""
    rows = np.reshape(np.moveaxis(ar, axis, 0), (np.shape(ar)[axis], -1))
    order = np.lexsort(np.transpose(rows)[::-1])
    ordered = rows[order]
    starts = np.ones(len(order), bool)
    starts[1:] = np.any(ordered[1:] != ordered[:-1], axis=1)
    found = [np.take(ar, order[starts], axis)]
    if return_index:
        found.append(order[starts])
    if return_inverse:
        inverse = np.empty(len(order), np.intp)
        inverse[order] = np.cumsum(starts) - 1
        found.append(inverse)
    if return_counts:
        found.append(np.diff(np.append(np.flatnonzero(starts), len(order))))
    return found[0] if len(found) == 1 else tuple(found)


@definition(np.frombuffer)
def array_of_buffer(buffer, dtype=float, count=-1, offset=0, *, like=None):
    """A view of the memory of an array, read as what it is."""
    owner = buffer.obj if isinstance(buffer, memoryview) else buffer
    is_plain = isinstance(owner, np.ndarray) and owner.flags.c_contiguous
    if not is_plain or owner.dtype != np.dtype(dtype) or offset % owner.itemsize:
        raise MissingRule(
            "np.frombuffer of an array of another type or order has no rule",
            instead="use the array, or its method view",
        )
    begin = offset // owner.itemsize
    return np.reshape(owner, -1)[begin : None if count < 0 else begin + count]


LAPACK = Native("numpy.linalg._umath_linalg")


@definition(LAPACK.solve)
def solved(a, b, **options):
    """What `np.linalg.solve` calls; libraries for several array packages call it by themselves."""
    return np.linalg.solve(a, b)


@definition(LAPACK.solve1)
def solved_for_vector(a, b, **options):
    return np.linalg.solve(a, np.expand_dims(b, -1))[..., 0]
