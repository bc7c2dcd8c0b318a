"""How each operation is written in Python."""

import math
import operator
from collections.abc import Callable

import numpy as np

from adjoint.compile import operations
from adjoint.compile.ir.nodes import SINGLE, Apply, Subscript

INFIX = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.truediv: "/",
    operator.floordiv: "//",
    operator.mod: "%",
    operator.pow: "**",
    operator.and_: "&",
    operator.or_: "|",
    operator.xor: "^",
    operator.lshift: "<<",
    operator.rshift: ">>",
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
    operator.eq: "==",
    operator.ne: "!=",
    operations.either: "or",
    operations.both: "and",
    operations.differs: "!=",
    operations.plus: "+",
}
PREFIX = {operator.neg: "-", operator.pos: "+", operator.invert: "~", operations.negation: "not "}
DTYPES = {
    "float": "np.float64",
    "int": "np.int64",
    "bool": "np.bool_",
    "float32": "np.float32",
    "complex": "np.complex128",
}


def bracketed(subscript: Subscript, index: list[str]) -> str:
    """The text between the brackets of ``x[...]``."""
    if subscript.entries == ("ellipsis",):
        return ":"  # the same, and Numba takes it too
    rest = iter(index)
    parts = []
    for entry in subscript.entries:
        if isinstance(entry, tuple):
            start, stop, step = (next(rest) if present else "" for present in entry)
            parts.append(f"{start}:{stop}" + (f":{step}" if step else ""))
        elif entry == "at":
            parts.append(next(rest))
        else:
            parts.append("None" if entry == "newaxis" else "...")
    return ", ".join(parts)


def tupled(parts: list[str]) -> str:
    return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"


def nested(items: list[str], shape: tuple[int, ...]) -> str:
    """A list literal of the given shape."""
    if len(shape) == 1:
        return f"[{', '.join(items)}]"
    size = len(items) // shape[0]
    rows = [nested(items[i * size : (i + 1) * size], shape[1:]) for i in range(shape[0])]
    return f"[{', '.join(rows)}]"


SPECIAL: dict[Callable, Callable] = {
    operations.load: lambda a, subscript: f"{a[0]}[{bracketed(subscript, a[1:])}]",
    operations.take: lambda a, subscript: f"np.copy({a[0]}[{bracketed(subscript, a[1:])}])",
    operations.dim: lambda a, axis: f"{a[0]}.shape[{axis}]",
    operations.select: lambda a: f"{a[1]} if {a[0]} else {a[2]}",
    operations.copy: lambda a: f"np.copy({a[0]})",
    operations.as_item: lambda a: f"np.copy({a[0]})",
    operations.zeros: lambda a, dtype="float": (
        f"np.zeros({tupled(a)})" if dtype == "float" else f"np.zeros({tupled(a)}, {DTYPES[dtype]})"
    ),
    operations.empty: lambda a, dtype="float": f"np.empty({tupled(a)}, {DTYPES[dtype]})",
    operations.full: lambda a: f"np.full({tupled(a[1:])}, {a[0]})",
    operations.reshape: lambda a: f"np.copy({a[0]}.ravel()).reshape({tupled(a[1:])})",
    operations.array_of: lambda a, shape: f"np.array({nested(a, shape)})",
    operations.several: tupled,
    operations.part: lambda a, position: f"{a[0]}[{position}]",
    operations.trips: lambda a: f"len(range({', '.join(a)}))",
    operations.larger: lambda a: f"max({', '.join(a)})",
    operations.smaller: lambda a: f"min({', '.join(a)})",
    operations.as_float: lambda a: f"{a[0]}.astype(np.float64)",
    operations.as_single: lambda a: f"{a[0]}.astype(np.float32)",
    operations.as_complex: lambda a: f"{a[0]}.astype(np.complex128)",
    operations.single: lambda a: f"np.float32({a[0]})",
    operations.double: lambda a: f"np.float64({a[0]})",
    operations.cartesian: lambda a: f"complex({a[0]}, {a[1]})",
    operations.real_part: lambda a: f"{a[0]}.real",
    operations.imaginary_part: lambda a: f"{a[0]}.imag",
    operations.as_real: lambda a: f"np.copy({a[0]}.real)",
    operations.real_parts: lambda a: f"np.copy({a[0]}.real)",
    operations.imaginary_parts: lambda a: f"np.copy({a[0]}.imag)",
    operations.as_int: lambda a: f"{a[0]}.astype(np.int64)",
    operations.order: lambda a: f"np.argsort({a[0]}, kind='mergesort')",
    operations.places: lambda a: f"np.flatnonzero({a[0]})",
    np.transpose: lambda a, axes=None: f"{a[0]}.T" if axes is None else f"{a[0]}.transpose({axes})",
    np.linalg.norm: lambda a: f"np.linalg.norm({a[0]})",
    operations.held: lambda a: a[0],
}


def module_name(function: Callable) -> str | None:
    """``math.sin`` or ``np.sin``, for a function of these modules."""
    name = getattr(function, "__name__", "")
    if getattr(math, name, None) is function:
        return f"math.{name}"
    if getattr(np, name, None) is function:
        return f"np.{name}"
    return name if function in (abs, float, int, bool, complex, round, pow, len) else None


def written(function: Callable, args: list[str], keywords: dict) -> str:
    """``function(*args, **keywords)`` as source; `args` are names or literals."""
    if function in INFIX:
        return f"{args[0]} {INFIX[function]} {args[1]}"
    if function in PREFIX:
        return f"{PREFIX[function]}{args[0]}"
    if function in SPECIAL:
        return SPECIAL[function](args, **keywords)
    name = "abs" if function is operator.abs else module_name(function)
    named = [f"{k}={v!r}" for k, v in keywords.items()]
    return f"{name or function.__name__}({', '.join([*args, *named])})"


def quicker_form(s: Apply) -> Callable | None:
    """What does the same as a function of NumPy's, and compiles and runs in less time."""
    keywords = dict(s.keywords)
    if s.function is np.where and s.out.type.is_array and len(s.args) == 3:
        return operations.where
    if s.function is np.sum and s.out.type == SINGLE:
        return operations.sum_of_singles
    if s.function is operations.times and s.out.type.is_array and s.out.type.is_single:
        return operations.times_of_singles
    if s.function is np.sum and s.out.type.is_array and s.args[0].type.is_float:
        rank, axis = s.args[0].type.ndim, keywords.get("axis")
        if isinstance(axis, int) and set(keywords) == {"axis"}:
            return operations.SUMS_ALONG.get((rank, axis % rank))
    return None
