"""Rules of the elementary functions of `math`, together with the NumPy functions of the same name.

The formulas run on numbers and arrays; where a derivative is infinite they give ``inf``.
"""

import math

import numpy as np

from adjoint.rules.ruleset import Form, elementwise, none, overload, zero

LOG_2 = math.log(2.0)
LOG_10 = math.log(10.0)
TWO_OVER_ROOT_PI = 2.0 / math.sqrt(math.pi)
RADIANS_PER_DEGREE = math.pi / 180.0

elementwise((math.exp, np.exp), lambda x, out: out)
elementwise((math.exp2, np.exp2), lambda x, out: out * LOG_2)
elementwise((math.expm1, np.expm1), lambda x, out: np.exp(x))
elementwise((math.log, np.log), lambda x, out: 1.0 / x)
elementwise((math.log2, np.log2), lambda x, out: 1.0 / (x * LOG_2))
elementwise((math.log10, np.log10), lambda x, out: 1.0 / (x * LOG_10))
elementwise((math.log1p, np.log1p), lambda x, out: 1.0 / (1.0 + x))
elementwise((math.sqrt, np.sqrt), lambda x, out: 0.5 / out)
elementwise((math.cbrt, np.cbrt), lambda x, out: 1.0 / (3.0 * out * out))

overload(
    math.log,
    2,
    Form.ELEMENTWISE,
    lambda x, base, out: 1.0 / (x * np.log(base)),
    lambda x, base, out: -out / (base * np.log(base)),
)

elementwise((math.sin, np.sin), lambda x, out: np.cos(x))
elementwise((math.cos, np.cos), lambda x, out: -np.sin(x))
elementwise((math.tan, np.tan), lambda x, out: 1.0 + out * out)
elementwise((math.asin, np.arcsin), lambda x, out: 1.0 / np.sqrt((1.0 - x) * (1.0 + x)))
elementwise((math.acos, np.arccos), lambda x, out: -1.0 / np.sqrt((1.0 - x) * (1.0 + x)))
elementwise((math.atan, np.arctan), lambda x, out: 1.0 / (1.0 + x * x))
elementwise((math.sinh, np.sinh), lambda x, out: np.cosh(x))
elementwise((math.cosh, np.cosh), lambda x, out: np.sinh(x))
elementwise((math.tanh, np.tanh), lambda x, out: (1.0 - out) * (1.0 + out))
elementwise((math.asinh, np.arcsinh), lambda x, out: 1.0 / np.sqrt(1.0 + x * x))
# sqrt(x - 1) sqrt(x + 1), not sqrt(x*x - 1): the branch cuts of a complex x agree with arccosh.
elementwise((math.acosh, np.arccosh), lambda x, out: 1.0 / (np.sqrt(x - 1.0) * np.sqrt(x + 1.0)))
elementwise((math.atanh, np.arctanh), lambda x, out: 1.0 / ((1.0 - x) * (1.0 + x)))


def share_of(part, whole):
    """``part / whole``, and zero where the whole is: the derivative of a distance at its kink."""
    return part / np.where(whole == 0, 1.0, whole)


elementwise(
    np.hypot,
    lambda x, y, out: share_of(x, out),
    lambda x, y, out: share_of(y, out),
)


def per_square(part, x, y):
    """``part / (x**2 + y**2)`` without overflow, and zero at the origin."""
    radius = np.hypot(x, y)
    safe = np.where(radius == 0, 1.0, radius)
    return part / safe / safe


elementwise(
    (math.atan2, np.arctan2),
    lambda y, x, out: per_square(x, x, y),
    lambda y, x, out: per_square(-y, x, y),
)
elementwise(
    (math.copysign, np.copysign),
    lambda x, y, out: np.sign(x) * np.copysign(1.0, y),
    None,
)
elementwise((math.ldexp, np.ldexp), lambda x, exponent, out: np.ldexp(1.0, exponent), None)
elementwise((math.nextafter, np.nextafter), lambda x, y, out: 1.0, None)
elementwise((math.degrees, np.degrees, np.rad2deg), lambda x, out: 1.0 / RADIANS_PER_DEGREE)
elementwise((math.radians, np.radians, np.deg2rad), lambda x, out: RADIANS_PER_DEGREE)

elementwise(math.erf, lambda x, out: TWO_OVER_ROOT_PI * np.exp(-x * x))
elementwise(math.erfc, lambda x, out: -TWO_OVER_ROOT_PI * np.exp(-x * x))


def digamma(x):
    """The derivative of ``log(gamma(x))``; nan at its poles, the integers up to zero.

    Reflection to ``x >= 1/2``, ten steps of the recurrence, then the asymptotic series
    (Abramowitz and Stegun 6.3.5, 6.3.7, 6.3.18). Ordinary arithmetic, so it can be differentiated.
    """
    reflected = x < 0.5
    z = np.where(reflected, 1.0 - x, x)
    steps = 1.0 / z + 1.0 / (z + 1.0) + 1.0 / (z + 2.0) + 1.0 / (z + 3.0) + 1.0 / (z + 4.0)
    steps = steps + 1.0 / (z + 5.0) + 1.0 / (z + 6.0) + 1.0 / (z + 7.0) + 1.0 / (z + 8.0)
    z = z + 9.0
    square = 1.0 / (z * z)
    series = 1.0 / 240.0 - square * (1.0 / 132.0 - square * (691.0 / 32760.0 - square / 12.0))
    series = 1.0 / 12.0 - square * (1.0 / 120.0 - square * (1.0 / 252.0 - square * series))
    value = np.log(z) - 0.5 / z - square * series - steps
    angle = np.where(reflected, np.pi * (x - np.rint(x)), 1.0)
    return np.where(reflected, value - np.pi / np.tan(angle), value)


elementwise(math.gamma, lambda x, out: out * digamma(x))
elementwise(math.lgamma, lambda x, out: digamma(x))

if hasattr(math, "fma"):
    elementwise(
        math.fma,
        lambda x, y, z, out: y,
        lambda x, y, z, out: x,
        lambda x, y, z, out: 1.0,
    )

zero(math.ulp)
none(
    math.ceil,
    math.floor,
    math.trunc,
    math.isclose,
    math.isfinite,
    math.isinf,
    math.isnan,
    math.comb,
    math.factorial,
    math.gcd,
    math.isqrt,
    math.lcm,
    math.perm,
)
