"""Reductions of generators, ``sum(f(x) for x in array)``, as the loops they stand for.

Where the number of items is known now, a generator is unrolled; where it is not, a builtin that
takes all items at once is written as the loop that Python would run, with items in the same order.
"""

import ast
import builtins
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np

from adjoint.compile import operations
from adjoint.compile.frontend import iteration
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import (
    Frame,
    Handle,
    Static,
    TupleValue,
    Value,
    is_atom,
)
from adjoint.compile.ir.nodes import Const
from adjoint.errors import AdjointError


def extreme(name: str, better: str) -> str:
    """The loop of ``max`` or ``min``."""
    return f"""
total = 0
count = 0
for item in items:
    value = item
    if count == 0 or value {better} total:
        total = value
        count = 1
    elif value == total and value - value == 0:
        count += 1
        total = total + (value - total) / count
if count == 0:
    raise ValueError("{name}() iterable argument is empty")
"""


LOOPS: dict[Callable, str] = {
    builtins.sum: """
for item in items:
    total = total + item
""",
    builtins.any: """
total = False
for item in items:
    if item:
        total = True
        break
""",
    builtins.all: """
total = True
for item in items:
    if not item:
        total = False
        break
""",
    builtins.max: extreme("max", ">"),
    builtins.min: extreme("min", "<"),
}
"""What each builtin does, where `items` are those of a generator, and `total` is its result.

Equal extremes share the derivative: the result is the mean of numbers that are equal.
"""
LAST = """
for item in items:
    total = item
"""
"""Of which the type of the items is seen."""
GATHERED = """
count = 0
for item in items:
    total[count] = item
    count += 1
"""
"""What makes an array of them, which `total` has room for."""
COLLECTED = """
for item in items:
    total.append(item)
"""
"""What a comprehension does; `total` is a list."""
UNROLLED = 64
LOCALS = ("total", "count", "value", "items")


def reduced(lower: Lowerer, callee: Value, node: ast.Call) -> Value | None:
    """The result of ``sum(... for ... in ...)``; None if it is no such call, or can be unrolled."""
    function = getattr(callee, "value", None) if isinstance(callee, Static) else None
    if function not in tuple(LOOPS) or node.keywords or not is_generator(node):
        return None
    if len(node.args) > (2 if function is sum else 1):
        return None
    generator: Any = node.args[0]
    if not is_long(lower, generator.generators[0].iter):
        return None
    start = lower.expression(node.args[1]) if len(node.args) > 1 else Const(0)
    return run(lower, LOOPS[function], generator, lambda _: start, node)


def gathered(lower: Lowerer, callee: Value, node: ast.Call) -> Value | None:
    """The result of ``np.array([... for ... in ...])``; None if it is no such call, or not of
    numbers whose number is that of the items gone over."""
    function = callee.value if isinstance(callee, Static) else None
    if function not in (np.array, np.asarray) or node.keywords or len(node.args) != 1:
        return None
    comprehension: Any = node.args[0]
    if not isinstance(comprehension, ast.ListComp) or len(comprehension.generators) > 1:
        return None
    (clause,) = comprehension.generators
    if clause.ifs or not is_long(lower, clause.iter):
        return None

    def last() -> Value:
        return run(lower, LAST, comprehension, lambda _: Const(0), node)

    try:
        found = lower.aside(last, lower.cells)[3]
    except AdjointError:  # items that are arrays, of which nothing is known before the first
        return None
    if not is_atom(found) or found.type.is_array:
        return None

    def room(source: Value) -> Value:
        size = iteration.length(lower, source)
        keywords = (("dtype", found.type.dtype),)
        return lower.emit(operations.zeros, size, keywords=keywords, name="gathered")

    return run(lower, GATHERED, comprehension, room, node)


def collected(lower: Lowerer, node: ast.ListComp) -> Value:
    """The list of a comprehension whose length is not known."""

    def empty(_: Value) -> Value:
        made = Handle("list")
        lower.cells[made] = TupleValue(())
        return made

    return run(lower, COLLECTED, node, empty, node)


def is_generator(node: ast.Call) -> bool:
    return bool(node.args) and isinstance(node.args[0], ast.GeneratorExp | ast.ListComp)


def is_long(lower: Lowerer, source: ast.expr) -> bool:
    """True if the items are too many to unroll, or their number is not known now."""

    def many() -> bool:
        known = iteration.known_items(lower, lower.expression(source))
        return known is None or len(known) > UNROLLED

    return lower.aside(many, lower.cells)[3]


def run(
    lower: Lowerer,
    text: str,
    generator: Any,
    start: Callable[[Value], Value],
    node: ast.expr,
) -> Value:
    """Run a loop in a scope of its own, as a comprehension has.

    `start` : the first `total`, for what is gone over.
    """
    outer = lower.frame
    first = generator.generators[0]
    source = lower.expression(first.iter)
    targets = {
        name.id
        for clause in generator.generators
        for name in ast.walk(clause.target)
        if isinstance(name, ast.Name)
    }
    names = {mangled(name) for name in LOCALS}
    inner = Frame(
        outer.name,
        outer.filename,
        outer.module_globals,
        outer.closure,
        frozenset(targets | names),
        outer,
        formula=outer.formula,
    )
    lower.frames.append(inner)
    lower.cells[inner, mangled("items")] = source
    lower.cells[inner, mangled("total")] = start(source)
    lower.statements(written(text, generator, node))
    value = lower.read((inner, mangled("total")), "total")
    lower.frames.pop()
    for key in [k for k in lower.cells if isinstance(k, tuple) and k[0] is inner]:
        del lower.cells[key]
    return value


def mangled(name: str) -> str:
    """A name that no program can use."""
    return f"<{name}>"


def written(text: str, generator: Any, node: ast.expr) -> list[ast.stmt]:
    """The statements of a loop, with the generator in its place, at the line of the call."""
    statements = ast.parse(text).body
    place(statements, node, everywhere=True)
    made = [Filler(generator).visit(statement) for statement in statements]
    place(made, node, everywhere=False)
    return made


def place(statements: list, node: ast.expr, *, everywhere: bool) -> None:
    """Give nodes the place of a call: all of them, or those that have none."""
    for child in (inner for statement in statements for inner in ast.walk(statement)):
        if "lineno" in child._attributes and (everywhere or not hasattr(child, "lineno")):
            ast.copy_location(child, node)


class Filler(ast.NodeTransformer):
    """Puts a generator's clauses and element into the template of a loop."""

    def __init__(self, generator: Any):
        self.generator = generator

    def visit_For(self, node: ast.For) -> ast.For:
        body = [self.visit(statement) for statement in node.body]
        for clause in reversed(self.generator.generators):
            for test in reversed(clause.ifs):
                body = [ast.If(test, body, [])]
            body = [ast.For(deepcopy(clause.target), clause.iter, body, [])]
        body[0].iter = ast.Name(mangled("items"), ast.Load())
        return body[0]

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id == "item":
            return self.generator.elt
        if node.id in LOCALS:
            return ast.Name(mangled(node.id), node.ctx)
        return node
