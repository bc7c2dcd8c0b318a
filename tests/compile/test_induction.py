"""Ints that loops only count with: which are polynomials of the index, and that they are right."""

import math

import numpy as np
import pytest
from programs import triangle

import adjoint as ad
from adjoint.compile.ir.nodes import INT, For, Push, While, walk
from adjoint.compile.jitted import Jitted, gradient
from adjoint.testing import check_grads

X = np.random.default_rng(3).uniform(0.5, 1.5, 40)


def counter(x, n):
    place = 0
    total = 0.0
    for _ in range(n):
        total += math.sin(x[place])
        place += 3
    return total + place * x[1]


def downwards(x, n):
    place = len(x)
    total = 0.0
    for i in range(2, n):
        place -= i - 1
        total += x[place] ** 2
    return total * place


def multiples(x, n):
    place = 1
    total = 0.0
    for i in range(-1, n):
        place = 2 * (i + 1) - i * 1 + place
        total += x[place] * place
    return total


def never_runs(x, n):
    place = 2
    for i in range(n, 0):
        place += i
    return x[place] * place


CLOSED = [(counter, 7), (counter, 0), (downwards, 8), (downwards, 1), (triangle, 7), (multiples, 4)]
CLOSED += [(never_runs, 5)]


def conditional(x, n):
    place = 0
    for i in range(n):
        if x[i] > 1.0:
            place += 1
    return x[place] * place


def of_itself(x, n):
    place = 1
    for _ in range(n):
        place += place
    return x[place]


def by_twos(x, n):
    place = 0
    for i in range(0, n, 2):
        place += i
    return x[place]


def of_an_array(x, n):
    place, steps = 0, np.arange(5)
    for i in range(n):
        place += steps[i]
    return x[place]


OPEN = [(conditional, 8), (of_itself, 4), (by_twos, 6), (of_an_array, 5)]


def carried_ints(function, n):
    program = Jitted(function).call((X, n), {}).program
    loops = [s for s in walk(program.function.body) if isinstance(s, For | While)]
    return [p for s in loops for p in s.params if p.type == INT]


@pytest.mark.parametrize(("function", "n"), CLOSED + OPEN)
def test_values_and_both_modes(function, n):
    compiled = ad.jit(function)
    assert compiled(X, n) == pytest.approx(function(X, n), rel=1e-14)
    check_grads(lambda x: compiled(x, n), (X,), order=1)


@pytest.mark.parametrize(("function", "n"), CLOSED)
def test_what_counts_is_not_carried(function, n):
    assert not carried_ints(function, n)


@pytest.mark.parametrize(("function", "n"), OPEN)
def test_what_does_more_than_count_is_carried(function, n):
    assert carried_ints(function, n)


def test_counters_are_not_recorded():
    adjoint = gradient(Jitted(triangle).call((X, 7), {}).program, [0])
    assert not any(isinstance(s, Push) for s in walk(adjoint.body))


def leaves_64_bits(x, n, step):
    place = 0
    for _ in range(n):
        place += step
    return x * place


@pytest.mark.parametrize("step", [2**40, 2**61])
def test_what_may_leave_64_bits_is_carried_and_checked(step):
    compiled = ad.jit(leaves_64_bits)
    assert compiled(0.5, 3, step) == 1.5 * step
    with pytest.raises(OverflowError, match="64 bits"):
        compiled(0.5, 2**25 if step < 2**50 else 5, step)
