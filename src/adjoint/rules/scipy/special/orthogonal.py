"""Rules of orthogonal polynomials and spherical harmonics to their variables (DLMF 14, 18.9)."""

import numpy as np
import scipy.special as sc

from adjoint.rules.ruleset import elementwise, jvp, vjp
from adjoint.rules.scipy.special.parameters import with_parameters
from adjoint.rules.scipy.special.slopes import of_degree


def lower(n):
    """The degree below, and zero below zero, where the factor before it is zero; it may be real."""
    return np.where(n == 0, n, n - 1)


def still(n):
    """Zero; how it moves with a degree of zero is not known, and nan says so."""
    return 0.0 * n


elementwise(still, lambda n, out: np.where(n == 0, np.nan, 0.0))


def times_degree(n, value):
    return np.where(n == 0, still(n), value)


def ultraspherical_slope(n, alpha, x):
    return times_degree(n, 2.0 * alpha * sc.eval_gegenbauer(lower(n), alpha + 1.0, x))


def jacobi_slope(n, alpha, beta, x):
    below = sc.eval_jacobi(lower(n), alpha + 1.0, beta + 1.0, x)
    return times_degree(n, 0.5 * (n + alpha + beta + 1.0) * below)


def shifted_jacobi_slope(n, p, q, x):
    below = sc.eval_jacobi(lower(n), p - q + 1.0, q, 2.0 * x - 1.0)
    return times_degree(n, (n + p) * below / sc.binom(2.0 * n + p - 1.0, n))


with_parameters(
    sc.eval_legendre,
    of_degree(sc.eval_legendre, 0),
    lambda n, x, out: ultraspherical_slope(n, 0.5, x),
)
with_parameters(
    sc.eval_chebyt, of_degree(sc.eval_chebyt, 0), lambda n, x, out: n * sc.eval_chebyu(lower(n), x)
)
with_parameters(
    sc.eval_chebyu, of_degree(sc.eval_chebyu, 0), lambda n, x, out: ultraspherical_slope(n, 1.0, x)
)
with_parameters(
    sc.eval_chebyc, of_degree(sc.eval_chebyc, 0), lambda n, x, out: n * sc.eval_chebys(lower(n), x)
)
with_parameters(
    sc.eval_chebys,
    of_degree(sc.eval_chebys, 0),
    lambda n, x, out: 0.5 * ultraspherical_slope(n, 1.0, 0.5 * x),
)
with_parameters(
    sc.eval_sh_legendre,
    of_degree(sc.eval_sh_legendre, 0),
    lambda n, x, out: 2.0 * ultraspherical_slope(n, 0.5, 2.0 * x - 1.0),
)
with_parameters(
    sc.eval_sh_chebyt,
    of_degree(sc.eval_sh_chebyt, 0),
    lambda n, x, out: 2.0 * n * sc.eval_sh_chebyu(lower(n), x),
)
with_parameters(
    sc.eval_sh_chebyu,
    of_degree(sc.eval_sh_chebyu, 0),
    lambda n, x, out: 2.0 * ultraspherical_slope(n, 1.0, 2.0 * x - 1.0),
)
with_parameters(sc.eval_hermite, None, lambda n, x, out: 2.0 * n * sc.eval_hermite(lower(n), x))
with_parameters(sc.eval_hermitenorm, None, lambda n, x, out: n * sc.eval_hermitenorm(lower(n), x))
with_parameters(
    sc.eval_laguerre,
    of_degree(sc.eval_laguerre, 0),
    lambda n, x, out: times_degree(n, -sc.eval_genlaguerre(lower(n), 1.0, x)),
)
with_parameters(
    sc.eval_genlaguerre,
    of_degree(sc.eval_genlaguerre, 0),
    of_degree(sc.eval_genlaguerre, 1),
    lambda n, a, x, out: times_degree(n, -sc.eval_genlaguerre(lower(n), a + 1.0, x)),
)
with_parameters(
    sc.eval_gegenbauer,
    of_degree(sc.eval_gegenbauer, 0),
    of_degree(sc.eval_gegenbauer, 1),
    lambda n, a, x, out: ultraspherical_slope(n, a, x),
)
with_parameters(
    sc.eval_jacobi,
    of_degree(sc.eval_jacobi, 0),
    of_degree(sc.eval_jacobi, 1),
    of_degree(sc.eval_jacobi, 2),
    lambda n, a, b, x, out: jacobi_slope(n, a, b, x),
)
with_parameters(
    sc.eval_sh_jacobi,
    of_degree(sc.eval_sh_jacobi, 0),
    of_degree(sc.eval_sh_jacobi, 1),
    of_degree(sc.eval_sh_jacobi, 2),
    lambda n, p, q, x, out: shifted_jacobi_slope(n, p, q, x),
)
with_parameters(
    sc.lpmv,
    None,
    of_degree(sc.lpmv, 1),
    lambda m, v, x, out: (v * x * out - (v + m) * sc.lpmv(m, v - 1.0, x)) / (x * x - 1.0),
)


def polar_slope(n, m, theta, phi):
    """The derivative of a spherical harmonic to `theta`, by the orders above and below.

    Of an order beyond the degree it is zero, as the harmonic is: a second derivative asks for it.
    """
    above = np.sqrt(np.maximum((n - m) * (n + m + 1.0), 0.0)) * np.exp(-1j * phi)
    below = np.sqrt(np.maximum((n + m) * (n - m + 1.0), 0.0)) * np.exp(1j * phi)
    upper, under = (sc.sph_harm_y(n, m + step, theta, phi) for step in (1, -1))
    return 0.5 * (above * upper - below * under)


def sph_harm_y_vjp(ct, out, n, m, theta, phi):
    return None, None, ct * np.conj(polar_slope(n, m, theta, phi)), ct * np.conj(1j * m * out)


def sph_harm_y_jvp(tangents, out, n, m, theta, phi):
    pushed = 0.0
    if tangents[2] is not None:
        pushed = tangents[2] * polar_slope(n, m, theta, phi)
    return pushed if tangents[3] is None else pushed + tangents[3] * 1j * m * out


if hasattr(sc, "sph_harm_y"):  # SciPy 1.15 and later
    vjp(sc.sph_harm_y)(sph_harm_y_vjp)
    jvp(sc.sph_harm_y)(sph_harm_y_jvp)


def by_next_derivative(function, signature):
    """State the rule of a Legendre function, of which SciPy computes derivatives on demand.

    They are stacked along a first axis.
    """

    def slope(args, diff_n, kwargs):
        return function(*args, diff_n=diff_n + 1, **kwargs)[1:]

    signature(function, slope)


def of_degree_alone(function, slope):
    @vjp(function)
    def pullback(ct, out, n, z, diff_n=0):
        return None, ct * np.conj(slope((n, z), diff_n, {}))

    @jvp(function)
    def pushforward(tangents, out, n, z, diff_n=0):
        return tangents[1] * slope((n, z), diff_n, {})


def of_degree_and_order(function, slope):
    @vjp(function)
    def pullback(ct, out, n, m, z, branch_cut=2, norm=False, diff_n=0):
        kwargs = {"branch_cut": branch_cut, "norm": norm}
        return None, None, ct * np.conj(slope((n, m, z), diff_n, kwargs))

    @jvp(function)
    def pushforward(tangents, out, n, m, z, branch_cut=2, norm=False, diff_n=0):
        kwargs = {"branch_cut": branch_cut, "norm": norm}
        return tangents[2] * slope((n, m, z), diff_n, kwargs)


def of_angle(function, slope):
    @vjp(function)
    def pullback(ct, out, n, m, theta, diff_n=0):
        return None, None, ct * slope((n, m, theta), diff_n, {})

    @jvp(function)
    def pushforward(tangents, out, n, m, theta, diff_n=0):
        return tangents[2] * slope((n, m, theta), diff_n, {})


SIGNATURES = {
    "legendre_p": of_degree_alone,
    "assoc_legendre_p": of_degree_and_order,
    "sph_legendre_p": of_angle,
}
for name, signature in SIGNATURES.items():
    if hasattr(sc, name):  # SciPy 1.15 and later
        by_next_derivative(getattr(sc, name), signature)
        by_next_derivative(getattr(sc, name + "_all"), signature)
