"""Formulas of the rule table as statements."""

from collections.abc import Callable

from adjoint.compile.frontend.builtin_calls import BUILTINS
from adjoint.compile.frontend.calls import inline_function
from adjoint.compile.frontend.expressions import EXPRESSIONS, attribute_of
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.statements import STATEMENTS
from adjoint.compile.frontend.values import Value, wrap
from adjoint.compile.ir.nodes import Builder
from adjoint.errors import Place


class FormulaLowerer(Lowerer):
    """A lowerer of code that captures only what never changes: modules, functions, constants."""

    def __init__(self) -> None:
        super().__init__(EXPRESSIONS, STATEMENTS, lambda get, key, name: wrap(get()))
        self.attribute = attribute_of
        self.builtins = BUILTINS

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
) -> Value:
    """Write ``formula(*args)`` into `builder`.

    Division gives inf where Python would raise, unless `plain` says that it cannot happen.
    """
    lower = FormulaLowerer()
    lower.builder, lower.place = builder, place
    return inline_function(lower, formula, list(args), {}, formula=not plain)
