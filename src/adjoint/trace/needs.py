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


@functools.cache
def constant_of(formula: Callable) -> float | None:
    """The number a formula always returns; None if it returns another thing, or others."""
    if not only_picks(formula) or names_read(formula) != frozenset():
        return None
    value = formula(*[None] * formula.__code__.co_argcount)
    return value if type(value) is float else None


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
    steps : for each argument that is live and has a partial, its position, the value of the formula
        if that is always the same, and the formula.
    held : the positions of the arguments a sweep reads, all of them if that cannot be told.
    holds_result : whether a sweep reads the result.
    """

    rule: Rule
    live: tuple[bool, ...]
    read: frozenset[int] | None
    steps: tuple[tuple[int, float | None, Callable], ...]
    held: tuple[int, ...]
    holds_result: bool


@functools.lru_cache(maxsize=4096)
def activity(rule: Rule, live: tuple[bool, ...]) -> Activity:
    """Worked out once for all calls of the kind."""
    is_elementwise = rule.form is Form.ELEMENTWISE
    read = operands_read(rule, live) if is_elementwise else None
    if rule.linear:
        read = frozenset(range(1, len(live)))
    steps = tuple(
        (index, constant_of(partial), partial)
        for index, (is_live, partial) in enumerate(zip(live, rule.partials, strict=False))
        if is_live and partial is not None
    )
    count = len(live)
    positions = frozenset(range(count + 1)) if read is None else read
    held = tuple(sorted(positions - {count}))
    return Activity(rule, live, read, steps, held, count in positions)
