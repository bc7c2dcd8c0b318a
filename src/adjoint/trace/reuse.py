"""Elementwise operations on plain arrays of floats: the common case, done and recorded at once.

What is recorded is what `Recorder.record` would. Results are written into memory of the reserve,
where there is some: the array is then the one that NumPy would have made, of its shape, dtype and
order, its own owner, and nobody else's. What is not certain to be so is left to NumPy.
"""

import functools
import operator
from collections.abc import Callable
from types import BuiltinFunctionType
from typing import Any

import numpy as np

from adjoint.rules import ruleset
from adjoint.rules.ruleset import Form, Rule
from adjoint.trace import entries
from adjoint.trace.memory import Root, owner_of
from adjoint.trace.needs import operands_read
from adjoint.trace.reserve import FLOAT, LEAST, RESERVE, computed

OPERATORS = {
    operator.add: np.add,
    operator.sub: np.subtract,
    operator.mul: np.multiply,
    operator.truediv: np.true_divide,
    operator.neg: np.negative,
    operator.pow: np.power,
}
PRODUCTS = frozenset({operator.mul, np.multiply})
KINDS = frozenset({np.ufunc, BuiltinFunctionType})
OF_RESULT = 3  # references to a result: twice of its entry on the tape, once of its root


def apply(recorder: Any, function: Callable, args: tuple) -> np.ndarray | None:
    """Call `function` and record it, if it is the common case; None, with nothing done, if not.

    There is no outer level, and no observer. Every array operation comes here, so it is written as
    one loop over the operands.
    """
    if type(function) not in KINDS:
        return None
    if function is operator.pow and len(args) == 2 and type(args[1]) is int and args[1] == 2:
        function, args = np.square, args[:1]
    if len(args) == 2 and args[0] is args[1] and function in PRODUCTS:
        function, args = np.square, args[:1]
    numbers, roots = recorder.live, recorder.roots
    first, is_alike, is_live = None, True, False
    places: list = []
    for arg in args:
        kind = type(arg)
        if kind is np.ndarray:
            if arg.dtype is not FLOAT:
                return None
            root = roots.get(id(arg if arg.base is None else owner_of(arg)))
            place = arg if root is not None and root.live else None
            if first is None:
                first = arg
            elif arg.shape != first.shape:
                is_alike = False
        elif kind is float or kind is np.float64:
            place = numbers.get(id(arg))
        elif kind is int:
            place = None
        else:
            return None
        if place is not None:
            is_live = True
        places.append(place)
    if first is None or first.ndim == 0:
        return None
    ufunc = ufunc_of(function, len(args))
    rule = ruleset.lookup(function, len(args)) if is_live and ufunc is not None else None
    if ufunc is None or (is_live and (rule is None or not is_common(rule, len(args)))):
        return None
    out = None
    if is_alike and RESERVE.size and first.nbytes >= LEAST and function is not operator.pow:
        out = computed(ufunc, args)
    if out is None:
        RESERVE.make_room_like(args)
        out = function(*args)
    if rule is not None:
        record(recorder, rule, function, args, tuple(places), out)
    return out


def record(
    recorder: Any, rule: Rule, function: Callable, args: tuple, places: tuple, out: np.ndarray
) -> None:
    """Put the call on the tape."""
    count = len(args)
    read = operands_read(rule, tuple([place is not None for place in places]))
    for index in range(count) if read is None else read:
        if index < count and type(args[index]) is np.ndarray:
            recorder.root(args[index]).held = True
    root = recorder.roots[id(out)] = Root(out)
    root.live = True
    root.held = read is None or count in read
    root.known = OF_RESULT
    entry = entries.Located if rule.may_refuse else entries.Applied
    recorder.event(entry(rule, function, args, {}, places, out, out))


@functools.lru_cache(maxsize=1024)
def is_common(rule: Rule, count: int) -> bool:
    """True for a rule that has a formula for each of `count` arguments, at all real numbers."""
    if rule.form is not Form.ELEMENTWISE or rule.covers is not None:
        return False
    return rule.vjp is None or entries.unknown_keyword(rule, count, ()) is None


@functools.lru_cache(maxsize=1024)
def ufunc_of(function: Callable, count: int) -> np.ufunc | None:
    """What makes one array of floats from `count` arrays of floats; None if `function` does not."""
    found = OPERATORS.get(function, function)
    if type(found) is not np.ufunc or found.signature is not None:
        return None
    suits = found.nin == count and found.nout == 1 and "d" * count + "->d" in found.types
    return found if suits else None
