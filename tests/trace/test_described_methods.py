"""Special methods that a class holds as properties, partial methods and other objects."""

import asyncio
import functools
import types
from typing import ClassVar

import numpy as np
import pytest

import adjoint as ad
from adjoint.testing import check_grads


class Times:
    """Can be called, and does not bind."""

    def __call__(self, other):
        return 2.0 * other


class Tripled:
    """Binds in Python."""

    def __get__(self, owner, kind=None):
        return lambda other: owner.value * other * 3.0


class Many:
    def __init__(self, value):
        self.value = value

    __getitem__ = property(lambda self: lambda index: self.value * index)
    __setitem__ = property(lambda self: lambda index, new: setattr(self, "value", new * index))
    __delitem__ = property(lambda self: lambda index: setattr(self, "value", self.value * index))
    __add__ = staticmethod(lambda other: other * other)
    __radd__ = functools.partialmethod(lambda self, k, other: self.value * k + other, 3.0)
    __iadd__ = property(lambda self: lambda other: Many(self.value * other))
    __mul__ = Tripled()
    __truediv__ = Times()
    __neg__ = property(lambda self: lambda: self.value**2)
    __iter__ = property(lambda self: [self.value, self.value**2].__iter__)
    __next__ = property(lambda self: lambda: self.value * 7.0)
    __float__ = property(lambda self: lambda: self.value**3)
    __abs__ = property(lambda self: lambda: self.value**2.5)
    __round__ = property(lambda self: lambda: self.value * 9.0)
    __call__ = functools.partialmethod(lambda self, k, other: self.value * k + other**2, 3.0)
    __enter__ = property(lambda self: lambda: self.value * 2.0)
    __exit__ = functools.partialmethod(lambda self, k, *error: None, 3)
    __eq__ = property(lambda self: lambda other: self.value * other)
    __hash__: ClassVar[None] = None

    @functools.singledispatchmethod
    def __sub__(self, other):
        return self.value

    @__sub__.register
    def _(self, other: float):
        return self.value * other


def stored(many, x):
    many[2.0] = x * x
    del many[x]
    many += x
    return many.value


def managed(many, x):
    with many as value:
        return value * x


PROGRAMS = [
    lambda many, x: many[3.0],
    lambda many, x: many + x,
    lambda many, x: x + many,
    lambda many, x: many * x,
    lambda many, x: many / x,
    lambda many, x: many - x,
    lambda many, x: -many,
    lambda many, x: sum(many),
    lambda many, x: next(many),
    lambda many, x: float(many) + abs(many) + round(many),
    lambda many, x: many(x),
    lambda many, x: many == x,
    stored,
    managed,
]


@pytest.mark.parametrize("function", PROGRAMS)
def test_special_methods_of_all_kinds(function):
    check_grads(lambda x: function(Many(x), x), (0.7,))


class Noted:
    total = 0.0

    def __init__(self, value):
        self.value = value

    def note(self, weight):
        Noted.total = Noted.total + self.value * weight
        return 1

    __bool__ = property(lambda self: lambda: self.note(2.0) == 1)
    __lt__ = property(lambda self: lambda other: self.note(3.0) == 1)
    __hash__ = functools.partialmethod(lambda self, weight: self.note(weight), 4.0)
    __format__ = property(lambda self: lambda spec: spec * self.note(5.0))


def test_those_that_python_calls_by_itself():
    before = vars(Noted)["__bool__"]

    def f(x):
        Noted.total = 0.0
        noted = Noted(x)
        if noted:
            sorted([noted, Noted(x * x)])
        return len({noted: f"{noted:a}"}) * Noted.total

    check_grads(f, (0.7,))
    assert vars(Noted)["__bool__"] is before


def test_attributes():
    class Proxy:
        def __init__(self, value):
            self.__dict__["value"] = value

        __getattr__ = functools.partialmethod(lambda self, k, name: self.value * k * len(name), 3.0)
        __setattr__ = property(
            lambda self: lambda name, new: self.__dict__.update({name: new * self.value})
        )

    def f(x):
        proxy = Proxy(x)
        proxy.other = x
        return proxy.three + proxy.other

    check_grads(f, (0.7,))


def test_asynchronous():
    class Stream:
        count = 0
        __aenter__ = property(lambda self: self.enter)
        __aiter__ = property(lambda self: lambda: self)

        def __init__(self, value):
            self.value = value

        async def enter(self):
            return self.value * 2.0

        async def __aexit__(self, *error):
            pass

        async def __anext__(self):
            self.count += 1
            if self.count > 3:
                raise StopAsyncIteration
            return self.value * self.count

    async def main(x):
        total = 0.0
        async with Stream(x) as value:
            total += value * value
        async for value in Stream(x):
            total += value * value
        return total

    assert ad.grad(lambda x: asyncio.run(main(x)))(0.7) == pytest.approx(36 * 0.7)


def kept_as(kind, function):
    return functools.partialmethod(function) if kind == "partial method" else Bound(function)


class Bound:
    """An object that can be called, and binds as functions do."""

    def __init__(self, function):
        self.function = function

    def __call__(self, *args, **kwargs):
        return self.function(*args, **kwargs)

    def __get__(self, owner, kind=None):
        return self if owner is None else types.MethodType(self.function, owner)


@pytest.mark.parametrize("kind", ["partial method", "object"])
def test_methods_that_native_code_calls_by_itself(kind):
    def f(x):
        def begin(self, value):
            self.value = value * x[0]

        def named(self, owner, name):
            owner.named = x[1] ** 2

        def of_ufuncs(self, function, method, *args, **options):
            return x[2] ** 3

        def of_functions(self, function, types, args, options):
            return x[0] * x[2]

        begun = type("Begun", (), {"__init__": kept_as(kind, begin)})
        naming = type("Naming", (), {"__set_name__": kept_as(kind, named)})
        holder = type("Holder", (), {"held": naming()})
        answers = {"__array_ufunc__": of_ufuncs, "__array_function__": of_functions}
        answering = type("Answering", (), {name: kept_as(kind, m) for name, m in answers.items()})
        return begun(x[1]).value + holder.named + np.sin(answering()) + np.sum(answering())

    x = np.array([0.5, 1.5, -0.8])
    expected = [x[1] + x[2], x[0] + 2.0 * x[1], 3.0 * x[2] ** 2 + x[0]]
    assert np.allclose(ad.grad(f)(x), expected, rtol=1e-14)


def test_a_class_that_is_made_by_a_call_is_of_the_programs_module():
    def f(x):
        made.append(type("Made", (), {}))
        made.append(Meta("Made", (), {}))
        made.append(type.__new__(type, "Made", (), {}))
        made.append(type("Made", (), {"__module__": "elsewhere"}))
        return x * x

    class Meta(type):
        pass

    made = []
    assert ad.grad(f)(3.0) == 6.0
    assert [kind.__module__ for kind in made] == [__name__, __name__, __name__, "elsewhere"]
