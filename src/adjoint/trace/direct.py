"""Calls on plain arrays of floats and plain numbers: the common case, done and recorded at once.

What is recorded is what `Recorder.record` would. A call that needs any other care is left to the
recorder.
"""

import functools
import operator
from collections.abc import Callable
from dataclasses import dataclass
from types import BuiltinFunctionType
from typing import Any

import numpy as np

from adjoint.rules import ruleset
from adjoint.rules.ruleset import Form, Rule
from adjoint.trace import entries, pointwise
from adjoint.trace.memory import FLOAT, OF_RESULT, Root, owner_of
from adjoint.trace.needs import Activity, activity
from adjoint.trace.pointwise import NO_KEYWORDS, NOTHING, ORDINARY

OPERATORS = {  # not `pow`, for which NumPy's operator has ways of its own: roots, reciprocals
    operator.add: np.add,
    operator.sub: np.subtract,
    operator.mul: np.multiply,
    operator.truediv: np.true_divide,
    operator.neg: np.negative,
}
SETTINGS = ORDINARY | {str, type(None)}
KEYWORDS = frozenset({"axis", "keepdims", "ddof", "order"})
PAIRS: dict = {}  # the plans of operators that were called


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is known of a call before its arguments are.

    Attributes
    ----------
    is_pointwise : it makes one new array of floats from arrays of floats, as `pointwise` does it.
    takes_arrays : its arguments are arrays and numbers, not sequences.
    has_derivative : the result has one where an argument has.
    covers : which calls the formulas of the rule are of; None for all.
    """

    rule: Rule
    function: Callable
    is_pointwise: bool
    takes_arrays: bool
    has_derivative: bool
    covers: Callable[..., bool] | None


def binary(recorder: Any, function: Callable, left: Any, right: Any) -> Any:
    """``function(left, right)`` of an operator, as `apply` does it."""
    if left is right or type(right) is int:
        return apply(recorder, function, (left, right))
    known = PAIRS.get(function)
    if known is None or ruleset.RULES.get(function) is not known.rule:
        rule = ruleset.lookup(function, 2)
        known = None if rule is None else plan_of(rule, function, 2)
        if known is None or not known.is_pointwise:
            return NOTHING
        PAIRS[function] = known
    return pointwise.pair(recorder, known.rule, function, left, right)


def apply(recorder: Any, function: Callable, args: tuple, kwargs: dict = NO_KEYWORDS) -> Any:
    """Call `function` and record it, if it is the common case; else `NOTHING`, with nothing done.

    There is no outer level, and no observer. Every array operation comes here, so it is written as
    one loop over the operands.
    """
    count = len(args)
    if count == 2 and not kwargs and is_square(function, *args):
        function, args, count = np.square, args[:1], 1
    rule = ruleset.lookup(function, count)
    plan = None if rule is None else plan_of(rule, function, count, *kwargs)
    if plan is None or (kwargs and not all(map(is_setting, kwargs.values()))):
        return NOTHING
    if plan.is_pointwise and count == 2:
        return pointwise.pair(recorder, rule, function, *args)
    if plan.is_pointwise and count == 1:
        return pointwise.single(recorder, rule, function, *args)
    first, is_live, has_items = None, False, False
    places: list = []
    for arg in args:
        kind = type(arg)
        if kind in SETTINGS and not plan.takes_arrays:
            place = None
        elif (kind is list or kind is tuple) and not plan.takes_arrays:
            place = places_of_items(recorder, arg)
            has_items = True
        else:
            place = pointwise.place_of(recorder, arg)
            if kind is np.ndarray and first is None:
                first = arg
        if place is NOTHING:
            return NOTHING
        if place is not None:
            is_live = True
        places.append(place)
    is_common = has_items and is_live if first is None else first.ndim > 0
    if not is_common or (is_live and plan.covers is not None and not plan.covers(*args, **kwargs)):
        return NOTHING
    out = function(*args, **kwargs)
    if is_live and plan.has_derivative:
        return recorded(recorder, plan, args, kwargs, places, out)
    return out


def recorded(recorder: Any, plan: Plan, args: tuple, kwargs: dict, places: list, out: Any) -> Any:
    """What the call gives, put on the tape if it is not there yet."""
    if not plan.is_pointwise:
        if recorder.only_looks(out):
            return out  # at live arguments, or it is one
        if type(out) is np.ndarray and out.dtype.kind in "OV":
            return recorder.with_objects(plan.function, args, kwargs, out)
    record(recorder, plan, args, kwargs, places, out)
    return out


def record(
    recorder: Any, plan: Plan, args: tuple, kwargs: dict, places: list, out: np.ndarray
) -> None:
    """Put the call on the tape."""
    kind = type(out)
    is_array = kind is np.ndarray and out.dtype is FLOAT
    if not is_array and kind is not np.float64 and kind is not float:
        recorder.record(plan.rule, plan.function, args, kwargs, places, out)
        return
    active = activity(plan.rule, tuple([place is not None for place in places]))
    if not plan.takes_arrays and list in map(type, args):  # as they are now
        args = tuple([list(arg) if type(arg) is list else arg for arg in args])
    for index in active.held:
        arg = args[index]
        if type(arg) is np.ndarray:
            recorder.root(arg).held = True
        elif type(arg) is list or type(arg) is tuple:
            recorder.hold(arg)
    if is_array:
        out = out_place = place_of_result(recorder, active, out)
    else:
        out_place = recorder.enter(out)
    args = pointwise.kept(args, places, active.held)
    entry = entries.Located if plan.rule.may_refuse else entries.Applied
    recorder.event(entry(active, plan.function, args, kwargs, places, out, out_place))


def place_of_result(recorder: Any, active: Activity, out: np.ndarray) -> np.ndarray:
    """Make an array of floats live, which may look at memory that was there before."""
    owner = out if out.base is None else owner_of(out)
    root = recorder.roots.get(id(owner))
    if root is None:
        if owner is out and not active.holds_result and out.flags.c_contiguous:
            place = recorder.without_contents(out)
            if place is not None:
                return place
        root = recorder.roots[id(owner)] = Root(owner)
        root.known = OF_RESULT if owner is out else -1
    else:
        root.known = -1
    root.live = True
    if active.holds_result:
        root.held = True
    return root.place_of(out)


def is_square(function: Callable, left: Any, right: Any) -> bool:
    """True for ``x * x`` and ``x ** 2``."""
    if left is right:
        return function is operator.mul or function is np.multiply
    return function is operator.pow and type(right) is int and right == 2


def places_of_items(recorder: Any, items: list | tuple) -> Any:
    """The places of the items, None if they have none, `NOTHING` if one is not plain."""
    found: list = []
    is_live = False
    for item in items:
        kind = type(item)
        is_array = kind is np.ndarray and item.dtype is FLOAT
        if not is_array and kind is not int and kind is not float and kind is not np.float64:
            return NOTHING
        place = pointwise.place_of(recorder, item)
        if place is not None:
            is_live = True
        found.append(place)
    return found if is_live else None


def is_setting(value: Any) -> bool:
    """True for the value of a keyword that holds no number with a derivative."""
    if type(value) is tuple:
        return all(type(item) is int for item in value)
    return type(value) in SETTINGS


@functools.lru_cache(maxsize=4096)
def plan_of(rule: Rule, function: Callable, count: int, *names: str) -> Plan | None:
    """How a call with `count` arguments and keywords of these names is done; None if not here."""
    if rule.form is Form.DEFINED or not KEYWORDS.issuperset(names):
        return None
    is_elementwise = rule.form is Form.ELEMENTWISE
    has_derivative = is_elementwise or rule.form is Form.STRUCTURED
    if has_derivative and rule.vjp is not None:
        if entries.unknown_keyword(rule, count, names) is not None:
            return None
        if is_elementwise and names:
            return None
    elif is_elementwise and (names or count > len(rule.partials)):
        return None
    if isinstance(function, np.ufunc) and count > function.nin:
        return None  # the last is memory to write to
    is_pointwise = is_elementwise and not names and makes_floats(function, count)
    takes_arrays = is_elementwise or isinstance(function, np.ufunc)
    return Plan(rule, function, is_pointwise, takes_arrays, has_derivative, rule.covers)


def makes_floats(function: Callable, count: int) -> bool:
    """True for what makes one array of floats from `count` arrays of floats, as a ufunc does."""
    if type(function) is BuiltinFunctionType:
        function = OPERATORS.get(function, function)
    if type(function) is not np.ufunc or function.signature is not None:
        return False
    suits = function.nin == count and function.nout == 1
    return suits and "d" * count + "->d" in function.types
