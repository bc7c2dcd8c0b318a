"""Other people's arrays: subclasses of `numpy.ndarray`, and objects that NumPy hands its calls to.

What a class does in Python about a call of NumPy (``__array_ufunc__``, ``__array_function__``) is
called through the hook, in NumPy's own order. What NumPy itself does with a subclass is recorded
as done to the plain array in the same memory, and refused if that gives something else.
"""

import operator
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

import numpy as np

from adjoint.trace.plain_types import python_method

NOBODY = object()
FAMILIAR = frozenset(
    [np.ndarray, np.float64, np.bool_, np.int64, float, int, bool, complex, str, type(None), slice]
)
UFUNC_OF = {
    operator.add: np.add,
    operator.sub: np.subtract,
    operator.mul: np.multiply,
    operator.truediv: np.true_divide,
    operator.floordiv: np.floor_divide,
    operator.mod: np.remainder,
    operator.pow: np.power,
    operator.matmul: np.matmul,
    operator.neg: np.negative,
    operator.pos: np.positive,
    operator.abs: np.absolute,
}
# Methods of a subclass are what NumPy's functions call: asking them here would go in circles.
# The methods of arrays that are the reduction of a ufunc, and the names of their arguments.
OF_SUMS = ("axis", "dtype", "out", "keepdims", "initial", "where")
OF_EXTREMES = ("axis", "out", "keepdims", "initial", "where")
REDUCED = {
    "sum": (np.add, OF_SUMS),
    "prod": (np.multiply, OF_SUMS),
    "max": (np.maximum, OF_EXTREMES),
    "min": (np.minimum, OF_EXTREMES),
}
MAKERS = frozenset({np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray})


def is_subclass_instance(value: Any) -> bool:
    return isinstance(value, np.ndarray) and type(value) is not np.ndarray


def handler_of(value: Any, name: str) -> FunctionType | None:
    """The method `name` of a value's class, if it is written in Python."""
    kind = type(value)
    if kind in FAMILIAR or kind is list or kind is tuple or kind.__module__ == "builtins":
        return None
    return python_method(kind, name)


def ordered(values: Iterable, name: str) -> list:
    """The values with a method of that name, one of each type, subclasses before their bases."""
    found: list = []
    for value in values:
        if handler_of(value, name) is None or any(type(v) is type(value) for v in found):
            continue
        place = next((i for i, v in enumerate(found) if issubclass(type(value), type(v))), None)
        found.insert(len(found) if place is None else place, value)
    return found


def parts(args: tuple, kwargs: dict) -> list:
    """The arguments of a call, and what is in sequences among them."""
    given = [*args, *kwargs.values()]
    inner = [item for value in given if type(value) in (list, tuple) for item in value]
    return [*given, *inner]


class ArrayProtocols:
    """The two protocols at one level."""

    def __init__(self, calls: Any):
        self.calls = calls

    def dispatch(self, function: Callable, args: tuple, kwargs: dict) -> Any:
        """What a class among the arguments makes of the call; `NOBODY` if none wants it."""
        if isinstance(function, np.ufunc):
            return self.by_ufunc(function, "__call__", args, kwargs)
        if function in MAKERS or type(function) is FunctionType:
            return NOBODY  # NumPy asks for functions of its dispatcher only, and for each once
        return self.by_function(function, args, kwargs)

    def by_ufunc(self, ufunc: np.ufunc, method: str, args: tuple, kwargs: dict) -> Any:
        out = kwargs.get("out", ())
        out = out if isinstance(out, tuple) else (out,)
        owners = ordered([*args, *out], "__array_ufunc__")
        if not owners:
            return NOBODY
        given = {**kwargs, "out": out} if "out" in kwargs else kwargs
        for owner in owners:
            handler = handler_of(owner, "__array_ufunc__")
            result = self.calls.call(handler, owner, ufunc, method, *args, **given)
            if result is not NotImplemented:
                return result
        return getattr(ufunc, method)(*args, **kwargs)  # raises NumPy's own error

    def by_function(self, function: Callable, args: tuple, kwargs: dict) -> Any:
        given = parts(args, kwargs)
        owners = ordered(given, "__array_function__")
        if not owners:
            return NOBODY
        is_plain = any(type(value) is np.ndarray for value in given)
        types = (*map(type, owners), *([np.ndarray] if is_plain else []))
        for owner in owners:
            handler = handler_of(owner, "__array_function__")
            result = self.calls.call(handler, owner, function, types, args, kwargs)
            if result is not NotImplemented:
                return result
        if is_plain and all(issubclass(kind, np.ndarray) for kind in types):
            return NOBODY  # NumPy itself does it for its own class, the last that is asked
        return function(*args, **kwargs)  # raises NumPy's own error

    def by_method(self, name: str, owner: np.ndarray, args: tuple, kwargs: dict) -> Any:
        """What its class makes of a native method: it is asked for the ufunc inside, if any."""
        reduced = REDUCED.get(name)
        if reduced is None:
            return NOBODY
        ufunc, names = reduced
        given = {**dict.fromkeys(names[:2]), **dict(zip(names, args, strict=False)), **kwargs}
        given = {name: value for name, value in given.items() if (name, value) != ("out", None)}
        return self.by_ufunc(ufunc, "reduce", (owner,), {"keepdims": False, **given})

    def native(self, owner: np.ndarray, name: str, args: tuple, kwargs: dict) -> Any:
        """The method of that name that `numpy.ndarray` has itself."""
        if name == "__array_ufunc__":
            ufunc, method, *inputs = args
            if ordered([*inputs, *kwargs.get("out", ())], "__array_ufunc__"):
                return NotImplemented
            if method == "__call__":
                return self.calls.call(ufunc, *inputs, **kwargs)
            return self.calls.call(getattr(ufunc, method), *inputs, **kwargs)
        function, types, inputs, named = args
        if not all(issubclass(kind, np.ndarray) for kind in types):
            return NotImplemented
        return self.calls.numpy.undispatched(function, inputs, named)


def bare(value: Any) -> Any:
    """The plain array in the memory of a subclass; in sequences too."""
    if is_subclass_instance(value):
        return value.view(np.ndarray)
    if isinstance(value, list | tuple) and any(is_subclass_instance(item) for item in value):
        return (list if isinstance(value, list) else tuple)(bare(item) for item in value)
    return value


def is_same_without_class(out: Any, function: Callable, args: tuple, kwargs: dict) -> bool:
    """True if NumPy gives `out` for the plain arrays too."""
    expected = function(*(bare(arg) for arg in args), **kwargs)
    if not (isinstance(out, tuple) and isinstance(expected, tuple)):
        return is_same(out, expected)
    return len(out) == len(expected) and all(map(is_same, out, expected))


def is_same(out: Any, expected: Any) -> bool:
    return np.shape(expected) == np.shape(out) and np.array_equal(
        bare(out), expected, equal_nan=np.asarray(expected).dtype.kind in "fc"
    )
