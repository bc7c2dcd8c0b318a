"""Walks through syntax trees and copies them, several times as fast as `ast` does.

Operators and contexts (``Add``, ``Load``), which hold nothing and have no place, are not walked
through: copies share them.
"""

import ast
from collections.abc import Iterator
from typing import Any, TypeVar

Node = TypeVar("Node", bound=ast.AST)
NO_NODES = frozenset({"ctx", "op", "ops", "id", "attr", "kind", "conversion", "type_comment"})
PLACE = ("lineno", "col_offset", "end_lineno", "end_col_offset")
FIRST = (1, 0, 1, 0)


class Fields(dict):
    """The names of the fields of a class of nodes in which nodes can be."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        fields = () if kind is ast.Constant else kind._fields
        self[kind] = found = tuple(name for name in fields if name not in NO_NODES)
        return found


FIELDS = Fields()


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below `node`, in order."""
    found: list[ast.AST] = []
    held = node.__dict__
    for name in FIELDS[node.__class__]:
        value = held.get(name)
        if value.__class__ is list:
            if value:
                found += [part for part in value if isinstance(part, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def walk(root: ast.AST) -> list[ast.AST]:
    """`root` and all below it: what holds a node comes before it."""
    found = [root]
    for node in found:
        if FIELDS[type(node)]:
            found += children(node)
    return found


def twin(node: Node) -> Node:
    """A copy of one node, which holds the same parts."""
    made = node.__class__.__new__(node.__class__)
    made.__dict__.update(node.__dict__)
    return made


def copied(root: Node) -> Node:
    """A copy of a tree, for a caller that wants to change it; trees may be very deep."""
    root = twin(root)
    waiting: list[ast.AST] = [root]
    while waiting:
        node = waiting.pop()
        held = node.__dict__
        for name in FIELDS[type(node)]:
            value = held.get(name)
            if type(value) is list:
                parts = [twin(part) if isinstance(part, ast.AST) else part for part in value]
                held[name] = parts
                waiting += [part for part in parts if isinstance(part, ast.AST)]
            elif isinstance(value, ast.AST):
                held[name] = part = twin(value)
                waiting.append(part)
    return root


def placed(root: Node, node: ast.AST) -> Node:
    """`root`, every part of which claims to stand where `node` stands."""
    place = {name: getattr(node, name) for name in PLACE}
    for part in walk(root):
        part.__dict__.update(place)
    return root


def located(made: Node, node: ast.AST) -> Node:
    """`made`, which claims to stand where `node` stands; its parts do not."""
    held = node.__dict__
    made.__dict__.update([(name, held[name]) for name in PLACE if name in held])
    return made


def completed(root: Node) -> Node:
    """`root`, whose parts without a place of their own have that of what holds them."""
    waiting: list[tuple[ast.AST, dict[str, Any]]] = [(root, dict(zip(PLACE, FIRST, strict=True)))]
    while waiting:
        node, place = waiting.pop()
        held = node.__dict__
        if held.get("end_lineno") is None or "lineno" not in held:
            for name in PLACE:
                if held.get(name) is None:
                    held[name] = place[name]
        if FIELDS[node.__class__]:
            waiting += [(part, held) for part in children(node)]
    return root


class Visitor:
    """Rewrites a tree in place: ``visit_X`` makes what stands instead of a node of class ``X``.

    As `ast.NodeTransformer`; a list stands for several statements, None for none.
    """

    def visit(self, node: ast.AST) -> Any:
        return getattr(self, "visit_" + node.__class__.__name__, self.generic_visit)(node)

    def generic_visit(self, node: Node) -> Node:
        """Visit the parts of a node."""
        held = node.__dict__
        for name in FIELDS[type(node)]:
            value = held.get(name)
            if type(value) is list:
                value[:] = self.several(value)
            elif isinstance(value, ast.AST):
                made = self.visit(value)
                if made is None:
                    delattr(node, name)
                else:
                    held[name] = made
        return node

    def several(self, parts: list) -> Iterator[Any]:
        for part in parts:
            made = self.visit(part) if isinstance(part, ast.AST) else part
            if isinstance(made, list):
                yield from made
            elif made is not None or part is None:
                yield made
