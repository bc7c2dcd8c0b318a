"""Lists of numbers where NumPy takes arrays: values and derivatives are those of the array."""

import operator

import numpy as np
import pytest

import adjoint as ad
from adjoint.testing.finite_difference import finite_difference_jvp

CALLS = {
    "dot": lambda x: np.dot(np.array([x, x * x]), [1.0, 2.0]),
    "dot, the other way": lambda x: np.dot([1.0, x], np.array([x, x * x])),
    "sort": lambda x: np.sort([x, 0.1, 2.0 * x]),
    "eigvalsh": lambda x: np.linalg.eigvalsh([[x, 1.0], [1.0, 2.0]]),
    "cholesky": lambda x: np.linalg.cholesky([[2.0, x], [x, 3.0]]),
    "outer of lists": lambda x: np.add.outer([x, 1.0], [3.0, x * x]),
    "outer of a list": lambda x: np.multiply.outer([x, 1.0], np.array([3.0, x * x])),
    "outer of a tuple": lambda x: np.hypot.outer((x, 1.0), 2.0),
    "added in place": lambda x: added(np.array([x, 1.0, x * x]), (3.0, x * x)),
    "taken away in place": lambda x: operator.isub(np.array([x, 1.0]), [x * x, 2.0 * x]),
}


def added(values, pair):
    values[1:] += pair
    return values


@pytest.mark.parametrize("name", CALLS)
def test_a_list_is_an_array(name):
    call = CALLS[name]
    weights = np.random.default_rng(3).normal(size=np.shape(call(1.3)))

    def f(x):
        return float(np.sum(np.sin(call(x)) * weights))

    value, gradient = ad.value_and_grad(f)(1.3)
    assert value == f(1.3)
    assert gradient == pytest.approx(finite_difference_jvp(f, (1.3,), (1.0,)), rel=1e-7)
    assert ad.jvp(f, (1.3,), (1.0,))[1] == pytest.approx(gradient, rel=1e-12)
    second = ad.grad(ad.grad(f))(1.3)
    assert second == pytest.approx(finite_difference_jvp(ad.grad(f), (1.3,), (1.0,)), rel=1e-6)
