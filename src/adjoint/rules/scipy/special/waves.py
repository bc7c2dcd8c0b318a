"""Rules of functions with several results or several parameters: integrals of Bessel functions,
Mathieu, spheroidal and parabolic cylinder functions, Wright's function (DLMF 9 to 12, 28, 30).

What has no formula of its own has its slope by the series of central differences.
"""

from collections.abc import Callable

import numpy as np
import scipy.special as sc

from adjoint.rules.ruleset import covers, jvp, vjp
from adjoint.rules.scipy.special.integrals import pair
from adjoint.rules.scipy.special.inverses import by_slopes, free, positive, with_value
from adjoint.rules.scipy.special.parameters import with_parameters
from adjoint.rules.scipy.special.quotients import (
    bei_quotient,
    ber_quotient,
    bessel_quotient,
    modified_bessel_quotient,
    struve_quotient,
)
from adjoint.rules.scipy.special.slopes import by_pole, slope

pair(sc.it2i0k0, lambda x: (modified_bessel_quotient(x), -sc.k0(x) / x))
pair(sc.it2j0y0, lambda x: (bessel_quotient(x), -sc.y0(x) / x))
with_parameters(sc.it2struve0, lambda x, out: -struve_quotient(x))


def airy_integral_slopes(x):
    above, below = sc.airy(x), sc.airy(-x)
    return above[0], above[2], below[0], below[2]


pair(sc.itairy, airy_integral_slopes)


def kelvin_slopes(x):
    be, ke, bep, kep = sc.kelvin(x)
    quotient = ber_quotient(x) + 1j * bei_quotient(x)
    return bep, kep, 1j * be - quotient, 1j * ke - kep / x


pair(sc.kelvin, kelvin_slopes)


def fresnel_slopes(sign, function):
    def slopes(x):
        turned = np.exp(-0.25j * sign * np.pi) / np.sqrt(np.pi)
        return -np.exp(1j * sign * x * x), -2j * sign * x * function(x)[1] - turned

    return slopes


pair(sc.modfresnelp, fresnel_slopes(1.0, sc.modfresnelp))
pair(sc.modfresnelm, fresnel_slopes(-1.0, sc.modfresnelm))


def scaled_airy_slopes(z):
    first, d_first, second, d_second = sc.airye(z)
    root = np.sqrt(np.maximum(z, 0.0))
    return (
        d_first + root * first,
        z * first + root * d_first,
        d_second - root * second,
        z * second - root * d_second,
    )


pair(sc.airye, scaled_airy_slopes)


@covers(sc.airye)
def is_real(x, **_options):
    return not np.iscomplexobj(x)


def within_one(x):
    return by_pole(1.0 / 16.0, 1.0 - np.abs(x))


def beyond_one(x):
    return by_pole(1.0 / 16.0, np.abs(x) - 1.0)


def several(function: Callable, *spacings: Callable | None) -> None:
    """State the rule of a function with several results, by slopes; None for a whole number."""

    def slopes_at(args, place):
        return [
            slope(lambda *a, k=k: function(*a)[k], args, place, spacings[place](args[place]))
            for k in range(function.nout)
        ]

    @vjp(function)
    def pullback(ct, out, *args):
        return tuple(
            None
            if spacing is None
            else sum(
                c * np.conj(s)
                for c, s in zip(ct, slopes_at(args, place), strict=True)
                if c is not None
            )
            for place, spacing in enumerate(spacings)
        )

    @jvp(function)
    def pushforward(tangents, out, *args):
        total = [0.0] * function.nout
        for place, tangent in enumerate(tangents):
            if tangent is not None and spacings[place] is not None:
                slopes = slopes_at(args, place)
                total = [t + tangent * s for t, s in zip(total, slopes, strict=True)]
        return tuple(total)


def single(function: Callable, *spacings: Callable | None) -> None:
    """The same for a function with one result."""
    partials = with_value(by_slopes(function, *spacings))
    with_parameters(function, *(p if s else None for p, s in zip(partials, spacings, strict=True)))


several(sc.pbdv, free, free)
several(sc.pbvv, free, free)
several(sc.pbwa, free, free)
for name in ("cem", "sem", "modcem1", "modcem2", "modsem1", "modsem2"):
    several(getattr(sc, "mathieu_" + name), None, positive, positive)
for name in ("a", "b"):
    single(getattr(sc, "mathieu_" + name), None, positive)
for kind, inside in (("pro", beyond_one), ("obl", positive)):
    single(getattr(sc, kind + "_cv"), None, None, positive)
    several(getattr(sc, kind + "_ang1"), None, None, positive, within_one)
    several(getattr(sc, kind + "_ang1_cv"), None, None, positive, free, within_one)
    # Of the second kind SciPy has only a few digits.
    several(getattr(sc, kind + "_rad1"), None, None, positive, inside)
    several(getattr(sc, kind + "_rad1_cv"), None, None, positive, free, inside)
single(sc.besselpoly, positive, free, free)
single(sc.agm, positive, positive)
single(sc.elliprj, positive, positive, positive, positive)
with_parameters(
    sc.wright_bessel,
    *with_value(by_slopes(sc.wright_bessel, positive, positive, positive))[:2],
    lambda a, b, x, out: sc.wright_bessel(a, a + b, x),
)
if hasattr(sc, "log_wright_bessel"):
    with_parameters(
        sc.log_wright_bessel,
        *with_value(by_slopes(sc.log_wright_bessel, positive, positive, positive))[:2],
        lambda a, b, x, out: np.exp(sc.log_wright_bessel(a, a + b, x) - out),
    )
