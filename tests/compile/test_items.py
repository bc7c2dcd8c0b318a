"""Items of arrays are where Python finds them, in any order of memory, and only those are found."""

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import UnsupportedType


def product_of_items(x, i, j):
    first = x[i, j] * x[j, i]
    second = x[0, 1] * x[1, 0]
    return first * second + x[i, 0] * x[0, j] + x[1, 1] ** 2


MATRIX = np.arange(1.0, 10.0).reshape(3, 3)
ORDERS = {
    "c": MATRIX,
    "fortran": np.asfortranarray(MATRIX),
    "every other": np.repeat(MATRIX, 2, axis=1)[:, ::2],
    "backwards": MATRIX[::-1].copy()[::-1],
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("places", [(0, 2), (-1, -3), (2, -2), (1, 1)])
def test_items_are_found_from_either_end_in_any_order_of_memory(order, places):
    x = ORDERS[order]
    value, gradient = ad.value_and_grad(ad.jit(product_of_items))(x, *places)
    wanted, expected = ad.value_and_grad(product_of_items)(x, *places)
    assert value == wanted == product_of_items(x, *places)
    np.testing.assert_array_equal(gradient, expected)


@pytest.mark.parametrize("places", [(3, 0), (0, 3), (-4, 0), (0, -4), (10**15, 0), (0, -(10**15))])
def test_what_is_outside_raises(places):
    with pytest.raises(IndexError):
        ad.value_and_grad(ad.jit(product_of_items))(MATRIX, *places)


def filled(x, i, j):
    y = np.zeros((2, 3))
    y[i, j] = 2.0 * x
    y[1, 2] += x * x
    y[i, j] += x
    counts = np.zeros(3, dtype=np.int64)
    counts[j] = 4
    chosen = np.zeros(3, dtype=bool)
    chosen[j] = True
    total = 0.0
    for row in range(2):
        for column in range(3):
            if chosen[column]:
                total += y[row, column] * counts[column]
    return total


@pytest.mark.parametrize("places", [(0, 0), (1, 2), (-1, -1), (-2, 1)])
def test_items_are_stored_where_they_are_read(places):
    value, slope = ad.value_and_grad(ad.jit(filled))(1.5, *places)
    assert (value, slope) == ad.value_and_grad(filled)(1.5, *places)
    assert value == filled(1.5, *places)


@pytest.mark.parametrize("places", [(2, 0), (0, 3), (-3, 0), (0, -4)])
def test_nothing_is_stored_outside(places):
    with pytest.raises(IndexError):
        ad.jit(filled)(1.5, *places)


def doubled(x):
    for i in range(len(x)):
        x[i] = 2.0 * x[i]
        x[i - 1] += 1.0
    return x[0] + x[1] * x[2]


def test_arrays_that_are_only_read_are_not_changed():
    x = np.ones(3)
    x.flags.writeable = False
    with pytest.raises(UnsupportedType, match="readonly"):
        ad.jit(doubled)(x)
    assert np.all(x == 1.0)
