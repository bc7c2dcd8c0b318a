"""Densities of `scipy.stats` by Bessel functions, whose native code is for one number each.

The generalised inverse Gaussian and the generalised hyperbolic distribution (M. Jorgensen, 1982).
"""

import math

import numpy as np
from scipy.special import kve

from adjoint.rules.absent import Native, present
from adjoint.rules.ruleset import definition

NATIVE = Native("scipy.stats._stats")


@definition(*present(NATIVE.geninvgauss_logpdf))
def geninvgauss_logpdf(x, p, b):
    if x <= 0.0:
        return -math.inf
    return (p - 1.0) * np.log(x) - 0.5 * b * (x + 1.0 / x) + b - np.log(2.0 * kve(p, b))


@definition(*present(NATIVE.genhyperbolic_logpdf))
def genhyperbolic_logpdf(x, p, a, b):
    inner, outer = np.sqrt((a - b) * (a + b)), a * np.sqrt(1.0 + x * x)
    constant = p * np.log(inner) - (p - 0.5) * np.log(a) - 0.5 * np.log(2.0 * np.pi)
    near = np.log(kve(p - 0.5, outer)) - outer - np.log(kve(p, inner)) + inner
    return constant + near + 0.5 * (p - 0.5) * np.log(1.0 + x * x) + b * x


@definition(*present(NATIVE.genhyperbolic_pdf))
def genhyperbolic_pdf(x, p, a, b):
    return np.exp(genhyperbolic_logpdf(x, p, a, b))
