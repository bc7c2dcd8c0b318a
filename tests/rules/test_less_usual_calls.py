"""Calls that few programs make: empty arrays, singular matrices, keywords that are seldom given."""

import numpy as np
import pytest
import scipy.linalg as sl

import adjoint as ad
from adjoint.errors import NonDifferentiable
from adjoint.testing import check_grads

D = np.random.default_rng(20261201).standard_normal  # which leaves the draws of others alone
CALLS = {
    "maximum.reduce": (lambda a: np.maximum.reduce(a, dtype=np.float64), D((4, 3))),
    "minimum.reduce": (lambda a: np.minimum.reduce(a, 1, float, keepdims=True), D((4, 3))),
    "in a wider type": (lambda a: np.maximum.reduce(a, axis=None, dtype=np.longdouble), D(4)),
    "wide lu": (lambda a: sl.lu(a)[1:], D((2, 4))),
    "wide lu, rows in order": (lambda a: sl.lu(a, permute_l=True), D((2, 4))),
    "wide complex lu": (lambda a: sl.lu(a)[1:], D((2, 3)) + 1j * D((2, 3))),
}


@pytest.mark.parametrize("name", CALLS)
def test_call(name):
    program, *args = CALLS[name]
    check_grads(program, tuple(args), order=2)


EMPTY = [
    lambda x: np.median(x[:0]),
    lambda x: np.sum(np.median(x[0] * np.zeros((0, 3)), axis=0)),
    lambda x: np.sum(np.median(x[0] * np.zeros((0, 3)), axis=1)),
    lambda x: np.sum(np.quantile(x[0] * np.zeros((0, 3)), 0.5, axis=1)),
    lambda x: np.sum(np.percentile(x[0] * np.zeros((0, 3)), 30.0, axis=1, keepdims=True)),
]


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
@pytest.mark.parametrize("program", EMPTY)
def test_no_elements_pass_nothing_on(program):
    x = np.array([1.0, 2.0, 3.0])
    value, slope = ad.value_and_grad(program)(x)
    assert value == pytest.approx(program(x), nan_ok=True)
    assert np.array_equal(slope, np.zeros(3))
    assert ad.jvp(program, (x,), (np.ones(3),))[1] == 0.0


def test_quantiles_of_nothing_are_numpys_error():
    with pytest.raises(IndexError):
        ad.grad(lambda x: np.quantile(x[:0], 0.5))(np.ones(3))


@pytest.mark.parametrize("part", [1, 2])
def test_factors_of_a_singular_matrix(part):
    """The last pivot divides nothing: its factors move smoothly, along singular matrices too."""

    def program(a, b):
        both = np.concatenate((a, a @ b), axis=1)  # the third column depends on the first two
        return sl.lu(both[[2, 1, 0]])[part]

    a = np.array([[1.0, 2.0], [4.0, 5.0], [5.0, 7.5]])
    check_grads(program, (a, np.array([[-1.0], [2.0]])), rtol=1e-6)
    slope = ad.grad(lambda x: np.sum(sl.lu(np.array([[1.0, 2.0], [2.0, 4.0]]) * x)[2]))(3.0)
    assert slope == pytest.approx(6.0)


def test_a_pivot_that_divides_must_not_vanish():
    with pytest.raises(NonDifferentiable, match="linearly dependent"):
        ad.grad(lambda x: np.sum(sl.lu(np.array([[0.0, 2.0], [0.0, 3.0]]) * x)[2]))(1.0)
