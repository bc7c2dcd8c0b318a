"""Finds what rewritten code calls instead of a callable, and remembers it for the recording.

What is remembered depends on the callable alone, never on its arguments, and is forgotten when a
class is written to; so a look-up always finds what the call hook would have decided.
"""

import functools
from collections.abc import Callable
from types import (
    BuiltinFunctionType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

import numpy as np

from adjoint.checkpointing import Checkpointed
from adjoint.derivative import Differentiable
from adjoint.objects import fields_of
from adjoint.rules import ruleset
from adjoint.trace import natives, special_methods
from adjoint.trace.moving import FILLING, MOVING_METHODS, fills, only_moves
from adjoint.trace.plain_types import class_attribute, is_python

MOST_KNOWN = 4096
# Callables of these types compare by identity, so that they can be looked up.
UNBOUND = (MethodDescriptorType, WrapperDescriptorType)
LASTING = frozenset({BuiltinFunctionType, np.ufunc, type(np.sum)})  # no program changes them
CALLABLE_TYPES = frozenset(
    {FunctionType, BuiltinFunctionType, type, np.ufunc, type(np.sum), *UNBOUND}
)
NOT_OBJECTS = (type, ModuleType, np.ndarray, np.generic, float, complex)


def is_compared_as_type(kind: type) -> bool:
    """True for a metaclass whose classes compare by identity."""
    return kind.__hash__ is type.__hash__ and kind.__eq__ is type.__eq__


class Known(dict):
    """What to call instead of a callable; what is missing is found by `find`."""

    def __init__(self, find: Callable):
        super().__init__()
        self.find = find

    def __missing__(self, function: Callable) -> Callable:
        return self.find(function)


class Callees:
    """The look-ups of one level."""

    def __init__(self, level: Any, calls: Any):
        self.level = level
        self.calls = calls
        self.known = Known(self.find)
        self.lasting: dict[Callable, Callable] = {}
        self.tables: dict[str, dict[type, Callable]] = {}
        self.finders: dict[str, Callable] = {}
        self.with_dict: list[dict[type, Callable]] = []
        self.callable_kinds: dict[type, Callable] = {}

    def clear(self) -> None:
        """Forget everything; the tables stay the same objects, which rewritten code refers to."""
        self.known.clear()
        self.known.update(self.lasting)
        self.callable_kinds.clear()
        for table in (*self.tables.values(), *self.with_dict):
            table.clear()

    # callables

    def callee(self, function: Callable) -> Callable:
        """What to call instead of `function`."""
        kind = type(function)
        if kind is MethodType:
            inner = function.__func__
            if type(inner) is FunctionType:
                return MethodType(self.known[inner], function.__self__)
        elif kind in CALLABLE_TYPES or (isinstance(function, type) and is_compared_as_type(kind)):
            return self.known[function]
        elif kind in self.callable_kinds:
            return MethodType(self.callable_kinds[kind], function)
        return self.object_callee(function, kind)

    def object_callee(self, function: Any, kind: type) -> Callable:
        """What to call for an object whose class may have a ``__call__`` written in Python."""
        method = class_attribute(kind, "__call__")
        is_simple = type(method) is FunctionType and not is_python(kind, "__getattribute__")
        is_known = isinstance(function, Differentiable | Checkpointed) or "py_func" in (
            fields_of(function) or ()
        )
        is_known = is_known or ruleset.has_ruled_instances(kind)
        is_known = is_known or (is_simple and natives.is_closed(method.__module__))
        if not is_simple or is_known or natives.is_opaque(method.__module__, "__call__"):
            return functools.partial(self.calls.call, function)
        self.callable_kinds[kind] = self.known[method]
        return MethodType(self.callable_kinds[kind], function)

    def find(self, function: Callable) -> Callable:
        """The same for one that was not met yet."""
        kind = type(function)
        if kind is BuiltinFunctionType and not isinstance(function.__self__, ModuleType | None):
            if function.__name__ in MOVING_METHODS.get(type(function.__self__), ()):
                return function
            return functools.partial(self.calls.call, function)  # bound: not worth keeping
        if len(self.known) > MOST_KNOWN:
            self.known.clear()
            self.lasting.clear()
        found = self.maker(function) if isinstance(function, type) else None
        if found is None:
            found = self.calls.replacement(function)
        self.known[function] = found
        if kind in LASTING:
            self.lasting[function] = found
        return found

    def maker(self, kind: type) -> Callable | None:
        """What makes the instances of a class whose only Python part is ``__init__``."""
        initialise = class_attribute(kind, "__init__")
        is_simple = type(initialise) is FunctionType and not is_python(type(kind), "__call__")
        if not is_simple or class_attribute(kind, "__new__") is not object.__new__:
            return None
        if kind in self.calls.handlers or ruleset.lookup(kind) is not None:
            return None
        special_methods.follow(kind)
        new, start = object.__new__, self.known[initialise]

        def make(*args: Any, **kwargs: Any) -> Any:
            made = new(kind)
            start(made, *args, **kwargs)
            return made

        return make

    # methods

    def table(self, name: str) -> dict[type, Callable]:
        """The methods `name` of types whose instances cannot hide them, taking the object first."""
        return self.tables.setdefault(name, {})

    def finder(self, name: str) -> Callable:
        """A function from an object to its method `name`, taking the object first."""
        if name in self.finders:
            return self.finders[name]
        with_dict: dict[type, Callable] = {}
        self.with_dict.append(with_dict)
        search = self.search

        def find(owner: Any) -> Callable:
            method = with_dict.get(type(owner))
            if method is not None and name not in owner.__dict__:
                return method
            return search(owner, name, with_dict)

        self.finders[name] = find
        return find

    def search(self, owner: Any, name: str, with_dict: dict[type, Callable]) -> Callable:
        kind = type(owner)
        method = None if isinstance(owner, type) else self.of_class(owner, kind, name)
        if method is not None:
            fields = fields_of(owner)
            if fields is None:
                self.table(name)[kind] = method
                return method
            with_dict[kind] = method
            if name not in fields:
                return method
        called = self.callee(self.level.members.attribute(owner, name))
        return lambda _, /, *args, **kwargs: called(*args, **kwargs)

    def of_class(self, owner: Any, kind: type, name: str) -> Callable | None:
        """The method that every instance of a class has, unless it hides it; None if unsure."""
        if name in MOVING_METHODS.get(kind, ()):
            return getattr(kind, name)
        if kind is np.ndarray:
            return self.calls.numpy.array_method(name)
        if isinstance(owner, NOT_OBJECTS):
            return None
        found = class_attribute(kind, name)
        if is_python(kind, "__getattribute__"):
            return None
        if only_moves(found):
            return found
        if fills(found):
            return self.filler(found)
        if kind.__module__ == "builtins":
            return None
        if type(found) is FunctionType:
            return self.known[found]
        inner = getattr(found, "__func__", None)
        if type(found) not in (classmethod, staticmethod) or type(inner) is not FunctionType:
            return None
        called = self.known[inner]
        if isinstance(found, classmethod):
            return lambda owner, /, *args, **kwargs: called(type(owner), *args, **kwargs)
        return lambda _, /, *args, **kwargs: called(*args, **kwargs)

    def filler(self, method: Any) -> Callable:
        """``list.extend`` and the like, which iterate over what they are given."""
        plain, call = FILLING[method], self.calls.call

        def fill(owner: Any, /, *args: Any, **kwargs: Any) -> Any:
            if plain.issuperset(map(type, args)):
                return method(owner, *args, **kwargs)
            return call(method.__get__(owner, type(owner)), *args, **kwargs)

        return fill

    def binder(self, name: str) -> Callable:
        """A function from an object to its method `name`, bound."""
        find, table = self.finder(name), self.table(name)
        attribute, callee = self.level.members.attribute, self.callee

        def bind(owner: Any) -> Callable:
            method = table.get(type(owner))
            if type(method) is MethodDescriptorType:
                return method.__get__(owner, type(owner))
            if method is not None:
                return MethodType(method, owner)
            if isinstance(owner, NOT_OBJECTS):
                return callee(attribute(owner, name))
            return MethodType(find(owner), owner)

        return bind
