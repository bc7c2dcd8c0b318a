"""Functions of each element, of plain arrays of floats and plain numbers: done, recorded, swept.

Most operations of most array programs are of this kind, and most arrays are small, so that what an
operation costs besides its arithmetic decides. Operands are looked at once; what depends on the
function and on which operands are live alone is worked out once for all calls.
"""

from typing import Any

import numpy as np

from adjoint.rules.ruleset import Rule
from adjoint.trace import entries, quick
from adjoint.trace.memory import FLOAT, LARGE, OF_RESULT, Root, owner_of
from adjoint.trace.needs import Activity, activity

NOTHING = object()  # is returned where nothing was done
ORDINARY = frozenset({int, bool, np.int64, np.bool_})  # types of numbers without a derivative
ORDINALS = frozenset("biu")  # kinds of dtypes without one
NO_KEYWORDS: dict = {}


def single(recorder: Any, rule: Rule, function: Any, operand: Any) -> Any:
    """``function(operand)``, recorded; `NOTHING`, with nothing done, if it is not a plain array."""
    if type(operand) is not np.ndarray or operand.dtype is not FLOAT or not operand.shape:
        return NOTHING
    place = place_of(recorder, operand)
    if place is not None and rule.covers is not None and not rule.covers(operand):
        return NOTHING
    out = function(operand)
    if place is not None:
        record(recorder, activity(rule, (True,)), function, (operand,), [place], True, out)
    return out


def pair(recorder: Any, rule: Rule, function: Any, left: Any, right: Any) -> Any:
    """``function(left, right)``, recorded; `NOTHING`, with nothing done, if they are not plain.

    One of them is an array that is not 0-d.
    """
    place, other = place_of(recorder, left), place_of(recorder, right)
    if place is NOTHING or other is NOTHING:
        return NOTHING
    if type(left) is np.ndarray:
        first, is_alike = left, left.dtype is FLOAT
        if type(right) is np.ndarray:
            is_alike = is_alike and right.dtype is FLOAT and left.shape == right.shape
    elif type(right) is np.ndarray:
        first, is_alike = right, right.dtype is FLOAT
    else:
        return NOTHING
    is_live = place is not None or other is not None
    if not first.shape or (is_live and rule.covers is not None and not rule.covers(left, right)):
        return NOTHING
    args = (left, right)
    out = function(left, right)
    if is_live:
        active = activity(rule, (place is not None, other is not None))
        record(recorder, active, function, args, [place, other], is_alike, out)
    return out


def place_of(recorder: Any, value: Any) -> Any:
    """The place of an array or number; None if it has none, `NOTHING` if it is of another kind."""
    kind = type(value)
    if kind is np.ndarray:
        if value.dtype is FLOAT:
            root = recorder.roots.get(id(value if value.base is None else owner_of(value)))
            if root is None or not root.live:
                return None
            return value if root.seen is None else root.place_of(value)
        return None if value.dtype.kind in ORDINALS else NOTHING
    if kind is float or kind is np.float64:
        return recorder.live.get(id(value))
    return None if kind in ORDINARY else NOTHING


def record(
    recorder: Any,
    active: Activity,
    function: Any,
    args: tuple,
    places: list,
    is_alike: bool,
    out: np.ndarray,
) -> None:
    """Put the call on the tape; `out` is a new array of floats.

    `is_alike`: every operand that is an array has its shape, and is one of floats.
    """
    for index in active.held:
        arg = args[index]
        is_array = type(arg) is np.ndarray
        is_usual = arg.dtype is FLOAT if is_array else type(arg) is float and arg != 0.0
        if not is_usual:
            arg = entries.divisible(entries.widened(arg))
            args = (*args[:index], arg, *args[index + 1 :])
        if is_array:
            recorder.root(arg).held = True
    is_ordered = out.flags.c_contiguous
    place = None if active.holds_result or not is_ordered else recorder.without_contents(out)
    if place is None:
        recorder.roots[id(out)] = Root(out, True, active.holds_result, OF_RESULT)
        place = out
    if active.rule.may_refuse:
        kind = entries.Located
    else:
        kind = Pointwise if is_alike and is_ordered else entries.Applied
    args = kept(args, places, active.held)
    entry = kind(active, function, args, NO_KEYWORDS, places, place, place)
    recorder.events.append((len(recorder.parents), len(recorder.partials), entry))


def kept(args: tuple, places: list, held: tuple[int, ...]) -> tuple:
    """What an entry keeps of its arguments: placeholders of those that it does not read."""
    found = args
    for index, place in enumerate(places):
        if index in held or place is args[index]:
            continue
        if type(place) is np.ndarray:
            found = (*found[:index], place, *found[index + 1 :])
        elif type(place) is list:
            pairs = zip(place, args[index], strict=True)
            items = [part if type(part) is np.ndarray else item for part, item in pairs]
            found = (*found[:index], type(args[index])(items), *found[index + 1 :])
    return found


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
        elif ct.nbytes >= LARGE:
            quick.elementwise(self, ledger, ct)
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
            elif remaining == 0 and quick.can_hold(ct, slope):
                ledger.give_alike(place, np.multiply(ct, slope, ct), True)
            else:
                ledger.give_alike(place, ct * slope, True)
