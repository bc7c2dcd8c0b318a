"""Properties whose functions are not plain functions, and classes of properties of their own."""

import dataclasses
import functools
import operator
from typing import NamedTuple

import numpy as np
import pytest

import adjoint as ad

POINT = np.array([0.7, -0.4, 1.3])


class Access:
    """Its bound methods, and itself, serve as what a property calls."""

    def __init__(self, factor):
        self.factor = factor

    def read(self, owner):
        return owner.value**2 * self.factor

    def write(self, owner, value):
        owner.value = value * self.factor

    def remove(self, owner):
        owner.value = owner.value * self.factor

    def __call__(self, owner):
        return owner.value * self.factor


class Holder:
    def __init__(self, value):
        self.value = value

    def __neg__(self):
        return -2.0 * self.value

    bound = property(Access(2.0).read, Access(3.0).write, Access(4.0).remove)
    partial = property(functools.partial(lambda factor, owner: owner.value * factor, 3.0))
    called = property(Access(5.0))
    got = property(operator.attrgetter("value"))
    negative = property(operator.neg)


class OfClass(property):
    def __get__(self, owner, kind=None):
        return self.fget(kind)


class Once(property):
    def __get__(self, owner, kind=None):
        known = owner.__dict__.setdefault("known", {})
        name = self.fget.__name__
        if name not in known:
            known[name] = super().__get__(owner, kind)
        return known[name]


class Doubled(property):
    def __set__(self, owner, value):
        super().__set__(owner, 2.0 * value)

    def __delete__(self, owner):
        owner.value = owner.value**3


def by_bound_methods(x):
    holder = Holder(x[0])
    result = holder.bound
    holder.bound = x[1]
    result += holder.bound * holder.value
    del holder.bound
    return result + holder.value


def by_other_callables(x):
    holder = Holder(x[0])
    return holder.partial * holder.called + holder.got * holder.negative


def after_a_missing_attribute(x):
    class Loose(Holder):
        def __getattr__(self, name):
            return x[1]

    return Loose(x[0]).bound * Loose(x[0]).missing


def through_super(x):
    class Above(Holder):
        @property
        def bound(self):
            return super().bound * super().called

    return Above(x[0]).bound


def of_the_class(x):
    class Scaled:
        scale = x[0]

        @OfClass
        def square(cls):
            return cls.scale**2

    return Scaled.square * Scaled().square


def once(x):
    class Kept(Holder):
        @Once
        def cube(self):
            return self.value**3

    kept = Kept(x[0])
    result = kept.cube
    kept.value = x[1]
    return result * kept.cube


def changed_on_the_way(x):
    class Changing(Holder):
        twice = Doubled(lambda self: self.value, lambda self, value: setattr(self, "value", value))

    changing = Changing(x[0])
    changing.twice = x[1]
    result = changing.twice
    object.__setattr__(changing, "twice", x[2])
    result *= changing.value
    del changing.twice
    return result + changing.twice


PROGRAMS = [
    by_bound_methods,
    by_other_callables,
    after_a_missing_attribute,
    through_super,
    of_the_class,
    once,
    changed_on_the_way,
]


@pytest.mark.parametrize("f", PROGRAMS)
def test_what_a_property_calls_is_followed(f):
    step = 1e-6
    gradient = ad.grad(f)(POINT)
    for index, unit in enumerate(np.eye(3)):
        expected = (f(POINT + step * unit) - f(POINT - step * unit)) / (2.0 * step)
        assert gradient[index] == pytest.approx(expected, rel=1e-8, abs=1e-8)
    tangent = ad.jvp(f, (POINT,), (np.ones(3),))[1]
    assert tangent == pytest.approx(gradient.sum(), rel=1e-12)


def test_fields_of_dataclasses_made_by_other_callables():
    def f(x):
        @dataclasses.dataclass
        class Made:
            partial: float = dataclasses.field(default_factory=functools.partial(pow, x[0], 3))
            nested: float = dataclasses.field(
                default_factory=functools.partial(lambda value, by: value * by, x[1], by=x[2])
            )
            bound: float = dataclasses.field(
                default_factory=functools.partial(Access(x[2]).read, Holder(x[0]))
            )
            holder: Holder = dataclasses.field(default_factory=lambda: Holder(x[1] ** 2))
            listed: list = dataclasses.field(default_factory=list)

        made = Made()
        made.listed.append(made.holder.value)
        return made.partial + made.nested + made.bound + sum(made.listed)

    a, b, c = POINT
    expected = [3.0 * a**2 + 2.0 * a * c, c + 2.0 * b, b + a**2]
    assert np.allclose(ad.grad(f)(POINT), expected, rtol=1e-14)


def test_a_cache_around_an_object_that_holds_a_live_value():
    def f(x):
        return functools.lru_cache(Access(x[0]))(Holder(x[1]))

    assert np.allclose(ad.grad(f)(POINT), [POINT[1], POINT[0], 0.0])


class Slotted:
    __slots__ = ("value",)


class Fields(NamedTuple):
    first: float
    second: float


def set_by_descriptor(x):
    owner = Slotted()
    Slotted.value.__set__(owner, x * x)
    return Slotted.value.__get__(owner, Slotted) + Slotted.value.__get__(owner)


def read_by_a_bound_get(x):
    owner = Slotted()
    owner.value = x
    return sum(map(Slotted.value.__get__, [owner, owner])) * x


def deleted(x):
    owner = Slotted()
    owner.value = x
    vars(Slotted)["value"].__delete__(owner)
    with pytest.raises(AttributeError):
        Slotted.value.__get__(owner)
    owner.value = x**3
    return owner.value


def field_of_a_tuple(x):
    return Fields.second.__get__(Fields(2.0, x), Fields) ** 2


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (set_by_descriptor, 6.0),
        (read_by_a_bound_get, 6.0),
        (deleted, 6.75),
        (field_of_a_tuple, 3.0),
    ],
)
def test_slots_and_fields_by_their_descriptors(f, expected):
    assert ad.grad(f)(1.5) == pytest.approx(expected, rel=1e-14)
