"""Looks for live values inside arbitrary objects.

Containers of numbers are searched completely. Of other objects a bounded number is looked at; more
than that is an error, because an unseen live value would be a derivative lost in silence.
"""

import functools
import gc
import sys
import weakref
from collections import deque
from types import (
    AsyncGeneratorType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

import numpy as np

from adjoint.errors import MissingRule
from adjoint.objects import fields_of, filled_slots
from adjoint.rules.ruleset import HOLDERS, KEEPERS
from adjoint.trace import memory
from adjoint.trace.named import called_with, read_by
from adjoint.trace.plain_types import class_attribute

MOST_OBJECTS = 100_000
CONTAINERS = frozenset({list, tuple, dict, set, frozenset, deque})
ATOMS = frozenset({float, int, bool, str, bytes, complex, type(None), np.float64, np.int64})
TELLING_MODULES = frozenset({"builtins", "functools", "itertools", "operator", "types"})
# What is suspended runs later; a cache says what it wraps, and what it keeps is nobody's.
SILENT = (
    CoroutineType,
    AsyncGeneratorType,
    functools._lru_cache_wrapper,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    WrapperDescriptorType,
)
NUMBERS = (float, complex, np.number)
SEQUENCE_ITERATORS = (type(iter([])), type(iter(())))
LEAVES = (ModuleType, np.dtype)
HIDDEN = "_adjoint_"  # how the names begin that rewritten code has of its own


def reachable(recorder: Any, root: Any) -> bool:
    """True if a live value can be reached from `root`."""
    if not recorder.live and not recorder.boxed and not recorder.roots:
        return False
    seen: dict[int, Any] = {}  # holds the objects, so that no identity is used again
    count = 0
    waiting = deque([root])
    while waiting:
        value = waiting.popleft()
        if type(value) in weakref.ProxyTypes and is_dead(value):
            continue
        if type(value) in ATOMS and not isinstance(value, NUMBERS):
            continue
        if isinstance(value, LEAVES) or id(value) in seen or is_of_tracer(value):
            continue
        seen[id(value)] = value
        if type(value) in CONTAINERS:
            items = parts_of(value)
            if holds_live_number(recorder, items):
                return True
            waiting.extend([item for item in items if type(item) not in ATOMS])
            continue
        count += 1
        if count > MOST_OBJECTS:
            raise too_many()
        if isinstance(value, NUMBERS):
            if recorder.place(value) is not None:
                return True
        elif isinstance(value, np.ndarray):
            if recorder.is_live_array(value):
                return True
            if value.dtype.kind == "O":
                waiting.extend(value.ravel().tolist())
        elif isinstance(value, np.flatiter | np.void):
            waiting.append(value.base)
        elif isinstance(value, np.broadcast):
            waiting.extend(part.base for part in value.iters)
        else:
            whole = memory.FOREIGN.get(id(value))
            if whole is not None and recorder.is_live_array(whole):
                return True
            waiting.extend(parts_of(value))
    return False


def holds_live_number(recorder: Any, items: list) -> bool:
    """True if one of the items themselves is a live scalar."""
    identities = set(map(id, items))
    return not (identities.isdisjoint(recorder.live) and identities.isdisjoint(recorder.boxed))


def is_of_tracer(value: Any) -> bool:
    """True for the objects that record: they know everything that is live."""
    module = type(value).__module__
    return isinstance(module, str) and module.startswith("adjoint.trace.")


def is_dead(proxy: Any) -> bool:
    """True for a `weakref.proxy` of an object that is no more."""
    try:
        return proxy.__class__ is None
    except ReferenceError:
        return True


def too_many() -> MissingRule:
    return MissingRule(
        f"native code was given more than {MOST_OBJECTS} objects, which were not all searched for "
        "values that carry a derivative",
        instead="pass it the numbers and arrays it needs, or give the derivative of the code "
        "around it with adjoint.custom_vjp",
    )


def parts_of(value: Any) -> list:
    """What an object holds."""
    if isinstance(value, dict):
        others = [getattr(value, "default_factory", None), *(fields_of(value) or {}).values()]
        return [*value.keys(), *value.values(), *others]
    if isinstance(value, list | tuple | set | frozenset | deque):
        return [*value, *(fields_of(value) or {}).values()]
    if isinstance(value, type({}.values()) | type({}.items())):
        return list(value)
    if isinstance(value, memoryview):
        return [value.obj]
    if isinstance(value, GeneratorType):
        frame = value.gi_frame
        return [] if frame is None else parts_of(frame)
    if isinstance(value, FrameType):
        return [held for name, held in value.f_locals.items() if not name.startswith(HIDDEN)]
    if isinstance(value, BaseException):
        return [value.args, value.__cause__, value.__context__, *vars(value).values()]
    if isinstance(value, type):  # one that a function made holds what the function knew
        return list(vars(value).values()) if "<locals>" in value.__qualname__ else []
    if isinstance(value, SEQUENCE_ITERATORS):
        return list(value.__reduce__()[1])
    if isinstance(value, MethodType):
        return [value.__self__, value.__func__, *called_with(value)]
    if type(value) is FunctionType:
        cells = value.__closure__ or ()
        return [
            *contents(cells),
            *(value.__defaults__ or ()),
            *(value.__kwdefaults__ or {}).values(),
            *read_by(value),
        ]
    held = list((fields_of(value) or {}).values())
    held.extend(content for _, content in filled_slots(value))
    held.extend(getattr(value, name) for base, name in KEEPERS.items() if isinstance(value, base))
    for kind in type(value).__mro__:
        held.extend(getattr(value, name) for name in HOLDERS.get(kind, ()))
    call = class_attribute(type(value), "__call__")
    if type(call) is FunctionType:
        held.append(MethodType(call, value))
    return [*held, *referents(value)]


def referents(value: Any) -> list:
    """What objects of native classes hold, where it is theirs: maps, partials, bound methods."""
    kind = type(value)
    if kind in SILENT:
        return []
    if kind.__module__ not in TELLING_MODULES and (callable(value) or is_of_python(kind)):
        return []  # a native function refers to its whole module
    return gc.get_referents(value)


def is_of_python(kind: type) -> bool:
    module = kind.__module__
    return isinstance(module, str) and module.partition(".")[0] in sys.stdlib_module_names


def contents(cells: tuple) -> list:
    found = []
    for cell in cells:
        try:
            found.append(cell.cell_contents)
        except ValueError:  # an empty cell
            continue
    return found


def methods_of_local(values: list) -> list:
    """The methods, which may read variables, of the classes among `values` that a function made."""
    kinds = [v for v in values if isinstance(v, type) and "<locals>" in v.__qualname__]
    return [getattr(found, "__func__", found) for kind in kinds for found in vars(kind).values()]
