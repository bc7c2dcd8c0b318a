"""Statistics, also of arrays with missing numbers, in the language the compiler compiles."""

import numpy as np

from adjoint.compile.frontend.written_axes import ANY, flat, mapped, put_from_end, reduced, room
from adjoint.compile.frontend.written_order import present


def filled(a, value):
    """`a` with `value` in place of what is no number."""
    return np.where(np.isnan(a), value, a)


def nansum(a, axis=None, *, keepdims=False):
    return np.sum(filled(a, 0.0), axis=axis, keepdims=keepdims)


def nanprod(a, axis=None, *, keepdims=False):
    return np.prod(filled(a, 1.0), axis=axis, keepdims=keepdims)


def nancumsum(a, axis=None):
    return np.cumsum(filled(a, 0.0), axis=axis)


def nancumprod(a, axis=None):
    return np.cumprod(filled(a, 1.0), axis=axis)


def number(a, axis, keepdims):
    return np.sum(np.where(np.isnan(a), 0.0, 1.0), axis=axis, keepdims=keepdims)


def nanmean(a, axis=None, *, keepdims=False):
    total = np.sum(filled(a, 0.0), axis=axis, keepdims=keepdims)
    return np.divide(total, number(a, axis, keepdims))


def nanvar(a, axis=None, *, ddof=0, keepdims=False):
    off = np.where(np.isnan(a), 0.0, a - nanmean(a, axis, keepdims=True))
    total = np.sum((off * off.conj()).real, axis=axis, keepdims=keepdims)
    return np.divide(total, number(a, axis, keepdims) - ddof)


def nanstd(a, axis=None, *, ddof=0, keepdims=False):
    return np.sqrt(nanvar(a, axis, ddof=ddof, keepdims=keepdims))


def nanmax(a, axis=None, *, keepdims=False):
    return reduced(largest_known, a, axis, keepdims)


def nanmin(a, axis=None, *, keepdims=False):
    return reduced(smallest_known, a, axis, keepdims)


def nanargmax(a, axis=None, *, keepdims=False):
    return np.argmax(filled(a, -np.inf), axis=axis, keepdims=keepdims)


def nanargmin(a, axis=None, *, keepdims=False):
    return np.argmin(filled(a, np.inf), axis=axis, keepdims=keepdims)


def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    shares = np.ones(a.shape)
    if weights is not None:
        along = axis is not None and weights.ndim == 1 and a.ndim > 1
        shares = shares * (put_from_end(spread(weights, a.ndim), axis) if along else weights)
    count = np.sum(shares, axis=axis, keepdims=keepdims)
    mean = np.sum(a * shares, axis=axis, keepdims=keepdims) / count
    return (mean, count) if returned else mean


def variables(m, y, rowvar):
    """Observations in columns, one row for each variable."""
    rows = m[None, :] if m.ndim == 1 else m
    if not rowvar and m.ndim == 2:
        rows = rows.T
    if y is not None:
        others = y[None, :] if y.ndim == 1 else y
        rows = np.concatenate((rows, others.T if not rowvar and y.ndim == 2 else others))
    return rows


def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None):
    rows = variables(m, y, rowvar)
    shares = np.ones(rows.shape[1])
    if fweights is not None:
        shares = shares * fweights
    if aweights is not None:
        shares = shares * aweights
    total = np.sum(shares)
    off = rows - (rows @ shares / total)[:, None]
    less = (0 if bias else 1) if ddof is None else ddof
    count = total - less
    if aweights is not None:
        count = total - less * np.sum(shares * aweights) / total
    if m.ndim == 1 and y is None:
        return np.sum(off * off.conj() * shares) / count
    return (off * shares) @ off.conj().T / count


def corrcoef(x, y=None, rowvar=True):
    rows = variables(x, y, rowvar)
    off = rows - np.mean(rows, axis=1)[:, None]
    if x.ndim == 1 and y is None:
        return np.divide(np.sum(off * off.conj()), np.sum(off * off.conj()))
    products = off @ off.conj().T
    spreads = np.sqrt(np.diag(products).real)
    found = products / spreads[:, None] / spreads[None, :]
    if np.iscomplexobj(found):
        return np.clip(found.real, -1.0, 1.0) + 1j * np.clip(found.imag, -1.0, 1.0)
    return np.clip(found, -1.0, 1.0)


def ptp(a, axis=None, *, keepdims=False):
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


def count_nonzero(a, axis=None, *, keepdims=False):
    return reduced(count_of_true, a, axis, keepdims, int)


def any_along(a, axis=None, *, keepdims=False):
    return reduced(np.any, a, axis, keepdims, bool)


def all_along(a, axis=None, *, keepdims=False):
    return reduced(np.all, a, axis, keepdims, bool)


def largest_known(a):
    kept = present(a)
    return np.nan if len(kept) == 0 else np.max(kept)


def smallest_known(a):
    kept = present(a)
    return np.nan if len(kept) == 0 else np.min(kept)


def spread(a, rank):
    """A vector as the last axis of an array of this rank."""
    return a.copy().reshape([*[1 for _ in range(rank - 1)], len(a)])


def count_of_true(a):
    count = 0
    for item in a:
        if item != 0:
            count += 1
    return count


def max_along(a, axis=None, *, keepdims=False, initial=None):
    found = reduced(np.max, a, axis, keepdims, a.dtype)
    return found if initial is None else np.maximum(found, initial)


def min_along(a, axis=None, *, keepdims=False, initial=None):
    found = reduced(np.min, a, axis, keepdims, a.dtype)
    return found if initial is None else np.minimum(found, initial)


def argmax_along(a, axis=None, *, keepdims=False):
    return reduced(np.argmax, a, axis, keepdims, int)


def argmin_along(a, axis=None, *, keepdims=False):
    return reduced(np.argmin, a, axis, keepdims, int)


def product_of(a):
    product = 1 if kind_of_sum(a) is int else 1.0
    for value in a:
        product = product * value
    return product


def prod(a, axis=None, *, keepdims=False, initial=None):
    found = reduced(product_of, a, axis, keepdims, kind_of_sum(a))
    return found if initial is None else found * initial


def cumulated(a):
    out = np.zeros(len(a), dtype=kind_of_sum(a))
    total = 0 if kind_of_sum(a) is int else 0.0
    for i in range(len(a)):
        total = total + a[i]
        out[i] = total
    return out


def multiplied(a):
    out = np.zeros(len(a), dtype=kind_of_sum(a))
    product = 1 if kind_of_sum(a) is int else 1.0
    for i in range(len(a)):
        product = product * a[i]
        out[i] = product
    return out


def cumsum(a, axis=None):
    return cumulated(flat(a)) if axis is None else mapped(cumulated, a, axis, kind_of_sum(a))


def cumprod(a, axis=None):
    return multiplied(flat(a)) if axis is None else mapped(multiplied, a, axis, kind_of_sum(a))


OF_REDUCTIONS = {
    np.max: max_along,
    np.amax: max_along,
    np.min: min_along,
    np.amin: min_along,
    np.argmax: argmax_along,
    np.argmin: argmin_along,
    np.any: any_along,
    np.all: all_along,
}
"""How reductions of whole arrays are written where more is said than the array."""


def kind_of_sum(a):
    """What sums and products of elements are: bools are counted."""
    return int if a.dtype == int or a.dtype == bool else room(a)


OF_STATISTICS = {
    np.prod: (prod, ANY),
    np.cumsum: (cumsum, ANY),
    np.cumprod: (cumprod, ANY),
    np.nansum: (nansum, ANY),
    np.nanprod: (nanprod, ANY),
    np.nancumsum: (nancumsum, ANY),
    np.nancumprod: (nancumprod, ANY),
    np.nanmean: (nanmean, ANY),
    np.nanvar: (nanvar, ANY),
    np.nanstd: (nanstd, ANY),
    np.nanmax: (nanmax, ANY),
    np.nanmin: (nanmin, ANY),
    np.nanargmax: (nanargmax, ANY),
    np.nanargmin: (nanargmin, ANY),
    np.average: (average, ANY),
    np.cov: (cov, 2),
    np.corrcoef: (corrcoef, 2),
    np.ptp: (ptp, ANY),
    np.count_nonzero: (count_nonzero, ANY),
}
