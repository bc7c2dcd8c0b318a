"""Rules of error functions, normal distributions and Fresnel integrals (DLMF 7)."""

import numpy as np
import scipy.special as sc

from adjoint.rules.ruleset import elementwise, jvp, vjp

ROOT_PI = np.sqrt(np.pi)
ROOT_TWO_PI = np.sqrt(2.0 * np.pi)

elementwise(sc.erf, lambda x, out: 2.0 / ROOT_PI * np.exp(-x * x))
elementwise(sc.erfc, lambda x, out: -2.0 / ROOT_PI * np.exp(-x * x))
elementwise(sc.erfcx, lambda x, out: 2.0 * x * out - 2.0 / ROOT_PI)
elementwise(sc.erfi, lambda x, out: 2.0 / ROOT_PI * np.exp(x * x))
elementwise(sc.erfinv, lambda y, out: 0.5 * ROOT_PI * np.exp(out * out))
elementwise(sc.erfcinv, lambda y, out: -0.5 * ROOT_PI * np.exp(out * out))
elementwise(sc.dawsn, lambda x, out: 1.0 - 2.0 * x * out)
elementwise(sc.wofz, lambda z, out: 2j / ROOT_PI - 2.0 * z * out)
elementwise(sc.ndtr, lambda x, out: np.exp(-0.5 * x * x) / ROOT_TWO_PI)
elementwise(sc.log_ndtr, lambda x, out: np.exp(-0.5 * x * x - out) / ROOT_TWO_PI)
elementwise(sc.ndtri, lambda p, out: ROOT_TWO_PI * np.exp(0.5 * out * out))
elementwise(sc.ndtri_exp, lambda y, out: ROOT_TWO_PI * np.exp(0.5 * out * out + y))
elementwise(
    sc.owens_t,
    lambda h, a, out: -np.exp(-0.5 * h * h) * sc.erf(a * h / np.sqrt(2.0)) / (2.0 * ROOT_TWO_PI),
    lambda h, a, out: np.exp(-0.5 * h * h * (1.0 + a * a)) / (2.0 * np.pi * (1.0 + a * a)),
)


@vjp(sc.fresnel)
def fresnel_vjp(ct, out, z):
    sine, cosine = fresnel_slopes(z)
    by_sine = 0.0 if ct[0] is None else ct[0] * np.conj(sine)
    return (by_sine if ct[1] is None else by_sine + ct[1] * np.conj(cosine),)


@jvp(sc.fresnel)
def fresnel_jvp(tangents, out, z):
    return tuple(tangents[0] * slope for slope in fresnel_slopes(z))


def fresnel_slopes(z):
    angle = 0.5 * np.pi * z * z
    return np.sin(angle), np.cos(angle)


def voigt_terms(x, sigma, gamma):
    """``w'(z) / (sigma sqrt(2 pi))`` and z, for the profile ``Re w(z) / (sigma sqrt(2 pi))``."""
    z = (x + 1j * gamma) / (sigma * np.sqrt(2.0))
    return (2j / ROOT_PI - 2.0 * z * sc.wofz(z)) / (sigma * ROOT_TWO_PI), z


elementwise(
    sc.voigt_profile,
    lambda x, sigma, gamma, out: np.real(voigt_terms(x, sigma, gamma)[0] / (sigma * np.sqrt(2.0))),
    lambda x, sigma, gamma, out: (
        -(out + np.real(voigt_terms(x, sigma, gamma)[0] * voigt_terms(x, sigma, gamma)[1])) / sigma
    ),
    lambda x, sigma, gamma, out: np.real(
        1j * voigt_terms(x, sigma, gamma)[0] / (sigma * np.sqrt(2.0))
    ),
)
