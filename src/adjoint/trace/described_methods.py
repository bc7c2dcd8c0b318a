"""Special methods that a class holds as something else than a function.

A property, a partial method or any object that can be called may stand for ``__getitem__`` or
``__add__``: Python binds it as it binds attributes, and calls what that gives. `as_function` makes
the function that does so; it is rewritten like any other, so that nothing it calls is missed.
"""

import functools
from types import (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    FunctionType,
    MethodDescriptorType,
    WrapperDescriptorType,
)
from typing import Any

from adjoint.rules.ruleset import program_of_call

BINDING = (
    property,
    staticmethod,
    classmethod,
    functools.partialmethod,
    functools.singledispatchmethod,
    functools._lru_cache_wrapper,
)
NATIVE = (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    MethodDescriptorType,
    WrapperDescriptorType,
)


def as_function(found: Any) -> FunctionType | None:
    """What `found` does as a special method; None if it is a method of native code itself."""
    kind = type(found)
    if kind in NATIVE:
        return None
    is_proxy = program_of_call(kind) is not None
    if isinstance(found, BINDING) or is_python(kind, "__get__") or is_proxy:

        def bound(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            return found.__get__(self, type(self))(*args, **kwargs)

        return bound
    if isinstance(found, functools.partial) or is_python(kind, "__call__"):

        def unbound(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            del self  # which is not given to what does not bind
            return found(*args, **kwargs)

        return unbound
    return None


def is_python(kind: type, name: str) -> bool:
    found = next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)
    return type(found) is FunctionType
