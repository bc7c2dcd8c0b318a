"""Statistics, also of arrays with missing numbers, in the language the compiler compiles."""

import numpy as np

from adjoint.compile.frontend.written_order import over_rows, present


def with_axis(totals, axis):
    """Totals of rows or columns, as a matrix that broadcasts against theirs."""
    return totals[None, :] if axis in (0, -2) else totals[:, None]


def filled(a, value):
    """`a` with `value` in place of what is no number."""
    return np.where(np.isnan(a), value, a)


def nansum(a, axis=None, keepdims=False):
    return np.sum(filled(a, 0.0), axis=axis, keepdims=keepdims)


def nanprod(a, axis=None):
    return np.prod(filled(a, 1.0), axis=axis)


def nancumsum(a, axis=None):
    return np.cumsum(filled(a, 0.0), axis=axis)


def nancumprod(a, axis=None):
    return np.cumprod(filled(a, 1.0), axis=axis)


def number(a, axis):
    return np.sum(np.where(np.isnan(a), 0.0, 1.0), axis=axis)


def nanmean(a, axis=None):
    return np.divide(np.sum(filled(a, 0.0), axis=axis), number(a, axis))


def nanvar(a, axis=None, ddof=0):
    mean = nanmean(a, axis)
    center = mean if axis is None or a.ndim == 1 else with_axis(mean, axis)
    off = np.where(np.isnan(a), 0.0, a - center)
    return np.divide(np.sum(off * off, axis=axis), number(a, axis) - ddof)


def nanstd(a, axis=None, ddof=0):
    return np.sqrt(nanvar(a, axis, ddof))


def nanmax(a, axis=None, keepdims=False):
    if a.ndim == 2 and axis is not None:
        return over_rows(nanmax, a, axis, keepdims)
    kept = present(a.ravel())
    return np.nan if len(kept) == 0 else np.max(kept)


def nanmin(a, axis=None, keepdims=False):
    if a.ndim == 2 and axis is not None:
        return over_rows(nanmin, a, axis, keepdims)
    kept = present(a.ravel())
    return np.nan if len(kept) == 0 else np.min(kept)


def nanargmax(a, axis=None):
    known = filled(a, -np.inf)
    return np.argmax(known) if axis is None else np.argmax(known, axis=axis)


def nanargmin(a, axis=None):
    known = filled(a, np.inf)
    return np.argmin(known) if axis is None else np.argmin(known, axis=axis)


def average(a, axis=None, weights=None):
    if weights is None:
        return np.mean(a, axis=axis)
    if axis is None or a.ndim == 1 or weights.ndim == 2:
        return np.sum(a * weights, axis=axis) / np.sum(weights, axis=axis)
    spread = weights[:, None] if axis in (0, -2) else weights[None, :]
    return np.sum(a * spread, axis=axis) / np.sum(weights)


def variables(m, y, rowvar):
    """Observations in columns, one row for each variable, less their means."""
    rows = m[None, :] if m.ndim == 1 else m
    if not rowvar and m.ndim == 2:
        rows = rows.T
    if y is not None:
        others = y[None, :] if y.ndim == 1 else y
        rows = np.concatenate((rows, others.T if not rowvar and y.ndim == 2 else others))
    return rows - np.mean(rows, axis=1)[:, None]


def cov(m, y=None, rowvar=True, bias=False, ddof=None):
    off = variables(m, y, rowvar)
    count = off.shape[1] - ((0 if bias else 1) if ddof is None else ddof)
    if m.ndim == 1 and y is None:
        return np.sum(off * off) / count
    return off @ off.T / count


def corrcoef(x, y=None, rowvar=True):
    off = variables(x, y, rowvar)
    if x.ndim == 1 and y is None:
        return np.divide(np.sum(off * off), np.sum(off * off))
    products = off @ off.T
    spread = np.sqrt(np.diag(products))
    return np.clip(products / spread[:, None] / spread[None, :], -1.0, 1.0)


def ptp(a, axis=None, keepdims=False):
    if axis is None or a.ndim == 1:
        return np.max(a, keepdims=keepdims) - np.min(a, keepdims=keepdims)
    if keepdims:
        return with_axis(np.max(a, axis=axis) - np.min(a, axis=axis), axis)
    return np.max(a, axis=axis) - np.min(a, axis=axis)


def count_nonzero(a, axis=None):
    if a.ndim == 2 and axis is not None:
        rows = a.T if axis in (0, -2) else a
        counts = np.zeros(len(rows), dtype=int)
        for i in range(len(rows)):
            counts[i] = count_nonzero(rows[i])
        return counts
    count = 0
    for item in a.ravel():
        if item != 0:
            count += 1
    return count


def any_along(a, axis):
    rows = a.T if axis in (0, -2) else a
    out = np.zeros(len(rows), dtype=bool)
    for i in range(len(rows)):
        out[i] = np.any(rows[i])
    return out


def all_along(a, axis):
    rows = a.T if axis in (0, -2) else a
    out = np.zeros(len(rows), dtype=bool)
    for i in range(len(rows)):
        out[i] = np.all(rows[i])
    return out


OF_STATISTICS = {
    np.nansum: (nansum, 3),
    np.nanprod: (nanprod, 2),
    np.nancumsum: (nancumsum, 2),
    np.nancumprod: (nancumprod, 2),
    np.nanmean: (nanmean, 3),
    np.nanvar: (nanvar, 2),
    np.nanstd: (nanstd, 2),
    np.nanmax: (nanmax, 2),
    np.nanmin: (nanmin, 2),
    np.nanargmax: (nanargmax, 2),
    np.nanargmin: (nanargmin, 2),
    np.average: (average, 2),
    np.cov: (cov, 2),
    np.corrcoef: (corrcoef, 2),
    np.ptp: (ptp, 2),
    np.count_nonzero: (count_nonzero, 2),
}
