"""Functions of `math` that Numba lacks, in the compiled language."""

import math
from collections.abc import Callable

import numpy as np


def dist(p, q):
    if len(p) != len(q):
        raise ValueError("both points must have the same number of dimensions")
    total = 0.0
    for i in range(len(p)):
        total = math.hypot(total, float(p[i]) - float(q[i]))
    return total


def fsum(seq):
    """The sum with what its rounding lost (A. Neumaier, ZAMM 54, 1974)."""
    total = 0.0
    lost = 0.0
    for item in seq:
        x = float(item)  # also of single precision
        new = total + x
        if abs(total) >= abs(x):
            lost += (total - new) + x
        else:
            lost += (x - new) + total
        total = new
    return total + lost if np.isfinite(lost) else total


def modf(x):
    x = float(x)
    whole = np.trunc(x)
    return float(np.where(np.isinf(x), 0.0 * np.sign(x), x - whole)), float(whole)


def frexp(x):
    x = float(x)
    if x == 0 or not np.isfinite(x):
        return 1.0 * x, 0
    exponent = int(np.floor(np.log2(abs(x)))) + 1
    fraction = math.ldexp(x, -exponent)
    if abs(fraction) >= 1.0:  # the logarithm was rounded
        fraction = 0.5 * fraction
        exponent += 1
    elif abs(fraction) < 0.5:
        fraction = 2.0 * fraction
        exponent -= 1
    return fraction, exponent


def remainder(x, y):
    """As CPython has it: the nearest multiple of `y` is subtracted, of two the even one."""
    size, period = abs(float(x)), abs(float(y))
    rest = math.fmod(size, period)
    beyond = period - rest
    if rest < beyond:
        found = rest
    elif rest > beyond:
        found = -beyond
    else:
        found = rest - 2.0 * math.fmod(0.5 * (size - rest), period)
    return -found if x < 0 else found


def ulp(x):
    return float(np.spacing(abs(float(x))))


def of_several(*coordinates):
    """``math.hypot`` of other than two numbers."""
    total = 0.0
    for x in coordinates:
        total = math.hypot(total, x)
    return total


PROGRAMS: dict[Callable, Callable] = {
    math.dist: dist,
    math.fsum: fsum,
    math.modf: modf,
    math.frexp: frexp,
    math.remainder: remainder,
    math.ulp: ulp,
}
