"""Formulas of the rule table as statements."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from adjoint.compile.frontend.builtin_calls import BUILTINS
from adjoint.compile.frontend.calls import inline_function
from adjoint.compile.frontend.expressions import EXPRESSIONS, attribute_of
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.statements import STATEMENTS
from adjoint.compile.frontend.values import Value, is_atom, wrap
from adjoint.compile.inference import result_type
from adjoint.compile.ir.copying import Copier
from adjoint.compile.ir.nodes import Apply, Atom, Builder, Const, Var
from adjoint.compile.natives import formula_of, is_foreign
from adjoint.errors import MissingRule, Place, UnsupportedSyntax, UnsupportedType

LENGTH = 40
"""The most operations of a formula of a foreign function that are written out."""


class FormulaLowerer(Lowerer):
    """A lowerer of code that captures only what never changes: modules, functions, constants.

    Parameters
    ----------
    limit : how many operations are worth writing; a formula of more is refused.
    """

    def __init__(self, limit: float) -> None:
        super().__init__(EXPRESSIONS, STATEMENTS, lambda get, key, name: constant(get()))
        self.attribute = attribute_of
        self.builtins = BUILTINS
        self.left = limit

    def emit(self, function: Callable, *args: Atom, keywords: tuple = (), name: str = "") -> Atom:
        self.left -= 1
        if self.left < 0:
            raise self.refuse("a long formula", instead="compute it as one operation")
        return super().emit(function, *args, keywords=keywords, name=name)

    def capture_default(self, function: Callable, position: int) -> Value:
        return wrap(function.__defaults__[position])

    def capture_keyword_default(self, function: Callable, name: str) -> Value:
        return wrap(function.__kwdefaults__[name])


def constant(found: Any) -> Value:
    """What a formula reads from its module; a number of NumPy's rounds as one of Python's does."""
    return wrap(found.item() if isinstance(found, np.floating) else found)


def write_formula(
    formula: Callable,
    args: tuple[Value, ...],
    builder: Builder,
    place: Place | None,
    *,
    plain: bool = False,
    limit: float = math.inf,
) -> Value:
    """Write ``formula(*args)`` into `builder`.

    Division gives inf where Python would raise, unless `plain` says that it cannot happen.
    """
    lower = FormulaLowerer(limit)
    lower.builder, lower.place = builder, place
    return inline_function(lower, formula, list(args), {}, formula=not plain)


def written_formula(
    formula: Callable, args: tuple[Atom, ...], place: Place | None, plain: bool, limit: float
) -> tuple[Value, Builder]:
    """A formula as `write_formula` writes it; one of numbers is a copy of how it was first written.

    What is written depends on the types of its arguments, on which are the same, and on constants.
    """
    builder = Builder(place=place)
    if any(a.type.is_array for a in args):
        return write_formula(formula, args, builder, place, plain=plain, limit=limit), builder
    key = formula, plain, limit, tuple(map(partial(shown, args), args))
    if key not in KNOWN:
        params = {a: Var("x", a.type) for a in args if isinstance(a, Var)}
        first = Builder(place=place)
        given = tuple(params.get(a, a) if isinstance(a, Var) else a for a in args)
        value = write_formula(formula, given, first, place, plain=plain, limit=limit)
        simple = [st for st in first.statements if isinstance(st, Apply)]
        if not is_atom(value) or len(simple) < len(first.statements):
            return write_formula(formula, args, builder, place, plain=plain, limit=limit), builder
        if len(KNOWN) >= MOST:
            KNOWN.clear()
        KNOWN[key] = given, tuple(simple), value
    given, statements, value = KNOWN[key]
    copier = Copier({a: b for a, b in zip(given, args, strict=True) if isinstance(a, Var)})
    for statement in statements:
        builder.add(copier.statement(replace(statement, place=place)))
    return copier.atom(value), builder


def shown(args: tuple[Atom, ...], atom: Atom) -> tuple:
    """A constant by its value, a variable by its type and the first argument that it is."""
    if isinstance(atom, Const):
        return (type(atom.value), repr(atom.value))
    return (atom.type, next(place for place, arg in enumerate(args) if arg is atom))


MOST = 4096
KNOWN: dict[tuple, tuple[tuple[Atom, ...], tuple[Apply, ...], Atom]] = {}
"""Formulas of numbers that were written before: their arguments, statements and value."""


def write_partial(
    s: Apply, position: int, formula: Callable, args: tuple[Atom, ...], *, plain: bool
) -> tuple[Atom, Builder]:
    """The partial derivative ``formula(*args)`` of a statement, and the statements that compute it.

    That of a foreign function which cannot be written as statements is one operation.
    """
    limit = LENGTH if is_foreign(s.function) else math.inf
    try:
        value, builder = written_formula(formula, args, s.place, plain, limit)
        if not is_atom(value):  # the formula raises: there is none
            raise MissingRule(
                f"the derivative of `{s.function.__name__}` to its argument {position} has no rule",
                instead="pass adjoint.stop_gradient of it, if it needs none",
                place=s.place,
            )
        return value, builder
    except (UnsupportedSyntax, UnsupportedType):
        if not is_foreign(s.function):
            raise
    builder = Builder(place=s.place)
    operation = formula_of(formula, f"{s.function.__name__}_partial_{position}")
    out = Var("partial", result_type(operation, args, (), s.place))
    builder.add(Apply(out, operation, args, (), s.place))
    return out, builder
