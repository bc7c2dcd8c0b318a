"""Trees that go on inside the instances of ordinary classes: parameters as programs keep them.

Promises that what is shared stays shared, that cycles end, and that whatever is no number (names,
locks, open files) is handed on as it is.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, MemberDescriptorType
from typing import Any

import numpy as np

from adjoint import spaces
from adjoint.errors import StructureMismatch

HEAP_TYPE = 1 << 9  # the flag of classes made by a class statement (Py_TPFLAGS_HEAPTYPE)
CONTAINERS = (list, dict, tuple)
LEAVES = (float, int, complex, str, np.ndarray, np.generic, type(None))


def is_object(value: Any) -> bool:
    """True for an instance of a class written in Python, on nothing native but `object`."""
    kind = type(value)
    if isinstance(value, (type, *CONTAINERS)) or kind.__module__ in ("builtins", "types"):
        return False
    if kind.__new__ is not object.__new__ and not isinstance(kind.__new__, FunctionType):
        return False
    written = all(base is object or base.__flags__ & HEAP_TYPE for base in kind.__mro__)
    return written and kind.__reduce_ex__ is object.__reduce_ex__ and bool(state_names(value))


def fields_of(value: Any) -> Mapping | None:
    """The ``__dict__`` of an object, by no method of its own; None if it has none."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None
    return found if isinstance(found, Mapping) else None


def state_names(value: Any) -> list[str]:
    """The attributes an instance holds itself: of its ``__dict__`` and its ``__slots__``."""
    return [*(fields_of(value) or ()), *(name for name, _ in filled_slots(value))]


def filled_slots(value: Any) -> Iterator[tuple[str, Any]]:
    """The slots of an object that hold something; for the others no ``__getattr__`` is asked."""
    for base in type(value).__mro__:
        slots = base.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            mangled = mangled_name(base, name)
            slot = base.__dict__.get(mangled)
            if isinstance(slot, MemberDescriptorType):
                with contextlib.suppress(AttributeError):
                    yield mangled, slot.__get__(value)


def mangled_name(owner: type, name: str) -> str:
    is_private = name.startswith("__") and not name.endswith("__")
    return f"_{owner.__name__.lstrip('_')}{name}" if is_private else name


def read(value: Any, name: str) -> Any:
    """An attribute as it is stored, past properties and ``__getattribute__``."""
    stored = fields_of(value) or {}
    return stored[name] if name in stored else object.__getattribute__(value, name)


def write(value: Any, name: str, item: Any) -> None:
    """Store an attribute, past properties, ``__setattr__`` and frozen dataclasses."""
    stored: Any = fields_of(value)
    if stored is not None and (name in stored or not hasattr(type(value), name)):
        stored[name] = item
    else:
        object.__setattr__(value, name, item)


def children(value: Any) -> list[tuple[Any, Any]]:
    """What a node of a tree holds, with the key of each; nothing for a leaf."""
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list | tuple):
        return list(enumerate(value))
    if is_object(value):
        return [(name, read(value, name)) for name in state_names(value)]
    return []


def holds_object(tree: Any) -> bool:
    """True if an instance of an ordinary class, other than a dataclass, is in a tree."""
    return search(tree, set())


def search(tree: Any, seen: set[int]) -> bool:
    if isinstance(tree, LEAVES) or id(tree) in seen:
        return False
    seen.add(id(tree))
    if is_object(tree) and not spaces.is_dataclass_instance(tree):
        return True
    return any(search(item, seen) for _, item in children(tree))


def kinds(tree: Any) -> set[type]:
    """The classes of the instances in a tree."""
    found: set[type] = set()
    pending, seen = [tree], set()
    while pending:
        node = pending.pop()
        if isinstance(node, LEAVES) or id(node) in seen:
            continue
        seen.add(id(node))
        if type(node).__module__ != "builtins":
            found.add(type(node))
        pending.extend(item for _, item in children(node))
    return found


class ObjectStructure:
    """A tree and the places of its floating numbers and arrays, as `spaces.Structure`.

    Attributes
    ----------
    leaves : the numbers and arrays, each array once, however often it is in the tree.
    """

    def __init__(self, tree: Any):
        self.leaves: list = []
        self.collect(tree, {})
        self.tree = rebuilt(tree, iter(self.leaves), {})  # nodes of its own: programs change theirs

    def collect(self, tree: Any, seen: dict[int, Any]) -> None:
        if spaces.is_differentiable(tree) and not isinstance(tree, np.ndarray):
            self.leaves.append(tree)
            return
        if id(tree) in seen:
            return
        seen[id(tree)] = tree
        if spaces.is_differentiable(tree):
            self.leaves.append(tree)
        for _, item in children(tree):
            self.collect(item, seen)

    def rebuild(self, values: list) -> Any:
        """The tree with `values` in the places of its leaves; new nodes, the other items shared."""
        return rebuilt(self.tree, iter(values), {})


def rebuilt(tree: Any, values: Any, made: dict[int, Any]) -> Any:
    if spaces.is_differentiable(tree) and not isinstance(tree, np.ndarray):
        return next(values)
    if id(tree) in made:
        return made[id(tree)]
    if spaces.is_differentiable(tree):
        made[id(tree)] = next(values)
        return made[id(tree)]
    if isinstance(tree, tuple):
        items = [rebuilt(item, values, made) for item in tree]
        made[id(tree)] = tree._make(items) if hasattr(tree, "_make") else tuple(items)
        return made[id(tree)]
    if isinstance(tree, list | dict):
        node: Any = type(tree)() if type(tree) in (list, dict) else tree.copy()
        made[id(tree)] = node
        for key, item in children(tree):
            changed = rebuilt(item, values, made)
            if isinstance(tree, list) and key >= len(node):
                node.append(changed)
            else:
                node[key] = changed
        return node
    if is_object(tree):
        node = made[id(tree)] = object.__new__(type(tree))
        for name, item in children(tree):
            write(node, name, rebuilt(item, values, made))
        return node
    return tree


def refresh(tree: Any, seen: set[int]) -> Any:
    """Replace every floating number in a tree by an equal object of its own, in place."""
    if isinstance(tree, spaces.SCALARS):
        return spaces.fresh(tree)
    if isinstance(tree, tuple):
        items = [refresh(item, seen) for item in tree]
        return tree._make(items) if hasattr(tree, "_make") else tuple(items)
    if id(tree) in seen:
        return tree
    seen.add(id(tree))
    for key, item in children(tree):
        changed = refresh(item, seen)
        if changed is item:
            continue
        if isinstance(tree, list | dict):
            tree[key] = changed
        else:
            write(tree, key, changed)
    return tree


def tree_map(function: Callable, tree: Any, *others: Any) -> Any:
    """`function` of the floating numbers and arrays of trees of one structure.

    A tree is a number, an array, or a tuple, list, dict, dataclass or instance of an ordinary
    class that holds trees. The result is a new tree like the first; what is no floating number
    (integers, names, locks) is that of the first, and what is shared there stays shared.

    Raises
    ------
    StructureMismatch : the trees hold different numbers of floating numbers and arrays.

    Examples
    --------
    >>> import adjoint as ad
    >>> class Spring:
    ...     def __init__(self, stiffness, name):
    ...         self.stiffness, self.name = stiffness, name
    ...     def energy(self, stretch):
    ...         return 0.5 * self.stiffness * stretch**2
    >>> spring = Spring(4.0, "front")
    >>> gradient = ad.grad(lambda spring: spring.energy(2.0))(spring)
    >>> better = ad.tree_map(lambda p, g: p - 0.5 * g, spring, gradient)
    >>> better.stiffness, better.name
    (3.0, 'front')
    """
    structure = ObjectStructure(tree)
    columns = [structure.leaves, *(ObjectStructure(other).leaves for other in others)]
    counts = [len(column) for column in columns]
    if len(set(counts)) > 1:
        raise StructureMismatch(
            f"tree_map was given trees of {', '.join(map(str, counts))} numbers and arrays",
            instead="give trees of one structure, such as parameters and their gradient",
        )
    return structure.rebuild([function(*row) for row in zip(*columns, strict=True)])
