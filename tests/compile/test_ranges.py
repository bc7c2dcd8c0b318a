"""Nests whose items are tested once before them read, write and raise as Python does."""

import itertools
import math
import operator

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile import operations
from adjoint.compile.codegen import emitting, ranges
from adjoint.compile.codegen.stacks import on_stacks
from adjoint.compile.ir.copying import Substitution
from adjoint.compile.ir.nodes import (
    BOOL,
    FLOAT,
    INT,
    Apply,
    Block,
    Const,
    For,
    Function,
    If,
    Pop,
    Push,
    Subscript,
    Tape,
    Type,
    Var,
)
from adjoint.compile.ir.running import run
from adjoint.compile.ir.verifying import verify

RNG = np.random.default_rng(8)


@pytest.fixture
def told(monkeypatch):
    """For each nest that was compiled, whether one test before it can tell."""
    monkeypatch.setenv("ADJOINT_CACHE_DIR", "")
    found = []
    condition = ranges.Ranges.condition

    def noted(self, some=False):
        known = condition(self, some)
        found.append(known is not None)
        return known

    monkeypatch.setattr(emitting.Ranges, "condition", noted)
    return found


def upwards(x, y, a, b, c, d):
    for i in range(a, b):
        y[i + c] += math.sin(x[d - i]) * x[i] + 2.0 * x[i] * x[i] - y[i]
    return y[0]


def downwards(x, y, a, b, c, d):
    for i in range(a, b, -1):
        y[i - c] = math.sin(x[i + d]) * x[i] + 2.0 * x[i] * x[i] - y[i]
    return y[0]


def by_three(x, y, a, b, c, d):
    for i in range(a, b, 3):
        y[c * i + d] = math.sin(x[i + 1]) * x[i] + 2.0 * x[i] * x[i] - y[i]
    return y[0]


def back_by_two(x, y, a, b, c, d):
    for i in range(a, b, -2):
        y[i * c - d] = math.sin(x[i - 1]) * x[i] + 2.0 * x[i] * x[i] - y[i]
    return y[0]


def around(x, y, a, b, c, d):
    for i in range(a, b):
        y[i % c] += math.sin(x[min(i, d)]) * x[max(i, d) % 4] + 2.0 * x[i] * x[i] - y[i]
    return y[0]


def of_turns_before(x, y, a, b, c, d):
    """Ints that are carried."""
    place = d
    for i in range(a, b):
        y[place] += math.sin(x[i]) * x[place] + 2.0 * x[i] * x[i] - y[i]
        place += 2
        y[place - c] -= x[place]
    return y[0] * place


def back_in_turns(x, y, a, b, c, d):
    place = d
    for i in range(a, b, -1):
        y[place] += math.sin(x[i]) * x[place] + 2.0 * x[i] * x[i] - y[i]
        place -= 2
        y[place + c] -= x[place + 1]
    return y[0] * place


def triangle(x, y, a, b, c, d):
    for i in range(a, b):
        for j in range(i, b):
            for k in range(j - c):
                y[j + d] += math.sin(x[k]) * x[i] + 2.0 * x[i] * x[j] - y[k]
    return y[0]


def some_of_them(x, y, a, b, c, d):
    """Items that are there, if they are asked for."""
    for i in range(a, b):
        if i > c:
            y[i - c] += math.sin(x[i]) * x[i] + 2.0 * x[i] * x[i] - y[i]
        elif i < d:
            y[i] = x[d - i] + y[0]
    return y[0]


PROGRAMS = [
    upwards,
    downwards,
    by_three,
    back_by_two,
    around,
    of_turns_before,
    back_in_turns,
    triangle,
    some_of_them,
]
ENDS = list(itertools.product((-3, 0, 1, 4, 7), (-4, 0, 2, 6, 9)))
SHIFTS = [(0, 0), (1, 2), (-1, 5), (2, -2), (-3, 7), (1, 0), (0, 6)]


def outcome(function, *args):
    copies = [arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args]
    try:
        found = function(*copies)
    except (IndexError, ZeroDivisionError) as error:
        return type(error), copies[:2]
    return found, copies[:2]


def same(one, other):
    (a, before), (b, after) = one, other
    if isinstance(a, type) or isinstance(b, type):
        assert a is b
    else:
        assert a == pytest.approx(b, rel=1e-13, nan_ok=True)
    for x, y in zip(before, after, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-13)


@pytest.mark.parametrize("program", PROGRAMS)
def test_at_any_ends(program, told):
    x, y = RNG.uniform(0.5, 1.5, (2, 6))
    compiled = ad.jit(program)
    raised = 0
    for (a, b), (c, d) in itertools.product(ENDS, SHIFTS):
        expected = outcome(program, x, y, a, b, c, d)
        raised += isinstance(expected[0], type)
        same(outcome(compiled, x, y, a, b, c, d), expected)
    assert any(told)
    assert 0 < raised < len(ENDS) * len(SHIFTS)


@pytest.mark.parametrize("program", PROGRAMS)
def test_of_other_layouts(program, told):
    whole = RNG.uniform(0.5, 1.5, (20, 2))
    for x, y in ((whole[::3, 0], whole[::2, 1]), (whole[::-1, 1][:9], whole[3:12, 0])):
        compiled = ad.jit(program)
        for (a, b), (c, d) in itertools.product(ENDS[::3], SHIFTS):
            same(outcome(compiled, x, y, a, b, c, d), outcome(program, x, y, a, b, c, d))


@pytest.mark.parametrize("program", [upwards, triangle, of_turns_before])
@pytest.mark.parametrize("huge", [2**31, 2**40, 2**62, -(2**62), 2**63 - 1, -(2**63)])
def test_huge_ints(program, huge, told):
    """Whose sums and products have no 64 bits."""
    x, y = RNG.uniform(0.5, 1.5, (2, 6))
    compiled = ad.jit(program)
    for place in range(2, 4):
        ints = [0, 3, 0, 2]
        ints[place] = huge
        try:
            expected = outcome(program, x, y, *ints)
        except OverflowError:
            with pytest.raises((IndexError, OverflowError)):
                compiled(x, y, *ints)
            continue
        try:
            found = outcome(compiled, x, y, *ints)
        except OverflowError:
            continue
        same(found, expected)


def matrix(a, b, n, m):
    total = 0.0
    for i in range(n):
        for j in range(1, m - 1):
            a[i, j] += b[i, j - 1] * b[i, j + 1] - 0.5 * a[i, j] * b[j, i]
            total += a[i, j] * (i - j)
    return total


@pytest.mark.parametrize("shape", [(5, 5), (5, 4), (4, 5), (1, 5)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_of_two_axes(shape, order, told):
    a = np.asarray(RNG.uniform(0.5, 1.5, shape), order=order)
    b = np.asarray(RNG.uniform(0.5, 1.5, (5, 5)), order=order)
    compiled = ad.jit(matrix)
    for n, m in itertools.product((-1, 0, 1, 4, 5, 6), repeat=2):
        same(outcome(compiled, a, b, n, m), outcome(matrix, a, b, n, m))
    assert any(told)


def counts(x, flags, n):
    """Ints and booleans."""
    seen = np.zeros(len(x), np.int64)
    for i in range(n):
        seen[i] += 2
        flags[i] = x[i] > 1.0 and not flags[n - i - 1]
        if flags[i]:
            seen[i] = seen[i] * 3 - i
    return seen.sum() + 0.0 * x.sum()


def test_of_other_items(told):
    x, flags = RNG.uniform(0.5, 1.5, 6), np.array([True, False] * 3)
    compiled = ad.jit(counts)
    for n in (0, 3, 6, 7):
        same(outcome(compiled, x, flags, n), outcome(counts, x, flags, n))


# Loops over tapes.


def in_turns(x, n):
    u = x.copy()
    for _ in range(n):
        for i in range(1, len(u) - 1):
            u[i] += 0.1 * (u[i - 1] - u[i]) * u[i + 1]
    return (u * u).sum()


def of_branches(x, n):
    u = x.copy()
    for _ in range(n):
        for i in range(1, len(u)):
            if u[i] > u[i - 1]:
                u[i] = u[i] * u[i - 1]
            elif u[i] > 1.2:
                u[i] = math.sqrt(u[i])
    return u.sum()


def with_numbers(x, n):
    """Ints, booleans and numbers that are carried."""
    best, place, total = 0.0, 0, 1.0
    for _ in range(n):
        for i in range(len(x)):
            value = x[i] * total
            is_better = value > best
            if is_better:
                best, place = value, i
            total = 0.5 * total * x[place] + 0.3 * math.sin(best)
    return total * best


def inner_loops(x, n):
    total = 1.0
    for _ in range(n):
        part = total
        for i in range(len(x)):
            for j in range(i):
                part = 0.9 * part * x[j] + 0.1 * math.sin(part)
            total = 0.5 * part + x[i] * total * 0.5
    return total


def of_complex_numbers(x, n):
    z = complex(x[0], x[1])
    for _ in range(n):
        for i in range(len(x)):
            z = z * z * 0.5 + x[i]
            if abs(z) > 1.5:
                z = z / abs(z)
    return abs(z)


def of_singles(x, n):
    y = x.astype(np.float32)
    total = np.float32(1.0)
    for _ in range(n):
        for i in range(len(y)):
            total = total * y[i] * np.float32(0.5) + y[i] * y[i]
    return float(total)


@pytest.mark.parametrize(
    "program",
    [in_turns, of_branches, with_numbers, inner_loops, of_complex_numbers, of_singles],
)
@pytest.mark.parametrize("n", [0, 1, 2, 700])
def test_gradients_over_tapes(program, n, told):
    x = np.random.default_rng(8).uniform(0.6, 1.4, 7)
    compiled, traced = ad.value_and_grad(ad.jit(program)), ad.value_and_grad(program)
    exact = 1e-4 if program is of_singles else 1e-10
    for _ in range(2):  # with memory that another call has left
        for found, expected in zip(compiled(x, n), traced(x, n), strict=True):
            np.testing.assert_allclose(found, expected, rtol=exact, atol=exact)


def test_memory_of_tapes_serves_again(told):
    x = RNG.uniform(0.6, 1.4, 7)
    jitted = ad.jit(in_turns)
    gradient = ad.grad(jitted)
    expected = gradient(x, 900)
    runs = jitted.call((x, 900), {}).program.executables
    (run,) = [run for key, run in runs.items() if key[0] == "grad"]
    ((tape,),) = run.memories
    assert len(tape) > 900
    np.testing.assert_array_equal(gradient(x, 900), expected)
    ((again,),) = run.memories
    assert again.ctypes.data == tape.ctypes.data


def test_memory_of_long_tapes_is_given_back(told, monkeypatch):
    monkeypatch.setattr("adjoint.compile.executable.MOST_KEPT", 10_000)
    x = RNG.uniform(0.6, 1.4, 7)
    jitted = ad.jit(in_turns)
    ad.grad(jitted)(x, 900)
    runs = jitted.call((x, 900), {}).program.executables.values()
    assert all(not run.memories for run in runs)


def test_a_call_that_raises_leaves_nothing(told):
    def program(x, n):
        total = 1.0
        for i in range(n):
            total = total * x[i] + math.sin(total)
        return total

    x = RNG.uniform(0.6, 1.4, 7)
    gradient = ad.grad(ad.jit(program))
    expected = gradient(x, 7)
    with pytest.raises(IndexError):
        gradient(x, 8)
    np.testing.assert_array_equal(gradient(x, 7), expected)


def test_stacks_in_branches():
    """What only some turns put on a tape, and take back."""
    tape = Tape("tape")
    x, total, after = Var("x", Type("float", 1)), Var("total", FLOAT), Var("total", FLOAT)
    item, taken, last, tests = Var("t", FLOAT), Var("t", FLOAT), Var("t", FLOAT), []
    for array_item in (item, last):
        test = Var("test", BOOL)
        index = Var("i", INT)
        load = Apply(array_item, operations.load, (x, index), (("subscript", Subscript(("at",))),))
        tests.append((index, load, Apply(test, operator.gt, (array_item, Const(1.0)))))
    (i, load, larger), (j, again, same_test) = tests
    push = If(larger.out, Block((Push(tape, (item,)),)), Block(()))
    kept = Block((Pop(tape, (taken,)),), (taken,))
    product, value = Var("p", FLOAT), Var("v", FLOAT)
    pop = If(same_test.out, kept, Block((), (Const(0.5),)), (value,))
    steps = (again, same_test, pop, Apply(product, operator.mul, (total, value)))
    new = Var("total", FLOAT)
    steps = (*steps, Apply(new, operator.add, (product, Const(0.1))))
    there = For(i, Const(0), Const(6), Const(1), (), (), Block((load, larger, push)), ())
    inits = (Const(1.0),)
    back = For(j, Const(5), Const(-1), Const(-1), (total,), inits, Block(steps, (new,)), (after,))
    whole = Function("whole", (x,), Block((there, back), (after,)), (tape,))
    first, second = on_stacks(there, set()), on_stacks(back, set())
    (stack,) = first.arrays
    begun = (
        Apply(first.arrays[stack], operations.zeros, (Const(6),)),
        Apply(first.tops[stack], operator.add, (Const(0), Const(0))),
    )
    names = {second.arrays[stack]: first.arrays[stack], second.tops[stack]: first.ends[stack]}
    ended = Substitution(names).statement(second.loop)
    body = Block((*begun, first.loop, ended), (after, second.ends[stack]))
    lowered = verify(Function("lowered", (x,), body))
    numbers = np.array([0.7, 1.2, 1.4, 0.9, 1.1, 0.8])
    assert run(lowered, numbers) == (*run(whole, numbers), 0)
