"""What functions written in the compiled language ask the compiler (see `written_axes`)."""

from adjoint.compile.frontend import arrays
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.shaping import axes_of, known_int, whole
from adjoint.compile.frontend.values import NONE, Static, TupleValue, Value, same
from adjoint.compile.ir.nodes import SCALARS, Const

DROPPED = Static("drop jit on this function")


def parted(lower: Lowerer, value: Value, axis: Value) -> Value:
    """See `written_axes.parted`."""
    rank = whole(lower, value).type.ndim
    parts = axis.items if isinstance(axis, TupleValue) else (axis,)
    if same(axis, NONE):
        parts = tuple(map(Const, range(rank)))
    for part in parts:
        axes_of(lower, part, rank)
    gone = [known_int(lower, part, "axis") % rank for part in parts]
    if len(set(gone)) < len(gone):
        raise lower.refuse("an axis is named twice", instead="name each axis once")
    kept = [i for i in range(rank) if i not in gone]
    return TupleValue((TupleValue(tuple(map(Const, kept))), TupleValue(tuple(map(Const, gone)))))


def room(lower: Lowerer, *given: Value) -> Value:
    """See `written_axes.room`."""
    return Static(SCALARS[arrays.common_dtype([lower.atom(array) for array in given])])


def not_compiled(lower: Lowerer, what: Value, instead: Value = DROPPED) -> Value:
    """See `written_axes.not_compiled`."""
    said, other = getattr(what, "value", "this"), getattr(instead, "value", "")
    raise lower.refuse(f"{said} cannot be compiled yet", instead=other)
