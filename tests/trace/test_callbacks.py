"""What libraries call back, of the program that is differentiated, is differentiated too."""

import ast
import ctypes
import inspect
import io
import json
import logging
import re
import string
from contextlib import redirect_stdout

import optree
import pytest
import scipy.optimize

import adjoint as ad
from adjoint.errors import MissingRule
from adjoint.testing.finite_difference import finite_difference_jvp

PROGRAMS = []


def program(function):
    PROGRAMS.append(function)
    return function


def quiet_logger(name):
    logger = logging.Logger(name)
    logger.propagate = False
    return logger


@program
def handlers_and_filters_of_logging(x):
    class Summing(logging.Handler):
        def __init__(self):
            super().__init__()
            self.total = 0.0

        def emit(self, record):
            self.total = self.total + record.args[0] ** 2  # pyright: ignore

    class Counting(logging.Filter):
        seen = 0.0

        def filter(self, record):
            self.seen = self.seen + record.args[0] * 3.0  # pyright: ignore
            return record.levelno > logging.INFO

    logger, summing, counting = quiet_logger("summing"), Summing(), Counting()
    summing.addFilter(counting)
    logger.addHandler(summing)
    for k in range(3):
        logger.warning("value %s", x * k)
    logger.info("value %s", x)
    return summing.total + counting.seen


@program
def adapters_of_logging(x):
    class Adapter(logging.LoggerAdapter):
        def process(self, message, options):
            self.extra["total"] = self.extra["total"] + x * x
            return message, options

    logger = quiet_logger("adapted")
    logger.addHandler(logging.NullHandler())
    adapter = Adapter(logger, {"total": 0.0})
    adapter.error("first")
    adapter.error("second")
    return adapter.extra["total"]


@program
def replacements_of_patterns(x):
    found = []

    def replacement(match):
        found.append(x * float(match.group()))
        return "z"

    re.sub(r"\d+", replacement, "1 2 3")
    re.compile("a").subn(lambda match: found.append(x * x) or "", "banana")
    string.Template("$x").substitute(x="text")
    return sum(found)


@program
def scanners_of_text(x):
    scanner = re.Scanner([(r"\d+", lambda s, text: int(text) * x), (r"\s+|\+", None)])
    first, second = scanner.scan("3 + 4")[0]
    return first + second**2


@program
def visitors_of_syntax_trees(x):
    class Evaluate(ast.NodeVisitor):
        def visit_Expression(self, node):
            return self.visit(node.body)

        def visit_BinOp(self, node):
            left, right = self.visit(node.left), self.visit(node.right)
            return left * right if isinstance(node.op, ast.Mult) else left + right

        def visit_Constant(self, node):
            return node.value

        def visit_Name(self, node):
            return {"x": x}[node.id]

    return Evaluate().visit(ast.parse("2 * x * x + x", mode="eval"))


@program
def nodes_with_values(x):
    class Fill(ast.NodeTransformer):
        def visit_Name(self, node):
            return ast.copy_location(ast.Constant(x), node)

    class Sum(ast.NodeVisitor):
        total = 0.0

        def visit_Constant(self, node):
            self.total = self.total + node.value**2  # pyright: ignore

    tree = Fill().visit(ast.parse("x * x + 2", mode="eval"))
    summing = Sum()
    summing.visit(tree)
    walked = [node.value * x for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return summing.total + sum(walked)


@program
def members_that_are_computed(x):
    class Model:
        def __init__(self, value):
            self.value = value

        @property
        def square(self):
            return self.value * self.value

    return dict(inspect.getmembers(Model(x)))["square"]


@program
def trees_of_another_library(x):
    tree = {"a": x, "b": [x * 2.0, 3.0]}
    mapped = optree.tree_map(lambda leaf: leaf * leaf, tree)
    total = optree.tree_reduce(lambda left, right: left + right * x, tree, 0.0)
    return mapped["a"] + mapped["b"][0] + total  # pyright: ignore


@program
def streams_that_are_printed_to(x):
    class Stream(io.TextIOBase):
        total = 0.0

        def write(self, text):
            self.total = self.total + x * len(text)
            return len(text)

        def flush(self):
            self.total = self.total + x * x

    first, second = Stream(), Stream()
    print("one", 2, file=first, sep="--", flush=True)
    with redirect_stdout(second):
        print("two", end="")
    return first.total + second.total


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_program(f):
    expected = finite_difference_jvp(f, (1.3,), (1.0,))
    value, gradient = ad.value_and_grad(f)(1.3)
    assert value == f(1.3)
    assert gradient == pytest.approx(expected, rel=1e-7)
    assert ad.jvp(f, (1.3,), (1.0,))[1] == pytest.approx(gradient, rel=1e-12)


def test_encoders_of_json_that_read_live_variables_are_refused():
    def f(x):
        class Encoder(json.JSONEncoder):
            def default(self, value):
                found.append(x * 2.0)
                return 1

        found = []
        json.dumps({"k": object()}, cls=Encoder)
        return sum(found)

    with pytest.raises(MissingRule, match=r"json\.dumps") as raised:
        ad.grad(f)(1.3)
    assert raised.value.place is not None


def test_printing_writes_what_python_writes(capsys):
    class Stream:
        def __init__(self):
            self.texts = []

        def write(self, text):
            self.texts.append(text)

    stream = Stream()

    def f(x):
        print("a", 1, x, sep=None, end=None, file=stream)
        print(file=stream)
        print("b", x)
        return x * x

    def plain():
        texts, stream.texts = stream.texts, []
        return texts, capsys.readouterr().out

    f(2.0)
    expected = plain()
    ad.grad(f)(2.0)
    assert plain() == expected
    with pytest.raises(TypeError, match="nothing"):
        ad.grad(lambda x: print(x, nothing=1))(2.0)


def test_a_refusal_inside_a_solver_is_not_caught_by_the_program():
    def root(x):
        try:
            return scipy.optimize.brentq(lambda p: ctypes.c_double(p).value - x, 0.0, 1.0)
        except RuntimeError:
            raise RuntimeError("the solver failed") from None

    def guarded(x):
        try:
            return root(x)
        except RuntimeError:
            return 0.0 * x

    for program in (root, guarded):
        with pytest.raises(MissingRule, match="c_double"):
            ad.grad(program)(0.5)
