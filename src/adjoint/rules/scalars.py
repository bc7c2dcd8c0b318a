"""The elementwise formulas at the speed of `math`, for plain Python floats.

`scalar_partials` runs the very formulas of the rule table with `np` standing for functions of
one float. Where Python would raise (``1 / 0``, ``math.log(0)``) they give what NumPy gives.
"""

import math
import operator
from collections.abc import Callable
from functools import cache
from types import FunctionType, SimpleNamespace

import numpy as np

from adjoint.rules.ruleset import Form, lookup
from adjoint.source import names_of_code


def where(condition, chosen, other):
    return chosen if condition else other


def sign(x):
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else 0.0 if x == 0.0 else x


def square(x):
    return x * x


FAILURES = (ArithmeticError, ValueError, TypeError, AttributeError)
SCALAR_NUMPY = SimpleNamespace(
    absolute=abs,
    arctan2=math.atan2,
    copysign=math.copysign,
    cos=math.cos,
    cosh=math.cosh,
    exp=math.exp,
    expm1=math.expm1,
    floor_divide=operator.floordiv,
    hypot=math.hypot,
    isfinite=math.isfinite,
    isinf=math.isinf,
    isnan=math.isnan,
    ldexp=math.ldexp,
    ndim=lambda x: 0,
    log=math.log,
    log1p=math.log1p,
    pi=math.pi,
    power=math.pow,
    real=lambda x: x.real,
    rint=lambda x: float(round(x)),
    sign=sign,
    sin=math.sin,
    sinh=math.sinh,
    sqrt=math.sqrt,
    square=square,
    tan=math.tan,
    tanh=math.tanh,
    trunc=lambda x: float(math.trunc(x)),
    where=where,
)


@cache
def scalar_partials(function: Callable, arity: int | None = None) -> tuple[Callable | None, ...]:
    """The partials of an ELEMENTWISE rule as functions of Python floats.

    `arity` as in `ruleset.lookup`. An entry is None where the rule's is. They raise nothing and
    warn of nothing: the result is NumPy's inf or nan.
    """
    rule = lookup(function, arity)
    if rule is None or rule.form is not Form.ELEMENTWISE:
        raise LookupError(f"{function!r} has no elementwise rule")
    return tuple(None if partial is None else never_raising(partial) for partial in rule.partials)


def never_raising(partial: FunctionType) -> Callable:
    """`partial` of floats: by `math`, or by NumPy where `math` refuses.

    Spelled out for one and two arguments, because passing ``*args`` on costs as much as a sine.
    """
    fast = rebound(partial)

    def of_one(x, out):
        try:
            return fast(x, out)
        except FAILURES:
            return numpy_value(partial, (x, out))

    def of_two(x, y, out):
        try:
            return fast(x, y, out)
        except FAILURES:
            return numpy_value(partial, (x, y, out))

    def of_many(*args):
        try:
            return fast(*args)
        except FAILURES:
            return numpy_value(partial, args)

    return {2: of_one, 3: of_two}.get(fast.__code__.co_argcount, of_many)


def numpy_value(partial: FunctionType, args: tuple) -> float | complex:
    with np.errstate(all="ignore"):
        return np.asarray(partial(*(as_numpy(x) for x in args))).item()


def as_numpy(x):
    if type(x) is float or (type(x) is int and x == 0):  # by which NumPy's numbers are divided
        return np.float64(x)
    return np.complex128(x) if type(x) is complex else x


@cache
def rebound(formula: FunctionType) -> FunctionType:
    """`formula` with `np`, and the formulas it calls, replaced by their scalar versions."""
    names = {
        name: scalar_version(formula.__globals__[name])
        for name in names_of_code(formula.__code__)
        if name in formula.__globals__
    }
    return FunctionType(
        formula.__code__, names, formula.__name__, formula.__defaults__, formula.__closure__
    )


def scalar_version(thing):
    if thing is np:
        return SCALAR_NUMPY
    return rebound(thing) if isinstance(thing, FunctionType) else thing
