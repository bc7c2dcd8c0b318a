"""Functions that call themselves: inlined while the depth is known, else programs of their own."""

import math

import numpy as np
import pytest

import adjoint as ad
from adjoint import errors
from adjoint.compile.ir import running
from adjoint.compile.ir.nodes import Const
from adjoint.compile.ir.verifying import verify
from adjoint.compile.jitted import Jitted
from adjoint.compile.transform.forward import forward
from adjoint.compile.transform.reverse import reverse
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
    assert "power_recursive_slopes" in source


def test_a_global_is_read_again(monkeypatch):
    function = ad.jit(reads_a_global)
    first = function(1.2)
    monkeypatch.setitem(globals(), "FACTOR", 2.0)
    assert function(1.2) == pytest.approx(reads_a_global(1.2), rel=1e-14)
    assert function(1.2) != first


def exchanged(x, y, n):
    return x * x * y if n == 0 else exchanged(math.sin(y), 1.1 * x, n - 1) + y


def through_one(x, table, n):
    return x if n < 0 else table[n] * through_one(math.cos(x), table, n - 1)


@pytest.mark.parametrize("argnum", [0, 1])
def test_arguments_change_places(argnum):
    """A slope for each argument that depends on the one asked for, also in inner calls."""
    compiled = ad.jit(exchanged)
    args = (0.4, 0.7, 5)
    expected = ad.grad(exchanged, argnums=argnum)(*args)
    assert ad.grad(compiled, argnums=argnum)(*args) == pytest.approx(expected, rel=1e-13)


def test_slopes_only_of_what_is_differentiated():
    """The array is in the way of slopes for all arguments, not for this one."""
    args = (0.4, np.array([1.5, 0.5, 2.0]), 2)
    found = ad.value_and_grad(ad.jit(through_one))(*args)
    assert found == pytest.approx(ad.value_and_grad(through_one)(*args), rel=1e-13)


@pytest.mark.parametrize("order", [3, 4])
def test_higher_orders(order):
    compiled, plain = ad.jit(two_branches), two_branches
    for _ in range(order):
        compiled, plain = ad.grad(compiled), ad.grad(plain)
    assert compiled(0.7, 4) == pytest.approx(plain(0.7, 4), rel=1e-10)


def test_modes_in_each_other():
    compiled = ad.jit(two_branches)
    both = [
        ad.jacfwd(ad.grad(compiled)),
        ad.jacrev(ad.jacfwd(compiled)),
        ad.jacfwd(ad.jacfwd(compiled)),
    ]
    expected = ad.grad(ad.grad(two_branches))(0.7, 4)
    assert [f(0.7, 4) for f in both] == pytest.approx([expected] * 3, rel=1e-12)


def in_a_loop(x, n):
    total = 0.0
    for i in range(n):
        if x > 0.3:
            total += power(x, i) * two_branches(total, 3)
        x = 0.9 * x
    return total


def test_slopes_are_recorded_in_loops():
    check_grads(ad.jit(in_a_loop), (1.2, 6), order=2)


def test_the_work_of_an_adjoint_is_that_of_the_primal_whatever_the_depth():
    """Statements run by the interpreter, for a recursion of twice the depth."""
    for transform in (reversed_program, pushed_program):
        counts = [statements_run(transform(n)) for n in (10, 20, 40)]
        assert counts[2] - counts[1] == 2 * (counts[1] - counts[0])


def reversed_program(n):
    function = Jitted(power).call((1.01, n), {}).program.function
    return reverse(function, function.params[:1], [Const(1.0)]), (1.01, n)


def pushed_program(n):
    function = Jitted(power).call((1.01, n), {}).program.function
    return forward(function, function.params[:1], [Const(1.0)]), (1.01, n)


def statements_run(program):
    function, args = program
    count = 0

    class Counting(running.Machine):
        def statement(self, s):
            nonlocal count
            count += 1
            super().statement(s)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "Machine", Counting)
        running.run(verify(function), *args)
    return count


def infinite_slope(x, n):
    return math.sqrt(x) if n == 0 else infinite_slope(x, n - 1)


def chosen(x, n):
    return x if x <= 0.0 else infinite_slope(x, n)


def weighed(x, n):
    """The slope of the call is infinite at zero, and what it is weighed by is zero."""
    return x * infinite_slope(x * x, n)


def test_infinite_slopes_that_count_for_nothing():
    assert ad.grad(ad.jit(chosen))(0.0, 3) == 1.0
    assert ad.grad(ad.jit(weighed))(0.0, 3) == 0.0


def sum_from(x, i):
    return 0.0 if i == len(x) else x[i] + sum_from(x, i + 1)


def test_the_derivative_of_an_array_through_recursion():
    x = np.arange(3.0)
    assert ad.jit(sum_from)(x, 0) == 3.0
    np.testing.assert_allclose(ad.grad(ad.jit(sum_from))(x, 0), ad.grad(sum_from)(x, 0))


def chain(values, i):
    return 1.0 if i == 0 else values[0] * chain(values, i - 1)


def test_containers_at_unknown_depth_are_refused_with_the_line():
    with pytest.raises(errors.UnsupportedSyntax, match="`values` is not a number") as caught:
        ad.jit(chain)([2.0], 3)
    assert "chain" in caught.value.place.text
