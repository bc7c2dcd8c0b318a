"""What is recorded and never read leaves the tape, and nothing else does."""

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile.ir.nodes import (
    BOOL,
    FLOAT,
    Block,
    Const,
    If,
    Pop,
    Push,
    Tape,
    Var,
    While,
    walk,
)
from adjoint.compile.ir.running import run
from adjoint.compile.ir.verifying import verify
from adjoint.compile.jitted import Jitted, gradient, snapshot
from adjoint.compile.transform.trimming import trimmed
from adjoint.testing import check_grads

X = np.random.default_rng(1).uniform(0.5, 1.5, 6)
LIMITS = np.array([0.4, 1.1, 1.2, 2.9, 4.5])


def search(x, limits):
    """Where the search went is not read, only where it ended."""
    chosen, reached, total = 0, x[0], 0.0
    for i in range(len(limits)):
        while reached < limits[i] and chosen < len(x) - 1:
            chosen += 1
            reached += x[chosen]
        total += x[chosen] * x[chosen] * limits[i]
    return total


def sum_along_a_search(x, limits):
    """What was passed on the way is read."""
    chosen, reached, total = 0, x[0], 0.0
    for i in range(len(limits)):
        while reached < limits[i] and chosen < len(x) - 1:
            chosen += 1
            reached += x[chosen]
            total += x[chosen] * x[chosen] * limits[i]
        total += x[chosen] * x[chosen]
    return total


def nested_searches(x, limits):
    """What the outer loop recorded for the inner one goes with it."""
    total = 0.0
    for i in range(len(limits)):
        place = 0
        while x[place] < limits[i] and place < len(x) - 1:
            reached, inner = x[place], place
            while reached < limits[i] and inner < len(x) - 1:
                inner += 1
                reached += x[inner]
            place = inner
        total = total * x[place] + x[place]
    return total


def program(function):
    call = Jitted(function).call((X, LIMITS), {})
    return call, verify(gradient(call.program, [0]))


@pytest.mark.parametrize("function", [search, sum_along_a_search, nested_searches])
def test_the_derivatives_are_the_same(function):
    call, adjoint = program(function)
    found = run(adjoint, *snapshot(call.arguments))
    assert found[0] == function(X, LIMITS)
    np.testing.assert_allclose(found[1], ad.grad(function)(X, LIMITS), rtol=1e-14)


@pytest.mark.parametrize(
    ("function", "inner", "rows"),
    [(search, 0, []), (sum_along_a_search, 1, [1]), (nested_searches, 0, [2])],
)
def test_what_is_left(function, inner, rows):
    _, adjoint = program(function)
    searches = [s for s in walk(adjoint.body) if isinstance(s, While)]
    assert sum(isinstance(s, Push) for w in searches for s in walk(w.body)) == inner
    pushes = [s for s in walk(adjoint.body) if isinstance(s, Push)]
    pops = {s.pair: s for s in walk(adjoint.body) if isinstance(s, Pop)}
    assert all(len(s.values) == len(pops[s.pair].outs) for s in pushes)
    assert sorted(len(s.values) for s in pushes) == rows


def test_derivatives_of_derivatives():
    check_grads(ad.jit(search), (X, LIMITS), order=2)
    check_grads(ad.jit(sum_along_a_search), (X, LIMITS), order=2)


def test_what_only_a_result_reads_is_kept():
    """Of a block inside, of the whole."""
    pair, tape = object(), Tape("tape")
    given = tuple(Var(f"x{i}", FLOAT) for i in range(4))
    taken = tuple(Var(f"y{i}", FLOAT) for i in range(4))
    test, out = Var("test", BOOL), Var("out", FLOAT)
    sides = Block((), (taken[1],)), Block((), (Const(0.0),))
    statements = (
        Push(tape, given, None, pair),
        Pop(tape, taken, None, pair),
        If(test, *sides, (out,), None),
    )
    push, pop, _ = trimmed(Block(statements, (out, taken[2]))).statements
    assert (push.values, pop.outs) == (given[1:3], taken[1:3])
