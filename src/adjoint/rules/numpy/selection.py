"""Rules of the functions that choose, order, and slide over elements.

Where elements tie, the documented weights of `docs/semantics.md` hold for every spelling.
"""

import numpy as np

from adjoint.errors import MissingRule
from adjoint.rules.forms import conjugated, linear
from adjoint.rules.numpy.elementwise import winner
from adjoint.rules.numpy.shape import scatter_add
from adjoint.rules.ruleset import by_argument, covers, definition, jvp, vjp


def clip_weights(a, a_min, a_max):
    """The partials of ``minimum(maximum(a, a_min), a_max)``; an absent bound has none."""
    raised = a if a_min is None else np.maximum(a, a_min)
    below = 1.0 if a_max is None else winner(raised, a_max, np.minimum(raised, a_max))
    by_value = below if a_min is None else below * winner(a, a_min, raised)
    by_minimum = None if a_min is None else below * winner(a_min, a, raised)
    by_maximum = None if a_max is None else 1.0 - below
    return by_value, by_minimum, by_maximum


@vjp(np.clip)
def clip_vjp(ct, out, a, a_min=None, a_max=None):
    return tuple(None if w is None else ct * w for w in clip_weights(a, a_min, a_max))


@jvp(np.clip)
def clip_jvp(tangents, out, a, a_min=None, a_max=None):
    weights = clip_weights(a, a_min, a_max)
    return sum(t * w for t, w in zip(tangents, weights, strict=False) if t is not None)


@definition(np.clip)
def clip(a, a_min=None, a_max=None, *, min=None, max=None, **options):
    """With bounds by name, and the keywords of a ufunc."""
    low, high = (min if a_min is None else a_min, max if a_max is None else a_max)
    if low is None and high is None:
        return np.positive(a, **options)
    raised = a if low is None else np.maximum(a, low, **options)
    return raised if high is None else np.minimum(raised, high, **options)


@vjp(np.sort)
def sort_vjp(ct, out, a, axis=-1, kind=None, *, stable=None):
    """Unsort; equal elements share the cotangents of the places they fill."""
    if axis is None:
        return (np.reshape(sort_vjp(ct, out, np.ravel(a), 0)[0], np.shape(a)),)
    order = np.asarray(np.argsort(a, axis=axis))
    back = np.argsort(order, axis=axis)
    return (np.take_along_axis(mean_of_equals(ct, out, axis), back, axis),)


@jvp(np.sort)
def sort_jvp(tangents, out, a, axis=-1, kind=None, *, stable=None):
    if axis is None:
        return sort_jvp([np.ravel(tangents[0])], out, np.ravel(a), 0)
    order = np.argsort(a, axis=axis, kind="stable")
    return mean_of_equals(np.take_along_axis(np.asarray(tangents[0]), order, axis), out, axis)


def mean_of_equals(values, ordered, axis):
    """`values` averaged over each run of equal elements of `ordered`; symmetric and linear."""
    values, ordered = np.asarray(values), np.asarray(ordered)
    if ordered.size == 0:
        return values
    rows = np.moveaxis(ordered, axis, -1).reshape(-1, ordered.shape[axis])
    starts = np.ones(rows.shape, bool)
    starts[:, 1:] = rows[:, 1:] != rows[:, :-1]
    if starts.all():
        return values
    run = np.cumsum(starts.ravel()) - 1
    moved = np.moveaxis(values, axis, -1)
    sums = np.zeros(run[-1] + 1, values.dtype)
    np.add.at(sums, run, moved.ravel())
    means = (sums / np.bincount(run))[run]
    return np.moveaxis(means.reshape(moved.shape), -1, axis).astype(values.dtype)


@linear(mean_of_equals)
def mean_of_equals_transpose(ct, out, values, ordered, axis):
    return mean_of_equals(ct, ordered, axis)


@linear(np.diff)
def diff_transpose(ct, out, a, n=1, axis=-1):
    """The differences of the cotangent between zeros, with the sign turned, `n` times."""
    first, last, later, earlier = (
        along(axis, np.ndim(a), part)
        for part in (slice(None, 1), slice(-1, None), slice(1, None), slice(None, -1))
    )
    for _ in range(n):
        if ct.shape[axis] == 0:
            return np.zeros(np.shape(a))
        ct = np.concatenate((-ct[first], ct[earlier] - ct[later], ct[last]), axis)
    return ct


def along(axis, ndim, part):
    """The index of a part of one axis."""
    index = [slice(None)] * ndim
    index[axis] = part
    return tuple(index)


@linear(np.ediff1d)
def ediff1d_transpose(ct, out, ary):
    return np.reshape(diff_transpose(ct, out, np.ravel(ary)), np.shape(ary))


@linear(np.unwrap)
def unwrap_transpose(ct, out, p, discont=None, axis=-1, *, period=2.0 * np.pi):
    """Only multiples of the period are added."""
    return ct


@jvp(np.unwrap)
def unwrap_jvp(tangents, out, p, discont=None, axis=-1, *, period=2.0 * np.pi):
    return np.asarray(tangents[0])


def bins(x, xp):
    """For each `x` the index of the left knot of its bin; at a knot the bin to its right."""
    return np.clip(np.searchsorted(xp, x, side="right") - 1, 0, len(xp) - 2)


def interp_terms(x, xp, fp):
    """Bin, position in the bin (0 to 1), slope, and whether `x` lies between the outer knots."""
    xp, fp = np.asarray(xp), np.asarray(fp)
    left = bins(x, xp)
    width = xp[left + 1] - xp[left]
    share = np.clip((x - xp[left]) / width, 0.0, 1.0)
    inside = (x >= xp[0]) & (x <= xp[-1])
    slope = np.where(inside, (fp[left + 1] - fp[left]) / width, 0.0)
    return left, share, slope, inside


@vjp(np.interp)
def interp_vjp(ct, out, x, xp, fp, left=None, right=None):
    x, xp = np.asarray(x), np.asarray(xp)
    at, share, slope, _ = interp_terms(x, xp, fp)
    slope = conjugated(slope)
    held = np.where(held_by_knots(x, xp, left, right), ct, 0.0)
    low, high = np.ravel(at), np.ravel(at + 1)
    knots = (len(xp),)
    ct_fp = scatter_add(np.ravel(held * (1.0 - share)), low, knots)
    ct_fp = ct_fp + scatter_add(np.ravel(held * share), high, knots)
    ct_xp = scatter_add(np.ravel(-ct * slope * (1.0 - share)), low, knots)
    ct_xp = ct_xp + scatter_add(np.ravel(-ct * slope * share), high, knots)
    ct_left = np.sum(np.where(x < xp[0], ct, 0.0)) if left is not None else None
    ct_right = np.sum(np.where(x > xp[-1], ct, 0.0)) if right is not None else None
    return ct * slope, ct_xp, ct_fp, ct_left, ct_right


def held_by_knots(x, xp, left, right):
    """Where the result is made of `fp`: everywhere, unless `left` or `right` was given."""
    held = np.ones(np.shape(x), bool)
    if left is not None:
        held = held & (x >= xp[0])
    return held if right is None else held & (x <= xp[-1])


@jvp(np.interp)
def interp_jvp(tangents, out, x, xp, fp, left=None, right=None):
    x, xp = np.asarray(x), np.asarray(xp)
    at, share, slope, _ = interp_terms(x, xp, fp)
    dx, dxp, dfp, d_left, d_right = (*tangents, None, None, None, None)[:5]
    pushed = np.zeros(np.shape(x))
    if dx is not None:
        pushed = pushed + slope * dx
    if dxp is not None:
        dxp = np.asarray(dxp)
        pushed = pushed - slope * ((1.0 - share) * dxp[at] + share * dxp[at + 1])
    if dfp is not None:
        dfp = np.asarray(dfp)
        mixed = (1.0 - share) * dfp[at] + share * dfp[at + 1]
        pushed = pushed + np.where(held_by_knots(x, xp, left, right), mixed, 0.0)
    if d_left is not None:
        pushed = pushed + np.where(x < xp[0], d_left, 0.0)
    return pushed if d_right is None else pushed + np.where(x > xp[-1], d_right, 0.0)


@covers(np.interp)
def has_no_period(x, xp, fp, left=None, right=None, period=None):
    return period is None


@definition(np.interp)
def interp(x, xp, fp, left=None, right=None, period=None):
    """With a period, by the knots sorted within it and the next one to each side."""
    if period == 0:
        raise ValueError("period must be a non-zero value")
    period = abs(period)
    places = np.asarray(xp) % period
    order = np.argsort(places)
    knots, values = places[order], np.asarray(fp)[order]
    knots = np.concatenate((knots[-1:] - period, knots, knots[:1] + period))
    values = np.concatenate((values[-1:], values, values[:1]))
    return np.interp(np.asarray(x) % period, knots, values)


@vjp(np.select)
def select_vjp(ct, out, condlist, choicelist, default=0):
    first = first_true(condlist, np.shape(out))
    chosen = [np.where(first == i, ct, 0.0) for i in range(len(choicelist))]
    return None, chosen, np.where(first == len(choicelist), ct, 0.0)


@jvp(np.select)
def select_jvp(tangents, out, condlist, choicelist, default=0):
    choices = [0.0] * len(condlist) if tangents[1] is None else tangents[1]
    rest = tangents[2] if len(tangents) > 2 and tangents[2] is not None else 0.0
    return np.select(condlist, [np.asarray(t, float) for t in choices], rest)


def first_true(condlist, shape):
    """For each element the position of its first True condition, or how many there are."""
    conditions = [np.broadcast_to(c, shape) for c in condlist]
    return np.argmax([*conditions, np.ones(shape, bool)], axis=0)


def full_convolution(ct, mode, n, m):
    """The cotangent of the full convolution, of which `mode` kept the middle."""
    before = {"full": 0, "same": (min(n, m) - 1) // 2, "valid": min(n, m) - 1}[mode]
    return np.pad(ct, (before, n + m - 1 - before - len(ct)))


def convolve_left(ct, out, a, v, mode="full"):
    full = full_convolution(ct, mode, np.size(a), np.size(v))
    return np.correlate(full, np.atleast_1d(v), "valid")


def convolve_right(ct, out, a, v, mode="full"):
    full = full_convolution(ct, mode, np.size(a), np.size(v))
    return np.correlate(full, np.atleast_1d(a), "valid")


@vjp(np.convolve)
def convolve_vjp(ct, out, a, v, mode="full"):
    return convolve_left(ct, out, a, v, mode), convolve_right(ct, out, a, v, mode)


by_argument(np.convolve, formulas=(convolve_left, convolve_right))


@jvp(np.convolve)
def convolve_jvp(tangents, out, a, v, mode="full"):
    da, dv = tangents[:2]
    pushed = 0.0 if da is None else np.convolve(da, v, mode)
    return pushed if dv is None else pushed + np.convolve(a, dv, mode)


def as_convolution(a, v):
    """The two arrays whose convolution ``correlate(a, v)`` is; flipped if `v` is the longer."""
    return a, np.flip(conjugated(np.asarray(v)))


@vjp(np.correlate)
def correlate_vjp(ct, out, a, v, mode="valid"):
    if np.size(a) < np.size(v):  # NumPy exchanges them, and takes the mirror image's conjugate
        ct_v, ct_a = correlate_vjp(np.flip(conjugated(ct)), out, v, a, mode)
        return ct_a, ct_v
    ct_a, ct_flipped = convolve_vjp(ct, out, *as_convolution(a, v), mode)
    return ct_a, conjugated(np.flip(ct_flipped))


@jvp(np.correlate)
def correlate_jvp(tangents, out, a, v, mode="valid"):
    da, dv = tangents[:2]
    pushed = 0.0 if da is None else np.correlate(da, v, mode)
    return pushed if dv is None else pushed + np.correlate(a, dv, mode)


@vjp(np.trapezoid)
def trapezoid_vjp(ct, out, y, x=None, dx=1.0, axis=-1):
    y = np.asarray(y)
    rows, widths = np.moveaxis(y, axis, -1), widths_of(x, dx, axis, y.ndim)
    means = 0.5 * (rows[..., 1:] + rows[..., :-1])
    spread = np.expand_dims(ct, -1) * np.ones(means.shape[-1])
    halves = 0.5 * spread * conjugated(widths)
    zeros = np.zeros((*np.shape(ct), 1))
    ct_y = np.concatenate((halves, zeros), -1) + np.concatenate((zeros, halves), -1)
    ct_y = np.moveaxis(ct_y, -1, axis)
    ct_widths = spread * conjugated(means)
    if x is None:
        return ct_y, None, np.sum(ct_widths)
    ct_x = np.concatenate((zeros, ct_widths), -1) - np.concatenate((ct_widths, zeros), -1)
    if np.ndim(x) == 1:
        return ct_y, np.sum(np.reshape(ct_x, (-1, np.shape(ct_x)[-1])), axis=0), None
    return ct_y, np.moveaxis(ct_x, -1, axis), None


@covers(np.trapezoid)
def has_a_place_each(y, x=None, dx=1.0, axis=-1):
    return x is None or np.shape(x) in (np.shape(y), (np.shape(y)[axis],))


@jvp(np.trapezoid)
def trapezoid_jvp(tangents, out, y, x=None, dx=1.0, axis=-1):
    dy, d_x, d_dx = (*tangents, None, None)[:3]
    pushed = np.zeros(np.shape(out))[()] if dy is None else np.trapezoid(dy, x, dx, axis)
    if d_x is not None:
        pushed = pushed + np.trapezoid(y, d_x, dx, axis)
    return pushed if d_dx is None or x is not None else pushed + d_dx * np.trapezoid(y, axis=axis)


def widths_of(x, dx, axis, ndim):
    if x is None:
        return dx
    x = np.asarray(x)
    return np.diff(x) if x.ndim == 1 else np.diff(np.moveaxis(x, axis, -1))


@vjp(np.cross)
def cross_vjp(ct, out, a, b):
    """For vectors of three components along the last axis: the product is cyclic."""
    require_three(a, b)
    return np.cross(conjugated(b), ct), np.cross(ct, conjugated(a))


@jvp(np.cross)
def cross_jvp(tangents, out, a, b):
    da, db = tangents
    pushed = 0.0 if da is None else np.cross(da, b)
    return pushed if db is None else pushed + np.cross(a, db)


def require_three(a, b):
    if np.shape(a)[-1] != 3 or np.shape(b)[-1] != 3:
        raise MissingRule(
            "np.cross of vectors with two components has no rule",
            instead="write x[0] * y[1] - x[1] * y[0]",
        )


@vjp(np.meshgrid)
def meshgrid_vjp(ct, out, *xi, indexing="xy"):
    """Each vector varies along one axis of its grid."""
    axes = list(range(len(xi)))
    if indexing == "xy" and len(xi) > 1:
        axes[:2] = 1, 0
    sums = (
        None if c is None else np.sum(c, axis=tuple(a for a in range(len(xi)) if a != axis))
        for c, axis in zip(ct, axes, strict=True)
    )
    pairs = zip(sums, xi, strict=True)  # of arrays all elements are taken, in a row
    return tuple(None if c is None else np.reshape(c, np.shape(x)) for c, x in pairs)


@jvp(np.meshgrid)
def meshgrid_jvp(tangents, out, *xi, indexing="xy"):
    vectors = [np.zeros(np.shape(x)) if t is None else t for t, x in zip(tangents, xi, strict=True)]
    return np.meshgrid(*vectors, indexing=indexing)
