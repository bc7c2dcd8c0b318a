"""Rules of hypergeometric functions (DLMF 13.3, 15.5, 16.3)."""

import numpy as np
import scipy.special as sc

from adjoint.rules.scipy.special.parameters import with_parameters
from adjoint.rules.scipy.special.slopes import by_growth, by_pole, from_poles, log_size, slope


def upper(function, place):
    """The partial to a parameter in the numerators of the series, of which it is entire."""

    def partial(*given):
        *args, _ = given
        rate = np.log1p(np.abs(args[-1])) + np.log1p(np.abs(args[place])) + 1.0
        return slope(function, tuple(args), place, by_growth(rate))

    return partial


def lower(function, place):
    """The partial to a parameter in the denominators, which has poles at 0, -1, -2, ..."""

    def partial(*given):
        *args, _ = given
        spacing = by_growth(np.log1p(np.abs(args[-1])) + 1.0)
        return slope(function, tuple(args), place, by_pole(spacing, from_poles(args[place])))

    return partial


def tricomi(place):
    def partial(a, b, z, out):
        return slope(sc.hyperu, (a, b, z), place, by_growth(2.0 + np.abs(log_size(z))))

    return partial


with_parameters(sc.hyp0f1, lower(sc.hyp0f1, 0), lambda v, z, out: sc.hyp0f1(v + 1.0, z) / v)
with_parameters(
    sc.hyp1f1,
    upper(sc.hyp1f1, 0),
    lower(sc.hyp1f1, 1),
    lambda a, b, z, out: a / b * sc.hyp1f1(a + 1.0, b + 1.0, z),
)
with_parameters(
    sc.hyp2f1,
    upper(sc.hyp2f1, 0),
    upper(sc.hyp2f1, 1),
    lower(sc.hyp2f1, 2),
    lambda a, b, c, z, out: a * b / c * sc.hyp2f1(a + 1.0, b + 1.0, c + 1.0, z),
)
with_parameters(
    sc.hyperu,
    tricomi(0),
    tricomi(1),
    lambda a, b, z, out: -a * sc.hyperu(a + 1.0, b + 1.0, z),
)
