"""`match` statements whose class patterns read attributes, or whose values are floats, by hooks.

A pattern becomes a constant that `Matcher` interprets as the language reference says; the names it
binds are assigned after the whole pattern has matched. Classes and values are evaluated when their
case is reached.
"""

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adjoint.walks import walk

SELF_MATCHING = (
    bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple,
)  # fmt: skip
MISSING = object()


def is_followed(node: ast.Match) -> bool:
    """True if a class pattern of a `match` statement looks into its object, or a value is a float.

    Equality with a float is what a program asks of numbers that may carry derivatives.
    """
    return any(
        (isinstance(part, ast.MatchClass) and (part.patterns or part.kwd_patterns))
        or (isinstance(part, ast.MatchValue) and has_float(part.value))
        for case in node.cases
        for part in walk(case.pattern)
    )


def has_float(node: ast.expr) -> bool:
    return any(
        isinstance(part, ast.Constant) and isinstance(part.value, float | complex)
        for part in walk(node)
    )


class Pattern:
    """A pattern as a constant, with the expressions and the names in it."""

    def __init__(self, node: ast.pattern):
        self.expressions: list[ast.expr] = []
        self.names: list[str] = []
        self.form = self.of(node)

    def expression(self, node: ast.expr) -> int:
        self.expressions.append(node)
        return len(self.expressions) - 1

    def name(self, name: str | None) -> str | None:
        if name is not None and name not in self.names:
            self.names.append(name)
        return name

    def of(self, node: ast.pattern | None) -> tuple:
        if node is None:
            return ("any",)
        return getattr(self, f"of_{type(node).__name__}")(node)

    def of_MatchValue(self, node: ast.MatchValue) -> tuple:
        return ("value", self.expression(node.value))

    def of_MatchSingleton(self, node: ast.MatchSingleton) -> tuple:
        return ("is", node.value)

    def of_MatchAs(self, node: ast.MatchAs) -> tuple:
        return ("as", self.of(node.pattern), self.name(node.name))

    def of_MatchStar(self, node: ast.MatchStar) -> tuple:
        return ("star", self.name(node.name))

    def of_MatchOr(self, node: ast.MatchOr) -> tuple:
        return ("or", *map(self.of, node.patterns))

    def of_MatchSequence(self, node: ast.MatchSequence) -> tuple:
        return ("sequence", *map(self.of, node.patterns))

    def of_MatchMapping(self, node: ast.MatchMapping) -> tuple:
        keys = tuple(map(self.expression, node.keys))
        return ("mapping", keys, tuple(map(self.of, node.patterns)), self.name(node.rest))

    def of_MatchClass(self, node: ast.MatchClass) -> tuple:
        kind = self.expression(node.cls)
        by_name = tuple(zip(node.kwd_attrs, map(self.of, node.kwd_patterns), strict=True))
        return ("class", kind, tuple(map(self.of, node.patterns)), by_name)


class Matcher:
    """Matches at one level, with its hooks."""

    def __init__(self, level: Any):
        self.compare = level.operators.compare
        self.members = level.members

    def match(self, subject: Any, form: tuple, names: tuple, *values: Any) -> tuple | None:
        """What the names of a pattern are bound to; None if `subject` does not match."""
        bound: dict[str | None, Any] = {}
        if not self.matches(subject, form, values, bound):
            return None
        return tuple(bound.get(name) for name in names)

    def matches(self, subject: Any, form: tuple, values: tuple, bound: dict) -> bool:
        kind, *rest = form
        if kind == "any":
            return True
        if kind == "value":
            return bool(self.compare(operator.eq, subject, values[rest[0]]))
        if kind == "is":
            return subject is rest[0]
        if kind == "as":
            return self.named(subject, *rest, values, bound)
        if kind == "or":
            return any(self.matches(subject, part, values, bound) for part in rest)
        matches: Callable = getattr(self, f"matches_{kind}")
        return matches(subject, rest, values, bound)

    def named(
        self, subject: Any, form: tuple, name: str | None, values: tuple, bound: dict
    ) -> bool:
        found = self.matches(subject, form, values, bound)
        if found and name is not None:
            bound[name] = subject
        return found

    def matches_sequence(self, subject: Any, forms: list, values: tuple, bound: dict) -> bool:
        if not isinstance(subject, Sequence) or isinstance(subject, str | bytes | bytearray):
            return False
        stars = [index for index, form in enumerate(forms) if form[0] == "star"]
        size = len(subject)
        if size != len(forms) if not stars else size < len(forms) - 1:
            return False
        load = self.members.load
        for index, form in enumerate(forms):
            if form[0] == "star":
                items = range(index, size - (len(forms) - 1 - index))
                if form[1] is not None:
                    bound[form[1]] = [load(subject, place) for place in items]
                continue
            place = index if not stars or index < stars[0] else size - (len(forms) - index)
            if not self.matches(load(subject, place), form, values, bound):
                return False
        return True

    def matches_mapping(self, subject: Any, parts: list, values: tuple, bound: dict) -> bool:
        keys, forms, rest = parts
        if not isinstance(subject, Mapping):
            return False
        keys = [values[key] for key in keys]
        for key, form in zip(keys, forms, strict=True):
            found = subject.get(key, MISSING)
            if found is MISSING or not self.matches(found, form, values, bound):
                return False
        if rest is not None:
            bound[rest] = {key: item for key, item in subject.items() if key not in keys}
        return True

    def matches_class(self, subject: Any, parts: list, values: tuple, bound: dict) -> bool:
        kind, by_place, by_name = values[parts[0]], parts[1], parts[2]
        if not isinstance(subject, kind):
            return False
        named = list(by_name)
        if by_place and issubclass(kind, SELF_MATCHING) and not hasattr(kind, "__match_args__"):
            if len(by_place) > 1:
                raise too_many(kind, 1, len(by_place))
            if not self.matches(subject, by_place[0], values, bound):
                return False
        elif by_place:
            known = getattr(kind, "__match_args__", ())
            if len(by_place) > len(known):
                raise too_many(kind, len(known), len(by_place))
            named = [*zip(known, by_place, strict=False), *named]
        for name, form in named:
            try:
                found = self.members.attribute(subject, name)
            except AttributeError:
                return False
            if not self.matches(found, form, values, bound):
                return False
        return True


def too_many(kind: type, known: int, given: int) -> TypeError:
    """What Python says."""
    plural = "" if known == 1 else "s"
    return TypeError(
        f"{kind.__name__}() accepts {known} positional sub-pattern{plural} ({given} given)"
    )
