"""Native callables that reach nothing but their arguments, and classes whose instances are seen.

`is_trusted` callables may be handed any values and functions: they calculate, move and call them,
keep nothing for later, and look up no attribute by its text.
"""

import abc
import builtins
import collections
import functools
import gc
import itertools
import numbers
from types import (
    BuiltinFunctionType,
    FunctionType,
    MemberDescriptorType,
    MethodDescriptorType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

import numpy as np

NUMPY_DISPATCHER = type(np.sum)
FUNCTIONS = [
    "abs",
    "all",
    "any",
    "ascii",
    "bin",
    "callable",
    "chr",
    "delattr",
    "divmod",
    "format",
    "getattr",
    "hasattr",
    "hash",
    "hex",
    "id",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "max",
    "min",
    "next",
    "oct",
    "ord",
    "pow",
    "print",
    "repr",
    "round",
    "setattr",
    "sorted",
    "sum",
]
CLASSES = [
    "bool",
    "bytearray",
    "bytes",
    "complex",
    "dict",
    "enumerate",
    "filter",
    "float",
    "frozenset",
    "int",
    "list",
    "map",
    "object",
    "range",
    "reversed",
    "set",
    "slice",
    "str",
    "super",
    "tuple",
    "type",
    "zip",
]
BUILTINS = frozenset(id(getattr(builtins, name)) for name in [*FUNCTIONS, *CLASSES])
OTHER_CLASSES = frozenset(
    {
        collections.deque,
        collections.Counter,
        collections.OrderedDict,
        collections.defaultdict,
        itertools.count,
        itertools.chain,
        itertools.combinations,
        itertools.cycle,
        itertools.islice,
        itertools.permutations,
        itertools.product,
        itertools.repeat,
        itertools.zip_longest,
        np.ndarray,
        np.dtype,
        *(kind for kind in vars(numbers).values() if isinstance(kind, abc.ABCMeta)),
    }
)
SHOWING = frozenset(map(id, (ascii, format, print, repr, str)))  # objects as text
READING = frozenset(map(id, (float, complex, int, ord)))  # numbers from text
# which may hold an iterator for later
KEEPING = frozenset(map(id, (iter, enumerate, zip, map, filter, reversed)))
HEAP_TYPE = 1 << 9  # a class made by a ``class`` statement, or late by native code
MODULES = frozenset({"math", "cmath", "_operator", "_bisect", "_heapq"})
PACKAGES = frozenset({"numpy", "re"})  # whose Python functions are trusted too


def root_of(value: Any) -> str:
    """The package that something says it comes from."""
    module = getattr(value, "__module__", None)
    return module.partition(".")[0] if isinstance(module, str) else ""


def home_of(function: FunctionType) -> str:
    """The package in which a function was defined, whatever it says of itself."""
    name = function.__globals__.get("__name__")
    return name.partition(".")[0] if isinstance(name, str) else ""


def is_native(kind: type) -> bool:
    return not kind.__flags__ & HEAP_TYPE


def is_trusted(value: Any) -> bool:
    """True for a native callable, or class, that reaches nothing but what it is given."""
    kind = type(value)
    if id(value) in BUILTINS:
        return True
    if kind is BuiltinFunctionType:
        is_bound = not isinstance(value.__self__, ModuleType | None)
        return not is_bound and root_of(value) in (*MODULES, "numpy")
    if kind is np.ufunc:
        return not any("O" in each.partition("->")[0] for each in value.types[:1])
    if kind is NUMPY_DISPATCHER:
        python = getattr(value, "__wrapped__", None)
        return home_of(python) == "numpy" if type(python) is FunctionType else True
    if kind is FunctionType:
        return home_of(value) in PACKAGES
    if not isinstance(value, type):
        return False
    if issubclass(value, BaseException | np.generic):
        return is_native(value) and root_of(value) in ("builtins", "numpy")
    return value in OTHER_CLASSES


def keeps_iterators(value: Any) -> bool:
    """True for trusted callables whose results ask others for items later."""
    return id(value) in KEEPING or root_of(value) == "itertools"


def is_random_generator(kind: type) -> bool:
    """True for the generators of NumPy, which is not asked: they are imported when first used."""
    is_numpy = kind.__module__.startswith("numpy.random.")
    return is_numpy and is_native(kind) and kind.__name__ in ("Generator", "RandomState")


# classes whose instances show all they hold

BASES = (object, list, tuple, dict, int, str, abc.ABC, BaseException)
NATIVE = (WrapperDescriptorType, MethodDescriptorType, BuiltinFunctionType)


def is_base(kind: type) -> bool:
    """True for a class of Python itself that others inherit from."""
    return kind in BASES or (issubclass(kind, BaseException) and is_native(kind))


@functools.lru_cache(maxsize=4096)
def shows_all(kind: type) -> bool:
    """True for a class written in Python, whose instances hold only what `parts_of` finds."""
    if type(kind) not in (type, abc.ABCMeta):
        return False
    for base in kind.__mro__:
        if is_base(base):
            continue
        if is_native(base):
            return False
        is_slotted = "__slots__" in base.__dict__
        for name, held in base.__dict__.items():
            if isinstance(held, NATIVE) and name.startswith("__") and name not in HARMLESS:
                return False
            if isinstance(held, MemberDescriptorType) and not is_slotted:
                return False
    return True


HARMLESS = frozenset({"__class_getitem__", "__hash__", "__init_subclass__"})


def parts_of(value: Any) -> list:
    """What an instance of such a class holds: slots, attributes, and items of a container.

    The collector is asked because reading ``__dict__`` makes one, and attributes slower.
    """
    if isinstance(value, BaseException):  # its traceback and context are out of reach
        return [value.args, *vars(value).values()]
    kind = type(value)
    return [part for part in gc.get_referents(value) if part is not kind]
