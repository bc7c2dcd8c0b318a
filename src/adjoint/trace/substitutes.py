"""Functions of libraries that are called in another form while a recording runs.

A substitute is an ordinary Python function with the signature of what it stands for; it is
rewritten and recorded like the user's own code. Neither library nor substitute is imported before
the library's function is met.
"""

import importlib
import operator
import sys
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

REGISTERED: dict[str, list[tuple[str, str, str]]] = {}  # by name: library, place, our module
METHODS: dict[str, str] = {}  # by the package of a native class: our module


def register(library: str, name: str, module: str) -> None:
    """Call the function of `module` instead of the public function, or method, ``library.name``."""
    own_name = name.rpartition(".")[2]
    REGISTERED.setdefault(own_name, []).append((library, name, module))


def register_methods(package: str, module: str) -> None:
    """Call ``module.drawn(owner, name, args, kwargs)`` for methods of native classes that draw."""
    METHODS[package] = module


def substitute(function: FunctionType) -> Callable | None:
    """What is called instead of `function`; None if it is called itself."""
    for library, place, module in REGISTERED.get(function.__name__, ()):
        loaded = sys.modules.get(library)
        if loaded is not None and found_at(loaded, place) is function:
            return getattr(importlib.import_module(module), function.__name__)
    return None


def found_at(module: Any, place: str) -> Any:
    """The function there, also if it is a class method; None if there is none."""
    try:
        found = operator.attrgetter(place)(module)
    except AttributeError:
        return None
    return found.__func__ if isinstance(found, MethodType) else found


def method_substitute(owner: Any) -> Callable | None:
    """What is called instead of a method of `owner`, an object of a native class."""
    for kind in type(owner).__mro__:
        for package, module in METHODS.items():
            if kind.__module__.startswith(package):
                return importlib.import_module(module).drawn
    return None
