"""Loops that choose: what they record, which are recognised, and that nothing is lost."""

import linecache

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile.ir.nodes import For, Pop, Push, walk
from adjoint.compile.ir.running import run
from adjoint.compile.ir.verifying import verify
from adjoint.compile.jitted import Jitted, gradient, snapshot
from adjoint.testing import check_grads

X = np.random.default_rng(4).uniform(0.5, 1.5, 7)
W = np.random.default_rng(5).uniform(0.5, 1.5, (7, 7))
NUMBERS = range(60)


def viterbi(x, w):
    best = np.zeros((4, len(x)))
    best[0] = x
    for t in range(1, 4):
        for j in range(len(x)):
            found = best[t - 1, 0] * w[0, j]
            for i in range(1, len(x)):
                score = best[t - 1, i] * w[i, j]
                if score > found:
                    found = score
            best[t, j] = found + x[j]
    return np.sum(best[3] * best[3])


def what_goes_with_it(x, w):
    """Two numbers are chosen together, and a place."""
    best, weight, place = 9.0, x[0], 0
    for i in range(len(x) - 1, 0, -2):
        if x[i] < best:
            best, weight, place = x[i] * w[i, 0], w[i, 1] / x[i], i
    return best * weight * x[place]


def scaled_by_what_is_outside(x, w):
    scale = w[0, 0] * w[1, 1]
    best = 0.0
    for i in range(len(x)):
        best = x[i] * scale if x[i] > best / scale else best
    return best * scale


def never_better(x, w):
    best = 9.0 * x[0]
    for i in range(len(x)):
        if x[i] > best:
            best = w[i, 0]
    return best


def without_turns(x, w):
    best = x[0]
    for i in range(3, 3 - len(x) // 7):
        if x[i] > best:
            best = w[i, 0]
    return best


CHOOSING = [viterbi, what_goes_with_it, scaled_by_what_is_outside, never_better, without_turns]


def also_sums(x, w):
    """Each turn adds what is the best so far."""
    best, total = x[0], 0.0
    for i in range(1, len(x)):
        if x[i] > best:
            best = x[i] * w[i, 0]
        total += best
    return total


def also_stores(x, w):
    best = x[0]
    kept = np.zeros(len(x))
    for i in range(len(x)):
        if x[i] > best:
            best = x[i] * w[i, 0]
        kept[i] = best
    return np.sum(kept * x)


def fades(x, w):
    best = x[0]
    for i in range(1, len(x)):
        best = x[i] * w[i, 0] if x[i] > best else best * 0.5
    return best


def grows_from_itself(x, w):
    best = x[0]
    for i in range(1, len(x)):
        if x[i] > best:
            best = best * w[i, 0] + x[i]
    return best


def by_two_tests(x, w):
    least, most = x[0], x[0]
    for i in range(1, len(x)):
        if x[i] > most:
            most = x[i] * w[i, 0]
        if x[i] < least:
            least = x[i] * w[i, 1]
    return most * least


def adds_otherwise(x, w):
    best, total = x[0], 0.0
    for i in range(1, len(x)):
        if x[i] > best:
            best = x[i] * w[i, 0]
        else:
            total += w[i, 1] * x[i]
    return best * total


def read_otherwise(x, w):
    """The number that is chosen counts in the other turns too."""
    best, total = x[0], 0.0
    for i in range(1, len(x)):
        score = x[i] * w[i, 0]
        if score > best:
            best = score * x[i]
        else:
            total += score
    return best + total


OTHERS = [
    adds_otherwise,
    read_otherwise,
    also_sums,
    also_stores,
    fades,
    grows_from_itself,
    by_two_tests,
]


def adjoint_of(program):
    call = Jitted(program).call((X, W), {})
    adjoint = gradient(call.program, [0, 1])
    verify(adjoint)
    return adjoint


@pytest.mark.parametrize("program", CHOOSING + OTHERS)
def test_gradients(program):
    expected = ad.value_and_grad(program, argnums=(0, 1))(X.copy(), W.copy())
    found = ad.value_and_grad(ad.jit(program), argnums=(0, 1))(X.copy(), W.copy())
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-14)
    for one, other in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("program", [viterbi, what_goes_with_it, scaled_by_what_is_outside])
def test_second_derivatives(program):
    check_grads(ad.jit(program), (X, W), order=2)


@pytest.mark.parametrize("program", CHOOSING[1:])
def test_no_loop_is_reversed(program):
    adjoint = adjoint_of(program)
    assert sum(isinstance(s, For) for s in walk(adjoint.body)) == 1
    assert not any(isinstance(s, Push | Pop) for s in walk(adjoint.body))


def depth(block):
    """How many loops stand in one another."""
    return max((depth(s.body) + 1 for s in walk(block) if isinstance(s, For)), default=0)


def test_a_loop_in_others_records_its_choice():
    """Three loops forwards and two backwards; of each inner loop a place is on the tape."""
    adjoint = adjoint_of(viterbi)
    depths = [depth(s.body) + 1 for s in adjoint.body.statements if isinstance(s, For)]
    assert sorted(depths) == [2, 3]
    assert sum(isinstance(s, Push) for s in walk(adjoint.body)) == 1


@pytest.mark.parametrize("program", OTHERS)
def test_other_loops_are_reversed(program):
    assert sum(isinstance(s, For) for s in walk(adjoint_of(program).body)) > 1


TEXT = """
def program(x, y, first, last):
    best, other, place, total, scale = y[0], x[1] * y[1], 0, 0.0, x[3] * y[3]
    for i in range(first, last, {step}):
        score = {score}
        if {test}:
            {aside}
        else:
            best = {better}
            {more}
        {beside}
    return best * y[2] + other * x[place] + total
"""
SCORES = ("x[i] * y[i]", "x[i]", "x[i] + y[i - 1] * x[0]", "abs(x[i] - y[i])", "x[i] / best")
BETTER = ("score", "score * x[i]", "x[i] * y[0]", "other * 0.5", "-y[i]", "best + score", "0.25")
MORE = ("pass", "other = y[i] * score", "place = i", "other = best", "total += score")
BESIDE = ("pass", "pass", "total += x[i]", "total += best", "y[i] = best", "total += scale")
ASIDE = ("pass", "pass", "pass", "total += score", "other = other * y[i]", "y[i] = 0.5 * scale")
TESTED = ("score <= best", "score > best", "not score > best", "i != 3", "score <= 0.8")


@pytest.mark.parametrize("number", NUMBERS)
def test_any_choice(number):
    """Random programs against the traced tier, run as they stand, for several ranges."""
    draw = np.random.default_rng(number)
    pick = [draw.choice(found) for found in (SCORES, TESTED, BETTER, MORE, BESIDE, ASIDE)]
    kinds = ("score", "test", "better", "more", "beside", "aside")
    names = dict(zip(kinds, pick, strict=True))
    step = draw.choice([1, -1, 2])
    text = TEXT.format(step=step, **names)
    name = f"<choosing {number}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    namespace: dict = {}
    exec(compile(text, name, "exec"), namespace)
    program = namespace["program"]
    x, y = draw.uniform(0.5, 1.5, (2, 7))
    adjoint = gradient(Jitted(program).call((x.copy(), y.copy(), 1, 7), {}).program, [0, 1])
    verify(adjoint)
    for first, last in ((1, 7), (6, 0), (3, 3), (2, 3), (5, 2)):
        expected = ad.value_and_grad(program, argnums=(0, 1))(x.copy(), y.copy(), first, last)
        found = run(adjoint, *snapshot([x, y, first, last]))
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-13)
        for one, other in zip(found[1:], expected[1], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
