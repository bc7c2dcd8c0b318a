"""`vmap`: a function of one element as a function of a batch of them.

On compiled functions the batch runs on all cores (`compile.batches`); on any other it is a loop
over the elements, and so is whatever is said of the order in which things happen.
"""

import functools
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint import compile as compiler
from adjoint import spaces
from adjoint.batch_axes import (
    Axes,
    axes_of,
    axes_of_arguments,
    place_of_axis,
    require_alike,
    require_equal,
    require_stackable,
    size_of_batch,
)
from adjoint.derivative import Derivative, Differentiable
from adjoint.errors import InvalidArgument, StructureMismatch

COMPILED_KINDS = ("grad", "value_and_grad")


def vmap(f: Callable, in_axes: Axes = 0, out_axes: Axes = 0) -> Callable:
    """`f` of each element of a batch, with the results stacked.

    If `f` is compiled (`jit`, a Numba function, or a gradient of one), the elements are divided
    among the cores (as many as ``NUMBA_NUM_THREADS`` says) by a compiled loop. Any other function
    is called element by element. Either way a derivative goes through, in both modes.

    Parameters
    ----------
    f : any callable. Arrays that it changes in place are changed in the batch, as in a loop over
        ``x[i]``.
    in_axes : the axis of the batch in the arguments: an int (negative: from the last), None for
        what all elements share, or a tuple with one such for each positional argument, which may
        be a container of them for the parts of an argument. Keyword arguments have axis 0.
    out_axes : the axis of the batch in the results, likewise; None for a result that is the same
        for all elements.

    Returns
    -------
    A function of the same arguments, each with an axis more.

    Raises
    ------
    StructureMismatch : the arguments have batches of different sizes, or the results of elements
        different shapes.
    InvalidArgument : no argument has the axis, the batch is empty, or a result is no number,
        array, container of these or None.
    UnsupportedType : a compiled function changes an array that all elements share.

    What an element raises reaches the caller, that of the first such element if there are several;
    compiled elements after it may have run.

    Examples
    --------
    >>> import adjoint as ad, numpy as np
    >>> @ad.jit
    ... def height(speed, drag):
    ...     y, dt = 0.0, 0.01
    ...     while speed > 0.0:
    ...         y += speed * dt
    ...         speed -= (9.81 + drag * speed * speed) * dt
    ...     return y
    >>> ad.vmap(height, in_axes=(0, None))(np.array([1.0, 10.0]), 0.0).round(3)
    array([0.056, 5.147])
    >>> slopes = ad.vmap(ad.grad(height), in_axes=(0, None))(np.array([1.0, 10.0]), 0.1)
    >>> slopes.shape
    (2,)
    """
    if not callable(f):
        raise InvalidArgument(
            f"vmap needs a function, and was given a value of type {type(f).__name__}",
            instead="write adjoint.vmap(f)(x), not adjoint.vmap(f(x))",
        )
    plain = Vmapped(f, in_axes, out_axes)
    if isinstance(f, CompiledVmapped):
        return CompiledVmapped(plain, (plain, *f.levels), f.jitted)
    jitted = compiler.as_jitted(f) if is_batched_compiled(f) else None
    return plain if jitted is None else CompiledVmapped(plain, (plain,), jitted)


def is_batched_compiled(f: Callable) -> bool:
    """True for what is one compiled program for each element: no jacobian, which is several."""
    inner = getattr(f, "derivative", None)
    while isinstance(inner, Derivative):
        if inner.kind not in COMPILED_KINDS:
            return False
        inner = getattr(inner.function, "derivative", None)
    return True


class Vmapped:
    """A function of a batch: a loop over its elements."""

    def __init__(self, function: Callable, in_axes: Axes, out_axes: Axes):
        self.function, self.in_axes, self.out_axes = function, in_axes, out_axes
        functools.update_wrapper(self, function, updated=())
        del self.__wrapped__  # its arguments are others

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __repr__(self) -> str:
        return f"<vmap({getattr(self, '__qualname__', self.function)})>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        leaves, structure = spaces.flatten((args, kwargs))
        axes = axes_of_arguments(self.in_axes, args, kwargs)
        size = size_of_batch(leaves, axes, args, kwargs)
        rows = [
            leaf if axis is None or leaf is None else np.moveaxis(leaf, axis, 0)
            for leaf, axis in zip(leaves, axes, strict=True)
        ]
        results = []
        for index in range(size):
            element = [
                row if axis is None or row is None else row[index]
                for row, axis in zip(rows, axes, strict=True)
            ]
            given, named = structure.rebuild(element)
            results.append(self.function(*given, **named))
        return stacked(results, self.out_axes)


def stacked(results: list, out_axes: Axes) -> Any:
    """The results of the elements of a batch as one result."""
    leaves, structure = spaces.flatten(results[0])
    columns = [[leaf] for leaf in leaves]
    for result in results[1:]:
        others, other_structure = spaces.flatten(result)
        if other_structure != structure:
            raise StructureMismatch(
                f"the function returned {structure} for the first element of the batch and "
                f"{other_structure} for another",
                instead="return results of one structure",
            )
        for column, leaf in zip(columns, others, strict=True):
            column.append(leaf)
    axes = axes_of(out_axes, results[0], "out_axes")
    return structure.rebuild([stack(*pair) for pair in zip(columns, axes, strict=True)])


def stack(column: list, axis: int | None) -> Any:
    """One leaf of the results of all elements."""
    if all(leaf is None for leaf in column):
        return None
    first = column[0]
    for leaf in column:
        require_stackable(leaf)
        require_alike(leaf, first)
    if axis is None:
        for leaf in column:
            require_equal(leaf, first)
        return first
    place = place_of_axis(axis, np.ndim(first) + 1, "a result")
    return np.stack(column, axis=place) if np.ndim(first) else np.array(column)


class CompiledVmapped(Differentiable):
    """A compiled function of a batch, or of a batch of batches.

    Attributes
    ----------
    levels : whose axes are asked for, that of the outermost batch first.
    """

    is_traceable = True

    def __init__(self, plain: Vmapped, levels: tuple[Vmapped, ...], jitted: "compiler.Jitted"):
        functools.update_wrapper(self, plain, updated=())
        self.__wrapped__ = plain.__call__
        self.function, self.levels, self.jitted = plain.function, levels, jitted

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __repr__(self) -> str:
        return f"<vmap({getattr(self, '__qualname__', self.function)})>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        batch = self.batch(args, kwargs)
        return self.placed(batch.outputs(), equal=True)

    def batch(self, args: tuple, kwargs: dict) -> Any:
        """The batch of a call, with the axes of the elements leading."""
        leaves, structure = spaces.flatten((args, kwargs))
        columns = [axes_of_arguments(level.in_axes, args, kwargs) for level in self.levels]
        axes = list(zip(*columns, strict=True))
        rows: list = [x.item() if isinstance(x, np.ndarray) and not x.ndim else x for x in leaves]
        sizes = []
        for number, column in enumerate(columns):
            fronts = [count(chosen[:number]) for chosen in axes]
            seen = [as_seen(row, front) for row, front in zip(rows, fronts, strict=True)]
            sizes.append(size_of_batch(seen, column, args, kwargs))
            for place, (axis, front) in enumerate(zip(column, fronts, strict=True)):
                if axis is not None and rows[place] is not None:
                    rows[place] = to_front(rows[place], axis, front)
        shared = [
            (None,) * len(sizes) if row is None else chosen
            for row, chosen in zip(rows, axes, strict=True)
        ]
        batches = importlib.import_module("adjoint.compile.batches")
        return batches.batch_of(self.jitted, structure, rows, shared, tuple(sizes))

    def placed(self, tree: Any, *, equal: bool) -> Any:
        """Results that lie along leading axes, along those that were asked for."""
        leaves, structure = spaces.flatten(tree)
        columns = [axes_of(level.out_axes, tree, "out_axes") for level in self.levels]
        for front in reversed(range(len(columns))):
            leaves = [
                leaf if leaf is None else as_asked(leaf, axis, front, equal)
                for leaf, axis in zip(leaves, columns[front], strict=True)
            ]
        return structure.rebuild(leaves)

    # As one operation of the traced tier.

    def besides(self, args: tuple, kwargs: dict) -> list | None:
        if kwargs:
            return None  # they have another axis than they would have by position
        program = self.batch(args, kwargs).program
        return None if program.stores else program.outside()

    def forward(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        batch = self.batch(args, kwargs).kept()
        return self.placed(batch.outputs(), equal=True), batch

    def backward(self, residuals: Any, cotangent: Any) -> tuple:
        batch = residuals
        leaves, structure = spaces.flatten(cotangent)
        columns = [axes_of(level.out_axes, cotangent, "out_axes") for level in self.levels]
        for front, column in enumerate(columns):
            leaves = [
                leaf if leaf is None else along(np.asarray(leaf), axis, front, batch.sizes[front])
                for leaf, axis in zip(leaves, column, strict=True)
            ]
        found = batch.pulled(structure.rebuild(leaves))
        given = [
            None if ct is None else from_front(ct, axes)
            for ct, axes in zip(found, batch.axes, strict=True)
        ]
        return tuple(batch.structure.rebuild(given)[0])

    def tangent(self, residuals: Any, tangents: tuple) -> Any:
        batch = residuals
        args, kwargs = batch.structure.rebuild([None] * len(batch.axes))
        trees = tuple(
            zeros if given is None else given for given, zeros in zip(tangents, args, strict=True)
        )
        leaves = spaces.flatten((trees, kwargs))[0]
        for number in range(len(self.levels)):
            leaves = [
                leaf
                if leaf is None or axes[number] is None
                else to_front(leaf, axes[number], count(axes[:number]))
                for leaf, axes in zip(leaves, batch.axes, strict=True)
            ]
        return self.placed(batch.pushed(leaves), equal=False)


def count(axes: tuple) -> int:
    """How many of the batches an argument lies along."""
    return sum(axis is not None for axis in axes)


def as_seen(row: Any, leading: int) -> Any:
    """An argument as the function of one element of `leading` batches gets it."""
    return row[(0,) * leading] if leading else row


def to_front(row: np.ndarray, axis: int, front: int) -> np.ndarray:
    """The next axis of a batch behind the `front` that lead already."""
    return np.moveaxis(row, front + axis % (row.ndim - front), front)


def from_front(row: Any, axes: tuple) -> Any:
    """What lies along leading axes, along those of the argument."""
    front = count(axes)
    for axis in reversed(axes):
        if axis is not None:
            front -= 1
            row = np.moveaxis(row, front, front + axis % (row.ndim - front))
    return row if np.ndim(row) or isinstance(row, np.float32) else np.asarray(row).item()


def as_asked(leaf: Any, axis: int | None, front: int, equal: bool) -> Any:
    """A result with the axis at `front` where it is asked for; of the first element, if nowhere."""
    require_stackable(leaf)
    if axis is not None:
        return np.moveaxis(leaf, front, front + place_of_axis(axis, leaf.ndim - front, "a result"))
    first = np.take(leaf, 0, front)
    if equal:
        require_equal(leaf, np.broadcast_to(np.expand_dims(first, front), leaf.shape))
    return first


def along(ct: np.ndarray, axis: int | None, front: int, size: int) -> np.ndarray:
    """The cotangent of what `as_asked` gave, with the axis at `front` again."""
    if axis is not None:
        return to_front(ct, axis, front)
    made = np.zeros((*ct.shape[:front], size, *ct.shape[front:]))
    made[(slice(None),) * front + (0,)] = ct
    return made
