"""Exponentials, logarithms and hyperbolic tangents as arithmetic, which LLVM vectorises.

A call of the C library is made for one number after the other. The formulas here have no branch:
an argument is brought near zero, a polynomial is taken there, and what was split off is put back.
Results are within 1.5 units in the last place (`tanh` 3), and what is not finite comes out as from
the C library. The argument is reduced by two parts of log 2 as in W. J. Cody and W. Waite, Software
Manual for the Elementary Functions (1980); the logarithm and its coefficients are those of Sun's
fdlibm (`e_log.c`); the polynomial of the exponential is Taylor's, whose rest is below the rounding.
"""

import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

LOG2_HIGH = float.fromhex("0x1.62e42feep-1")
"""log 2 to 33 bits: its product with the exponent of a number is exact."""
LOG2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
WHOLE = 1.5 * 2.0**52
"""Added to a number, it leaves the nearest whole number in the last bits."""
MANTISSA = 52
BIAS = 1023
SIGN = 1 << 63
SERIES = [1 / math.factorial(n) for n in range(2, 14)]
LOGARITHM = [
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
]
ROOT_HALF = 0x3FE6A09E667F3BCD
"""The bits of the square root of one half."""
SMALLEST = 2.0**-1022
"""The smallest number with all its bits."""
HUGE = 1e300


class Real:
    """A number of the code that is written, or a vector of them."""

    def __init__(self, builder: Any, value: Any):
        self.builder = builder
        self.value = value

    def taken(self, other: "Real | float") -> Any:
        return other.value if isinstance(other, Real) else like(self.value.type, other)

    def __add__(self, other: "Real | float") -> "Real":
        return Real(self.builder, self.builder.fadd(self.value, self.taken(other), flags=FUSED))

    def __sub__(self, other: "Real | float") -> "Real":
        return Real(self.builder, self.builder.fsub(self.value, self.taken(other), flags=FUSED))

    def __mul__(self, other: "Real | float") -> "Real":
        return Real(self.builder, self.builder.fmul(self.value, self.taken(other), flags=FUSED))

    def __truediv__(self, other: "Real | float") -> "Real":
        return Real(self.builder, self.builder.fdiv(self.value, self.taken(other)))

    def where(self, other: "Real", order: str, bound: float, chosen: "Real | float") -> "Real":
        """`chosen` where the order holds between `other` and a bound, otherwise the number."""
        test = self.builder.fcmp_ordered(order, other.value, self.taken(bound))
        return Real(self.builder, self.builder.select(test, self.taken(chosen), self.value))

    def within(self, low: float, high: float) -> "Real":
        """The number or the bound that is nearest; what is no number stays so."""
        return self.where(self, "<", low, low).where(self, ">", high, high)

    def whole(self) -> "Real":
        """The nearest whole number."""
        shifted = self.builder.fadd(self.value, self.taken(WHOLE))
        return Real(self.builder, self.builder.fsub(shifted, self.taken(WHOLE)))


FUSED = ("contract",)
"""A product and a sum may be rounded once."""


def exponential(x: Real) -> Real:
    near, power = reduced(x.within(-746.0, 710.0))
    return scaled(near + 1.0, power)


def less_one(x: Real) -> Real:
    """The exponential less one."""
    near, power = reduced(x.within(-40.0, 710.0))
    inverse = two_to(power.within(-100.0, 100.0) * -1.0)
    return scaled(near - (inverse - 1.0), power).where(x, "==", 0.0, x)


def tangent(x: Real) -> Real:
    """The hyperbolic tangent."""
    builder, ints = x.builder, bits_of(x.value.type)
    bits = builder.bitcast(x.value, ints)
    size = builder.bitcast(builder.and_(bits, like(ints, SIGN - 1)), x.value.type)
    grown = less_one(Real(builder, size).within(0.0, 20.0) * 2.0)
    found = builder.bitcast((grown / (grown + 2.0)).value, ints)
    signed = builder.or_(found, builder.and_(bits, like(ints, SIGN)))
    return Real(builder, builder.bitcast(signed, x.value.type))


def logarithm(x: Real) -> Real:
    exponent, mantissa = parted(x.where(x, "<", SMALLEST, x * 2.0**MANTISSA))
    exponent = exponent.where(x, "<", SMALLEST, exponent - MANTISSA)
    f = mantissa - 1.0
    s = f / (f + 2.0)
    half = f * f * 0.5
    rest = s * (half + s * s * polynomial(LOGARITHM, s * s)) + exponent * LOG2_LOW
    found = exponent * LOG2_HIGH - ((half - rest) - f)
    found = found.where(x, "<", 0.0, math.nan).where(x, "==", 0.0, -math.inf)
    known = x.builder.fcmp_ordered("<", x.value, x.taken(math.inf))
    return Real(x.builder, x.builder.select(known, found.value, x.value))


def logarithm_of_one_more(x: Real) -> Real:
    """The logarithm of one and `x`, and what the sum lost: W. Kahan's correction."""
    more = x + 1.0
    lost = (x - (more - 1.0)) / more
    lost = lost.where(x, "<=", -1.0, 0.0).where(x, ">", HUGE, 0.0)
    return (logarithm(more) + lost).where(x, "==", 0.0, x)


def reduced(x: Real) -> tuple[Real, Real]:
    """``exp(r) - 1`` and ``k`` where `x` is ``r + k log(2)`` and `r` at most half of log 2."""
    k = (x * (1 / math.log(2))).whole()
    r = (x - k * LOG2_HIGH) - k * LOG2_LOW
    return r + r * r * polynomial(SERIES, r), k


def polynomial(coefficients: list[float], x: Real) -> Real:
    """By halves of the terms, which do not wait for each other (Estrin's scheme)."""
    terms: list[Real | float] = list(coefficients)
    while len(terms) > 1:
        pairs = zip(terms[::2], terms[1::2], strict=False)
        last = terms[-1:] if len(terms) % 2 else []
        terms = [x * odd + even for even, odd in pairs] + last
        x = x * x
    (found,) = terms
    return found if isinstance(found, Real) else Real(x.builder, x.taken(found))


def scaled(x: Real, power: Real) -> Real:
    """`x` times a power of two that may itself be too large or too small for a number."""
    half = (power * 0.5).whole()
    return x * two_to(half) * two_to(power - half)


def two_to(power: Real) -> Real:
    """A power of two with a whole exponent, put into the bits where exponents stand."""
    builder, ints = power.builder, bits_of(power.value.type)
    shifted = builder.fadd(power.value, power.taken(WHOLE + BIAS))
    bits = builder.shl(builder.bitcast(shifted, ints), like(ints, MANTISSA))
    return Real(builder, builder.bitcast(bits, power.value.type))


def parted(x: Real) -> tuple[Real, Real]:
    """The exponent of a positive number and its mantissa, about one."""
    builder, ints = x.builder, bits_of(x.value.type)
    bits = builder.bitcast(x.value, ints)
    beyond = builder.sub(bits, like(ints, ROOT_HALF))
    moved = builder.add(beyond, like(ints, (BIAS + 1) << MANTISSA))
    raised = builder.lshr(moved, like(ints, MANTISSA))
    as_real = builder.or_(raised, like(ints, (BIAS + MANTISSA) << MANTISSA))
    exponent = Real(builder, builder.bitcast(as_real, x.value.type))
    whole = builder.and_(beyond, like(ints, -1 << MANTISSA))
    mantissa = builder.bitcast(builder.sub(bits, whole), x.value.type)
    return exponent - (2.0**MANTISSA + BIAS + 1), Real(builder, mantissa)


def bits_of(type_: Any) -> Any:
    """The type of the bits of a number, or of each number of a vector."""
    ir = importlib.import_module("llvmlite.ir")
    ints = ir.IntType(64)
    return ir.VectorType(ints, type_.count) if isinstance(type_, ir.VectorType) else ints


def like(type_: Any, number: float) -> Any:
    """A number as a constant of a type, in each place of a vector."""
    is_vector = isinstance(type_, importlib.import_module("llvmlite.ir").VectorType)
    return type_([number] * type_.count) if is_vector else type_(number)


FORMULAS: dict[Callable, Callable[[Real], Real]] = {
    math.exp: exponential,
    np.exp: exponential,
    math.expm1: less_one,
    np.expm1: less_one,
    math.log: logarithm,
    np.log: logarithm,
    math.log1p: logarithm_of_one_more,
    np.log1p: logarithm_of_one_more,
    math.tanh: tangent,
    np.tanh: tangent,
}
