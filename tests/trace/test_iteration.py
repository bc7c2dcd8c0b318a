"""Iteration over arrays that change, or become live, on the way."""

import numpy as np
import pytest

import adjoint as ad

X = np.random.default_rng(5).uniform(0.5, 1.5, 6)


def accumulating(a):
    y = np.array([1.0, 2.0, 3.0])
    total = 0.0
    for i, v in enumerate(y):
        total += v * v
        if i < 2:
            y[i + 1] += a * v
    return total


def both_ways(a):
    y = np.array([1.0, 2.0, 3.0])
    total = 0.0
    for v, w in zip(y, y[::-1], strict=True):
        total += v * v * w
        y += a * v
    return total


def rows(a):
    y = np.ones((3, 2))
    total = 0.0
    for i, row in enumerate(y):
        total += (row * row).sum()
        y[(i + 1) % 3] *= a
    return total


def a_generator(a):
    y = np.ones(4)
    squares = (v * v for v in y)
    total = next(squares)
    y[1:] = a
    return total + sum(squares)


def one_iterator(a):
    y = np.ones(3)
    items = iter(y)
    first = next(items)
    y[1] = a * a
    return first + next(items) * next(items)


@pytest.mark.parametrize("program", [accumulating, both_ways, rows, a_generator, one_iterator])
def test_arrays_that_become_live_while_they_are_iterated_over(program):
    ad.testing.check_grads(program, (0.7,))


def many_views(x):
    views = [x[i : i + 2] for i in range(5)] * 5
    total = 0.0
    for view in views:
        total += view[0] * view[1] * float(view[1])
        view[0] = total * 0.1
    return total + x[2]


def test_elements_of_many_views():
    ad.testing.check_grads(lambda x: many_views(x * 1.0), (X,))
    ad.testing.check_grads(lambda x: many_views((x * 1.0)[::-1]), (X,))


def test_numbers_of_numpy_as_numbers_of_python():
    def program(x):
        numbers = [float(v) for v in x]
        assert {type(v) for v in numbers} == {float}
        return numbers[0] * numbers[1] ** 2 + float(numbers[2]) + float(np.float64(3.0)) * x[3]

    ad.testing.check_grads(program, (X,))
    np.testing.assert_allclose(ad.hessian(program)(X)[1, 1], 2.0 * X[0])


def backwards(a):
    y = np.array([1.0, 2.0, 3.0])
    items = reversed(y)
    y[1] = a * a
    return sum(v * v for v in items)


def rows_in_a_generator(a):
    table = np.ones((2, 2))
    items = iter(table)
    table[1] = a
    return sum((row * row).sum() for row in items)


def objects(a):
    y = np.array([1.0, 2.0], dtype=object)
    items = iter(y)
    y[1] = a * a
    return sum(v * v for v in items)


def masked(a):
    y = np.ma.masked_less(np.array([1.0, 2.0, 3.0]), 1.5)
    items = iter(y)
    y[1] = a * a
    return sum(v * v for v in items if v is not np.ma.masked)


@pytest.mark.parametrize("program", [backwards, rows_in_a_generator, objects, masked])
def test_iterators_made_before_the_array_became_live(program):
    ad.testing.check_grads(program, (0.7,))


def test_records_that_become_live_on_the_way():
    def program(a):
        records = np.zeros(3, dtype=[("p", "f8")])
        items = iter(records)
        records["p"][1] = a
        return sum(float(record["p"]) ** 2 for record in items)

    ad.testing.check_grads(program, (0.7,))
