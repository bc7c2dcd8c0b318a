"""Rules of elliptic integrals and functions, by Carlson's symmetric forms (DLMF 19, 22).

The symmetric forms have no cancellation at ``m = 0``.
"""

import numpy as np
import scipy.special as sc

from adjoint.rules.ruleset import elementwise, jvp, none, vjp

elementwise(sc.ellipk, lambda m, out: sc.elliprd(0.0, 1.0, 1.0 - m) / 6.0)
elementwise(sc.ellipkm1, lambda p, out: -sc.elliprd(0.0, 1.0, p) / 6.0)
elementwise(sc.ellipe, lambda m, out: -sc.elliprd(0.0, 1.0 - m, 1.0) / 6.0)


def within_quarter(phi):
    """``phi`` as a number of half turns and a rest between -pi/2 and pi/2."""
    turns = np.rint(phi / np.pi)
    return turns, phi - np.pi * turns


def first_kind_slope(phi, m):
    """The derivative of ``ellipkinc(phi, m)`` to `m`."""
    turns, rest = within_quarter(phi)
    s, c = np.sin(rest), np.cos(rest)
    part = s**3 * sc.elliprd(c * c, 1.0, 1.0 - m * s * s)
    return (part + 2.0 * turns * sc.elliprd(0.0, 1.0, 1.0 - m)) / 6.0


def second_kind_slope(phi, m):
    """The derivative of ``ellipeinc(phi, m)`` to `m`."""
    turns, rest = within_quarter(phi)
    s, c = np.sin(rest), np.cos(rest)
    part = s**3 * sc.elliprd(c * c, 1.0 - m * s * s, 1.0)
    return -(part + 2.0 * turns * sc.elliprd(0.0, 1.0 - m, 1.0)) / 6.0


def delta(phi, m):
    return np.sqrt(1.0 - m * np.sin(phi) ** 2)


elementwise(
    sc.ellipkinc,
    lambda phi, m, out: 1.0 / delta(phi, m),
    lambda phi, m, out: first_kind_slope(phi, m),
)
elementwise(
    sc.ellipeinc,
    lambda phi, m, out: delta(phi, m),
    lambda phi, m, out: second_kind_slope(phi, m),
)
elementwise(
    sc.elliprf,
    lambda x, y, z, out: -sc.elliprd(y, z, x) / 6.0,
    lambda x, y, z, out: -sc.elliprd(x, z, y) / 6.0,
    lambda x, y, z, out: -sc.elliprd(x, y, z) / 6.0,
)


def are_apart(x, y):
    """True if the closed formulas of `elliprc`, which divide by ``y - x``, lose no digits."""
    return bool(np.all(np.absolute(y - x) > 1e-2 * np.absolute(y)))


def first_slope(x, y, out):
    if are_apart(x, y):
        return 0.5 * (out - 1.0 / np.sqrt(x)) / (y - x)
    return -sc.elliprd(y, y, x) / 6.0


def second_slope(x, y, out):
    if are_apart(x, y):
        return -(0.5 * out + x * first_slope(x, y, out)) / y
    return -sc.elliprd(x, y, y) / 3.0


none(are_apart)
elementwise(
    sc.elliprc,
    lambda x, y, out: first_slope(x, y, out),
    lambda x, y, out: second_slope(x, y, out),
)
elementwise(
    sc.elliprg,
    lambda x, y, z, out: 0.25 * (sc.elliprf(x, y, z) - x * sc.elliprd(y, z, x) / 3.0),
    lambda x, y, z, out: 0.25 * (sc.elliprf(x, y, z) - y * sc.elliprd(x, z, y) / 3.0),
    lambda x, y, z, out: 0.25 * (sc.elliprf(x, y, z) - z * sc.elliprd(x, y, z) / 3.0),
)


DUPLICATIONS = 14  # after which the arguments are equal, as far as derivatives can tell


def degenerate_slope(x, y, z):
    """The derivative of ``elliprd(x, y, z)`` to `x`, by the duplication theorem (DLMF 19.26.18).

    Nothing is divided by differences of arguments, so that they may be equal, at every order.
    """
    a, b, c = np.sqrt(x), np.sqrt(y), np.sqrt(z)
    dx, dy, dz = 1.0, 0.0, 0.0
    da, db, dc = 0.5 / a, 0.0, 0.0
    total, scale = 0.0, 1.0
    for _ in range(DUPLICATIONS):
        shift = a * b + b * c + c * a
        moved = da * (b + c) + db * (a + c) + dc * (a + b)
        end = z + shift
        total = total - 3.0 * scale * (dc / c + (dz + moved) / end) / (c * end)
        x, y, z = 0.25 * (x + shift), 0.25 * (y + shift), 0.25 * (z + shift)
        dx, dy, dz = 0.25 * (dx + moved), 0.25 * (dy + moved), 0.25 * (dz + moved)
        a, b, c = np.sqrt(x), np.sqrt(y), np.sqrt(z)
        da, db, dc = 0.5 * dx / a, 0.5 * dy / b, 0.5 * dz / c
        scale = 0.25 * scale
    mean = (x + y + 3.0 * z) / 5.0
    return total - 0.3 * scale * (dx + dy + 3.0 * dz) / (mean * mean * np.sqrt(mean))


def moved_part(x, y, z):
    """``x`` times the derivative to it, whose limit at zero is zero."""
    positive = np.where(x == 0, 0.5 * z, x)
    return np.where(x == 0, 0.0, x * degenerate_slope(positive, y, z))


elementwise(
    sc.elliprd,
    lambda x, y, z, out: degenerate_slope(x, y, z),
    lambda x, y, z, out: degenerate_slope(y, x, z),
    lambda x, y, z, out: -(1.5 * out + moved_part(x, y, z) + moved_part(y, x, z)) / z,
)


def jacobi_slopes(out, m):
    """The derivatives of sn, cn, dn and the amplitude to `u`, and to `m`."""
    sn, cn, dn, amplitude = out
    by_m = -dn * first_kind_slope(amplitude, m)
    to_u = (cn * dn, -sn * dn, -m * sn * cn, dn)
    to_m = (cn * by_m, -sn * by_m, -(sn * sn + 2.0 * m * sn * cn * by_m) / (2.0 * dn), by_m)
    return to_u, to_m


@vjp(sc.ellipj)
def ellipj_vjp(ct, out, u, m):
    return tuple(
        sum(c * slope for c, slope in zip(ct, slopes, strict=True) if c is not None)
        for slopes in jacobi_slopes(out, m)
    )


@jvp(sc.ellipj)
def ellipj_jvp(tangents, out, u, m):
    du, dm = (0.0 if t is None else t for t in tangents)
    to_u, to_m = jacobi_slopes(out, m)
    return tuple(du * a + dm * b for a, b in zip(to_u, to_m, strict=True))
