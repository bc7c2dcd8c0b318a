"""Functions of each element, of plain arrays of floats and plain numbers: done, recorded, swept.

Most operations of most array programs are of this kind, and most arrays are small, so that what an
operation costs besides its arithmetic decides. Operands are looked at once; what depends on the
function and on which operands are live alone is worked out once for all calls.
"""

from typing import Any

import numpy as np

from adjoint.rules.ruleset import Rule
from adjoint.trace import entries, quick
from adjoint.trace.memory import OF_RESULT, Root, owner_of
from adjoint.trace.needs import activity
from adjoint.trace.reserve import FLOAT, LEAST, RESERVE, computed

NOTHING = object()  # is returned where nothing was done
ORDINARY = frozenset({int, bool, np.int64, np.bool_})  # types of numbers without a derivative
ORDINALS = frozenset("biu")  # kinds of dtypes without one
NO_KEYWORDS: dict = {}


def single(recorder: Any, rule: Rule, ufunc: np.ufunc, function: Any, operand: Any) -> Any:
    """``function(operand)``, recorded; `NOTHING`, with nothing done, if it is not a plain array."""
    if type(operand) is not np.ndarray or operand.dtype is not FLOAT or not operand.shape:
        return NOTHING
    root = recorder.roots.get(id(operand if operand.base is None else owner_of(operand)))
    is_live = root is not None and root.live
    args = (operand,)
    if is_live and rule.covers is not None and not rule.covers(operand):
        return NOTHING
    out = in_reserve(ufunc, args) if RESERVE.size and operand.nbytes >= LEAST else None
    if out is None:
        out = function(operand)
    if is_live:
        record(recorder, rule, function, args, [operand], True, out)
    return out


def pair(recorder: Any, rule: Rule, ufunc: np.ufunc, function: Any, left: Any, right: Any) -> Any:
    """``function(left, right)``, recorded; `NOTHING`, with nothing done, if they are not plain.

    One of them is an array that is not 0-d.
    """
    first = None
    is_alike = True
    kind = type(left)
    if kind is np.ndarray:
        first, place = left, None
        if left.dtype is FLOAT:
            root = recorder.roots.get(id(left if left.base is None else owner_of(left)))
            if root is not None and root.live:
                place = left
        elif left.dtype.kind in ORDINALS:
            is_alike = False
        else:
            return NOTHING
    elif kind is float or kind is np.float64:
        place = recorder.live.get(id(left))
    elif kind in ORDINARY:
        place = None
    else:
        return NOTHING
    kind = type(right)
    if kind is np.ndarray:
        other = None
        if right.dtype is FLOAT:
            root = recorder.roots.get(id(right if right.base is None else owner_of(right)))
            if root is not None and root.live:
                other = right
        elif right.dtype.kind in ORDINALS:
            is_alike = False
        else:
            return NOTHING
        if first is None:
            first = right
        elif left.shape != right.shape:
            is_alike = False
    elif kind is float or kind is np.float64:
        other = recorder.live.get(id(right))
    elif kind in ORDINARY:
        other = None
    else:
        return NOTHING
    if first is None or not first.shape:
        return NOTHING
    args = (left, right)
    is_live = place is not None or other is not None
    if is_live and rule.covers is not None and not rule.covers(left, right):
        return NOTHING
    out = None
    if RESERVE.size:
        out = in_reserve(ufunc, args) if is_alike and first.nbytes >= LEAST else make_room(args)
    if out is None:
        out = function(left, right)
    if is_live:
        record(recorder, rule, function, args, [place, other], is_alike, out)
    return out


def in_reserve(ufunc: np.ufunc, args: tuple) -> np.ndarray | None:
    """The result in memory of the reserve; None if there is none, and then there is room for it."""
    out = computed(ufunc, args)
    return make_room(args) if out is None else out


def make_room(args: tuple) -> None:
    RESERVE.make_room_like(args)


def record(
    recorder: Any,
    rule: Rule,
    function: Any,
    args: tuple,
    places: list,
    is_alike: bool,
    out: np.ndarray,
) -> None:
    """Put the call on the tape; `out` is a new array of floats.

    `is_alike`: every operand that is an array has its shape, and is one of floats.
    """
    active = activity(rule, tuple([place is not None for place in places]))
    for index in active.held:
        arg = args[index]
        if type(arg) is np.ndarray:
            recorder.root(arg).held = True
    recorder.roots[id(out)] = Root(out, True, active.holds_result, OF_RESULT)
    if rule.may_refuse:
        kind = entries.Located
    else:
        kind = Pointwise if is_alike and out.flags.c_contiguous else entries.Applied
    entry = kind(active, function, args, NO_KEYWORDS, places, out, out)
    recorder.events.append((len(recorder.parents), len(recorder.partials), entry))


class Pointwise(entries.Applied):
    """Such a call whose operands that are arrays have the shape of the result, which is in C order.

    All of them hold float64.
    """

    __slots__ = ()

    def backward(self, ledger: Any) -> None:
        if not ledger.is_quick:
            entries.Applied.backward(self, ledger)
            return
        out, buffers = self.out, ledger.buffers
        ct = buffers.pop(id(out), None)
        if ct is None or not ct.flags.carray or ct.shape != out.shape:
            if ct is not None:
                buffers[id(out)] = ct
            entries.Applied.backward(self, ledger)
        elif ct.nbytes >= LEAST:
            quick.elementwise(self, ledger, ct)
            RESERVE.recycle(ct)
        else:
            self.give_small(ledger, ct)

    def give_small(self, ledger: Any, ct: np.ndarray) -> None:
        """Give the cotangent `ct`, which is nobody else's, to the operands."""
        places = self.places
        remaining = len(self.active.steps)
        for position, constant, partial in self.active.steps:
            remaining -= 1
            slope = partial(*self.args, self.out) if constant is None else constant
            place = places[position]
            if type(place) is int:
                ledger.give(place, quick.inner_product(ct, slope))
            elif constant == 1.0:
                ledger.give_alike(place, ct, remaining == 0)
            else:
                ledger.give_alike(place, ct * slope, True)
