"""Draws as quantiles at the level that was drawn: what moves with their shape, and how.

Each function here returns the draw it is given. Its derivative to the parameters is that of the
quantile function with the level held, which needs no noise (M. Figurnov, S. Mohamed and A. Mnih,
Implicit reparameterization gradients, 2018).
"""

from typing import Any

import numpy as np
import scipy.special as sc

from adjoint.rules.ruleset import elementwise
from adjoint.rules.scipy.special import noncentral_slopes
from adjoint.rules.scipy.special.gamma import beta_quantile_slope, gamma_quantile_slope
from adjoint.rules.scipy.special.noncentral_slopes import von_mises_slope
from adjoint.rules.scipy.special.quantile_slopes import beta_logit_slope, student_slope


def gamma(z: Any, a: Any) -> Any:
    return z + np.zeros(np.shape(a))


def chi_square(x: Any, df: Any) -> Any:
    return 2.0 * gamma(0.5 * x, 0.5 * df)


def beta(x: Any, a: Any, b: Any) -> Any:
    return x + np.zeros(np.broadcast_shapes(np.shape(a), np.shape(b)))


def student(t: Any, df: Any) -> Any:
    return t + np.zeros(np.shape(df))


def f_ratio(x: Any, dfn: Any, dfd: Any) -> Any:
    return x + np.zeros(np.broadcast_shapes(np.shape(dfn), np.shape(dfd)))


def inverse_gaussian(x: Any, mean: Any, scale: Any) -> Any:
    return x + np.zeros(np.broadcast_shapes(np.shape(mean), np.shape(scale)))


def von_mises(angle: Any, kappa: Any) -> Any:
    return angle + np.zeros(np.shape(kappa))


def noncentral_chi_square(x: Any, df: Any, nonc: Any) -> Any:
    return x + np.zeros(np.broadcast_shapes(np.shape(df), np.shape(nonc)))


def noncentral_f(x: Any, dfn: Any, dfd: Any, nonc: Any) -> Any:
    shapes = np.shape(dfn), np.shape(dfd), np.shape(nonc)
    return x + np.zeros(np.broadcast_shapes(*shapes))


def positive(x: Any, log_slope: Any) -> Any:
    """``x log_slope`` of a draw that may have underflowed to zero."""
    return np.where((x > 0.0) & (x < np.inf), x * log_slope, 0.0)


def share_logit(x: Any, dfn: Any, dfd: Any) -> Any:
    """The logit of the share of the beta distribution to which a ratio belongs."""
    return np.log(dfn * x / dfd)


def mills_ratio(x: Any, mean: Any, scale: Any) -> Any:
    """The part of the inverse Gaussian distribution beyond the normal one, over its density."""
    return np.sqrt(0.5 * np.pi) * sc.erfcx(np.sqrt(0.5 * scale / x) * (x / mean + 1.0))


elementwise(gamma, None, lambda z, a, out: gamma_quantile_slope(a, out))
elementwise(
    beta,
    None,
    lambda x, a, b, out: beta_quantile_slope(a, b, out, 0),
    lambda x, a, b, out: beta_quantile_slope(a, b, out, 1),
)
elementwise(student, None, lambda t, df, out: student_slope(df, out))
elementwise(
    f_ratio,
    None,
    lambda x, n, d, out: positive(
        out, 0.5 * beta_logit_slope(0.5 * n, 0.5 * d, share_logit(out, n, d)) - 1.0 / n
    ),
    lambda x, n, d, out: positive(
        out, 1.0 / d - 0.5 * beta_logit_slope(0.5 * d, 0.5 * n, -share_logit(out, n, d))
    ),
)
elementwise(
    inverse_gaussian,
    None,
    lambda x, mean, scale, out: (
        2.0 * np.sqrt(scale * out) * out / mean**2 * mills_ratio(out, mean, scale)
    ),
    lambda x, mean, scale, out: (
        out / scale - 2.0 * out / mean * np.sqrt(out / scale) * mills_ratio(out, mean, scale)
    ),
)
elementwise(von_mises, None, lambda angle, kappa, out: von_mises_slope(kappa, out))
elementwise(
    noncentral_chi_square,
    None,
    lambda x, df, nonc, out: positive(out, noncentral_slopes.chi_square_log_slope(df, nonc, out)),
    lambda x, df, nonc, out: positive(
        out, noncentral_slopes.chi_square_log_slope_to_nonc(df, nonc, out)
    ),
)
elementwise(
    noncentral_f,
    None,
    lambda x, n, d, nonc, out: positive(
        out, noncentral_slopes.ratio_logit_slope(n, d, nonc, share_logit(out, n, d)) - 1.0 / n
    ),
    lambda x, n, d, nonc, out: positive(
        out,
        noncentral_slopes.ratio_logit_slope_to_dfd(n, d, nonc, share_logit(out, n, d)) + 1.0 / d,
    ),
    lambda x, n, d, nonc, out: positive(
        out, noncentral_slopes.ratio_logit_slope_to_nonc(n, d, nonc, share_logit(out, n, d))
    ),
)
