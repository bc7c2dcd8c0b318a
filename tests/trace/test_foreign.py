"""Objects of native code swallow no derivative: not by operators or attributes."""

import collections
import ctypes
import datetime

import pytest

import adjoint as ad
from adjoint.errors import MissingRule

SECOND = datetime.timedelta(seconds=1)


def duration(x):
    return (SECOND * x).total_seconds()


def reflected(x):
    return (x * SECOND).total_seconds()


def quotient(x):
    return (SECOND / x) / SECOND


def in_place(x):
    length = SECOND
    length *= x
    return length.total_seconds()


def field(x):
    class Pair(ctypes.Structure):
        _fields_ = (("first", ctypes.c_double),)

    pair = Pair()
    pair.first = x * x
    return pair.first


PROGRAMS = [duration, reflected, quotient, in_place, field]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_native_objects_made_of_live_values_are_refused(program):
    program(2.0)
    with pytest.raises(MissingRule):
        ad.grad(program)(2.0)


def test_native_objects_of_constants_are_not():
    def f(x):
        hours = (2.5 * datetime.timedelta(hours=1)) / datetime.timedelta(minutes=30)
        return x * hours

    assert ad.grad(f)(2.0) == 5.0


def test_containers_that_are_joined():
    def f(x):
        both = collections.OrderedDict(a=x) | {"b": x * x}
        both |= {"c": x}
        return both["b"] + both["c"]

    assert ad.grad(f)(2.0) == 5.0
