"""Rules of `cmath`: the formulas of `math`, by the result where a branch must be the same.

The derivative on a branch cut is that of the side the value is on.
"""

import cmath

import numpy as np

from adjoint.rules.elementary import LOG_10
from adjoint.rules.numpy.elementwise import turn_of
from adjoint.rules.ruleset import Form, elementwise, jvp, none, overload, vjp

elementwise(cmath.exp, lambda x, out: out)
elementwise(cmath.log, lambda x, out: 1.0 / x)
elementwise(cmath.log10, lambda x, out: 1.0 / (x * LOG_10))
elementwise(cmath.sqrt, lambda x, out: 0.5 / out)
elementwise(cmath.sin, lambda x, out: np.cos(x))
elementwise(cmath.cos, lambda x, out: -np.sin(x))
elementwise(cmath.tan, lambda x, out: 1.0 + out * out)
elementwise(cmath.sinh, lambda x, out: np.cosh(x))
elementwise(cmath.cosh, lambda x, out: np.sinh(x))
elementwise(cmath.tanh, lambda x, out: (1.0 - out) * (1.0 + out))
elementwise(cmath.asin, lambda x, out: 1.0 / np.cos(out))
elementwise(cmath.acos, lambda x, out: -1.0 / np.sin(out))
elementwise(cmath.atan, lambda x, out: 1.0 / (1.0 + x * x))
elementwise(cmath.asinh, lambda x, out: 1.0 / np.cosh(out))
elementwise(cmath.acosh, lambda x, out: 1.0 / np.sinh(out))
elementwise(cmath.atanh, lambda x, out: 1.0 / ((1.0 - x) * (1.0 + x)))

overload(
    cmath.log,
    2,
    Form.ELEMENTWISE,
    lambda x, base, out: 1.0 / (x * np.log(base + 0j)),
    lambda x, base, out: -out / (base * np.log(base + 0j)),
)


def on_branch(function, slope):
    """For complex arguments, the derivative of the branch that the value is on."""

    @vjp(function)
    def pullback(ct, out, x):
        return (ct * np.conj(slope(out)),)

    @jvp(function)
    def pushforward(tangents, out, x):
        return tangents[0] * slope(out)


on_branch(np.arcsin, lambda out: 1.0 / np.cos(out))
on_branch(np.arccos, lambda out: -1.0 / np.sin(out))
on_branch(np.arccosh, lambda out: 1.0 / np.sinh(out))
on_branch(np.arcsinh, lambda out: 1.0 / np.cosh(out))


@vjp(cmath.phase)
def phase_vjp(ct, out, z):
    return (ct * turn_of(z),)


@jvp(cmath.phase)
def phase_jvp(tangents, out, z):
    return np.real(np.conj(turn_of(z)) * tangents[0])


def direction_of(z):
    """``z / |z|``: the gradient of the modulus, and zero at zero."""
    return -1j * turn_of(z) * np.absolute(z)


@vjp(cmath.polar)
def polar_vjp(ct, out, z):
    by_modulus = 0.0 if ct[0] is None else ct[0] * direction_of(z)
    return (by_modulus if ct[1] is None else by_modulus + ct[1] * turn_of(z),)


@jvp(cmath.polar)
def polar_jvp(tangents, out, z):
    along, across = direction_of(z), turn_of(z)
    return np.real(np.conj(along) * tangents[0]), np.real(np.conj(across) * tangents[0])


elementwise(
    cmath.rect,
    lambda r, phi, out: np.cos(phi) + 1j * np.sin(phi),
    lambda r, phi, out: 1j * out,
)

none(cmath.isclose, cmath.isfinite, cmath.isinf, cmath.isnan)
