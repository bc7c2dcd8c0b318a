"""Additions of zero: they are left out where a branch was not taken, and nothing else is."""

import linecache

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile import operations
from adjoint.compile.ir.nodes import (
    BOOL,
    FLOAT,
    Apply,
    Block,
    Const,
    If,
    Store,
    Subscript,
    Type,
    Var,
    walk,
)
from adjoint.compile.ir.running import run
from adjoint.compile.ir.verifying import verify
from adjoint.compile.jitted import Jitted, gradient, snapshot
from adjoint.compile.transform.sinking import sunk
from adjoint.testing import check_grads

X = np.random.default_rng(6).uniform(0.5, 1.5, (5, 5))


def shortest(w):
    w = w.copy()
    for k in range(len(w)):
        for i in range(len(w)):
            for j in range(len(w)):
                if w[i, k] + w[k, j] < w[i, j]:
                    w[i, j] = w[i, k] + w[k, j]
    return np.sum(w * w)


def adjoint_of(program, *args):
    adjoint = gradient(Jitted(program).call(args, {}).program, [0])
    verify(adjoint)
    return adjoint


def test_only_what_was_taken_is_added():
    """What is added stands in the branch, which hands on nothing."""
    adjoint = adjoint_of(shortest, X)
    branches = [s for s in walk(adjoint.body) if isinstance(s, If)]
    (reverse,) = [s for s in branches if sum(isinstance(t, Store) for t in s.then.statements) > 1]
    assert not reverse.outs
    assert sum(s.adds for s in walk(reverse.then) if isinstance(s, Store)) == 2


def test_gradients_of_gradients():
    expected = ad.value_and_grad(shortest)(X.copy())
    found = ad.value_and_grad(ad.jit(shortest))(X.copy())
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-14)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-13)
    check_grads(ad.jit(shortest), (X,), order=2)


TEXT = """
def program(x, a):
    y = x * a
    total = 0.0
    for i in range(1, len(x) - 1):
        part = {first}
        if {test}:
            part = {taken}
            {store}
        {otherwise}
        y[i + {shift}] = y[i] * {factor} + {added}
        total += {last}
    return total + y[0] * y[1] + np.sum(y)
"""
PARTS = ("x[i]", "0.0", "y[i - 1]", "y[i - 1] * x[i]", "a", "1.0")
TAKEN = ("y[i] * x[i]", "y[i + 1] + y[i - 1]", "part * a", "x[i] * 0.5", "0.25", "-part / x[i]")
STORES = ("pass", "y[i] = part", "y[i - 1] = x[i] * a", "a = a * x[i]", "total += y[i - 1]")
OTHERWISE = ("", "else:\n            y[i] = a", "else:\n            part = part + y[i + 1]", "")
TESTED = ("x[i] > 1.0", "y[i] < x[i + 1]", "not x[i] > 0.8", "i > 3", "y[i - 1] > y[i]")


@pytest.mark.parametrize("number", range(60))
def test_any_branches(number):
    """Random programs against the traced tier, run as they stand."""
    draw = np.random.default_rng(number)
    text = TEXT.format(
        first=draw.choice(PARTS),
        test=draw.choice(TESTED),
        taken=draw.choice(TAKEN),
        store=draw.choice(STORES),
        otherwise=draw.choice(OTHERWISE),
        shift=draw.choice([-1, 0, 1]),
        factor=draw.choice(["part", "x[i]", "(part * part)"]),
        added=draw.choice(["part", "part * x[i]", "a", "x[i - 1]"]),
        last=draw.choice(["part", "part * part", "x[i]", "y[i + 1]"]),
    )
    name = f"<sinking {number}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    namespace: dict = {"np": np}
    exec(compile(text, name, "exec"), namespace)
    program = namespace["program"]
    adjoint = gradient(Jitted(program).call((X[0].copy(), 0.5), {}).program, [0, 1])
    verify(adjoint)
    for x in (draw.uniform(0.5, 1.5, 8), draw.uniform(0.5, 1.5, 2)):
        expected = ad.value_and_grad(program, argnums=(0, 1))(x.copy(), 0.7)
        found = run(adjoint, *snapshot([x, 0.7]))
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-13)
        for one, other in zip(found[1:], expected[1], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


ARRAY, READ = Var("array", Type("float", 1)), Var("read", FLOAT)
TESTS = Var("first", BOOL), Var("second", BOOL)
GUARDED = Var("a", FLOAT), Var("b", FLOAT)
ITEM = Subscript(("at",))


def test_each_addition_has_its_own_test_and_place():
    """Additions of two guards stay apart, and before what reads the memory."""
    sides = Block((), (Const(2.0),)), Block((), (Const(0.0),))
    branches = [If(t, *sides, (out,)) for t, out in zip(TESTS, GUARDED, strict=True)]
    first, second = (Store(ARRAY, ITEM, (Const(0),), out, True) for out in GUARDED)
    read = Apply(READ, operations.load, (ARRAY, Const(0)), (("subscript", ITEM),))
    last = Store(ARRAY, ITEM, (Const(1),), GUARDED[1], True)
    found = sunk(Block((*branches, first, second, read, last), (READ,))).statements
    adding = [s.test for s in found if isinstance(s, If) and any(walk(s.then))]
    assert adding == [TESTS[0], TESTS[1], TESTS[1]]
    assert isinstance(found[-1], If)
    assert found[-2] is read
