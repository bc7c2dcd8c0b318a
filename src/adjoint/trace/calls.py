"""The call hook: decides what a call means for the derivative.

Python functions are rewritten and run; functions with a rule are recorded; natives that move
objects are called; anything else native must not see a live value.
"""

import functools
import inspect
import operator
import re
import sys
import weakref
from collections.abc import Callable
from types import (
    BuiltinFunctionType,
    FunctionType,
    MappingProxyType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

import numpy as np

from adjoint import spaces
from adjoint.checkpointing import Checkpointed
from adjoint.derivative import Differentiable
from adjoint.errors import NonDifferentiable, SourceNotFound
from adjoint.objects import fields_of
from adjoint.rules import ruleset
from adjoint.source import uncollected
from adjoint.stand_ins import stand_in
from adjoint.trace import descriptors, entries, foreign, generalized_ufuncs, natives
from adjoint.trace.array_protocols import NOBODY
from adjoint.trace.builtin_calls import BuiltinCalls
from adjoint.trace.cached_calls import CachedCalls
from adjoint.trace.callees import Callees
from adjoint.trace.checkpoints import Checkpoints
from adjoint.trace.concurrency import Concurrency
from adjoint.trace.dynamic import frame_at
from adjoint.trace.elementwise_calls import ElementwiseCalls
from adjoint.trace.equalities import Equalities
from adjoint.trace.keepers import Keepers
from adjoint.trace.moving_code import moves_arguments
from adjoint.trace.numpy_calls import NumpyCalls
from adjoint.trace.numpy_iterators import NumpyIterators
from adjoint.trace.plain_types import (
    ABSENT,
    class_attribute,
    is_slot,
    python_method,
    seen_through,
)
from adjoint.trace.reach import methods_of_local, reachable
from adjoint.trace.recorder import missing_rule
from adjoint.trace.substitutes import method_substitute, substitute
from adjoint.trace.texts import READERS, READING_MODULES

# Methods of C that are told their class have a type of their own.
BOUND_NATIVES = (BuiltinFunctionType, MethodWrapperType, type(re.compile("").match))
UNBOUND_NATIVES = (MethodDescriptorType, WrapperDescriptorType)
CALLED = (FunctionType, MethodType, functools.partial)
NUMBERS_MADE = (float, complex, np.inexact, np.ndarray)
KEY_WRAPPER = type(functools.cmp_to_key(max))
# The only native callable whose `__wrapped__` is known to be what it does.
NUMPY_DISPATCHER = type(np.sum)
GETTERS = (operator.itemgetter, operator.attrgetter, operator.methodcaller)


class Calls:
    """The call hook of one level."""

    def __init__(self, level: Any):
        self.level = level
        self.recorder = level.recorder
        self.nested = level.outer is not None
        self.builtins = BuiltinCalls(level, self)
        self.numpy = NumpyCalls(level, self)
        self.keepers = Keepers(level, self)
        self.concurrency = Concurrency(level, self)
        self.equalities = Equalities(level)
        self.elementwise_calls = ElementwiseCalls(level, self)
        self.handlers: dict[Any, Callable] = {
            **self.numpy.table(),
            **self.elementwise_calls.table(),
            **self.builtins.table(),
            **self.concurrency.table(),
            **self.equalities.table(),
            **{f: functools.partial(self.reading, f) for f in READERS},
            compile: lambda *args, **kwargs: level.dynamic.compile(*args, **kwargs),
            **NumpyIterators(level, self).table(),
            sys._getframe: frame_at,
            inspect.currentframe: frame_at,
        }
        self.checkpoints = Checkpoints(level, self)
        self.cached = CachedCalls(level, self)
        self.callees = Callees(level, self)
        self.known = self.callees.known

    def call(self, function: Callable, /, *args: Any, **kwargs: Any) -> Any:
        """``function(*args, **kwargs)``, with every live value followed."""
        kind = type(function)
        if kind is FunctionType:
            return self.known[function](*args, **kwargs)
        if kind is MethodType:
            return self.call(function.__func__, function.__self__, *args, **kwargs)
        if ruleset.CALLED and ruleset.program_of_call(kind) is not None:
            return self.call(ruleset.program_of_call(kind), function, *args, **kwargs)
        if type(kind.__hash__) is FunctionType:  # which is the program's, and not to be asked
            return self.callable_object(function, kind, args, kwargs)
        try:
            handler = self.handlers.get(function)
        except TypeError:
            handler = None
        if handler is not None:
            return handler(*args, **kwargs)
        return self.other(function, kind, args, kwargs)

    # Python functions

    def replacement(self, function: Callable) -> Callable:
        """What is called instead of a callable that compares by identity."""
        function = stand_in(seen_through(function))
        handler = self.handlers.get(function)
        if handler is not None:
            return handler
        if type(function) is not FunctionType:
            return functools.partial(self.call, function)
        if ruleset.lookup(function) is not None:
            return lambda *args, **kwargs: self.numpy.ruled(function, args, kwargs)
        is_made = function.__code__.co_filename == "<string>"  # for a class of the user's
        if natives.is_opaque(function.__module__, function.__qualname__) and not is_made:
            if natives.is_ours(function.__module__):
                return function
            return functools.partial(self.opaque, function)
        if natives.is_closed(function.__module__):
            return functools.partial(self.closed, function)
        other = substitute(function)
        if other is not None:
            return self.known[other]
        try:
            return self.level.bind(function)
        except SourceNotFound as error:
            unraised = error.with_traceback(None)
            return functools.partial(self.without_source, unraised, function)

    def reading(self, function: Callable, *args: Any, **kwargs: Any) -> Any:
        """A function, or class, that makes numbers of text."""
        self.level.texts.check(args)
        if isinstance(function, type):
            return self.builtins.construct(function, args, kwargs)
        with uncollected():  # it may make a syntax tree
            return self.unknown(function, args, kwargs)

    def opaque(self, function: FunctionType, /, *args: Any, **kwargs: Any) -> Any:
        """A function that is run as it is: it may hand live values on, but not make numbers."""
        out = function(*args, **kwargs)
        if any(out is arg for arg in args):
            return out
        if isinstance(out, str | list):  # the text of an exception, say
            parts = [out] if isinstance(out, str) else out
            for part in parts:
                self.level.texts.note((args, kwargs, sys.exc_info()[1]), part)
        is_fresh = isinstance(out, NUMBERS_MADE) and self.recorder.place(out) is None
        if is_fresh and reachable(self.recorder, (args, kwargs)):
            raise missing_rule(function)
        return out

    def without_source(
        self, error: SourceNotFound, function: FunctionType, /, *args: Any, **kwargs: Any
    ) -> Any:
        if moves_arguments(function.__code__):
            return function(*args, **kwargs)
        if is_generated(function, args):
            return self.builtins.generated(function, args, kwargs)
        if reachable(self.recorder, (args, kwargs, function)):
            raise error
        return function(*args, **kwargs)

    # everything else

    def other(self, function: Any, kind: type, args: tuple, kwargs: dict) -> Any:
        if isinstance(function, Differentiable):
            return self.custom(function, args, kwargs)
        if isinstance(function, Checkpointed):
            return self.checkpoints.call(function.function, args, kwargs)
        if ruleset.lookup(function, len(args)) is not None:
            return self.numpy.ruled(function, args, kwargs)
        public = natives.public_name(function)
        if public is not None:
            return self.call(public, *args, **kwargs)
        if kind in BOUND_NATIVES:
            return self.native_method(function, args, kwargs)
        if kind in UNBOUND_NATIVES:
            return self.unbound_method(function, args, kwargs)
        if isinstance(function, type):
            return self.builtins.construct(stand_in(function), args, kwargs)
        if kind is functools.partial:
            return self.call(
                function.func, *function.args, *args, **{**function.keywords, **kwargs}
            )
        if kind in (staticmethod, classmethod):
            return self.call(function.__func__, *args, **kwargs)
        if kind in GETTERS:
            return self.builtins.getter(function, kind, *args)
        return self.callable_object(function, kind, args, kwargs)

    def callable_object(self, function: Any, kind: type, args: tuple, kwargs: dict) -> Any:
        held = fields_of(function) or {}
        python, wrapped = held.get("py_func"), held.get("__wrapped__")
        if type(python) is FunctionType:  # a function compiled by Numba
            return self.call(python, *args, **kwargs)
        if kind.__name__ == "DUFunc" and type(wrapped) is FunctionType and not kwargs:
            return self.elementwise(wrapped, args)  # made by numba.vectorize
        if generalized_ufuncs.python_of(function) is not None and not kwargs.keys() - {"out"}:
            return generalized_ufuncs.call(self, function, args, **kwargs)
        if isinstance(function, weakref.ref):
            return function()
        meant = stand_in(function)
        if meant is not function:
            return self.call(meant, *args, **kwargs)
        if kind is np.ufunc:
            return self.elementwise_calls.made_from_python(function, args, kwargs)
        method = class_attribute(kind, "__call__")
        called = python_method(kind, "__call__")
        if called is not None:
            return self.call(called, function, *args, **kwargs)
        if isinstance(function, functools._lru_cache_wrapper) and wrapped is not None:
            return self.cached.call(function, args, kwargs)
        if method is ABSENT or kind is KEY_WRAPPER:
            return function(*args, **kwargs)  # raises what Python raises
        if kind is NUMPY_DISPATCHER and type(wrapped) is FunctionType:
            found = self.numpy.protocols.by_function(function, args, kwargs)
            return self.call(wrapped, *args, **kwargs) if found is NOBODY else found
        if ruleset.lookup(method) is not None:
            return self.numpy.ruled(method, (function, *args), kwargs)
        return self.unknown(function, args, kwargs)

    def elementwise(self, function: FunctionType, args: tuple) -> Any:
        """`function` of numbers, of the elements of arrays."""
        shape = np.broadcast_shapes(*(np.shape(arg) for arg in args))
        if shape == ():
            return self.call(function, *args)
        load = self.level.members.load
        wide = [self.call(np.broadcast_to, arg, shape) for arg in args]
        results = [
            self.call(function, *(load(arg, index) for arg in wide)) for index in np.ndindex(shape)
        ]
        return self.call(np.reshape, self.call(np.array, results), shape)

    def native_method(self, function: Any, args: tuple, kwargs: dict) -> Any:
        """A native function, or a native method bound to its object."""
        owner = getattr(function, "__self__", None)
        name = function.__name__
        if name == "cache_clear" and isinstance(owner, functools._lru_cache_wrapper):
            return self.cached.forget(owner)
        if isinstance(owner, MappingProxyType):
            return function(*args, **kwargs)  # looks up
        if name in OF_OBJECT and natives.is_of_object(function):
            return function(*args, **kwargs)
        if isinstance(owner, np.ndarray | np.generic):
            return self.numpy.method(owner, name, function, args, kwargs)
        if isinstance(owner, np.ufunc):
            return self.numpy.ufunc_method(owner, name, function, args, kwargs)
        if isinstance(owner, float | complex):
            return self.numpy.number_method(owner, name, function, args, kwargs)
        if isinstance(owner, natives.CONTAINERS):
            return self.builtins.container_method(owner, name, function, args, kwargs)
        if self.concurrency.knows(owner):
            return self.concurrency.method(owner, name, function, args, kwargs)
        if name == "__get__" and isinstance(owner, FunctionType | staticmethod | classmethod):
            return function(*args, **kwargs)
        if name in DESCRIBING and is_slot(owner):
            return function(*args, **kwargs)
        part = descriptors.PARTS.get(name) if isinstance(owner, property) else None
        if part is not None and args[0] is not None and getattr(owner, part) is not None:
            return self.call(getattr(owner, part), *args[: 2 if part == "fset" else 1])
        if natives.is_rearranging(function) or natives.is_substitution(function):
            return self.calling(function, args, kwargs)
        if type(owner).__name__ == "_array_converter":
            return self.numpy.converted(owner, name, function, args, kwargs)
        if name in AS_OBJECT and getattr(function, "__objclass__", None) is object:
            return self.handlers[getattr(object, name)](owner, *args)
        if function in natives.MOVERS or name in natives.MOVING_METHODS:
            return function(*args, **kwargs)
        if name == "__init__" and ruleset.keeper_of(type(owner)) is not None:
            return self.keepers.kept(owner, function, args, kwargs)
        if name == "__init__" and natives.only_moves(function.__objclass__, function):
            return function(*args, **kwargs)
        unbound = getattr(type(owner), name, None)
        if type(unbound) is MethodDescriptorType and ruleset.lookup(unbound) is not None:
            return self.numpy.ruled(unbound, (owner, *args), kwargs)
        return self.unknown(function, args, kwargs)

    def unbound_method(self, function: Any, args: tuple, kwargs: dict) -> Any:
        """A native method looked up on its class: ``list.append(items, x)``."""
        if args and isinstance(args[0], function.__objclass__):
            bound = function.__get__(args[0], type(args[0]))
            return self.native_method(bound, args[1:], kwargs)
        return self.unknown(function, args, kwargs)

    def closed(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        if function.__module__.partition(".")[0] in READING_MODULES:
            self.level.texts.check(args)
            if function.__name__ == "dumps" and not kwargs.keys() & {"cls", "default"}:
                return self.level.texts.note(args, function(*args, **kwargs))
        if reachable(self.recorder, methods_of_local([*args, *kwargs.values()])):
            raise missing_rule(function)
        return self.unknown(function, args, kwargs)

    def calling(self, function: Any, args: tuple, kwargs: dict) -> Any:
        """A native callable that moves objects and calls the functions it is given."""
        called = self.builtins.called
        args = tuple([called(arg) if isinstance(arg, CALLED) else arg for arg in args])
        return function(
            *args, **{n: called(a) if isinstance(a, CALLED) else a for n, a in kwargs.items()}
        )

    def unknown(self, function: Any, args: tuple, kwargs: dict) -> Any:
        """A native callable about which nothing is known."""
        owner = getattr(function, "__self__", None)
        is_of_class = isinstance(owner, type) or isinstance(function, type)
        called = [] if is_of_class else [owner, function]
        if reachable(self.recorder, (args, kwargs, called, foreign.held_by(function))):
            if natives.is_predicate(function):
                out = function(*args, **kwargs)
                if isinstance(out, bool | None) or any(out is arg for arg in args):
                    return out
            if ruleset.is_replaced(function):
                program = ruleset.REPLACED[function]
                return (function if program is None else functools.partial(self.call, program))(
                    *args, **kwargs
                )
            if is_method_of_holder(function, owner, args):
                return function(*args, **kwargs)
            return self.by_substitute(function, owner, args, kwargs)
        if self.level.outer is not None:
            return self.level.outer.calls.call(function, *args, **kwargs)
        if self.level.texts.numbers:
            self.level.texts.give(function, args)
        made = self.level.arrays.preserving(function, args, kwargs)
        return self.level.texts.check_made(made)

    def by_substitute(self, function: Any, owner: Any, args: tuple, kwargs: dict) -> Any:
        """A native method of a class that has substitutes, which was given a live value."""
        if args and (owner is None or isinstance(owner, ModuleType)):
            owner, args = args[0], args[1:]
        substitute = method_substitute(owner)
        if substitute is None:
            raise missing_rule(function)
        return self.call(substitute, owner, function.__name__, args, kwargs)

    # callables that bring their derivative

    def custom(self, function: Differentiable, args: tuple, kwargs: dict) -> Any:
        recorder = self.recorder
        python = getattr(function, "__wrapped__", None)
        if function.is_traceable and self.level.outer is not None and python is not None:
            return self.call(python, *args, **kwargs)
        besides = function.besides(args, kwargs)
        if besides is None or (besides and reachable(self.recorder, besides)):
            if function.is_traceable:
                return self.call(python, *args, **kwargs)
            raise closed_over(function)
        if kwargs:
            if function.is_traceable and kwargs.keys() - dict(entries.parameters(python)).keys():
                return self.call(python, *args, **kwargs)  # arguments that are by name only
            args = by_position(function, args, kwargs)
        places = tuple(entries.TreePlace.of(recorder, arg) for arg in args)
        out, residuals = recorder.native(function.forward, args, {})
        if any(place is not None for place in places):
            out, out_place = entries.TreePlace.entered(recorder, out)
            for leaf in spaces.flatten([args, out, residuals])[0]:
                recorder.hold(leaf)
            recorder.event(entries.Custom(function, places, residuals, out_place))
        return out


def closed_over(function: Any) -> NonDifferentiable:
    return NonDifferentiable(
        f"`{getattr(function, '__name__', function)}` has a derivative of its own, and reads from "
        "outside a value that carries one, which would be lost",
        instead="pass that value to it as an argument, or adjoint.stop_gradient of it",
    )


def by_position(function: Any, args: tuple, kwargs: dict) -> tuple:
    given = dict(entries.parameters(function.__wrapped__))
    names = list(given)[len(args) :]
    filled = list(args)
    kwargs = dict(kwargs)
    for name in names:
        filled.append(kwargs.pop(name) if name in kwargs else given[name])
    if kwargs or any(value is entries.REQUIRED for value in filled):
        function(*args, **kwargs)  # raises what Python raises
        raise missing_rule(function)
    return tuple(filled)


def is_method_of_holder(function: Any, owner: Any, args: tuple) -> bool:
    """True for a native method, bound or not, of a class that only holds what it is given."""
    if owner is not None and not isinstance(owner, ModuleType):
        return ruleset.is_holder(owner if isinstance(owner, type) else type(owner))
    first = args[0] if args else None
    kind = first if isinstance(first, type) else type(first)
    found = class_attribute(kind, getattr(function, "__name__", ""))
    return ruleset.is_holder(kind) and getattr(found, "__func__", found) is function


OF_OBJECT = frozenset({"__init__", "__init_subclass__"})  # which do nothing
AS_OBJECT = frozenset({"__getattribute__", "__setattr__", "__delattr__"})
DESCRIBING = frozenset({"__get__", "__set__", "__delete__"})
GENERATED = frozenset(
    [
        "__init__",
        "__eq__",
        "__lt__",
        "__le__",
        "__gt__",
        "__ge__",
        "__repr__",
        "__hash__",
        "__setattr__",
        "__delattr__",
    ]
)


def is_generated(function: FunctionType, args: tuple) -> bool:
    """True for a method that `dataclasses` or `collections.namedtuple` made from text."""
    if not args:
        return False
    if function.__name__ == "__new__":
        return isinstance(args[0], type) and hasattr(args[0], "_fields")
    return function.__name__ in GENERATED and hasattr(type(args[0]), "__dataclass_fields__")
