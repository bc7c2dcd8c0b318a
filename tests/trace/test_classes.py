"""What classes run by themselves: their descriptors, and what is called while they are made."""

import abc
import copy
import enum
import math
import sys
import types
import typing
from types import DynamicClassAttribute
from unittest import mock

import pytest

import adjoint as ad
from adjoint.testing.finite_difference import finite_difference_jvp

PROGRAMS = []


def program(function):
    PROGRAMS.append(function)
    return function


# attributes of super()


@program
def property_of_a_base(x):
    class Base:
        def __init__(self, value):
            self.value = value

        @property
        def area(self):
            return self.value * self.value

    class Derived(Base):
        @property
        def area(self):
            return super().area * x + 1.0

    return Derived(x).area


@program
def descriptor_of_a_base(x):
    class Scaled:
        def __get__(self, instance, kind):
            return kind.factor * x if instance is None else instance.value * x

    class Base:
        factor = 3.0
        scaled = Scaled()

    class Derived(Base):
        def __init__(self, value):
            self.value = value

        def own(self):
            return super().scaled

        @classmethod
        def of_class(cls):
            return super().scaled

        @staticmethod
        def unbound():
            return super(Derived, Derived).scaled

    return Derived(x).own() + Derived.of_class() * Derived.unbound()


# attributes of classes


class ClassProperty:
    def __init__(self, function):
        self.function = function

    def __get__(self, instance, kind):
        return self.function(kind)


@program
def property_of_a_class(x):
    class Model:
        scale = x

        @ClassProperty
        def doubled(cls):
            return cls.scale * 2.0

        plain = 3.0

    return Model.doubled * Model.plain + Model().doubled + Model.scale


@program
def one_name_plain_in_one_class_and_computed_in_another(x):
    class Plain:
        doubled = 2.0

    class Computed:
        doubled = ClassProperty(lambda cls: x * x)

    return sum(kind.doubled for kind in (Plain, Computed, Plain))


@program
def attributes_of_a_metaclass(x):
    class Meta(type):
        @property
        def square(cls):
            return cls.side * cls.side

        def __getattr__(cls, name):
            return x * len(name)

        def perimeter(cls):
            return 4.0 * cls.side

    class Shape(metaclass=Meta):
        side = x

    return Shape.square * Shape.perimeter() + Shape.unknown


@program
def attribute_reader_of_a_metaclass(x):
    class Meta(type):
        def __getattribute__(cls, name):
            found = super().__getattribute__(name)
            return found * x if isinstance(found, float) else found

    class Shape(metaclass=Meta):
        side = 2.0

    return Shape.side


# class statements


@program
def metaclass_that_computes(x):
    class Meta(type):
        def __new__(cls, name, bases, namespace, scale=1.0):
            made = super().__new__(cls, name, bases, namespace)
            made.scale = scale * x
            return made

        def __init__(cls, name, bases, namespace, **options):
            super().__init__(name, bases, namespace)
            cls.total = cls.scale + x * x

    class First(metaclass=Meta, scale=2.0 * x):
        pass

    class Second(First):
        pass

    return First.total * First.scale + Second.total


@program
def function_as_metaclass(x):
    def make(name, bases, namespace):
        namespace["area"] = namespace["side"] * x
        return type(name, bases, namespace)

    class Shape(metaclass=make):
        side = x

    return Shape.area


@program
def bases_that_register(x):
    class Base:
        weights: typing.ClassVar[dict] = {}

        def __init_subclass__(cls, weight=1.0, **options):
            super().__init_subclass__(**options)
            Base.weights[cls.__name__] = weight * x

    class Middle(Base, weight=x):
        def __init_subclass__(cls, **options):
            cls.squared = x * x
            super().__init_subclass__(**options)

    class Last(Middle):
        pass

    return Base.weights["Middle"] + Base.weights["Last"] * Last.squared


@program
def attributes_told_their_name(x):
    class Field:
        def __set_name__(self, owner, name):
            owner.total = getattr(owner, "total", 0.0) + x * len(name)

    class Model:
        a = Field()
        long = Field()

    return Model.total * x


@program
def classes_with_an_index(x):
    class Scaled:
        def __class_getitem__(cls, index):
            return index * x

    return Scaled[2.0] + len(str(list[int])) * x


@program
def members_that_compute(x):
    class Planet(enum.Enum):
        EARTH = (5.9 * x, 6.3)
        MARS = (6.4, 3.3 * x)

        def __init__(self, mass, radius):
            self.gravity = mass / radius**2

        @property
        def weight(self):
            return self.gravity * x

        @DynamicClassAttribute
        def doubled(self):
            return self.gravity * 2.0

    made = [planet.gravity + planet.weight + planet.doubled for planet in Planet]
    return sum(made) + Planet.EARTH.value[0] * x


@program
def members_made_by_new(x):
    class Level(enum.Enum):
        LOW = 1
        HIGH = 2

        def __new__(cls, value):
            made = object.__new__(cls)
            made._value_ = value
            made.height = value * x
            return made

        @classmethod
        def _missing_(cls, value):
            found.append(value * x)
            return cls.LOW

    found = []
    return Level.HIGH.height * x + Level(7).height + sum(found) + Level(2).height


# what runs when attributes are deleted, and when objects are copied


@program
def deleted_attributes(x):
    class Noting:
        def __delete__(self, owner):
            owner.noted = x * 7.0

    class Owner:
        part = Noting()

        @property
        def area(self):
            return x

        @area.deleter
        def area(self):
            self.gone = x * x

        def __delitem__(self, key):
            self.key = key * x

    owner = Owner()
    del owner.part, owner.area, owner[3]
    first = owner.noted * owner.gone * owner.key
    other = Owner()
    object.__delattr__(other, "part")
    delattr(other, "area")
    other.spare = x
    del other.spare
    return first + other.noted + other.gone + hasattr(other, "spare") * x


@program
def a_class_loses_an_attribute(x):
    class Owner:
        def __init__(self):
            self.__dict__["size"] = x

        @property
        def size(self):
            return x * x

    owner = Owner()
    total = owner.size
    del Owner.size
    return total + 3.0 * owner.size


@program
def assigning_asks_the_class_before_its_property(x):
    class Owner:
        def __setattr__(self, name, value):
            super().__setattr__(name, value * x)

        @property
        def size(self):
            return self.__dict__["kept"]

        @size.setter
        def size(self, value):
            self.__dict__["kept"] = value + 1.0

    owner = Owner()
    owner.size = x
    owner.other = owner.size
    return owner.other


@program
def reading_as_an_object(x):
    class Owner:
        def __init__(self, held):
            self.held = held

        @property
        def area(self):
            return self.held * x

        @property
        def missing(self):
            raise AttributeError(str(type(self)))

        def __getattribute__(self, name):
            if name == "twice":
                return object.__getattribute__(self, "area") * 2.0
            return super().__getattribute__(name)

        def __getattr__(self, name):
            return self.held * len(name)

    owner = Owner(x)
    return owner.twice * owner.area + owner.missing + owner.other + owner.area


@program
def copies_by_state(x):
    class Kept:
        __slots__ = ("a", "b")

        def __init__(self, a, b):
            self.a, self.b = a, b

        def __getstate__(self):
            return self.a * 2.0, self.b

        def __setstate__(self, state):
            self.a, self.b = state

    class Made:
        def __init__(self, a):
            self.a = a

        def __reduce__(self):
            return Made, (self.a * 5.0,)

    kept = copy.copy(Kept(x, x * x))
    return kept.a * kept.b + copy.copy(Made(x)).a * copy.deepcopy(Made(x)).a


@program
def stand_ins(x):
    call = mock.Mock(side_effect=lambda value: value * x)
    gives = mock.MagicMock(return_value=x * 2.0)
    total = call(x) + gives() * gives.return_value + call.call_args[0][0]
    with mock.patch.object(math, "sin", lambda value: value * x):
        return total + math.sin(x)


# classes made by a call


class Weighted:
    def __init_subclass__(cls, /, weight=1.0, **keywords):
        super().__init_subclass__(**keywords)
        cls.weight = weight * weight


class Tripled:
    def __init__(self, value):
        self.value = value

    def __set_name__(self, owner, name):
        owner.tripled = self.value * 3.0


class Doubling(type):
    def __new__(meta, name, bases, namespace, **keywords):
        return super().__new__(meta, name, bases, {**namespace, "q": namespace["q"] * 2.0})

    def __init__(cls, name, bases, namespace, **keywords):
        super().__init__(name, bases, namespace)
        cls.squared = cls.q * cls.q


@program
def bases_are_told_of_classes_made_by_type(x):
    return type("Made", (Weighted,), {}, weight=x).weight


@program
def bases_are_told_of_classes_made_by_new_class(x):
    made = types.new_class("Made", (Weighted,), {"weight": x}, lambda space: space.update(u=x))
    return made.weight * made.u


@program
def bases_are_told_of_classes_made_by_other_metaclasses(x):
    made = abc.ABCMeta("Made", (Weighted,), {}, weight=x)
    return made.weight + type.__new__(type, "Made", (Weighted,), {}, weight=2.0 * x).weight


@program
def attributes_are_told_their_names(x):
    return type("Made", (), {"part": Tripled(x * x)}).tripled


@program
def a_metaclass_that_is_called(x):
    made = Doubling("Made", (), {"q": x})
    derived = types.new_class("Other", (made,), {}, lambda space: space.update(q=x * x))
    return made.squared * derived.squared


@program
def members_that_are_numbers(x):
    class Level(float, enum.Enum):
        LOW = x
        HIGH = x * 3.0

    return Level.HIGH * Level.LOW.value + Level.LOW * 2.0


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_program(f):
    expected = finite_difference_jvp(f, (1.3,), (1.0,))
    value, gradient = ad.value_and_grad(f)(1.3)
    assert value == f(1.3)
    assert gradient == pytest.approx(expected, rel=1e-7)
    assert ad.jvp(f, (1.3,), (1.0,))[1] == pytest.approx(gradient, rel=1e-12)


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="Python 3.13 no longer does it")
def test_a_class_method_around_a_property():
    class Model:
        scale = 2.0

        @classmethod
        @property
        def doubled(cls):
            return cls.scale * 2.0

    def f(x):
        Model.scale = x
        try:
            return Model.doubled * Model().doubled
        finally:
            Model.scale = 2.0

    assert ad.grad(f)(1.5) == pytest.approx(8.0 * 1.5)


def test_classes_are_as_python_would_have_left_them():
    class Base:
        def __init_subclass__(cls, **options):
            super().__init_subclass__(**options)

    class Told:
        def __set_name__(self, owner, name):
            self.name = name

    before = (Base.__dict__["__init_subclass__"], Told.__dict__["__set_name__"])
    made = []

    def f(x):
        class Local(Base):
            told = Told()

        class Kind(enum.Enum):
            A = 1

            def __init__(self, value):
                self.twice = 2 * value

        made.extend([Local, Kind])
        return x * Kind.A.twice

    assert ad.grad(f)(1.5) == 2.0
    assert (Base.__dict__["__init_subclass__"], Told.__dict__["__set_name__"]) == before
    local, kind = made
    assert type(local) is type
    assert local.__qualname__.endswith("f.<locals>.Local")
    assert local.__module__ == __name__
    assert kind.__init__.__name__ == "__init__"


def test_a_class_statement_that_fails_leaves_its_bases_alone():
    class Base:
        def __init_subclass__(cls):
            raise RuntimeError("not you")

    before = Base.__dict__["__init_subclass__"]

    def f(x):
        class Local(Base):
            pass

        return x

    with pytest.raises(RuntimeError, match="not you"):
        ad.grad(f)(1.0)
    assert Base.__dict__["__init_subclass__"] is before


def test_conflicting_metaclasses_are_python_s_own_error():
    class Left(type):
        pass

    class Right(type):
        pass

    class A(metaclass=Left):
        pass

    class B(metaclass=Right):
        pass

    def f(x):
        class C(A, B):
            pass

        return x

    with pytest.raises(TypeError, match="metaclass conflict"):
        ad.grad(f)(1.0)


class Vague:
    """Has no ``__dict__``, and says None to every question."""

    __slots__ = ("rate",)

    def __init__(self, rate):
        self.rate = rate

    def __getattr__(self, name):
        return None

    def scaled(self, x):
        return self.rate * x * x


def test_an_object_that_has_an_answer_to_every_name():
    def f(x):
        vague = Vague(x * 1.0)
        total = 0.0
        while total < 20.0:
            total = total + vague.scaled(x)
            vague.rate = vague.rate * 1.5
        return total if vague.other is None else 0.0

    ad.testing.check_grads(f, (1.3,))
    assert ad.grad(lambda v: v.scaled(2.0))(Vague(3.0)).rate == 4.0


class Doubled(enum.Enum):
    def __init__(self, value):
        self.twice = value * 2.0


class Trebled(enum.Enum):
    def __new__(cls, value):
        made = object.__new__(cls)
        made._value_ = value * 3.0
        return made


def an_enumeration_of_a_call(x):
    kind = enum.Enum("Kind", {"A": x * 1.0, "B": x * x})
    assert kind.__module__ == __name__
    return kind.A.value * 2.0 + kind.B.value


def an_enumeration_of_a_call_whose_base_computes(x):
    return Doubled("Kind", {"A": x * 1.0}).A.twice + Trebled("Other", {"A": x * x}).A.value


def an_enumeration_whose_base_computes(x):
    class Kind(Doubled):
        A = x * 1.0

    class Other(Trebled):
        A = x * x

    assert Other._new_member_ is Trebled._new_member_
    return Kind.A.twice + Other.A.value


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (an_enumeration_of_a_call, 6.0),
        (an_enumeration_of_a_call_whose_base_computes, 14.0),
        (an_enumeration_whose_base_computes, 14.0),
    ],
)
def test_enumerations(f, slope):
    assert ad.grad(f)(2.0) == pytest.approx(slope)
