"""What calls of functions with rules are made of: positions, names and defaults."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.rules import ruleset
from adjoint.trace import entries

SETTINGS = frozenset({bool, int, str, type(None)})  # not floats, which may carry a derivative


@functools.cache
def parameters(function: Callable) -> dict[str, Any]:
    """Names and defaults of what can be given by position, in order, and by name.

    What has no name for the caller begins with a slash. Of a native function that has no signature,
    those of its formulas.
    """
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        rule = ruleset.lookup(function)
        stated = rule and (rule.vjp or rule.definition)
        return dict(entries.parameters(stated)) if stated else {}
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in found):
        return {}
    return {spelling(p): p.default for p in found if p.kind is not p.VAR_KEYWORD}


def spelling(parameter: inspect.Parameter) -> str:
    return f"/{parameter.name}" if parameter.kind is parameter.POSITIONAL_ONLY else parameter.name


def in_place(function: Callable, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """The same call, with what the function requires at its position."""
    required = [n for n, default in parameters(function).items() if default is entries.REQUIRED]
    if len(args) >= len(required) or required[len(args)] not in kwargs:
        return args, kwargs
    kwargs = dict(kwargs)
    filled = list(args)
    for name in required[len(args) :]:
        if name not in kwargs:
            break
        filled.append(kwargs.pop(name))
    return tuple(filled), kwargs


def without_defaults(function: Callable, kwargs: dict) -> dict:
    """`kwargs` without the settings that are so anyway."""
    known = parameters(function)
    return {
        name: value
        for name, value in kwargs.items()
        if type(value) not in SETTINGS or name not in known or not is_same(value, known[name])
    }


def is_same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and value == default


def by_name(function: Callable, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """The same call, with names for what the formulas do not have at the same position."""
    count = common(function)
    if len(args) <= count:
        return args, kwargs
    names = list(parameters(function))[count : len(args)]
    return args[:count], {**dict(zip(names, args[count:], strict=False)), **kwargs}


@functools.cache
def common(function: Callable) -> int:
    """How many arguments a function and its formulas take at the same positions."""
    rule = ruleset.lookup(function)
    known = parameters(function)
    is_several = any(other is function for other, _ in ruleset.OVERLOADS)
    if rule is None or is_several or isinstance(function, np.ufunc) or not known:
        return MANY
    stated = [names_of(f) for f in (rule.vjp, rule.definition) if f is not None]
    if not stated:
        return len(rule.partials) or MANY
    for place, (name, default) in enumerate(known.items()):
        is_open = default is not entries.REQUIRED and not name.startswith("/")
        if is_open and any(not has(names, place, name) for names in stated):
            return place
    return MANY


def names_of(formula: Callable) -> list[str] | None:
    """What a formula takes by position; None if that is whatever there is."""
    found = inspect.signature(formula).parameters.values()
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in found):
        return None
    return [name for name, _ in entries.parameters(formula)]


def has(names: list[str] | None, place: int, name: str) -> bool:
    return names is None or names[place : place + 1] == [name]


MANY = 1000  # arguments
