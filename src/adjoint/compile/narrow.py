"""Arrays of int32, which compiled code sees as copies of int64.

Places of items in meshes and sparse matrices are such arrays. Numbers that do not fit into 32 bits
are right in compiled code, where NumPy goes round or raises. What would be seen of the copy is
refused: that it is changed, and that it or what is made of it is returned.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from adjoint.compile.ir.nodes import Function, Var
from adjoint.compile.transform.sharing import stored_parameters
from adjoint.errors import UnsupportedType

INSTEAD = "convert it before the call (x.astype(int))"


def is_narrow(value: Any) -> bool:
    return type(value) is np.ndarray and value.dtype == np.int32


def widened(values: Iterable) -> list:
    """The values, with one new array of int64 for each of int32."""
    made: dict[int, np.ndarray] = {}
    return [made.setdefault(id(x), x.astype(np.int64)) if is_narrow(x) else x for x in values]


def reader(get: Callable[[], Any]) -> Callable[[], Any]:
    """Reads what `get` reads, widened."""
    return lambda: widened([get()])[0]


def require_unseen(function: Function, params: Iterable[Var | None]) -> None:
    """Refuse a function that changes one of these parameters, or returns whole numbers in arrays.

    Raises
    ------
    UnsupportedType : with the way out.
    """
    narrow = [p for p in params if p is not None]
    if narrow and any(p in stored_parameters(function) for p in narrow):
        raise UnsupportedType("an array of int32 is changed in place", instead=INSTEAD)
    if narrow:
        require_other_results(function)


def require_other_results(function: Function) -> None:
    """Refuse results that are arrays of int64 here and of int32 with NumPy."""
    results = [a for a in function.body.yields if isinstance(a, Var)]
    if any(a.type.is_array and a.type.dtype == "int" for a in results):
        raise UnsupportedType(
            "an array of whole numbers is returned, which NumPy may make one of int32",
            instead=INSTEAD,
        )
