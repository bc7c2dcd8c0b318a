"""Numbers of several precisions in one operation, and conversions between them.

NumPy decides by whose a number is (NEP 50): one of Python's takes the precision of what it meets,
one of NumPy's keeps its own. What is decided is written out, so that after lowering the operands of
an operation are of one precision, and no compiler's own rules matter.
"""

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adjoint.compile import operations
from adjoint.compile.ir.nodes import FLOAT, Atom, Const, Type, constant

PYTHON, NUMPY, EITHER = "Python's", "NumPy's", "Python's or NumPy's"
"""Whose a number is."""


def functions(*found: Any) -> frozenset[Callable]:
    """A set of functions of many types, which a checker of types had better not compare."""
    return frozenset(found)


ARRAYS: dict[str, Callable] = {
    "float": operations.as_float,
    "int": operations.as_int,
    "float32": operations.as_single,
    "complex": operations.as_complex,
}
TOGETHER = functions(
    operations.select,
    operations.larger,
    operations.smaller,
    operations.plus,
    operations.times,
    operations.divide,
    operations.differs,
    np.where,
    np.dot,
    np.outer,
    pow,
)
"""Operations of the compiler's and of NumPy's whose operands are of one precision."""
OF_COMPLEX: frozenset[Callable] = functions(
    *(operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, pow),
    *(operator.neg, operator.pos, operator.eq, operator.ne, operator.abs, abs, complex, bool),
    *(np.add, np.subtract, np.multiply, np.divide, np.power, np.negative, np.positive),
    *(np.equal, np.not_equal, np.absolute, np.conjugate, np.square, np.reciprocal, np.sign),
    *(np.exp, np.log, np.log10, np.log2, np.sqrt, np.sin, np.cos, np.tan),
    *(np.sinh, np.cosh, np.tanh, np.arcsin, np.arccos, np.arctan),
    *(np.arcsinh, np.arccosh, np.arctanh),
    *(np.isnan, np.isinf, np.isfinite),
    *(np.where, np.dot, np.outer, np.sum, np.transpose, np.linalg.norm),
    *(operations.load, operations.take, operations.dim, operations.copy, operations.full),
    operations.as_item,
    *(operations.select, operations.divide, operations.times, operations.plus),
    *(operations.reshape, operations.array_of, operations.held, operations.differs),
    *(operations.as_complex, operations.cartesian, operations.as_real),
    *(operations.real_part, operations.real_parts),
    *(operations.imaginary_part, operations.imaginary_parts),
    *(operations.sum_1_to_1, operations.sum_2_to_1, operations.sum_2_to_2),
    *(operations.sum_3_to_3, operations.sum_to, operations.appended, operations.appended_array),
    *(operations.lengthened, operations.shortened),
    *(operations.eigen, operations.eigenvalues, operations.spectrum, operations.spectrum_values),
    *(operations.singular, operations.singular_full, operations.singular_values),
    *(operations.pseudo_inverse, operations.orthogonal, operations.fourier),
)
"""Operations that compiled code does with complex numbers as NumPy does."""
SELECTING = frozenset((operations.select, operations.larger, operations.smaller))


def asked_for(dtype: str) -> tuple[tuple[str, str], ...]:
    """The keywords that ask an operation for an array of a dtype."""
    return () if dtype == "float" else (("dtype", dtype),)


def converted(emit: Callable[..., Atom], atom: Atom, dtype: str) -> Atom:
    """A number or array as one of another dtype; the real part, where that is real."""
    if atom.type.dtype == dtype:
        return atom
    wanted = Type(dtype, atom.type.ndim)
    if atom.type.is_complex and wanted.is_float:
        parts = operations.as_real if atom.type.is_array else operations.real_part
        return converted(emit, emit(parts, atom), dtype)
    if isinstance(atom, Const):
        return constant(atom.value, wanted)
    if atom.type.is_array:
        return emit(ARRAYS[dtype], atom)
    if atom.type.is_single:
        found = emit(operations.double, atom)
        return found if dtype == "float" else emit(complex, found)
    if dtype == "float32":
        found = atom if atom.type == FLOAT else emit(float, atom)
        return emit(operations.single, found)
    return emit({"float": float, "int": int, "bool": bool, "complex": complex}[dtype], atom)


def is_together(function: Callable) -> bool:
    """True for an operation whose operands are brought to one precision."""
    named = getattr(function, "__module__", "") == "_operator"
    return named or isinstance(function, np.ufunc) or function in TOGETHER


def precision(function: Callable, args: Sequence[Atom], whose: Callable[[Atom], str]) -> str | None:
    """The dtype of the operands of an operation some of which are of single precision.

    None where they are what they should be; `EITHER` where it is not known.
    """
    if function is np.dot and any(a.type.is_complex for a in args):
        return "complex"
    if not any(a.type.is_single for a in args) or not is_together(function):
        return None
    others = [a for a in args if not a.type.is_single and a.type.dtype != "bool"]
    if not others or (len(others) == 1 and is_product(function, args)):
        return None
    if any(a.type.is_array or whose(a) == NUMPY for a in others):
        return "complex" if any(a.type.is_complex for a in others) else "float"
    if any(a.type.is_complex for a in others) or any(whose(a) == EITHER for a in others):
        return EITHER
    return "float32"


def together(emit: Callable[..., Atom], function: Callable, args: tuple[Atom, ...]) -> tuple:
    """The operands of an operation of a derivative; its constants take their precision."""
    if not any(a.type.is_single for a in args):
        return args
    dtype = precision(function, args, lambda a: PYTHON if isinstance(a, Const) else NUMPY)
    if dtype is None:
        return args
    return tuple(a if a.type.dtype == "bool" else converted(emit, a, dtype) for a in args)


def is_product(function: Callable, args: Sequence[Atom]) -> bool:
    """True for a power of a number with a small known int."""
    exponent = args[-1]
    known = isinstance(exponent, Const) and type(exponent.value) is int
    return function in (operator.pow, pow) and known and not args[0].type.is_array


def whose_result(function: Callable, owners: list[str]) -> str:
    """Whose the number is that an operation gives for numbers of these owners."""
    module = getattr(function, "__module__", "")
    if function in (float, int, complex, bool, operations.cartesian, operations.negation):
        return PYTHON
    if function in (operations.dim, operations.trips, operations.double):
        return PYTHON
    if module == "math":
        return PYTHON
    parts = (operations.real_part, operations.imaginary_part)
    if module == "_operator" or function in (abs, pow, round, *SELECTING, *parts, operations.held):
        first, *rest = dict.fromkeys(owners) or (PYTHON,)
        if not rest:
            return first
        return EITHER if EITHER in owners or function in SELECTING else NUMPY
    return NUMPY
