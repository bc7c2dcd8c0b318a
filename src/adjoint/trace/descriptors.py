"""Reads attributes of classes and of ``super()``, where descriptors may be written in Python.

A property read through ``super()``, one of a metaclass and a descriptor that answers for the class
itself run the program's code: it is called through the hook, in the order in which Python looks.
"""

from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType
from typing import Any

from adjoint.trace import natives
from adjoint.trace.plain_types import ABSENT, class_attribute, seen_through


def of_class(call: Callable, owner: type, name: str) -> Any:
    """``owner.name`` of a class."""
    meta = type(owner)
    above = ABSENT
    if meta is not type:
        reader = class_attribute(meta, "__getattribute__")
        if type(reader) is FunctionType:
            return call(reader, owner, name)
        above = class_attribute(meta, name)
        if hasattr(type(above), "__set__") or hasattr(type(above), "__delete__"):
            return described(call, above, owner, meta, lambda: getattr(owner, name))
    found = class_attribute(owner, name)
    if found is not ABSENT:
        return described(call, found, None, owner, lambda: getattr(owner, name))
    if above is not ABSENT:
        return described(call, above, owner, meta, lambda: getattr(owner, name))
    fallback = class_attribute(meta, "__getattr__")
    if type(fallback) is not FunctionType:
        return getattr(owner, name)
    try:
        return type.__getattribute__(owner, name)
    except AttributeError:
        return call(fallback, owner, name)


def is_plain(owner: type, name: str) -> bool:
    """True if ``owner.name`` of a class is there and runs no Python code."""
    meta = type(owner)
    if meta is not type:
        if isinstance(class_attribute(meta, "__getattribute__"), FunctionType):
            return False
        above = class_attribute(meta, name)
        if hasattr(type(above), "__get__") or hasattr(type(above), "__set__"):
            return False
    found = class_attribute(owner, name)
    if found is ABSENT or isinstance(class_attribute(type(found), "__get__"), FunctionType):
        return False
    return not isinstance(found, classmethod) or type(found.__func__) is FunctionType


def of_super(call: Callable, owner: Any, name: str) -> Any:
    """``owner.name`` of what ``super()`` gave."""
    instance, kind = owner.__self__, owner.__self_class__
    if instance is None or name == "__class__":
        return getattr(owner, name)
    after = kind.__mro__[kind.__mro__.index(owner.__thisclass__) + 1 :]
    for base in after:
        if name in base.__dict__:
            found = seen_through(base.__dict__[name])
            bound = None if instance is kind else instance
            return described(call, found, bound, kind, lambda: getattr(owner, name))
    return getattr(owner, name)


def item_of_class(call: Callable, owner: type, index: Any) -> Any:
    """``owner[index]`` of a class whose metaclass does not say what that is."""
    method = class_attribute(owner, "__class_getitem__")
    function = getattr(method, "__func__", None)
    is_opaque = type(function) is FunctionType and natives.is_opaque(
        function.__module__, function.__qualname__
    )
    if is_opaque or type(function) is not FunctionType:
        return owner[index]
    return call(function, owner, index)


PARTS = {"__get__": "fget", "__set__": "fset", "__delete__": "fdel"}  # of a property
COMPILED = "cython_function_or_method"
ACCESSORS = {part: special for special, part in PARTS.items()}


def accessor(found: Any, part: str) -> Callable | None:
    """What a property calls: its `fget`, `fset` or `fdel`, which may be any callable.

    None for what is no property, or of a class that does something else; and for native code that
    is handed values, which is asked what it does with them, or that Cython made with its class.
    """
    if not isinstance(found, property):
        return None
    special = ACCESSORS[part]
    if class_attribute(type(found), special) is not getattr(property, special):
        return None
    function = getattr(found, part)
    is_native = isinstance(function, BuiltinFunctionType) and part != "fget"
    return None if is_native or type(function).__name__ == COMPILED else function


def described(call: Callable, found: Any, instance: Any, kind: type, plain: Callable) -> Any:
    """What a class holds for a name, as its instance sees it, or the class if that is None.

    `plain` reads it as Python does, where that runs none of the program's code.
    """
    if isinstance(found, classmethod) and isinstance(found.__func__, property):
        return call(found.__func__.fget, kind)  # until Python 3.12
    reader = accessor(found, "fget")
    if reader is not None:
        return plain() if instance is None else call(reader, instance)
    getter = class_attribute(type(found), "__get__")
    if type(getter) is FunctionType:
        return call(getter, found, instance, kind)
    return plain()
