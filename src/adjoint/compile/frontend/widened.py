"""Functions of single precision that are computed in double precision and rounded at the end.

What a function gives for numbers of float32 is asked of NumPy, with a sample of each argument.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.compile.conversion import EITHER, NUMPY, converted, functions
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import Handle, Static, TupleValue, Value, is_atom
from adjoint.compile.inference import KINDS
from adjoint.compile.ir.nodes import SCALARS, Atom, Const

WIDENED: frozenset[Callable] = functions(
    *(np.median, np.nanmedian, np.quantile, np.percentile, np.nanquantile, np.nanpercentile),
    *(np.nanmax, np.nanmin, np.nanmean, np.nanvar, np.nanstd, np.average, np.corrcoef),
    *(np.interp, np.histogram, np.histogram_bin_edges, np.sort, np.unwrap),
    *(np.linspace, np.logspace, np.geomspace, np.polyder, np.polyint),
    *(np.linalg.cholesky, np.linalg.eigh, np.linalg.lstsq, np.linalg.qr, np.linalg.svd),
    *(np.linalg.eig, np.linalg.eigvals, np.linalg.det, np.linalg.slogdet),
    *(np.linalg.cond, np.polynomial.polynomial.polyadd, np.polynomial.polynomial.polysub),
    *(np.polynomial.polynomial.polydiv, np.polynomial.polynomial.polyder),
    *(np.polynomial.polynomial.polyint, np.polynomial.polynomial.polyfromroots),
)
LENGTHS = (3, 2, 4)


def has_singles(lower: Lowerer, values: list[Value]) -> bool:
    return any(
        value.type.is_single if is_atom(value) else has_singles(lower, list(contents(lower, value)))
        for value in values
    )


def contents(lower: Lowerer, value: Value) -> tuple[Value, ...]:
    held = lower.cells.get(value) if isinstance(value, Handle) else value
    return held.items if isinstance(held, TupleValue) else ()


def widened(lower: Lowerer, value: Value) -> Value:
    """`value` in double precision."""
    if is_atom(value):
        return converted(lower.emit, value, "float") if value.type.is_single else value
    items = contents(lower, value)
    if not has_singles(lower, list(items)):
        return value
    return TupleValue(tuple(widened(lower, item) for item in items))


def applies(lower: Lowerer, function: Callable, values: list[Value]) -> bool:
    """True for a call of one of these functions with numbers of single precision."""
    return function in WIDENED and has_singles(lower, values)


def rounded(lower: Lowerer, function: Callable, args: list[Value], keywords: dict) -> Value:
    """The result of a function in double precision, as NumPy gives it for these arguments."""
    named = {key: widened(lower, value) for key, value in keywords.items()}
    found = lower.invoke_object(lower, function, [widened(lower, a) for a in args], named)
    owners = (NUMPY, None) if any_either(lower, [*args, *keywords.values()]) else (None,)
    dtypes = [dtypes_of(lower, function, args, keywords, owner) for owner in owners]
    if dtypes[0] is None or any(other != dtypes[0] for other in dtypes):
        raise lower.refuse(
            f"the precision of what `{function.__name__}` gives here is not known",
            instead="convert the argument: x.astype(np.float64)",
        )
    rest = iter(dtypes[0])

    def leaf(value: Value) -> Value:
        if isinstance(value, TupleValue):
            return TupleValue(tuple(map(leaf, value.items)), value.cls)
        if not is_atom(value):
            return value
        dtype = next(rest, None)
        return converted(lower.emit, value, "float32") if dtype == "float32" else value

    return leaf(found)


def any_either(lower: Lowerer, values: list[Value]) -> bool:
    return any(
        lower.whose(value) == EITHER
        if is_atom(value)
        else any_either(lower, list(contents(lower, value)))
        for value in values
    )


def dtypes_of(
    lower: Lowerer, function: Callable, args: list[Value], keywords: dict, owner: str | None
) -> list[str] | None:
    """The dtype of each number and array that NumPy's function gives; None if no sample fits."""
    for length in LENGTHS:

        def shown(value: Value, length: int = length) -> Any:
            return sample(lower, value, length, owner)

        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = function(*map(shown, args), **{k: shown(v) for k, v in keywords.items()})
        except (TypeError, ValueError, IndexError, ArithmeticError, np.linalg.LinAlgError):
            continue
        return [KINDS.get(np.asarray(leaf).dtype.str, "") for leaf in leaves(found)]
    return None


def leaves(found: Any) -> list:
    return (
        [x for item in found for x in leaves(item)] if isinstance(found, tuple | list) else [found]
    )


def sample(lower: Lowerer, value: Value, length: int, owner: str | None) -> Any:
    """Something of a value's type; arrays are increasing, or near the identity."""
    if isinstance(value, Const):
        return np.float64(value.value) if lower.whose(value) == NUMPY else value.value
    if is_atom(value):
        return sample_of(value, length, lower.whose(value) if owner is None else owner)
    if isinstance(value, Static):
        return value.value
    items = [sample(lower, item, length, owner) for item in contents(lower, value)]
    return tuple(items) if isinstance(value, TupleValue) else items


def sample_of(atom: Atom, length: int, owner: str) -> Any:
    kind: Any = SCALARS[atom.type.dtype]
    if not atom.type.is_array:
        return np.asarray(1).astype(kind)[()] if owner == NUMPY else kind(1)
    shape = (length,) * atom.type.ndim
    if atom.type.ndim == 1:
        return np.arange(1, length + 1).astype(kind)
    return np.broadcast_to(np.eye(length) * 2 + 0.5, shape).astype(kind)
