"""The types whose attributes need no hook: reading or writing them runs no Python code.

Rewritten code asks these sets before it reads ``owner.name`` as it stands; the hooks fill them. A
class can change, so they are emptied when a recording begins and whenever a class is written to;
`numpy.ndarray` alone stays.
"""

import sys
import threading
from collections import namedtuple
from types import (
    CodeType,
    FrameType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    ModuleType,
)
from typing import Any

import numpy as np

from adjoint.rules.ruleset import keeper_of
from adjoint.trace import described_methods

ABSENT = object()
COMPARED = frozenset({int, float, bool, str, bytes, np.float64})
EQUATED = frozenset({int, bool, str, bytes, type(None)})
NUMBERS = (float, complex, np.number)
PLAIN_CONTAINERS = frozenset({list, tuple, dict, str, range})
FILLED_CONTAINERS = frozenset({list, dict})  # whose items can be set
ROWS = frozenset({list, tuple})  # which unpack as they are
HOLDERS = PLAIN_CONTAINERS | {set, frozenset}  # in which Python looks things up itself
TUPLE_FIELD: type = type(vars(namedtuple("Named", "field"))["field"])
# What an array says of itself without touching its contents.
OF_ARRAYS = frozenset({"shape", "ndim", "size", "dtype"})

REPLACEMENTS: list[CodeType] = []  # the code of what stands in a class for its own method

TypeSets = dict[str, set[type]]
READABLE: TypeSets = {}  # by the attribute's name
WRITABLE: TypeSets = {}
FILLED: list[tuple[set[type], type]] = []
LOCK = threading.Lock()


def type_set(sets: TypeSets, name: str) -> set[type]:
    """The set for the attribute `name`: one object for ever, which rewritten code refers to."""
    return sets.setdefault(name, set())


def add(sets: TypeSets, name: str, kind: type) -> None:
    found = type_set(sets, name)
    with LOCK:
        found.add(kind)
        if kind is not np.ndarray:  # which cannot change
            FILLED.append((found, kind))


def forget() -> None:
    """Empty every set: classes may have changed."""
    if not FILLED:
        return
    with LOCK:
        while FILLED:
            found, kind = FILLED.pop()
            found.discard(kind)


def class_attribute(kind: type, name: str) -> Any:
    """What a class and its bases say of `name`, unbound; `ABSENT` if nothing."""
    for base in kind.__mro__:
        if name in base.__dict__:
            return seen_through(base.__dict__[name])
    return ABSENT


def seen_through(found: Any) -> Any:
    """The method that a class has by itself, where a recording has put another in its place."""
    if type(found) is FunctionType:
        for code in REPLACEMENTS:
            if found.__code__ is code:
                return found.__wrapped__  # type: ignore[attr-defined]
    return found


def is_data(kind: type, name: str) -> bool:
    """True if reading the attribute of an instance of `kind` runs no Python code."""
    return is_passive(class_attribute(kind, name), "__get__")


def is_readable(owner: Any, name: str) -> bool:
    """True if ``owner.name`` is found without running Python code, for every instance."""
    kind = type(owner)
    if issubclass(kind, np.ndarray):
        return kind is np.ndarray and name in OF_ARRAYS
    if issubclass(kind, NUMBERS):
        return False
    if issubclass(kind, type) or kind is super:
        return False  # which depends on the class
    if kind is ModuleType or kind.__module__ == "builtins":
        return kind is not FrameType or name != "f_back"
    if is_python(kind, "__getattribute__") or is_python(kind, "__getattr__"):
        return False
    if keeper_of(kind) is not None:
        return False
    return is_passive(class_attribute(kind, name), "__get__")


def is_writable(owner: Any, name: str) -> bool:
    """True if ``owner.name = value`` runs no Python code, for every instance."""
    kind = type(owner)
    if issubclass(kind, type | np.ndarray | np.generic) or is_python(kind, "__setattr__"):
        return False
    if has_native_setattr(kind):
        return False
    found = class_attribute(kind, name)
    return is_passive(found, "__set__") and not is_native_setter(found)


def has_native_setattr(kind: type) -> bool:
    """True for a class of somebody's native code that takes every attribute itself."""
    found = class_attribute(kind, "__setattr__")
    if found is object.__setattr__ or not isinstance(found, NATIVE_SLOTS):
        return False
    return found.__objclass__.__module__.partition(".")[0] not in sys.stdlib_module_names


def is_slot(found: Any) -> bool:
    """True for a slot of a class written in Python, and a field of a namedtuple: they hold objects
    as they are.
    """
    if isinstance(found, MemberDescriptorType):
        return "__slots__" in found.__objclass__.__dict__
    return type(found) is TUPLE_FIELD


def is_native_setter(found: Any) -> bool:
    """True if what a class holds for a name hands what is assigned to native code."""
    if isinstance(found, property):
        return found.fset is not None and type(found.fset) is not FunctionType
    if is_foreign(found, "__set__"):
        return True
    if isinstance(found, MemberDescriptorType):
        return not is_slot(found)
    if not isinstance(found, GetSetDescriptorType):
        return False
    return found.__name__ != "__dict__" and found.__objclass__.__module__ != "builtins"


def is_python(kind: type, name: str) -> bool:
    """True if the class defines the special method `name` in Python (or hides it in an object)."""
    found = class_attribute(kind, name)
    return found is not ABSENT and not isinstance(found, NATIVE_SLOTS)


NATIVE_SLOTS: tuple[type, ...] = (type(object.__setattr__), type(str.join))


def is_passive(found: Any, special: str) -> bool:
    """True unless what a class holds for a name may run Python code when it is used."""
    if type(found) is FunctionType or found is ABSENT:
        return True
    if isinstance(found, classmethod):  # hands on to what it wraps
        return type(found.__func__) is FunctionType
    if isinstance(found, property) or is_python(type(found), special):
        return False
    return special == "__set__" or not is_foreign(found, special)


# Where the native descriptors come from that only read, write or bind what an object holds.
FAMILIAR_MODULES = frozenset({"builtins", "collections", "_collections", "functools", "types"})


def is_foreign(found: Any, special: str) -> bool:
    """True for a descriptor of somebody's native code, which may call Python unseen.

    What can be called is a kind of function: it is bound here, and judged when it is called.
    """
    kind = type(found)
    if kind.__module__ in FAMILIAR_MODULES or callable(found):
        return False
    return isinstance(class_attribute(kind, special), NATIVE_SLOTS)


def python_method(kind: type, name: str) -> FunctionType | None:
    """The special method `name` of a class if it is written in Python, else None."""
    if kind.__module__ == "builtins":
        return None
    found = class_attribute(kind, name)
    if type(found) is FunctionType:
        return found
    return None if found is ABSENT else described_methods.as_function(found)
