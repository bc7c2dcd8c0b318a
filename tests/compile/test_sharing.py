"""Values computed or read once, and shadows of views: what is shared, and what must not be."""

import math

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile import operations
from adjoint.compile.ir.nodes import (
    FLOAT,
    INT,
    Apply,
    Block,
    Const,
    For,
    Function,
    If,
    Store,
    Subscript,
    Type,
    Var,
    walk,
)
from adjoint.compile.ir.running import run
from adjoint.compile.jitted import Jitted, gradient
from adjoint.compile.transform.sharing import share
from adjoint.testing import check_grads

X = np.random.default_rng(5).uniform(0.5, 1.5, 6)
TABLE = np.random.default_rng(6).uniform(0.5, 1.5, (4, 3))


def stores_between(x):
    """The same item before and after a store; after a store by another name; in a branch."""
    y = x.copy()
    total = y[1] * y[1]
    y[1] = total
    total += y[1] * y[2]
    view = y[1:]
    view[0] = math.sin(total)
    total += y[1]
    if total > 1.0:
        y[2] *= 3.0
    return total * y[2] + y[1]


def stores_in_loops(x):
    y = x.copy()
    total = y[0]
    for i in range(3):
        total += y[0] * y[i]
        y[0] = 0.5 * total
        total += y[0]
    k = 0
    while k < 2:
        total += y[1]
        y[1] = total * y[1]
        k += 1
    return total + y[1] + y[0]


def reads_what_was_stored(x):
    """What is read right after it was stored, and what was changed or rounded in between."""
    y = x.copy()
    single = np.zeros(3, np.float32)
    total = 0.0
    for i in range(1, 4):
        y[i] = x[i] * x[i - 1]
        total += y[i] * y[i]
        y[4 - i] = x[0] + y[i]
        total += 2.0 * y[i]
        y[i] = math.cos(total)
        y[i] += x[i]
        total += y[i] * y[i - 4]
        single[0] = 0.1 * i
        total += single[0] * x[i]
    return total + y[-1]


def stores_by_a_chosen_name(x):
    y, z = x.copy(), 2.0 * x
    chosen = y if x[0] > 1.0 else z
    total = chosen[1] + y[1]
    return total * chosen[1]


def sines_and_cosines(x):
    """The derivative of each is the other, which is there."""
    total = 1.0
    for i in range(len(x)):
        total = total * math.sin(x[i]) + math.cos(x[i])
        if total > 1.2:
            total *= math.sin(total) * math.cos(total)
    return total


def rows(table):
    total = 0.0
    for i in range(len(table)):
        row = table[i]
        total += row[0] * row[1] + np.sum(row * row) * row[2]
    return total * table[1, 2]


def rows_of_what_changes(table):
    work = table.copy()
    for i in range(1, len(work)):
        row = work[i]
        before = work[i - 1]
        row[0] = row[0] * before[1]
        work[i, 1] *= before[0] + row[0]
    column = work.T[1]
    return np.sum(work) + column[2] * column[3]


def gathered(x):
    """Not a view: an array of indices makes a copy."""
    taken = x[np.array([1, 1, 3])]
    taken[0] = 2.0 * x[0]
    return taken[0] * taken[1] + x[1] * taken[2]


PROGRAMS = [(f, X) for f in (stores_between, stores_in_loops, stores_by_a_chosen_name)]
PROGRAMS += [(reads_what_was_stored, X)]
PROGRAMS += [(sines_and_cosines, X), (rows, TABLE), (rows_of_what_changes, TABLE), (gathered, X)]


@pytest.mark.parametrize(("function", "x"), PROGRAMS, ids=[f.__name__ for f, _ in PROGRAMS])
def test_values_and_derivatives(function, x):
    compiled = ad.jit(function)
    assert compiled(x) == pytest.approx(function(x), rel=1e-14)
    check_grads(compiled, (x,), order=2)
    np.testing.assert_allclose(ad.grad(compiled)(x), ad.grad(function)(x), rtol=1e-12)


def adjoint_of(function, x):
    return gradient(Jitted(function).call((x,), {}).program, [0])


def test_what_the_forward_sweep_computed_is_not_computed_again():
    body = share(adjoint_of(sines_and_cosines, X)).body
    calls = [s.function for s in walk(body) if isinstance(s, Apply)]
    assert calls.count(math.sin) == calls.count(math.cos) == 2


def test_the_cotangent_of_a_row_is_a_row_of_the_cotangent():
    made = [s for s in walk(adjoint_of(rows, TABLE).body) if isinstance(s, Apply)]
    assert sum(s.function is operations.zeros for s in made) == 1


def test_what_was_just_stored_is_not_read():
    def kept(x):
        y = np.zeros(len(x))
        total = 0.0
        for i in range(len(x)):
            y[i] = math.sin(x[i])
            total += y[i] * y[i]
        return total, y

    body = share(Jitted(kept).call((X,), {}).program.function).body
    loads = [s for s in walk(body) if isinstance(s, Apply) and s.function is operations.load]
    assert len(loads) == 1


AT = (("subscript", Subscript(("at",))),)


def item(name, array, index):
    return Apply(Var(name, FLOAT), operations.load, (array, Const(index)), AT)


def program_of(between):
    """Two readings of one item, with something between."""
    array, flag = Var("x", Type("float", 1)), Var("n", INT)
    first, second = item("a", array, 0), item("b", array, 0)
    body = Block((first, *between(array, flag), second), (first.out, second.out))
    return Function("f", (array, flag), body)


def nothing(array, n):
    return ()


def a_store(array, n):
    return (Store(array, Subscript(("at",)), (Const(0),), Const(7.0)),)


def a_store_in_a_loop(array, n):
    index = Var("i", INT)
    return (For(index, Const(0), n, Const(1), (), (), Block(a_store(array, n)), ()),)


def a_store_in_a_branch(array, n):
    test = Apply(Var("t", Type("bool")), operations.differs, (n, Const(0)))
    return (test, If(test.out, Block(a_store(array, n)), Block(())))


def a_store_into_a_view(array, n):
    view = Apply(Var("v", array.type), operations.load, (array,), (("subscript", SLICE),))
    return (view, *a_store(view.out, n))


SLICE = Subscript(((False, False, False),))


@pytest.mark.parametrize(
    "between", [nothing, a_store, a_store_in_a_loop, a_store_in_a_branch, a_store_into_a_view]
)
def test_an_item_is_read_again_after_stores_only(between):
    function = program_of(between)
    shared = share(function)
    loads = [s for s in shared.body.statements if isinstance(s, Apply) and s.out.type == FLOAT]
    assert len(loads) == (1 if between is nothing else 2)
    assert run(shared, np.ones(2), 1) == run(function, np.ones(2), 1)


def test_zeros_of_two_signs_and_numbers_of_two_types_are_apart():
    x = Var("x", FLOAT)
    outs = [Var("y", FLOAT) for _ in range(4)]
    values = (Const(0.0), Const(-0.0), Const(0), Const(0.0))
    statements = tuple(
        Apply(out, math.copysign, (x, value)) for out, value in zip(outs, values, strict=True)
    )
    shared = share(Function("f", (x,), Block(statements, tuple(outs))))
    assert len(shared.body.statements) == 3
