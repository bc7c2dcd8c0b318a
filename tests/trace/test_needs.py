"""What the formulas of a rule read again is found from their code."""

import operator

import numpy as np
import pytest

import adjoint as ad
from adjoint.rules.ruleset import lookup
from adjoint.trace.needs import names_read, operands_read

BOTH = (True, True)


def read_inside(x, y, out):
    return [out for _ in range(2)]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (lambda x, out: 1.0, set()),
        (lambda x, y, out: y, {1}),
        (lambda x, y, out: -out / y, {1, 2}),
        (lambda x, y, out: (lambda: x)(), {0}),
        (read_inside, {2}),
        (lambda *args: args[0], None),
        (np.sin, None),
    ],
)
def test_names_read(formula, expected):
    assert names_read(formula) == expected


@pytest.mark.parametrize(
    ("function", "live", "expected"),
    [
        (operator.add, BOTH, set()),
        (operator.mul, BOTH, {0, 1}),
        (operator.mul, (True, False), {1}),
        (operator.truediv, (True, False), {1}),
        (np.exp, (True,), {1}),
        (np.sin, (True,), {0}),
    ],
)
def test_operands_read(function, live, expected):
    assert operands_read(lookup(function, len(live)), live) == expected


def test_a_mask_given_by_keyword_may_change_afterwards():
    def program(x):
        mask = np.array([True, False, True])
        total = np.sum(x * x, where=mask)
        mask[:] = False
        return total

    np.testing.assert_allclose(ad.grad(program)(np.array([1.0, 2.0, 3.0])), [2.0, 0.0, 6.0])


def test_an_index_of_a_linear_function_may_change_afterwards():
    def program(x):
        index = np.array([0, 2])
        total = np.sum(np.take(x * x, index))
        index[:] = 1
        return total

    np.testing.assert_allclose(ad.grad(program)(np.array([1.0, 2.0, 3.0])), [2.0, 0.0, 6.0])


@pytest.mark.parametrize("function", [np.exp, np.sin, np.sqrt, np.tanh, np.abs, np.reciprocal])
def test_operands_may_be_overwritten(function):
    def program(x):
        y = x * 1.0
        z = function(y)
        total = (z * z).sum() + np.sum(np.cumsum(y) * z)
        y[...] = 7.0
        z[1:] = x[:-1]
        return total + z.sum()

    ad.testing.check_grads(program, (np.array([0.4, 0.9, 1.6]),), order=1)
