"""`match`, as the chain of `if` that it stands for.

What a pattern asks of the form of its subject is known when a program is compiled; what it asks of
numbers is compared when the program runs.
"""

import ast
from dataclasses import dataclass
from typing import Any

from adjoint.compile import operations
from adjoint.compile.frontend import iteration
from adjoint.compile.frontend.builtin_calls import is_of
from adjoint.compile.frontend.expressions import TRACED, attribute_of, comparison, key_of, new_list
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.statements import bind_name
from adjoint.compile.frontend.values import (
    Handle,
    Static,
    TupleValue,
    Value,
    is_atom,
    same,
    wrap,
)
from adjoint.compile.ir.nodes import Atom, Const

OF_ITSELF = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)
"""Classes whose one positional pattern is that of the object itself."""


class Matched(ast.expr):
    """An expression: whether the subject in a cell fits a pattern."""

    _attributes = ast.expr._attributes

    def __init__(self, key: tuple, pattern: ast.pattern):
        super().__init__()
        self.key, self.pattern = key, pattern


class Bound(ast.stmt):
    """A statement: the names of a pattern get what they stand for."""

    _attributes = ast.stmt._attributes

    def __init__(self, key: tuple, pattern: ast.pattern):
        super().__init__()
        self.key, self.pattern = key, pattern


def as_conditional(lower: Lowerer, node: ast.Match) -> ast.If:
    """`node` as an `if`; its subject is computed now."""
    key = (lower.frame, f"<subject at {node.lineno}>")
    value = lower.expression(node.subject)
    iteration.refuse_kept(lower, value)
    lower.cells[key] = value
    chain: list[ast.stmt] = []
    for case in reversed(node.cases):
        bound = at(Bound(key, case.pattern), case.pattern)
        body = [bound, *case.body]
        if case.guard is not None:
            guarded = at(ast.If(case.guard, case.body, chain), case.pattern)
            body = [bound, guarded]
        chain = [
            at(ast.If(at(Matched(key, case.pattern), case.pattern), body, chain), case.pattern)
        ]
    (made,) = chain
    assert isinstance(made, ast.If)
    return made


def at(node: Any, where: ast.pattern) -> Any:
    return ast.copy_location(node, where)


@dataclass(slots=True)
class Match:
    """How a subject fits a pattern: a test, and what the names of the pattern stand for."""

    lower: Lowerer
    test: Atom
    names: dict[str, Value]

    def require(self, test: Value) -> bool:
        """Add a test; False if it is known that it fails."""
        found = self.lower.truth(test)
        if isinstance(found, Const):
            self.test = self.test if found.value else Const(False)
        elif same(self.test, Const(True)):
            self.test = found
        elif not isinstance(self.test, Const):
            self.test = self.lower.emit(operations.both, self.test, found)
        return not same(self.test, Const(False))

    def of(self, pattern: ast.pattern, value: Value) -> None:
        """Add what a pattern asks of a value."""
        match pattern:
            case ast.MatchAs():
                if pattern.pattern is not None:
                    self.of(pattern.pattern, value)
                if pattern.name is not None:
                    self.names[pattern.name] = value
            case ast.MatchValue():
                other = self.lower.expression(pattern.value)
                self.require(comparison(self.lower, ast.Eq(), value, other))
            case ast.MatchSingleton():
                self.require(comparison(self.lower, ast.Is(), value, wrap(pattern.value)))
            case ast.MatchOr():
                self.of_any(pattern.patterns, value)
            case ast.MatchSequence():
                self.of_sequence(pattern.patterns, value)
            case ast.MatchMapping():
                self.of_mapping(pattern, value)
            case ast.MatchClass():
                self.of_class(pattern, value)
            case _:
                raise self.lower.refuse("this pattern cannot be compiled", instead=TRACED)

    def of_any(self, patterns: list[ast.pattern], value: Value) -> None:
        found: Atom = Const(False)
        for pattern in patterns:
            one = Match(self.lower, Const(True), {})
            one.of(pattern, value)
            if one.names and not isinstance(one.test, Const):
                raise self.lower.refuse("names in patterns with `|`", instead="write two cases")
            if same(one.test, Const(True)):
                self.names |= one.names
                return
            if same(found, Const(False)):
                found = one.test
            elif not same(one.test, Const(False)):
                found = self.lower.emit(operations.either, found, one.test)
        self.require(found)

    def of_sequence(self, patterns: list[ast.pattern], value: Value) -> None:
        is_list = isinstance(value, Handle) and value.kind == "list"
        if not self.require(Const(is_list or isinstance(value, TupleValue))):
            return
        items = iteration.items(self.lower, value)
        stars = [i for i, p in enumerate(patterns) if isinstance(p, ast.MatchStar)]
        least = len(patterns) - len(stars)
        fits = len(items) >= least if stars else len(items) == least
        if not self.require(Const(fits)):
            return
        for star in stars:
            end = len(items) - (len(patterns) - star - 1)
            rest = new_list(self.lower, items[star:end])
            self.names |= {n: rest for n in (getattr(patterns[star], "name", None),) if n}
            patterns = [*patterns[:star], *patterns[star + 1 :]]
            items = (*items[:star], *items[end:])
        for pattern, item in zip(patterns, items, strict=True):
            self.of(pattern, item)

    def of_mapping(self, pattern: ast.MatchMapping, value: Value) -> None:
        if not self.require(Const(isinstance(value, Handle) and value.kind == "dict")):
            return
        contents: Any = dict(self.lower.usable(self.lower.cells[value], "the dict"))
        for key, inner in zip(pattern.keys, pattern.patterns, strict=True):
            known = key_of(self.lower, self.lower.expression(key))
            if not self.require(Const(known in contents)):
                return
            self.of(inner, contents.pop(known))
        if pattern.rest is not None:
            rest = self.names[pattern.rest] = Handle("dict")
            self.lower.cells[rest] = contents

    def of_class(self, pattern: ast.MatchClass, value: Value) -> None:
        cls = self.lower.expression(pattern.cls)
        kind = cls.value if isinstance(cls, Static) else None
        if not isinstance(kind, type):
            raise self.lower.refuse("this pattern cannot be compiled", instead=TRACED)
        if not self.require(Const(is_of(self.lower, value, kind))):
            return
        names = [*pattern.kwd_attrs]
        if issubclass(kind, OF_ITSELF) and not hasattr(kind, "__match_args__"):
            for inner in pattern.patterns:
                self.of(inner, value)
        else:
            fields = getattr(kind, "__match_args__", ())
            names = [*fields[: len(pattern.patterns)], *names]
            for name, inner in zip(names, [*pattern.patterns, *pattern.kwd_patterns], strict=True):
                self.of(inner, attribute_of(self.lower, value, name))
            return
        for name, inner in zip(names, pattern.kwd_patterns, strict=True):
            self.of(inner, attribute_of(self.lower, value, name))


def matched(lower: Lowerer, node: Matched) -> Value:
    """The value of `Matched`."""
    found = Match(lower, Const(True), {})
    found.of(node.pattern, lower.cells[node.key])
    return found.test


def bound(lower: Lowerer, node: Bound) -> None:
    """What `Bound` does."""
    found = Match(lower, Const(True), {})
    found.of(node.pattern, lower.cells[node.key])
    for name, value in found.names.items():
        if is_atom(value) or not same(lower.cells.get((lower.frame, name)), value):
            bind_name(lower, name, value)
