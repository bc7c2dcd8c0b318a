"""What the code of a function may read, and call, by the names that stand in it."""

import sys
from collections.abc import Iterable, Mapping
from types import FunctionType, MethodType, ModuleType
from typing import Any

from adjoint.source import names_of_code
from adjoint.trace.plain_types import class_attribute

# Libraries whose functions keep nothing of the program's under their own global names.
LIBRARIES = frozenset(
    {*sys.stdlib_module_names, "adjoint", "numpy", "scipy", "pandas", "numba", "matplotlib"}
) - {"__main__"}


def is_of_library(module: Any) -> bool:
    return isinstance(module, str) and module.partition(".")[0] in LIBRARIES


def read_by(function: FunctionType) -> list:
    """The values that a function may read from its globals, by names that stand in its code."""
    variables = function.__globals__
    if is_of_library(variables.get("__name__")):
        return []
    return named(names_of_code(function.__code__), variables)


def named(names: Iterable[str], variables: Mapping) -> list:
    """The variables of these names, and what modules, classes and objects among them so name."""
    found = [variables[name] for name in names if name in variables]
    found += [sys.modules[name] for name in names if name in sys.modules]  # imported inside
    seen = set()
    for value in found:  # which grows
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, ModuleType | type):
            if not is_of_library(getattr(value, "__module__", None) or value.__name__):
                held = vars(value)
                found.extend(held[name] for name in names if name in held)
            if isinstance(value, type) and is_of_program(value):
                found.extend(methods(value, MAKING))
        elif is_of_program(type(value)):
            found.extend(methods(type(value), names))
    return found


def is_of_program(kind: type) -> bool:
    """True for a class of the program's."""
    return kind.__module__ != "builtins" and not is_of_library(kind.__module__)


def methods(kind: type, names: Iterable[str]) -> list[FunctionType]:
    """The methods and properties of these names, and those that they name in turn."""
    found: dict[str, FunctionType] = {}
    waiting = list(names)
    for name in waiting:  # which grows
        method = None if name in found else function_of(class_attribute(kind, name))
        if method is not None:
            found[name] = method
            waiting.extend(names_of_code(method.__code__))
    return list(found.values())


def function_of(member: Any) -> FunctionType | None:
    """The Python function behind what a class holds; None if there is none."""
    if isinstance(member, property):
        member = member.fget
    inner = getattr(member, "__func__", None) if isinstance(member, CALLED_ON_CLASSES) else member
    return inner if type(inner) is FunctionType else None


MAKING = ("__new__", "__init__", "__post_init__")  # what a call of a class calls
CALLED_ON_CLASSES = (classmethod, staticmethod, MethodType)


def called_with(method: MethodType) -> list[FunctionType]:
    """The methods of its object that a bound method may call."""
    function, owner = method.__func__, method.__self__
    if type(function) is not FunctionType or not is_of_program(type(owner)):
        return []
    return methods(type(owner), names_of_code(function.__code__))
