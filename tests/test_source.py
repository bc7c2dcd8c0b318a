"""The tree found is the tree of the function asked for, never a neighbour's."""

import ast
import collections.abc
import colorsys
import functools
import linecache
import os.path
import statistics
import textwrap

import pytest

import adjoint as ad
from adjoint import source
from adjoint.errors import SourceNotFound
from adjoint.source import function_node

first, second = (lambda x: x + 1, lambda x: x * 2)
nested = lambda y: lambda x: x - y  # noqa: E731


one, two, also_two, three = (lambda: 1.0, lambda: 2.0, lambda: 2.0, lambda: 1.0 + 2.0)


def decorated_by(f):
    @functools.wraps(f)
    def wrapper(*args):
        return f(*args)

    return wrapper


@decorated_by
def decorated(x):
    return x**3


def body(function):
    node = function_node(function)
    return ast.unparse(node.body if isinstance(node, ast.Lambda) else node.body[-1])


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (first, "x + 1"),
        (second, "x * 2"),
        (nested, "lambda x: x - y"),
        (nested(1), "x - y"),
        (one, "1.0"),
        (two, "2.0"),
        (also_two, "2.0"),
        (three, "1.0 + 2.0"),
        (decorated, "return f(*args)"),
        (decorated.__wrapped__, "return x ** 3"),
    ],
)
def test_finds_the_very_function(function, expected):
    assert body(function) == expected


def importing():
    import os.path as elsewhere  # noqa: PLC0415
    from os import path as there  # noqa: PLC0415

    return elsewhere, there


@pytest.mark.parametrize(
    "function",
    [
        colorsys.rgb_to_hls,
        statistics.linear_regression,
        importing,
        collections.abc.Mapping.get,  # of a module that Python freezes
        os.path.join,
    ],
)
def test_reads_the_standard_library(function):
    assert function_node(function).name == function.__name__


def test_source_that_is_not_on_disk_is_refused():
    namespace = {}
    exec(compile("def f(x):\n    return -x if x else 1.0\n", "<made up>", "exec"), namespace)
    with pytest.raises(SourceNotFound, match="not on disk"):
        function_node(namespace["f"])


def test_a_file_that_changed_after_import_is_refused(tmp_path):
    path = tmp_path / "module.py"
    path.write_text("def f(x):\n    return -x if x else 1.0\n")
    namespace = {"__name__": "module"}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    path.write_text(
        textwrap.dedent("""
        import math

        def g(y):
            return math.sin(y)
    """)
    )
    with pytest.raises(SourceNotFound, match="has changed"):
        function_node(namespace["f"])


def test_code_that_claims_the_place_of_another_function_is_not_mistaken_for_it():
    def f(self, *rest):
        return outer(self, *rest)

    def outer(*rest):
        return rest

    line = f.__code__.co_firstlineno
    text = "\n" * (line - 1) + "def f(self, *rest):\n    return other[self](*rest) if self else 1\n"
    scope = {}
    exec(compile(text, __file__, "exec"), scope)
    with pytest.raises(SourceNotFound):
        function_node(scope["f"])
    assert body(f) == "return outer(self, *rest)"


def test_two_lambdas_of_one_line_that_branch_or_nest():
    first, second = lambda x: x if x > 0 else -x, lambda x: -x if x > 0 else x
    assert (body(first), body(second)) == ("x if x > 0 else -x", "-x if x > 0 else x")
    outer = lambda x: lambda x: x if x else 1  # noqa: E731
    assert body(outer(1)) == "x if x else 1"
    assert body(outer).startswith("lambda x")


class Wrapper:
    def keeps_its_name(self):
        def inner(*args, __scale=2.0, **kwargs):
            return args[0] * __scale

        return inner


def test_parameters_that_a_class_makes_private_are_found():
    function = Wrapper().keeps_its_name()
    assert "_Wrapper__scale" in function.__code__.co_varnames
    assert function_node(function).name == "inner"
    assert ad.grad(function)(3.0) == 2.0


AWKWARD = '''
class Holder:
    @property
    # a comment

    def value(self): return 1

    def text(self):
        """A text
that stands further out
    def text(self): pass
"""
        return (1 +
2)

    async def waits(self):
        pass
        # the end

    def outer(self):
        def inner(a, b=(
1, 2)):
            return a
        return inner
if Holder:
    def last(x):
        return x \\
+ 1
'''


def test_definitions_are_parsed_alone(tmp_path, monkeypatch):
    """Every definition of an awkward file is found without its file, at its places."""
    path = tmp_path / "awkward.py"
    path.write_text(AWKWARD)
    scope: dict = {"__file__": str(path)}
    exec(compile(AWKWARD, str(path), "exec"), scope)
    holder = scope["Holder"]
    functions = [holder.value.fget, holder.text, holder.waits, holder.outer, holder().outer()]
    whole = source.nodes_by_line(str(path), AWKWARD)
    monkeypatch.setattr(source, "nodes_by_line", None)
    for function in [*functions, scope["last"]]:
        node = source.function_node(function)
        (expected,) = whole[function.__code__.co_firstlineno]
        assert ast.dump(node, include_attributes=True) == ast.dump(
            expected, include_attributes=True
        )


def test_lines_that_were_entered_without_their_ends():
    """Generators of code may enter the lines that they have joined."""
    lines = ["def made(x):", "    y = x * x", "", "    return y * x"]
    linecache.cache["<made of lines>"] = (0, None, lines, "<made of lines>")
    variables = {}
    exec(compile("\n".join(lines), "<made of lines>", "exec"), variables)
    assert (
        ast.unparse(function_node(variables["made"]))
        == "def made(x):\n    y = x * x\n    return y * x"
    )
    assert ad.grad(variables["made"])(2.0) == 12.0
