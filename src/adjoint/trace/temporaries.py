"""Operators whose operand is the result of another operator of the same expression.

Nobody but the tape has such an operand: a large array among them, whose contents no derivative
reads, can hold the result, as in NumPy's own expressions.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.trace.memory import LARGE
from adjoint.trace.updates import rule_onto, update

HERE = 2  # references to an argument: that of its variable, and that of the call that counts


class Temporaries:
    """The hooks of one level; `binary` is its hook for all other operators."""

    def __init__(self, recorder: Any, binary: Callable):
        self.recorder = recorder
        self.binary = binary

    def onto_left(self, function: Callable, left: Any, right: Any) -> Any:
        """``function(left, right)``, where `left` is such an operand."""
        if type(left) is np.ndarray and left.nbytes >= LARGE:
            root = self.recorder.roots.get(id(left))
            # A call in between would add a reference: the count stands here, and below, in full.
            if root is not None and sys.getrefcount(left) == root.known + HERE:
                rule = rule_onto(self.recorder, root, function, left, right)
                if rule is not None:
                    update(self.recorder, rule, function, left, right)
                    root.known += root.seen is None
                    return left
        return self.binary(function, left, right)

    def onto_right(self, function: Callable, left: Any, right: Any) -> Any:
        """The same where `right` is, and `function` is commutative."""
        if type(right) is np.ndarray and right.nbytes >= LARGE:
            root = self.recorder.roots.get(id(right))
            if root is not None and sys.getrefcount(right) == root.known + HERE:
                rule = rule_onto(self.recorder, root, function, right, left)
                if rule is not None:
                    update(self.recorder, rule, function, right, left)
                    root.known += root.seen is None
                    return right
        return self.binary(function, left, right)
