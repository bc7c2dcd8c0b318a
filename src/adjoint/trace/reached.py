"""All that a call can reach, as it is at one moment: to see what changed, and to put it back.

Containers and objects are kept item by item, generators of random numbers by their state. Arrays
are only listed: the tape keeps what is overwritten in them.
"""

from collections import deque
from collections.abc import Callable
from types import CellType, FunctionType, MethodType
from typing import Any

import numpy as np

from adjoint import objects
from adjoint.trace.memory import owner_of
from adjoint.trace.trusted import is_random_generator, is_trusted
from adjoint.trace.untouched import ATOMS, INERT, TABLES

UNSET = object()
MOST_CHANGED = 64  # items of a container that a call changes
FEW = 8  # items are copied as they are; more are shared with the call before, if they are the same


def python_of(function: Any) -> FunctionType | None:
    """The Python function that a callable runs; None if it is no function or method."""
    found = function.__func__ if isinstance(function, MethodType) else function
    return found if type(found) is FunctionType else None


class Reached:
    """What can be reached; as a context, it is as it was, and afterwards as it is now.

    Attributes
    ----------
    numbers : the floats among it.
    arrays, owners : the arrays, and those that own their memory.
    """

    def __init__(self) -> None:
        self.numbers: list = []
        self.arrays: list[np.ndarray] = []
        self.owners: dict[int, np.ndarray] = {}
        self.nodes: list[tuple[Any, tuple]] = []
        self.places: list[tuple[dict, str, Any]] = []
        self.generators: list[tuple[Any, Any]] = []
        self.now: tuple = ()
        self.shared: dict[int, tuple] = {}

    @classmethod
    def of(
        cls, values: list, places: list[tuple[dict, str]], before: "Reached | None" = None
    ) -> "Reached | None":
        """What is reached from `values`, and global names; None if some of it is not known.

        `before` : what an earlier call reached, most of which may be the same.
        """
        made = cls()
        if before is not None:
            made.shared = {id(n): items for n, items in before.nodes if len(items) > FEW}
        made.places = [(where, name, where[name]) for where, name in places]
        seen: set[int] = set()
        waiting = list(values)
        while waiting:
            value = waiting.pop()
            kind = type(value)
            if kind in INERT or id(value) in seen:
                continue
            seen.add(id(value))
            if kind in ATOMS:
                if kind is not float and kind is not np.float64:
                    return None  # of which the slots are boxes
                made.numbers.append(value)
                continue
            parts = made.parts(value, kind)
            if parts is None:
                return None
            waiting.extend(parts)
        made.shared = {}
        return made

    def parts(self, value: Any, kind: type) -> list | tuple | None:
        """What a value holds, noted; None if it is not known how to put it back."""
        if kind is tuple or kind is frozenset:
            return list(value)
        if kind is np.ndarray:
            return self.array(value)
        if is_trusted(value):
            return ()
        if is_random_generator(kind):
            self.generators.append((value, state_of(value)))
            return ()
        if kind is FunctionType:
            held = [*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
            return [*held, *value.__dict__.values(), *(value.__closure__ or ())]
        if kind is MethodType:
            return [value.__self__, value.__func__]
        if kind in TABLES or (kind not in READ and not objects.is_object(value)):
            return None
        items = contents(value, kind)
        known = self.shared.get(id(value))
        if known is not None and are_same(items, known):
            items = known
        self.nodes.append((value, items))
        return items

    def array(self, value: np.ndarray) -> tuple | None:
        owner = owner_of(value)
        if value.dtype.kind not in "biuf" or type(owner) is not np.ndarray:
            return None
        if owner.dtype.kind not in "biuf":
            return None
        self.arrays.append(value)
        self.owners[id(owner)] = owner
        return ()

    def changes(self) -> list[tuple[int, int]] | None:
        """Where something new stands by now; None where that is too much, or in no order.

        Each is the number of a container or object and the position in its contents, or a negative
        number for a name.
        """
        found: list[tuple[int, int]] = []
        for number, (node, items) in enumerate(self.nodes):
            now = contents(node, type(node))
            if are_same(now, items):
                continue
            if type(node) is set or len(now) > MOST_CHANGED:
                return None
            known = set(map(id, items))
            found.extend((number, at) for at, item in enumerate(now) if id(item) not in known)
        for number, (where, name, value) in enumerate(self.places):
            if where.get(name, UNSET) is not value:
                if name not in where:
                    return None
                found.append((-1 - number, 0))
        return found

    def picked(self, changes: list[tuple[int, int]]) -> list:
        """What stands there."""
        found = []
        for number, at in changes:
            if number < 0:
                where, name, _ = self.places[-1 - number]
                found.append(where[name])
            else:
                node = self.nodes[number][0]
                found.append(contents(node, type(node))[at])
        return found

    def leaves_of(self, out: Any) -> list | None:
        """The numbers and arrays of a result; None if it holds anything else."""
        found: list = []
        waiting = [out]
        while waiting:
            value = waiting.pop()
            kind = type(value)
            if kind in (tuple, list):
                waiting.extend(value)
            elif kind is dict:
                if not all(isinstance(key, str | int) for key in value):
                    return None
                waiting.extend(value.values())
            elif kind is np.ndarray:
                if value.dtype.kind not in "biuf":
                    return None
                found.append(value)
            elif kind is float or kind is np.float64:
                found.append(value)
            elif kind not in INERT:
                return None
        return found

    def __enter__(self) -> None:
        now = [(node, contents(node, type(node))) for node, _ in self.nodes]
        places = [(where, name, where.get(name, UNSET)) for where, name, _ in self.places]
        generators = [(generator, state_of(generator)) for generator, _ in self.generators]
        self.now = now, places, generators
        self.put(self.nodes, self.places, self.generators)

    def __exit__(self, *_: object) -> None:
        self.put(*self.now)
        self.now = ()

    def put(self, nodes: list, places: list, generators: list) -> None:
        for node, items in nodes:
            if not are_same(contents(node, type(node)), items):
                refill(node, type(node), items)
        for where, name, value in places:
            if value is UNSET:
                where.pop(name, None)
            else:
                where[name] = value
        for generator, state in generators:
            set_state(generator, state)


def are_same(found: tuple, known: tuple) -> bool:
    if len(found) != len(known):
        return False
    return all(a is b or (type(a) is str and a == b) for a, b in zip(found, known, strict=True))


def of_dict(value: dict) -> tuple:
    return *value.keys(), *value.values()


def of_cell(value: CellType) -> tuple:
    try:
        return (value.cell_contents,)
    except ValueError:  # not set yet
        return ()


def of_object(value: Any) -> tuple:
    names = objects.state_names(value)
    return *names, *(objects.read(value, name) for name in names)


READ: dict[type, Callable] = {
    list: tuple,
    set: tuple,
    deque: tuple,
    dict: of_dict,
    CellType: of_cell,
}


def contents(value: Any, kind: type) -> tuple:
    """What a container or object holds; of pairs, the first of all before the second."""
    return READ.get(kind, of_object)(value)


def refill(node: Any, kind: type, items: tuple) -> None:
    """Make a container or object hold `items`, as `contents` told."""
    half = len(items) // 2
    if kind is list:
        node[:] = items
    elif kind in (set, deque):
        node.clear()
        (node.update if kind is set else node.extend)(items)
    elif kind is dict:
        node.clear()
        node.update(zip(items[:half], items[half:], strict=True))
    elif kind is CellType:
        if items:
            node.cell_contents = items[0]
        else:
            del node.cell_contents
    else:
        for name in objects.state_names(node):
            if name not in items[:half]:
                object.__delattr__(node, name)
        for name, item in zip(items[:half], items[half:], strict=True):
            objects.write(node, name, item)


def state_of(generator: Any) -> Any:
    """The state of a generator of random numbers."""
    if isinstance(generator, np.random.RandomState):
        return generator.get_state()
    return generator.bit_generator.state


def set_state(generator: Any, state: Any) -> None:
    if isinstance(generator, np.random.RandomState):
        generator.set_state(state)
    else:
        generator.bit_generator.state = state
