"""Programs that make code from text, or look at their own variables."""

import ast
import contextlib
import dataclasses
import inspect
import math
import sys

import pytest

import adjoint as ad
from adjoint.errors import MissingRule


def evaluated(x):
    factor = 3.0  # noqa: F841 -- the text below reads it
    return eval("factor * x**2") + eval("a * b", {"a": x, "b": 2.0}) + eval("x", {}, {"x": x})


def test_an_expression_given_as_text():
    assert ad.grad(evaluated)(2.0) == pytest.approx(12.0 + 2.0 + 1.0)


def test_globals_of_an_expression_without_locals():
    assert ad.grad(lambda x: eval("x * x", {"x": x}, {}))(2.0) == 4.0
    assert ad.grad(lambda x: eval("x * k", {"x": x}, {"k": 3.0}))(2.0) == 3.0


def test_a_function_made_by_text():
    square = eval("lambda v: v * v if v else 0.0")
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

    def loop(x):
        scope = {"x": x}
        exec(
            "import math\ny = 0.0\nfor i in range(3):\n    y += x**i\ny = math.sin(y)",
            scope,
        )
        return scope["y"]

    def defines(x):
        scope = {"x": x, "y": 3.0}
        exec("def f(v):\n    return v * y\ny = x * x", scope)
        return scope["f"](x)

    def changes(x):
        tables = {"bus": [x, 1.0]}
        for key in tables:
            exec(f"tables['{key}'][1] = tables['{key}'][0] ** 3")
        return tables["bus"][1]

    def with_locals(x):
        outer, inner = {"x": x}, {"gone": 1, "kept": x}
        exec("y = kept * x\ndel gone", outer, inner)
        assert "y" not in outer and set(inner) == {"kept", "y"}
        return inner["y"]

    assert ad.grad(constant)(2.0) == 5.0
    assert ad.grad(live)(2.0) == 4.0
    assert ad.grad(loop)(0.5) == pytest.approx(2.0 * math.cos(1.75))
    assert ad.grad(defines)(2.0) == pytest.approx(12.0)
    assert ad.grad(changes)(2.0) == pytest.approx(12.0)
    assert ad.grad(with_locals)(2.0) == pytest.approx(4.0)


def test_statements_that_fail_leave_what_was_done():
    def f(x):
        variables = {}
        with contextlib.suppress(ZeroDivisionError):
            exec("y = x * x\n1 / 0\nz = x", {"x": x}, variables)
        assert set(variables) == {"y"}
        return variables["y"]

    assert ad.grad(f)(3.0) == 6.0


def test_code_compiled_before_is_refused():
    code = compile("y = x * x", "<text>", "exec")
    with pytest.raises(MissingRule, match="exec"):
        ad.grad(lambda x: exec(code, {"x": x}))(2.0)


def caller_of(depth):
    return sys._getframe(depth).f_code.co_name


class Looks:
    def __init__(self):
        self.maker = caller_of(2)

    @property
    def reader(self):
        return caller_of(2)


def test_a_program_sees_the_frames_of_the_program_only():
    """As `DataFrame.query("x > @limit")` does to find the variables of its caller."""

    def inner():
        frame = inspect.currentframe()
        assert frame.f_code.co_name == "inner" and frame.f_back.f_code.co_name == "f"
        return sys._getframe(1).f_locals["y"] * frame.f_back.f_locals["y"]

    def f(x):
        y = 2.0 * x
        assert Looks().maker == Looks().reader == "f"
        assert max([1], key=lambda _: caller_of(2)) == 1
        return y * inner()

    assert ad.grad(f)(1.0) == pytest.approx(24.0)
    with pytest.raises(ValueError, match="deep"):
        ad.grad(lambda x: sys._getframe(10_000))(1.0)


def test_a_program_sees_its_own_variables_only():
    def f(x):
        y = 2.0 * x
        assert sorted(locals()) == ["x", "y"] == dir() == sorted(vars())
        return locals()["y"]

    assert ad.grad(f)(1.0) == 2.0


def test_variables_may_have_the_names_of_the_functions_that_list_them():
    def f(x, globals=None, locals=None):
        scope = {"x": x}
        exec("y = x * x", scope)
        return eval("y * x", scope)

    assert ad.grad(f)(1.5) == pytest.approx(3 * 1.5**2)


def test_a_dataclass_made_while_recording():
    def f(x):
        kind = dataclasses.make_dataclass("Point", ["a", ("b", float, 2.0)])
        return dataclasses.asdict(dataclasses.replace(kind(x), b=3.0 * x))["b"]

    assert ad.grad(f)(2.0) == 3.0


def test_code_that_the_program_compiles_is_followed():
    """As the formulas of statistics do."""

    def expression(x):
        return eval(
            compile("x * x + cube(x)", "<f>", "eval"),
            {},
            {"x": x, "cube": lambda v: v**3},
        )

    def statements(x):
        variables = {"x": x}
        exec(compile("y = x * x\nz = y * x", "<f>", "exec"), variables)
        return variables["z"]

    def tree(x):
        assert x > 0.0
        return eval(compile(ast.parse("x * x * x", mode="eval"), "<f>", "eval"))

    def statements_evaluated(x):
        variables = {"x": x}
        assert eval(compile("y = x * x", "<f>", "exec"), variables) is None
        return variables["y"]

    def again(x):
        code = compile("x * x", "<f>", "eval")
        return sum(eval(code, {"x": x * k}) for k in range(3))

    assert ad.grad(expression)(2.0) == pytest.approx(16.0)
    assert ad.grad(statements)(2.0) == pytest.approx(12.0)
    assert ad.grad(tree)(2.0) == pytest.approx(12.0)
    assert ad.grad(statements_evaluated)(2.0) == pytest.approx(4.0)
    assert ad.grad(again)(2.0) == pytest.approx(20.0)


class Names:
    """Where a text finds its variables; it can only be asked for one."""

    def __init__(self, found):
        self.found = found

    def __contains__(self, name):
        return name in self.found

    def __getitem__(self, name):
        return self.found[name]


def test_variables_that_can_only_be_asked_for():
    assert ad.grad(lambda x: eval("y * y", {}, Names({"y": x})))(2.0) == 4.0


class Stored(Names):
    """What it is given it takes in a method of its own."""

    def __setitem__(self, name, value):
        self.found[name] = value * 3.0


def test_statements_whose_variables_are_kept_by_an_object():
    def f(x):
        names = Stored({"y": x})
        exec(compile("z = y * y", "<f>", "exec"), {}, names)
        return names.found["z"]

    assert ad.grad(f)(2.0) == 12.0


MADE_BY_TEXT = {
    "lambda": lambda x: eval("lambda a: [a * a for _ in range(2)][1]")(x),
    "indented": lambda x: eval("  lambda a: a * a if a else 0.0")(x),
    "two of a line": lambda x: eval("[lambda a: a if a else 1, lambda a: a * a if a else 2]")[1](x),
    "statements": lambda x: defined(
        "def f(a):\n    for _ in range(1):\n        a *= a\n    return a"
    )(x),
    "compiled": lambda x: compiled_by_the_program(x),
    "again": lambda x: [eval("lambda a: a * a if a else 0.0")(x) for _ in range(3)][-1],
    "read back": lambda x: MADE_BEFORE(x),
}
MADE_BEFORE = eval("lambda a: a * a")


def defined(text):
    variables = {}
    exec(text, variables)
    return variables["f"]


def compiled_by_the_program(x):
    variables = {}
    text = "\n\nclass Square:\n    def of(self, a):\n        return a * a if a else 0.0"
    exec(compile(text, "<made>", "exec"), variables)
    return variables["Square"]().of(x)


@pytest.mark.parametrize("f", MADE_BY_TEXT.values(), ids=MADE_BY_TEXT)
def test_a_function_that_a_text_made_is_followed_later(f):
    assert ad.grad(f)(3.0) == 6.0
    assert ad.grad(ad.grad(f))(3.0) == 2.0
