"""Choosing what to differentiate: from `argnums` and a call's arguments to the leaves.

Promises that no two leaves are the same float object, that arrays are the caller's own memory, and
that containers the caller passed stay the containers the function sees.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint import objects, spaces
from adjoint.derivative import Argnums
from adjoint.errors import InvalidArgument, NonDifferentiable

INTEGERS = (int, np.integer)


def name_of(function: Callable) -> str:
    """What to call a function in a message."""
    return getattr(function, "__qualname__", None) or getattr(
        function, "__name__", type(function).__name__
    )


class Selection:
    """The arguments of one call that a derivative is taken with respect to.

    Attributes
    ----------
    args, kwargs : what the function is to be called with.
    leaves : the numbers and arrays that carry a derivative, each a distinct object.
    kinds : the classes of the instances that hold them.
    """

    def __init__(self, function: Callable, argnums: Argnums, args: tuple, kwargs: dict):
        self.function = function
        self.single = not isinstance(argnums, tuple)
        if type(argnums) is int and 0 <= argnums < len(args):
            self.keys: list = [argnums]
        else:
            keys = (argnums,) if self.single else argnums
            self.keys = [located(function, key, args, kwargs) for key in keys]
        self.args = list(args)
        self.kwargs = dict(kwargs)
        self.leaves: list = []
        self.kinds: set[type] = set()
        self.parts: list[tuple[spaces.Structure | objects.ObjectStructure, list[bool]]] = []

    def take(self, *, strict: bool) -> "Selection":
        """Make the leaves of the chosen arguments distinct, and collect them.

        With `strict`, an integer among them is an error; else it is held fixed.
        """
        for key in self.keys:
            home: Any = self.args if isinstance(key, int) else self.kwargs
            if is_alone(home[key]):
                self.take_alone(key, home)
                continue
            self.kinds |= objects.kinds(home[key])
            if strict and objects.holds_object(home[key]):
                self.take_object(key, home)
                continue
            home[key] = refreshed(home[key])
            leaves, structure = spaces.flatten(home[key])
            if strict:
                self.require_differentiable(key, home[key], leaves)
            mask = [spaces.is_differentiable(leaf) for leaf in leaves]
            self.leaves.extend([leaf for leaf, live in zip(leaves, mask, strict=True) if live])
            self.parts.append((structure, mask))
        return self

    def take_alone(self, key: int | str, home: Any) -> None:
        """Take a number or an array."""
        if type(home[key]) is not np.ndarray:
            home[key] = spaces.fresh(home[key])
        self.leaves.append(home[key])
        self.parts.append((spaces.ONE_LEAF, [True]))

    def take_object(self, key: int | str, home: Any) -> None:
        """Take an argument that is, or holds, an instance of an ordinary class."""
        home[key] = objects.refresh(home[key], set())
        structure = objects.ObjectStructure(home[key])
        self.require_differentiable(key, home[key], structure.leaves)
        self.leaves.extend(structure.leaves)
        self.parts.append((structure, [True] * len(structure.leaves)))

    def require_differentiable(self, key: int | str, argument: Any, leaves: list) -> None:
        label = f"argument {key}" if isinstance(key, int) else f"argument `{key}`"
        # A dataclass may well have an integer field beside its floats: that is held fixed.
        integers = [leaf for leaf in spaces.plain_leaves(argument) if is_integer(leaf)]
        if integers:
            shown = described(integers[0])
            where = "is" if integers[0] is argument else "holds"
            raise NonDifferentiable(
                f"{label} of `{name_of(self.function)}` {where} {shown}, "
                "and integers have no derivative",
                instead=f"pass {floating(integers[0])}, or leave the argument out of argnums",
            )
        if not any(spaces.is_differentiable(leaf) for leaf in leaves):
            raise NonDifferentiable(
                f"{label} of `{name_of(self.function)}` is {described(argument)}, "
                "which holds no floating-point number",
                instead="choose with argnums an argument made of floats and float arrays",
            )

    def rebuild(self, values: list) -> Any:
        """One value for each leaf, in the structure of the arguments; None where no derivative."""
        if self.single and self.parts[0][0] is spaces.ONE_LEAF and len(values) == 1:
            return values[0]
        trees = self.trees(values)
        return trees[0] if self.single else trees

    def trees(self, values: list) -> tuple:
        """As `rebuild`, a tree for each argnum also where there is only one."""
        rest = iter(values)
        return tuple(
            structure.rebuild([next(rest) if live else None for live in mask])
            for structure, mask in self.parts
        )


def is_alone(argument: Any) -> bool:
    """True for a floating number or array, which is no tree."""
    kind = type(argument)
    return kind in spaces.ALONE and (kind is not np.ndarray or argument.dtype.kind in "fc")


def located(function: Callable, key: int | str, args: tuple, kwargs: dict) -> int | str:
    """Where argument `key` stands in this call: a position, or a keyword that was used."""
    if isinstance(key, bool) or not isinstance(key, int | str):
        raise InvalidArgument(
            f"argnums must be an int, a name, or a tuple of these, not {key!r}",
            instead="write for example argnums=0, argnums=(0, 1) or argnums='temperature'",
        )
    if isinstance(key, str):
        if key in kwargs:
            return key
        names = positional_names(function)
        if key in names and names.index(key) < len(args):
            return names.index(key)
        return missing(function, key, args)
    if -len(args) <= key < len(args):
        return key % len(args)
    names = positional_names(function)
    if 0 <= key < len(names) and names[key] in kwargs:
        return names[key]
    return missing(function, key, args)


def positional_names(function: Callable) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # native callables need not have a signature
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [parameter.name for parameter in parameters if parameter.kind in kinds]


def missing(function: Callable, key: int | str, args: tuple) -> Any:
    raise InvalidArgument(
        f"argnums names argument {key!r}, but `{name_of(function)}` was called with "
        f"{len(args)} positional argument{'s' * (len(args) != 1)} and not with that one",
        instead="pass the argument in the call, or change argnums",
    )


def refreshed(tree: Any) -> Any:
    """`tree` with every floating number replaced by an equal object of its own.

    Two places that hold one float object would otherwise share a derivative. Mutable containers
    are changed in place, so that what the function does to them reaches the caller.
    """
    if isinstance(tree, spaces.SCALARS):
        return spaces.fresh(tree)
    if isinstance(tree, list):
        for index, item in enumerate(tree):
            tree[index] = refreshed(item)
        return tree
    if isinstance(tree, dict):
        for key in list(tree):
            tree[key] = refreshed(tree[key])
        return tree
    if isinstance(tree, tuple):
        items = [refreshed(item) for item in tree]
        return tree._make(items) if hasattr(tree, "_make") else tuple(items)
    if spaces.is_dataclass_instance(tree):
        for name in spaces.field_names(tree):
            object.__setattr__(tree, name, refreshed(getattr(tree, name)))
    return tree


def is_integer(leaf: Any) -> bool:
    if isinstance(leaf, np.ndarray):
        return leaf.dtype.kind in "iu"
    return isinstance(leaf, INTEGERS) and not isinstance(leaf, bool)


def described(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of dtype {value.dtype}"
    if is_integer(value):
        return f"the integer {value}"
    return f"of type {type(value).__name__}"


def floating(value: Any) -> str:
    return "x.astype(float)" if isinstance(value, np.ndarray) else f"{float(value)!r}"
