"""The quick sweep gives what the careful one gives, and gives way to it where that matters."""

import math

import numpy as np
import pytest

import adjoint as ad
from adjoint.rules.ruleset import Form, Rule
from adjoint.trace import quick
from adjoint.trace.entries import Applied
from adjoint.trace.memory import LARGE
from adjoint.trace.needs import activity

N = LARGE // 8 + 17
RNG = np.random.default_rng(11)
X, Y, W = (RNG.uniform(0.5, 1.5, N) for _ in range(3))
INDEX = RNG.integers(0, N, N)


def chain(x, y):
    for _ in range(3):
        x = np.sin(x) * y + 0.5 * x - 1.0
    return x


def differences(x, y):
    return np.concatenate([x[1:] - x[:-1] ** 2, (1 - y[:1]) ** 2])


def in_place(x, y):
    u = x.copy()
    for _ in range(2):
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        u *= y
        u -= 2.0
        u /= 1.0 + y * y
    u[5:9] = y[:4]
    return u


def first_stores(x, y):
    """What is stored first into memory that is made for it, and later."""
    after = np.empty_like(x)
    after[1:-1] = np.sin(x[1:-1])
    after[0] = after[-1] = 0.0
    table = np.zeros((2, len(x)))
    table[0] = x * y
    table[1] = after
    table[0, ::2] = table[1, ::2] * table[0, ::2]
    both = np.zeros(len(x))
    both[:] = x
    both[:] = both * y
    return table[0] - x * table[1] - both - (1.0 - x) - (y - both)


def first_stores_of_what_is_used_again(x, y):
    value, other = np.sin(x), np.cos(y)
    part = other[1:] * 2.0
    columns = np.zeros((len(x), 2))
    columns[:, 0] = other
    line = np.zeros(len(x))
    line[:] = value
    few = np.zeros(4)
    few[[1, 2, 1]] = x[:3]
    return columns[1:, 0] * line[1:] * value[1:] + part + few.sum()


def spread(x, y):
    return np.ones(1) * (np.sum(x) + 2.0 * np.sum(y))


WORK = np.linspace(0.5, 1.5, N)


def on_memory_of_its_own(x, y):
    """Overwrites what was read, of an array that stays: little of it, all of it, in a new shape."""
    WORK[:] = x
    total = np.sin(WORK)
    WORK[3:9] = 2.0
    total = total * WORK
    WORK[:] = WORK * y
    total = total * WORK
    WORK[2] = 5.0
    for _ in range(3):
        WORK[:] *= WORK
        total = total + WORK * y
        np.add.at(WORK, [4, 5, 5], 0.25)
        total = total * WORK
    return total


def reductions(x, y):
    a = x[: N // 8 * 8].reshape(8, -1)
    total = a.sum(axis=0) * a.mean(axis=0) + a.max(axis=1).sum()
    return np.concatenate([(a - total).ravel(), y * y.std()])


def same_twice(x, y):
    z = x + x
    return z - x * z + z[::-1] * y


def gathered(x, y):
    z = np.where(x > 1.0, x * 0.9, y * y)
    np.add.at(z, INDEX, x)
    return z[INDEX] * x[3] + y[0]


def complex_numbers(x, y):
    z = x + 1j * y
    return np.abs(z * z * np.exp(z)) + np.real(z)


def extremes(x, y):
    """One element, several, of a part, of memory that overlaps."""
    several = np.where(x > 1.0, 1.0, x)
    windows = np.lib.stride_tricks.sliding_window_view(x, 3)
    number = x.max() * y.min() + np.max(several) + np.amin(x[::-2] * y[::2]) - windows.max()
    return x * number + np.max(y, axis=0) + np.min(y[7:9])


def extremes_over_axes(x, y):
    """One of each row or column, two alike in one of them, and of a table that looks at itself."""
    table = (x[: N // 8 * 8] * 2.0).reshape(8, -1)
    alike = np.where(np.arange(table.shape[1]) < 2, 9.0, table[:3])
    rows = np.lib.stride_tricks.sliding_window_view(y, 4)
    scores = table - table.max(axis=1, keepdims=True) * np.amin(table, axis=0)
    cube = table[:, :6].reshape(4, 2, 6)
    found = np.max(cube, axis=(0, 2)).mean() + np.min(cube, axis=-2).mean() + np.max(alike, 1)[1]
    return x * scores.mean() + found * y + np.max(rows, axis=1).mean() + alike.max(axis=1).mean()


PROGRAMS = [
    extremes,
    extremes_over_axes,
    chain,
    differences,
    in_place,
    first_stores,
    first_stores_of_what_is_used_again,
    spread,
    on_memory_of_its_own,
    reductions,
    same_twice,
    gathered,
    complex_numbers,
]


def used(monkeypatch):
    """Which sweeps were quick: a list that grows."""
    found = []
    original = quick.are_finite
    monkeypatch.setattr(
        quick, "are_finite", lambda *given: found.append(original(*given)) or found[-1]
    )
    return found


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_agrees_with_the_careful_sweep(program, monkeypatch):
    seen = used(monkeypatch)
    out, pullback = ad.vjp(program, X, Y)
    seed = RNG.normal(size=out.shape)
    copy = seed.copy()
    found = pullback(seed), pullback(seed)
    assert seen == [True, True]
    monkeypatch.setattr(quick, "is_possible", lambda recording, simple: False)
    expected = pullback(seed)
    assert seen == [True, True]
    np.testing.assert_array_equal(seed, copy)
    for each in found:
        for one, other in zip(each, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-13)


def test_a_tie_and_a_nan_are_no_two_extremes():
    """As many elements are the largest of their row as there are rows."""
    table = np.array([[1.0, 1.0, 0.5], [2.0, np.nan, 1.0]])

    def program(x):
        return np.sum(np.where(np.isnan(m := np.max(x * table, axis=1)), 0.0, m))

    gradient = ad.grad(program)(np.ones((2, 3)))
    np.testing.assert_array_equal(gradient[0], [0.5, 0.5, 0.0])


@pytest.mark.parametrize("program", PROGRAMS)
def test_results_are_nobody_elses(program):
    kept = []

    def keeping(x, y):
        kept.extend([x, y, program(x, y)])
        return kept[-1]

    out, pullback = ad.vjp(keeping, X, Y)
    seed = RNG.normal(size=out.shape)
    results = [*pullback(seed), *pullback(seed)]
    others = [*kept, X, Y, out, seed]
    for index, result in enumerate(results):
        assert result.flags.writeable
        for other in [*others, *results[:index]]:
            assert not np.may_share_memory(result, other)


def test_memory_is_left_as_the_program_left_it():
    WORK[:] = 0.75
    on_memory_of_its_own(X, Y)
    left = WORK.copy()
    WORK[:] = 0.75
    _, pullback = ad.vjp(on_memory_of_its_own, X, Y)
    for _ in range(2):
        pullback(np.ones(N))
        np.testing.assert_array_equal(WORK, left)


def test_reverse_agrees_with_forward():
    dx, dy = RNG.normal(size=(2, N))
    for program in PROGRAMS:
        out, pullback = ad.vjp(program, X, Y)
        seed = RNG.normal(size=out.shape)
        by_x, by_y = pullback(seed)
        forward = ad.jvp(program, (X, Y), (dx, dy))[1]
        np.testing.assert_allclose(by_x @ dx + by_y @ dy, seed @ forward, rtol=1e-10)


def test_an_untaken_branch_does_not_poison(monkeypatch):
    seen = used(monkeypatch)
    x = X.copy()
    x[:3] = 0.0
    gradient = ad.grad(lambda x: np.where(x > 0, np.sqrt(x), 0.0).sum())(x)
    assert seen == [False]
    np.testing.assert_array_equal(gradient[:3], 0.0)
    np.testing.assert_allclose(gradient[3:], 0.5 / np.sqrt(x[3:]))


def test_an_infinite_derivative_is_infinite():
    x = X.copy()
    x[0] = 0.0
    gradient = ad.grad(lambda x: np.sqrt(x).sum())(x)
    assert gradient[0] == np.inf
    np.testing.assert_allclose(gradient[1:], 0.5 / np.sqrt(x[1:]))


def test_an_error_of_the_sweep_is_raised(monkeypatch):
    def program(x):
        return np.linalg.norm(x) + np.linalg.eigh(np.outer(x[:2], x[:2]) * 0.0)[1].sum()

    with pytest.raises(ad.errors.AdjointError):
        ad.grad(program)(X)


def test_a_derivative_of_the_users_is_called_once(monkeypatch):
    seen = used(monkeypatch)
    calls = []

    @ad.custom_vjp
    def tamed(x):
        return np.sqrt(x)

    def backward(out, ct):
        calls.append(1)
        return (np.nan_to_num(ct / (2 * out), posinf=7.0, nan=7.0),)

    tamed.defvjp(lambda x: (np.sqrt(x),) * 2, backward)
    x = X.copy()
    x[0] = 0.0
    gradient = ad.grad(lambda x: (tamed(x) * 2.0).sum())(x)
    assert gradient[0] == 7.0
    assert calls == [1]
    assert seen == []


def test_small_arrays_are_swept_so_too(monkeypatch):
    seen = used(monkeypatch)
    ad.grad(lambda x: np.sin(x).sum())(X[:100].copy())
    assert seen == [True]


def test_numbers_alone_are_swept_carefully(monkeypatch):
    seen = used(monkeypatch)
    ad.grad(lambda x: math.sin(x) * x)(0.5)
    assert seen == []


def test_what_an_earlier_recording_kept_is_refused():
    kept = []

    def program(x):
        if not kept:
            kept.append(x * x)
        return (kept[0] * x).sum()

    ad.grad(program)(X)
    with pytest.raises(ad.errors.MissingRule, match="earlier differentiated call"):
        ad.grad(program)(X)


def test_one_array_given_twice_and_a_view_of_it(monkeypatch):
    """They are one piece of memory, with one shadow, of which each gets its part."""

    def program(x, y, z):
        return x * y + np.concatenate([z, z[:1]])

    a = X.copy()
    out, pullback = ad.vjp(program, a, a, a[1:])
    seed = RNG.normal(size=out.shape)
    found = pullback(seed)
    monkeypatch.setattr(quick, "is_possible", lambda recording, simple: False)
    for one, other in zip(found, pullback(seed), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)
    assert not np.may_share_memory(found[0], found[1])


def test_a_spread_number_is_copied_when_more_is_added():
    def program(x):
        y = x * 2.0
        return y.sum() * 3.0 + (y * W).sum() + y.sum()

    np.testing.assert_allclose(ad.grad(program)(X), 8.0 + 2.0 * W)
    np.testing.assert_array_equal(ad.grad(np.sum)(X), np.ones(N))


class Noted:
    """A ledger that notes what it is given."""

    def __init__(self):
        self.given = []

    def give(self, place, contribution, is_own=False, is_derived=False):
        self.given.append((place, is_own))


def test_a_cotangent_that_a_rule_hands_out_twice_is_nobodys():
    twice = Rule(np.hypot, Form.STRUCTURED, vjp=lambda ct, out, a, b, c: (ct, c, ct * 2.0))
    entry = Applied(activity(twice, (True,) * 3), np.hypot, (X, Y, W), {}, ("a", "b", "c"), X, X)
    ledger = Noted()
    quick.applied(entry, ledger, X.copy())
    assert ledger.given == [("a", False), ("b", False), ("c", True)]
