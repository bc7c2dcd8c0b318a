"""Rules of logistic functions, entropies, losses, Box-Cox transforms and elementary functions."""

import numpy as np
import scipy.special as sc

from adjoint.rules.elementary import LOG_2, LOG_10, RADIANS_PER_DEGREE
from adjoint.rules.ruleset import elementwise, zero

elementwise(sc.expit, lambda x, out: out * sc.expit(-x))
elementwise(sc.logit, lambda p, out: 1.0 / (p * (1.0 - p)))
elementwise(sc.log_expit, lambda x, out: sc.expit(-x))
elementwise(sc.entr, lambda x, out: -np.log(x) - 1.0)
elementwise(
    sc.rel_entr,
    lambda x, y, out: np.log(x / y) + 1.0,
    lambda x, y, out: -x / y,
)
elementwise(
    sc.kl_div,
    lambda x, y, out: np.log(x / y),
    lambda x, y, out: 1.0 - x / y,
)


def quotient(x, y):
    """``x / y``, and zero where both are."""
    return x / np.where((x == 0) & (y == 0), 1.0, y)


elementwise(
    sc.xlogy,
    lambda x, y, out: np.log(y),
    lambda x, y, out: quotient(x, y),
)
elementwise(
    sc.xlog1py,
    lambda x, y, out: np.log1p(y),
    lambda x, y, out: quotient(x, 1.0 + y),
)
elementwise(
    sc.huber,
    lambda delta, r, out: np.maximum(np.absolute(r) - delta, 0.0),
    lambda delta, r, out: np.clip(r, -delta, delta),
)
elementwise(
    sc.pseudo_huber,
    lambda delta, r, out: 2.0 * out / delta - r * r / (delta * np.hypot(1.0, r / delta)),
    lambda delta, r, out: r / np.hypot(1.0, r / delta),
)


def power_slope(log_x, exponent):
    """The derivative of ``(exp(exponent log_x) - 1) / exponent`` to the exponent, with its limit.

    It is ``log_x**2 g(exponent log_x)`` with ``g(u) = ((u - 1) exp(u) + 1) / u**2``.
    """
    u = exponent * log_x
    small = np.absolute(u) < 0.02
    safe = np.where(small, 1.0, u)
    series = 0.5 + u * (1.0 / 3.0 + u * (1.0 / 8.0 + u * (1.0 / 30.0 + u / 144.0)))
    series = series + u**5 / 840.0 + u**6 / 5760.0
    exact = ((safe - 1.0) * np.exp(safe) + 1.0) / (safe * safe)
    return log_x * log_x * np.where(small, series, exact)


elementwise(
    sc.boxcox,
    lambda x, lmbda, out: np.power(x, lmbda - 1.0),
    lambda x, lmbda, out: power_slope(np.log(x), lmbda),
)
elementwise(
    sc.boxcox1p,
    lambda x, lmbda, out: np.power(1.0 + x, lmbda - 1.0),
    lambda x, lmbda, out: power_slope(np.log1p(x), lmbda),
)
elementwise(
    sc.inv_boxcox,
    lambda y, lmbda, out: np.power(out, 1.0 - lmbda),
    lambda y, lmbda, out: -power_slope(np.log(out), lmbda) * np.power(out, 1.0 - lmbda),
)
elementwise(
    sc.inv_boxcox1p,
    lambda y, lmbda, out: np.power(1.0 + out, 1.0 - lmbda),
    lambda y, lmbda, out: -power_slope(np.log1p(out), lmbda) * np.power(1.0 + out, 1.0 - lmbda),
)


def relative_exponential_slope(x, out):
    """``(exp(x) - exprel(x)) / x``, by its series near zero."""
    small = np.absolute(x) < 0.02
    safe = np.where(small, 1.0, x)
    series = 0.5 + x * (1.0 / 3.0 + x * (1.0 / 8.0 + x * (1.0 / 30.0 + x / 144.0)))
    series = series + x**5 / 840.0 + x**6 / 5760.0
    return np.where(small, series, (np.exp(safe) - out) / safe)


elementwise(sc.exprel, relative_exponential_slope)
elementwise(sc.cosm1, lambda x, out: -np.sin(x))
elementwise(sc.expm1, lambda x, out: np.exp(x))
elementwise(sc.log1p, lambda x, out: 1.0 / (1.0 + x))
elementwise(sc.exp2, lambda x, out: out * LOG_2)
elementwise(sc.exp10, lambda x, out: out * LOG_10)
elementwise(sc.cbrt, lambda x, out: 1.0 / (3.0 * out * out))
elementwise(
    sc.powm1,
    lambda x, y, out: y * np.power(x, y - 1.0),
    lambda x, y, out: (1.0 + out) * np.log(x),
)
elementwise(sc.sindg, lambda x, out: RADIANS_PER_DEGREE * sc.cosdg(x))
elementwise(sc.cosdg, lambda x, out: -RADIANS_PER_DEGREE * sc.sindg(x))
elementwise(sc.tandg, lambda x, out: RADIANS_PER_DEGREE * (1.0 + out * out))
elementwise(sc.cotdg, lambda x, out: -RADIANS_PER_DEGREE * (1.0 + out * out))
elementwise(
    sc.radian,
    lambda d, m, s, out: RADIANS_PER_DEGREE,
    lambda d, m, s, out: RADIANS_PER_DEGREE / 60.0,
    lambda d, m, s, out: RADIANS_PER_DEGREE / 3600.0,
)
zero(sc.round)
