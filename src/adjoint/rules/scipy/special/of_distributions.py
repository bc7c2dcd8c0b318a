"""Rules of the compiled functions that `scipy.stats` calls for some distributions.

SciPy shows them under these names beside its public ones. Where a version does not have one, the
distribution is without a rule.
"""

from typing import Any

import numpy as np
import scipy.special as sc

from adjoint.rules.absent import Native
from adjoint.rules.scipy.special.gamma import beta_density, beta_shape_slope
from adjoint.rules.scipy.special.inverses import (
    by_slopes,
    free,
    inverse,
    kolmogorov_density,
    normal_density,
    positive,
    smirnov_slope,
    with_value,
)
from adjoint.rules.scipy.special.parameters import with_parameters
from adjoint.rules.scipy.special.slopes import slope

SHOWN = Native("scipy.special._ufuncs")


def state(name: str, *partials: Any) -> None:
    """State the partials of the function of that name, if there is one."""
    function = getattr(SHOWN, name, None)
    if isinstance(function, np.ufunc):
        with_parameters(function, *partials)


def state_inverse(name: str, partials: list, solved: int, level: int) -> None:
    function = getattr(SHOWN, name, None)
    if isinstance(function, np.ufunc):
        inverse(function, partials, solved, level)


def state_slopes(name: str, *spacings: Any) -> None:
    function = getattr(SHOWN, name, None)
    if isinstance(function, np.ufunc):
        with_parameters(function, *with_value(by_slopes(function, *spacings)))


BETA = [
    lambda a, b, x: beta_shape_slope(a, b, x, 0),
    lambda a, b, x: beta_shape_slope(a, b, x, 1),
    beta_density,
]
state(
    "_beta_pdf",
    lambda x, a, b, out: out * ((a - 1.0) / x - (b - 1.0) / (1.0 - x)),
    lambda x, a, b, out: out * (np.log(x) - sc.psi(a) + sc.psi(a + b)),
    lambda x, a, b, out: out * (np.log1p(-x) - sc.psi(b) + sc.psi(a + b)),
)
state_inverse("_beta_ppf", BETA, 2, 0)
for name, sign in (("_cauchy_ppf", 1.0), ("_cauchy_isf", -1.0)):
    state(
        name,
        lambda p, loc, s, out, sign=sign: sign * np.pi * s * (1.0 + ((out - loc) / s) ** 2),
        lambda p, loc, s, out: 1.0,
        lambda p, loc, s, out: (out - loc) / s,
    )


def wald_tail(x, mean, scale):
    """``exp(2 scale / mean) ndtr(-sqrt(scale / x) (x / mean + 1))``, a part of the distribution."""
    return np.exp(2.0 * scale / mean + sc.log_ndtr(-np.sqrt(scale / x) * (x / mean + 1.0)))


def wald_normal(x, mean, scale):
    return normal_density(np.sqrt(scale / x) * (x / mean - 1.0))


WALD = [  # of x, mean and scale: the inverse Gaussian distribution
    lambda x, mean, scale: np.sqrt(scale / x) / x * wald_normal(x, mean, scale),
    lambda x, mean, scale: -2.0 * scale / mean**2 * wald_tail(x, mean, scale),
    lambda x, mean, scale: (
        2.0 / mean * wald_tail(x, mean, scale) - wald_normal(x, mean, scale) / np.sqrt(scale * x)
    ),
]
state_inverse("_invgauss_ppf", WALD, 0, 0)
state_inverse("_invgauss_isf", [lambda *args, p=p: -p(*args) for p in WALD], 0, 0)


def smirnov_curvature(n, d, out):
    """The derivative of the slope of ``smirnov(n, d)``, term by term; `out` is that slope."""
    total = 0.0
    for j in range(int(np.max(n)) + 1):
        left = d + j / n
        is_term = (left < 1.0) & (j <= n)
        safe = np.where(is_term, 1.0 - left, 0.5)
        share = sc.binom(n, j) * left ** (j - 1.0) * safe ** (n - j)
        rate = (j - 1.0) / left - (n - j) / safe
        change = -(j - 1.0) / left**2 - (n - j) / safe**2
        total = total + np.where(is_term, share * (2.0 * rate + d * (rate * rate + change)), 0.0)
    return total


state("_kolmogc", lambda x, out: kolmogorov_density(x))
state("_kolmogci", lambda p, out: 1.0 / kolmogorov_density(out))
state("_kolmogp", lambda x, out: -slope(kolmogorov_density, (x,), 0, positive(x) / 4.0))
state("_smirnovp", None, smirnov_curvature)
state("_smirnovc", None, lambda n, d, out: -smirnov_slope(n, d))
state("_smirnovci", None, lambda n, p, out: -1.0 / smirnov_slope(n, out))

state("_cosine_cdf", lambda x, out: (1.0 + np.cos(x)) / (2.0 * np.pi))
state("_cosine_invcdf", lambda p, out: 2.0 * np.pi / (1.0 + np.cos(out)))


def skew_normal_density(x, loc, scale, a):
    z = (x - loc) / scale
    return 2.0 * normal_density(z) * sc.ndtr(a * z) / scale


def skew_slope(x, loc, scale, a):
    z = (x - loc) / scale
    return -np.exp(-0.5 * z * z * (1.0 + a * a)) / (np.pi * (1.0 + a * a))


SKEW_NORMAL = [
    skew_normal_density,
    lambda x, loc, scale, a: -skew_normal_density(x, loc, scale, a),
    lambda x, loc, scale, a: -(x - loc) / scale * skew_normal_density(x, loc, scale, a),
    skew_slope,
]
state("_skewnorm_cdf", *with_value(SKEW_NORMAL))
state_inverse("_skewnorm_ppf", SKEW_NORMAL, 0, 0)


LANDAU = [  # changing the scale moves this distribution too
    lambda x, loc, scale: SHOWN._landau_pdf(x, loc, scale),
    lambda x, loc, scale: -SHOWN._landau_pdf(x, loc, scale),
    lambda x, loc, scale: slope(SHOWN._landau_cdf, (x, loc, scale), 2, positive(scale)),
]
state("_landau_cdf", *with_value(LANDAU))
state_inverse("_landau_ppf", LANDAU, 0, 0)
state_slopes("_landau_pdf", free, free, positive)
state_slopes("_ncf_pdf", positive, positive, positive, positive)
state_slopes("_ncx2_pdf", positive, positive, positive)
state_slopes("_nct_pdf", free, positive, free)
state_slopes("_nct_sf", free, positive, free)
for name, pole in (("mean", 1.0), ("variance", 2.0), ("skewness", 3.0), ("kurtosis_excess", 4.0)):
    state_slopes(f"_nct_{name}", lambda df, pole=pole: positive(df - pole), free)
