"""Rules of distribution functions to their continuous arguments (DLMF 8)."""

import numpy as np
import scipy.special as sc

from adjoint.rules.scipy.special.gamma import (
    beta_density,
    beta_shape_slope,
    beta_shape_slope_at,
    gamma_density,
    gamma_quantile_slope,
    gamma_shape_slope,
)
from adjoint.rules.scipy.special.parameters import with_parameters
from adjoint.rules.scipy.special.quantile_slopes import student_slope


def student_density(df, t):
    scale = sc.gammaln(0.5 * (df + 1.0)) - sc.gammaln(0.5 * df) - 0.5 * np.log(df * np.pi)
    return np.exp(scale - 0.5 * (df + 1.0) * np.log1p(t * t / df))


def chi_square_density(v, x):
    return 0.5 * gamma_density(0.5 * v, 0.5 * x)


def f_density(dfn, dfd, x):
    share = dfn * x / (dfn * x + dfd)
    slope = dfn * dfd / (dfn * x + dfd) ** 2
    return slope * beta_density(0.5 * dfn, 0.5 * dfd, share)


def binomial_slope(k, n, p):
    """The derivative of the sum of the first k terms, without its sign."""
    return (n - k) * sc.binom(n, k) * np.power(p, k) * np.power(1.0 - p, n - k - 1.0)


def poisson_mass(k, m):
    k = np.floor(k)
    return np.exp(sc.xlogy(k, m) - m - sc.gammaln(k + 1.0))


def student_shape_slope(df, t):
    """The derivative of ``stdtr(df, t)`` to `df`: how its quantiles move, times the density."""
    inside = np.isfinite(t)
    z = np.where(inside, t, 0.0)
    return np.where(inside, -student_slope(df, z) * student_density(df, z), 0.0)


def f_shape_slope(dfn, dfd, x, place):
    """The derivative of ``fdtr(dfn, dfd, x)``, an incomplete beta function of a share."""
    inside = (x > 0.0) & (x < np.inf)
    logit = np.log(dfn * np.where(inside, x, 1.0) / dfd)
    a, b = 0.5 * dfn, 0.5 * dfd
    density = np.exp(a * sc.log_expit(logit) + b * sc.log_expit(-logit) - sc.betaln(a, b))
    moved = density / dfn if place == 0 else -density / dfd
    return np.where(inside, 0.5 * beta_shape_slope_at(a, b, logit, place) + moved, 0.0)


def chi_square_shape_slope(v, x):
    return 0.5 * gamma_shape_slope(0.5 * v, 0.5 * x)


with_parameters(
    sc.stdtr,
    lambda df, t, out: student_shape_slope(df, t),
    lambda df, t, out: student_density(df, t),
)
with_parameters(
    sc.stdtrit,
    lambda df, p, out: student_slope(df, out),
    lambda df, p, out: 1.0 / student_density(df, out),
)
with_parameters(
    sc.stdtridf,
    lambda p, t, out: 1.0 / student_shape_slope(out, t),
    lambda p, t, out: -student_density(out, t) / student_shape_slope(out, t),
)
with_parameters(
    sc.chdtr,
    lambda v, x, out: chi_square_shape_slope(v, x),
    lambda v, x, out: chi_square_density(v, x),
)
with_parameters(
    sc.chdtrc,
    lambda v, x, out: -chi_square_shape_slope(v, x),
    lambda v, x, out: -chi_square_density(v, x),
)
with_parameters(
    sc.chdtri,
    lambda v, p, out: gamma_quantile_slope(0.5 * v, 0.5 * out),
    lambda v, p, out: -1.0 / chi_square_density(v, out),
)
with_parameters(
    sc.chdtriv,
    lambda p, x, out: 1.0 / chi_square_shape_slope(out, x),
    lambda p, x, out: -chi_square_density(out, x) / chi_square_shape_slope(out, x),
)
with_parameters(
    sc.fdtr,
    lambda n, d, x, out: f_shape_slope(n, d, x, 0),
    lambda n, d, x, out: f_shape_slope(n, d, x, 1),
    lambda n, d, x, out: f_density(n, d, x),
)
with_parameters(
    sc.fdtrc,
    lambda n, d, x, out: -f_shape_slope(n, d, x, 0),
    lambda n, d, x, out: -f_shape_slope(n, d, x, 1),
    lambda n, d, x, out: -f_density(n, d, x),
)
with_parameters(
    sc.fdtri,
    lambda n, d, p, out: -f_shape_slope(n, d, out, 0) / f_density(n, d, out),
    lambda n, d, p, out: -f_shape_slope(n, d, out, 1) / f_density(n, d, out),
    lambda n, d, p, out: 1.0 / f_density(n, d, out),
)
with_parameters(
    sc.fdtridfd,
    lambda n, p, x, out: -f_shape_slope(n, out, x, 0) / f_shape_slope(n, out, x, 1),
    lambda n, p, x, out: 1.0 / f_shape_slope(n, out, x, 1),
    lambda n, p, x, out: -f_density(n, out, x) / f_shape_slope(n, out, x, 1),
)
with_parameters(
    sc.gdtr,
    lambda a, b, x, out: x * gamma_density(b, a * x),
    lambda a, b, x, out: gamma_shape_slope(b, a * x),
    lambda a, b, x, out: a * gamma_density(b, a * x),
)
with_parameters(
    sc.gdtrc,
    lambda a, b, x, out: -x * gamma_density(b, a * x),
    lambda a, b, x, out: -gamma_shape_slope(b, a * x),
    lambda a, b, x, out: -a * gamma_density(b, a * x),
)
with_parameters(
    sc.gdtria,
    lambda p, b, x, out: 1.0 / (x * gamma_density(b, out * x)),
    lambda p, b, x, out: -gamma_shape_slope(b, out * x) / (x * gamma_density(b, out * x)),
    lambda p, b, x, out: -out / x,
)
with_parameters(
    sc.gdtrib,
    lambda a, p, x, out: -x * gamma_density(out, a * x) / gamma_shape_slope(out, a * x),
    lambda a, p, x, out: 1.0 / gamma_shape_slope(out, a * x),
    lambda a, p, x, out: -a * gamma_density(out, a * x) / gamma_shape_slope(out, a * x),
)
with_parameters(
    sc.gdtrix,
    lambda a, b, p, out: -out / a,
    lambda a, b, p, out: gamma_quantile_slope(b, a * out) / a,
    lambda a, b, p, out: 1.0 / (a * gamma_density(b, a * out)),
)
with_parameters(
    sc.btdtria,
    lambda p, b, x, out: 1.0 / beta_shape_slope(out, b, x, 0),
    lambda p, b, x, out: -beta_shape_slope(out, b, x, 1) / beta_shape_slope(out, b, x, 0),
    lambda p, b, x, out: -beta_density(out, b, x) / beta_shape_slope(out, b, x, 0),
)
with_parameters(
    sc.btdtrib,
    lambda a, p, x, out: -beta_shape_slope(a, out, x, 0) / beta_shape_slope(a, out, x, 1),
    lambda a, p, x, out: 1.0 / beta_shape_slope(a, out, x, 1),
    lambda a, p, x, out: -beta_density(a, out, x) / beta_shape_slope(a, out, x, 1),
)
with_parameters(sc.bdtr, None, "n", lambda k, n, p, out: -binomial_slope(k, n, p), whole=(0, 1))
with_parameters(sc.bdtrc, None, "n", lambda k, n, p, out: binomial_slope(k, n, p), whole=(0, 1))
with_parameters(sc.pdtr, None, lambda k, m, out: -poisson_mass(k, m))
with_parameters(sc.pdtrc, None, lambda k, m, out: poisson_mass(k, m))
with_parameters(sc.nbdtr, None, "n", lambda k, n, p, out: beta_density(n, k + 1.0, p), whole=(0, 1))
with_parameters(
    sc.nbdtrc, None, "n", lambda k, n, p, out: -beta_density(n, k + 1.0, p), whole=(0, 1)
)
