"""NumPy functions on whole arrays: conversions, shapes, reductions, products.

Each is written with the few operations that the transforms know.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.compile import operations
from adjoint.compile.conversion import NUMPY, converted
from adjoint.compile.frontend import arrays, iteration
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import (
    NONE,
    Handle,
    RangeValue,
    Static,
    TupleValue,
    Value,
    is_atom,
    same,
)
from adjoint.compile.ir.nodes import (
    FLOATING,
    SCALARS,
    Atom,
    Const,
    Store,
    Subscript,
    Var,
    constant,
)

ALL = (False, False, False)
DTYPES = {
    **{kind: dtype for dtype, kind in SCALARS.items()},
    np.float64: "float",
    np.int64: "int",
    np.bool_: "bool",
    np.complex128: "complex",
}


NARROW = (np.int32, "int32", "i4")
"""What is int64 in compiled code."""


def whole(lower: Lowerer, value: Value) -> Atom:
    """`value`, which must be an array (a list becomes one)."""
    atom = arrays.as_array(lower, value)
    if not atom.type.is_array:
        raise lower.refuse("an array is needed here, not a number", instead="pass an array")
    return atom


def known_int(lower: Lowerer, value: Value, role: str) -> int:
    if isinstance(value, Const) and isinstance(value.value, int):
        return value.value
    raise lower.refuse(
        f"the {role} must be known when the function is compiled", instead="write a constant"
    )


def axes_of(lower: Lowerer, axis: Value, rank: int) -> tuple[int, ...] | None:
    if same(axis, NONE):
        return None
    parts = axis.items if isinstance(axis, TupleValue) else (axis,)
    found = [known_int(lower, p, "axis") for p in parts]
    if any(not -rank <= a < rank for a in found):
        raise lower.refuse(f"the array has only {rank} axes", instead="use an axis that exists")
    return tuple(sorted(a % rank for a in found))


def known_flag(lower: Lowerer, value: Value) -> bool:
    if isinstance(value, Const):
        return bool(value.value)
    raise lower.refuse("this flag must be a constant", instead="write True or False")


# Lengths and kinds.


def dims_of(lower: Lowerer, shape: Value) -> tuple[Atom, ...]:
    if is_atom(shape) and not shape.type.is_array:
        return (shape,)
    return tuple(lower.atom(n, "length") for n in iteration.items(lower, shape))


def dtype_name(lower: Lowerer, dtype: Value | None, default: str) -> str:
    if dtype is None or same(dtype, NONE):
        return default
    found = getattr(dtype, "value", None)
    if found in NARROW or getattr(found, "type", None) in NARROW:
        lower.makes_narrow = True
        return "int"
    kind = DTYPES.get(found) or DTYPES.get(getattr(found, "type", None))
    if kind is None and isinstance(found, str):
        kind = {"float64": "float", "complex128": "complex"}.get(found, found)
        kind = kind if kind in SCALARS else None
    if kind is None:
        raise lower.refuse(
            "this dtype cannot be compiled", instead="use float, np.float32, complex, int or bool"
        )
    return kind


def array(lower: Lowerer, value: Value, dtype: Value | None = None) -> Value:
    found = arrays.as_array(lower, value)
    wanted = dtype_name(lower, dtype, found.type.dtype)
    if not found.type.is_array:
        return number_as_array(lower, converted(lower.emit, found, wanted))
    if wanted == found.type.dtype:
        return lower.emit(operations.copy, found) if found is value else found
    if found.type.is_complex and wanted != "bool":
        raise lower.refuse(
            "complex numbers are made real, which drops their imaginary part",
            instead="take x.real",
        )
    if wanted == "bool":
        return lower.emit(operator.ne, found, Const(0))
    return converted(lower.emit, found, wanted)


def asarray(lower: Lowerer, value: Value, dtype: Value | None = None) -> Value:
    if not is_atom(value) or dtype_name(lower, dtype, value.type.dtype) != value.type.dtype:
        return array(lower, value, dtype)
    if value.type.is_array:
        return value
    return number_as_array(lower, value)


def number_as_array(lower: Lowerer, value: Atom) -> Atom:
    """An array without axes, which is a number here: NumPy's, whosever it was."""
    if isinstance(value, Const):
        number: Atom = Const(value.value, is_numpy=True)
    else:
        number = lower.emit(operator.pos, value)
        lower.owners[number] = NUMPY
    lower.without_axes.append(number)
    return number


# Shapes.


def reshape(lower: Lowerer, value: Value, *shape: Value) -> Value:
    found = whole(lower, value)
    parts = shape[0] if len(shape) == 1 and not is_atom(shape[0]) else TupleValue(shape)
    dims = list(dims_of(lower, parts))
    unknown = [i for i, n in enumerate(dims) if isinstance(n, Const) and n.value == -1]
    size = arrays.attribute(lower, found, "size")
    if unknown:
        known: Atom = Const(1)
        for i, n in enumerate(dims):
            if i not in unknown:
                known = lower.emit(operator.mul, known, n)
        dims[unknown[0]] = lower.emit(operator.floordiv, size, known)
    if not dims:
        raise lower.refuse("a 0-dimensional array", instead="index the array")
    return lower.emit(operations.reshape, found, *dims)


def raveled(lower: Lowerer, value: Value, order: Value = Static("C")) -> Value:  # noqa: B008
    found = whole(lower, value)
    letter = getattr(order, "value", None)
    if letter not in ("C", "F"):
        raise lower.refuse("this order of elements", instead='use order="C" or order="F"')
    if letter == "F" and found.type.ndim > 1:
        found = lower.emit(operations.copy, lower.emit(np.transpose, found))
    return lower.emit(operations.reshape, found, arrays.attribute(lower, found, "size"))


def is_sequence(axes: tuple[Value, ...]) -> bool:
    return len(axes) == 1 and isinstance(axes[0], TupleValue | Handle)


def transposed(lower: Lowerer, value: Value, *axes: Value) -> Value:
    found = whole(lower, value)
    parts = iteration.items(lower, axes[0]) if is_sequence(axes) else axes
    rank = found.type.ndim
    order = [known_int(lower, p, "axis") % rank for p in parts if not same(p, NONE)]
    if not order or order == list(range(rank))[::-1]:
        return lower.emit(np.transpose, found)
    if order == list(range(rank)):
        return loaded(lower, found, (ALL,) * rank)
    if sorted(order) != list(range(rank)):
        raise lower.refuse("these axes of a transpose", instead="name each axis once")
    return lower.emit(np.transpose, found, keywords=(("axes", tuple(order)),))


def squeezed(lower: Lowerer, value: Value, axis: Value) -> Value:
    """A view without axes of length one, which must be named."""
    found = whole(lower, value)
    axes = axes_of(lower, axis, found.type.ndim) or ()
    for at in axes:
        length = arrays.shape(lower, found)[at]
        one = lower.emit(operator.eq, length, Const(1))
        lower.check(one, ValueError, "cannot select an axis to squeeze out which is not one long")
    entries = tuple("at" if at in axes else ALL for at in range(found.type.ndim))
    subscript = Subscript(entries)
    zeros = (Const(0),) * len(axes)
    out = Var("view", arrays.item_type(found.type, subscript, zeros, lower))
    keywords = (("subscript", subscript),)
    lower.builder.add(arrays.Apply(out, operations.load, (found, *zeros), keywords, lower.place))
    return out


def concatenated(lower: Lowerer, parts: Value, axis: Value = Const(0)) -> Value:  # noqa: B008
    """A new array, and a store of each part."""
    items = [whole(lower, item) for item in iteration.items(lower, parts)]
    if same(axis, NONE):
        items = [lower.atom(raveled(lower, item)) for item in items]
        axis = Const(0)
    rank = items[0].type.ndim
    (along,) = axes_of(lower, axis, rank) or (0,)
    total: Atom = Const(0)
    ends: list[Atom] = [total]
    for item in items:
        total = lower.emit(operator.add, total, arrays.shape(lower, item)[along])
        ends.append(total)
    dims = list(arrays.shape(lower, items[0]))
    dims[along] = total
    made = arrays.zeros(lower, tuple(dims), arrays.common_dtype(items), "joined")
    entries = [ALL] * rank
    entries[along] = (True, True, False)
    for item, start, stop in zip(items, ends, ends[1:], strict=False):
        index = (start, stop)
        item = converted(lower.emit, item, made.type.dtype) if item.type.is_float else item
        lower.builder.add(Store(made, Subscript(tuple(entries)), index, item, place=lower.place))
    return made


def stacked(lower: Lowerer, parts: Value, axis: Value = Const(0)) -> Value:  # noqa: B008
    made = arrays.as_array(lower, parts)
    if same(axis, Const(0)):
        return made
    rank = made.type.ndim
    (at,) = axes_of(lower, axis, rank) or (0,)
    order = [*range(1, at + 1), 0, *range(at + 1, rank)]
    moved = lower.emit(np.transpose, made, keywords=(("axes", tuple(order)),))
    return lower.emit(operations.copy, moved)


def column_stacked(lower: Lowerer, parts: Value) -> Value:
    """Vectors as columns, beside the columns of matrices."""
    items = [whole(lower, item) for item in iteration.items(lower, parts)]
    columns = [with_axis(lower, item, 1) if item.type.ndim == 1 else item for item in items]
    return concatenated(lower, TupleValue(tuple(columns)), Const(1))


def hstacked(lower: Lowerer, parts: Value) -> Value:
    rank = whole(lower, iteration.items(lower, parts)[0]).type.ndim
    return concatenated(lower, parts, Const(0 if rank == 1 else 1))


def vstacked(lower: Lowerer, parts: Value) -> Value:
    rank = whole(lower, iteration.items(lower, parts)[0]).type.ndim
    return stacked(lower, parts) if rank == 1 else concatenated(lower, parts)


def expanded(lower: Lowerer, value: Value, axis: Value) -> Value:
    found = arrays.as_array(lower, value)
    count = len(axis.items) if isinstance(axis, TupleValue) else 1
    if not found.type.is_array:
        dims = (("shape", (1,) * count),)
        return lower.emit(operations.array_of, found, keywords=dims, name="items")
    for at in axes_of(lower, axis, found.type.ndim + count) or (0,):
        found = with_axis(lower, found, at)
    return found


def with_axis(lower: Lowerer, array: Atom, at: int) -> Atom:
    entries: list = [ALL] * array.type.ndim
    entries.insert(at, "newaxis")
    return loaded(lower, array, tuple(entries))


def loaded(lower: Lowerer, array: Atom, entries: tuple) -> Atom:
    subscript = Subscript(entries)
    type_ = arrays.item_type(array.type, subscript, (), lower)
    out = Var("view", type_)
    from_array = (("subscript", subscript),)
    lower.builder.add(arrays.Apply(out, operations.load, (array,), from_array, lower.place))
    return out


# Reductions.


def summed(
    lower: Lowerer,
    value: Value,
    axis: Value = NONE,
    dtype: Value | None = None,
    out: Value = NONE,
    keepdims: Value = Const(False),  # noqa: B008
    initial: Value = NONE,
    where: Value = NONE,
) -> Value:
    found = arrays.as_array(lower, value)
    refuse_target(lower, out)
    if not same(where, NONE):
        kept = arrays.as_array(lower, where)
        found = lower.emit(np.where, kept, found, constant(0, found.type))
    wanted = dtype_name(lower, dtype, found.type.dtype)
    if wanted != found.type.dtype and wanted in FLOATING and found.type.is_array:
        found = lower.atom(array(lower, found, dtype))
    elif wanted not in FLOATING and found.type.dtype in FLOATING:
        raise lower.refuse(
            f"a sum of {found.type.dtype} as {wanted}", instead="convert: .astype(int)"
        )
    total = lower.atom(reduced(lower, np.sum, found, axis, keepdims))
    if same(initial, NONE):
        return total
    return lower.emit(operator.add, total, arrays.as_array(lower, initial))


def refuse_target(lower: Lowerer, out: Value) -> None:
    if not same(out, NONE):
        raise lower.refuse(
            "an array to write the result into", instead="assign the result: out[...] = f(x)"
        )


def reduced(lower: Lowerer, function: Any, value: Value, axis: Value, keepdims: Value) -> Value:
    """A reduction over one axis after the other."""
    found = arrays.as_array(lower, value)
    if not found.type.is_array:
        return found
    axes = axes_of(lower, axis, found.type.ndim)
    keep = known_flag(lower, keepdims)
    if axes is None or len(axes) == found.type.ndim:
        total = lower.emit(function, found, name="total")
        dims = (Const(1),) * found.type.ndim
        return lower.emit(operations.full, total, *dims) if keep else total
    if function is np.sum and found.type.is_single:  # added up in double precision
        double = lower.emit(operations.as_float, found)
        return converted(
            lower.emit, lower.atom(reduced(lower, np.sum, double, axis, keepdims)), "float32"
        )
    for axis_number in reversed(axes):
        found = lower.emit(function, found, keywords=(("axis", axis_number),), name="total")
    for axis_number in axes if keep else ():
        found = with_axis(lower, found, axis_number)
    return found


def count_of(lower: Lowerer, value: Value, axis: Value) -> Atom:
    found = whole(lower, value)
    axes = axes_of(lower, axis, found.type.ndim)
    count: Atom = Const(1)
    for number, n in enumerate(arrays.shape(lower, found)):
        if axes is None or number in axes:
            count = n if same(count, Const(1)) else lower.emit(operator.mul, count, n)
    return lower.emit(float, count)


def extreme(function: Any) -> Callable:
    def handler(
        lower: Lowerer,
        value: Value,
        axis: Value = NONE,
        keepdims: Value = Const(False),  # noqa: B008
    ) -> Value:
        found = whole(lower, value)
        axes = axes_of(lower, axis, found.type.ndim)
        if axes is not None and len(axes) < found.type.ndim:
            raise lower.refuse(
                f"`np.{function.__name__}` along an axis cannot be compiled yet",
                instead="loop over the rows",
            )
        return reduced(lower, function, found, NONE, keepdims)

    return handler


def counted(function: Any) -> Callable:
    """A reduction without derivative, over the whole array."""

    def handler(lower: Lowerer, value: Value) -> Value:
        return lower.emit(function, whole(lower, value))

    return handler


# Products.


def product(lower: Lowerer, a: Value, b: Value) -> Value:
    left, right = arrays.as_array(lower, a), arrays.as_array(lower, b)
    if not left.type.is_array or not right.type.is_array:
        return lower.emit(operator.mul, left, right)
    if left.type.ndim > 2 or right.type.ndim > 2:
        raise lower.refuse(
            "a product of stacks of matrices cannot be compiled yet",
            instead="loop over the matrices",
        )
    left, right = (
        x if x.type.is_float else lower.emit(operations.as_float, x) for x in (left, right)
    )
    return lower.emit(np.dot, left, right)


def outer(lower: Lowerer, a: Value, b: Value) -> Value:
    return lower.emit(np.outer, whole(lower, a), whole(lower, b))


def norm(lower: Lowerer, value: Value) -> Value:
    return lower.emit(np.linalg.norm, whole(lower, value))


def clip(
    lower: Lowerer,
    value: Value,
    a_min: Value = NONE,
    a_max: Value = NONE,
    *,
    min: Value = NONE,
    max: Value = NONE,
) -> Value:
    found = arrays.as_array(lower, value)
    for low in (a_min, min):
        if not same(low, NONE):
            found = lower.emit(np.maximum, found, arrays.as_array(lower, low))
    for high in (a_max, max):
        if not same(high, NONE):
            found = lower.emit(np.minimum, found, arrays.as_array(lower, high))
    return found


def size_of(lower: Lowerer, value: Value, axis: Value = NONE) -> Value:
    found = arrays.as_array(lower, value)
    if not same(axis, NONE):
        (along,) = axes_of(lower, axis, found.type.ndim) or (0,)
        return arrays.shape(lower, found)[along]
    return arrays.attribute(lower, found, "size") if found.type.is_array else Const(1)


def is_scalar(lower: Lowerer, value: Value) -> Value:
    return Const(is_atom(value) and not value.type.is_array)


def select(
    lower: Lowerer,
    condlist: Value,
    choicelist: Value,
    default: Value = Const(0.0),  # noqa: B008
) -> Value:
    """The choice of the first condition that holds."""
    tests = iteration.items(lower, condlist)
    choices = iteration.items(lower, choicelist)
    found = arrays.as_array(lower, default)
    for test, choice in reversed(list(zip(tests, choices, strict=True))):
        parts = (lower.atom(test), arrays.as_array(lower, choice), found)
        found = lower.emit(np.where, *parts)
    return found


def rank_of(lower: Lowerer, value: Value) -> Value:
    return Const(arrays.as_array(lower, value).type.ndim)


def shape_of(lower: Lowerer, value: Value) -> Value:
    found = arrays.as_array(lower, value)
    return TupleValue(arrays.shape(lower, found)) if found.type.is_array else TupleValue(())


def fill(lower: Lowerer, owner: Value, value: Value) -> Value:
    arrays.store(lower, owner, Static(Ellipsis), value)
    return NONE


def astype(lower: Lowerer, owner: Value, dtype: Value, *, copy: Value | None = None) -> Value:
    if copy is not None and not known_flag(lower, copy):
        return asarray(lower, owner, dtype)
    return array(lower, owner, dtype)


def conjugate(lower: Lowerer, owner: Value) -> Atom:
    found = arrays.as_array(lower, owner)
    if found.type.is_complex:
        return lower.emit(np.conjugate, found)
    return lower.atom(unchanged(lower, owner)) if found.type.is_array else found


def unchanged(lower: Lowerer, owner: Value) -> Value:
    """A view of the whole, as ``conj`` and ``view`` of real numbers."""
    found = whole(lower, owner)
    return loaded(lower, found, (ALL,) * found.type.ndim)


def item_of(lower: Lowerer, owner: Value, *places: Value) -> Value:
    """``array.item(i, j)``, or ``array.item(place)`` in the order of memory."""
    found = whole(lower, owner)
    if len(places) == 1 and isinstance(places[0], TupleValue):
        places = places[0].items
    if len(places) == found.type.ndim:
        return arrays.load(lower, found, TupleValue(tuple(places)))
    if len(places) > 1:
        raise lower.refuse("this place of an item", instead="index the array")
    return arrays.load(lower, lower.atom(raveled(lower, found)), places[0] if places else Const(0))


FUNCTIONS: dict[Any, Callable] = {
    np.array: array,
    np.asarray: asarray,
    np.reshape: reshape,
    np.ravel: raveled,
    np.transpose: transposed,
    np.concatenate: concatenated,
    np.astype: astype,
    np.stack: stacked,
    np.column_stack: column_stacked,
    np.hstack: hstacked,
    np.vstack: vstacked,
    np.expand_dims: expanded,
    np.sum: summed,
    np.ndim: rank_of,
    np.amax: extreme(np.max),
    np.amin: extreme(np.min),
    np.max: extreme(np.max),
    np.min: extreme(np.min),
    np.argmax: counted(np.argmax),
    np.argmin: counted(np.argmin),
    np.any: counted(np.any),
    np.all: counted(np.all),
    np.linalg.norm: norm,
    np.clip: clip,
    np.select: select,
    np.size: size_of,
    np.isscalar: is_scalar,
    np.squeeze: squeezed,
    np.shape: shape_of,
}
METHODS: dict[str, Callable] = {
    "sum": summed,
    "max": extreme(np.max),
    "min": extreme(np.min),
    "argmax": counted(np.argmax),
    "argmin": counted(np.argmin),
    "any": counted(np.any),
    "all": counted(np.all),
    "reshape": reshape,
    "ravel": raveled,
    "flatten": raveled,
    "transpose": transposed,
    "squeeze": squeezed,
    "fill": fill,
    "astype": astype,
    "clip": clip,
    "conj": conjugate,
    "conjugate": conjugate,
    "view": unchanged,
    "item": item_of,
}
__all__ = ["FUNCTIONS", "METHODS", "Handle", "RangeValue"]
