"""Rules of exponential, sine and other integrals, and of the Lambert W function (DLMF 4.13, 6)."""

import numpy as np
import scipy.special as sc

from adjoint.rules.ruleset import elementwise, jvp, vjp
from adjoint.rules.scipy.special.parameters import with_parameters
from adjoint.rules.scipy.special.quotients import hyperbolic_sine_quotient, sine_quotient

elementwise(sc.expi, lambda x, out: np.exp(x) / x)
elementwise(sc.exp1, lambda x, out: -np.exp(-x) / x)


def exponential_integral_slope(n, x, out):
    """``-E_{n-1}(x)``, where ``E_0(x) = exp(-x) / x``."""
    zeroth = np.exp(-x) * (1.0 + x) / (x * x)
    return np.where(n == 0, -zeroth, -sc.expn(np.maximum(n - 1, 0), x))


with_parameters(sc.expn, "n", exponential_integral_slope, whole=(0,))


def dilogarithm_slope(z, out):
    """``log(z) / (1 - z)``; near one its series, which has no cancellation."""
    rest = 1.0 - z
    small = np.absolute(rest) < 0.02
    series = 0.0
    for power in range(9, -1, -1):
        series = series * rest - 1.0 / (power + 1.0)
    safe = np.where(small, 2.0, z)
    return np.where(small, series, np.log(safe) / (1.0 - safe))


elementwise(sc.spence, dilogarithm_slope)
elementwise(sc.wrightomega, lambda z, out: out / (1.0 + out))
elementwise(sc.itstruve0, lambda x, out: sc.struve(0, x))
elementwise(sc.itmodstruve0, lambda x, out: sc.modstruve(0, x))


def strongly(vector, slope):
    """``vector * slope``, where a zero moves nothing along an infinite slope."""
    unbounded = (vector == 0) & ~np.isfinite(slope)  # elsewhere a zero may be moving
    return np.where(unbounded, 0.0, vector * slope)


def pair(function, slopes):
    """State the rule of a function of one variable with two results."""

    @vjp(function)
    def pullback(ct, out, x):
        pairs = zip(ct, slopes(x), strict=True)
        return (sum(strongly(c, np.conj(slope)) for c, slope in pairs if c is not None),)

    @jvp(function)
    def pushforward(tangents, out, x):
        return tuple(strongly(tangents[0], slope) for slope in slopes(x))


pair(sc.sici, lambda x: (sine_quotient(x), np.cos(x) / x))
pair(sc.shichi, lambda x: (hyperbolic_sine_quotient(x), np.cosh(x) / x))
pair(sc.itj0y0, lambda x: (sc.j0(x), sc.y0(x)))
pair(sc.iti0k0, lambda x: (sc.i0(x), sc.k0(x)))


def product_logarithm_slope(out):
    """``1 / (exp(W) (1 + W))``, which has no singularity at ``z = 0``."""
    return 1.0 / (np.exp(out) * (1.0 + out))


@vjp(sc.lambertw)
def lambertw_vjp(ct, out, z, k=0, tol=1e-8):
    return (ct * np.conj(product_logarithm_slope(out)),)


@jvp(sc.lambertw)
def lambertw_jvp(tangents, out, z, k=0, tol=1e-8):
    return tangents[0] * product_logarithm_slope(out)


# The ufunc that `lambertw` calls, which some packages call by its own name.
ufunc = getattr(sc.lambertw, "__globals__", {}).get("_lambertw")
if isinstance(ufunc, np.ufunc):
    elementwise(ufunc, lambda z, k, tol, out: product_logarithm_slope(out), None, None)
