"""The vector spaces that tangents and cotangents live in.

A *leaf* is a number or an array; a *tree* is a leaf or a container of trees (tuple, list, dict,
namedtuple, dataclass). Everything that is not a leaf of floating type is structure: it is carried
along and has no derivative.
"""

import dataclasses
import functools
import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

NAMESPACE = "adjoint"
SCALARS = (float, complex, np.floating, np.complexfloating)
ALONE = frozenset({float, complex, np.ndarray, np.float64})  # the usual trees without a container


@functools.cache
def optree() -> ModuleType:
    """The library of containers, imported when the first one is met."""
    return importlib.import_module("optree")


def is_differentiable(leaf: Any) -> bool:
    """True for a real or complex floating number, or an array of such."""
    if isinstance(leaf, np.ndarray):
        return leaf.dtype.kind in "fc"
    return isinstance(leaf, SCALARS)


def fresh(number: Any) -> Any:
    """An equal number that is another object: negating twice is exact for every float."""
    negated = -number
    return -negated


class Structure:
    """The shape of a tree: what is left of it when its leaves are taken out.

    Attributes
    ----------
    spec : the containers, as `optree` describes them; None where there are none.
    rebuilders : the dataclasses, by the place where they stand.
    """

    __slots__ = ("rebuilders", "spec")

    def __init__(self, spec: Any, rebuilders: dict[int, tuple[type, tuple[str, ...], "Structure"]]):
        self.spec = None if spec is None or spec.is_leaf() else spec
        self.rebuilders = rebuilders

    def filled(self, outer: list) -> Any:
        """The containers with `outer` in them."""
        if self.spec is not None:
            return optree().tree_unflatten(self.spec, outer)
        (tree,) = outer
        return tree

    def rebuild(self, leaves: list) -> Any:
        """The tree with `leaves` in its places."""
        if not self.rebuilders:
            return self.filled(leaves)
        rest = iter(leaves)
        outer = []
        for position in range(self.outer_size):
            if position not in self.rebuilders:
                outer.append(next(rest))
                continue
            cls, names, inner = self.rebuilders[position]
            values = inner.rebuild([next(rest) for _ in range(inner.size)])
            made = object.__new__(cls)
            for name, value in zip(names, values, strict=True):
                object.__setattr__(made, name, value)
            outer.append(made)
        return self.filled(outer)

    def subtrees(self, tree: Any) -> list:
        """What stands in the places of the leaves, in a tree that goes on below them."""
        found: list = []
        outer = [tree] if self.spec is None else self.spec.flatten_up_to(tree)
        for position, part in enumerate(outer):
            if position in self.rebuilders:
                _, names, inner = self.rebuilders[position]
                found.extend(inner.subtrees(tuple(getattr(part, name) for name in names)))
            else:
                found.append(part)
        return found

    @property
    def outer_size(self) -> int:
        """How many leaves and dataclasses the containers hold."""
        return 1 if self.spec is None else self.spec.num_leaves

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        inner = sum(structure.size - 1 for _, _, structure in self.rebuilders.values())
        return self.outer_size + inner

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Structure)
            and self.spec == other.spec
            and self.rebuilders == other.rebuilders
        )

    def __hash__(self) -> int:
        return hash((self.spec, tuple(self.rebuilders)))

    def __str__(self) -> str:
        if self.spec is None:
            return "*"
        text = str(self.spec)
        return text[
            len("PyTreeSpec(") : text.rindex(", NoneIsLeaf") if "NoneIsLeaf" in text else -1
        ]


ONE_LEAF = Structure(None, {})


def flatten(tree: Any) -> tuple[list, Structure]:
    """``(leaves, structure)`` with ``structure.rebuild(leaves) == tree``; None is a leaf."""
    if type(tree) in ALONE:
        return [tree], ONE_LEAF
    outer, spec = optree().tree_flatten(tree, none_is_leaf=True, namespace=NAMESPACE)
    rebuilders: dict[int, tuple[type, tuple[str, ...], Structure]] = {}
    if not any(is_dataclass_instance(leaf) for leaf in outer):
        return outer, Structure(spec, rebuilders)
    leaves: list = []
    for position, leaf in enumerate(outer):
        if is_dataclass_instance(leaf):
            names = field_names(leaf)
            inner, structure = flatten(tuple(getattr(leaf, name) for name in names))
            rebuilders[position] = (type(leaf), names, structure)
            leaves.extend(inner)
        else:
            leaves.append(leaf)
    return leaves, Structure(spec, rebuilders)


def plain_leaves(tree: Any) -> list:
    """The leaves that stand in tuples, lists and dicts only, not in a field of a dataclass."""
    if type(tree) in ALONE:
        return [tree]
    leaves = optree().tree_leaves(tree, none_is_leaf=True, namespace=NAMESPACE)
    return [leaf for leaf in leaves if not is_dataclass_instance(leaf)]


def is_dataclass_instance(value: Any) -> bool:
    kind = type(value)
    return kind not in ALONE and kind is not type and dataclasses.is_dataclass(kind)


def field_names(instance: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(instance))


def tree_map(function: Callable, tree: Any, *others: Any) -> Any:
    """`function` of the leaves, in the structure of `tree`; `others` have the same structure."""
    leaves, structure = flatten(tree)
    columns = [flatten(other)[0] for other in others]
    return structure.rebuild([function(*row) for row in zip(leaves, *columns, strict=True)])


def zero_like(leaf: Any) -> Any:
    """The zero of a leaf's tangent space; None for a thing that has no derivative."""
    if isinstance(leaf, np.ndarray):
        return np.zeros(leaf.shape, leaf.dtype) if leaf.dtype.kind in "fc" else None
    return type(leaf)(0.0) if isinstance(leaf, SCALARS) else None


def zeros(tree: Any) -> Any:
    """The zero of a tree's tangent space."""
    return tree_map(zero_like, tree)


def basis(leaf: Any) -> list:
    """A real basis of a leaf's space: the unit vectors, then i times them if it is complex."""
    factors = (1.0, 1j) if np.asarray(leaf).dtype.kind == "c" else (1.0,)
    if not isinstance(leaf, np.ndarray):
        return [type(leaf)(factor) for factor in factors]
    units = []
    for factor in factors:
        for index in np.ndindex(leaf.shape):
            unit = np.zeros(leaf.shape, leaf.dtype)
            unit[index] = factor
            units.append(unit)
    return units


def random_like(leaf: Any, rng: "np.random.Generator") -> Any:
    """A normal random vector of a leaf's tangent space; None for a thing that has no derivative."""
    if not is_differentiable(leaf):
        return None
    shape, dtype = np.shape(leaf), np.asarray(leaf).dtype
    drawn = rng.standard_normal(shape)
    if dtype.kind == "c":
        drawn = drawn + 1j * rng.standard_normal(shape)
    if isinstance(leaf, np.ndarray):
        return np.asarray(drawn, dtype)
    return type(leaf)(complex(drawn) if dtype.kind == "c" else float(drawn))


def random(tree: Any, rng: "np.random.Generator") -> Any:
    """A normal random vector of a tree's tangent space."""
    return tree_map(lambda leaf: random_like(leaf, rng), tree)


def inner(left: Any, right: Any) -> float:
    """The real inner product Re(conj(a) b) of two trees; None counts as zero."""
    pairs = zip(flatten(left)[0], flatten(right)[0], strict=True)
    return float(sum(np.real(np.vdot(a, b)) for a, b in pairs if a is not None and b is not None))


def step(tree: Any, direction: Any, length: float) -> Any:
    """``tree + length * direction``, leaving what has no derivative as it is."""
    return tree_map(
        lambda leaf, by: leaf if by is None else moved(leaf, by, length), tree, direction
    )


def moved(leaf: Any, by: Any, length: float) -> Any:
    result = leaf + length * by
    if not isinstance(leaf, np.ndarray):
        return type(leaf)(result)
    made = np.empty_like(leaf)  # keeps the layout in memory, which a program can depend on
    made[...] = result
    return made


def labels(tree: Any, name: str = "") -> list[str]:
    """How one would write each leaf of a tree in Python, in the order of `flatten`.

    >>> labels({"w": [1.0, 2.0]}, "p")
    ["p['w'][0]", "p['w'][1]"]
    """
    spec = optree().tree_structure(tree, none_is_leaf=True, namespace=NAMESPACE)
    outer = optree().tree_leaves(tree, none_is_leaf=True, namespace=NAMESPACE)
    found: list[str] = []
    for leaf, accessor in zip(outer, spec.accessors(), strict=True):
        label = accessor.codify(name)
        if is_dataclass_instance(leaf):
            for field in field_names(leaf):
                found.extend(labels(getattr(leaf, field), f"{label}.{field}"))
        else:
            found.append(label)
    return found
