"""Copies for the reverse sweep: taken once, and recorded at once where that keeps the order."""

import pytest

from adjoint.compile import operations
from adjoint.compile.ir.nodes import (
    INT,
    Apply,
    Block,
    Const,
    For,
    Pop,
    Push,
    Store,
    Subscript,
    Tape,
    Type,
    Var,
)
from adjoint.compile.transform.snapshots import recorded_at_once, taken_once

ARRAY = Type("float", 1)
U, V, FIRST, SECOND = (Var(name, ARRAY) for name in ("u", "v", "first", "second"))
ARRAYS, NUMBERS = Tape("arrays"), Tape("tape")


def copy(out, array):
    return Apply(out, operations.copy, (array,))


def stored(array):
    return Store(array, Subscript(("at",)), (Const(0),), Const(1.0))


def loop(*statements):
    return For(Var("i", INT), Const(0), Const(3), Const(1), (), (), Block(statements), ())


def alone(array):
    return [array]


@pytest.mark.parametrize("between", [(), (stored(V),), (loop(stored(V)),)])
def test_an_array_that_does_not_change_is_copied_once(between):
    forward = (copy(FIRST, U), *between, copy(SECOND, U))
    reading = Block((), (FIRST, SECOND))
    made, backward = taken_once(forward, reading, {FIRST, SECOND}, alone)
    assert len(made) == len(forward) - 1
    assert backward.yields == (FIRST, FIRST)


@pytest.mark.parametrize("between", [(stored(U),), (loop(stored(U)),)])
def test_an_array_that_changes_is_copied_again(between):
    forward = (copy(FIRST, U), *between, copy(SECOND, U))
    reading = Block((), (FIRST, SECOND))
    assert taken_once(forward, reading, {FIRST, SECOND}, alone) == (forward, reading)


def test_a_view_that_changes_changes_the_array():
    forward = (copy(FIRST, U), stored(V), copy(SECOND, U))
    made, _ = taken_once(forward, Block(()), {FIRST, SECOND}, lambda _: [U, V])
    assert made == forward


def test_a_copy_of_the_program_is_its_own():
    forward = (copy(FIRST, U), copy(SECOND, U))
    assert taken_once(forward, Block(()), {SECOND}, alone)[0] == forward


def kinds(forward):
    return [type(s).__name__ for s in recorded_at_once(forward, (FIRST, SECOND), ARRAYS)[0]]


def test_what_is_recorded_at_once():
    assert kinds((copy(FIRST, U), stored(U), copy(SECOND, U))) == ["Push", "Store", "Push"]
    number = loop(Push(NUMBERS, (Const(1.0),)))
    assert kinds((copy(FIRST, U), number)) == ["Push", "For"]


@pytest.mark.parametrize("between", [Push(ARRAYS, (V,)), Pop(ARRAYS, (V,))])
def test_what_would_be_taken_in_another_order_is_not(between):
    forward = (copy(FIRST, U), loop(between), copy(SECOND, U))
    assert kinds(forward) == ["Apply", "For", "Push"]


def test_what_is_read_by_the_turn_itself_is_not():
    load = Apply(Var("x", Type("float")), operations.load, (FIRST, Const(0)))
    assert kinds((copy(FIRST, U), load)) == ["Apply", "Apply"]
