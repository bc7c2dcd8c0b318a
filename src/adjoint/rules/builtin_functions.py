"""Rules of Python's builtins and of the functions of `math` that take sequences."""

import builtins
import fractions
import math
import queue

import numpy as np

from adjoint.rules.elementary import share_of
from adjoint.rules.forms import conjugated
from adjoint.rules.numpy.reductions import leave_one_out
from adjoint.rules.ruleset import Form, elementwise, holds, jvp, none, overload, vjp

elementwise(float, lambda x, out: 1.0)
elementwise(complex, lambda x, out: 1.0)
overload(
    complex,
    2,
    Form.ELEMENTWISE,
    lambda x, y, out: 1.0,
    lambda x, y, out: 1j,
)
NUMBER_TYPES = (np.float64, np.float32, np.float16, np.longdouble)
COMPLEX_TYPES = (np.complex128, np.complex64, np.clongdouble)
for number_type in (*NUMBER_TYPES, *COMPLEX_TYPES):
    elementwise(number_type, lambda x, out: 1.0)
none(bool, int, len, str, repr, format, hash, id, type, isinstance, issubclass, callable, print)
holds(queue.SimpleQueue)
none(*(getattr(fractions.Fraction, f"__{name}__") for name in ("lt", "le", "gt", "ge")))
none(builtins.ascii, builtins.all, builtins.any, np.bool_, np.int64, np.int32)


@vjp(builtins.sum)
def sum_vjp(ct, out, iterable, start=0):
    return [ct] * len(iterable), ct


@jvp(builtins.sum)
def sum_jvp(tangents, out, iterable, start=0):
    terms = tangents[0] if tangents[0] is not None else ()
    first = tangents[1] if len(tangents) > 1 and tangents[1] is not None else 0.0
    return sum(terms, first)


@vjp(math.fsum)
def fsum_vjp(ct, out, seq, /):
    return ([ct] * len(seq),)


@jvp(math.fsum)
def fsum_jvp(tangents, out, seq, /):
    return math.fsum(tangents[0])


@vjp(math.prod)
def prod_vjp(ct, out, iterable, /, *, start=1):
    return (ct * conjugated(start * others_of(iterable)),)


@jvp(math.prod)
def prod_jvp(tangents, out, iterable, /, *, start=1):
    return np.sum(start * others_of(iterable) * np.asarray(tangents[0]))[()]


def others_of(factors):
    """For each factor the product of all the others."""
    return leave_one_out(np.asarray(factors), 0)


@vjp(builtins.max, builtins.min)
def extremum_vjp(ct, out, *args):
    """The tied share the derivative equally."""
    if len(args) > 1:
        return tuple(ct * weight for weight in tied_weights(args, out))
    return ([ct * weight for weight in tied_weights(args[0], out)],)


@jvp(builtins.max, builtins.min)
def extremum_jvp(tangents, out, *args):
    candidates, pushed = (args, tangents) if len(args) > 1 else (args[0], tangents[0])
    weights = tied_weights(candidates, out)
    return sum(w * t for w, t in zip(weights, pushed, strict=True) if t is not None)


def tied_weights(candidates, out):
    tied = [candidate == out for candidate in candidates]
    return [is_tied / max(sum(tied), 1) for is_tied in tied]


@vjp(math.hypot)
def hypot_vjp(ct, out, *coordinates):
    return tuple(ct * share_of(x, out) for x in coordinates)


@jvp(math.hypot)
def hypot_jvp(tangents, out, *coordinates):
    pairs = zip(tangents, coordinates, strict=True)
    return sum(t * share_of(x, out) for t, x in pairs if t is not None)


overload(
    math.hypot,
    2,
    Form.ELEMENTWISE,
    lambda x, y, out: share_of(x, out),
    lambda x, y, out: share_of(y, out),
)


@vjp(math.dist)
def dist_vjp(ct, out, p, q, /):
    toward = [ct * share_of(x - y, out) for x, y in zip(p, q, strict=True)]
    return toward, [-part for part in toward]


@jvp(math.dist)
def dist_jvp(tangents, out, p, q, /):
    toward = [share_of(x - y, out) for x, y in zip(p, q, strict=True)]
    dp, dq = ([0.0] * len(toward) if t is None else t for t in tangents)
    return sum(u * (a - b) for u, a, b in zip(toward, dp, dq, strict=True))


if hasattr(math, "sumprod"):

    @vjp(math.sumprod)
    def sumprod_vjp(ct, out, p, q, /):
        return [ct * conjugated(y) for y in q], [ct * conjugated(x) for x in p]

    @jvp(math.sumprod)
    def sumprod_jvp(tangents, out, p, q, /):
        dp, dq = ([0.0] * len(p) if t is None else t for t in tangents)
        return math.sumprod(dp, q) + math.sumprod(p, dq)


@vjp(math.modf, np.modf)
def modf_vjp(ct, out, x):
    return (ct[0],)


@jvp(math.modf, np.modf)
def modf_jvp(tangents, out, x):
    return tangents[0], 0.0 * tangents[0]


@vjp(math.frexp, np.frexp)
def frexp_vjp(ct, out, x):
    return (ct[0] * np.ldexp(1.0, -out[1]),)


@jvp(math.frexp, np.frexp)
def frexp_jvp(tangents, out, x):
    return tangents[0] * np.ldexp(1.0, -out[1]), None
