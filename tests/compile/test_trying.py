"""`try` in compiled functions: what is caught inside is caught, everything else is Python's too."""

import linecache
import math

import numpy as np
import pytest
from test_statements import X, check

import adjoint as ad
from adjoint import errors
from adjoint.compile.jitted import Jitted


class Unfit(Exception):
    pass


def root(v):
    if v < 0:
        raise ValueError(f"negative {v}")
    return math.sqrt(v)


def returned_or_not(x):
    try:
        return root(x[0] - 1.0)
    except ValueError:
        return x[1] * x[1]


def raised_again(x):
    try:
        return root(x[0])
    except ValueError as error:
        raise RuntimeError("no root") from error


def in_a_loop(x):
    total = 0.0
    for v in x:
        try:
            total += root(v - 0.8) * 2
        except ValueError:
            total += v * v
    return total


def else_and_after(x):
    found = 0.0
    try:
        y = root(x[0])
    except ValueError:
        y = 1.0
    else:
        found = y * 2
    return found * x[1] + y


def several_clauses(x):
    total = 0.0
    for i in range(4):
        try:
            if i == 1:
                raise Unfit("one")
            if x[i] > 0.8:
                raise KeyError("large")
            total += x[i]
        except (KeyError, IndexError):
            total += x[i] ** 2
        except Unfit:
            total -= x[i] ** 3
    return total


def nothing_runs_after(x):
    """What stands behind the call in one statement does not run, nor is the name bound."""
    y = x[2]
    kept = np.zeros(4)
    try:
        y = 1.0 / root(x[0] - 1.0) + x[1]
    except ValueError:
        y += x[3]
    try:
        kept[1] = root(x[0] - 2.0)
    except ValueError:
        kept[0] = x[0] * y
    return y * np.sum(kept)


def of_math(x):
    total = 0.0
    for v in x:
        try:
            total += math.sqrt(v - 0.5) * math.log(v)
        except ValueError:
            total -= v
    return total


def beyond(x):
    total, i = 0.0, 0
    while True:
        try:
            total += x[i] * i
        except IndexError:
            break
        i += 1
    return total


def divided(x):
    total = 0.0
    for i in range(3):
        try:
            total += float(x[i]) / float(i - 1)
        except ZeroDivisionError:
            total += x[i] ** 2
    return total


def not_positive(x):
    m = np.outer(x, x) - np.eye(4)
    try:
        factor = np.linalg.cholesky(m)
    except np.linalg.LinAlgError:
        factor = m @ m
    return factor[0, 0] * factor[2, 1]


def of_keys(x):
    table = {"a": x[0]}
    try:
        return table["b"]
    except KeyError:
        return table["a"] * 2


def nested(x):
    total = 0.0
    try:
        for v in x:
            try:
                total += root(v - 0.8)
            except Unfit:
                total += 100.0
    except ValueError:
        total += x[1]
    return total + x[0]


def raised_or_returned(x):
    i = 0
    try:
        while True:
            if x[i] > 1.0:
                raise Unfit(i)
            if x[i] > 2.0:
                return x[i]
            i += 1
    except Unfit:
        return x[i] ** 3


def asserted(x):
    try:
        assert x[0] > 1.0, "small"
        return x[1]
    except AssertionError:
        return x[2] ** 2


PROGRAMS = [
    *(returned_or_not, raised_again, in_a_loop, else_and_after, several_clauses),
    *(nothing_runs_after, of_math, beyond, divided, not_positive, of_keys, nested, asserted),
    raised_or_returned,
]


@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_try(function, rng):
    check(function, X, rng)


@pytest.mark.parametrize("function", [in_a_loop, beyond], ids=lambda f: f.__name__)
def test_machine_code(function):
    found = ad.value_and_grad(ad.jit(function))(X)
    expected = ad.value_and_grad(function)(X)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-13)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-12)


def test_what_is_not_caught_reaches_the_caller():
    with pytest.raises(RuntimeError, match="no root"):
        ad.jit(raised_again)(-X)


def with_finally(x):
    total = x[0]
    try:
        total *= x[1]
    finally:
        total += 1.0
    return total


def test_finally_is_refused():
    with pytest.raises(errors.UnsupportedSyntax, match="finally") as caught:
        Jitted(with_finally).call((X,), {})
    assert caught.value.place.filename == __file__


RAISED = [
    ("math.exp(x * 1000.0)", "OverflowError", 1.0),
    ("x**1000.0", "OverflowError", 10.0),
    ("0.0 ** (-x)", "ZeroDivisionError", 1.0),
    ("math.pow(x, 1000.0)", "OverflowError", 10.0),
    ("math.pow(0.0, -x)", "ValueError", 10.0),
    ("math.pow(-x, 0.5)", "ValueError", 2.0),
    ("math.atanh(x)", "ValueError", 2.0),
    ("math.atanh(x)", "ValueError", 1.0),
    ("math.gamma(x)", "ValueError", -1.0),
    ("math.gamma(x)", "OverflowError", 400.0),
    ("math.lgamma(x)", "ValueError", -1.0),
    ("math.sin(x)", "ValueError", math.inf),
    ("math.sin(x)", "ValueError", math.nan),
    ("math.fmod(x, 0.0)", "ValueError", 1.0),
    ("math.log(x)", "ValueError", -1.0),
    ("math.log(x)", "ValueError", 0.0),
    ("math.sqrt(x)", "Exception", -1.0),
    ("math.cosh(x)", "OverflowError", 1000.0),
    ("math.cosh(x)", "OverflowError", math.inf),
    ("math.cosh(x)", "ValueError, OverflowError", 2.0),
    ("math.hypot(x, x)", "OverflowError", 1e308),
    ("x / (x - 1.0)", "ArithmeticError", 1.0),
]


@pytest.mark.parametrize(("expression", "caught", "x"), RAISED)
def test_what_python_raises_is_caught(expression, caught, x):
    lines = ["def program(x):", "    try:", f"        y = {expression}"]
    lines += [f"    except ({caught}):", "        y = 7.0 * x", "    return y", ""]
    text, name = "\n".join(lines), f"<raised {expression} {x}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    namespace = {"math": math}
    exec(compile(text, name, "exec"), namespace)
    program = namespace["program"]
    np.testing.assert_equal(ad.jit(program)(x), program(x))


def test_owners_that_are_not_known():
    def program(xs):
        ys = [xs[0]]
        for i in range(len(xs)):
            ys.append(2.0 if i > 1 else xs[i])
        try:
            return 1.0 / ys[1]
        except ZeroDivisionError:
            return 3.0

    with pytest.raises(ad.errors.UnsupportedSyntax, match="Python's or NumPy's"):
        ad.jit(program)(np.array([1.0, 0.0, 2.0]))
