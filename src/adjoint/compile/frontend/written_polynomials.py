"""Polynomials by their coefficients, in the language the compiler compiles (see `written`).

NumPy's older functions have the highest power first, those of `numpy.polynomial` the lowest.
"""

import numpy as np
from numpy.polynomial import polynomial

from adjoint.compile.frontend.written_axes import ANY, not_compiled, room


def polyadd(a1, a2):
    size = max(len(a1), len(a2))
    out = np.zeros(size, dtype=room(a1, a2))
    out[size - len(a1) :] += a1
    out[size - len(a2) :] += a2
    return out


def polysub(a1, a2):
    return polyadd(a1, -a2)


def without_leading_zeros(a):
    first = 0
    while first + 1 < len(a) and a[first] == 0:
        first += 1
    return a[first:]


def polymul(a1, a2):
    return np.convolve(without_leading_zeros(a1), without_leading_zeros(a2))


def polydiv(u, v):
    if len(u) < len(v):
        return np.zeros(1), u * 1.0
    rest = u.astype(room(u, v))
    quotient = np.zeros(len(u) - len(v) + 1, dtype=room(u, v))
    for k in range(len(quotient)):
        factor = rest[k] / v[0]
        quotient[k] = factor
        for i in range(len(v)):
            rest[k + i] -= factor * v[i]
    first = 0
    while first + 1 < len(rest) and abs(rest[first]) <= 1e-8:
        first += 1
    return quotient, rest[first:].copy()


def polyder(p, m=1):
    out = p * 1.0
    for _ in range(m):
        out = out[:-1] * np.arange(len(out) - 1, 0, -1)
    return out


def polyint(p, m=1, k=None):
    out = p * 1.0
    for i in range(m):
        constant = 0.0 if k is None else k if np.ndim(k) == 0 else k[i if len(k) > 1 else 0]
        out = np.append(out / np.arange(len(out), 0, -1), constant)
    return out


def poly(seq_of_zeros):
    if np.ndim(seq_of_zeros) != 1:
        return not_compiled("np.poly of a matrix")
    out = np.zeros(len(seq_of_zeros) + 1, dtype=room(seq_of_zeros))
    out[0] = 1.0
    for k in range(len(seq_of_zeros)):
        for back in range(k + 1):
            i = k + 1 - back
            out[i] -= seq_of_zeros[k] * out[i - 1]
    return out


def polyfit(x, y, deg, rcond=None, *, w=None):
    """Least squares with columns of equal size, as NumPy's."""
    powers = np.vander(x, deg + 1)
    values = y * 1.0
    if w is not None:
        powers = powers * w[:, None]
        values = y * w if y.ndim == 1 else y * w[:, None]
    scale = np.sqrt(np.sum(powers * powers, axis=0))
    smallest = len(x) * 2.0**-52 if rcond is None else rcond
    found = np.linalg.lstsq(powers / scale, values, rcond=smallest)[0]
    return found / scale if y.ndim == 1 else found / scale[:, None]


def trimmed(c):
    """Without zeros for the highest powers."""
    last = len(c)
    while last > 1 and c[last - 1] == 0:
        last -= 1
    return c[:last]


def rising_add(c1, c2):
    size = max(len(c1), len(c2))
    out = np.zeros(size)
    out[: len(c1)] += c1
    out[: len(c2)] += c2
    return trimmed(out)


def rising_sub(c1, c2):
    return rising_add(c1, -c2)


def rising_mul(c1, c2):
    return trimmed(np.convolve(trimmed(c1), trimmed(c2)))


def rising_div(c1, c2):
    quotient, rest = polydiv(trimmed(c1)[::-1], trimmed(c2)[::-1])
    return quotient[::-1], trimmed(rest[::-1])


def rising_der(c, m=1):
    return polyder(c[::-1], m)[::-1]


def rising_int(c, m=1, k=None):
    return polyint(c[::-1], m, k)[::-1]


def rising_val(x, c):
    if np.ndim(c) > 1 and np.ndim(x) > 0:
        return not_compiled("polynomials whose coefficients are a matrix")
    value = x * 0.0 + c[len(c) - 1]
    for back in range(1, len(c)):
        value = value * x + c[len(c) - 1 - back]
    return value


def polyval(p, x):
    value = x * 0.0
    for coefficient in p:
        value = value * x + coefficient
    return value


def rising_roots(c):
    return np.sort(np.roots(c[::-1]))


def rising_from_roots(roots):
    return poly(roots)[::-1]


OF_POLYNOMIALS = {
    np.polyval: (polyval, ANY),
    np.polyadd: (polyadd, 1),
    np.polysub: (polysub, 1),
    np.polymul: (polymul, 1),
    np.polydiv: (polydiv, 1),
    np.polyder: (polyder, 1),
    np.polyint: (polyint, 1),
    np.poly: (poly, 2),
    np.polyfit: (polyfit, 2),
    polynomial.polyadd: (rising_add, 1),
    polynomial.polysub: (rising_sub, 1),
    polynomial.polymul: (rising_mul, 1),
    polynomial.polydiv: (rising_div, 1),
    polynomial.polyder: (rising_der, 1),
    polynomial.polyint: (rising_int, 1),
    polynomial.polyval: (rising_val, ANY),
    polynomial.polyroots: (rising_roots, 1),
    polynomial.polyfromroots: (rising_from_roots, 1),
}
