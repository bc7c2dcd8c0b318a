"""Formulas of the rule table as statements."""

import math
from collections.abc import Callable

from adjoint.compile.frontend.builtin_calls import BUILTINS
from adjoint.compile.frontend.calls import inline_function
from adjoint.compile.frontend.expressions import EXPRESSIONS, attribute_of
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.statements import STATEMENTS
from adjoint.compile.frontend.values import Value, is_atom, wrap
from adjoint.compile.inference import result_type
from adjoint.compile.ir.nodes import Apply, Atom, Builder, Var
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
        super().__init__(EXPRESSIONS, STATEMENTS, lambda get, key, name: wrap(get()))
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


def write_partial(
    s: Apply, position: int, formula: Callable, args: tuple[Atom, ...], *, plain: bool
) -> tuple[Atom, Builder]:
    """The partial derivative ``formula(*args)`` of a statement, and the statements that compute it.

    That of a foreign function which cannot be written as statements is one operation.
    """
    builder = Builder(place=s.place)
    limit = LENGTH if is_foreign(s.function) else math.inf
    try:
        value = write_formula(formula, args, builder, s.place, plain=plain, limit=limit)
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
