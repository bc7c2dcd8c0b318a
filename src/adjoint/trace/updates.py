"""Updates of arrays in place, ``array op= other``, on the tape.

The shadow of the array is updated in place too. What the array held before is saved only if the
derivative of this operation or an earlier entry of the tape reads it.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.rules import ruleset
from adjoint.rules.ruleset import Form, Rule
from adjoint.trace import entries, quick, writes
from adjoint.trace.memory import FLOAT, may_overlap_itself
from adjoint.trace.needs import operands_read

ARRAY, OTHER, RESULT = range(3)  # the operands of a formula
NUMBERS = frozenset({float, int, bool, np.float64, np.float32, np.int64})
IN_PLACE = {
    operator.add: operator.iadd,
    operator.sub: operator.isub,
    operator.mul: operator.imul,
    operator.truediv: operator.itruediv,
    operator.floordiv: operator.ifloordiv,
    operator.mod: operator.imod,
    operator.pow: operator.ipow,
    operator.matmul: operator.imatmul,
    operator.and_: operator.iand,
    operator.or_: operator.ior,
    operator.xor: operator.ixor,
    operator.lshift: operator.ilshift,
    operator.rshift: operator.irshift,
}


def rule_of_update(function: Callable, array: np.ndarray, other: Any) -> Rule | None:
    """The rule of ``array op= other`` if it can be an entry of its own; None if it cannot."""
    rule = ruleset.lookup(function, 2)
    is_simple = rule is not None and rule.form is Form.ELEMENTWISE and len(rule.partials) == 2
    if not is_simple or rule.covers is not None or rule.may_refuse:
        return None
    if type(array) is not np.ndarray or array.dtype.kind != "f":
        return None
    if type(other) is np.ndarray:
        is_apart = other.base is None and array.base is None and other is not array
        if not is_apart and np.may_share_memory(other, array):
            return None
        if other.dtype.kind not in "fib":
            return None
    elif type(other) not in NUMBERS:
        return None
    is_usual = array.dtype is FLOAT and getattr(other, "dtype", FLOAT) is FLOAT
    if not is_usual and np.result_type(array, other) != array.dtype:
        return None
    return None if not array.flags.forc and may_overlap_itself(array) else rule


def rule_onto(
    recorder: Any, root: Any, function: Callable, array: np.ndarray, other: Any
) -> Rule | None:
    """The rule of a binary operation whose result can take the place of its operand `array`.

    None if it cannot, or if the operand would have to be saved.
    """
    if recorder.outer is not None or root.held or root.block or not array.flags.writeable:
        return None
    if type(other) is np.ndarray and other.shape != array.shape:
        return None
    rule = rule_of_update(function, array, other)
    if rule is None:
        return None
    read = operands_read(rule, (root.live, recorder.place(other) is not None))
    return None if read is None or ARRAY in read or RESULT in read else rule


def update(recorder: Any, rule: Rule, function: Callable, array: np.ndarray, other: Any) -> None:
    """Do ``array op= other`` and record it."""
    root = recorder.root(array)
    place = recorder.place(other)
    live = (root.live, place is not None)
    read = operands_read(rule, live)
    restores = root.held
    is_saved = restores or read is None or ARRAY in read or RESULT in read
    before = None
    if is_saved:
        before = array.copy()
    IN_PLACE[function](array, other)
    if place is not None:
        root.live = True
    if read is None or OTHER in read or RESULT in read:
        recorder.hold(other)
    elif type(place) is np.ndarray:
        other = place
    if not restores:
        array = root.place_of(array)
    recorder.event(Updated(rule, function, array, other, place, live, read, before, restores))


class Updated(writes.Written):
    """``array op= other``.

    Attributes
    ----------
    live : whether the array, and `other`, had a derivative before.
    read : the operands that the formulas read; None for all.
    before : what the array held, if that is read or restored.
    restores : whether an earlier entry reads the array as it was.
    """

    __slots__ = (
        "array",
        "function",
        "live",
        "other",
        "place",
        "read",
        "restores",
        "rule",
    )

    def __init__(
        self,
        rule: Rule,
        function: Callable,
        array: np.ndarray,
        other: Any,
        place: Any,
        live: tuple[bool, bool],
        read: frozenset[int] | None,
        before: np.ndarray | None,
        restores: bool,
    ):
        self.rule = rule
        self.function = function
        self.array = array
        self.other = other
        self.place = place
        self.live = live
        self.read = read
        self.before = before
        self.restores = restores

    def slopes(self) -> list:
        """The partial derivatives of what is live, None for the rest; read before `redo`."""
        old = self.array if self.restores else self.before
        is_result_read = any(self.live) and (self.read is None or RESULT in self.read)
        operands = old, self.other, self.function(old, self.other) if is_result_read else None
        pairs = zip(self.live, self.rule.partials, strict=True)
        return [
            None if partial is None or not is_live else partial(*operands)
            for is_live, partial in pairs
        ]

    def backward(self, ledger: Any) -> None:
        ledger.undo(self)
        if not any(self.live) or not ledger.has(self.array):
            return
        shadow = ledger.shadow(self.array)
        of_array, of_other = self.slopes()
        if of_other is not None:
            self.give_other(ledger, shadow, of_other)
        self.scale(ledger, shadow, of_array)

    def give_other(self, ledger: Any, shadow: np.ndarray, slope: Any) -> None:
        """What `other` receives of the array's shadow."""
        if entries.is_ordinary(slope) and slope == 1.0:
            ledger.give(self.place, shadow)
        elif not ledger.is_quick:
            ledger.give(self.place, entries.strongly(shadow, slope), is_own=True)
        elif type(self.place) is int:
            ledger.give(self.place, quick.inner_product(shadow, slope))
        elif type(slope) is not float or slope != -1.0 or not ledger.subtracts(self.place, shadow):
            ledger.give(self.place, shadow * slope, is_own=True)

    def forward(self, ledger: Any) -> None:
        if any(self.live):
            tangent = None if self.place is None else ledger.read(self.place)
            shadow = ledger.shadow(self.array)
            of_array, of_other = self.slopes()
            self.scale(ledger, shadow, of_array)
            if tangent is not None and of_other is not None:
                shadow += entries.strongly(tangent, of_other)
        ledger.redo(self)

    def scale(self, ledger: Any, shadow: np.ndarray, slope: Any) -> None:
        """What the array gives of its shadow to itself as it was before."""
        if slope is None:
            if self.live[ARRAY]:
                shadow[...] = 0.0
        elif ledger.is_quick:
            shadow *= slope
        elif ledger.keeps_zeros or not entries.scales_in_place(shadow, slope, is_last=True):
            shadow[...] = entries.strongly(shadow, slope)

    def swap(self) -> None:
        if self.restores:
            after = np.array(self.array)
            self.put_back()
            self.before = after

    def replaced(self) -> np.ndarray | None:
        return self.before if self.restores else None
