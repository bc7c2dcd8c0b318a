"""What `wrapt` decorates, which is native proxies, is followed into the decorators."""

import math

import pytest

from adjoint.testing import check_grads

wrapt = pytest.importorskip("wrapt")


@wrapt.decorator
def doubled(wrapped, instance, args, kwargs):
    return wrapped(*args, **kwargs) * 2.0


@wrapt.decorator
def shifted(wrapped, instance, args, kwargs):
    return wrapped(*args, **kwargs) + (0.0 if instance is None else 3.0 * args[0])


class Scaled:
    def __init__(self, value):
        self.value = value

    @doubled
    def times(self, x):
        return self.value * x

    @shifted
    @classmethod
    def squared(cls, x):
        return x * x

    @doubled
    @staticmethod
    def cubed(x):
        return x**3

    @shifted
    def __getitem__(self, index):
        return self.value * index

    @doubled
    def __add__(self, other):
        return self.value + other


@doubled
def sine(x):
    return math.sin(x)


PROGRAMS = [
    sine,
    doubled(math.sin),
    lambda x: Scaled(x).times(x),
    lambda x: Scaled.times(Scaled(x), x),
    lambda x: Scaled.squared(x) * Scaled(x).squared(x),
    lambda x: Scaled.cubed(x) * Scaled(x).cubed(x),
    lambda x: Scaled(x)[x] * (Scaled(x) + x),
    wrapt.CallableObjectProxy(math.cos),
]


@pytest.mark.parametrize("function", PROGRAMS)
def test_decorated(function):
    check_grads(lambda x: function(x), (0.7,))
