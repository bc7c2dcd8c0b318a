"""Looks for live values inside arbitrary objects.

Containers of numbers are searched completely. Of other objects a bounded number is looked at; more
than that is an error, because an unseen live value would be a derivative lost in silence.
"""

import weakref
from collections import deque
from types import FunctionType, GeneratorType, MethodType, ModuleType
from typing import Any

import numpy as np

from adjoint.errors import MissingRule
from adjoint.objects import fields_of
from adjoint.rules.ruleset import HOLDERS, KEEPERS
from adjoint.trace import memory

MOST_OBJECTS = 100_000
CONTAINERS = frozenset({list, tuple, dict, set, frozenset, deque})
ATOMS = frozenset({float, int, bool, str, bytes, complex, type(None), np.float64, np.int64})
SEQUENCE_ITERATORS = (type(iter([])), type(iter(())))
LEAVES = (str, bytes, int, type(None), type, ModuleType, np.dtype)


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
        if isinstance(value, LEAVES) or id(value) in seen:
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
        if isinstance(value, float | complex | np.number):
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
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set | frozenset | deque):
        return list(value)
    if isinstance(value, type({}.values()) | type({}.items())):
        return list(value)
    if isinstance(value, memoryview):
        return [value.obj]
    if isinstance(value, GeneratorType):
        frame = value.gi_frame
        return [] if frame is None else list(frame.f_locals.values())
    if isinstance(value, BaseException):
        return [value.args, *vars(value).values()]
    if isinstance(value, SEQUENCE_ITERATORS):
        return list(value.__reduce__()[1])
    if isinstance(value, MethodType):
        return [value.__self__, value.__func__]
    if type(value) is FunctionType:
        cells = value.__closure__ or ()
        return [
            *contents(cells),
            *(value.__defaults__ or ()),
            *(value.__kwdefaults__ or {}).values(),
        ]
    held = list((fields_of(value) or {}).values())
    held.extend(getattr(value, name) for base, name in KEEPERS.items() if isinstance(value, base))
    for kind in type(value).__mro__:
        held.extend(getattr(value, name) for name in HOLDERS.get(kind, ()))
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if not name.startswith("__"):
                held.append(getattr(value, name, None))
    return held


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
