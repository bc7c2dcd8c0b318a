"""Operations printed in a form that compiles and runs in less time than NumPy's in Numba."""

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile import operations

SHAPES = [
    ((3, 4, 2), (3, 4, 2)),
    ((3, 4, 2), (1, 4, 1)),
    ((3, 4, 2), (4, 2)),
    ((3, 4, 2), (1, 2)),
    ((3, 4, 2), (2,)),
    ((2, 3, 4, 2), (3, 1, 2)),
    ((2, 3, 4, 2), (2, 1, 4, 2)),
    ((2, 0, 3), (1, 1, 3)),
    ((3, 4), (3, 1)),
    ((3, 4), (1, 4)),
    ((3, 4), (4,)),
    ((3, 4), (1,)),
]


@pytest.mark.parametrize(("big", "small"), SHAPES)
def test_a_cotangent_is_summed_to_the_shape_of_its_source(big, small, rng):
    ct = rng.normal(size=big)
    expected = np.zeros(small)
    lead = ct.sum(axis=tuple(range(len(big) - len(small))))
    axes = tuple(i for i, n in enumerate(small) if n == 1 and lead.shape[i] != 1)
    expected += lead.sum(axis=axes, keepdims=True)
    found = operations.sum_to(ct, *small)
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-15)
    special = getattr(operations, f"sum_{len(big)}_to_{len(small)}", None)
    if special is not None:
        np.testing.assert_allclose(special(ct, *small), expected, rtol=1e-13, atol=1e-15)


def three_axes(x, y, z):
    d = x[:, None, :] - y[None]
    return np.sum(np.exp(-(d**2)) * z, axis=2).sum(axis=0) @ np.arange(1.0, 1.0 + len(y))


def test_broadcasting_over_three_axes(rng):
    args = rng.normal(size=(3, 2)), rng.normal(size=(4, 2)), rng.normal(size=2)
    argnums = (0, 1, 2)
    compiled = ad.grad(ad.jit(three_axes), argnums)(*args)
    for found, expected in zip(compiled, ad.grad(three_axes, argnums)(*args), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
def test_sums_along_axes(axis, rng):
    x, weights = rng.normal(size=(3, 4, 2)), rng.normal(size=(3, 4, 2)).sum(axis=axis)

    def summed(x, w):
        return np.sum(np.sum(x * x, axis=axis) * w)

    found = ad.grad(ad.jit(summed))(x, weights)
    expected = 2.0 * x * np.expand_dims(weights, axis)
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def put_1(x, y):
    made = np.ones(5)
    made[1:4] = x
    made[::2] = y
    return made


def put_2(x, y):
    made = np.ones((3, 5))
    made[1:, ::2] = x
    made[:, 1:3] = y[:, None]
    made[:, 4:] += y.reshape((3, 1))
    return made


def put_3(x, y):
    made = np.ones((2, 3, 2))
    made[:, 1:] = x
    made[:, None, :, 1] += y
    return made


def overlapping(x):
    made = x * 2.0
    made[1:] = made[:-1]
    made[1:] += made[:-1]
    return made


@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        (put_1, [(3,), (3,)]),
        (put_1, [(1,), (1,)]),
        (put_2, [(2, 3), (3,)]),
        (put_2, [(1, 3), (3,)]),
        (put_3, [(2, 2, 2), (2, 1, 3)]),
        (put_3, [(1, 2, 1), (1, 1, 3)]),
        (overlapping, [(6,)]),
    ],
)
def test_arrays_are_stored_as_numpy_does(function, shapes, rng):
    args = [rng.normal(size=shape) for shape in shapes]
    out, pullback = ad.vjp(ad.jit(function), *args)
    expected, traced = ad.vjp(function, *args)
    np.testing.assert_array_equal(out, expected)
    ct = rng.normal(size=out.shape)
    for found, other in zip(pullback(ct), traced(ct), strict=True):
        np.testing.assert_allclose(found, other, rtol=1e-12, atol=1e-14)


def test_values_of_another_shape_are_an_error(rng):
    with pytest.raises(ValueError, match="shape"):
        ad.jit(put_1)(np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match="shape"):
        ad.jit(put_2)(np.ones((2, 2)), np.ones(3))
    with pytest.raises(ValueError, match="shape"):
        ad.jit(put_3)(np.ones((2, 2, 3)), np.ones((2, 1, 3)))


def test_strong_products_of_arrays_and_of_numbers_in_one_program(rng):
    def both(x, y):
        return np.sum(np.sqrt(x)) * np.sqrt(y) + np.sum(np.sqrt(x * y))

    x = np.array([0.0, 1.0, 4.0])
    np.testing.assert_allclose(
        ad.grad(ad.jit(both), 1)(x, 4.0), ad.grad(both, 1)(x, 4.0), rtol=1e-13
    )


def test_choices_of_ints_stay_ints():
    def chosen(x, n):
        floats = np.where(x > 0.0, x, 0.0)
        ints = np.where(x > 0.0, n, 2)
        bools = np.where(x > 0.0, n > 1, x < -1.0)
        return floats, ints, ints // 2, bools, np.where(x > 0.0, n, 0.5)

    args = np.array([1.0, -2.0, 3.0]), np.array([3, 2, 1])
    for found, expected in zip(ad.jit(chosen)(*args), chosen(*args), strict=True):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
