"""Rounding, comparing, grids, differences and products of vectors, in the compiled language."""

import numpy as np


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


def divmod_of(x1, x2):
    return np.floor_divide(x1, x2), np.mod(x1, x2)


def isneginf(x):
    return x == -np.inf


def isposinf(x):
    return x == np.inf


def iscomplex(x):
    return x != x + 0 * (x == x)


def isreal(x):
    return (x == x) | (x != x)


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


def cumprod(a, axis=None):
    if a.ndim == 2 and axis is not None:
        rows = a.T if axis in (0, -2) else a
        table = np.zeros(rows.shape)
        for i in range(len(rows)):
            table[i] = cumprod(rows[i])
        return table.T if axis in (0, -2) else table
    flat = a.ravel()
    out = np.zeros(len(flat))
    product = 1.0
    for i in range(len(flat)):
        product = product * flat[i]
        out[i] = product
    return out


def trapezoid(y, x=None, dx=1.0, axis=-1):
    if y.ndim == 2:
        rows = y.T if axis in (0, -2) else y
        out = np.zeros(len(rows))
        for i in range(len(rows)):
            out[i] = trapezoid(rows[i], x, dx)
        return out
    total = 0.0
    for i in range(1, len(y)):
        width = dx if x is None else x[i] - x[i - 1]
        total += 0.5 * width * (y[i] + y[i - 1])
    return total


def gradient(f, spacing=1.0):
    """Second-order differences of a vector, one-sided at its ends."""
    n = len(f)
    x = spacing * np.arange(n) if np.ndim(spacing) == 0 else spacing
    out = np.zeros(n)
    out[0] = (f[1] - f[0]) / (x[1] - x[0])
    out[n - 1] = (f[n - 1] - f[n - 2]) / (x[n - 1] - x[n - 2])
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


def unwrap(p):
    out = p.copy()
    turns = 0.0
    for i in range(1, len(p)):
        step = p[i] - p[i - 1]
        wrapped = (step + np.pi) % (2 * np.pi) - np.pi
        if wrapped == -np.pi and step > 0:
            wrapped = np.pi + 0.0 * step
        if abs(step) >= np.pi:
            turns += wrapped - step
        out[i] = p[i] + turns
    return out


def full_correlation(a, v):
    """``out[k]`` is the sum of ``a[n + k - len(v) + 1] * v[n]``."""
    out = np.zeros(len(a) + len(v) - 1)
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
    if len(a) >= len(v):
        return cut(full_correlation(a, v), len(a), len(v), mode)
    return cut(full_correlation(v, a), len(v), len(a), mode)[::-1].copy()


def cross(a, b):
    if np.ndim(a) == 1 and np.ndim(b) == 1:
        return cross_of_vectors(a, b)
    rows = len(a) if np.ndim(a) == 2 else len(b)
    out = np.zeros((rows, 3))
    for i in range(rows):
        out[i] = cross_of_vectors(a[i] if np.ndim(a) == 2 else a, b[i] if np.ndim(b) == 2 else b)
    return out


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
    out = np.ones((len(x), columns))
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


OF_NUMBERS = {
    np.round: (rounded, 2),
    np.around: (rounded, 2),
    np.copysign: (copysign, 2),
    np.modf: (modf, 2),
    np.divmod: (divmod_of, 2),
    np.isneginf: (isneginf, 2),
    np.isposinf: (isposinf, 2),
    np.iscomplex: (iscomplex, 2),
    np.isreal: (isreal, 2),
    np.isclose: (isclose, 2),
    np.allclose: (allclose, 2),
    np.array_equal: (array_equal, 2),
    np.logspace: (logspace, 0),
    np.geomspace: (geomspace, 0),
    np.cumprod: (cumprod, 2),
    np.trapezoid: (trapezoid, 2),
    np.gradient: (gradient, 1),
    np.unwrap: (unwrap, 1),
    np.convolve: (convolve, 1),
    np.correlate: (correlate, 1),
    np.cross: (cross, 2),
    np.vander: (vander, 1),
    np.bartlett: (bartlett, 0),
    np.hamming: (hamming, 0),
    np.hanning: (hanning, 0),
    np.blackman: (blackman, 0),
}
