"""Rewriting keeps Python's meaning, and knows every class of syntax node."""

import ast
import traceback

import numpy as np
import pytest

import adjoint as ad
from adjoint import errors, spaces, trace
from adjoint.trace import template
from adjoint.trace.rewrite import Rewriter
from adjoint.trace.syntax import HANDLED


def node_classes():
    kinds = [ast.expr, ast.stmt, ast.pattern, ast.excepthandler, ast.comprehension, ast.operator]
    kinds += [ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context, ast.arguments, ast.arg]
    kinds += [ast.keyword, ast.alias, ast.withitem, ast.match_case]
    found = set()
    for kind in kinds:
        found |= {kind} if not kind.__subclasses__() else set(kind.__subclasses__())
    if hasattr(ast, "type_param"):
        found |= set(ast.type_param.__subclasses__())
    deprecated = {"Num", "Str", "Bytes", "NameConstant", "Ellipsis", "Index", "ExtSlice"}
    deprecated |= {"Suite", "AugLoad", "AugStore", "Param"}
    pythons = {kind for kind in found if kind.__module__ in ("ast", "_ast")}
    return {kind.__name__ for kind in pythons} - deprecated


def test_every_syntax_node_is_known():
    assert node_classes() <= set(HANDLED)


def test_what_is_said_to_be_rewritten_is():
    for name, how in HANDLED.items():
        assert (how == "rewritten") == (f"visit_{name}" in vars(Rewriter)), name


def record(function, *args):
    args = tuple(spaces.fresh(arg) if isinstance(arg, float) else arg for arg in args)
    leaves = [arg for arg in args if spaces.is_differentiable(arg)]
    return trace.record(function, args, {}, leaves)


def test_errors_show_the_line_of_the_user():
    def program(x):
        y = x * 2.0
        return y / (x - x)

    with pytest.raises(ZeroDivisionError) as caught:
        record(program, 1.0)
    frames = traceback.extract_tb(caught.value.__traceback__)
    ours = [f for f in frames if f.filename == __file__]
    assert ours[-1].line == "return y / (x - x)"
    assert ours[-1].name == "program"


def test_the_thread_is_restored_when_the_function_raises():
    def program(x):
        raise KeyError("no")

    with pytest.raises(KeyError):
        record(program, 1.0)
    assert not trace.is_recording()
    assert record(lambda x: x * 3.0, 1.0).pullback([1.0]) == [3.0]


def test_missing_rules_name_function_and_line():
    def program(x):
        return np.packbits((x, x), float).sum()

    with pytest.raises(errors.MissingRule, match="packbits") as caught:
        record(program, 1.0)
    assert caught.value.place.filename == __file__
    assert "np.packbits" in caught.value.place.text


def test_functions_without_source():
    scope = {}
    exec("def hidden(x):\n    return x * 2.0 if x else x", scope)
    with pytest.raises(errors.SourceNotFound, match="hidden"):
        record(lambda x: scope["hidden"](x), 1.0)
    assert record(lambda x: x * scope["hidden"](3.0), 1.0).pullback([1.0]) == [6.0]


class Base:
    def __init__(self, x):
        self.__secret = x

    def value(self):
        return self.__secret * 2.0


class Derived(Base):
    def value(self):
        return super().value() * __class__.factor

    factor = 3.0

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return self.value() * len(name)


def test_private_names_super_and_class_cell():
    assert record(lambda x: Derived(x).value() + Derived(x).abc, 1.0).pullback([1.0]) == [24.0]


calls = 0


def test_globals_and_defaults_are_looked_at_again():
    def program(x, scale=2.0):
        global calls
        calls += 1
        return x * scale * calls

    before = calls
    assert record(program, 1.0).pullback([1.0]) == [2.0 * (before + 1)]
    program.__defaults__ = (5.0,)
    assert record(program, 1.0).pullback([1.0]) == [5.0 * (before + 2)]


def test_annotations_and_docstrings_do_no_harm():
    def program(x: "float", *, k: "int" = 3) -> "float":
        """What it does."""
        y: float = x * k
        z: float
        z = y
        return z

    assert record(program, 1.0).pullback([1.0]) == [3.0]


def test_the_program_s_own_objects_are_seen():
    def program(x):
        assert type(x) is float
        assert isinstance(x * 2.0, float)
        inner = lambda v: v * x  # noqa: E731
        assert inner.__code__.co_filename == __file__
        assert program.__name__ == "program"
        assert "x" in locals()
        return inner(x)

    assert record(program, 3.0).pullback([1.0]) == [6.0]


def test_an_expression_too_deep_for_the_stack(tmp_path):
    path = tmp_path / "deep.py"
    path.write_text(f"def f(x):\n    return {'x * (1.0 + ' * 150}x{')' * 150}\n")
    scope = {}
    exec(compile(path.read_text(), str(path), "exec"), scope)

    def down(depth, x):
        return scope["f"](x) if depth == 0 else down(depth - 1, x)

    x, y, slope = 0.3, 0.3, 1.0
    for _ in range(150):
        slope = 1.0 + y + x * slope
        y = x * (1.0 + y)

    assert ad.grad(lambda v: down(200, v))(x) == pytest.approx(slope)


def test_code_that_python_does_not_compile_is_refused(monkeypatch):
    def unable(*args, **kwargs):
        raise SyntaxError("too many statically nested blocks")

    called = [lambda x: x * x]

    def f(x):
        try:
            return called[0](x)
        except:  # noqa: E722
            return 0.0

    assert ad.grad(f)(3.0) == 6.0
    called[0] = lambda x: x * x * x
    monkeypatch.setattr(template, "compile", unable, raising=False)
    with pytest.raises(errors.SourceNotFound, match="more than Python compiles") as caught:
        ad.grad(f)(3.0)
    assert __file__ in str(caught.value)
