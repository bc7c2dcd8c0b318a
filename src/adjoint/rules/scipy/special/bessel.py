"""Rules of Bessel, Airy, Struve and Kelvin functions (DLMF 9, 10, 11)."""

import numpy as np
import scipy.special as sc

from adjoint.rules.ruleset import covers, definition, elementwise, jvp, vjp
from adjoint.rules.scipy.special.parameters import with_parameters
from adjoint.rules.scipy.special.quotients import bei_quotient, ber_quotient, struve_slope
from adjoint.rules.scipy.special.slopes import of_order

elementwise(sc.j0, lambda x, out: -sc.j1(x))
elementwise(sc.j1, lambda x, out: 0.5 * (sc.j0(x) - sc.jv(2, x)))
elementwise(sc.y0, lambda x, out: -sc.y1(x))
elementwise(sc.y1, lambda x, out: sc.y0(x) - out / x)
elementwise(sc.i0, lambda x, out: sc.i1(x))
elementwise(sc.i1, lambda x, out: 0.5 * (sc.i0(x) + sc.iv(2, x)))
elementwise(sc.i0e, lambda x, out: sc.i1e(x) - np.sign(x) * out)
elementwise(sc.i1e, lambda x, out: 0.5 * (sc.i0e(x) + sc.ive(2, x)) - np.sign(x) * out)
elementwise(sc.k0, lambda x, out: -sc.k1(x))
elementwise(sc.k1, lambda x, out: -sc.k0(x) - out / x)
elementwise(sc.k0e, lambda x, out: out - sc.k1e(x))
elementwise(sc.k1e, lambda x, out: out - sc.k0e(x) - out / x)


def difference(function):
    """``(f(v - 1) - f(v + 1)) / 2``."""
    return lambda v, z, out: 0.5 * (function(v - 1, z) - function(v + 1, z))


def total(function):
    """``(f(v - 1) + f(v + 1)) / 2``."""
    return lambda v, z, out: 0.5 * (function(v - 1, z) + function(v + 1, z))


with_parameters(sc.jv, of_order(sc.jv), difference(sc.jv))
with_parameters(sc.yv, of_order(sc.yv), difference(sc.yv))
with_parameters(sc.yn, "n", difference(sc.yn), whole=(0,))
with_parameters(sc.jve, of_order(sc.jve), difference(sc.jve))
with_parameters(sc.yve, of_order(sc.yve), difference(sc.yve))
with_parameters(sc.iv, of_order(sc.iv), total(sc.iv))
with_parameters(
    sc.ive, of_order(sc.ive), lambda v, z, out: total(sc.ive)(v, z, out) - np.sign(z) * out
)
with_parameters(sc.kv, of_order(sc.kv), lambda v, z, out: -total(sc.kv)(v, z, out))
with_parameters(
    sc.kn, "n", lambda n, x, out: -0.5 * (sc.kv(n - 1.0, x) + sc.kv(n + 1.0, x)), whole=(0,)
)
with_parameters(sc.kve, of_order(sc.kve), lambda v, z, out: out - total(sc.kve)(v, z, out))
with_parameters(sc.hankel1, of_order(sc.hankel1), difference(sc.hankel1))
with_parameters(sc.hankel2, of_order(sc.hankel2), difference(sc.hankel2))
with_parameters(
    sc.hankel1e,
    of_order(sc.hankel1e),
    lambda v, z, out: difference(sc.hankel1e)(v, z, out) - 1j * out,
)
with_parameters(
    sc.hankel2e,
    of_order(sc.hankel2e),
    lambda v, z, out: difference(sc.hankel2e)(v, z, out) + 1j * out,
)


@covers(sc.jve, sc.yve, sc.ive)
def is_real(v, z, **_options):
    """They are scaled by the modulus of a part of `z`, so not holomorphic."""
    return not np.iscomplexobj(z)


@definition(sc.jve)
def jve(v, z):
    return sc.jv(v, z) * np.exp(-np.absolute(np.imag(z)))


@definition(sc.yve)
def yve(v, z):
    return sc.yv(v, z) * np.exp(-np.absolute(np.imag(z)))


@definition(sc.ive)
def ive(v, z):
    return sc.iv(v, z) * np.exp(-np.absolute(np.real(z)))


with_parameters(sc.struve, of_order(sc.struve), struve_slope(sc.struve, -1.0))
with_parameters(sc.modstruve, of_order(sc.modstruve), struve_slope(sc.modstruve, 1.0))

elementwise(sc.ber, lambda x, out: sc.berp(x))
elementwise(sc.bei, lambda x, out: sc.beip(x))
elementwise(sc.ker, lambda x, out: sc.kerp(x))
elementwise(sc.kei, lambda x, out: sc.keip(x))
elementwise(sc.berp, lambda x, out: -sc.bei(x) - ber_quotient(x))
elementwise(sc.beip, lambda x, out: sc.ber(x) - bei_quotient(x))
elementwise(sc.kerp, lambda x, out: -sc.kei(x) - out / x)
elementwise(sc.keip, lambda x, out: sc.ker(x) - out / x)


@vjp(sc.airy)
def airy_vjp(ct, out, z):
    terms = [c * np.conj(s) for c, s in zip(ct, airy_slopes(out, z), strict=True) if c is not None]
    return (sum(terms),)


@jvp(sc.airy)
def airy_jvp(tangents, out, z):
    return tuple(tangents[0] * slope for slope in airy_slopes(out, z))


def airy_slopes(out, z):
    first, d_first, second, d_second = out
    return d_first, z * first, d_second, z * second


def spherical(function, below, above):
    """A spherical Bessel function, whose derivative is ``below n f_{n-1} + above (n + 1) f_{n+1}``
    over ``2 n + 1`` (DLMF 10.51), with no division by the variable.
    """

    def slope(n, z, derivative):
        lower, upper = np.maximum(n - 1, 0), n + 1
        if not derivative:
            return function(n, z, True)
        parts = below * n * function(lower, z, True) + above * upper * function(upper, z, True)
        return parts / (2.0 * n + 1.0)

    @vjp(function)
    def pullback(ct, out, n, z, derivative=False):
        return None, ct * np.conj(slope(n, z, derivative))

    @jvp(function)
    def pushforward(tangents, out, n, z, derivative=False):
        return tangents[1] * slope(n, z, derivative)


spherical(sc.spherical_jn, 1.0, -1.0)
spherical(sc.spherical_yn, 1.0, -1.0)
spherical(sc.spherical_in, 1.0, 1.0)
spherical(sc.spherical_kn, -1.0, -1.0)
