"""How quantiles of noncentral distributions, and of directions, move with their parameters.

A noncentral distribution is a sum of central ones, whose number has the distribution of Poisson.
Given the quantile, each has a probability, and the derivative is the mean of the central ones'
(`quantile_slopes`). Where that number is spread widely, every so many terms are enough.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sc

from adjoint.rules.ruleset import elementwise
from adjoint.rules.scipy.special.inverses import by_slopes, positive, with_value
from adjoint.rules.scipy.special.quantile_slopes import (
    NEGLIGIBLE,
    NODES,
    WEIGHTS,
    beta_logit_slope,
    by_blocks,
    gamma_log_slope,
    on_sides,
)
from adjoint.rules.scipy.special.slopes import slope


def mean_over_terms(
    mode: np.ndarray, variance: np.ndarray, weight: Callable, function: Callable
) -> np.ndarray:
    """The mean of ``function(j)`` over the terms, with the logarithm of their weights."""
    spread = np.sqrt(variance)
    first = np.floor(np.maximum(mode - 9.0 * spread - 2.0, 0.0))
    stride = np.where(first > 0.0, np.maximum(np.floor(spread / 1.7), 1.0), 1.0)
    count = np.ceil((mode + 9.0 * spread + 20.0 - first) / stride)
    terms = first + stride * np.arange(np.max(np.nan_to_num(count), initial=1.0))[:, None]
    sizes = weight(terms)
    sizes = np.exp(sizes - np.max(sizes, axis=0))
    return np.sum(sizes * function(terms), axis=0) / np.sum(sizes, axis=0)


def over_chi_squares(
    df: np.ndarray, nonc: np.ndarray, x: np.ndarray, function: Callable
) -> np.ndarray:
    """The mean of ``function(shape)`` over the shapes of gamma distributions of ``x / 2``."""
    product = 0.25 * nonc * x
    gap = 0.5 * df - 1.0
    root = np.sqrt(gap * gap + 4.0 * product)
    mode = np.where(gap > 0.0, 2.0 * product / (root + np.abs(gap)), 0.5 * (root - gap))
    variance = mode * (0.5 * df + mode) / (0.5 * df + 2.0 * mode)

    def weight(j: np.ndarray) -> np.ndarray:
        return sc.xlogy(j, product) - sc.gammaln(j + 1.0) - sc.gammaln(0.5 * df + j)

    return mean_over_terms(mode, variance, weight, lambda j: function(0.5 * df + j))


def chi_square_log_slope(df: Any, nonc: Any, x: Any) -> Any:
    """The derivative of ``log(x)`` to `df`, for noncentral chi-squares."""

    def block(df: np.ndarray, nonc: np.ndarray, x: np.ndarray) -> np.ndarray:
        return over_chi_squares(df, nonc, x, lambda a: 0.5 * gamma_log_slope(a, 0.5 * x))

    return by_blocks(block, df, nonc, x)


def chi_square_log_slope_to_nonc(df: Any, nonc: Any, x: Any) -> Any:
    def block(df: np.ndarray, nonc: np.ndarray, x: np.ndarray) -> np.ndarray:
        return over_chi_squares(df, nonc, x, lambda a: 0.5 / a)

    return by_blocks(block, df, nonc, x)


def over_ratios(
    dfn: np.ndarray, dfd: np.ndarray, nonc: np.ndarray, logit: np.ndarray, function: Callable
) -> np.ndarray:
    """The mean of ``function(shape)`` over the first shapes of beta distributions of a share."""
    product = 0.5 * nonc * sc.expit(logit)
    gap, whole = product - 0.5 * dfn, 0.5 * (dfn + dfd)
    root = np.sqrt(gap * gap + 4.0 * product * whole)
    mode = np.where(gap < 0.0, 2.0 * product * whole / (root + np.abs(gap)), 0.5 * (root + gap))
    sharp = 1.0 / (0.5 * dfn + mode) - 1.0 / (whole + mode)
    variance = mode / (1.0 + mode * sharp)

    def weight(j: np.ndarray) -> np.ndarray:
        ratio = sc.gammaln(whole + j) - sc.gammaln(0.5 * dfn + j)
        return sc.xlogy(j, product) - sc.gammaln(j + 1.0) + ratio

    return mean_over_terms(mode, variance, weight, lambda j: function(0.5 * dfn + j))


def ratio_logit_slope(dfn: Any, dfd: Any, nonc: Any, logit: Any) -> Any:
    """The derivative of the logit of the share ``dfn f / (dfn f + dfd)`` to `dfn`."""

    def block(dfn: np.ndarray, dfd: np.ndarray, nonc: np.ndarray, logit: np.ndarray) -> np.ndarray:
        return over_ratios(
            dfn, dfd, nonc, logit, lambda a: 0.5 * beta_logit_slope(a, 0.5 * dfd, logit)
        )

    return by_blocks(block, dfn, dfd, nonc, logit)


def ratio_logit_slope_to_dfd(dfn: Any, dfd: Any, nonc: Any, logit: Any) -> Any:
    def block(dfn: np.ndarray, dfd: np.ndarray, nonc: np.ndarray, logit: np.ndarray) -> np.ndarray:
        return over_ratios(
            dfn, dfd, nonc, logit, lambda a: -0.5 * beta_logit_slope(0.5 * dfd, a, -logit)
        )

    return by_blocks(block, dfn, dfd, nonc, logit)


def ratio_logit_slope_to_nonc(dfn: Any, dfd: Any, nonc: Any, logit: Any) -> Any:
    def block(dfn: np.ndarray, dfd: np.ndarray, nonc: np.ndarray, logit: np.ndarray) -> np.ndarray:
        return over_ratios(dfn, dfd, nonc, logit, lambda a: 0.5 / a)

    return by_blocks(block, dfn, dfd, nonc, logit)


def von_mises_slope(kappa: Any, angle: Any) -> Any:
    """The derivative of quantiles of the distribution of von Mises, at zero, to `kappa`."""
    return by_blocks(von_mises_block, kappa, angle)


def von_mises_block(kappa: np.ndarray, angle: np.ndarray) -> np.ndarray:
    size = np.abs(angle)
    near = np.cos(size) > mean_cosine(kappa)
    return np.copysign(1.0, angle) * on_sides(near, von_mises_middle, von_mises_tail, kappa, size)


def mean_cosine(kappa: Any) -> Any:
    return sc.i1e(kappa) / sc.i0e(kappa)


def von_mises_middle(kappa: np.ndarray, angle: np.ndarray) -> np.ndarray:
    t = NODES * angle
    density = np.exp(2.0 * kappa * np.sin(0.5 * (angle + t)) * np.sin(0.5 * (angle - t)))
    return -angle * (WEIGHTS @ (density * (np.cos(t) - mean_cosine(kappa))))


def von_mises_tail(kappa: np.ndarray, angle: np.ndarray) -> np.ndarray:
    end = np.arccos(np.maximum(np.cos(angle) - NEGLIGIBLE / kappa, -1.0))
    t = angle + NODES * (end - angle)
    density = np.exp(-2.0 * kappa * np.sin(0.5 * (t + angle)) * np.sin(0.5 * (t - angle)))
    return (angle - end) * (WEIGHTS @ (density * (mean_cosine(kappa) - np.cos(t))))


for function in (chi_square_log_slope, chi_square_log_slope_to_nonc):
    elementwise(function, *with_value(by_slopes(function, positive, positive, positive)))
for function in (ratio_logit_slope, ratio_logit_slope_to_dfd, ratio_logit_slope_to_nonc):
    spacings = positive, positive, positive, lambda logit: np.full(np.shape(logit), 1.0 / 16.0)
    elementwise(function, *with_value(by_slopes(function, *spacings)))
elementwise(
    von_mises_slope,
    lambda kappa, angle, out: slope(von_mises_slope, (kappa, angle), 0, positive(kappa)),
    lambda kappa, angle, out: mean_cosine(kappa) - np.cos(angle) + out * kappa * np.sin(angle),
)
