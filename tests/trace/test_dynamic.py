"""Programs that make code from text, or look at their own variables."""

import pytest

import adjoint as ad
from adjoint.errors import MissingRule


def evaluated(x):
    factor = 3.0  # noqa: F841 -- the text below reads it
    return eval("factor * x**2") + eval("a * b", {"a": x, "b": 2.0}) + eval("x", {}, {"x": x})


def test_an_expression_given_as_text():
    assert ad.grad(evaluated)(2.0) == pytest.approx(12.0 + 2.0 + 1.0)


def test_a_function_made_by_text():
    square = eval("lambda v: v * v")
    assert ad.grad(lambda x: eval("f(x)", {"f": lambda v: v**3, "x": x}))(2.0) == 12.0
    with pytest.raises(ad.errors.SourceNotFound):
        ad.grad(square)(2.0)


def test_statements_given_as_text():
    def constant(x):
        scope = {}
        exec("k = 2 + 3", scope)
        return scope["k"] * x

    def live(x):
        scope = {"x": x}
        exec("y = x * x", scope)
        return scope["y"]

    assert ad.grad(constant)(2.0) == 5.0
    with pytest.raises(MissingRule, match="exec"):
        ad.grad(live)(2.0)


def test_a_program_sees_its_own_variables_only():
    def f(x):
        y = 2.0 * x
        assert sorted(locals()) == ["x", "y"] == dir() == sorted(vars())
        return locals()["y"]

    assert ad.grad(f)(1.0) == 2.0
