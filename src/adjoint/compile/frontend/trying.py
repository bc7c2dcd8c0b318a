"""`try`: what is raised and caught inside a compiled function is a flag, as `break` is.

Within `try`, statements are taken apart into one operation each, so that nothing runs after what
has raised. Divisions, items of arrays and functions of `math` test what they are given, where
their errors would be caught. What machine code raises otherwise reaches the caller.
"""

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

from adjoint.compile import operations
from adjoint.compile.conversion import EITHER
from adjoint.compile.frontend.lowering import Handler, LoopMark, Lowerer
from adjoint.compile.frontend.values import Maybe, Static, TupleValue, Value
from adjoint.compile.ir.nodes import Atom, Const, constant

RAISING = (ast.Call, ast.Div, ast.FloorDiv, ast.Mod, ast.Subscript)
WHOLE = (ast.GeneratorExp, ast.Lambda, ast.Starred, ast.ListComp, ast.DictComp)
"""Expressions that stay where they are: they are no values, or run nothing yet."""


class Held(ast.expr):
    """An expression: a value that was computed before."""

    _attributes = ast.expr._attributes

    def __init__(self, key: tuple):
        super().__init__()
        self.key = key


class Hold(ast.stmt):
    """A statement: compute a value and keep it."""

    _attributes = ast.stmt._attributes

    def __init__(self, key: tuple, value: ast.expr):
        super().__init__()
        self.key, self.value = key, value


def held(lower: Lowerer, node: Held) -> Value:
    found = lower.cells[node.key]
    return found.value if isinstance(found, Maybe) else found


def hold(lower: Lowerer, node: Hold) -> None:
    found = lower.expression(node.value)
    lower.cells[node.key] = found


# Taking statements apart.


def apart(lower: Lowerer, node: ast.stmt) -> list[ast.stmt]:
    """A statement as several, each of which does one thing that can raise."""
    before: list[ast.stmt] = []

    def taken(expr: ast.expr) -> ast.expr:
        return flattened(lower, expr, before)

    match node:
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.Return() if node.value:
            made = replaced(node, value=taken(node.value))
        case ast.If() | ast.Assert():
            made = replaced(node, test=taken(node.test))
        case ast.For() if not isinstance(node.iter, ast.Call):
            made = replaced(node, iter=taken(node.iter))
        case _:
            return [node]
    return [*before, made]


def replaced(node: Any, **fields: Any) -> Any:
    """`node` with other children."""
    every = {name: getattr(node, name) for name in node._fields if hasattr(node, name)}
    return ast.copy_location(type(node)(**{**every, **fields}), node)


def flattened(lower: Lowerer, node: ast.expr, before: list[ast.stmt]) -> ast.expr:
    """An expression whose parts are computed in `before`, in Python's order."""
    if isinstance(node, WHOLE) or not any(isinstance(n, RAISING) for n in ast.walk(node)):
        return node

    def part(child: ast.expr) -> ast.expr:
        return flattened(lower, child, before)

    match node:
        case ast.BinOp():
            node = replaced(node, left=part(node.left), right=part(node.right))
        case ast.UnaryOp():
            node = replaced(node, operand=part(node.operand))
        case ast.Compare() if len(node.ops) == 1:
            others = [part(other) for other in node.comparators]
            node = replaced(node, left=part(node.left), comparators=others)
        case ast.Subscript():
            node = replaced(node, value=part(node.value))
        case ast.Attribute():
            return replaced(node, value=part(node.value))
        case ast.Tuple() | ast.List():
            return replaced(node, elts=[part(item) for item in node.elts])
        case ast.Call():
            args = [part(arg) for arg in node.args]
            keywords = [replaced(k, value=part(k.value)) for k in node.keywords]
            node = replaced(node, args=args, keywords=keywords)
    where = node.lineno, node.col_offset, node.end_lineno, node.end_col_offset
    key = (lower.frame, f"<held {type(node).__name__} {where}>")
    before.append(ast.copy_location(Hold(key, node), node))
    return ast.copy_location(Held(key), node)


# The statement itself.


def try_(lower: Lowerer, node: ast.Try) -> None:
    if node.finalbody:
        raise lower.refuse("`finally` cannot be compiled", instead="write it behind the `try`")
    known = set(lower.cells)
    lower.tried.add(lower.frame)
    handler = Handler(LoopMark("raised"), clauses(lower, node), len(lower.frames))
    raised, clause = handler.keys
    lower.cells[raised], lower.cells[clause] = Const(False), Const(0)
    lower.handlers.append(handler)
    lower.statements(node.body)
    lower.handlers.pop()
    flag, number = lower.cells.pop(raised), lower.cells.pop(clause)
    for key in set(lower.cells) - known:
        if isinstance(key, tuple) and isinstance(key[1], str) and key[1].startswith("<held "):
            del lower.cells[key]

    def after() -> None:
        if isinstance(flag, Const):
            handled(lower, node, number) if flag.value else lower.statements(node.orelse)
            return
        lower.branch(
            flag, lambda: handled(lower, node, number), lambda: lower.statements(node.orelse)
        )

    lower.guarded([after])


def handled(lower: Lowerer, node: ast.Try, number: Atom, first: int = 0) -> None:
    """Run the clause that caught what was raised."""
    body = node.handlers[first].body
    if isinstance(number, Const):
        lower.statements(node.handlers[int(number.value)].body)
    elif first == len(node.handlers) - 1:
        lower.statements(body)
    else:
        test = lower.emit(operator.eq, number, Const(first))
        rest: Callable = lambda: handled(lower, node, number, first + 1)  # noqa: E731
        lower.branch(test, lambda: lower.statements(body), rest)


def clauses(lower: Lowerer, node: ast.Try) -> tuple[tuple[type, ...], ...]:
    """What each `except` catches."""
    found = []
    for clause in node.handlers:
        value = Static(Exception) if clause.type is None else lower.expression(clause.type)
        parts = value.items if isinstance(value, TupleValue) else (value,)
        kinds = tuple(getattr(part, "value", None) for part in parts)
        if not all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds):
            raise lower.refuse("this `except` cannot be compiled", instead="name the exception")
        found.append(kinds)
    return tuple(found)


# Operations that raise.


def checked(
    lower: Lowerer, condition: Callable[[], Atom], exception: type, run: Callable[[], Atom]
) -> Atom:
    """``run()``, which raises unless a condition holds, if that would be caught."""
    handler = lower.catching(exception)
    if handler is None:
        return run()
    test = condition()
    if isinstance(test, Const) and test.value:
        return run()
    _, _, _, sample = lower.aside(run, lower.cells)

    def fail() -> Atom:
        lower.throw(handler, exception)
        return constant(0, sample.type)

    if isinstance(test, Const):
        return fail()
    return lower.atom(lower.branch(test, run, fail))


def as_python_raises(
    lower: Lowerer, function: Callable, args: list[Atom], run: Callable[[], Atom]
) -> Atom:
    """``function(*args)``, which raises as the module `math` does, if that would be caught.

    A result that is nan, or infinite, of numbers that are not (CPython's `mathmodule.c`).
    """
    if function not in RAISING_FUNCTIONS or not any(map(lower.catching, FLOAT_ERRORS)):
        return run()
    found = run()
    numbers, finite = Const(True), Const(True)
    for arg in args:
        numbers = both(lower, numbers, lower.emit(operator.eq, arg, arg))
        nothing = lower.emit(operator.sub, arg, arg)
        finite = both(lower, finite, lower.emit(operator.eq, nothing, constant(0, arg.type)))
    is_nan = lower.emit(operations.differs, found, found)
    size = lower.emit(abs, found)
    is_infinite = lower.emit(operator.eq, size, Const(math.inf))
    beyond = both(lower, is_infinite, finite)
    pole: Atom = Const(function not in OVERFLOWING)
    if function in (math.gamma, math.lgamma):
        pole = lower.emit(operator.le, args[0], Const(0.0))
    elif function in (math.pow, operator.pow):
        pole = lower.emit(operator.eq, args[0], constant(0, args[0].type))
    at_pole = ZeroDivisionError if function is operator.pow else ValueError
    for wrong, exception in (
        (both(lower, is_nan, numbers), ValueError),
        (both(lower, beyond, pole), at_pole),
        (both(lower, beyond, opposite(lower, pole)), OverflowError),
    ):
        right = opposite(lower, wrong)
        found = checked(lower, lambda right=right: right, exception, lambda found=found: found)
    return found


def refuse_unknown_owners(lower: Lowerer, *args: Atom) -> None:
    """Python's numbers raise what NumPy's make infinite."""
    if lower.catching(ZeroDivisionError) and any(lower.whose(a) == EITHER for a in args):
        raise lower.refuse(
            "a division within `try` of numbers that may be Python's or NumPy's",
            instead="say which: float(x) or np.float64(x)",
        )


def both(lower: Lowerer, a: Atom, b: Atom) -> Atom:
    if isinstance(a, Const):
        return b if a.value else a
    if isinstance(b, Const):
        return a if b.value else b
    return lower.emit(operations.both, a, b)


def opposite(lower: Lowerer, a: Atom) -> Atom:
    return Const(not a.value) if isinstance(a, Const) else lower.emit(operations.negation, a)


FLOAT_ERRORS = (ValueError, OverflowError, ZeroDivisionError)
OVERFLOWING: frozenset[Callable] = frozenset(
    (
        *(math.exp, math.exp2, math.expm1, math.cosh, math.sinh),
        *(math.pow, math.gamma, math.lgamma, operator.pow),
    )
)
OTHERS_OF_MATH = (math.sin, math.cos, math.tan, math.atanh, math.fmod)
RAISING_FUNCTIONS: frozenset[Callable] = OVERFLOWING.union(OTHERS_OF_MATH)


def within(low: float, high: float) -> Callable:
    def condition(lower: Lowerer, x: Atom) -> Atom:
        below = lower.emit(operator.ge, x, Const(low))
        return lower.emit(operator.and_, below, lower.emit(operator.le, x, Const(high)))

    return condition


DOMAINS: dict[Callable, Callable] = {
    math.sqrt: lambda lower, x: lower.emit(operator.ge, x, Const(0.0)),
    **{
        f: lambda lower, x: lower.emit(operator.gt, x, Const(0.0))
        for f in (math.log, math.log2, math.log10)
    },
    math.log1p: lambda lower, x: lower.emit(operator.gt, x, Const(-1.0)),
    math.asin: within(-1.0, 1.0),
    math.acos: within(-1.0, 1.0),
    math.acosh: lambda lower, x: lower.emit(operator.ge, x, Const(1.0)),
}
"""Where functions of `math` do not raise `ValueError`."""
