"""Items that change no more are read where they are; all others are recorded."""

import linecache
import math

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile.ir.nodes import Push, Store, walk
from adjoint.compile.ir.running import run
from adjoint.compile.ir.verifying import verify
from adjoint.compile.jitted import Jitted, gradient, snapshot
from adjoint.compile.transform.aliases import Aliases
from adjoint.compile.transform.lasting import Lasting
from adjoint.testing import check_grads

X = np.random.default_rng(2).uniform(0.5, 1.5, (5, 5))
POSITIVE = X @ X.T + 5.0 * np.eye(5)


def cholesky(a):
    n = a.shape[0]
    factor, total = np.zeros((n, n)), 0.0
    for j in range(n):
        s = a[j, j]
        for k in range(j):
            s -= factor[j, k] * factor[j, k]
        factor[j, j] = math.sqrt(s)
        total += math.log(factor[j, j])
        for i in range(j + 1, n):
            t = a[i, j]
            for k in range(j):
                t -= factor[i, k] * factor[j, k]
            factor[i, j] = t / factor[j, j]
    return total


def eliminated(a):
    u = a.copy()
    for k in range(len(u)):
        for i in range(k + 1, len(u)):
            factor = u[i, k] / u[k, k]
            u[i, k] = factor
            for j in range(k + 1, len(u)):
                u[i, j] -= factor * u[k, j]
    total = 0.0
    for i in range(len(u)):
        total += math.log(abs(u[i, i]))
    return total


def back_substituted(a):
    """The sum of what comes after is a loop's result, which is read from where it is stored."""
    x = np.zeros(len(a))
    for i in range(len(a) - 1, -1, -1):
        s = a[i, 0]
        for j in range(i + 1, len(a)):
            s -= a[i, j] * x[j]
        x[i] = s / a[i, i]
    return np.sum(x * x)


def table(a):
    found = np.zeros((len(a) + 1, len(a) + 1))
    for i in range(1, len(a) + 1):
        for j in range(1, len(a) + 1):
            found[i, j] = found[i - 1, j - 1] * a[i - 1, j - 1] + found[i, j - 1] * found[i - 1, j]
            found[i, j] += a[i - 1, 0]
    return found[len(a), len(a)]


LASTING = [cholesky, eliminated, back_substituted]


def from_the_end(a):
    """The item before the first is the last, which is stored into afterwards."""
    x = a[0].copy()
    for i in range(len(x)):
        x[i] = x[i - 1] * x[i - 1] + a[1, i]
    return np.sum(x)


def beside(a):
    """The next item is stored into by the next turn."""
    x = a[0].copy()
    for i in range(len(x) - 1):
        x[i] = x[i + 1] * x[i + 1] + a[1, i]
    return np.sum(x)


def again_later(a):
    x = a[0].copy()
    total = 0.0
    for i in range(1, len(x)):
        x[i] = x[i - 1] * x[i - 1] * a[1, i]
    total += np.sum(x)
    x[2] = 0.5
    return total + np.sum(x)


def in_turns(a):
    """Each turn of the outer loop stores into all of it again."""
    x = a[0].copy()
    for k in range(3):
        for i in range(1, len(x)):
            x[i] = x[i - 1] * x[i - 1] * a[k, i]
    return np.sum(x)


def through_a_view(a):
    x = a.copy()
    row = x[2]
    total = 0.0
    for i in range(1, len(x)):
        total += x[i - 1, 1] * x[i - 1, 1]
        row[1] = total
    return total + np.sum(x)


def a_row_at_once(a):
    x = a.copy()
    for i in range(1, len(x)):
        x[i, 0] = x[i - 1, 1] * x[i - 1, 1]
        x[: i + 1, 1] = x[i, 0] * a[i, 0]
    return np.sum(x * x)


def one_of_them(a):
    """Made in a loop: each turn has an array of its own."""
    total = 0.0
    for k in range(3):
        x = np.zeros(len(a))
        x[0] = a[k, 0]
        for i in range(1, len(a)):
            x[i] = x[i - 1] * x[i - 1] * a[k, i]
        total += x[len(a) - 1] * x[1]
    return total


def until(a):
    x = a[0].copy()
    i = 1
    while i < len(x) and x[i - 1] < 3.0:
        x[i] = x[i - 1] * x[i - 1] + a[1, i]
        i += 1
    return np.sum(x * x)


def ends_early(a):
    x = np.zeros(len(a))
    for i in range(1, len(a)):
        x[i] = x[i - 1] * x[i - 1] + a[0, i]
        if x[i] > 1.5:
            break
    return np.sum(x * x)


def in_a_branch(a):
    """What is made is not stored in each turn."""
    x = np.ones(len(a))
    total = 0.0
    for i in range(len(a)):
        found = math.exp(a[0, i])
        if a[1, i] > 1.0:
            x[i] = found
        total += found * found
    return total * x[0]


def at_its_own_place(a):
    """Where a number is stored depends on the number."""
    x = np.ones(40)
    total = 0.0
    for i in range(len(a)):
        found = math.exp(a[0, i])
        x[int(found) * 5 + i] = found
        total += found * found
    return total + np.sum(x)


def rows_and_items(a):
    """A number that fills a row is no item that could be read back."""
    x, total = a.copy(), 0.0
    for i in range(1, len(a)):
        found = math.sin(a[i, 0]) * x[0, 0] * x[i - 1, 1]
        x[i] = found
        total += math.exp(found) * x[i, 1] * x[i, 2]
    for i in range(len(a)):
        total += x[0, 0] * x[2, i] * x[i, 1]
        x[i] = a[i] * total
    return total + np.sum(x * x)


OTHERS = [
    *(rows_and_items, in_a_branch, at_its_own_place),
    *(table, from_the_end, beside, again_later, in_turns, through_a_view, a_row_at_once),
    *(one_of_them, until, ends_early),
]


@pytest.mark.parametrize("program", LASTING + OTHERS)
def test_gradients(program):
    a = POSITIVE if program is cholesky else X
    expected = ad.value_and_grad(program)(a.copy())
    found = ad.value_and_grad(ad.jit(program))(a.copy())
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-14)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-12, atol=1e-14)


def test_second_derivatives():
    check_grads(ad.jit(cholesky), (POSITIVE,), order=2)


@pytest.mark.parametrize("program", LASTING)
def test_nothing_is_recorded(program):
    adjoint = gradient(Jitted(program).call((POSITIVE,), {}).program, [0])
    assert not any(isinstance(s, Push) for s in walk(adjoint.body))


def test_what_is_added_is_not_read_back():
    """The sum stands there, not what was added."""
    adjoint = gradient(Jitted(eliminated).call((X,), {}).program, [0])
    found = Lasting(adjoint, Aliases(adjoint)).stored
    stored = {s.value for s in walk(adjoint.body) if isinstance(s, Store) and not s.adds}
    assert found
    assert stored.issuperset(found)


@pytest.mark.parametrize("program", [from_the_end, beside, in_turns])
def test_what_changes_is_recorded(program):
    adjoint = gradient(Jitted(program).call((X,), {}).program, [0])
    assert any(isinstance(s, Push) for s in walk(adjoint.body))


TEXT = """
def program(x, a, n, m):
    y = x * a
    total = 0.0
    for i in range({outer}):
        total += y[{read}] * y[{first}]
        {between}
        for j in range({inner}):
            part = y[{second}] * y[{third}]
            made = {value}
            {test}
                y[{stored}] = made
            total += part + made * made
        {after}
    {end}
    return total
"""
OUTER = ("1, n", "n - 1, 0, -1", "n", "1, n, 2", "2, n - 1", "m, n", "n - 2, -1, -1", "-1, n - 1")
INNER = (
    "i",
    "i + 1, n",
    "1, i",
    "i - 1, -1, -1",
    "n - 1, i, -1",
    "1, n",
    "max(i, 1), n",
    "max(i, 2)",
)
FIRST = ("i", "i - 1", "0", "n - 1", "-1", "m", "n - 1 - i", "i + 1 - n")
SECOND = ("i", "j", "j - 1", "i - 1", "i - j", "0", "j + 1 - n", "n - 1 - j", "m", "i - 2")
VALUES = (
    *("part * x[i] + a", "part * 0.5 + a", "part * y[j] + a", "part * part + a"),
    *("np.exp(-part)", "np.exp(-y[j])", "np.tanh(total)"),
)
BETWEEN = ("pass", "y[i] = total", "y[i - 1] = a", "y[i] += y[i - 1]", "a = a * y[i]")


def drawn(number):
    draw = np.random.default_rng(number)
    text = TEXT.format(
        outer=draw.choice(OUTER),
        inner=draw.choice(INNER),
        read=draw.choice(FIRST),
        first=draw.choice(FIRST),
        between=draw.choice(BETWEEN),
        second=draw.choice(SECOND),
        third=draw.choice(SECOND),
        stored=draw.choice(SECOND),
        test=draw.choice(["if True:", "if part > 0.2:", "for _ in range(m):"], p=[0.6, 0.2, 0.2]),
        value=draw.choice(VALUES),
        after=draw.choice(BETWEEN),
        end=draw.choice(["pass", "pass", "y[1] = total", "y[:] = a", "total += y[0] * y[1]"]),
    )
    name = f"<lasting {number}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    namespace: dict = {"np": np}
    exec(compile(text, name, "exec"), namespace)
    return namespace["program"], draw


def run_or_nothing(program, args):
    """The result; infinity where an item is read that is not there, or numbers grow too large."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            return program(*snapshot(args))
    except (IndexError, OverflowError):
        return math.inf


@pytest.mark.parametrize("number", range(150))
def test_any_items(number):
    """Random programs against the traced tier, run as they stand."""
    program, draw = drawn(number)
    x = draw.uniform(0.3, 0.8, 6)
    adjoint = gradient(Jitted(program).call((x.copy(), 0.5, 6, 2), {}).program, [0, 1])
    verify(adjoint)
    for n, m in ((6, 2), (5, 0), (1, 1), (0, 3)):
        args = x, 0.7, n, m
        if not abs(run_or_nothing(program, args)) < 1e12:
            continue
        expected = ad.value_and_grad(program, argnums=(0, 1))(*snapshot(args))
        found = run(adjoint, *snapshot(args))
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-13)
        for one, other in zip(found[1:], expected[1], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-14)
