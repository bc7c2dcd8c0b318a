"""Sorting, quantiles and searching in the language the compiler compiles (see `written`).

Equal elements share their derivative, and places have none.
"""

import numpy as np

from adjoint.compile import operations


def over_rows(function, a, axis, keepdims=False):
    """``function`` of each row of a matrix, or of each column."""
    columns = axis in (0, -2)
    rows = a.T if columns else a
    out = np.zeros(len(rows))
    for i in range(len(rows)):
        out[i] = function(rows[i])
    if keepdims:
        return out[None, :] if columns else out[:, None]
    return out


def argsort(a, axis=-1, kind=None, stable=None):
    if axis is None:
        return argsort(a.ravel())
    if a.ndim == 1:
        return operations.order(a)
    rows = a.T if axis in (0, -2) else a
    out = np.zeros(rows.shape, dtype=int)
    for i in range(len(rows)):
        out[i] = operations.order(rows[i])
    return out.T if axis in (0, -2) else out


def in_order(a):
    """A sorted vector; equal elements become their mean, which is what they are."""
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
    if a.dtype != float:
        return a[operations.order(a)]
    if axis is None:
        return in_order(a.ravel())
    if a.ndim == 1:
        return in_order(a)
    rows = a.T if axis in (0, -2) else a
    out = np.zeros(rows.shape)
    for i in range(len(rows)):
        out[i] = in_order(rows[i])
    return out.T if axis in (0, -2) else out


def at_level(ordered, level):
    """The quantile of a sorted vector, between its neighbours."""
    if len(ordered) == 0:
        return np.nan
    if np.isnan(ordered[len(ordered) - 1]):
        return ordered[len(ordered) - 1]
    if not 0.0 <= level <= 1.0:
        raise ValueError("Quantiles must be in the range [0, 1]")
    place = level * (len(ordered) - 1)
    low = int(np.floor(place))
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def quantiles(ordered, q):
    if np.ndim(q) == 0:
        return at_level(ordered, q)
    out = np.zeros(len(q))
    for i in range(len(q)):
        out[i] = at_level(ordered, q[i])
    return out


def quantile_of_rows(a, q, axis, skipping, keepdims):
    columns = axis in (0, -2)
    rows = a.T if columns else a
    out = np.zeros(len(rows))
    for i in range(len(rows)):
        out[i] = at_level(in_order(present(rows[i]) if skipping else rows[i]), q)
    if keepdims:
        return out[None, :] if columns else out[:, None]
    return out


def quantile(a, q, axis=None, keepdims=False):
    if a.ndim == 2 and axis is not None:
        return quantile_of_rows(a, q, axis, False, keepdims)
    return quantiles(in_order(a.ravel()), q)


def percentile(a, q, axis=None, keepdims=False):
    return quantile(a, q / 100, axis, keepdims)


def present(a):
    """The elements of a vector that are numbers."""
    return a[a == a]


def nanquantile(a, q, axis=None, keepdims=False):
    if a.ndim == 2 and axis is not None:
        return quantile_of_rows(a, q, axis, True, keepdims)
    return quantiles(in_order(present(a.ravel())), q)


def nanpercentile(a, q, axis=None, keepdims=False):
    return nanquantile(a, q / 100, axis, keepdims)


def median(a, axis=None, keepdims=False):
    if a.ndim == 2 and axis is not None:
        return over_rows(median, a, axis, keepdims)
    ordered = in_order(a.ravel())
    if len(ordered) == 0 or np.isnan(ordered[len(ordered) - 1]):
        return np.nan
    middle = len(ordered) // 2
    if len(ordered) % 2 == 1:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def nanmedian(a, axis=None, keepdims=False):
    if a.ndim == 2 and axis is not None:
        return over_rows(nanmedian, a, axis, keepdims)
    return median(present(a.ravel()))


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
    flat = v.ravel()
    out = np.zeros(len(flat), dtype=int)
    for i in range(len(flat)):
        out[i] = place_of(a, flat[i], right)
    return out if np.ndim(v) == 1 else out.copy().reshape(v.shape)


def digitize(x, bins, right=False):
    if len(bins) > 1 and bins[0] > bins[len(bins) - 1]:
        return len(bins) - searchsorted(bins[::-1], x, "left" if right else "right")
    return searchsorted(bins, x, "left" if right else "right")


def unique(ar):
    """Of equal elements the first."""
    flat = ar.ravel()
    ordered = flat[operations.order(flat)]
    count = 0
    for i in range(len(ordered)):
        if i == 0 or is_new(ordered[i], ordered[i - 1]):
            count += 1
    out = np.zeros(count, dtype=ar.dtype)
    count = 0
    for i in range(len(ordered)):
        if i == 0 or is_new(ordered[i], ordered[i - 1]):
            out[count] = ordered[i]
            count += 1
    return out


def is_new(value, before):
    """True for an element that is not the one before again (nan is one value)."""
    return value != before and (value == value or before == before)


def isin(element, test_elements):
    flat = element.ravel()
    found = np.zeros(len(flat), dtype=bool)
    for i in range(len(flat)):
        for other in test_elements.ravel():
            if flat[i] == other:
                found[i] = True
    return found if element.ndim == 1 else found.copy().reshape(element.shape)


def interp(x, xp, fp, left=None, right=None):
    if np.ndim(x) == 0:
        return interpolated(x, xp, fp, left, right)
    flat = x.ravel()
    out = np.zeros(len(flat))
    for i in range(len(flat)):
        out[i] = interpolated(flat[i], xp, fp, left, right)
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


def histogram(a, bins=10, range=None, weights=None):  # NumPy's own names
    flat = a.ravel()
    if np.ndim(bins) == 0:
        low = np.min(flat) if range is None else range[0]
        high = np.max(flat) if range is None else range[1]
        if low == high:
            low, high = low - 0.5, high + 0.5
        edges = np.linspace(low, high, bins + 1)
    else:
        edges = bins * 1.0
    last = len(edges) - 1
    places = searchsorted(edges, flat, "right") - 1
    if weights is None:
        return counted(places, flat, edges, last), edges
    out = np.zeros(last)
    given = weights.ravel()
    for i, place in enumerate(places):
        at = last - 1 if flat[i] == edges[last] else place
        if 0 <= at < last:
            out[at] += given[i]
    return out, edges


def counted(places, flat, edges, last):
    counts = np.zeros(last, dtype=int)
    for i, place in enumerate(places):
        at = last - 1 if flat[i] == edges[last] else place
        if 0 <= at < last:
            counts[at] += 1
    return counts


OF_ORDER = {
    np.argsort: (argsort, 2),
    np.sort: (sort, 2),
    np.quantile: (quantile, 2),
    np.percentile: (percentile, 2),
    np.nanquantile: (nanquantile, 2),
    np.nanpercentile: (nanpercentile, 2),
    np.median: (median, 3),
    np.nanmedian: (nanmedian, 3),
    np.searchsorted: (searchsorted, 2),
    np.digitize: (digitize, 2),
    np.unique: (unique, 2),
    np.isin: (isin, 2),
    np.interp: (interp, 2),
    np.bincount: (bincount, 1),
    np.histogram: (histogram, 2),
}
