"""Random numbers in compiled functions: NumPy's stream bit for bit, and the traced derivative."""

import copy
from dataclasses import dataclass

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import UnsupportedSyntax, UnsupportedType


def two():
    """Two generators in one state."""
    made = np.random.default_rng(20261122)
    return made, copy.deepcopy(made)


def noise(rng, x):
    parts = rng.normal(x, 0.3) + rng.laplace(x, 0.7) + rng.logistic(0.1, x) + rng.gumbel(x, 1.3)
    parts += rng.uniform(-x, 2 * x) + rng.exponential(x) + rng.rayleigh(x) + rng.lognormal(x, 0.4)
    parts += rng.weibull(x) * rng.pareto(1.0 + x) + rng.power(x) + x * rng.random()
    return parts * rng.standard_normal() + rng.standard_exponential()


def shapes(rng, x):
    scales = np.array([x, 2.0 * x, 3.0])
    total = np.sum(rng.normal(scales, 0.1 * scales)) + np.sum(rng.uniform(0, x, size=(2, 3)) ** 2)
    return total + np.sum(rng.exponential(scales, (2, 3))) + np.mean(rng.standard_normal(7)) * x


def integers(rng, x):
    total = x * rng.integers(10) + x * x * rng.integers(-3, 2**40) * 1e-9
    total += np.sum(x * rng.integers(2, 5, size=4)) + rng.integers(1, 1, endpoint=True) * x
    return total + np.sum(np.sin(x * rng.integers(0, 3, (2, 2))))


def dropped(rng, x):
    rng.normal(size=3)
    rng.random()
    return x * x


def walk(rng, x):
    total = 0.0
    for i in range(40):
        proposed = x + 0.4 * rng.standard_normal()
        if np.log(rng.random()) < 0.5 * (x * x - proposed * proposed):
            x = proposed
        if i > 0 and rng.random() < 0.5:
            total += x * rng.normal(x, 0.1)
    return total


def unfinished(rng, x):
    for _ in range(100):
        if x > 3.0 and rng.random() < 0.2:
            break
        x = x * (1.0 + 0.1 * rng.random()) if rng.random() < 0.5 else x + rng.exponential(0.1)
    return x


def filled(rng, x):
    out = np.zeros((4, 3))
    for i in range(4):
        for j in range(3):
            out[i, j] = x * rng.normal() if j != 1 else x
    return np.sum(out * out) * np.sum(np.array([x * rng.normal() for _ in range(3)]))


def orders(rng, x):
    items, rows = x * np.arange(1.0, 8.0), np.outer(x * np.arange(1.0, 5.0), np.arange(3.0))
    total = np.sum(rng.permutation(items) * np.arange(7)) + np.sum(items[rng.permutation(7)][:3])
    rng.shuffle(items)
    rng.shuffle(rows)
    total += np.sum(rows[0] * rng.permutation(rows)[1]) + items[0] * items[2]
    total += rng.choice(items) * rng.choice(5) + np.sum(rng.choice(rows, 2) ** 2)
    return total + np.sum(rng.choice(items, size=(2, 2))[0])


def triangles(rng, x):
    total = rng.triangular(-x, 0.3 * x, 2.0 * x) * x
    return total + np.sum(rng.triangular(-1.0, x * np.array([0.1, 0.4]), 2.0, size=(3, 2)))


PROGRAMS = [noise, shapes, integers, dropped, walk, unfinished, filled, orders, triangles]


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_stream_and_the_derivative_are_those_of_the_traced_tier(program):
    one, other = two()
    assert ad.jit(program)(one, 1.3) == program(other, 1.3)
    assert one.random() == other.random()
    value, slope = ad.value_and_grad(ad.jit(program), 1)(one, 1.3)
    wanted = ad.value_and_grad(program, 1)(other, 1.3)
    assert (value, slope) == (pytest.approx(wanted[0]), pytest.approx(wanted[1], rel=1e-11))
    assert one.random() == other.random()


def test_a_pullback_draws_again_what_was_drawn():
    one, other = two()
    value, pullback = ad.vjp(ad.jit(walk), one, 1.3)
    after = one.bit_generator.state
    assert value == walk(other, 1.3)
    assert pullback(1.0)[1] == pullback(1.0)[1]
    assert one.bit_generator.state == after == other.bit_generator.state


def test_higher_derivatives_advance_the_stream_once():
    one, other = two()
    second = ad.grad(ad.grad(ad.jit(noise), 1), 1)(one, 1.3)
    assert second == pytest.approx(ad.grad(ad.grad(noise, 1), 1)(other, 1.3))
    assert one.random() == other.random()
    tangents = ad.jvp(lambda x: ad.jit(noise)(one, x), (1.3,), (1.0,))
    assert tangents == pytest.approx(ad.jvp(lambda x: noise(other, x), (1.3,), (1.0,)))
    assert one.random() == other.random()


def test_after_an_error_the_stream_is_where_it_was_raised():
    def fails(rng, x):
        if rng.normal() < 100.0:
            raise ValueError("too small")
        return x * rng.normal()

    one, other = two()
    with pytest.raises(ValueError, match="too small"):
        ad.grad(ad.jit(fails), 1)(one, 1.3)
    other.normal()
    assert one.random() == other.random()
    with pytest.raises(ValueError, match="scale < 0"):
        ad.jit(lambda rng, x: rng.normal(x, -1.0))(one, 1.3)


@dataclass
class Walker:
    rng: np.random.Generator
    size: float

    def step(self, x):
        return x + self.size * self.rng.normal()


def test_a_generator_in_an_object():
    def program(walker, x):
        return walker.step(walker.step(x)) * x

    one, other = two()
    found = ad.grad(ad.jit(program), 1)(Walker(one, 0.3), 1.3)
    assert found == pytest.approx(ad.grad(program, 1)(Walker(other, 0.3), 1.3))
    assert one.random() == other.random()


@ad.checkpoint
def grown(x):
    return 1.01 * x


def through_checkpoints(rng, x):
    for _ in range(10):
        x = grown(x) + rng.normal()
    return x


RNG = np.random.default_rng(1)
REFUSED = {
    "captured": (lambda rng, x: x * RNG.normal(), UnsupportedSyntax, "read from outside"),
    "legacy": (lambda rng, x: x * np.random.normal(), UnsupportedSyntax, "default_rng"),
    "made": (lambda rng, x: x * np.random.default_rng(1).normal(), UnsupportedSyntax, "argument"),
    "by trial": (lambda rng, x: rng.gamma(x), UnsupportedSyntax, "`gamma`"),
    "weights": (lambda rng, x: x * rng.choice(3, p=np.ones(3) / 3), UnsupportedSyntax, "`choice`"),
    "dtype": (lambda rng, x: x * rng.random(dtype=np.float32), UnsupportedSyntax, "`random`"),
    "checkpoint": (through_checkpoints, UnsupportedSyntax, "checkpoint"),
    "returned": (lambda rng, x: (rng, x), UnsupportedSyntax, "generator"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    program, error, text = REFUSED[name]
    with pytest.raises(error, match=text):
        ad.jit(program)(np.random.default_rng(1), 1.3)


def test_one_stream_is_not_shared_by_the_elements_of_a_batch():
    program = ad.jit(lambda rng, x: x * rng.normal())
    with pytest.raises(UnsupportedType, match="`rng`, which all elements"):
        ad.vmap(program, in_axes=(None, 0))(np.random.default_rng(1), np.ones(3))


def test_two_generators_of_one_stream_are_refused():
    rng = np.random.default_rng(1)
    program = ad.jit(lambda a, b, x: x * a.normal() - b.normal())
    with pytest.raises(UnsupportedType, match="one stream"):
        program(rng, np.random.Generator(rng.bit_generator), 1.3)
    plain = copy.deepcopy(rng)
    assert program(rng, rng, 1.3) == 1.3 * plain.normal() - plain.normal()
