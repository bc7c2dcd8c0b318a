"""Functions made by `numba.guvectorize` are their Python function on each part."""

import math

import numba
import numpy as np
import pytest
from numba import float64, guvectorize

import adjoint as ad
from adjoint.testing import check_grads

A = np.arange(6.0).reshape(2, 3) + 0.5


@guvectorize([(float64[:], float64, float64[:])], "(n),()->(n)")
def moved(x, factor, y):
    for i in range(x.shape[0]):
        y[i] = x[i] * factor + math.sin(x[i - 1])


@guvectorize([(float64[:], float64[:], float64[:])], "(n),(n)->()")
def product(x, y, result):
    result[0] = 0.0
    for i in range(x.shape[0]):
        result[0] += x[i] * y[i]


@guvectorize("(n),(m),()->(m)", nopython=True)
def resampled(x, t, factor, y):
    for i in range(t.shape[0]):
        y[i] += x[i % x.shape[0]] * t[i] * factor


def into(function, x, out):
    function(x, 2.0, out)
    return out * A


def added(x):
    out = np.ones((2, 4)) * x[0, 0]
    resampled(x, np.arange(4.0) * x[0, 1], x[1, 1], out)
    return out


PROGRAMS = [
    lambda x: moved(x, x[0, 0]),
    lambda x: moved(x[0], x[:, 1]),
    lambda x: into(moved, x, np.ones((2, 3))),
    lambda x: moved(x, 2.0, out=np.ones((2, 3))) * x,
    lambda x: product(x, x[0]) * x[:, 1],
    lambda x: product(x[0], x[1]) * x,
    added,
]


@pytest.mark.parametrize("function", PROGRAMS)
def test_parts(function):
    assert np.allclose(ad.jvp(function, (A,), (A,))[0], function(A), rtol=1e-14)
    check_grads(function, (A,))


def test_results_are_arrays_and_numbers_as_numba_makes_them():
    def kinds(x):
        return [type(product(x[0], x[1])), type(product(x, x)), product(x, x).shape]

    assert ad.value_and_grad(lambda x: (x.sum(), kinds(x)), has_aux=True)(A)[0][1] == kinds(A)


def test_typed_lists_are_lists():
    def listed(x):
        items = numba.typed.List()
        items.append(x)
        return items[0] * x

    assert ad.grad(listed)(2.0) == 4.0
