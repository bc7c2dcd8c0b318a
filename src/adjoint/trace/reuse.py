"""Elementwise operations on plain arrays of floats: the common case, done and recorded at once.

What is recorded is what `Recorder.record` would. Results are written into memory of the reserve,
where there is some: the array is then the one that NumPy would have made, of its shape, dtype and
order, its own owner, and nobody else's. What is not certain to be so is left to NumPy.
"""

import functools
import itertools
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
from adjoint.trace.reserve import LEAST, RESERVE

OPERATORS = {
    operator.add: np.add,
    operator.sub: np.subtract,
    operator.mul: np.multiply,
    operator.truediv: np.true_divide,
    operator.neg: np.negative,
    operator.pow: np.power,
}
NUMBERS = frozenset({float, int, np.float64})
FLOAT = np.dtype(np.float64)
KINDS = frozenset({np.ufunc, BuiltinFunctionType})
OF_RESULT = 3  # references to a result: twice of its entry on the tape, once of its root


def apply(recorder: Any, function: Callable, args: tuple) -> np.ndarray | None:
    """Call `function` and record it, if it is the common case; None, with nothing done, if not.

    There is no outer level, and no observer.
    """
    if type(function) not in KINDS:
        return None
    is_large = has_dimensions = False
    for arg in args:
        if type(arg) is np.ndarray:
            if arg.dtype is not FLOAT:
                return None
            has_dimensions = has_dimensions or arg.ndim > 0
            is_large = is_large or arg.nbytes >= LEAST
        elif type(arg) not in NUMBERS:
            return None
    if not has_dimensions:
        return None
    if function is operator.pow and type(args[1]) is int and args[1] == 2:
        function, args = np.square, args[:1]
    ufunc = ufunc_of(function, len(args))
    rule = None if ufunc is None else ruleset.lookup(function, len(args))
    if rule is None or not is_common(rule, len(args)):
        return None
    reserves = is_large and RESERVE.size > 0 and function is not operator.pow
    out = computed(ufunc, args) if reserves else None
    if out is None:
        out = function(*args)
    record(recorder, rule, function, args, out)
    return out


def record(recorder: Any, rule: Rule, function: Callable, args: tuple, out: np.ndarray) -> None:
    """Put the call on the tape, if an argument is live."""
    roots, live = recorder.roots, recorder.live
    places = []
    is_live = False
    for arg in args:
        if type(arg) is np.ndarray:
            root = roots.get(id(arg if arg.base is None else owner_of(arg)))
            place = arg if root is not None and root.live else None
        else:
            place = None if type(arg) is int else live.get(id(arg))
        places.append(place)
        is_live = is_live or place is not None
    if not is_live:
        return
    count = len(args)
    read = operands_read(rule, tuple([place is not None for place in places]))
    for index in range(count) if read is None else read:
        if index < count and type(args[index]) is np.ndarray:
            recorder.root(args[index]).held = True
    root = roots[id(out)] = Root(out)
    root.live = True
    root.held = read is None or count in read
    root.known = OF_RESULT
    entry = entries.Located if rule.may_refuse else entries.Applied
    recorder.event(entry(rule, function, args, {}, tuple(places), out, out))


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


def computed(ufunc: Callable, args: tuple) -> np.ndarray | None:
    """``ufunc(*args)`` in memory of the reserve; None if there is none for it."""
    shape = None
    for arg in args:
        if type(arg) is np.ndarray:
            if arg.dtype is not FLOAT or (shape is not None and arg.shape != shape):
                return None
            if not arg.flags.c_contiguous and not is_in_order(arg):
                return None
            shape = arg.shape
        elif type(arg) not in NUMBERS:
            return None
    out = RESERVE.take(shape) if shape else None
    return None if out is None else ufunc(*args, out=out)


def is_in_order(array: np.ndarray) -> bool:
    """True if a result of the form of `array` has its elements one after the other."""
    if array.ndim < 2:
        return True
    strides = array.strides
    return strides[-1] > 0 and all(a > b for a, b in itertools.pairwise(strides))
