"""What texts an expression can be, as far as syntax tells: names of attributes are often computed.

``"left" if key < self.key else "right"`` is one of two texts, and ``f"visit_{kind}"`` begins with
"visit_". Every spelling errs on one side: what an expression can be is among them.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adjoint.walks import walk

LISTED = (ast.Tuple, ast.List, ast.Set)
Bindings = Mapping[str, list[ast.expr] | None]


@dataclass(frozen=True)
class Spelling:
    """One text, or all texts that begin with one."""

    text: str
    is_beginning: bool = False


class Unknown(Exception):
    """The expression may be any text."""


def bindings_of(function: ast.AST) -> Bindings:
    """What each name is bound to anywhere in a function; None if that is more than expressions."""
    found: dict[str, list[ast.expr] | None] = {}
    known: set[int] = set()
    for node in walk(function):
        for target, value in bound_by(node):
            known.add(id(target))
            others = found.setdefault(target.id, [])
            if others is not None:
                others.append(value)
        name = otherwise_bound(node)
        if name is not None and id(node) not in known:
            found[name] = None
    return found


def bound_by(node: ast.AST) -> Iterator[tuple[ast.Name, ast.expr]]:
    """The names that a node binds to the values of expressions, with those."""
    if isinstance(node, ast.Assign):
        pairs = [(target, node.value) for target in node.targets]
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        pairs = [(node.target, node.value)]
    elif isinstance(node, ast.For | ast.comprehension) and isinstance(node.iter, LISTED):
        pairs = [(node.target, item) for item in node.iter.elts]
    else:
        return
    for target, value in pairs:
        if isinstance(target, ast.Name):
            yield target, value


def otherwise_bound(node: ast.AST) -> str | None:
    """The name that a node binds by itself."""
    if isinstance(node, ast.Name):
        return None if isinstance(node.ctx, ast.Load) else node.id
    if isinstance(node, ast.arg):
        return node.arg
    if isinstance(node, ast.alias):
        return (node.asname or node.name).partition(".")[0]
    if isinstance(node, ast.MatchMapping):
        return node.rest
    named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    if isinstance(node, named | ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        return node.name
    return None


def spellings(expression: ast.expr, bindings: Bindings) -> set[Spelling]:
    """All that `expression` can be if it is a text; raises `Unknown`."""
    found: set[Spelling] = set()
    waiting, met = [expression], set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.IfExp):
            waiting += [node.body, node.orelse]
        elif isinstance(node, ast.Name):
            values = bindings.get(node.id)
            if values is None:
                raise Unknown
            if node.id not in met:
                met.add(node.id)
                waiting += values
        elif not (isinstance(node, ast.Constant) and node.value is None):
            found.add(spelling(node))
    return found


def spelling(node: ast.expr) -> Spelling:
    """The text of a literal, or how a text that is put together begins."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return Spelling(node.value)
    first: ast.expr | None = None
    if isinstance(node, ast.JoinedStr) and node.values:
        first = node.values[0]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        first = node.left
    if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
        raise Unknown
    text = first.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        text = text.partition("%")[0]
    return Spelling(text, is_beginning=True)
