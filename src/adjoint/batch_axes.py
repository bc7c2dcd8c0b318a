"""The axes of a batch: which axis of each argument its elements lie along, and of each result.

The conventions are those of JAX's ``vmap``: an axis, or None for what all elements share, or a
container of these for the parts of an argument.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from adjoint import spaces
from adjoint.errors import InvalidArgument, StructureMismatch

Axes = Any  # an int, None, or a container of these
CONTAINERS = (tuple, list, dict)


def axes_of_arguments(in_axes: Axes, args: tuple, kwargs: dict) -> list[int | None]:
    """The axis of each leaf of ``(args, kwargs)``; keyword arguments have axis 0."""
    if isinstance(in_axes, tuple | list):
        if len(in_axes) != len(args):
            raise InvalidArgument(
                f"in_axes has {len(in_axes)} entries, and the call {len(args)} positional "
                "arguments",
                instead="give one entry for each positional argument, or one axis for all",
            )
        each = tuple(in_axes)
    else:
        each = (in_axes,) * len(args)
    found: list[int | None] = []
    for position, (axes, arg) in enumerate(zip(each, args, strict=True)):
        found.extend(axes_of(axes, arg, f"in_axes of argument {position}"))
    for name in spaces.optree().tree_structure(kwargs).entries():
        found.extend(axes_of(0, kwargs[name], name))
    return found


def axes_of(axes: Axes, tree: Any, label: str) -> list[int | None]:
    """The axis of each leaf of a tree, of which `axes` is a prefix."""
    if axes is None or (isinstance(axes, int) and not isinstance(axes, bool)):
        return [axes] * len(spaces.flatten(tree)[0])
    if not isinstance(axes, CONTAINERS):
        raise InvalidArgument(
            f"{label} is {axes!r}", instead="give an int, None, or a container of these"
        )
    is_like = isinstance(tree, dict) if isinstance(axes, dict) else isinstance(tree, tuple | list)
    if not is_like or len(axes) != len(tree) or (isinstance(axes, dict) and set(axes) - set(tree)):
        raise StructureMismatch(
            f"{label} is {axes!r}, which is no prefix of {spaces.flatten(tree)[1]}",
            instead="give the containers of the value, or one axis in the place of each",
        )
    found: list[int | None] = []
    keys = spaces.optree().tree_structure(tree).entries() if isinstance(tree, dict) else None
    for key in keys if keys is not None else range(len(tree)):
        found.extend(axes_of(axes[key], tree[key], f"{label}[{key!r}]"))
    return found


def size_of_batch(leaves: Sequence, axes: Sequence, args: tuple, kwargs: dict) -> int:
    """How many elements a batch has, which all arguments that have an axis must agree on."""
    sizes: dict[int, str] = {}
    for place, (leaf, axis) in enumerate(zip(leaves, axes, strict=True)):
        if axis is None or leaf is None:
            continue
        rank = np.ndim(leaf) if isinstance(leaf, np.ndarray) else 0
        if not -rank <= axis < rank:
            name = names_of(args, kwargs)[place]
            shown = f"shape {np.shape(leaf)}" if rank else f"type {type(leaf).__name__}"
            raise InvalidArgument(
                f"{name} is of {shown} and has no axis {axis} to lie along",
                instead="give it None in in_axes if all elements share it, or pass an array "
                "(numpy.asarray(...)) with an axis for the batch",
            )
        sizes.setdefault(np.shape(leaf)[axis], f"{names_of(args, kwargs)[place]} along axis {axis}")
    if len(sizes) > 1:
        listed = ", ".join(f"{size} in {name}" for size, name in sizes.items())
        raise StructureMismatch(
            f"vmap was given batches of different sizes: {listed}",
            instead="give arguments of one size along their axes, or None in in_axes",
        )
    for size in sizes:
        if size == 0:
            raise InvalidArgument(
                "vmap was given an empty batch, of which no element says what the result is",
                instead="test for it before the call",
            )
        return size
    raise InvalidArgument(
        "no argument of vmap has an axis for the batch",
        instead="give at least one argument an axis in in_axes",
    )


def names_of(args: tuple, kwargs: dict) -> list[str]:
    """How to call each leaf of the arguments in a message."""
    found: list[str] = []
    for position, arg in enumerate(args):
        found.extend(spaces.labels(arg, f"argument {position}"))
    for name in spaces.optree().tree_structure(kwargs).entries():
        found.extend(spaces.labels(kwargs[name], f"argument `{name}`"))
    return found


def place_of_axis(axis: int, rank: int, label: str) -> int:
    """`axis`, counted from the front, of a result that has `rank` axes with that of the batch."""
    if not -rank <= axis < rank:
        raise InvalidArgument(
            f"out_axes asks for axis {axis} of {label} of {rank} axes, that of the batch included",
            instead=f"give an axis from {-rank} to {rank - 1}",
        )
    return axis % rank


def require_stackable(leaf: Any) -> None:
    if not isinstance(leaf, np.ndarray | np.generic | bool | int | float | complex):
        raise InvalidArgument(
            f"the function returned a value of type {type(leaf).__name__} for an element of the "
            "batch, which cannot be an item of an array",
            instead="return numbers, arrays, and containers of them, or None",
        )


def require_alike(leaf: Any, first: Any) -> None:
    if np.shape(leaf) != np.shape(first):
        raise StructureMismatch(
            f"the function returned shape {np.shape(first)} for the first element of the batch and "
            f"{np.shape(leaf)} for another",
            instead="return results of one shape, or loop over the elements",
        )


def require_equal(leaf: Any, first: Any) -> None:
    if not np.array_equal(leaf, first, equal_nan=True):
        raise InvalidArgument(
            "out_axes is None for a result that is not the same for all elements of the batch",
            instead="give it an axis in out_axes",
        )
