"""How a row says in which call a callable is differentiated, or why it is not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Through:
    """A function of `args` that calls the callable.

    `rtol` is how well finite differences can know the derivative, where the callable iterates.
    """

    function: Callable
    args: tuple
    rtol: float | None = None


@dataclass(frozen=True)
class Elsewhere:
    """The test of a callable whose results finite differences cannot follow."""

    test: str


def through(function: Callable, *args: Any, rtol: float | None = None) -> list[Through]:
    """The row of a callable that is called by a program: it makes objects, or needs constants."""
    return [Through(function, args, rtol)]


def alike(args: tuple, names: str) -> dict[str, list[tuple]]:
    """The rows of several callables that take the same arguments."""
    return {name: [args] for name in names.split()}


def without(reason: str, names: str) -> dict[str, str]:
    """Callables that have no derivative, and why."""
    return dict.fromkeys(names.split(), reason)
