"""How quantiles move with the shape of their distribution, at a level that is held.

For a distribution function F(x; a) with density f that is -F_a / f. It is also the pathwise
derivative of a draw (M. Figurnov, S. Mohamed and A. Mnih, Implicit reparameterization gradients,
2018). F_a is an integral over one of the tails of the density times its slope in a, whose sign does
not change on the shorter tail, so nothing cancels: relative errors are below 1e-11. In the log
of the variable the tails fall faster than exponentially, or have a rate that a recurrence makes
large, and one rule of Gauss and Legendre serves all of them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sc

from adjoint.rules.ruleset import elementwise
from adjoint.rules.scipy.special.slopes import by_pole, slope


def gauss_legendre(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes between 0 and 1, as a column, and their weights."""
    points, weights = np.polynomial.legendre.leggauss(count)
    return 0.5 * (points[:, None] + 1.0), 0.5 * weights


NODES, WEIGHTS = gauss_legendre(24)
MANY_NODES, MANY_WEIGHTS = gauss_legendre(28)
MOMENTS, MANY_MOMENTS = NODES[:, 0] * WEIGHTS, MANY_NODES[:, 0] * MANY_WEIGHTS
NEGLIGIBLE = 32.0  # of the exponent: what is beyond is below rounding
LARGE = 8.0  # the least shape at which the tail below is integrated
BLOCK = 4096  # elements: their values at all nodes stay in the cache


def by_blocks(function: Callable, *args: Any) -> Any:
    """``function(*args)`` of vectors of one length, for arguments that broadcast."""
    real = [np.asarray(arg).astype(float, casting="same_kind", copy=False) for arg in args]
    arrays = np.broadcast_arrays(*real)
    vectors = [np.ravel(array) for array in arrays]
    found = np.empty(vectors[0].size)
    with np.errstate(all="ignore"):
        for start in range(0, found.size, BLOCK):
            block = slice(start, start + BLOCK)
            found[block] = function(*[vector[block] for vector in vectors])
    return np.reshape(found, arrays[0].shape)[()]


def on_sides(lower: np.ndarray, below: Callable, above: Callable, *args: np.ndarray) -> np.ndarray:
    """``below(*args)`` where `lower`, else ``above(*args)``."""
    found = np.empty(lower.shape)
    for side, function in ((lower, below), (~lower, above)):
        if np.any(side):
            found[side] = function(*[arg[side] for arg in args])
    return found


def steps_to_large(shape: np.ndarray) -> tuple[np.ndarray, int]:
    """By how much a shape is raised to a large one, for each and at most."""
    steps = np.ceil(np.maximum(LARGE - shape, 0.0))
    return steps, int(np.max(np.nan_to_num(steps), initial=0.0))


def gamma_log_slope(a: Any, z: Any) -> Any:
    """The derivative of ``log(z)`` to `a`, for quantiles `z` of the gamma distribution."""
    return by_blocks(gamma_block, a, z)


def gamma_block(a: np.ndarray, z: np.ndarray) -> np.ndarray:
    return on_sides(z <= np.maximum(a, 1.0), gamma_below, gamma_integral, a, z)


def gamma_below(a: np.ndarray, z: np.ndarray) -> np.ndarray:
    """By the tail below at a larger shape, and K(a) = (z K(a + 1) + psi(a + 1) - log z) / a."""
    steps, most = steps_to_large(a)
    raised = a + steps
    found = gamma_integral(raised, z, -1.0)
    gap = sc.psi(raised) - np.log(z)
    for step in range(most, 0, -1):
        shape = np.where(step <= steps, a + (step - 1.0), np.inf)
        found = np.where(step <= steps, (z * found + gap) / shape, found)
        gap = gap - 1.0 / shape
    return found


def gamma_integral(a: np.ndarray, z: np.ndarray, side: float = 1.0) -> np.ndarray:
    """Over the tail of ``t = z exp(v)`` on one side of `z`."""
    length = side * gamma_length(a, z, side)
    v = NODES * length
    fall = np.expm1(v)
    fall *= z
    v *= a
    v -= fall
    density = np.exp(v, out=v)
    return length * ((np.log(z) - sc.psi(a)) * (WEIGHTS @ density) + length * (MOMENTS @ density))


def gamma_length(a: np.ndarray, z: np.ndarray, side: float) -> np.ndarray:
    """Where the tail is negligible: its exponent is convex, at zero of slope ``|a - z|``."""
    rate = side * (z - a)
    length = 2.0 * NEGLIGIBLE / (rate + np.sqrt(rate * rate + 2.0 * NEGLIGIBLE * z))
    if side < 0.0:
        exponent = a * length + z * np.expm1(-length)
        return length + (NEGLIGIBLE - exponent) / (a - z * np.exp(-length))
    height = NEGLIGIBLE / z
    return np.minimum(length, np.log1p(height + np.log1p(height + np.sqrt(2.0 * height))))


def beta_logit_slope(a: Any, b: Any, logit: Any) -> Any:
    """The derivative of the logit of quantiles of the beta distribution to `a`.

    That to `b` is ``-beta_logit_slope(b, a, -logit)``.
    """
    return by_blocks(beta_block, a, b, logit)


def beta_block(a: np.ndarray, b: np.ndarray, logit: np.ndarray) -> np.ndarray:
    lower = np.exp(logit) * np.maximum(b, 1.0) <= np.maximum(a, 1.0)
    return on_sides(lower, beta_below, beta_above, a, b, logit)


def beta_below(a: np.ndarray, b: np.ndarray, logit: np.ndarray) -> np.ndarray:
    """With ``H(a) = (x (a + b) H(a + 1) + psi(a + 1) - psi(a + b) - log x) / a``."""
    steps, most = steps_to_large(a)
    raised = a + steps
    found = beta_integral(raised, b, logit, -1.0)
    gap = -psi_gap(raised, b) - sc.log_expit(logit) + 1.0 / (raised + b)
    gap = gap + 1.0 / raised - 1.0 / (raised + b)  # at `raised`: psi(raised + 1) - psi(raised + b)
    for step in range(most, 0, -1):
        lower = step <= steps
        shape = np.where(lower, a + (step - 1.0), np.inf)
        gap = gap - np.where(lower, 1.0 / (shape + 1.0) - 1.0 / (shape + b), 0.0)
        found = np.where(lower, (sc.expit(logit) * (shape + b) * found + gap) / shape, found)
    return found


def beta_above(a: np.ndarray, b: np.ndarray, logit: np.ndarray) -> np.ndarray:
    """With ``H(b) = ((1 - x) (a + b) H(b + 1) + log x + psi(a + b) - psi(a)) / b``."""
    steps, most = steps_to_large(b)
    raised = b + steps
    found = beta_integral(a, raised, logit, 1.0)
    gap = sc.log_expit(logit) + psi_gap(a, raised)
    for step in range(most, 0, -1):
        lower = step <= steps
        shape = np.where(lower, b + (step - 1.0), np.inf)
        gap = gap - 1.0 / (a + shape)
        moved = (sc.expit(-logit) * (a + shape) * found + gap) / shape
        found = np.where(lower, moved, found)
    return found


def beta_integral(a: np.ndarray, b: np.ndarray, logit: np.ndarray, side: float) -> np.ndarray:
    """Over the tail on one side of x, in the logit."""
    x = sc.expit(logit)
    length = side * beta_length(a, b, logit, side)
    v = MANY_NODES * length
    fall = np.expm1(v)
    fall *= x
    np.log1p(fall, out=fall)
    v *= a
    v -= (a + b) * fall
    density = np.exp(v, out=v)
    fall *= density
    level = (sc.log_expit(logit) + psi_gap(a, b)) * (MANY_WEIGHTS @ density)
    return length * (level + length * (MANY_MOMENTS @ density) - MANY_WEIGHTS @ fall)


def beta_length(a: np.ndarray, b: np.ndarray, logit: np.ndarray, side: float) -> np.ndarray:
    """Where the tail is negligible, by Newton's method on its exponent, which is convex."""
    x, y, whole = sc.expit(logit), sc.expit(-logit), a + b
    rate = side * (b * x - a * y)
    curvature = whole * x * y
    length = 2.0 * NEGLIGIBLE / (rate + np.sqrt(rate * rate + 2.0 * NEGLIGIBLE * curvature))
    length = np.minimum(length, 40.0)
    for _ in range(3):
        grown = np.expm1(side * length)
        exponent = whole * np.log1p(x * grown) - a * side * length
        rate = side * (whole * x * (grown + 1.0) / (1.0 + x * grown) - a)
        length = length + (NEGLIGIBLE - exponent) / rate
    return length


# The series of the digamma function (DLMF 5.11.2).
DIGAMMA = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)


def psi_gap(a: Any, b: Any) -> Any:
    """``psi(a + b) - psi(a)``, which does not cancel for large `a`."""
    large = np.maximum(a, LARGE)
    whole = large + b
    near, far = 1.0 / (large * large), 1.0 / (whole * whole)
    total = np.log1p(b / large) + 0.5 * b / (large * whole)
    power, other = near, far
    for number in DIGAMMA:
        total = total + number * (power - other)
        power, other = power * near, other * far
    return np.where(a >= LARGE, total, sc.psi(a + b) - sc.psi(a))


def student_slope(df: Any, t: Any) -> Any:
    """The derivative of quantiles of Student's distribution to the degrees of freedom."""
    return by_blocks(student_block, df, t)


NORMAL = 50.0  # degrees of freedom from which the tails are nearly normal
INFLECTION = np.sqrt(1.0 + np.sqrt(2.0))  # near where the density does not move with `df`


def student_block(df: np.ndarray, t: np.ndarray) -> np.ndarray:
    few = on_sides(df < NORMAL, student_by_beta, student_by_tails, df, np.abs(t))
    return np.where(t == 0.0, 0.0, np.copysign(few, few * t))


def student_by_beta(df: np.ndarray, t: np.ndarray) -> np.ndarray:
    """``df / (df + t**2)`` is a quantile of a beta distribution."""
    logit = np.log(df) - 2.0 * np.log(t)
    return 0.5 * t * (1.0 / df - 0.5 * beta_block(0.5 * df, np.full(df.shape, 0.5), logit))


def student_by_tails(df: np.ndarray, t: np.ndarray) -> np.ndarray:
    return on_sides(t < INFLECTION, student_middle, student_tail, df, t)


def student_middle(df: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The level is held from the middle on, where it is one half."""
    s = NODES * t
    density = np.exp(0.5 * (df + 1.0) * (np.log1p(t * t / df) - np.log1p(s * s / df)))
    return -t * (WEIGHTS @ (density * student_growth(df, s)))


def student_tail(df: np.ndarray, t: np.ndarray) -> np.ndarray:
    square = df + t * t
    end = np.sqrt(t * t + square * np.expm1(2.0 * NEGLIGIBLE / (df + 1.0)))
    s = t + NODES * (end - t)
    density = np.exp(-0.5 * (df + 1.0) * np.log1p((s - t) * (s + t) / square))
    return (end - t) * (WEIGHTS @ (density * student_growth(df, s)))


def student_growth(df: Any, t: Any) -> Any:
    """The derivative of the logarithm of the density to `df`, for many degrees of freedom."""
    share = t * t / df
    inverse = 1.0 / (df * df)  # psi((df + 1) / 2) - psi(df / 2) - 1 / df, DLMF 5.11.2
    series = 0.5 - inverse * (0.25 - inverse * (0.5 - inverse * (2.125 - 15.5 * inverse)))
    moved = 0.5 * (1.0 + 1.0 / df) * share / (1.0 + share)
    return 0.5 * inverse * series - 0.5 * np.log1p(share) + moved


def spacing(a: Any, rate: Any) -> Any:
    """For differences in a shape of which the logarithm of the density grows at `rate`."""
    return by_pole(0.25 / (2.0 / np.sqrt(1.0 + a) + np.abs(rate)), a)


def gamma_rate(a, z):
    return np.log(z) - sc.psi(a)


def beta_rate(a, b, logit):
    """Of the density in the logit, to `a`."""
    return sc.log_expit(logit) + psi_gap(a, b)


def student_rate(df, t):
    share = t * t / df
    level = 0.5 * (psi_gap(0.5 * df, 0.5) - 1.0 / df)
    exact = level - 0.5 * np.log1p(share) + 0.5 * (1.0 + 1.0 / df) * share / (1.0 + share)
    return np.where(df < NORMAL, exact, student_growth(df, t))


def gamma_log_slope_to_z(a, z, out):
    with np.errstate(all="ignore"):
        return -(gamma_rate(a, z) + out * (a - z)) / z


elementwise(
    gamma_log_slope,
    lambda a, z, out: slope(gamma_log_slope, (a, z), 0, spacing(a, gamma_rate(a, z))),
    gamma_log_slope_to_z,
)
elementwise(
    beta_logit_slope,
    lambda a, b, logit, out: slope(
        beta_logit_slope, (a, b, logit), 0, spacing(a, beta_rate(a, b, logit))
    ),
    lambda a, b, logit, out: slope(
        beta_logit_slope, (a, b, logit), 1, spacing(b, beta_rate(b, a, -logit))
    ),
    lambda a, b, logit, out: (
        -beta_rate(a, b, logit) - out * (a * sc.expit(-logit) - b * sc.expit(logit))
    ),
)
elementwise(
    student_slope,
    lambda df, t, out: slope(student_slope, (df, t), 0, by_pole(0.125 * np.sqrt(1.0 + df), df)),
    lambda df, t, out: -student_rate(df, t) + out * (df + 1.0) * t / (df + t * t),
)
