"""Rules of the NumPy functions that act on each element by itself and have no twin in `math`.

Where two arguments tie, they share the derivative: the weights are one half each.
"""

import numpy as np

from adjoint.rules.ruleset import Form, elementwise, jvp, none, overload, vjp, zero


def winner(candidate, other, out):
    """1 where `candidate` was chosen, 1/2 where the two are equal, else 0."""
    return np.where(candidate == other, 0.5, np.where(candidate == out, 1.0, 0.0))


elementwise(
    (np.maximum, np.minimum, np.fmax, np.fmin),
    lambda x, y, out: winner(x, y, out),
    lambda x, y, out: winner(y, x, out),
)
elementwise(
    np.where,
    None,
    lambda condition, x, y, out: np.where(condition, 1.0, 0.0),
    lambda condition, x, y, out: np.where(condition, 0.0, 1.0),
)
overload(np.where, 1, Form.NONE)


@vjp(np.where)
def where_vjp(ct, out, condition, x, y):
    return None, np.where(condition, ct, 0.0), np.where(condition, 0.0, ct)


@jvp(np.where)
def where_jvp(tangents, out, condition, x, y):
    _, dx, dy = (0.0 if t is None else t for t in tangents)
    return np.broadcast_to(np.where(condition, dx, dy), np.shape(out))


def sinc_partial(x, out):
    """``(cos(pi x) - sinc(x)) / x``; near zero its series, which has no cancellation."""
    small = np.absolute(x) < 0.05
    safe = np.where(small, 1.0, x)
    square = np.where(small, np.pi * x * np.pi * x, 0.0)
    series = 1.0 / 3.0 - square * (1.0 / 30.0 - square * (1.0 / 840.0 - square / 45360.0))
    return np.where(small, -np.pi * np.pi * x * series, (np.cos(np.pi * x) - out) / safe)


elementwise(np.sinc, sinc_partial)


def share_of_sum(x, out):
    """``exp(x - logaddexp(x, y))``: one half each where both are -inf or both +inf."""
    unbounded = np.isinf(out)
    difference = np.where(unbounded, 0.0, x - np.where(unbounded, 0.0, out))
    return np.where(unbounded, np.where(x == out, 1.0, 0.0), np.exp(difference))


def half_at_tie(share, x, y, out):
    return np.where((x == y) & np.isinf(out), 0.5, share)


elementwise(
    np.logaddexp,
    lambda x, y, out: half_at_tie(share_of_sum(x, out), x, y, out),
    lambda x, y, out: half_at_tie(share_of_sum(y, out), x, y, out),
)
elementwise(
    np.logaddexp2,
    lambda x, y, out: half_at_tie(share_of_sum(x * np.log(2.0), out * np.log(2.0)), x, y, out),
    lambda x, y, out: half_at_tie(share_of_sum(y * np.log(2.0), out * np.log(2.0)), x, y, out),
)
elementwise(np.nan_to_num, lambda x, out: np.where(np.isfinite(x), 1.0, 0.0))
elementwise(np.conjugate, lambda x, out: 1.0)
elementwise(np.real, lambda x, out: 1.0)
elementwise(np.imag, lambda x, out: 0.0)
elementwise(np.angle, lambda x, out: 0.0)


@vjp(np.conjugate)
def conjugate_vjp(ct, out, x):
    return (np.conj(ct),)


@jvp(np.conjugate)
def conjugate_jvp(tangents, out, x):
    return np.conj(tangents[0])


@vjp(np.real)
def real_vjp(ct, out, val):
    return (np.real(ct),)


@jvp(np.real)
def real_jvp(tangents, out, val):
    return np.real(tangents[0])


@vjp(np.imag)
def imag_vjp(ct, out, val):
    """For a complex `val`; the engine drops what is imaginary where it is real."""
    return (1j * np.real(ct),)


@jvp(np.imag)
def imag_jvp(tangents, out, val):
    return np.imag(tangents[0])


def turn_of(z):
    """The gradient of the angle of `z`: ``i z / |z|**2``, and zero at zero."""
    size = np.absolute(z)
    safe = np.where(size == 0, 1.0, size)
    return 1j * (z / safe) / safe


@vjp(np.angle)
def angle_vjp(ct, out, z, deg=False):
    return (ct * turn_of(z) * (180.0 / np.pi if deg else 1.0),)


@jvp(np.angle)
def angle_jvp(tangents, out, z, deg=False):
    return np.real(np.conj(turn_of(z)) * tangents[0]) * (180.0 / np.pi if deg else 1.0)


zero(np.floor, np.ceil, np.trunc, np.rint, np.spacing)
elementwise(
    np.heaviside,
    lambda x, at_zero, out: 0.0,
    lambda x, at_zero, out: np.where(x == 0, 1.0, 0.0),
)

if hasattr(np, "fix"):
    zero(np.fix)

none(
    np.isnan,
    np.isinf,
    np.isfinite,
    np.isneginf,
    np.isposinf,
    np.isreal,
    np.iscomplex,
    np.isrealobj,
    np.iscomplexobj,
    np.isclose,
    np.allclose,
    np.array_equal,
    np.array_equiv,
    np.signbit,
    np.greater,
    np.greater_equal,
    np.less,
    np.less_equal,
    np.equal,
    np.not_equal,
    np.logical_and,
    np.logical_or,
    np.logical_not,
    np.logical_xor,
    np.bitwise_and,
    np.bitwise_or,
    np.bitwise_xor,
    np.invert,
    np.left_shift,
    np.right_shift,
    np.gcd,
    np.lcm,
)
