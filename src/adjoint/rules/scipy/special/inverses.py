"""Rules of distribution functions and of what inverts them in one of their arguments.

An inverse in ``y = F(t_0, ..., t_n)`` for `t_s` has ``dt_s = (dy - sum of F_i dt_i) / F_s``.
"""

from collections.abc import Callable

import numpy as np
import scipy.special as sc

from adjoint.rules.scipy.special.gamma import (
    beta_density,
    beta_shape_slope,
    gamma_density,
    gamma_shape_slope,
)
from adjoint.rules.scipy.special.parameters import with_parameters
from adjoint.rules.scipy.special.slopes import by_pole, slope


def inverse(
    function: Callable,
    partials: list[Callable],
    solved: int,
    level: int,
    least: float | None = None,
) -> None:
    """State the rule of what solves for argument `solved` of a function with these partials.

    The arguments come in the order of that function, without the one solved for, and with the
    value of the function inserted at place `level`. Where there is no solution above `least`, that
    is the result, whatever the arguments.
    """

    def at(place: int) -> Callable:
        def partial(*given):
            *args, out = given
            others = [arg for number, arg in enumerate(args) if number != level]
            point = [*others[:solved], out, *others[solved:]]
            own = partials[solved](*point)
            if place == level:
                return 1.0 / own
            number = place if place < level else place - 1
            return -partials[number if number < solved else number + 1](*point) / own

        return partial

    def above_least(partial: Callable) -> Callable:
        return lambda *given: np.where(given[-1] == least, 0.0, partial(*given))

    found = [at(place) for place in range(len(partials))]
    with_parameters(function, *(found if least is None else map(above_least, found)))


def by_slopes(function: Callable, *spacings: Callable) -> list[Callable]:
    """The partials of a function by its slopes; each spacing is a function of the argument."""

    def at(place: int) -> Callable:
        return lambda *args: slope(function, args, place, spacings[place](args[place]))

    return [at(place) for place in range(len(spacings))]


def positive(x):
    """The spacing for an argument with a singularity at zero."""
    return by_pole(1.0 / 16.0, np.abs(x))


def free(x):
    return np.full(np.shape(x), 1.0 / 16.0)


def with_value(partials: list[Callable]) -> list[Callable]:
    return [lambda *given, p=p: p(*given[:-1]) for p in partials]


CHI_SQUARE = by_slopes(sc.chndtr, positive, positive, positive)
F_RATIO = by_slopes(sc.ncfdtr, positive, positive, positive, positive)
STUDENT = by_slopes(sc.nctdtr, positive, free, free)
with_parameters(sc.chndtr, *with_value(CHI_SQUARE))
with_parameters(sc.ncfdtr, *with_value(F_RATIO))
with_parameters(sc.nctdtr, *with_value(STUDENT))
inverse(sc.chndtrix, CHI_SQUARE, 0, 0)
inverse(sc.chndtridf, CHI_SQUARE, 1, 1)
inverse(sc.chndtrinc, CHI_SQUARE, 2, 2)
inverse(sc.ncfdtri, F_RATIO, 3, 3)
inverse(sc.ncfdtridfn, F_RATIO, 0, 0)
inverse(sc.ncfdtridfd, F_RATIO, 1, 1)
inverse(sc.ncfdtrinc, F_RATIO, 2, 2)
inverse(sc.nctdtridf, STUDENT, 0, 0)
inverse(sc.nctdtrinc, STUDENT, 1, 1)
inverse(sc.nctdtrit, STUDENT, 2, 2)

POISSON = [  # of k and m
    lambda k, m: -gamma_shape_slope(k + 1.0, m),
    lambda k, m: -gamma_density(k + 1.0, m),
]
BINOMIAL = [  # of k, n and p: the incomplete beta function of n - k, k + 1 and 1 - p
    lambda k, n, p: (
        beta_shape_slope(n - k, k + 1.0, 1.0 - p, 1) - beta_shape_slope(n - k, k + 1.0, 1.0 - p, 0)
    ),
    lambda k, n, p: beta_shape_slope(n - k, k + 1.0, 1.0 - p, 0),
    lambda k, n, p: -beta_density(n - k, k + 1.0, 1.0 - p),
]
NEGATIVE_BINOMIAL = [
    lambda k, n, p: beta_shape_slope(n, k + 1.0, p, 1),
    lambda k, n, p: beta_shape_slope(n, k + 1.0, p, 0),
    lambda k, n, p: beta_density(n, k + 1.0, p),
]
inverse(sc.pdtrik, POISSON, 0, 0, least=0.0)
inverse(sc.bdtrik, BINOMIAL, 0, 0, least=0.0)
inverse(sc.bdtrin, BINOMIAL, 1, 1)
inverse(sc.nbdtrik, NEGATIVE_BINOMIAL, 0, 0, least=0.0)
inverse(sc.nbdtrin, NEGATIVE_BINOMIAL, 1, 1)
with_parameters(sc.pdtri, None, lambda k, y, out: -1.0 / gamma_density(k + 1.0, out), whole=(0,))
with_parameters(
    sc.bdtri, None, "n", lambda k, n, y, out: -1.0 / beta_density(k + 1.0, n - k, out), whole=(0, 1)
)
with_parameters(
    sc.nbdtri, None, "n", lambda k, n, y, out: 1.0 / beta_density(n, k + 1.0, out), whole=(0, 1)
)


def normal_density(z):
    return np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)


with_parameters(
    sc.nrdtrimn,
    lambda p, std, x, out: -std / normal_density((x - out) / std),
    lambda p, std, x, out: (out - x) / std,
    lambda p, std, x, out: 1.0,
)
with_parameters(
    sc.nrdtrisd,
    lambda mn, p, x, out: -out / (x - mn),
    lambda mn, p, x, out: -(out * out) / ((x - mn) * normal_density((x - mn) / out)),
    lambda mn, p, x, out: out / (x - mn),
)


def kolmogorov_density(x):
    """The density of the limit distribution, by the series that converges fast at `x`."""
    large = np.maximum(x, 0.7)
    total = 0.0
    for k in range(1, 9):
        total = total + (-1) ** (k + 1) * k * k * np.exp(-2.0 * (k * large) ** 2)
    small = np.clip(x, 0.04, 0.7)
    theta = 0.0
    for k in range(1, 9, 2):
        square = (k * np.pi / (2.0 * small)) ** 2
        theta = theta + (square - 1.0) * np.exp(-0.5 * square)
    near_zero = np.sqrt(2.0 * np.pi) / small**2 * theta
    return np.where(x >= 0.7, 8.0 * large * total, np.where(x > 0.04, near_zero, 0.0))


with_parameters(sc.kolmogorov, lambda x, out: -kolmogorov_density(x))
with_parameters(sc.kolmogi, lambda p, out: -1.0 / kolmogorov_density(out))


def smirnov_slope(n, d):
    """The derivative of ``smirnov(n, d)`` (Z. W. Birnbaum and F. H. Tingey, 1951), term by term."""
    total = 0.0
    for j in range(int(np.max(n)) + 1):
        left = d + j / n
        right = 1.0 - left
        is_term = (right > 0.0) & (j <= n)
        safe = np.where(is_term, right, 0.5)
        share = sc.binom(n, j) * left ** (j - 1.0) * safe ** (n - j)
        slope_of_share = share * (1.0 + d * ((j - 1.0) / left - (n - j) / safe))
        total = total + np.where(is_term, slope_of_share, 0.0)
    return total


with_parameters(sc.smirnov, None, lambda n, d, out: smirnov_slope(n, d), whole=(0,))
with_parameters(sc.smirnovi, None, lambda n, p, out: 1.0 / smirnov_slope(n, out), whole=(0,))


def tukey_slope(p, lmbda):
    """The derivative of the quantiles ``(p**l - (1 - p)**l) / l`` to `l`; a limit at zero."""
    q = 1.0 - p
    small = np.abs(lmbda) < 1e-3
    safe = np.where(small, 1.0, lmbda)
    exact = (p**safe * np.log(p) - q**safe * np.log(q) - (p**safe - q**safe) / safe) / safe
    squares, cubes = (np.log(p) ** k - np.log(q) ** k for k in (2, 3))
    fourth = np.log(p) ** 4 - np.log(q) ** 4
    return np.where(small, squares / 2.0 + lmbda * (cubes / 3.0 + lmbda * fourth / 8.0), exact)


def tukey_density(p, lmbda):
    return 1.0 / (p ** (lmbda - 1.0) + (1.0 - p) ** (lmbda - 1.0))


def inside(p, slope):
    """`slope` at the quantile of `p`, for a function of `p` that is flat beyond the last ones."""
    return np.where((p <= 0.0) | (p >= 1.0), 0.0, slope(np.where((p <= 0.0) | (p >= 1.0), 0.5, p)))


with_parameters(
    sc.tklmbda,
    lambda x, lmbda, out: inside(out, lambda p: tukey_density(p, lmbda)),
    lambda x, lmbda, out: inside(out, lambda p: -tukey_slope(p, lmbda) * tukey_density(p, lmbda)),
)
