"""The hooks of operators and comparisons.

They do what CPython does, operand by operand and in its order, but call methods that are written
in Python through the call hook, and tell the recorder what happened to numbers and arrays.
"""

import operator
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from adjoint.trace import direct, equalities, foreign, special_methods
from adjoint.trace.array_protocols import UFUNC_OF, handler_of, ordered
from adjoint.trace.equalities import EQUAL
from adjoint.trace.kernels import NUMBERS
from adjoint.trace.natives import CONTAINERS
from adjoint.trace.plain_types import ABSENT, EQUATED, class_attribute, python_method
from adjoint.trace.reach import reachable
from adjoint.trace.recorder import missing_rule

PLAIN = frozenset({int, float, complex, bool, np.ndarray})
NUMERIC = (int, float, complex, np.number, np.bool_, np.ndarray)
REFLECTED = {
    operator.add: ("__add__", "__radd__"),
    operator.sub: ("__sub__", "__rsub__"),
    operator.mul: ("__mul__", "__rmul__"),
    operator.truediv: ("__truediv__", "__rtruediv__"),
    operator.floordiv: ("__floordiv__", "__rfloordiv__"),
    operator.mod: ("__mod__", "__rmod__"),
    operator.pow: ("__pow__", "__rpow__"),
    operator.matmul: ("__matmul__", "__rmatmul__"),
    operator.and_: ("__and__", "__rand__"),
    operator.or_: ("__or__", "__ror__"),
    operator.xor: ("__xor__", "__rxor__"),
    operator.lshift: ("__lshift__", "__rlshift__"),
    operator.rshift: ("__rshift__", "__rrshift__"),
    operator.lt: ("__lt__", "__gt__"),
    operator.le: ("__le__", "__ge__"),
    operator.gt: ("__gt__", "__lt__"),
    operator.ge: ("__ge__", "__le__"),
    operator.eq: ("__eq__", "__eq__"),
    operator.ne: ("__ne__", "__ne__"),
}
OF_COMPARISONS = dict(pair for pair in REFLECTED.values() if not pair[1].startswith("__r"))
UFUNC_OF_METHOD = {
    name: (ufunc, name == names[1])
    for function, ufunc in UFUNC_OF.items()
    if (names := REFLECTED.get(function)) is not None
    for name in names
}
UNARY_METHODS = {operator.neg: "__neg__", operator.pos: "__pos__", operator.invert: "__invert__"}
COMPARISONS = frozenset(
    {operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne}
)
JOINED = frozenset({list, tuple, str, bytes})
ANY_NUMBER = (int, float, complex, np.number)
COLLECTIONS = (list, tuple, set, frozenset, dict)
SEQUENCES = (list, tuple, str, bytes, bytearray, deque)


def is_plain(kind: type) -> bool:
    """True for numbers and arrays as they are: not for subclasses with operators of their own."""
    return kind in PLAIN or issubclass(kind, np.generic)


class Operators:
    """The hooks of one level."""

    def __init__(self, level: Any):
        self.level = level
        self.recorder = level.recorder
        self.calls = level.calls
        self.arrays = level.arrays
        self.is_direct = level.outer is None

    # operators

    def binary(self, function: Callable, left: Any, right: Any) -> Any:
        here, there = type(left), type(right)
        if (here is np.ndarray or there is np.ndarray) and self.is_direct:
            out = direct.binary(self.recorder, function, left, right)
            if out is not direct.NOTHING:
                return out
        if here is there and here in JOINED and function is operator.add:
            return function(left, right)
        if (here in PLAIN or is_plain(here)) and (there in PLAIN or is_plain(there)):
            return self.recorder.apply(function, (left, right), {})
        return self.object_binary(function, left, right)

    def object_binary(self, function: Callable, left: Any, right: Any) -> Any:
        """An operator on something that is not a number: Python's own protocol."""
        name, reflected = REFLECTED[function]
        here, there = type(left), type(right)
        if python_method(here, name) is None and python_method(there, reflected) is None:
            return self.native_binary(function, left, right)
        attempts = [(left, name, right)]
        if here is not there or function in COMPARISONS:
            attempts.append((right, reflected, left))
        if (
            here is not there
            and issubclass(there, here)
            and class_attribute(there, reflected) is not class_attribute(here, reflected)
        ):
            attempts.reverse()
        if isinstance(left, SEQUENCES) and python_method(here, name) is None:
            attempts.reverse()  # a sequence joins and repeats when nobody else wants to
        for owner, method_name, other in attempts:
            method = class_attribute(type(owner), method_name)
            if method is ABSENT or method is None:
                continue
            python = python_method(type(owner), method_name)
            if python is not None:
                result = self.calls.call(python, owner, other)
            elif isinstance(owner, np.ndarray | np.generic):
                result = self.numpy_operand(method, owner, other)
            else:
                result = foreign.made(self.recorder, method, owner, other)
            if result is not NotImplemented:
                return result
        return (
            function(left, right) if function in COMPARISONS else no_operator(function, left, right)
        )

    def numpy_operand(self, method: Callable, owner: Any, other: Any) -> Any:
        """An operator of NumPy on an object of the user's: NumPy would call the object's
        reflected method with plain floats, whose derivatives would be lost."""
        if handler_of(other, "__array_ufunc__") is not None:
            function = getattr(operator, method.__name__.strip("_"), None)
            if function in UFUNC_OF:
                return self.calls.call(UFUNC_OF[function], owner, other)
        result = method(owner, other)
        if result is NotImplemented:
            return result
        if self.recorder.place(owner) is None and self.recorder.outer is None:
            if self.lost_items(result, other):
                raise missing_rule(method)
            return result
        if isinstance(owner, np.floating) and not hasattr(other, "__array__"):
            return method_of_float(self.calls, method.__name__, owner, other)
        if isinstance(other, NUMERIC) and method.__name__ in UFUNC_OF_METHOD:
            ufunc, is_reflected = UFUNC_OF_METHOD[method.__name__]
            return self.calls.call(ufunc, *((other, owner) if is_reflected else (owner, other)))
        raise missing_rule(method)

    def lost_items(self, result: Any, operand: Any) -> bool:
        """True for numbers that NumPy made of a sequence that holds something live."""
        kind = type(operand)
        is_sequence = hasattr(kind, "__len__") and hasattr(kind, "__getitem__")
        is_made = isinstance(result, np.ndarray | np.number) and result.dtype.kind in "fciub"
        if not (is_made and is_sequence) or isinstance(operand, NUMERIC):
            return False
        return self.recorder.place(result) is None and reachable(self.recorder, operand)

    def native_binary(self, function: Callable, left: Any, right: Any) -> Any:
        if function in COMPARISONS:
            out = function(left, right)
            if function in EQUAL and isinstance(left, equalities.CONTAINERS):
                self.calls.equalities.noticed(out is EQUAL[function], left, right)
            return out
        if isinstance(left, SEQUENCES) or isinstance(right, SEQUENCES):
            out = function(left, right)  # joined, repeated, formatted; or an array
            if function is operator.mod and isinstance(left, str | bytes):
                return self.level.texts.note(right, out)
            if not isinstance(out, np.ndarray | np.generic):
                return out
            left, right = (
                self.calls.call(np.asarray, side) if isinstance(side, list | tuple) else side
                for side in (left, right)
            )
        if isinstance(left, NUMERIC) or isinstance(right, NUMERIC):
            ufunc = UFUNC_OF.get(function)
            if ufunc is not None and ordered((left, right), "__array_ufunc__"):
                return self.calls.call(ufunc, left, right)
            sides = tuple(self.side(side) for side in (left, right))
            return self.recorder.apply(function, sides, {})
        return foreign.made(self.recorder, function, left, right)

    def side(self, operand: Any) -> Any:
        """What NumPy takes an operand for that is no number: an array of its items."""
        if isinstance(operand, NUMERIC) or not isinstance(operand, Iterable):
            return operand
        found = self.calls.call(np.asarray, operand)
        return found if np.ndim(found) else operand  # which is one object to NumPy

    def unary(self, function: Callable, operand: Any) -> Any:
        method = python_method(type(operand), UNARY_METHODS[function])
        if method is not None:
            return self.calls.call(method, operand)
        return self.recorder.apply(function, (operand,), {})

    def inplace(self, function: Callable, plain: Callable, left: Any, right: Any) -> Any:
        if isinstance(left, np.ndarray) and not self.has_own_update(function, left, right):
            return self.arrays.update(plain, left, right)
        if is_plain(type(left)):
            return self.binary(plain, left, right)
        method = python_method(type(left), f"__{function.__name__.rstrip('_')}__")
        if method is not None:
            result = self.calls.call(method, left, right)
            if result is not NotImplemented:
                return result
            return self.object_binary(plain, left, right)
        if isinstance(left, np.ndarray) and plain in UFUNC_OF:
            return self.calls.call(UFUNC_OF[plain], left, right, out=(left,))
        if hasattr(type(left), f"__{function.__name__.rstrip('_')}__"):
            if isinstance(left, list | deque):
                result = self.numbers_first(plain, left, right)
                if result is not NotImplemented:
                    return result
                if plain is operator.add:
                    right = self.level.traversal.iterate(right)
            if isinstance(left, CONTAINERS):
                return function(left, right)
            return foreign.made(self.recorder, function, left, right)
        return self.binary(plain, left, right)

    def numbers_first(self, function: Callable, left: Any, right: Any) -> Any:
        """What a number, or an array, on the right makes of a sequence: Python asks it first."""
        if isinstance(right, np.ndarray | np.generic):
            return self.binary(function, left, right)
        method = python_method(type(right), REFLECTED[function][1])
        return NotImplemented if method is None else self.calls.call(method, right, left)

    def has_own_update(self, function: Callable, left: Any, right: Any) -> bool:
        """True if ``left op= right`` is more than a store into an array."""
        if type(left) is np.ndarray and is_plain(type(right)):
            return False
        name = f"__{function.__name__.rstrip('_')}__"
        is_handled = bool(ordered((left, right), "__array_ufunc__"))
        return is_handled or python_method(type(left), name) is not None

    def compare(self, function: Callable, left: Any, right: Any) -> Any:
        if type(left) in EQUATED and type(right) in EQUATED:
            return function(left, right)
        if type(left) in NUMBERS and type(right) in NUMBERS:
            out = function(left, right)
            if function in EQUAL and bool(out) is EQUAL[function] and left is not right:
                self.calls.equalities.numbers(left, right)
            return out
        if is_plain(type(left)) and is_plain(type(right)):
            out = function(left, right)
        else:
            out = self.object_binary(function, left, right)
        is_of_numbers = isinstance(left, ANY_NUMBER) and isinstance(right, ANY_NUMBER)
        if function in EQUAL and is_of_numbers and bool(out) is EQUAL[function]:
            self.calls.equalities.noticed(left is not right, left, right)
        return out

    def contains(self, item: Any, owner: Any) -> bool:
        """``item in owner``."""
        kind = type(owner)
        if kind.__module__ != "builtins":
            special_methods.follow(kind)
            method = python_method(kind, "__contains__")
            if method is not None:
                return bool(self.calls.call(method, owner, item))
        is_found = item in owner
        if is_found and isinstance(item, ANY_NUMBER) and isinstance(owner, COLLECTIONS):
            self.calls.equalities.found(item, owner)
        return is_found


def method_of_float(calls: Any, name: str, number: Any, other: Any) -> Any:
    """``number op other`` for a NumPy number: NumPy hands the object a plain float."""
    usual = name.replace("__r", "__") if name.startswith("__r") else f"__r{name[2:]}"
    reflected = OF_COMPARISONS.get(name, usual)
    return calls.call(getattr(other, reflected), calls.call(float, number))


def no_operator(function: Callable, left: Any, right: Any) -> Any:
    """Raise what CPython raises for an operator that neither operand has."""
    symbol = function.__name__.rstrip("_")
    raise TypeError(
        f"unsupported operand type(s) for {symbol}: "
        f"'{type(left).__name__}' and '{type(right).__name__}'"
    )
