"""Slices and transposes of arrays, as which items of the array they show."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from adjoint.compile import operations
from adjoint.compile.ir.nodes import Apply, Atom, Const, Function, Store, Subscript, Var, walk


@dataclass(frozen=True)
class View:
    """An array as part of another: for each axis of it, one of the other's and its first place.

    `axes` : None for an axis of length one that the other does not have.
    """

    base: Var
    axes: tuple[tuple[int, int] | None, ...]


class Views:
    """The views of a function."""

    def __init__(self, function: Function):
        self.makers = {s.out: s for s in walk(function.body) if isinstance(s, Apply)}

    def view(self, array: Var) -> View:
        """An array as part of the one from which it was sliced."""
        base, axes = array, tuple((axis, 0) for axis in range(array.type.ndim))
        found = View(base, axes)
        while (maker := self.makers.get(found.base)) is not None:
            inner = view_of(maker)
            if inner is None:
                break
            found = composed(found, inner)
        return found

    def target(self, s: Store) -> View | None:
        """What a store changes."""
        if any(a.type.is_array for a in s.index):
            return None
        inner = sliced_view(s.array, s.subscript, s.index)
        return None if inner is None else composed(inner, self.view(s.array))


def view_of(maker: Apply) -> View | None:
    """A view as part of the array that is sliced or transposed; None for what is no view."""
    array = maker.args[0] if maker.args else None
    if not isinstance(array, Var) or not array.type.is_array or not maker.out.type.is_array:
        return None
    keywords = dict(maker.keywords)
    if maker.function is np.transpose:
        axes = keywords.get("axes") or tuple(reversed(range(array.type.ndim)))
        return View(array, tuple((axis, 0) for axis in axes))
    if maker.function is not operations.load:
        return None
    return sliced_view(array, keywords["subscript"], maker.args[1:])


def sliced_view(array: Var, subscript: Subscript, atoms: Sequence[Atom]) -> View | None:
    """The view ``array[subscript]`` of slices with known bounds; None for another."""
    given, axis = iter(atoms), 0
    found: list[tuple[int, int] | None] = []
    for entry in subscript.entries:
        if entry == "newaxis":
            found.append(None)
        elif entry == "ellipsis":
            own = sum(isinstance(e, tuple) or e == "at" for e in subscript.entries)
            for _ in range(array.type.ndim - own):
                found.append((axis, 0))
                axis += 1
        elif isinstance(entry, tuple):
            ends = ends_of([next(given) if is_given else None for is_given in entry])
            if ends is None or (entry[1] and ends[1] >= 0):
                return None
            found.append((axis, ends[0]))
            axis += 1
        else:
            return None
    found += [(left, 0) for left in range(axis, array.type.ndim)]
    return View(array, tuple(found))


def composed(outer: View, inner: View) -> View:
    """A view of a view, as one of the array below; `outer` is one of what `inner` shows."""
    axes: list[tuple[int, int] | None] = []
    for found in outer.axes:
        below = None if found is None else inner.axes[found[0]]
        axes.append(None if found is None or below is None else (below[0], below[1] + found[1]))
    return View(inner.base, tuple(axes))


def ends_of(bounds: Sequence[Atom | None]) -> tuple[int, int] | None:
    """Where a slice starts and stops, if it has known bounds and goes up by one."""
    start, stop, step = (
        default if bound is None else (bound.value if isinstance(bound, Const) else None)
        for bound, default in zip(bounds, (0, 0, 1), strict=True)
    )
    if start is None or stop is None or step != 1 or start < 0:  # type: ignore[operator]
        return None
    if bounds[1] is not None and stop == 0:
        return None
    return int(start), int(stop)  # type: ignore[arg-type]
