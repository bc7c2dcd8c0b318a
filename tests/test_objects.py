"""Gradients with respect to instances of ordinary classes, and steps along them."""

import collections
import dataclasses
import threading

import numpy as np
import pytest

import adjoint as ad
from adjoint import errors

Pair = collections.namedtuple("Pair", "first second")


class Part:
    __slots__ = ("__hidden", "mass", "name")

    def __init__(self, mass, name):
        self.mass, self.name, self.__hidden = mass, name, 2.0 * mass

    @property
    def hidden(self):
        return self.__hidden


class Machine:
    scale = 3.0

    def __init__(self):
        self.parts = [Part(1.5, "wheel"), Part(2.5, "axle")]
        self.main = self.parts[0]
        self.owner = self
        self.lock = threading.Lock()
        self.count = 2
        self.weights = np.array([1.0, -2.0])
        self.same_weights = self.weights
        self.pair = Pair(0.5, {"k": 0.25})
        self._length = 4.0

    @property
    def length(self):
        return self._length

    @length.setter
    def length(self, value):
        raise AssertionError("the gradient is not made through properties")

    def energy(self, x):
        light = self.main.mass * self.parts[0].mass + self.parts[1].hidden * x
        heavy = (self.weights * self.same_weights).sum() * self.length * self.scale
        return light * self.count + heavy * self.pair.first + self.pair.second["k"] ** 2


def energy(machine, x):
    return machine.energy(x)


def test_the_gradient_is_an_object_like_the_argument():
    machine = Machine()
    value, gradient = ad.value_and_grad(energy)(machine, 0.5)
    assert value == energy(Machine(), 0.5)
    assert type(gradient) is Machine and gradient is not machine
    assert gradient.owner is gradient
    assert gradient.main is gradient.parts[0]
    assert gradient.lock is machine.lock and gradient.count == 2
    assert gradient.weights is gradient.same_weights
    assert gradient.main.mass == 2 * 2 * 1.5 and gradient.main.name == "wheel"
    assert (gradient.parts[1].mass, gradient.parts[1].hidden) == (0.0, 1.0)
    np.testing.assert_allclose(gradient.weights, 2 * machine.weights * 4.0 * 3.0 * 0.5)
    assert gradient.length == pytest.approx(5.0 * 3.0 * 0.5)
    assert gradient.pair == Pair(5.0 * 4.0 * 3.0, {"k": 0.5})


def test_equal_numbers_are_not_one_number():
    class Two:
        def __init__(self, number):
            self.a = self.b = number

    gradient = ad.grad(lambda two: two.a * 3.0 + two.b * 5.0)(Two(1.25))
    assert (gradient.a, gradient.b) == (3.0, 5.0)


def test_objects_inside_containers_and_dataclasses():
    @dataclasses.dataclass(frozen=True)
    class Outer:
        inner: Machine
        factor: float

    gradient = ad.grad(lambda outers: outers[0].inner.main.mass * outers[0].factor)(
        [Outer(Machine(), 3.0)]
    )
    assert (gradient[0].inner.main.mass, gradient[0].factor) == (3.0, 1.5)


def test_several_arguments_and_second_derivatives():
    gradients = ad.grad(energy, argnums=(0, 1))(Machine(), 0.5)
    assert gradients[1] == 2 * 5.0
    slope = ad.grad(lambda x: ad.grad(energy)(Machine(), x).parts[1].hidden)(0.5)
    assert slope == 2.0

    def of_mass(mass):
        part = Part(mass, "wheel")
        return ad.grad(lambda part: part.mass**3)(part).mass

    assert ad.grad(of_mass)(2.0) == pytest.approx(12.0)


def test_descent():
    machine = Machine()
    for _ in range(3):
        gradient = ad.grad(lambda m: (m.main.mass - 1.0) ** 2 + (m.weights**2).sum())(machine)
        machine = ad.tree_map(lambda p, g: p - 0.5 * g, machine, gradient)
    assert machine.main.mass == pytest.approx(1.0) and machine.main is machine.parts[0]
    np.testing.assert_allclose(machine.weights, 0.0)
    assert machine.length == 4.0 and machine.count == 2 and machine.owner is machine


def test_what_has_no_numbers_is_refused():
    with pytest.raises(errors.NonDifferentiable, match="Lonely"):
        lonely = type("Lonely", (), {})()
        lonely.name = "x"
        ad.grad(lambda thing: 1.0)(lonely)
    with pytest.raises(errors.StructureMismatch, match="2, 1 numbers"):
        ad.tree_map(lambda a, b: a, [1.0, 2.0], [1.0])


def test_attributes_that_the_function_adds_and_changes():
    class Simulator:
        def __init__(self, rate):
            self.state = 1.0
            self.rate = rate

        def run(self):
            self.label = "ran"
            for self.steps in range(3):
                self.state = self.state * self.rate
            self.history = [self.state, 0.5]
            del self.rate
            return self.state

    found = ad.grad(Simulator.run)(Simulator(2.0))
    assert (found.state, found.rate) == (8.0, 12.0)
    assert not hasattr(found, "history")


class Layer:
    def __init__(self):
        self.weights = np.array([[0.3, -0.2], [0.5, 0.4]])

    def __call__(self, x):
        return np.tanh(self.weights @ x)


def test_arrays_of_an_object_are_the_callers_in_the_next_call_too():
    layer = Layer()

    def loss(layer):
        return np.sum(layer(layer(np.array([1.0, 2.0]))) ** 2)

    first = ad.grad(loss)(layer).weights
    np.testing.assert_array_equal(ad.grad(loss)(layer).weights, first)
    other = Layer()
    mixed = ad.grad(lambda x: np.sum(layer(x) * other(x)))(np.array([1.0, 2.0]))
    assert np.isfinite(mixed).all()
