"""Loops that the eager peers run turn by turn."""

from collections.abc import Callable
from typing import Any


class Loop:
    """The loops of `benchmarks.array_forms`, turn by turn."""

    def __init__(self, xp: Any):
        self.xp = xp

    def __call__(self, step: Callable, state: Any, count: int) -> Any:
        """``state = step(state, i)`` for each i."""
        for i in range(count):
            state = step(state, i)
        return state

    def scan(self, step: Callable, state: Any, items: tuple) -> tuple:
        """``state, out = step(state, *items_of_a_turn)``; the last state, and all that came out."""
        found = []
        for each in zip(*items, strict=True):
            state, out = step(state, *each)
            found.append(out)
        return state, self.xp.stack(found)

    def until(self, step: Callable, state: Any, going: Callable) -> Any:
        """``state = step(state)`` while ``going(state)``."""
        while going(state):
            state = step(state)
        return state
