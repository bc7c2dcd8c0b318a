"""Random draws: the numbers of a plain call, with the derivative of their path."""

import random

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import MissingRule, NonDifferentiable
from adjoint.testing.finite_difference import finite_difference_jvp

BOTH = [np.random.default_rng, np.random.RandomState]
COVARIANCE = np.array([[1.0, 0.3], [0.3, 2.0]])
GENERATOR_DRAWS = {
    "normal": lambda r, a: r.normal(a, 2 * a),
    "normal of arrays": lambda r, a: r.normal(np.array([a, 2.0]) * a, np.array([[a], [1.0]])),
    "normal by keyword": lambda r, a: r.normal(scale=a, size=(2, 3)),
    "no spread": lambda r, a: r.normal(0.5, a - 0.8, size=3),
    "uniform": lambda r, a: r.uniform(a, 3 * a, 4),
    "laplace": lambda r, a: r.laplace(a, a),
    "logistic": lambda r, a: r.logistic(a, a),
    "gumbel": lambda r, a: r.gumbel(a, a, size=2),
    "exponential": lambda r, a: r.exponential(a),
    "rayleigh": lambda r, a: r.rayleigh(a),
    "lognormal": lambda r, a: r.lognormal(a, a),
    "triangular": lambda r, a: r.triangular(-a, a / 2, 2 * a, size=6),
    "weibull": lambda r, a: r.weibull(a, 3),
    "pareto": lambda r, a: r.pareto(a),
    "power": lambda r, a: r.power(a, 3),
    "vonmises": lambda r, a: r.vonmises(a, 2.0, 3),
    "scale of gamma": lambda r, a: r.gamma(2.0, a, 3),
    "multivariate_normal": lambda r, a: r.multivariate_normal([a, 1.0], COVARIANCE * a, 2),
    "mean of many": lambda r, a: r.multivariate_normal([a, 1.0], COVARIANCE),
    "permutation": lambda r, a: r.permutation(np.outer([a, 2 * a, a * a], [1.0, a]))[0],
    "permutation of a list": lambda r, a: r.permutation([a, 2 * a, a * a])[0],
    "choice": lambda r, a: r.choice(np.array([a, 2 * a, a * a]), 5),
    "choice by weights": lambda r, a: r.choice([a, 2 * a, a * a], p=[0.2, 0.3, 0.5]),
    "times constants": lambda r, a: a * r.standard_normal(3) + r.normal(0.0, 1.0),
}


def shuffled(r, a):
    items, array = [a, 2 * a, a * a, 1.0], np.array([a, 2 * a, a * a])
    r.shuffle(items)
    r.shuffle(array)
    return items[0] * items[1] + array[0] * array[1]


def along_columns(r, a):
    x = np.outer([a, 2 * a, a * a], [1.0, a])
    y = np.zeros((3, 2))
    r.permuted(x, axis=0, out=y)
    z = np.array(x)
    r.shuffle(z, axis=1)
    return r.permutation(x, axis=1) * y + z + r.permuted(x) + r.choice(x, 2, axis=1)


def program(draw, make):
    """Draws twice from one generator, so that its state after the first draw is seen."""

    def f(a):
        source = make(7)
        first = np.atleast_1d(draw(source, a))
        second = np.atleast_1d(draw(source, a * a))
        weights = np.arange(1.0, first.size + 1.0).reshape(first.shape)
        return np.sum(weights * first) + source.normal() * np.sum(second**2 * weights)

    return f


CASES = [
    *((draw, make) for draw in GENERATOR_DRAWS.values() for make in BOTH),
    (GENERATOR_DRAWS["multivariate_normal"], np.random.RandomState),
    (lambda r, a: r.multivariate_normal([a, 1.0], COVARIANCE * a, method="eigh"), BOTH[0]),
    (lambda r, a: r.multivariate_normal([a, 1.0], COVARIANCE * a, method="cholesky"), BOTH[0]),
    (shuffled, BOTH[0]),
    (shuffled, BOTH[1]),
    (along_columns, BOTH[0]),
]


@pytest.mark.parametrize(("draw", "make"), CASES)
def test_I12_C12_draw(draw, make):
    f = program(draw, make)
    point = 0.8
    if draw is GENERATOR_DRAWS["no spread"]:
        point = 0.9
    value, gradient = ad.value_and_grad(f)(point)
    assert value == f(point)
    assert gradient == pytest.approx(finite_difference_jvp(f, (point,), (1.0,)), rel=1e-7)
    assert ad.jvp(f, (point,), (1.0,))[1] == pytest.approx(gradient, rel=1e-12)


def test_a_draw_without_spread_knows_its_noise():
    slope = ad.grad(lambda s: np.random.default_rng(3).normal(0.5, s))(0.0)
    assert slope == np.random.default_rng(3).standard_normal()


def test_second_order():
    def f(a):
        return np.sum(np.random.default_rng(3).lognormal(a * a, a, 3))

    expected = finite_difference_jvp(ad.grad(f), (0.8,), (1.0,))
    assert ad.grad(ad.grad(f))(0.8) == pytest.approx(expected, rel=1e-7)


def test_the_global_generator():
    def f(a):
        np.random.seed(5)
        return np.random.normal(a, a) * np.random.rand() + np.random.choice([a, 1.0])

    assert ad.grad(f)(0.8) == pytest.approx(finite_difference_jvp(f, (0.8,), (1.0,)), rel=1e-8)


def test_types_of_draws():
    kinds = []

    def f(a):
        source = np.random.default_rng(1)
        kinds.append([type(source.normal(a, 1.0)), type(source.normal(a, 1.0, 2))])
        return a

    f(1.0)
    ad.grad(f)(1.0)
    assert kinds[0] == kinds[1] == [float, np.ndarray]


STANDARD = {
    "gauss": lambda r, a: r.gauss(a, a) + r.gauss(0.0, a),
    "uniform": lambda r, a: r.uniform(a, 2 * a) * r.random(),
    "expovariate": lambda r, a: r.expovariate(a),
    "triangular": lambda r, a: r.triangular(0.0, 2.0, a),
    "weibullvariate": lambda r, a: r.weibullvariate(a, 1.5 + a),
    "vonmisesvariate": lambda r, a: r.vonmisesvariate(a, 2.0),
    "lognormvariate": lambda r, a: r.lognormvariate(a, a),
    "choice": lambda r, a: r.choice([a, 2 * a, a * a]) * r.sample([a, 2 * a, a * a], 2)[0],
    "choices": lambda r, a: sum(r.choices([a, 2 * a, a * a], weights=[1, 2, 3], k=4)),
    "shuffle": lambda r, a: [items := [a, 2 * a, a * a], r.shuffle(items)][0][0],
    "a branch": lambda r, a: a * a if r.random() < 0.5 else a,
}


@pytest.mark.parametrize("name", STANDARD)
def test_C13_standard_library(name):
    def f(a):
        source = random.Random(4)
        return STANDARD[name](source, a) + source.random() * STANDARD[name](source, a)

    value, gradient = ad.value_and_grad(f)(0.8)
    assert value == f(0.8)
    assert gradient == pytest.approx(finite_difference_jvp(f, (0.8,), (1.0,)), rel=1e-7)


@pytest.mark.parametrize(
    "draw",
    [
        lambda a: np.random.default_rng(1).poisson(a) * a,
        lambda a: np.random.default_rng(1).binomial(5, p=a) * a,
        lambda a: np.random.RandomState(1).multinomial(5, [a / 2, 1 - a / 2])[0] * a,
        lambda a: np.random.default_rng(1).choice(np.array([1.0, 2.0]), p=[a / 2, 1 - a / 2]),
        lambda a: random.Random(1).choices([1.0, a], weights=[a, 1.0])[0],
    ],
)
def test_C12_discrete_draws_are_refused(draw):
    with pytest.raises(NonDifferentiable, match="discrete set") as caught:
        ad.grad(draw)(0.5)
    assert caught.value.place.filename == __file__


@pytest.mark.parametrize(
    "draw",
    [
        lambda r, a: r.standard_gamma(a, dtype=np.float32),
        lambda r, a: r.normal(a, 1.0, dtype=float),
    ],
)
def test_paths_that_are_not_known(draw):
    with pytest.raises(MissingRule, match="not known"):
        ad.grad(lambda a: draw(np.random.default_rng(1), a))(0.5)
