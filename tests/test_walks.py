"""Walks through syntax trees find what `ast` finds, and copies share nothing that is changed."""

import ast
import inspect

import pytest

from adjoint import transforms, walks
from adjoint.trace import level, rewrite

SHARED = ast.operator | ast.unaryop | ast.boolop | ast.cmpop | ast.expr_context
TREES = [ast.parse(inspect.getsource(module)) for module in (walks, rewrite, transforms, level)]
SYNTAX = """
async def f(a, *b, c=1, **d):
    global g
    async with a as (x, y), b: pass
    match a:
        case {"k": 1, **rest} | [2, *_] | P(x=3): del a.b[1:2, ...]
    return lambda *, k=None: {**a, 1: [b for b in f"{a!r:>{c}}"]}
"""


@pytest.mark.parametrize("tree", [*TREES, ast.parse(SYNTAX)])
def test_walk_and_copy(tree):
    expected = [node for node in ast.walk(tree) if not isinstance(node, SHARED)]
    assert sorted(map(id, walks.walk(tree))) == sorted(map(id, expected))
    copied = walks.copied(tree)
    assert ast.dump(copied, include_attributes=True) == ast.dump(tree, include_attributes=True)
    assert not {id(node) for node in walks.walk(copied)} & {id(node) for node in expected}


def test_children_are_in_order():
    tree = ast.parse("f(a, b[c], *d, e=g)").body[0].value
    assert [ast.unparse(part) for part in walks.children(tree)] == ["f", "a", "b[c]", "*d", "e=g"]


def test_completed_as_ast_does():
    def made():
        name = ast.Name("a", ast.Load(), lineno=3, col_offset=4)
        total = ast.BinOp(name, ast.Add(), ast.Name("b", ast.Load()))
        value = ast.Expr(total, lineno=2, col_offset=1, end_lineno=2, end_col_offset=9)
        return ast.Module([value, ast.Pass()], [])

    ours, theirs = walks.completed(made()), ast.fix_missing_locations(made())
    for mine, other in zip(walks.walk(ours), walks.walk(theirs), strict=True):
        if "lineno" in other._attributes:
            places = [[getattr(n, name) for name in walks.PLACE] for n in (mine, other)]
            assert places[0] == places[1]


def test_placed():
    place = ast.parse("\n\n  (a + b)".replace("  ", "")).body[0].value
    tree = walks.placed(ast.parse("x = y[z]").body[0], place)
    assert {(n.lineno, n.col_offset) for n in ast.walk(tree) if hasattr(n, "lineno")} == {(3, 1)}


class Rename(walks.Visitor):
    def visit_Name(self, node):
        return ast.copy_location(ast.Name(node.id * 2, node.ctx), node)

    def visit_Pass(self, node):
        return None

    def visit_Expr(self, node):
        return [self.generic_visit(node), ast.Pass()]


def test_visitor_replaces_removes_and_multiplies():
    tree = ast.parse("if a:\n    pass\n    b\n    {**c}\n")
    made = Rename().visit(tree)
    assert ast.unparse(made) == "if aa:\n    bb\n    pass\n    {**cc}\n    pass"
