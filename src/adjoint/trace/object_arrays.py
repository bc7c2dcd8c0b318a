"""Arrays of objects: containers, whose elements carry their own derivatives.

What NumPy does with such an array it does with the objects, by Python's operators; the same is done
here through the hooks of the level. What else is given one is refused.
"""

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.rules import ruleset
from adjoint.rules.methods import method_rule
from adjoint.rules.ruleset import Form
from adjoint.trace.array_protocols import MAKERS, UFUNC_OF
from adjoint.trace.recorder import inside_objects

BINARY = {ufunc: function for function, ufunc in UFUNC_OF.items() if ufunc is not np.matmul}
OPERATORS = {**BINARY, **{function: function for function in BINARY.values()}}
PRODUCTS = frozenset({np.dot, np.matmul, operator.matmul, np.inner, method_rule("dot")})
REDUCTIONS = {
    **dict.fromkeys([np.sum, method_rule("sum")], operator.add),
    **dict.fromkeys([np.prod, method_rule("prod")], operator.mul),
}
EXTREMES = {
    np.max: max,
    np.amax: max,
    method_rule("max"): max,
    np.min: min,
    method_rule("min"): min,
}
CASTS = MAKERS | {method_rule("astype")}
MOVING_METHODS = (
    *("reshape", "transpose", "flatten", "copy", "ravel", "squeeze", "swapaxes", "take", "repeat"),
    *("diagonal", "item", "tolist"),
)
MOVING = frozenset(
    {
        *(method_rule(name) for name in MOVING_METHODS),
        *(np.reshape, np.transpose, np.ravel, np.squeeze, np.expand_dims, np.swapaxes, np.moveaxis),
        *(np.copy, np.flip, np.roll, np.take, np.repeat, np.tile, np.broadcast_to, np.diagonal),
        *(np.concatenate, np.stack, np.vstack, np.hstack, np.atleast_1d, np.atleast_2d),
        np.where,
    }
)


NUMERIC = (np.ndarray, np.generic, int, float, complex)
AS_ARRAYS = ("__array__", "__array_interface__", "__array_struct__", "__array_ufunc__")


def has_objects(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.hasobject and value.dtype.kind == "O"


def is_object(value: Any) -> bool:
    """True for what NumPy takes for one object, neither a number nor a sequence of them."""
    kind = type(value)
    if isinstance(value, NUMERIC) or kind.__module__ == "builtins":
        return False
    if any(hasattr(kind, name) for name in AS_ARRAYS):
        return False
    return not hasattr(kind, "__getitem__") or np.asarray(value).dtype.hasobject


class ObjectArrays:
    """How one level calls NumPy with arrays of objects."""

    def __init__(self, level: Any):
        self.level = level
        self.recorder = level.recorder
        self.known: dict[Callable, Callable] = {
            **{f: functools.partial(self.elementwise, symbol) for f, symbol in OPERATORS.items()},
            **{f: functools.partial(self.reduce, symbol) for f, symbol in REDUCTIONS.items()},
            **{f: functools.partial(self.extreme, chosen) for f, chosen in EXTREMES.items()},
            **dict.fromkeys(PRODUCTS, self.product),
        }

    def apply(self, function: Callable, args: tuple, kwargs: dict) -> Any:
        """A function with a rule that is given an array of objects."""
        if function in CASTS:
            return self.cast(function, args, kwargs)
        if function in MOVING:
            return function(*map(self.with_items, args), **kwargs)
        known = self.known.get(function)
        if known is not None:
            return known(*args, **kwargs)
        if isinstance(function, np.ufunc) and function.nin == 1 and function.nout == 1:
            return self.elementwise(functools.partial(self.method, function), *args)
        out = function(*args, **kwargs)
        rule = ruleset.lookup(function, len(args))
        if rule is None or rule.form not in (Form.NONE, Form.ZERO):
            self.recorder.require_inactive(function, args, kwargs)
        return out

    def made(self, function: Callable, args: tuple, kwargs: dict, out: np.ndarray) -> np.ndarray:
        """An array of objects made of live values: all of them must be in it."""
        if function is method_rule("astype"):
            return self.as_objects(args[0])
        items = out.ravel().tolist()
        if not any(isinstance(item, np.ndarray) for item in items):
            args = tuple(map(self.with_items, args))
            out = function(*args, **kwargs)
            items = out.ravel().tolist()
        present = set(map(id, leaves(items)))
        for leaf in leaves([*args, *kwargs.values()]):
            if id(leaf) not in present and self.recorder.place(leaf) is not None:
                raise inside_objects()
        return out

    # conversions

    def with_items(self, value: Any) -> Any:
        """The same with live arrays of numbers, which NumPy would take apart, as objects."""
        if type(value) in (list, tuple):
            return type(value)(map(self.with_items, value))
        is_numeric = isinstance(value, np.ndarray) and value.dtype.kind in "fc"
        is_live = is_numeric and self.recorder.place(value) is not None
        return self.as_objects(value) if is_live else value

    def as_objects(self, array: np.ndarray) -> np.ndarray:
        """An array of Python numbers, each with its derivative."""
        load, to_python = self.level.arrays.load, self.level.calls.numpy.to_python
        found = np.empty(array.shape, object)
        for index in np.ndindex(array.shape):
            element = load(array, index)
            is_numpy = isinstance(element, np.generic)
            found[index] = to_python(element, "item", ()) if is_numpy else element
        return found

    def operand(self, value: Any) -> np.ndarray:
        if isinstance(value, np.ndarray):
            return value if has_objects(value) else self.as_objects(value)
        if type(value) in (list, tuple):
            return self.level.calls.call(np.array, value, dtype=object)
        found = np.empty((), object)
        found[()] = value
        return found

    def numbers(self, array: np.ndarray, dtype: Any) -> np.ndarray:
        """The array of numbers that NumPy makes of the objects."""
        return self.level.calls.call(np.array, array.tolist(), dtype)

    def cast(self, function: Callable, args: tuple, kwargs: dict) -> Any:
        out = function(*args, **kwargs)
        return self.numbers(args[0], out.dtype) if out.dtype.kind in "fc" else out

    # arithmetic

    def elementwise(self, symbol: Callable, *operands: Any, **kwargs: Any) -> Any:
        if kwargs:
            raise inside_objects()
        arrays = [self.operand(operand) for operand in operands]
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
        wide = [np.broadcast_to(array, shape) for array in arrays]
        call = self.level.calls.call
        found = np.empty(shape, object)
        for index in np.ndindex(shape):
            found[index] = call(symbol, *(array[index] for array in wide))
        return found if shape else found[()]

    def method(self, function: np.ufunc, item: Any) -> Any:
        """What NumPy does where Python has no operator: it calls the method of that name."""
        name = function.__name__
        if not hasattr(item, name):
            return function(self.operand(item))  # raises what NumPy raises
        return self.level.calls.call(self.level.members.attribute(item, name))

    def reduce(self, symbol: Callable, array: Any, axis: Any = None, **kwargs: Any) -> Any:
        if kwargs or not (axis is None or isinstance(axis, int)):
            raise inside_objects()
        rows = list(array.ravel() if axis is None else np.moveaxis(array, axis, 0))
        if not rows:
            return math.prod(()) if symbol is operator.mul else 0
        return functools.reduce(functools.partial(self.level.calls.call, symbol), rows)

    def extreme(self, chosen: Callable, array: Any, axis: Any = None, **kwargs: Any) -> Any:
        if kwargs or axis is not None:
            raise inside_objects()
        return self.level.calls.call(chosen, array.ravel().tolist())

    def product(self, left: Any, right: Any, **kwargs: Any) -> Any:
        """Of vectors and matrices."""
        left, right = self.operand(left), self.operand(right)
        if kwargs or not (left.ndim in (1, 2) and right.ndim in (1, 2)):
            raise inside_objects()
        if left.shape[-1] != right.shape[0]:
            return np.matmul(left, right)  # raises NumPy's own error
        rows, columns = np.atleast_2d(left), right.reshape(len(right), -1)
        found = np.empty((len(rows), columns.shape[1]), object)
        for i, j in np.ndindex(found.shape):
            found[i, j] = self.reduce(
                operator.add, self.elementwise(operator.mul, rows[i], columns[:, j])
            )
        shape = (*left.shape[:-1], *right.shape[1:])
        return found.reshape(shape) if shape else found[0, 0]

    # iteration

    def nditer(self, *args: Any, **kwargs: Any) -> Any:
        """``np.nditer`` of one array of objects: its elements, as arrays of no dimension."""
        options = set(args[1:]) | set(kwargs)
        if not args or not has_objects(args[0]) or options - {"flags"}:
            return self.level.calls.unknown(np.nditer, args, kwargs)
        array = args[0]
        return iter([array[(*index, ...)] for index in np.ndindex(array.shape)])


def leaves(items: list) -> list:
    """What lists and tuples hold, at any depth."""
    found = []
    for item in items:
        found.extend(leaves(list(item)) if type(item) in (list, tuple) else [item])
    return found
