"""Polynomials of an index by differences: the same numbers, with additions alone in each turn."""

import operator

import numpy as np
import pytest
from programs import triangle

import adjoint as ad
from adjoint.compile.ir.nodes import INT, Apply, For, Function, walk
from adjoint.compile.ir.running import run
from adjoint.compile.ir.verifying import verify
from adjoint.compile.jitted import Jitted
from adjoint.compile.transform.differences import stepped
from adjoint.compile.transform.sharing import share

X = np.random.default_rng(3).uniform(0.5, 1.5, 200)


def growing(x, n):
    total, place = 0.0, 3
    for i in range(2, n):
        total += x[place] ** 2 * i
        place += i - 1
    return total


def shrinking(x, n):
    total, place = 0.0, len(x) - 1
    for i in range(1, n):
        total += x[place] * i
        place -= 2 * i + 1
    return total


def squares(x, n):
    """Polynomials that the program writes itself."""
    total = 0.0
    for i in range(n):
        total += x[i * i + 1] * x[(i + 1) * (n - i)]
    return total


def backwards(x, n):
    total = 0.0
    for i in range(n, 0, -1):
        total += x[i * (i - 1) // 2] * x[(i * (i - 1)) >> 1] + i * (n - i) * x[i]
    return total


def of_branches(x, n):
    total = 0.0
    for i in range(n):
        if x[i] > 1.0:
            total += x[i * i]
        else:
            total -= x[2 * i * i + 1]
    return total


def in_a_loop_inside(x, n):
    total = 0.0
    for i in range(n):
        first = i * i
        for j in range(3):
            total += x[first + j] * x[j * j + i]
    return total


def never_runs(x, n):
    total = x[0]
    for i in range(n, 0):
        total += x[i * i]
    return total


PROGRAMS = [
    triangle,
    growing,
    shrinking,
    squares,
    backwards,
    of_branches,
    in_a_loop_inside,
    never_runs,
]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("n", [1, 2, 9])
def test_values_and_gradients(program, n):
    compiled = ad.jit(program)
    assert compiled(X, n) == pytest.approx(program(X, n), rel=1e-14)
    np.testing.assert_allclose(
        ad.grad(compiled)(X, n), ad.grad(program)(X, n), rtol=1e-13, atol=1e-13
    )


def multiplied(function: Function) -> int:
    """How often turns of the loops multiply or halve ints."""
    inner = [s for loop in walk(function.body) if isinstance(loop, For) for s in walk(loop.body)]
    return sum(
        isinstance(s, Apply) and s.out.type == INT and s.function in (operator.mul, operator.rshift)
        for s in inner
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_interpreter_agrees(program):
    before = share(Jitted(program).call((X, 9), {}).program.function)
    after = verify(stepped(before))
    assert run(after, X, 9) == run(before, X, 9)


@pytest.mark.parametrize("program", [triangle, growing, shrinking, squares])
def test_turns_only_add(program):
    function = share(Jitted(program).call((X, 9), {}).program.function)
    assert multiplied(stepped(function)) < multiplied(function)


def test_what_is_affine_stays():
    """LLVM finds such recurrences by itself."""

    def program(x, n):
        total = 0.0
        for i in range(n):
            total += x[2 * i + 1]
        return total

    function = share(Jitted(program).call((X, 9), {}).program.function)
    (loop,) = [s for s in walk(stepped(function).body) if isinstance(s, For)]
    assert len(loop.params) == 1
