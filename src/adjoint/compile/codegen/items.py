"""Items of arrays in machine code: where they are in memory, and whether they are there.

Numba's own indexing puts all that an array consists of into memory at each item, and ends the
function twice for each axis; LLVM takes longer to see through that than for all else. So an array
is taken apart once, and an item is tested once. Errors are Numba's.
"""

import functools
from dataclasses import dataclass
from typing import Any

from adjoint.compile.ir.nodes import Var


@dataclass(frozen=True)
class Parts:
    """What an array consists of, and its type of Numba's."""

    kind: Any
    data: Any
    shape: list
    strides: list


class Items:
    """Reads and stores items of the arrays of one function."""

    def __init__(self, context: Any, builder: Any, numba: Any):
        self.context = context
        self.builder = builder
        self.numba = numba
        self.parts: dict[Var, Parts] = {}

    def take(self, array: Var, kind: Any, value: Any) -> None:
        """An array that is handed over, which is used wherever control goes from here."""
        model, ndim, builder = self.context.data_model_manager[kind], array.type.ndim, self.builder
        shape, strides = (model.get(builder, value, name) for name in ("shape", "strides"))
        self.parts[array] = Parts(
            kind,
            model.get(builder, value, "data"),
            [builder.extract_value(shape, axis) for axis in range(ndim)],
            [builder.extract_value(strides, axis) for axis in range(ndim)],
        )

    def kind(self, array: Var) -> Any:
        return self.parts[array].kind

    def length(self, array: Var, axis: int) -> Any:
        return self.parts[array].shape[axis]

    def count(self, array: Var) -> Any:
        """How many items there are."""
        found, *others = self.parts[array].shape
        for other in others:
            found = self.builder.mul(found, other)
        return found

    def place(self, array: Var, index: list) -> Any:
        """Where an item is that is there."""
        parts = self.parts[array]
        return self.numba.core.cgutils.get_item_pointer2(
            self.context,
            self.builder,
            parts.data,
            parts.shape,
            parts.strides,
            parts.kind.layout,
            index,
        )

    def tested(self, array: Var, index: list) -> list:
        """An index counted from the start of each axis; what is outside raises."""
        builder, found, tests = self.builder, [], []
        for at, length in zip(index, self.parts[array].shape, strict=True):
            is_negative = builder.icmp_signed("<", at, at.type(0))
            found.append(builder.select(is_negative, builder.add(at, length), at))
            tests.append(builder.icmp_unsigned(">=", found[-1], length))
        if tests:
            with builder.if_then(functools.reduce(builder.or_, tests), likely=False):
                message = ("index is out of bounds",)
                self.context.call_conv.return_user_exc(builder, IndexError, message)
        return found

    def load(self, array: Var, place: Any) -> Any:
        kind = self.kind(array)
        return self.numba.np.arrayobj.load_item(self.context, self.builder, kind, place)

    def store(self, array: Var, value: Any, place: Any) -> None:
        kind = self.kind(array)
        if not kind.mutable:
            raise self.numba.errors.TypingError(f"Cannot modify readonly array of type: {kind}")
        self.numba.np.arrayobj.store_item(self.context, self.builder, kind, value, place)
