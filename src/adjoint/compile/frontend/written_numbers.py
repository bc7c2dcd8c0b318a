"""Rounding, comparing, grids, differences and products of vectors, in the compiled language."""

import numpy as np

from adjoint.compile.frontend.written_axes import (
    ANY,
    at_end,
    in_front,
    mapped,
    not_compiled,
    parted,
    put_back,
    put_from_end,
    room,
)


def rounded(a, decimals=0):
    if decimals == 0:
        return np.rint(a)
    if decimals > 0:
        return np.rint(a * 10.0**decimals) / 10.0**decimals
    return np.rint(a / 10.0 ** (-decimals)) * 10.0 ** (-decimals)


def copysign(x1, x2):
    return np.where(np.signbit(x1) == np.signbit(x2), x1, -x1)


def modf(x):
    whole = np.trunc(x)
    return np.where(np.isinf(x), 0.0 * np.sign(x), x - whole), whole


def heaviside(x1, x2):
    return np.where(x1 == 0, x2, 0.5 * (np.sign(x1) + 1))


def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    if not copy or np.iscomplexobj(x):
        not_compiled("this use of `nan_to_num`")
    finite = np.nan_to_num(x)
    high = finite if posinf is None else np.where(x == np.inf, posinf, finite)
    low = high if neginf is None else np.where(x == -np.inf, neginf, high)
    return np.where(np.isnan(x), nan, low)


def cumulative_sum(x, *, axis=None, include_initial=False):
    require_axis(x, axis)
    found = np.cumsum(x, axis=axis)
    return with_first(0, found, axis) if include_initial else found


def cumulative_prod(x, *, axis=None, include_initial=False):
    require_axis(x, axis)
    found = np.cumprod(x, axis=axis)
    return with_first(1, found, axis) if include_initial else found


def require_axis(x, axis):
    if axis is None and np.ndim(x) > 1:
        not_compiled("a cumulative sum or product of several axes without `axis`")


def with_first(value, found, axis):
    """`found` with one more item, in front along an axis."""
    along = 0 if axis is None else axis
    front = in_front(found, along)
    first = np.zeros((1, *front.shape[1:]), dtype=found.dtype) + value
    return put_back(np.concatenate((first, front)), along)


def divmod_of(x1, x2):
    return np.floor_divide(x1, x2), np.mod(x1, x2)


def isneginf(x):
    return x == -np.inf


def isposinf(x):
    return x == np.inf


def iscomplex(x):
    return np.imag(x) != 0


def isreal(x):
    return np.imag(x) == 0


def isclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    close = np.abs(a - b) <= atol + rtol * np.abs(b)
    same = np.where(np.isfinite(a) & np.isfinite(b), close, a == b)
    return same | ((a != a) & (b != b)) if equal_nan else same


def allclose(a, b, rtol=1e-05, atol=1e-08, equal_nan=False):
    close = isclose(a, b, rtol, atol, equal_nan)
    return close if np.ndim(close) == 0 else np.all(close)


def array_equal(a1, a2):
    if a1.ndim != a2.ndim:
        return False
    if a1.shape != a2.shape:
        return False
    return np.all(a1 == a2)


def logspace(start, stop, num=50, endpoint=True, base=10.0):
    return base ** np.linspace(start, stop, num, endpoint=endpoint)


def geomspace(start, stop, num=50, endpoint=True):
    steps = num - 1 if endpoint else num
    out = start * (stop / start) ** (np.arange(num) / steps)
    if endpoint and num > 1:
        out[num - 1] = stop
    return out


def trapezoid(y, x=None, dx=1.0, axis=-1):
    values = at_end(y, axis)
    means = 0.5 * (values[..., 1:] + values[..., :-1])
    if x is None:
        return np.sum(dx * means, axis=-1)
    places = x if x.ndim == 1 else at_end(x, axis)
    return np.sum((places[..., 1:] - places[..., :-1]) * means, axis=-1)


def gradient(f, *varargs, axis=None, edge_order=1):
    """Second-order differences along each axis."""
    _, gone = parted(f, axis)
    found = []
    for k in tuple(range(len(gone))):
        spacing = 1.0 if len(varargs) == 0 else varargs[0 if len(varargs) == 1 else k]
        slopes = slopes_of(in_front(f, gone[k]), spacing, edge_order)
        found.append(put_back(slopes, gone[k]))
    return found[0] if len(gone) == 1 else tuple(found)


def unwrap(p, discont=None, axis=-1, *, period=2 * np.pi):
    return mapped(lambda row: unwrapped(row, discont, period), p, axis)


def full_correlation(a, v):
    """``out[k]`` is the sum of ``a[n + k - len(v) + 1] * v[n]``."""
    out = np.zeros(len(a) + len(v) - 1, dtype=room(a, v))
    for i in range(len(a)):
        for j in range(len(v)):
            out[i + len(v) - 1 - j] += a[i] * v[j]
    return out


def cut(full, long, short, mode):
    """The middle of a correlation of two vectors of these lengths."""
    if mode == "full":
        return full
    if mode == "same":
        first = (short - 1) // 2
        return full[first : first + long].copy()
    return full[short - 1 : long].copy()


def convolve(a, v, mode="full"):
    return cut(full_correlation(a, v[::-1]), max(len(a), len(v)), min(len(a), len(v)), mode)


def correlate(a, v, mode="valid"):
    v = v.conj()
    if len(a) >= len(v):
        return cut(full_correlation(a, v), len(a), len(v), mode)
    return cut(full_correlation(v, a), len(v), len(a), mode)[::-1].copy()


def cross(a, b, axis=-1):
    if np.ndim(a) == 1 and np.ndim(b) == 1:
        return cross_of_vectors(a, b)
    u, v = components(a, axis), components(b, axis)
    parts = (u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0])
    return put_from_end(np.stack(parts, axis=-1), axis)


def cross_of_vectors(a, b):
    if len(a) != 3 or len(b) != 3:
        raise ValueError("both vectors must have three elements")
    return np.array(
        [
            a[1] * b[2] - a[2] * b[1],
            a[2] * b[0] - a[0] * b[2],
            a[0] * b[1] - a[1] * b[0],
        ]
    )


def vander(x, N=None, increasing=False):  # NumPy's own names
    columns = len(x) if N is None else N
    out = np.ones((len(x), columns), dtype=room(x, np.zeros(1)))
    for i in range(len(x)):
        for k in range(1, columns):
            if increasing:
                out[i, k] = out[i, k - 1] * x[i]
            else:
                out[i, columns - 1 - k] = out[i, columns - k] * x[i]
    return out


def bartlett(M):  # NumPy's own name
    if M == 1:
        return np.ones(1)
    n = np.arange(1 - M, M, 2)
    return np.where(n <= 0, 1 + n / (M - 1), 1 - n / (M - 1))


def hamming(M):  # NumPy's own name
    return np.ones(1) if M == 1 else 0.54 + 0.46 * np.cos(np.pi * np.arange(1 - M, M, 2) / (M - 1))


def hanning(M):  # NumPy's own name
    return np.ones(1) if M == 1 else 0.5 + 0.5 * np.cos(np.pi * np.arange(1 - M, M, 2) / (M - 1))


def blackman(M):  # NumPy's own name
    if M == 1:
        return np.ones(1)
    turn = np.pi * np.arange(1 - M, M, 2) / (M - 1)
    return 0.42 + 0.5 * np.cos(turn) + 0.08 * np.cos(2.0 * turn)


def slopes_of(f, spacing, edge_order):
    """Second-order differences between items, of this order at the ends."""
    n = len(f)
    x = spacing * np.arange(n) if np.ndim(spacing) == 0 else spacing
    out = np.zeros(f.shape, dtype=room(f))
    if edge_order == 1:
        out[0] = (f[1] - f[0]) / (x[1] - x[0])
        out[n - 1] = (f[n - 1] - f[n - 2]) / (x[n - 1] - x[n - 2])
    else:
        out[0] = slope_at_end(f[0], f[1], f[2], x[1] - x[0], x[2] - x[1])
        back, further = x[n - 2] - x[n - 1], x[n - 3] - x[n - 2]
        out[n - 1] = slope_at_end(f[n - 1], f[n - 2], f[n - 3], back, further)
    for i in range(1, n - 1):
        before = x[i] - x[i - 1]
        after = x[i + 1] - x[i]
        if before == after:
            out[i] = (f[i + 1] - f[i - 1]) / (2.0 * before)
        else:
            left = -after / (before * (before + after)) * f[i - 1]
            here = (after - before) / (before * after) * f[i]
            out[i] = left + here + before / (after * (before + after)) * f[i + 1]
    return out


def slope_at_end(here, near, far, first, second):
    """Of the parabola through three items, at that from which the others are this far."""
    total = first + second
    return (
        -(first + total) / (first * total) * here
        + total / (first * second) * near
        - first / (second * total) * far
    )


def unwrapped(p, discont, period):
    out = p.copy()
    turns = 0.0
    least = 0.5 * period if discont is None else max(discont, 0.5 * period)
    for i in range(1, len(p)):
        step = p[i] - p[i - 1]
        wrapped = (step + 0.5 * period) % period - 0.5 * period
        if wrapped == -0.5 * period and step > 0:
            wrapped = 0.5 * period + 0.0 * step
        if abs(step) >= least:
            turns += wrapped - step
        out[i] = p[i] + turns
    return out


def components(a, axis):
    vectors = at_end(a, axis)
    if vectors.shape[-1] != 3:
        raise ValueError("both (arrays of) vectors must have three elements")
    if a.ndim == 1:
        return vectors[0], vectors[1], vectors[2]
    return vectors[..., 0], vectors[..., 1], vectors[..., 2]


def kaiser(M, beta):  # NumPy's own names
    if M == 1:
        return np.ones(1)
    half = 0.5 * (M - 1)
    return np.i0(beta * np.sqrt(1.0 - ((np.arange(M) - half) / half) ** 2)) / np.i0(beta)


def fix(x):
    return np.trunc(x)


def real_if_close(a, tol=100):
    return a


def pad(array, pad_width, mode="constant", *, constant_values=0.0, end_values=0.0):
    out = array.copy()
    for at in tuple(range(array.ndim)):
        before, after = widths(pad_width, at)
        front = in_front(out, at)
        if mode in ENDS:
            low, high = ends_of(
                front, before, after, mode, *by_side(constant_values, end_values, at)
            )
            out = put_back(np.concatenate((low, front, high)), at)
        else:
            out = put_back(front[outside(len(front), before, after, mode)], at)
    return out


ENDS = ("constant", "linear_ramp", "maximum", "minimum", "mean")
"""Where what is added is not made of single items."""


def by_side(constant_values, end_values, axis):
    return (*widths(constant_values, axis), *widths(end_values, axis))


def ends_of(front, before, after, mode, low, high, first, last):
    """What is put before and after the first axis."""
    rest = [1] * (front.ndim - 1)
    before_it = np.zeros((before, *front.shape[1:]), dtype=front.dtype)
    after_it = np.zeros((after, *front.shape[1:]), dtype=front.dtype)
    if mode == "constant":
        return before_it + low, after_it + high
    if mode == "linear_ramp":
        up = np.arange(before).astype(room(front)) / max(before, 1)
        down = np.arange(after - 1, -1, -1).astype(room(front)) / max(after, 1)
        up, down = up.copy().reshape(before, *rest), down.copy().reshape(after, *rest)
        return first + (front[0] - first) * up, last + (front[-1] - last) * down
    if mode == "maximum":
        same = np.max(front, axis=0)
    elif mode == "minimum":
        same = np.min(front, axis=0)
    else:
        same = np.mean(front, axis=0)
    return before_it + same, after_it + same


def widths(given, axis):
    """Before and after an axis: one for all, a pair for all, or a pair for each."""
    if not isinstance(given, tuple | list):
        return given, given
    if len(given) == 1:
        return widths(given[0], 0)
    return widths(given[axis], 0) if isinstance(given[0], tuple | list) else (given[0], given[1])


def outside(n, before, after, mode):
    """The places from which the items before, in and after an axis come."""
    at = np.arange(-before, n + after)
    if mode == "edge":
        return np.clip(at, 0, n - 1)
    if mode == "wrap":
        return at % n
    if mode == "symmetric":
        turned = at % (2 * n)
        return np.minimum(turned, 2 * n - 1 - turned)
    if mode == "reflect":
        turned = at % max(2 * n - 2, 1)
        return np.minimum(turned, 2 * n - 2 - turned)
    return not_compiled("this mode of np.pad")


OF_NUMBERS = {
    np.round: (rounded, ANY),
    np.around: (rounded, ANY),
    np.copysign: (copysign, ANY),
    np.modf: (modf, ANY),
    np.divmod: (divmod_of, ANY),
    np.isneginf: (isneginf, ANY),
    np.isposinf: (isposinf, ANY),
    np.iscomplex: (iscomplex, ANY),
    np.isreal: (isreal, ANY),
    np.heaviside: (heaviside, ANY),
    np.isclose: (isclose, ANY),
    np.allclose: (allclose, ANY),
    np.array_equal: (array_equal, ANY),
    np.logspace: (logspace, 0),
    np.geomspace: (geomspace, 0),
    np.trapezoid: (trapezoid, ANY),
    np.gradient: (gradient, ANY),
    np.unwrap: (unwrap, ANY),
    np.convolve: (convolve, 1),
    np.correlate: (correlate, 1),
    np.cross: (cross, ANY),
    np.vander: (vander, 1),
    np.bartlett: (bartlett, 0),
    np.hamming: (hamming, 0),
    np.hanning: (hanning, 0),
    np.blackman: (blackman, 0),
    np.kaiser: (kaiser, 0),
    np.fix: (fix, ANY),
    np.real_if_close: (real_if_close, ANY),
    np.pad: (pad, ANY),
    np.linalg.cross: (cross, ANY),
}
if hasattr(np, "cumulative_sum"):  # since NumPy 2.1
    OF_NUMBERS |= {
        np.cumulative_sum: (cumulative_sum, ANY),
        np.cumulative_prod: (cumulative_prod, ANY),
    }
