"""Running products and extremes, and sums of stretches: with zeros, with ties, along each axis."""

import numpy as np
import pytest

import adjoint as ad
from adjoint.testing import check_grads

RNG = np.random.default_rng(20261122)
V = RNG.permutation(np.linspace(-1.9, 2.0, 6))
M = RNG.permutation(np.linspace(-1.9, 2.1, 20)).reshape(5, 4)


@pytest.mark.parametrize("zeros", [[], [2], [0], [5], [1, 3], [0, 5]])
def test_running_products_with_zeros(zeros):
    v = V.copy()
    v[zeros] = 0.0
    check_grads(lambda v: np.cumprod(v) ** 2 * np.arange(1, 7), (v,))
    check_grads(lambda v: np.cumprod(np.stack([v, V, v * V]), axis=1), (v,))


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_running_products_along_an_axis(axis):
    check_grads(lambda m: np.cumprod(m, axis=axis) ** 2, (M,))
    check_grads(lambda m: np.cumprod(m, axis=axis), (M + 1j * M[::-1],))


def test_running_products_that_vanish():
    found = ad.grad(lambda v: np.cumprod(v).sum())(np.full(400, 1e-3))
    np.testing.assert_allclose(found[:3], [1.0 / 0.999, 1e-3 / 0.999, 1e-6 / 0.999], rtol=1e-12)
    assert ad.grad(lambda v: np.cumprod(v).sum())(np.zeros(0)).shape == (0,)


@pytest.mark.parametrize("ufunc", [np.maximum, np.minimum])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_running_extremes(ufunc, axis):
    check_grads(lambda m: ufunc.accumulate(m, axis=axis) ** 2, (M,))


def test_running_extremes_share_a_tie():
    weights = np.array([1.0, 10.0, 100.0, 1000.0])
    tied = np.array([1.0, 1.0, 0.5, 2.0])
    found = ad.grad(lambda v: np.sum(np.maximum.accumulate(v) * weights))(tied)
    np.testing.assert_allclose(found, [56.0, 55.0, 0.0, 1000.0])
    found = ad.grad(lambda v: np.sum(np.minimum.accumulate(-v) * weights))(tied)
    np.testing.assert_allclose(found, [-56.0, -55.0, 0.0, -1000.0])


@pytest.mark.parametrize("indices", [[0, 2, 4], [1, 3], [0], [2, 0, 3], [1, 1, 4]])
@pytest.mark.parametrize("axis", [0, 1])
def test_sums_of_stretches(indices, axis):
    table = np.concatenate([M, M[::-1]], axis=1)
    check_grads(lambda m: np.add.reduceat(m, indices, axis=axis) ** 2, (table,))
    check_grads(lambda m: np.add.reduceat(m, indices, axis=axis, dtype=float), (table,), order=1)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_convolutions_of_any_lengths(mode):
    check_grads(lambda v: np.convolve(v, v[:3], mode), (V,))
    check_grads(lambda v: np.convolve(v[:2], v, mode), (V,))
    check_grads(lambda v: np.correlate(v, v[:3] * 1j + 1.0, mode), (V + 1j * V[::-1],))


@pytest.mark.parametrize(
    "program",
    [
        lambda x: x.clip(0) * x,
        lambda x: x.clip(max=1.0) * x,
        lambda x: x.clip(min=x[0], max=0.9) * x,
        lambda x: x.clip(0.0, 1.0, x * 1.0) * x,
    ],
)
def test_the_method_clip_takes_one_bound(program):
    check_grads(program, (V,))


def test_least_squares_of_a_long_column():
    """Nothing of the size of the column squared is made."""
    places = np.linspace(0.0, 1.0, 60_000)
    way = np.sin(40.0 * places)

    def program(y):
        return np.sum(np.polyfit(places, y, 2) ** 2)

    step = 1e-4
    y = np.cos(places)
    expected = (program(y + step * way) - program(y - step * way)) / (2 * step)
    assert ad.grad(program)(y) @ way == pytest.approx(expected, rel=1e-7)


LONG = np.random.default_rng(7).permutation(np.linspace(0.6, 1.7, 40))
TABLE = LONG.reshape(20, 2)
ASSOCIATIVE = [np.logaddexp, np.logaddexp2, np.hypot, np.fmax, np.fmin]
UFUNCS = [*ASSOCIATIVE, np.subtract, np.divide]


def has_its_value(function, *args):
    """The value of a plain call, and its derivatives."""
    np.testing.assert_allclose(ad.vjp(function, *args)[0], function(*args), rtol=1e-13)
    check_grads(function, args, order=1)


@pytest.mark.parametrize("ufunc", UFUNCS)
def test_long_arrays_are_combined_in_pairs(ufunc):
    has_its_value(lambda v: ufunc.reduce(v) * ufunc.reduce(v[1:]), LONG)
    has_its_value(lambda m: ufunc.accumulate(m, axis=0), TABLE)
    has_its_value(lambda m: ufunc.accumulate(m, axis=1), TABLE.T)
    has_its_value(lambda m: ufunc.reduce(m, axis=0, keepdims=True), TABLE)


@pytest.mark.parametrize("ufunc", [np.logaddexp, np.hypot, np.subtract])
def test_long_arrays_with_a_first_value(ufunc):
    has_its_value(lambda v: ufunc.reduce(v, initial=v[0] * 2.0), LONG)
    mask = LONG > 1.0
    if ufunc.identity is not None:
        has_its_value(lambda v: ufunc.reduce(v, where=mask), LONG)


@pytest.mark.parametrize(
    "ufunc", [*ASSOCIATIVE, np.maximum, np.minimum, np.multiply, np.subtract, np.divide]
)
@pytest.mark.parametrize("indices", [[0, 3, 4, 20], [2, 30, 31], [5, 2, 2, 39]])
def test_stretches_of_long_arrays(ufunc, indices):
    has_its_value(lambda v: ufunc.reduceat(v, indices), LONG)
    wide = LONG.reshape(2, 20)
    has_its_value(lambda m: ufunc.reduceat(m, [1, 4, 17], axis=1), wide)


def test_extremes_of_stretches_share_ties():
    tied = np.array([9.0, 1.0, 1.0, 0.5, 2.0, 2.0, 2.0])
    found = ad.grad(lambda v: np.maximum.reduceat(v, [1, 4]) @ np.array([1.0, 3.0]))(tied)
    np.testing.assert_allclose(found, [0.0, 0.5, 0.5, 0.0, 1.0, 1.0, 1.0])
    found = ad.grad(lambda v: np.minimum.reduceat(-v, [1, 4]) @ np.array([1.0, 3.0]))(tied)
    np.testing.assert_allclose(found, [0.0, -0.5, -0.5, 0.0, -1.0, -1.0, -1.0])


@pytest.mark.parametrize("ufunc", [*ASSOCIATIVE, np.maximum, np.minimum, np.multiply])
def test_repeated_places_are_combined_at_once(ufunc):
    places = np.random.default_rng(3).integers(0, 4, 40)

    def program(v, values):
        table = v.copy()
        ufunc.at(table, places, values)
        return table * table

    has_its_value(program, np.array([0.9, 1.2, 0.7, 1.1, 5.0]), LONG)
    has_its_value(lambda v: program(v, 1.05), np.array([0.9, 1.2, 0.7, 1.1]))


def test_second_derivatives_of_long_arrays():
    check_grads(lambda v: np.logaddexp.reduce(v) ** 2, (LONG,), order=2)
    check_grads(lambda v: np.hypot.accumulate(v)[::9], (LONG,), order=2)
