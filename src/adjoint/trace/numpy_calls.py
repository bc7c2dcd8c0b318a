"""Calls of NumPy: functions with a rule, array methods, ufunc methods, conversions."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.rules import ruleset
from adjoint.trace.recorder import missing_rule

NOTHING = object()


class NumpyCalls:
    """How one level calls NumPy."""

    def __init__(self, level: Any, calls: Any):
        self.level = level
        self.calls = calls
        self.recorder = level.recorder

    def table(self) -> dict[Any, Callable]:
        table: dict[Any, Callable] = {}
        for function, rule in ruleset.RULES.items():
            if getattr(function, "__module__", None) == "math":
                table[function] = functools.partial(self.mathematical, function)
        return table

    def mathematical(self, function: Callable, *args: Any) -> Any:
        """A function of `math`: numbers, or iterables of numbers."""
        recorder = self.recorder
        args = tuple(self.materialised(arg) for arg in args)
        return recorder.apply(function, args, {})

    def materialised(self, arg: Any) -> Any:
        if isinstance(arg, float | int | np.generic | str) or not hasattr(arg, "__iter__"):
            return arg
        if isinstance(arg, np.ndarray) and arg.ndim == 0:
            return arg
        return list(self.level.operators.iterate(arg))

    def ruled(self, function: Callable, args: tuple, kwargs: dict) -> Any:
        """A function with a rule; ``out=`` and ``where=`` are stores."""
        out = kwargs.get("out")
        if out is None:
            return self.recorder.apply(function, args, kwargs)
        kwargs = {name: value for name, value in kwargs.items() if name != "out"}
        return self.into(function, args, kwargs, out)

    def into(self, function: Callable, args: tuple, kwargs: dict, out: Any) -> Any:
        target = out[0] if isinstance(out, tuple) else out
        where = kwargs.pop("where", True)
        result = self.recorder.apply(function, args, kwargs)
        if where is True:
            self.level.arrays.store(target, Ellipsis, result)
        else:
            mask = np.broadcast_to(where, target.shape)
            wide = self.calls.call(np.broadcast_to, result, target.shape)
            self.level.arrays.store(target, mask, self.level.arrays.load(wide, mask))
        return target

    def method(self, owner: Any, name: str, function: Any, args: tuple, kwargs: dict) -> Any:
        raise missing_rule(function)

    def ufunc_method(self, owner: Any, name: str, function: Any, args: tuple, kwargs: dict) -> Any:
        return self.calls.unknown(function, args, kwargs)

    def number_method(self, owner: Any, name: str, function: Any, args: tuple, kwargs: dict) -> Any:
        return function(*args, **kwargs)

    def to_scalar(self, kind: type, args: tuple) -> Any:
        raise NotImplementedError

    def to_complex(self, args: tuple, kwargs: dict) -> Any:
        raise NotImplementedError
