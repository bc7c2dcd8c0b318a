"""Dataclasses in compiled functions: as arguments, results, and made on the way."""

from collections import namedtuple
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import AdjointError

Pair = namedtuple("Pair", "x y")


@dataclass(frozen=True)
class Spring:
    stiffness: float
    mass: float = 2.0

    def energy(self, x):
        return 0.5 * self.stiffness * x * x + self.frequency

    @property
    def frequency(self):
        return np.sqrt(self.stiffness / self.mass)

    @staticmethod
    def doubled(x):
        return 2.0 * x

    @classmethod
    def soft(cls, mass):
        return cls(0.1, mass)


@dataclass
class Body:
    speed: float
    place: np.ndarray
    count: int = 0
    history: list = field(default_factory=list)
    spring: Spring | None = None

    def move(self, step):
        self.speed *= 1.0 - step
        self.place += self.speed * step
        self.count += 1


@dataclass(slots=True)
class Slotted:
    x: float
    y: float = 3.0

    def __post_init__(self):
        self.y = self.y * self.x


def uses_a_spring(spring, x):
    return spring.energy(x) * Spring.doubled(spring.mass) + spring.soft(x).frequency


def makes_springs(x, y):
    first = Spring(x, mass=y)
    second = replace(first, stiffness=first.mass * x)
    return second.energy(y) + Spring(y).frequency


def moves_a_body(x, a, n):
    body = Body(x, a.copy())
    for i in range(n):
        body.move(0.1 + 0.01 * i)
        if body.speed > 1.0:
            body.speed = body.speed * 0.9
    return body.speed * np.sum(body.place**2) * body.count + len(body.history)


def reads_a_body(body, x):
    return body.speed * np.sum(body.place) * x + body.spring.energy(x) * body.count


def slots(x):
    made = Slotted(x)
    made.x += made.y
    return made.x * made.y


def pairs(x, y):
    first = Pair(x, y * x)
    second = first._replace(x=first.y)
    return second.x * second.y * first.x


def flatten(tree):
    if hasattr(tree, "__dataclass_fields__"):
        return [v for name in tree.__dataclass_fields__ for v in flatten(getattr(tree, name))]
    if isinstance(tree, list | tuple):
        return [v for item in tree for v in flatten(item)]
    return [] if tree is None else [tree]


BODY = (1.5, np.array([1.0, -2.0, 0.5]), 3)


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (uses_a_spring, (Spring(1.3, 0.7), 0.4)),
        (makes_springs, (1.3, 0.7)),
        (moves_a_body, (1.5, np.array([1.0, -2.0, 0.5]), 4)),
        (reads_a_body, (Body(*BODY, spring=Spring(1.3, 0.7)), 0.4)),
        (slots, (1.7,)),
        (pairs, (1.3, 0.7)),
    ],
)
def test_gradients_are_those_of_the_traced_tier(function, args):
    argnums = tuple(i for i, a in enumerate(args) if not isinstance(a, int))
    value, compiled = ad.value_and_grad(ad.jit(function), argnums)(*args)
    expected, traced = ad.value_and_grad(function, argnums)(*args)
    assert value == pytest.approx(expected, rel=1e-14)
    assert [type(c) for c in compiled] == [type(t) for t in traced]
    for found, other in zip(flatten(compiled), flatten(traced), strict=True):
        np.testing.assert_allclose(found, other, rtol=1e-12)


def scaled(spring, x):
    return Spring(spring.stiffness * x, x * x)


def test_objects_are_results():
    out, pullback = ad.vjp(ad.jit(scaled), Spring(2.0, 3.0), 0.5)
    assert out == Spring(1.0, 0.25)
    assert pullback(Spring(0.3, 0.7)) == (Spring(0.15, 0.0), pytest.approx(1.3))
    out, tangent = ad.jvp(ad.jit(scaled), (Spring(2.0, 3.0), 0.5), (Spring(1.0, 0.0), 0.1))
    assert out == Spring(1.0, 0.25)
    assert tangent.stiffness == pytest.approx(0.7) and tangent.mass == pytest.approx(0.1)


def changes_its_argument(body):
    body.speed = body.speed * 2.0
    return body.speed


def changes_a_frozen_one(x):
    spring = Spring(x)
    spring.mass = x
    return spring.mass


def adds_a_field(x):
    slotted = Slotted(x)
    slotted.other = x
    return slotted.other


def goes_over_an_object(x):
    return sum(Spring(x))


@dataclass
class Hooked:
    x: float

    def __getattr__(self, name):
        return 1.0


def hooked(x):
    return Hooked(x).y * x


class Made:
    def __new__(cls, x):
        return object.__new__(cls)


def own_new(x):
    return Made(x).x


def compares(x):
    return x if Spring(x) == Spring(x) else 2.0 * x


@pytest.mark.parametrize(
    ("function", "arg"),
    [
        (changes_its_argument, Body(1.0, np.zeros(2))),
        (changes_a_frozen_one, 1.0),
        (adds_a_field, 1.0),
        (goes_over_an_object, 1.0),
        (hooked, 1.0),
        (own_new, 1.0),
        (compares, 1.0),
    ],
)
def test_what_is_refused_names_the_line(function, arg):
    with pytest.raises(AdjointError) as caught:
        ad.grad(ad.jit(function))(arg)
    assert caught.value.place.filename == __file__
    assert caught.value.place.lineno > function.__code__.co_firstlineno


class Constants:
    RATE = 2.0


def reads_a_class(x):
    return x * Constants.RATE


def test_attributes_of_classes_are_looked_at_again(monkeypatch):
    compiled = ad.jit(reads_a_class)
    assert ad.grad(compiled)(1.0) == 2.0
    monkeypatch.setattr(Constants, "RATE", 3.0)
    assert ad.grad(compiled)(1.0) == 3.0
