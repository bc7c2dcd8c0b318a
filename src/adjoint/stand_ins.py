"""What objects of Numba's stand for in ordinary Python, as code compiled by Numba uses them.

`numba.prange` is a `range`, `numba.float64` converts a number, a typed list is a list, and an
object of a `jitclass` one of the class that was written. A pointer to a function in
`scipy.special.cython_special`, which compiled code calls by its address, is the function of
`scipy.special`.
"""

import ctypes
import functools
import importlib
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

POINTER = ctypes.CFUNCTYPE(None).__base__
"""The class of functions that are called by their address."""


def stand_in(thing: Any) -> Any:
    """What stands for an object of Numba's; any other object itself."""
    numba = sys.modules.get("numba")
    if numba is None:
        return thing
    if isinstance(thing, POINTER):
        return special_functions().get(ctypes.cast(thing, ctypes.c_void_p).value, thing)
    if isinstance(thing, numba.types.WrapperAddressProtocol):
        return special_functions().get(thing.__wrapper_address__(), thing)
    if not is_numbas(thing):
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


@functools.cache
def special_functions() -> dict[int, Any]:
    """The functions of `scipy.special`, by the addresses of their machine code."""
    return dict(with_addresses())


def with_addresses() -> Iterator[tuple[int, Any]]:
    special = importlib.import_module("scipy.special")
    find = sys.modules["numba"].extending.get_cython_function_address
    for name in special.__all__:
        for form in (name, f"__pyx_fuse_0{name}", f"__pyx_fuse_1{name}"):
            try:
                yield find("scipy.special.cython_special", form), getattr(special, name)
            except (KeyError, ValueError):
                continue
