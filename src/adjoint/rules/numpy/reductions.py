"""Rules of reductions and cumulative operations.

At ties `max`, `min` and `median` give every tied element the same weight; the weights sum to one.
"""

import numpy as np

from adjoint.rules.forms import (
    axes_of,
    conjugated,
    count_over,
    linear,
    reduction,
    spread_over,
)
from adjoint.rules.ruleset import covers, jvp, none, vjp


@linear(np.sum)
def sum_transpose(ct, out, a, axis=None, dtype=None, *, keepdims=False, where=True, initial=0):
    spread = spread_over(ct, a, axis)
    return spread if where is True else np.where(where, spread, 0.0)


@jvp(np.sum)
def sum_jvp(tangents, out, a, axis=None, dtype=None, *, keepdims=False, where=True, initial=0):
    return np.sum(tangents[0], axis=axis, keepdims=keepdims, where=where)


@linear(np.mean)
def mean_transpose(ct, out, a, axis=None, dtype=None, *, keepdims=False, where=True):
    if where is True:
        return spread_over(ct / count_over(a, axis), a, axis)
    mean = spread_over(ct, a, axis) / count_over(a, axis, where)
    return np.where(where, mean, 0.0)


@linear(np.cumsum)
def cumsum_transpose(ct, out, a, axis=None, dtype=None):
    if axis is None:
        return np.reshape(np.flip(np.cumsum(np.flip(ct))), np.shape(a))
    return np.flip(np.cumsum(np.flip(ct, axis), axis), axis)


@reduction(np.var)
def var_gradient(
    out, a, *, axis=None, dtype=None, ddof=0, keepdims=False, correction=None, where=True
):
    divisor = count_over(a, axis, where) - (ddof if correction is None else correction)
    with np.errstate(divide="ignore", invalid="ignore"):  # the value is nan where it is zero
        deviation = a - np.mean(a, axis=axis, keepdims=True, where=where)
        gradient = deviation * np.divide(2.0, divisor)
    return gradient if where is True else np.where(where, gradient, 0.0)


@reduction(np.std)
def std_gradient(
    out, a, *, axis=None, dtype=None, ddof=0, keepdims=False, correction=None, where=True
):
    """Zero where all elements are equal."""
    divisor = count_over(a, axis, where) - (ddof if correction is None else correction)
    mean = np.mean(a, axis=axis, keepdims=True, where=where)
    deviation = a - mean if where is True else np.where(where, a - mean, 0.0)
    # Rounding of the mean can leave a tiny deviation of equal elements.
    if np.all(out > 0.01 * np.abs(mean)):
        return deviation / (divisor * out)
    masked = a if where is True else np.where(where, a, mean)
    equal = np.max(masked, axis=axis, keepdims=True) == np.min(masked, axis=axis, keepdims=True)
    return np.where(equal, 0.0, deviation / (divisor * np.where(equal, 1.0, out)))


def shared_among(chosen, axis):
    """Equal weights over the True elements along `axis`, with sum one; where none is, zeros."""
    count = np.count_nonzero(chosen, axis=axis, keepdims=True)
    return chosen * (1.0 / np.where(count == 0, 1, count))


@reduction(np.max, np.min, np.amax, np.amin, np.nanmax, np.nanmin)
def extremum_gradient(out, a, *, axis=None, keepdims=False, where=True, initial=None):
    """A nan that made the result nan is what was chosen; `initial` takes part in a tie."""
    chosen = a == out
    if np.any(out != out):
        chosen = chosen | ((a != a) & (out != out))
    if where is not True:
        chosen = chosen & where
    count = np.count_nonzero(chosen, axis=axis, keepdims=True)
    if initial is not None:
        count = count + (np.sum(initial == out, axis=axis, keepdims=True) > 0)
    return chosen * (1.0 / np.where(count == 0, 1, count))


@reduction(np.ptp)
def ptp_gradient(out, a, *, axis=None, keepdims=False):
    highest = a == np.max(a, axis=axis, keepdims=True)
    lowest = a == np.min(a, axis=axis, keepdims=True)
    return shared_among(highest, axis) - shared_among(lowest, axis)


@reduction(np.median)
def median_gradient(out, a, *, axis=None, overwrite_input=False, keepdims=False):
    """The mean of the weights of the lower and of the upper middle element."""
    if np.size(a) == 0:
        return np.zeros(np.shape(a))
    lower, upper = middle_elements(a, axis)
    return 0.5 * (shared_among(a == lower, axis) + shared_among(a == upper, axis))


def middle_elements(a, axis):
    """The two middle order statistics over `axis`, which is kept; equal if the count is odd."""
    ordered, kept = ordered_over(a, axis)
    count = ordered.shape[-1]
    middles = ordered[..., (count - 1) // 2], ordered[..., count // 2]
    return tuple(np.reshape(middle, kept) for middle in middles)


def ordered_over(a, axis):
    """The elements over `axis` sorted along one last axis, and the shape of `a` without them."""
    positions = axes_of(axis, a.ndim)
    others = tuple(p for p in range(a.ndim) if p not in positions)
    moved = np.transpose(a, (*others, *positions))
    ordered = np.sort(np.reshape(moved, (*(a.shape[p] for p in others), -1)), axis=-1)
    return ordered, reduced_shape(a, axis)


def reduced_shape(a, axis):
    """The shape of `a` with one element along each axis of `axis`."""
    positions = axes_of(axis, a.ndim)
    return [1 if p in positions else n for p, n in enumerate(a.shape)]


def quantile_partials(a, share, axis):
    """The partials of one quantile to the elements of `a`, and to `share` (from 0 to 1).

    By linear interpolation between two order statistics, NumPy's default method. At a rank the
    slope to `share` is that of the interval above.
    """
    if np.size(a) == 0:
        return np.zeros(np.shape(a)), np.zeros(reduced_shape(a, axis))
    ordered, kept = ordered_over(a, axis)
    last = ordered.shape[-1] - 1
    below = int(np.clip(np.floor(share * last), 0, max(last - 1, 0)))
    part = share * last - below
    lower, upper = (np.reshape(ordered[..., i], kept) for i in (below, min(below + 1, last)))
    by_element = (1.0 - part) * shared_among(a == lower, axis)
    return by_element + part * shared_among(a == upper, axis), last * (upper - lower)


def state_quantile(function, unit):
    """`unit` is one step of the level: ``np.percentile`` counts in hundredths."""

    def pullback(ct, out, a, q, axis=None, *, overwrite_input=False, keepdims=False):
        by_element, by_share = quantile_partials(np.asarray(a), unit * q, axis)
        ct_q = np.sum(ct * unit * np.reshape(by_share, np.shape(ct)))
        return spread_over(ct, a, axis) * by_element, ct_q

    def pushforward(tangents, out, a, q, axis=None, *, overwrite_input=False, keepdims=False):
        by_element, by_share = quantile_partials(np.asarray(a), unit * q, axis)
        moved, dq = tangents[:2]
        pushed = np.zeros(np.shape(out))
        if moved is not None:
            pushed = pushed + np.reshape(np.sum(by_element * moved, axis=axis), np.shape(out))
        return pushed if dq is None else pushed + unit * dq * np.reshape(by_share, np.shape(out))

    vjp(function)(pullback)
    jvp(function)(pushforward)


def is_one_level(a, q, *_args, **_options):
    """Of several levels, and of other methods, NumPy's own program is followed."""
    return np.ndim(q) == 0


state_quantile(np.quantile, 1.0)
state_quantile(np.percentile, 0.01)
covers(np.quantile, np.percentile)(is_one_level)


@reduction(np.nansum)
def nansum_gradient(out, a, *, axis=None, dtype=None, keepdims=False):
    return np.where(np.isnan(a), 0.0, 1.0)


@reduction(np.nanmean)
def nanmean_gradient(out, a, *, axis=None, dtype=None, keepdims=False):
    return shared_among(~np.isnan(a), axis)


def leave_one_out(a, axis):
    """For each element the product of the others along one axis.

    By division of the whole product, where no product of elements leaves the usual numbers; else
    without: zeros are exact.
    """
    if np.result_type(a) in DOUBLE and is_usual(a, axis):
        return np.prod(a, axis=axis, keepdims=True) / a
    ones = np.ones_like(np.take(a, [0], axis=axis)) if np.shape(a)[axis] else a
    count = np.shape(a)[axis]
    all_but_last = np.take(a, np.arange(max(count - 1, 0)), axis=axis)
    all_but_first = np.take(a, np.arange(1, count), axis=axis)
    before = np.cumprod(np.concatenate((ones, all_but_last), axis=axis), axis=axis)
    after = np.cumprod(np.flip(np.concatenate((all_but_first, ones), axis=axis), axis), axis=axis)
    return before * np.flip(after, axis)


def is_usual(a, axis):
    """True if the product of any of the elements along an axis is far from 0 and infinity."""
    with np.errstate(divide="ignore"):
        powers = np.absolute(np.log2(np.absolute(a)))
    return bool(np.all(np.sum(powers, axis=axis) < 950.0))


DOUBLE = (np.dtype(np.float64), np.dtype(np.complex128))


def product_partials(a, axis):
    """The partials of ``np.prod(a, axis)``, in the shape of `a`."""
    a = np.asarray(a)
    if axis is None or a.ndim == 0:
        return np.reshape(leave_one_out(np.reshape(a, -1), 0), a.shape)
    positions = axes_of(axis, a.ndim)
    if len(positions) == 1:
        return leave_one_out(a, positions[0])
    others = tuple(p for p in range(a.ndim) if p not in positions)
    moved = np.transpose(a, (*others, *positions))
    flat = np.reshape(moved, (*(a.shape[p] for p in others), -1))
    partials = np.reshape(leave_one_out(flat, len(others)), moved.shape)
    return np.transpose(partials, np.argsort((*others, *positions)))


@vjp(np.prod)
def prod_vjp(ct, out, a, axis=None, dtype=None, *, keepdims=False, where=True, initial=1):
    partials = masked_product_partials(a, axis, where, initial)
    return (spread_over(ct, a, axis) * conjugated(partials),)


@jvp(np.prod)
def prod_jvp(tangents, out, a, axis=None, dtype=None, *, keepdims=False, where=True, initial=1):
    terms = tangents[0] * masked_product_partials(a, axis, where, initial)
    return np.reshape(np.sum(terms, axis=axis), np.shape(out))


def masked_product_partials(a, axis, where, initial):
    """The partials of ``np.prod(a, axis, where=where, initial=initial)``."""
    if where is True:
        return initial * product_partials(a, axis)
    return np.where(where, initial * product_partials(np.where(where, a, 1.0), axis), 0.0)


@vjp(np.bincount)
def bincount_vjp(ct, out, x, weights=None, minlength=0):
    """Each weight is added to the bin of its number."""
    return None, None if weights is None else np.take(ct, x)


@jvp(np.bincount)
def bincount_jvp(tangents, out, x, weights=None, minlength=0):
    return np.bincount(x, tangents[1], len(out))


none(
    np.all,
    np.any,
    np.argmax,
    np.argmin,
    np.nanargmax,
    np.nanargmin,
    np.argsort,
    np.argpartition,
    np.argwhere,
    np.nonzero,
    np.flatnonzero,
    np.count_nonzero,
    np.lexsort,
    np.searchsorted,
    np.digitize,
    np.unravel_index,
    np.ravel_multi_index,
)
