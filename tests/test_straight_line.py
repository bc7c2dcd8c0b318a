"""What has no source is read back exactly, or not at all."""

import ast

import pytest

import adjoint as ad
from adjoint.errors import SourceNotFound
from adjoint.straight_line import read_back

LINES = [
    "def f(a, b=2.0):\n    return (a, b)",
    "def f(self, a, /, *args, b=3.0, **kwargs):\n    return g(self, a, *args, b=b, **kwargs)",
    "def f(a, b):\n    return h.make(a, (b, a))[1]",
    "def f(a):\n    return g(a, [1, a], {'x': a, 'y': 2}, z=a)",
    "def f(a):\n    b = g(a)\n    h(b)\n    return b",
    "def f(*args, **kwargs):\n    return g(*args, **kwargs)",
    "def f(a, b):\n    return (a + b * 2) ** -a / g(+b) - a % b @ (a // b)",
    "lambda a, *, b=3.0: g(a * b, -a)",
]


def made(text, name="f", **scope):
    if text.startswith("lambda"):
        return eval(text, scope)
    exec(text, scope)
    return scope[name]


def definition(text):
    statement = ast.parse(text).body[0]
    return statement.value if isinstance(statement, ast.Expr) else statement


@pytest.mark.parametrize("text", LINES)
def test_a_straight_line_is_read_back(text):
    node = read_back(made(text).__code__)
    expected = definition(text)
    expected.args.defaults, expected.args.kw_defaults = [], [None] * len(expected.args.kwonlyargs)
    again = definition(ast.unparse(node))
    for function in (again, expected):
        function.returns = None
    assert ast.unparse(again) == ast.unparse(expected)


@pytest.mark.parametrize(
    "text",
    [
        "def f(a):\n    return a if a > 0 else -a",
        "def f(a):\n    return [g(x) for x in a]",
        "def f(a):\n    return lambda: a",
        "def f(a):\n    yield a",
        "def f(a):\n    a.x = 1",
        "def f(a):\n    return g(a) and h(a)",
        "def f(a):\n    a += 1\n    return a",
        "f = lambda a: a if a else 1",
    ],
)
def test_anything_else_has_no_tree(text):
    assert read_back(made(text).__code__) is None


def test_a_signature_made_from_text_is_followed():
    def scaled(x, *rest, factor, **named):
        return x * factor + sum(rest) * named["slope"]

    f = made("def f(x, y=2.0, **named):\n    return g(x, y, x, factor=x, **named)", g=scaled)
    assert ad.grad(f)(1.5, slope=4.0) == pytest.approx(2 * 1.5 + 4.0)
    assert ad.grad(ad.grad(f))(1.5, slope=4.0) == pytest.approx(2.0)


def test_a_text_that_is_no_straight_line_is_refused():
    f = made("def f(x):\n    return x if x > 0 else -x")
    with pytest.raises(SourceNotFound):
        ad.grad(f)(2.0)
