"""What objects of Numba's stand for in ordinary Python, as code compiled by Numba uses them.

`numba.prange` is a `range`, `numba.float64` converts a number, a typed list is a list, and an
object of a `jitclass` one of the class that was written.
"""

import functools
import sys
from typing import Any

import numpy as np


def stand_in(thing: Any) -> Any:
    """What stands for an object of Numba's; any other object itself."""
    numba = sys.modules.get("numba")
    if numba is None or not is_numbas(thing):
        return thing
    if isinstance(thing, type) or not is_hashable(thing):
        return class_for(numba, thing)
    if isinstance(thing, numba.types.Number | numba.types.Boolean):
        return bool if isinstance(thing, numba.types.Boolean) else getattr(np, thing.name)
    if type(thing).__name__ == "CFunc":
        return thing.__wrapped__
    makers = {
        numba.typed.List.empty_list.__func__: list_of,
        numba.typed.Dict.empty.__func__: dict_of,
    }
    return makers.get(getattr(thing, "__func__", thing), thing)


def is_numbas(thing: Any) -> bool:
    homes = (type(thing).__module__, getattr(thing, "__module__", None))
    return any(isinstance(home, str) and home.startswith("numba.") for home in homes)


def is_hashable(thing: Any) -> bool:
    return type(thing).__hash__ is not None


def class_for(numba: Any, thing: Any) -> Any:
    plain = {numba.prange: range, numba.typed.List: list, numba.typed.Dict: dict}
    kind = getattr(thing, "class_type", None)
    if isinstance(kind, numba.types.ClassType):
        return written_class(kind)
    return plain.get(thing, thing)


@functools.cache
def written_class(kind: Any) -> type:
    """The class of which `jitclass` made this type of Numba's."""
    properties = {
        name: property(*(getattr(parts.get(how), "py_func", None) for how in ("get", "set")))
        for name, parts in kind.jit_props.items()
    }
    statics = {name: staticmethod(f) for name, f in kind.static_methods.items()}
    return type(kind.class_name, (), {**kind.methods, **properties, **statics})


def list_of(*types: Any, **named: Any) -> list:
    """``numba.typed.List.empty_list(type)``."""
    return []


def dict_of(*types: Any, **named: Any) -> dict:
    """``numba.typed.Dict.empty(key_type, value_type)``."""
    return {}
