"""Rules of distribution functions to their continuous arguments (DLMF 8)."""

import numpy as np
import scipy.special as sc

from adjoint.rules.scipy.special.gamma import beta_density, gamma_density
from adjoint.rules.scipy.special.parameters import with_parameters


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
    """The derivative of the sum of the first k terms, without its sign; `k` counts in whole."""
    k = np.floor(k)
    return (n - k) * sc.binom(n, k) * np.power(p, k) * np.power(1.0 - p, n - k - 1.0)


def poisson_mass(k, m):
    k = np.floor(k)
    return np.exp(sc.xlogy(k, m) - m - sc.gammaln(k + 1.0))


with_parameters(sc.stdtr, "df", lambda df, t, out: student_density(df, t))
with_parameters(sc.stdtrit, "df", lambda df, p, out: 1.0 / student_density(df, out))
with_parameters(sc.chdtr, "v", lambda v, x, out: chi_square_density(v, x))
with_parameters(sc.chdtrc, "v", lambda v, x, out: -chi_square_density(v, x))
with_parameters(sc.chdtri, "v", lambda v, p, out: -1.0 / chi_square_density(v, out))
with_parameters(sc.fdtr, "dfn", "dfd", lambda n, d, x, out: f_density(n, d, x))
with_parameters(sc.fdtrc, "dfn", "dfd", lambda n, d, x, out: -f_density(n, d, x))
with_parameters(sc.fdtri, "dfn", "dfd", lambda n, d, p, out: 1.0 / f_density(n, d, out))
with_parameters(
    sc.gdtr,
    lambda a, b, x, out: x * gamma_density(b, a * x),
    "b",
    lambda a, b, x, out: a * gamma_density(b, a * x),
)
with_parameters(
    sc.gdtrc,
    lambda a, b, x, out: -x * gamma_density(b, a * x),
    "b",
    lambda a, b, x, out: -a * gamma_density(b, a * x),
)
with_parameters(sc.bdtr, None, "n", lambda k, n, p, out: -binomial_slope(k, n, p))
with_parameters(sc.bdtrc, None, "n", lambda k, n, p, out: binomial_slope(k, n, p))
with_parameters(sc.pdtr, None, lambda k, m, out: -poisson_mass(k, m))
with_parameters(sc.pdtrc, None, lambda k, m, out: poisson_mass(k, m))
with_parameters(sc.nbdtr, None, "n", lambda k, n, p, out: beta_density(n, k + 1.0, p))
with_parameters(sc.nbdtrc, None, "n", lambda k, n, p, out: -beta_density(n, k + 1.0, p))
