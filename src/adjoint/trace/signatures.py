"""What calls of functions with rules are made of: positions, names and defaults."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

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


def with_keywords(function: Callable, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """The same call with keywords for what the rule does not take by position."""
    known = ruleset.lookup(function, len(args))
    if known is None or known.vjp is None:
        return args, kwargs
    if entries.unknown_keyword(known, len(args), ()) is None:
        return args, kwargs
    count = len(entries.parameters(known.vjp))
    try:
        names = list(inspect.signature(function).parameters)[count : len(args)]
    except ValueError:  # a native function without a signature
        return args, kwargs
    return args[:count], {**dict(zip(names, args[count:], strict=False)), **kwargs}
