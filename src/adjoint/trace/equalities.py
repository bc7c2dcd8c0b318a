"""Tells where a program asks whether values are equal, and one that carries a derivative is.

Equality holds at a point, so a branch on it has a derivative that says nothing of the function
around that point. Values compared with themselves, or with what moves with them, are not meant.
"""

import operator
import sys
from typing import Any

import numpy as np

from adjoint.errors import ExactEquality, is_ours, warn

EQUAL = {operator.eq: True, operator.ne: False}  # the outcome that means equal
CONTAINERS = (list, tuple, dict)
NUMBERS = (float, complex, np.inexact)


class Equalities:
    """What one level notices."""

    def __init__(self, level: Any):
        self.level = level
        self.recorder = level.recorder

    def table(self) -> dict[Any, Any]:
        return {np.array_equal: self.array_equal, np.array_equiv: self.array_equiv}

    def array_equal(self, a1: Any, a2: Any, *args: Any, **kwargs: Any) -> bool:
        return self.noticed(np.array_equal(a1, a2, *args, **kwargs), a1, a2)

    def array_equiv(self, a1: Any, a2: Any) -> bool:
        return self.noticed(np.array_equiv(a1, a2), a1, a2)

    def noticed(self, is_equal: bool, left: Any, right: Any) -> bool:
        if is_equal and self.is_chance(left, right):
            self.tell(left if self.is_live(right) else right)
        return is_equal

    def is_chance(self, left: Any, right: Any) -> bool:
        """True if of equal values one carries a derivative and the other is a constant."""
        if left is right:
            return False
        if type(left) in CONTAINERS and type(left) is type(right):
            pairs = [(left[key], right[key]) for key in left] if isinstance(left, dict) else ()
            return any(self.is_chance(*pair) for pair in pairs or zip(left, right, strict=True))
        return self.is_live(left) is not self.is_live(right)

    def is_live(self, value: Any) -> bool:
        if isinstance(value, NUMBERS):
            return id(value) in self.recorder.live or id(value) in self.recorder.boxed
        if type(value) in CONTAINERS:
            return any(map(self.is_live, value.values() if type(value) is dict else value))
        return isinstance(value, np.ndarray) and self.recorder.is_live_array(value)

    def numbers(self, left: Any, right: Any) -> None:
        """Two numbers were found equal."""
        if self.is_live(left) or self.is_live(right):
            self.tell(right)

    def found(self, item: Any, owner: Any) -> None:
        """A number was found in a container."""
        if self.is_live(item):
            other = next(one for one in owner if one is item or one == item)
            self.noticed(True, item, other)

    def searched(self, item: Any, owner: Any) -> None:
        """A sequence is asked where, or how often, something is in it."""
        if isinstance(item, NUMBERS):
            for other in owner:
                if isinstance(other, NUMBERS) and other == item:
                    self.noticed(True, item, other)

    def tell(self, other: Any) -> None:
        frame = sys._getframe(1)
        while frame is not None and id(frame.f_code) not in self.level.rewritten:
            frame = frame.f_back
        if frame is None or is_ours(frame.f_code.co_filename):
            return
        shown = repr(other) if np.ndim(other) == 0 else "an array"
        warn(
            ExactEquality,
            f"a value that carries a derivative is exactly equal to {shown}, and the program "
            "asks for that: the derivative is that of the branch taken, which holds at this "
            "single point only",
        )
