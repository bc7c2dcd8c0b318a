"""What the sweep of an operation needs, where only some of its arguments carry a derivative.

What no formula reads need not be kept as it was: the program may overwrite it without a copy.
"""

import dis
import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType

from adjoint.rules.ruleset import Form, Rule

PICKING = frozenset(
    {"RESUME", "LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}
)
VARIABLE = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS


@functools.cache
def names_read(formula: Callable) -> frozenset[int] | None:
    """The positions of the parameters that a formula reads; None if that cannot be told.

    Every instruction that names a parameter counts, whatever it does with it.
    """
    if type(formula) is not FunctionType or formula.__code__.co_flags & VARIABLE:
        return None
    code = formula.__code__
    named: set = set()
    for instruction in dis.get_instructions(code):
        value = instruction.argval
        named.update(value if type(value) is tuple else [value] if type(value) is str else [])
    parameters = code.co_varnames[: code.co_argcount]
    return frozenset(place for place, name in enumerate(parameters) if name in named)


@functools.cache
def only_picks(formula: Callable) -> bool:
    """True for a formula that returns a constant, or one of its arguments: it makes no array."""
    if type(formula) is not FunctionType:
        return False
    names = {instruction.opname for instruction in dis.get_instructions(formula)}
    return names <= PICKING


@functools.lru_cache(maxsize=1024)
def operands_read(rule: Rule, live: tuple[bool, ...]) -> frozenset[int] | None:
    """The positions of the operands that the partials of the live ones read.

    The result stands behind the operands, at ``len(live)``. None if any may be read.
    """
    found: set[int] = set()
    for is_live, partial in zip(live, rule.partials, strict=False):
        if is_live and partial is not None:
            read = names_read(partial)
            if read is None or partial.__code__.co_argcount != len(live) + 1:
                return None
            found |= read
    return frozenset(found)


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """A rule, with which of the arguments carry a derivative.

    Attributes
    ----------
    live : for each argument, whether it carries one.
    read : the positions of the operands a sweep reads, as `operands_read` gives them; None for all.
    partials : for an elementwise rule, the position, the formula, and whether that `only_picks`,
        for each argument that is live and has a partial.
    """

    rule: Rule
    live: tuple[bool, ...]
    read: frozenset[int] | None
    partials: tuple[tuple[int, Callable, bool], ...]


@functools.lru_cache(maxsize=4096)
def activity(rule: Rule, live: tuple[bool, ...]) -> Activity:
    """Worked out once for all calls of the kind."""
    is_elementwise = rule.form is Form.ELEMENTWISE
    read = operands_read(rule, live) if is_elementwise else None
    if rule.linear:
        read = frozenset(range(1, len(live)))
    partials = tuple(
        (index, partial, only_picks(partial))
        for index, (is_live, partial) in enumerate(zip(live, rule.partials, strict=False))
        if is_live and partial is not None
    )
    return Activity(rule, live, read, partials)
