"""Sorting, quantiles and searching in the language the compiler compiles (see `written`).

Equal elements share their derivative, and places have none.
"""

import numpy as np

from adjoint.compile import operations
from adjoint.compile.frontend.written_axes import ANY, dims_left, flat, mapped, reduced, rows_of


def argsort(a, axis=-1, kind=None, stable=None):
    if axis is None:
        return operations.order(flat(a))
    return mapped(operations.order, a, axis, int)


def in_order(a):
    """A sorted vector; equal elements become their mean, which is what they are."""
    if a.dtype != float:
        return a[operations.order(a)]
    out = a[operations.order(a)]
    start = 0
    while start < len(out):
        stop = start + 1
        excess = out[start] * 0
        while stop < len(out) and out[stop] == out[start]:
            if out[start] - out[start] == 0:
                excess = excess + (out[stop] - out[start])
            stop += 1
        if stop - start > 1 and out[start] - out[start] == 0:
            mean = out[start] + excess / (stop - start)
            for i in range(start, stop):
                out[i] = mean
        start = stop
    return out


def sort(a, axis=-1, kind=None, stable=None):
    if axis is None:
        return sort(flat(a))
    return mapped(in_order, a, axis, a.dtype)


def at_level(ordered, level, method):
    """The quantile of a sorted vector, at or between its elements."""
    if len(ordered) == 0:
        return np.nan
    if np.isnan(ordered[len(ordered) - 1]):
        return ordered[len(ordered) - 1]
    if not 0.0 <= level <= 1.0:
        raise ValueError("Quantiles must be in the range [0, 1]")
    place = level * (len(ordered) - 1)
    low = int(np.floor(place))
    high = min(low + 1, len(ordered) - 1)
    if method == "lower":
        return ordered[low]
    if method == "higher":
        return ordered[int(np.ceil(place))]
    if method == "nearest":
        return ordered[int(np.rint(place))]
    if method == "midpoint":
        return 0.5 * (ordered[low] + ordered[int(np.ceil(place))])
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def quantile(a, q, axis=None, *, method="linear", keepdims=False):
    return levels(a, q, axis, method, keepdims, False)


def percentile(a, q, axis=None, *, method="linear", keepdims=False):
    return levels(a, q / 100, axis, method, keepdims, False)


def present(a):
    """The elements of a vector that are numbers."""
    return a[a == a]


def nanquantile(a, q, axis=None, *, method="linear", keepdims=False):
    return levels(a, q, axis, method, keepdims, True)


def nanpercentile(a, q, axis=None, *, method="linear", keepdims=False):
    return levels(a, q / 100, axis, method, keepdims, True)


def median(a, axis=None, *, keepdims=False):
    return reduced(middle_of, a, axis, keepdims)


def nanmedian(a, axis=None, *, keepdims=False):
    return reduced(lambda row: middle_of(present(row)), a, axis, keepdims)


def place_of(a, value, right):
    """Where `value` belongs in a sorted vector."""
    low = 0
    high = len(a)
    while low < high:
        middle = (low + high) // 2
        if a[middle] < value or (right and a[middle] == value) or value != value:
            low = middle + 1
        else:
            high = middle
    return low


def searchsorted(a, v, side="left"):
    right = side == "right"
    if np.ndim(v) == 0:
        return place_of(a, v, right)
    values = flat(v)
    out = np.zeros(len(values), dtype=int)
    for i in range(len(values)):
        out[i] = place_of(a, values[i], right)
    return out if np.ndim(v) == 1 else out.copy().reshape(v.shape)


def digitize(x, bins, right=False):
    if len(bins) > 1 and bins[0] > bins[len(bins) - 1]:
        return len(bins) - searchsorted(bins[::-1], x, "left" if right else "right")
    return searchsorted(bins, x, "left" if right else "right")


def unique(ar, return_index=False, return_inverse=False, return_counts=False):
    """Of equal elements the first."""
    elements = flat(ar)
    order = operations.order(elements)
    ordered = elements[order]
    starts = first_of_each(ordered)
    out = np.zeros(len(starts), dtype=ar.dtype)
    for i in range(len(starts)):
        out[i] = ordered[starts[i]]
    found = [out]
    if return_index:
        found = [*found, order[starts]]
    if return_inverse:
        found = [*found, numbers_of_groups(order, starts)]
    if return_counts:
        found = [*found, np.append(starts, len(ordered))[1:] - starts]
    return found[0] if len(found) == 1 else tuple(found)


def is_new(value, before):
    """True for an element that is not the one before again (nan is one value)."""
    return value != before and (value == value or before == before)


def isin(element, test_elements, assume_unique=False, invert=False):
    elements = flat(element)
    found = np.zeros(len(elements), dtype=bool)
    for i in range(len(elements)):
        for other in flat(test_elements):
            if elements[i] == other:
                found[i] = True
    if invert:
        found = ~found
    return found if element.ndim == 1 else found.copy().reshape(element.shape)


def interp(x, xp, fp, left=None, right=None):
    if np.ndim(x) == 0:
        return interpolated(x, xp, fp, left, right)
    places = flat(x)
    out = np.zeros(len(places))
    for i in range(len(places)):
        out[i] = interpolated(places[i], xp, fp, left, right)
    return out if np.ndim(x) == 1 else out.copy().reshape(x.shape)


def interpolated(x, xp, fp, left, right):
    """At a knot with the slope of the piece to its right, at the last that to its left."""
    last = len(xp) - 1
    if x != x:
        return x
    if x < xp[0]:
        return fp[0] if left is None else left
    if x > xp[last]:
        return fp[last] if right is None else right
    if last == 0:
        return fp[0]
    low = min(place_of(xp, x, True), last) - 1
    return fp[low] + (fp[low + 1] - fp[low]) / (xp[low + 1] - xp[low]) * (x - xp[low])


def bincount(x, weights=None, minlength=0):
    size = minlength
    for place in x:
        if place < 0:
            raise ValueError("'list' argument must have no negative elements")
        size = max(size, place + 1)
    if weights is None:
        counts = np.zeros(size, dtype=int)
        for i in range(len(x)):
            counts[x[i]] += 1
        return counts
    out = np.zeros(size)
    for i in range(len(x)):
        out[x[i]] += weights[i]
    return out


def histogram(a, bins=10, range=None, density=False, weights=None):  # NumPy's own names
    elements = flat(a)
    edges = histogram_bin_edges(elements, bins, range)
    last = len(edges) - 1
    places = searchsorted(edges, elements, "right") - 1
    if weights is None:
        counts = counted(places, elements, edges, last)
        if density:
            return counts / np.diff(edges) / np.sum(counts), edges
        return counts, edges
    out = np.zeros(last)
    given = flat(weights)
    for i, place in enumerate(places):
        at = last - 1 if elements[i] == edges[last] else place
        if 0 <= at < last:
            out[at] += given[i]
    return (out / np.diff(edges) / np.sum(out) if density else out), edges


def counted(places, flat, edges, last):
    counts = np.zeros(last, dtype=int)
    for i, place in enumerate(places):
        at = last - 1 if flat[i] == edges[last] else place
        if 0 <= at < last:
            counts[at] += 1
    return counts


def partition(a, kth, axis=-1, kind="introselect"):
    """Sorted, which is one of the orders that NumPy allows."""
    return sort(a, axis)


def argpartition(a, kth, axis=-1, kind="introselect"):
    return argsort(a, axis)


def levels(a, q, axis, method, keepdims, skipping):
    """Quantiles of what lies along axes; the axis of levels comes first."""
    if method not in ("linear", "lower", "higher", "nearest", "midpoint"):
        raise ValueError("this method of a quantile is not compiled")
    if np.ndim(q) == 0:
        return reduced(
            lambda row: at_level(in_order(present(row) if skipping else row), q, method),
            a,
            axis,
            keepdims,
        )
    rows = rows_of(a, axis)
    out = np.zeros((len(q), len(rows)))
    for j in range(len(rows)):
        ordered = in_order(present(rows[j]) if skipping else rows[j])
        for i in range(len(q)):
            out[i, j] = at_level(ordered, q[i], method)
    return out.copy().reshape([len(q), *dims_left(a, axis, keepdims)])


def middle_of(a):
    """The median of a vector."""
    ordered = in_order(a)
    if len(ordered) == 0 or np.isnan(ordered[len(ordered) - 1]):
        return np.nan
    middle = len(ordered) // 2
    if len(ordered) % 2 == 1:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def first_of_each(ordered):
    """Where each of the different elements of a sorted vector begins."""
    count = 0
    for i in range(len(ordered)):
        if i == 0 or is_new(ordered[i], ordered[i - 1]):
            count += 1
    starts = np.zeros(count, dtype=int)
    count = 0
    for i in range(len(ordered)):
        if i == 0 or is_new(ordered[i], ordered[i - 1]):
            starts[count] = i
            count += 1
    return starts


def numbers_of_groups(order, starts):
    """For each element the number of its group of equal ones."""
    out = np.zeros(len(order), dtype=int)
    for group in range(len(starts)):
        stop = starts[group + 1] if group + 1 < len(starts) else len(order)
        for i in range(starts[group], stop):
            out[order[i]] = group
    return out


def union1d(ar1, ar2):
    return unique(np.concatenate((flat(ar1), flat(ar2))))


def intersect1d(ar1, ar2, assume_unique=False):
    found = unique(ar1)
    return found[isin(found, ar2)]


def setdiff1d(ar1, ar2, assume_unique=False):
    found = flat(ar1) if assume_unique else unique(ar1)
    return found[isin(found, ar2, False, True)]


def setxor1d(ar1, ar2, assume_unique=False):
    first = unique(ar1)
    second = unique(ar2)
    apart = (first[isin(first, second, False, True)], second[isin(second, first, False, True)])
    return sort(np.concatenate(apart))


def histogram_bin_edges(a, bins=10, range=None):  # NumPy's own names
    if np.ndim(bins) != 0:
        return bins * 1.0
    low = np.min(a) if range is None else range[0]
    high = np.max(a) if range is None else range[1]
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, bins + 1)


OF_ORDER = {
    np.argsort: (argsort, ANY),
    np.sort: (sort, ANY),
    np.partition: (partition, ANY),
    np.argpartition: (argpartition, ANY),
    np.quantile: (quantile, ANY),
    np.percentile: (percentile, ANY),
    np.nanquantile: (nanquantile, ANY),
    np.nanpercentile: (nanpercentile, ANY),
    np.median: (median, ANY),
    np.nanmedian: (nanmedian, ANY),
    np.searchsorted: (searchsorted, ANY),
    np.digitize: (digitize, ANY),
    np.unique: (unique, ANY),
    np.isin: (isin, ANY),
    np.union1d: (union1d, ANY),
    np.intersect1d: (intersect1d, ANY),
    np.setdiff1d: (setdiff1d, ANY),
    np.setxor1d: (setxor1d, ANY),
    np.interp: (interp, ANY),
    np.bincount: (bincount, 1),
    np.histogram: (histogram, ANY),
    np.histogram_bin_edges: (histogram_bin_edges, ANY),
}
