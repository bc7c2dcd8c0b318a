"""What is refused, with the line; and values read from outside, which are never stale."""

import ast

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile import Jitted
from adjoint.compile.frontend.expressions import EXPRESSIONS
from adjoint.compile.frontend.statements import STATEMENTS
from adjoint.errors import AdjointError, UnsupportedSyntax

RATE = 2.0
STEPS = 3


def scaled(x):
    total = x
    for _ in range(STEPS):
        total = total * RATE
    return total


def test_captured_values_are_looked_at_again(monkeypatch):
    jitted = Jitted(scaled)
    assert jitted.value_and_grad((1.0,), {}, (0,)) == (8.0, (8.0,))
    monkeypatch.setitem(globals(), "RATE", 3.0)
    assert jitted.value_and_grad((1.0,), {}, (0,)) == (27.0, (27.0,))
    monkeypatch.setitem(globals(), "STEPS", 2)
    assert jitted.value_and_grad((1.0,), {}, (0,)) == (9.0, (9.0,))


def generator(x):
    yield x


def guarded(x):
    try:
        return x * 2.0
    finally:
        x += 1.0


def appended(x, n):
    made = []
    for _ in range(n):
        made.append(x)
    return made


def float_index(x, k):
    return x[k]


def repeated_indices(x):
    made = np.zeros(3)
    made[np.array([[0, 0]])] = x
    return (made * made).sum()


def changed_and_overlapping(x):
    def change(a, b):
        a[0] = 5.0
        return (a * b).sum()

    return Jitted(change)(x[1:], x[:-1])


def unassigned(x):
    if x > 10.0:
        y = x
    return y


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (generator, (1.0,)),
        (guarded, (1.0,)),
        (appended, (1.0, 3)),
        (float_index, (np.ones(3), 1.0)),
        (repeated_indices, (np.ones(2),)),
    ],
)
def test_refusals_name_the_file(function, args):
    with pytest.raises(AdjointError) as caught:
        Jitted(function)(*args)
    assert caught.value.place is None or caught.value.place.filename == __file__


def test_overlapping_arguments_are_refused():
    with pytest.raises(AdjointError, match="share memory"):
        changed_and_overlapping(np.arange(4.0))


def test_nested_derivatives_are_not_confused():
    """The derivative of ``x * d/dy (x + y)`` is 1."""
    nested = Jitted(ad.grad(lambda x: x * ad.grad(lambda y: x + y)(1.0)))
    assert nested(2.0) == 1.0


def test_exceptions_reach_the_caller():
    with pytest.raises(UnboundLocalError):
        Jitted(unassigned)(1.0)
    with pytest.raises(ZeroDivisionError):
        Jitted(lambda x, y: x / y)(1.0, 0.0)
    with pytest.raises(IndexError):
        Jitted(lambda x, i: x[i])(np.ones(3), 5)


def test_one_array_passed_twice_has_one_shadow():
    def product(x, y):
        return np.sum(x * y)

    x = np.arange(3.0)
    _, (gradient,) = Jitted(product).value_and_grad((x, x), {}, (0,))
    np.testing.assert_array_equal(gradient, 2.0 * x)
    _, (gradient,) = Jitted(product).value_and_grad((x, x.copy()), {}, (0,))
    np.testing.assert_array_equal(gradient, x)


def test_every_syntax_node_is_handled_or_refused():
    def leaves_of(base):
        return {c for c in vars(ast).values() if isinstance(c, type) and c.__base__ is base}

    old = {"Num", "Str", "Bytes", "NameConstant", "Ellipsis", "TemplateStr", "Interpolation"}
    missing = {
        c.__name__
        for base, table in ((ast.expr, EXPRESSIONS), (ast.stmt, STATEMENTS))
        for c in leaves_of(base) - table.keys()
    }
    assert missing - old == set()


def test_refused_syntax_is_a_syntax_error():
    with pytest.raises(UnsupportedSyntax) as caught:
        Jitted(guarded)(1.0)
    assert "finally" in caught.value.what and caught.value.lineno is not None


X, M = np.array([1.0, -2.0, 3.0]), np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    ("function", "arg"),
    [
        (lambda x: x.reshape((3, 2), order="F")[1, 0], M),
        (lambda x: max(x[0], x[1], default=1.0), X),
        (lambda x: x[[[0, 1], [1, 2]]].sum(), X),
        (lambda x: f"{x}", 2.0),
        (lambda x: x * (f"{x}" == "2.0"), 2.0),
        (lambda x: x * len({f"{x}": x}), 2.0),
    ],
)
def test_what_would_be_another_program_is_refused(function, arg):
    with pytest.raises(AdjointError) as caught:
        ad.grad(Jitted(function))(arg)
    assert caught.value.place.filename == __file__


def test_columns_taken_twice_count_twice():
    found = ad.grad(Jitted(lambda x: (x[:, [0, 2, 0]] * x[:, [1, 1, 0]]).sum()))(M)
    a, b, c = M.T
    np.testing.assert_allclose(found, np.stack([b + 2.0 * a, a + c, b], axis=1), rtol=1e-14)


def test_pairs_of_indices_taken_twice_count_twice():
    program = Jitted(lambda x: (x[[0, 1, 0], [1, 2, 1]] * np.array([1.0, 2.0, 4.0])).sum())
    assert program(M) == 5.0 * M[0, 1] + 2.0 * M[1, 2]
    np.testing.assert_array_equal(ad.grad(program)(M), [[0.0, 5.0, 0.0], [0.0, 0.0, 2.0]])


def keyed_by_text(x):
    table, total = {}, 0.0
    for i in (0, 1, 2):
        table[f"k{i}"] = x * i
    for i in (0, 1, 2):
        total += table[f"k{i!r}"] * (i + 1)
    return total


@pytest.mark.parametrize(
    ("function", "arg", "value", "slope"),
    [
        (keyed_by_text, 2.0, 16.0, 8.0),
        (lambda x: np.full(3, x, dtype=int).sum() * x, 2.7, 16.2, 6.0),
        (lambda x: sum([a * b for a, b in zip([x, x], [1.0, 2.0], strict=True)]), 2.0, 6.0, 3.0),
    ],
)
def test_texts_dtypes_and_strictness(function, arg, value, slope):
    assert Jitted(function)(arg) == pytest.approx(value)
    assert ad.grad(Jitted(function))(arg) == pytest.approx(slope)


def test_lengths_that_differ_raise_as_in_python():
    with pytest.raises(ValueError, match="different lengths"):
        Jitted(lambda x: sum([a * b for a, b in zip([x, x], [1.0], strict=True)]))(2.0)
    with pytest.raises(ValueError, match="different lengths"):
        Jitted(paired)(np.ones(3), np.ones(2))
    assert Jitted(paired)(np.ones(3), np.ones(3)) == 3.0


def paired(x, y):
    total = 0.0
    for a, b in zip(x, y, strict=True):
        total += a * b
    return total


def test_a_message_may_hold_numbers_that_are_not_known():
    def f(x):
        if x < 0.0:
            raise ValueError(f"negative: {x}")
        return x

    with pytest.raises(ValueError, match="negative"):
        Jitted(f)(-1.0)


def test_an_argument_that_is_an_object_is_refused():
    class Parameters:
        def __init__(self, rate):
            self.rate = rate

    for program in (lambda p, x: x if p.rate == 3.0 else 2.0 * x, lambda p, x: p.rate * x):
        with pytest.raises(ad.errors.UnsupportedType, match="Parameters"):
            ad.jit(program)(Parameters(3.0), 1.5)
