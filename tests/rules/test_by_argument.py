"""Cotangents stated one by one are those of the vjp, and only what is wanted is computed."""

import numpy as np
import pytest

import adjoint as ad
from adjoint.rules.ruleset import RULES, lookup

RNG = np.random.default_rng(3)
SHAPES = [
    ((4,), (4,)),
    ((3, 4), (4,)),
    ((4,), (4, 5)),
    ((3, 4), (4, 5)),
    ((2, 3, 4), (4,)),
    ((4,), (2, 4, 5)),
    ((2, 3, 4), (2, 4, 5)),
]
OF_LINES = [((5,), (3,)), ((3,), (5,)), ((4,), (4,))]
FUNCTIONS = [  # of two arrays
    function for function, rule in RULES.items() if rule.by_argument and len(rule.by_argument) == 2
]
CALLS = [
    (function, shapes)
    for function in FUNCTIONS
    for shapes in (OF_LINES if function is np.convolve else SHAPES)
]


def complex_normal(shape):
    return RNG.normal(size=shape) + 1j * RNG.normal(size=shape)


@pytest.mark.parametrize("draw", [lambda shape: RNG.normal(size=shape), complex_normal])
@pytest.mark.parametrize(("function", "shapes"), CALLS)
def test_one_by_one_is_together(function, shapes, draw):
    args = [draw(shape) for shape in shapes]
    out = function(*args)
    ct = draw(out.shape)[()] if out.ndim else draw(())
    together = lookup(function).vjp(ct, out, *args)
    for index, expected in enumerate(together):
        wanted = tuple(place == index for place in range(2))
        found = lookup(function).cotangents(wanted, ct, out, *args)
        np.testing.assert_allclose(found[index], expected, rtol=1e-13)
        assert found[1 - index] is None


@pytest.mark.parametrize(("function", "shapes"), CALLS)
@pytest.mark.parametrize("live", [0, 1])
def test_one_live_factor(function, shapes, live):
    args = [RNG.normal(size=shape) for shape in shapes]
    weights = RNG.normal(size=np.shape(function(*args)))
    way = RNG.normal(size=shapes[live])

    def program(x):
        factors = [x, args[1]] if live == 0 else [args[0], x]
        return np.sum(weights * function(*factors))

    found = np.sum(ad.grad(program)(args[live]) * way)
    assert found == pytest.approx(program(way), rel=1e-11)


def test_a_number_as_a_factor():
    x, ct = RNG.normal(size=5), RNG.normal(size=5)
    assert ad.vjp(lambda a: np.dot(a, x), 1.5)[1](ct)[0] == pytest.approx(ct @ x, rel=1e-13)
    np.testing.assert_allclose(ad.vjp(lambda b: np.dot(2.0, b), x)[1](ct)[0], 2.0 * ct)
