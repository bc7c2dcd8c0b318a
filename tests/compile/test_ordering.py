"""`sorted`, `min` and `max` by a key, and functions of `itertools`, in compiled functions."""

import itertools

import numpy as np
import pytest
from test_statements import X, check

import adjoint as ad
from adjoint import errors
from adjoint.compile.jitted import Jitted

TIED = np.array([0.5, 1.5, 0.5, 0.2])


def few(x):
    a = sorted([x[0] * x[1], x[1], x[2] ** 2])
    b = sorted((x[3], x[0], x[2]), reverse=True)
    return a[0] * 2 + a[-1] * b[0] + b[1]


def all_of_an_array(x):
    a = sorted(x)
    b = sorted(x * x, key=lambda v: -abs(v - 0.5))
    return a[0] * 2 + a[-1] * b[1] + len(a) + sum(b[:2])


def places(x):
    order = sorted(range(len(x)), key=lambda i: -x[i])
    return x[order[0]] * 2 + x[order[1]] ** 2


def of_tuples(x):
    pairs = sorted([(x[0], 1), (x[1], 2), (x[2], 3)], key=lambda pair: -pair[0])
    total = 0.0
    for value, weight in pairs:
        total = total * 0.5 + value * weight
    return total


def nearest(x):
    i = min(range(len(x)), key=lambda i: abs(x[i] - 0.8))
    far = max(x, key=lambda v: abs(v - 0.8))
    best, _ = min([(x[0], 1.0), (x[2], 0.5)], key=lambda pair: pair[1])
    return x[i] ** 2 + far * best + max(x[0], x[3], key=lambda v: -v)


def put_together(x):
    total = 0.0
    for i, j in itertools.combinations(range(4), 2):
        total += x[i] * x[j] * i
    for a, b in itertools.product(range(2), repeat=2):
        total += x[a] * x[b + 2]
    for a, b in itertools.pairwise(x):
        total += (b - a) ** 2
    for i, j in itertools.permutations((0, 1, 2), 2):
        total += x[i] ** 2 * x[j]
    for v in itertools.chain([x[0]], (x[1], 2.0)):
        total *= v
    return total


@pytest.mark.parametrize(
    "function", [few, all_of_an_array, places, of_tuples, nearest, put_together]
)
def test_ordering(function, rng):
    check(function, X, rng)


@pytest.mark.parametrize("function", [few, places, nearest])
def test_equal_items_keep_their_order(function, rng):
    check(function, TIED, rng)


def test_machine_code():
    found = ad.value_and_grad(ad.jit(places))(X)
    expected = ad.value_and_grad(places)(X)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-13)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-12)


def two_lists(x):
    """A sum of sorted lists is a list, not the sum of arrays."""
    return sum(sorted(x) + sorted(x * 2))


def test_sorted_is_a_list(rng):
    check(two_lists, X, rng)


def too_many(x):
    total = 0.0
    for i, *_ in itertools.product(range(9), repeat=4):
        total += x[0] * i
    return total


def by_two_numbers(x):
    return sorted([(x[0], 1), (x[1], 2)], key=lambda pair: (pair[1], pair[0]))[0][0]


@pytest.mark.parametrize("function", [too_many, by_two_numbers])
def test_what_is_refused_names_the_line(function):
    with pytest.raises(errors.AdjointError) as caught:
        Jitted(function).call((X,), {})
    assert caught.value.place.filename == __file__
