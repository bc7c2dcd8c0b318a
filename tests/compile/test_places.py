"""Matrices read at arrays of places: the machine code adds to the same places."""

import numpy as np
import pytest

import adjoint as ad

X = np.arange(12.0).reshape(3, 4) + 0.5
ROWS, COLUMNS = np.array([[0, 1], [2, 1]]), np.array([[1, 0], [2, 1]])
MANY, ONE, OTHERS = np.array([0, 1, 0]), np.array([2]), np.array([1, 1, 3])


def of_grids(x):
    total = np.sum(x[ROWS, COLUMNS] ** 2) + np.sum(x[ROWS[:, :1], COLUMNS] ** 3)
    return total + np.sum(x[np.ix_([0, 1], [2, 0])] ** 2)


def of_pairs(x):
    return np.sum(x[MANY, ONE] ** 2) + np.sum(x[MANY, OTHERS] ** 3) + np.sum(x[1, OTHERS] ** 2)


def stored(x):
    out = 1.0 * x
    np.add.at(out, (MANY, OTHERS), x[0, :3])
    return np.sum(out * out)


@pytest.mark.parametrize("program", [of_grids, of_pairs, stored])
def test_gradient(program):
    np.testing.assert_allclose(ad.grad(ad.jit(program))(X), ad.grad(program)(X))


def test_values_of_several_lengths_are_refused():
    def program(x):
        out = 1.0 * x
        np.add.at(out, (MANY, OTHERS), x[0, :2])
        return np.sum(out)

    with pytest.raises(ValueError, match="shape"):
        ad.jit(program)(X)


def test_the_last_of_equal_steps_is_the_end():
    x = np.array([0.3, 1.2, -0.7, 0.9, 2.1])
    ends = ad.jit(lambda x: np.linspace(x[2], x[4], 4))
    np.testing.assert_array_equal(ends(x), np.linspace(x[2], x[4], 4))
    counts = ad.jit(lambda x: np.histogram(x, 3)[0])
    np.testing.assert_array_equal(counts(x), np.histogram(x, 3)[0])
    slopes = ad.grad(ad.jit(lambda a: np.sum(np.linspace(a, 2.0, 1) ** 2)))
    assert slopes(0.7) == pytest.approx(1.4)
