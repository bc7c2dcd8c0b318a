"""Rules of running products and running extremes, and of the sums of stretches."""

from typing import Any

import numpy as np

from adjoint.rules.forms import conjugated, linear
from adjoint.rules.numpy.ufunc_methods import accumulate, reduceat
from adjoint.rules.ruleset import covers, definition, jvp, vjp


@vjp(np.cumprod)
def cumprod_vjp(ct, out, a, axis=None, dtype=None):
    """By division where that is exact: through an element that is zero alone there is another way.

    Of several zeros, and of products that all but vanish, one step of the product after the other.
    """
    factors, rows, products = rows_along(axis, a, ct, out)
    is_zero = factors == 0
    if np.size(a) and not is_divisible(products, is_zero):
        return (rows_back(np.stack(cumprod_cotangents(factors, rows, products)), axis, a),)
    found = sums_from_here(rows * conjugated(products)) / conjugated(
        np.where(is_zero, 1.0, factors)
    )
    if np.any(is_zero):
        without = np.cumprod(np.where(is_zero, 1.0, factors), axis=0)
        found = np.where(is_zero, sums_from_here(rows * conjugated(without)), found)
    return (rows_back(found, axis, a),)


def is_divisible(products, is_zero):
    """True if each product can be divided by its factors, apart from one zero among them."""
    sizes = np.absolute(products)
    is_usual = (sizes > 1e-290) & (sizes < np.inf)
    return bool(np.all(is_usual | np.logical_or.accumulate(is_zero, axis=0))) and not np.any(
        np.sum(is_zero, axis=0) > 1
    )


def sums_from_here(rows):
    return np.flip(np.cumsum(np.flip(rows, 0), axis=0), 0)


def cumprod_cotangents(factors, rows, products):
    """One backward sweep, without division, so zeros are exact."""
    below, cotangents = 0.0, []
    for index in range(len(rows) - 1, -1, -1):
        below = rows[index] + below
        before = products[index - 1] if index else np.ones_like(products[0])
        cotangents.append(below * conjugated(before))
        below = below * conjugated(factors[index])
    return cotangents[::-1]


@jvp(np.cumprod)
def cumprod_jvp(tangents, out, a, axis=None, dtype=None):
    factors, rows, products = rows_along(axis, a, tangents[0], out)
    is_zero = factors == 0
    if np.any(is_zero) or not is_divisible(products, is_zero):
        pushed = []
        for index, row in enumerate(rows):
            before = pushed[-1] * factors[index] + products[index - 1] * row if index else row
            pushed.append(before)
        return np.reshape(rows_back(np.stack(pushed), axis, a), np.shape(out))
    pushed = products * np.cumsum(rows / factors, axis=0)
    return np.reshape(rows_back(pushed, axis, a), np.shape(out))


def rows_along(axis, *arrays):
    """Each array with `axis` first; all of it flattened if `axis` is None."""
    if axis is None or np.ndim(arrays[0]) == 0:
        return [np.reshape(array, -1) for array in arrays]
    return [np.moveaxis(np.asarray(array), axis, 0) for array in arrays]


def rows_back(rows, axis, a):
    is_flat = axis is None or np.ndim(a) == 0
    return np.reshape(rows, np.shape(a)) if is_flat else np.moveaxis(rows, 0, axis)


def running_maximum(array: Any, axis: int = 0, dtype: Any = None) -> Any:
    """``np.maximum.accumulate``."""
    return np.maximum.accumulate(array, axis, dtype)


def running_minimum(array: Any, axis: int = 0, dtype: Any = None) -> Any:
    """``np.minimum.accumulate``."""
    return np.minimum.accumulate(array, axis, dtype)


def origins(out, axis):
    """For each running extreme the position along `axis` of the element that it is.

    ``axis=None`` is that of an array with one.
    """
    axis = axis or 0
    rows = np.moveaxis(out, axis, 0)
    position = np.reshape(np.arange(len(rows)), (-1,) + (1,) * (rows.ndim - 1))
    is_new = np.concatenate((np.ones_like(rows[:1], bool), rows[1:] != rows[:-1]))
    found = np.maximum.accumulate(np.where(is_new, position, 0), axis=0)
    return np.moveaxis(found, 0, axis)


@vjp(running_maximum, running_minimum)
def extreme_vjp(ct, out, array, axis=0, dtype=None):
    found = np.zeros(np.shape(array))
    places = list(np.indices(np.shape(array), sparse=True))
    places[axis or 0] = origins(out, axis)
    np.add.at(found, tuple(places), ct)
    return (found,)


@jvp(running_maximum, running_minimum)
def extreme_jvp(tangents, out, array, axis=0, dtype=None):
    return np.take_along_axis(np.asarray(tangents[0]), origins(out, axis), axis or 0)


@covers(running_maximum)
def has_one_maximum(array, axis=0, dtype=None):
    """True if each running maximum is one element: not where two are equal, or one is nan."""
    rows = np.moveaxis(np.asarray(array), axis or 0, 0)
    is_real = rows.dtype.kind == "f" and not np.isnan(rows).any()
    return is_real and not np.any(rows[1:] == np.maximum.accumulate(rows)[:-1])


@covers(running_minimum)
def has_one_minimum(array, axis=0, dtype=None):
    return has_one_maximum(np.negative(array), axis)


@definition(running_maximum)
def maximum_step_by_step(array, axis=0, dtype=None):
    return accumulate(np.maximum, array, axis or 0)


@definition(running_minimum)
def minimum_step_by_step(array, axis=0, dtype=None):
    return accumulate(np.minimum, array, axis or 0)


def stretch_sums(array: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
    """``np.add.reduceat``."""
    return np.add.reduceat(array, indices, axis, dtype)


@linear(stretch_sums)
def stretch_sums_transpose(ct, out, array, indices, axis=0, dtype=None):
    return over_stretches(ct, array, indices, axis or 0)


def over_stretches(values, array, indices, axis, outside=0.0):
    """For each element the value of its stretch; `outside` before the first."""
    lengths = np.diff(indices, append=np.shape(array)[axis])
    spread = np.repeat(values, lengths, axis=axis)
    before = np.full_like(np.take(array, np.arange(indices[0]), axis=axis), outside)
    return np.concatenate((before, spread), axis=axis)


@covers(stretch_sums)
def are_stretches(array, indices, axis=0, dtype=None):
    """True if each index begins a stretch: none of them is a single element."""
    return np.ndim(indices) == 1 and np.size(indices) > 0 and bool(np.all(np.diff(indices) > 0))


@definition(stretch_sums)
def stretch_by_stretch(array, indices, axis=0, dtype=None):
    return reduceat(np.add, array, indices, axis or 0)


def stretch_products(array: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
    """``np.multiply.reduceat``."""
    return np.multiply.reduceat(array, indices, axis, dtype)


def products_of_others(out, array, indices, axis):
    """For each element the product of the others in its stretch; zero before the first."""
    return over_stretches(out, array, indices, axis) / array


@vjp(stretch_products)
def stretch_products_vjp(ct, out, array, indices, axis=0, dtype=None):
    axis = axis or 0
    spread = over_stretches(ct, array, indices, axis)
    return (spread * products_of_others(out, array, indices, axis),)


@jvp(stretch_products)
def stretch_products_jvp(tangents, out, array, indices, axis=0, dtype=None):
    axis = axis or 0
    weights = products_of_others(out, array, indices, axis)
    return np.add.reduceat(weights * tangents[0], indices, axis)


@covers(stretch_products)
def are_stretches_without_zeros(array, indices, axis=0, dtype=None):
    """True where a product can be divided by each of its factors."""
    array = np.asarray(array)
    if array.dtype.kind != "f" or not are_stretches(array, indices, axis or 0):
        return False
    sizes = np.abs(np.multiply.reduceat(array, indices, axis or 0))
    return bool(np.all((sizes > 1e-290) & (sizes < 1e290)) and np.all(np.abs(array) > 1e-10))


@definition(stretch_products)
def product_of_stretches(array, indices, axis=0, dtype=None):
    return reduceat(np.multiply, array, indices, axis or 0)


def stretch_maxima(array: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
    """``np.maximum.reduceat``."""
    return np.maximum.reduceat(array, indices, axis, dtype)


def stretch_minima(array: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
    """``np.minimum.reduceat``."""
    return np.minimum.reduceat(array, indices, axis, dtype)


def shares_of_stretches(out, array, indices, axis):
    """The weight of each element in the extreme of its stretch: equal ones share it."""
    extremes = over_stretches(out, array, indices, axis, np.nan)  # none of those before
    attained = np.where(np.equal(array, extremes), 1.0, 0.0)
    counts = np.add.reduceat(attained, indices, axis)
    return attained / over_stretches(counts, attained, indices, axis, 1.0)


@vjp(stretch_maxima, stretch_minima)
def stretch_extremes_vjp(ct, out, array, indices, axis=0, dtype=None):
    axis = axis or 0
    weights = shares_of_stretches(out, array, indices, axis)
    return (weights * over_stretches(ct, array, indices, axis),)


@jvp(stretch_maxima, stretch_minima)
def stretch_extremes_jvp(tangents, out, array, indices, axis=0, dtype=None):
    axis = axis or 0
    weights = shares_of_stretches(out, array, indices, axis)
    return np.add.reduceat(weights * tangents[0], indices, axis)


@covers(stretch_maxima, stretch_minima)
def are_stretches_of_numbers(array, indices, axis=0, dtype=None):
    array = np.asarray(array)
    is_real = array.dtype.kind == "f" and not np.isnan(array).any()
    return is_real and are_stretches(array, indices, axis)


@definition(stretch_maxima)
def maximum_of_stretches(array, indices, axis=0, dtype=None):
    return reduceat(np.maximum, array, indices, axis or 0)


@definition(stretch_minima)
def minimum_of_stretches(array, indices, axis=0, dtype=None):
    return reduceat(np.minimum, array, indices, axis or 0)
