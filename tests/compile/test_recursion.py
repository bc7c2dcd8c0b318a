"""Functions that call themselves: inlined while the depth is known, else programs of their own."""

import math

import numpy as np
import pytest

import adjoint as ad
from adjoint import errors
from adjoint.testing import check_grads

FACTOR = 0.5


def power(x, n):
    if n == 0:
        return 1.0
    return x * power(x, n - 1)


def two_branches(x, n):
    if n < 2:
        return math.sin(x) if n == 0 else x
    return 0.9 * two_branches(x, n - 1) + two_branches(0.5 * x, n - 2)


def newton(x, a, depth=20):
    if abs(x * x - a) < 1e-3 or depth == 0:
        return x
    return newton(0.5 * (x + a / x), a, depth - 1)


def reads_a_global(x):
    if x > 10.0:
        return x * FACTOR
    return reads_a_global(1.5 * x) + x


def even(x, n):
    return x if n == 0 else odd(1.1 * x, n - 1)


def odd(x, n):
    return x * x if n == 0 else even(0.5 * x * x, n - 1)


def product_of_leaves(tree):
    if isinstance(tree, tuple):
        return product_of_leaves(tree[0]) * product_of_leaves(tree[1])
    return tree


def factorial(n):
    return 1 if n <= 1 else n * factorial(n - 1)


def uses_factorial(x, n):
    return x ** factorial(n)


PROGRAMS = [
    (power, (1.3, 7)),
    (two_branches, (0.7, 6)),
    (newton, (1.0, 2.0)),
    (reads_a_global, (1.2,)),
    (even, (0.9, 5)),
    (product_of_leaves, (((1.5, 2.0), (0.5, (3.0, 1.1))),)),
    (uses_factorial, (1.1, 3)),
]


@pytest.mark.parametrize(("function", "args"), PROGRAMS, ids=[f.__name__ for f, _ in PROGRAMS])
def test_both_modes_and_second_order(function, args):
    compiled = ad.jit(function)
    assert compiled(*args) == pytest.approx(function(*args), rel=1e-14)
    check_grads(compiled, args, order=2)


@ad.jit
def decorated(x, n):
    if n == 0:
        return x
    return math.cos(decorated(x, n - 1))


def test_a_decorated_function_that_calls_itself():
    assert ad.grad(decorated)(0.4, 5) == pytest.approx(
        ad.grad(decorated.__wrapped__)(0.4, 5), rel=1e-13
    )


def test_the_adjoint_runs_as_plain_python():
    function = ad.jit(power)
    source = str(ad.explain(function, 1.3, 7))
    assert "power_recursive_pull" in source


def test_a_global_is_read_again(monkeypatch):
    function = ad.jit(reads_a_global)
    first = function(1.2)
    monkeypatch.setitem(globals(), "FACTOR", 2.0)
    assert function(1.2) == pytest.approx(reads_a_global(1.2), rel=1e-14)
    assert function(1.2) != first


def sum_from(x, i):
    return 0.0 if i == len(x) else x[i] + sum_from(x, i + 1)


def test_the_derivative_of_an_array_through_recursion_is_refused():
    x = np.arange(3.0)
    assert ad.jit(sum_from)(x, 0) == 3.0
    with pytest.raises(errors.UnsupportedType, match="calls itself"):
        ad.grad(ad.jit(sum_from))(x, 0)


def chain(values, i):
    return 1.0 if i == 0 else values[0] * chain(values, i - 1)


def test_containers_at_unknown_depth_are_refused_with_the_line():
    with pytest.raises(errors.UnsupportedSyntax, match="`values` is not a number") as caught:
        ad.jit(chain)([2.0], 3)
    assert "chain" in caught.value.place.text
