"""Rules of the arithmetic operators and of the NumPy functions that are the same operation.

Each formula is written once for the operator, the builtin and the ufunc.
"""

import builtins
import math
import operator

import numpy as np

from adjoint.rules.ruleset import elementwise, jvp, none, vjp, zero

elementwise((operator.pos, np.positive), lambda x, out: 1.0)
elementwise((operator.neg, np.negative), lambda x, out: -1.0)
elementwise(
    (operator.add, np.add),
    lambda x, y, out: 1.0,
    lambda x, y, out: 1.0,
)
elementwise(
    (operator.sub, np.subtract),
    lambda x, y, out: 1.0,
    lambda x, y, out: -1.0,
)
elementwise(
    (operator.mul, np.multiply),
    lambda x, y, out: y,
    lambda x, y, out: x,
)
elementwise(
    (operator.truediv, np.divide),
    lambda x, y, out: 1.0 / y,
    lambda x, y, out: -out / y,
)
elementwise(
    (operator.mod, np.remainder),
    lambda x, m, out: 1.0,
    lambda x, m, out: -np.floor_divide(x, m),
)
elementwise(
    (math.fmod, np.fmod),
    lambda x, m, out: 1.0,
    lambda x, m, out: -np.trunc(x / m),
)
elementwise(
    math.remainder,
    lambda x, m, out: 1.0,
    lambda x, m, out: -np.rint((x - out) / m),
)
elementwise(np.square, lambda x, out: 2.0 * x)
elementwise(np.reciprocal, lambda x, out: -out * out)


HIGHEST = 3e38  # of float32, too


def power_by_base(x, y, out):
    """``y x**(y-1)``, which is zero where both are zero, and moves with a `y` of zero.

    At a zero of `x` the logarithm outweighs what `y` adds as a factor, so that one is left out
    where the two would be infinities of opposite signs.
    """
    if np.ndim(x) > 0 and np.ndim(y) == 0 and y != 0:  # spares passes over the memory
        slope = np.power(x, y - 1.0)
        return np.where(x == 0, slope, y * slope) if np.absolute(y - 0.5) < 0.5 else y * slope
    is_nothing = (y == 0) & (np.absolute(x) < 1e-300)
    is_infinite = (x == 0) & (np.absolute(y - 0.5) < 0.5)
    slope = np.power(x, np.where(is_nothing, 1.0, y - 1.0))
    return np.where(is_infinite, slope, y * np.where(is_nothing, HIGHEST, slope))


def power_by_exponent(x, y, out):
    """``log(x) x**y``, whose limit is zero where the power vanishes.

    At a zero of `x` the logarithm is so low a number that the product falls as its limit does.
    """
    logarithm = np.log(np.where(out == 0, 1.0, x))
    return np.where((x == 0) & (out == 0), -HIGHEST, logarithm) * out


elementwise(
    (operator.pow, builtins.pow, math.pow, np.power, np.float_power),
    power_by_base,
    power_by_exponent,
)

# At zero the derivative is 0. The vjp and jvp are right for complex numbers too.
elementwise(
    (builtins.abs, operator.abs, math.fabs, np.absolute, np.fabs), lambda x, out: np.sign(x)
)


@vjp(builtins.abs, operator.abs, np.absolute)
def absolute_vjp(ct, out, x):
    return (ct * np.sign(x),)


@jvp(builtins.abs, operator.abs, np.absolute)
def absolute_jvp(tangents, out, x):
    return np.real(np.conj(np.sign(x)) * tangents[0])


elementwise(np.sign, lambda x, out: 0.0)


@vjp(np.sign)
def sign_vjp(ct, out, x):
    """``x / |x|``, which turns with a complex `x`: the part of `ct` along `out` is lost."""
    size = np.absolute(x)
    across = ct - np.real(np.conj(out) * ct) * out
    return (np.where(size == 0, 0.0, across / np.where(size == 0, 1.0, size)),)


@jvp(np.sign)
def sign_jvp(tangents, out, x):
    return sign_vjp(tangents[0], out, x)[0]


@vjp(builtins.divmod, np.divmod)
def divmod_vjp(ct, out, x, m):
    """The quotient is a step function; the remainder is ``x - quotient * m``."""
    if ct[1] is None:
        return None, None
    return ct[1], -ct[1] * out[0]


@jvp(builtins.divmod, np.divmod)
def divmod_jvp(tangents, out, x, m):
    dx, dm = (0.0 if t is None else t for t in tangents)
    step = dx - out[0] * dm
    return 0.0 * step, step


zero(operator.floordiv, np.floor_divide, builtins.round, np.round, np.around)

none(
    operator.lt,
    operator.le,
    operator.eq,
    operator.ne,
    operator.ge,
    operator.gt,
    operator.not_,
    operator.truth,
    operator.is_,
    operator.is_not,
    operator.contains,
    operator.and_,
    operator.or_,
    operator.xor,
    operator.invert,
    operator.lshift,
    operator.rshift,
    operator.index,
    operator.countOf,
    operator.indexOf,
)
