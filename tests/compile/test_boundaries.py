"""Loops in parts where tests of their indices change: the same results, and no tests."""

import itertools
import linecache
import sys

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile.ir.nodes import For, If, Push, walk
from adjoint.compile.ir.running import run
from adjoint.compile.ir.verifying import verify
from adjoint.compile.jitted import Jitted, gradient, snapshot
from adjoint.compile.transform.boundaries import without_tests
from adjoint.compile.transform.simplify import simplify
from adjoint.testing import check_grads

X = np.random.default_rng(1).uniform(0.5, 1.5, 7)
NUMBERS = range(60)


def chain(q, dt):
    """Fixed ends: two tests at each item."""
    force = np.zeros(len(q))
    q = q.copy()
    for _ in range(3):
        for i in range(len(q)):
            left = q[i] - (q[i - 1] if i > 0 else 0.0)
            right = (q[i + 1] if i < len(q) - 1 else 0.0) - q[i]
            force[i] = right - left + 0.25 * (right**3 - left**3)
        for i in range(len(q)):
            q[i] += dt * force[i]
    return np.sum(q * q)


def pairs(x, a):
    total = 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            if i != j:
                total += a / (1.0 + (x[i] - x[j]) ** 2)
    return total


def ends(x, a):
    total = 0.0
    n = len(x)
    for i in range(n):
        if 0 < i < n - 1:
            total += x[i - 1] * x[i + 1]
        elif i == 0 or i == n - 1:
            total += a * x[i]
    return total


def downward(x, a):
    y = x.copy()
    for i in range(len(x) - 1, -1, -1):
        y[i] = x[i] * a + (y[i + 1] * 0.5 if i < len(x) - 1 else 1.0)
    return np.sum(y * y)


def in_the_middle(x, a, m):
    total = 0.0
    for i in range(len(x)):
        total = total * 0.5 + (x[i] * a if i < m else x[i] * x[i])
    return total


def the_greatest_int(x, a, m):
    total = 0.0
    for i in range(len(x)):
        if i <= m:
            total += a * x[i]
    return total


PROGRAMS = [
    (chain, (X, 0.1), 3),
    (pairs, (X, 0.5), 2),
    (ends, (X, 0.5), 1),
    (downward, (X, 0.5), 1),
    (in_the_middle, (X, 0.5, 3), 1),
    (the_greatest_int, (X, 0.5, sys.maxsize), 1),
]


def answered(program, args):
    """The branches of a program as it is compiled."""
    function = Jitted(program).call(args, {}).program.function
    verify(function)
    return [s for s in walk(function.body) if isinstance(s, If)]


@pytest.mark.parametrize(
    ("program", "args", "_"), PROGRAMS, ids=lambda p: getattr(p, "__name__", "")
)
def test_derivatives(program, args, _):
    jitted = ad.jit(program)
    floats = tuple(i for i, a in enumerate(args) if not isinstance(a, int))
    expected = ad.value_and_grad(program, argnums=floats)(*snapshot(args))
    found = ad.value_and_grad(jitted, argnums=floats)(*snapshot(args))
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-14)
    for one, other in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    call = jitted.call(args, {})
    adjoint = gradient(call.program, [0])
    verify(adjoint)
    np.testing.assert_allclose(run(adjoint, *snapshot(list(args)))[1], expected[1][0], rtol=1e-12)


def test_second_derivatives():
    check_grads(ad.jit(ends), (X, 0.5), order=2)


@pytest.mark.parametrize(
    ("program", "args", "left"), PROGRAMS[1:4], ids=lambda p: getattr(p, "__name__", "")
)
def test_no_test_is_left(program, args, left):
    assert not answered(program, args)


def test_few_turns_are_not_divided_again():
    """The first item of the chain asks whether it is the last one too; the others ask nothing."""
    assert len(answered(chain, (X, 0.1))) == 1
    adjoint = gradient(Jitted(chain).call((X, 0.1), {}).program, [0])
    inner = [
        s
        for s in walk(adjoint.body)
        if isinstance(s, For) and not any(isinstance(t, For) for t in walk(s.body))
    ]
    assert any(not any(isinstance(t, If | Push) for t in walk(s.body)) for s in inner)


TEXT = """
def program(start, stop, n, m):
    total = 0.125
    for i in range(start, stop, {step}):
        if {first}:
            total = total * 0.5 + i
        if {second}:
            total = total * 0.75 - i * i
        else:
            total = total + (3.0 if {third} else 0.25)
    return total
"""
TESTS = [
    f"{left} {order} {right}"
    for left in ("i", "i + 1", "2 - i", "n - i")
    for order in ("<", "<=", ">", ">=", "==", "!=")
    for right in ("0", "1", "n", "n - 1", "m", "n - m", "stop - 2", "start + 1")
]


def made(text):
    name = f"<boundaries {hash(text)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    namespace: dict = {}
    exec(compile(text, name, "exec"), namespace)
    return namespace["program"]


@pytest.mark.parametrize("number", NUMBERS)
def test_any_tests(number):
    """Programs whose result depends on the order of the turns, against themselves."""
    draw = np.random.default_rng(number)
    first, second, third = draw.choice(TESTS, 3)
    if draw.random() < 0.3:
        first = f"{first} and {draw.choice(TESTS)}"
    if draw.random() < 0.3:
        second = f"not {second} or {draw.choice(TESTS)}"
    step = draw.choice(["1", "-1", "2"], p=[0.5, 0.4, 0.1])
    program = made(TEXT.format(step=step, first=first, second=second, third=third))
    function = Jitted(program).call((0, 5, 5, 2), {}).program.function
    again = simplify(without_tests(function))
    verify(again)
    for args in itertools.product((-2, 0, 1, 5), (-1, 0, 2, 5, 6), (0, 1, 5), (-1, 0, 2, 7)):
        expected = program(*args)
        assert run(function, *args) == run(again, *args) == (expected,)


def test_a_long_turn_stays_one_loop():
    lines = "".join(f"        total += {k}.0 * x[i]\n" for k in range(1, 80))
    head = "def program(x):\n    total = 0.0\n    for i in range(len(x)):\n"
    text = f"{head}        if i > 0:\n            total += 1.0\n{lines}    return total\n"
    function = Jitted(made(text)).call((X,), {}).program.function
    assert sum(isinstance(s, For) for s in walk(function.body)) == 1


def the_last_index(x, n):
    last = 0
    for i in range(n):
        last = i
    return x * last


def swapped(x, n):
    other = 3.0
    for _ in range(n):
        x, other = other, x
    return x * x + other


@pytest.mark.parametrize("program", [the_last_index, swapped])
def test_a_turn_without_statements_stays_as_it_is(program):
    jitted = ad.jit(program)
    for turns in (0, 1, 4):
        assert jitted(2.0, turns) == program(2.0, turns)
        assert ad.grad(jitted)(2.0, turns) == ad.grad(program)(2.0, turns)
