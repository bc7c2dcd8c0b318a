"""Rules of the gamma function and its relatives (DLMF 5, 8, 25)."""

import numpy as np
import scipy.special as sc

from adjoint.rules.ruleset import Form, elementwise, overload, zero
from adjoint.rules.scipy.special.parameters import with_parameters
from adjoint.rules.scipy.special.quantile_slopes import beta_logit_slope, gamma_log_slope
from adjoint.rules.scipy.special.slopes import by_growth, by_pole, log_size, slope


def trigamma(x):
    """The derivative of `psi`, by reflection below one half."""
    if np.iscomplexobj(x):
        return complex_trigamma(x)
    reflected = x < 0.5
    y = np.where(reflected, 1.0 - x, x)
    value = sc.zeta(2.0, y)
    sine = np.sin(np.pi * np.where(reflected, x, 0.5))
    return np.where(reflected, np.pi * np.pi / (sine * sine) - value, value)


# The numbers of Bernoulli B2, B4, ... in the asymptotic series of trigamma (DLMF 5.15.8).
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
SHIFT = 12


def complex_trigamma(z):
    """By reflection, recurrence (DLMF 5.15.5, 5.15.6) and the asymptotic series."""
    reflected = np.real(z) < 0.5
    y = np.where(reflected, 1.0 - z, z)
    far = 1.0 / (y + SHIFT)
    power = far * far
    value = far + 0.5 * power
    for number in BERNOULLI:
        power = power * far
        value = value + number * power
        power = power * far
    for step in range(SHIFT):
        value = value + 1.0 / (y + step) ** 2
    sine = np.sin(np.pi * np.where(reflected, z, 0.5))
    return np.where(reflected, np.pi * np.pi / (sine * sine) - value, value)


def reciprocal_gamma_partial(x, out):
    """``-psi(x) / gamma(x)``; below 1/2, where `psi` has poles, that of the reflection
    ``sin(pi x) gamma(1 - x) / pi``.
    """
    reflected = x < 0.5
    other = np.where(reflected, 1.0 - x, 1.0)
    whole = np.rint(np.real(x))
    sign = np.cos(np.pi * whole)
    sine, cosine = np.sin(np.pi * (x - whole)), np.cos(np.pi * (x - whole))
    below = sign * sc.gamma(other) * (cosine - sine / np.pi * sc.psi(other))
    return np.where(reflected, below, -sc.psi(np.where(reflected, 1.0, x)) * out)


elementwise(sc.gamma, lambda x, out: out * sc.psi(x))
elementwise(sc.gammaln, lambda x, out: sc.psi(x))
elementwise(sc.loggamma, lambda x, out: sc.psi(x))
elementwise(sc.rgamma, reciprocal_gamma_partial)
elementwise(sc.psi, lambda x, out: trigamma(x))
zero(sc.gammasgn)
with_parameters(
    sc.poch,
    lambda z, m, out: out * (sc.psi(z + m) - sc.psi(z)),
    lambda z, m, out: out * sc.psi(z + m),
)
with_parameters(
    sc.beta,
    lambda a, b, out: out * (sc.psi(a) - sc.psi(a + b)),
    lambda a, b, out: out * (sc.psi(b) - sc.psi(a + b)),
)
with_parameters(
    sc.betaln,
    lambda a, b, out: sc.psi(a) - sc.psi(a + b),
    lambda a, b, out: sc.psi(b) - sc.psi(a + b),
)
with_parameters(
    sc.binom,
    lambda n, k, out: out * (sc.psi(n + 1.0) - sc.psi(n - k + 1.0)),
    lambda n, k, out: out * (sc.psi(n - k + 1.0) - sc.psi(k + 1.0)),
)


def gamma_density(a, x):
    """The density of the gamma distribution: the derivative of ``gammainc(a, x)`` to `x`."""
    return np.exp(sc.xlogy(a - 1.0, x) - x - sc.gammaln(a))


def beta_density(a, b, x):
    """The density of the beta distribution: the derivative of ``betainc(a, b, x)`` to `x`."""
    return np.exp(sc.xlogy(a - 1.0, x) + sc.xlog1py(b - 1.0, -x) - sc.betaln(a, b))


def gamma_quantile_slope(a, z):
    """The derivative to `a` of the quantile `z` of the gamma distribution."""
    inside = (z > 0.0) & (z < np.inf)
    return np.where(inside, z * gamma_log_slope(a, np.where(inside, z, 1.0)), 0.0)


def beta_quantile_slope(a, b, x, place):
    """The derivative to `a` or `b` of the quantile `x` of the beta distribution."""
    inside = (x > 0.0) & (x < 1.0)
    logit = sc.logit(np.where(inside, x, 0.5))
    moved = beta_logit_slope(a, b, logit) if place == 0 else -beta_logit_slope(b, a, -logit)
    return np.where(inside, x * (1.0 - x) * moved, 0.0)


def gamma_shape_slope(a, x):
    """The derivative of ``gammainc(a, x)`` to `a`: how its quantiles move, times the density."""
    inside = (x > 0.0) & (x < np.inf)
    z = np.where(inside, x, 1.0)
    density = np.exp(sc.xlogy(a, z) - z - sc.gammaln(a))
    return np.where(inside, -gamma_log_slope(a, z) * density, 0.0)


def beta_shape_slope(a, b, x, place):
    """The derivative of ``betainc(a, b, x)`` to `a` or `b`."""
    inside = (x > 0.0) & (x < 1.0)
    z = np.where(inside, x, 0.5)
    return np.where(inside, beta_shape_slope_at(a, b, sc.logit(z), place), 0.0)


def beta_shape_slope_at(a, b, logit, place):
    """As `beta_shape_slope`, of the logit of its argument."""
    exponent = a * sc.log_expit(logit) + b * sc.log_expit(-logit) - sc.betaln(a, b)
    if place == 0:
        return -np.exp(exponent) * beta_logit_slope(a, b, logit)
    return np.exp(exponent) * beta_logit_slope(b, a, -logit)


def hurwitz_slope(x, q):
    return slope(sc.zeta, (x, q), 0, by_pole(by_growth(log_size(q)), x - 1.0))


elementwise(
    sc.zeta,
    lambda x, q, out: hurwitz_slope(x, q),
    lambda x, q, out: -x * sc.zeta(x + 1.0, q),
)
overload(sc.zeta, 1, Form.ELEMENTWISE, lambda x, out: riemann_slope(x))
elementwise(sc.zetac, lambda x, out: riemann_slope(x))


def riemann_slope(x):
    """By the Hurwitz function right of its pole, left of it by the function itself."""
    right = hurwitz_slope(np.where(x > 1.0, x, 2.0), 1.0)
    safe = np.where(x > 1.0, -1.0, x)
    left = slope(sc.zetac, (safe,), 0, by_pole(1.0 / 16.0, 1.0 - safe))
    return np.where(x > 1.0, right, left)


with_parameters(
    sc.gammainc,
    lambda a, x, out: gamma_shape_slope(a, x),
    lambda a, x, out: gamma_density(a, x),
)
with_parameters(
    sc.gammaincc,
    lambda a, x, out: -gamma_shape_slope(a, x),
    lambda a, x, out: -gamma_density(a, x),
)
with_parameters(
    sc.gammaincinv,
    lambda a, y, out: gamma_quantile_slope(a, out),
    lambda a, y, out: 1.0 / gamma_density(a, out),
)
with_parameters(
    sc.gammainccinv,
    lambda a, y, out: gamma_quantile_slope(a, out),
    lambda a, y, out: -1.0 / gamma_density(a, out),
)
with_parameters(
    sc.betainc,
    lambda a, b, x, out: beta_shape_slope(a, b, x, 0),
    lambda a, b, x, out: beta_shape_slope(a, b, x, 1),
    lambda a, b, x, out: beta_density(a, b, x),
)
with_parameters(
    sc.betaincc,
    lambda a, b, x, out: -beta_shape_slope(a, b, x, 0),
    lambda a, b, x, out: -beta_shape_slope(a, b, x, 1),
    lambda a, b, x, out: -beta_density(a, b, x),
)
with_parameters(
    sc.betaincinv,
    lambda a, b, y, out: beta_quantile_slope(a, b, out, 0),
    lambda a, b, y, out: beta_quantile_slope(a, b, out, 1),
    lambda a, b, y, out: 1.0 / beta_density(a, b, out),
)
with_parameters(
    sc.betainccinv,
    lambda a, b, y, out: beta_quantile_slope(a, b, out, 0),
    lambda a, b, y, out: beta_quantile_slope(a, b, out, 1),
    lambda a, b, y, out: -1.0 / beta_density(a, b, out),
)
