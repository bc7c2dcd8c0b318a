"""Machine code that makes arrays: zeros, arrays without contents, copies, and larger stacks.

Numba compiles several functions for each number of axes, half a second for an array of zeros. What
is written here is what they come to: memory, and what it is filled with. Errors are Numba's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from adjoint.compile import operations
from adjoint.compile.codegen.emitting import of_positions
from adjoint.compile.ir.nodes import SCALARS, Apply

NEGATIVE = "negative dimensions not allowed"
LARGE = (
    "array is too big; `arr.size * arr.dtype.itemsize` is larger than the maximum possible size."
)
FULL = "Allocation failed (probably too large)."
MAKERS = frozenset((operations.zeros, operations.empty, operations.copy))


@dataclass(frozen=True)
class Maker:
    """A function that makes arrays of one dtype and number of axes.

    Attributes
    ----------
    operation : zeros, empty, copy or grown, of `operations`.
    """

    operation: Callable
    dtype: str
    ndim: int

    def __call__(self, *args: object) -> object:
        raise TypeError(f"{self.operation.__name__} is machine code")


def maker_of(s: Apply) -> Maker | None:
    """What makes the result of a statement; None if Numba does."""
    return Maker(s.function, s.out.type.dtype, s.out.type.ndim) if s.function in MAKERS else None


def machine_maker(maker: Maker, numba: Any) -> Callable:
    item = numba.from_dtype(np.dtype(SCALARS[maker.dtype]))
    if maker.operation in (operations.zeros, operations.empty):
        return of_dims(maker, item, numba)
    return of_array(maker, item, numba)


def of_dims(maker: Maker, item: Any, numba: Any) -> Callable:
    kind, types = numba.types.Array(item, maker.ndim, "C"), numba.types

    def generated(context: Any, builder: Any, signature: Any, args: tuple) -> Any:
        pairs = zip(args, signature.args, strict=True)
        dims = [context.cast(builder, arg, given, types.intp) for arg, given in pairs]
        made, size = allocated(context, builder, numba, kind, dims)
        if maker.operation is operations.zeros:
            numba.core.cgutils.memset(builder, made.data, size, 0)
        return made._getvalue()

    def typed(_context: Any, *given: Any) -> Any:
        return kind(*given), generated

    return intrinsic_of(typed, maker, maker.ndim, numba)


def of_array(maker: Maker, item: Any, numba: Any) -> Callable:
    """A copy, or a stack of at least twice the size with the same contents."""
    types, cgutils, is_stack = numba.types, numba.core.cgutils, maker.operation is operations.grown

    def generated(context: Any, builder: Any, signature: Any, args: tuple) -> Any:
        kind = signature.return_type
        if signature.args[0].layout != "C":
            return context.compile_internal(builder, numpys_copy, kind(signature.args[0]), args)
        array = context.make_array(signature.args[0])(context, builder, args[0])
        dims = cgutils.unpack_tuple(builder, array.shape, maker.ndim)
        if is_stack:
            needed = context.cast(builder, args[1], signature.args[1], types.intp)
            twice = builder.add(dims[0], dims[0])
            enough = builder.icmp_signed(">=", twice, needed)
            dims = [builder.select(enough, twice, needed)]
        made, _ = allocated(context, builder, numba, kind, dims)
        cgutils.raw_memcpy(builder, made.data, array.data, array.nitems, array.itemsize)
        return made._getvalue()

    def typed(_context: Any, array: Any, *needed: Any) -> Any:
        layout = "F" if array.layout == "F" else "C"
        return types.Array(item, maker.ndim, layout)(array, *needed), generated

    return intrinsic_of(typed, maker, 2 if is_stack else 1, numba)


def numpys_copy(array: np.ndarray) -> np.ndarray:
    return np.copy(array)


def intrinsic_of(typed: Callable, maker: Maker, count: int, numba: Any) -> Callable:
    names = ["context", *(f"x{i}" for i in range(count))]
    return numba.extending.intrinsic(of_positions(typed, maker.operation.__name__, names))


def allocated(context: Any, builder: Any, numba: Any, kind: Any, dims: list) -> tuple[Any, Any]:
    """An array without contents, and how many bytes it has."""
    types, cgutils = numba.types, numba.core.cgutils
    bytes_of_item = context.get_abi_sizeof(context.get_data_type(kind.dtype))
    size = itemsize = context.get_constant(types.intp, bytes_of_item)
    is_negative = is_large = cgutils.false_bit
    for dim in dims:
        is_negative = builder.or_(is_negative, builder.icmp_signed("<", dim, dim.type(0)))
        found = builder.smul_with_overflow(size, dim)
        size, overflows = (builder.extract_value(found, at) for at in (0, 1))
        is_large = builder.or_(is_large, overflows)
    strides = [itemsize]
    for dim in reversed(dims[1:]):
        strides.insert(0, builder.mul(strides[0], dim))
    raise_where(context, builder, is_negative, ValueError, NEGATIVE)
    raise_where(context, builder, is_large, ValueError, LARGE)
    align = context.get_constant(types.uint32, context.get_preferred_array_alignment(kind.dtype))
    owner = context.nrt.meminfo_alloc_aligned(builder, size, align)
    raise_where(context, builder, cgutils.is_null(builder, owner), MemoryError, FULL)
    made = context.make_array(kind)(context, builder)
    data = builder.bitcast(context.nrt.meminfo_data(builder, owner), made.data.type)
    numba.np.arrayobj.populate_array(made, data, dims, strides, itemsize, meminfo=owner)
    return made, size


def raise_where(context: Any, builder: Any, wrong: Any, error: type, message: str) -> None:
    with builder.if_then(wrong, likely=False):
        context.call_conv.return_user_exc(builder, error, (message,))
