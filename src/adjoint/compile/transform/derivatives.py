"""What the transforms know of each operation: its elementwise rule, or that it has none.

The formulas themselves are in `adjoint.rules`; the compiler's own operations refer to them.
"""

import builtins
import math
import operator
from collections.abc import Callable

import numpy as np

import adjoint.rules  # noqa: F401  (enters the rules)
from adjoint.compile import operations
from adjoint.compile.natives import is_foreign
from adjoint.errors import MissingRule, Place
from adjoint.rules.ruleset import Form, Rule, lookup

SAME_RULE = {
    operations.larger: np.maximum,
    operations.smaller: np.minimum,
    operations.divide: np.divide,
    operations.plus: operator.add,
}
WITHOUT = frozenset(
    (
        operations.either,
        operations.both,
        operations.negation,
        operations.differs,
        operations.dim,
        operations.trips,
        operations.sum_fits,
        operations.difference_fits,
        operations.product_fits,
        operations.power_fits,
        operations.shift_fits,
        operations.int_fits,
        operations.held,
        operations.zeros,
        operations.empty,
        builtins.int,
        builtins.bool,
        builtins.round,
        builtins.len,
    )
)
SINGULAR = frozenset(
    (operations.divide, np.log, np.power, math.log, math.pow, np.reciprocal, pow, np.divide)
)
"""Operations whose result can be infinite: a partial made of them needs the strong zero."""


def is_singular(function: Callable) -> bool:
    """True for an operation whose result can be infinite or nan."""
    return is_foreign(function) or function in SINGULAR


def rule_of(function: Callable, arity: int) -> Rule | None:
    return lookup(SAME_RULE.get(function, function), arity)


def passes_derivative(function: Callable) -> bool:
    """False for an operation whose result never depends differentiably on its arguments."""
    if function in WITHOUT:
        return False
    rule = lookup(SAME_RULE.get(function, function))
    return rule is None or rule.form not in (Form.ZERO, Form.NONE)


def missing_rule(function: Callable, place: Place | None) -> MissingRule:
    return MissingRule(
        f"`{getattr(function, '__name__', function)}` has no derivative in the compiled tier",
        instead="write it with functions that have one, or drop jit on this function",
        place=place,
    )
