"""Calls of the builtin functions of Python."""

import ast
import dataclasses
import functools
import importlib
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.compile import operations
from adjoint.compile.conversion import EITHER, NUMPY, PYTHON
from adjoint.compile.conversion import converted as to_dtype
from adjoint.compile.frontend import (
    grids,
    iteration,
    numerical,
    objects,
    ordering,
    shaping,
    stores_at,
    written_complex,
    written_math,
)
from adjoint.compile.frontend.calls import inline_function, invoke, invoke_object
from adjoint.compile.frontend.containers import dict_contents
from adjoint.compile.frontend.contractions import PRODUCTS
from adjoint.compile.frontend.drawing import DRAWS
from adjoint.compile.frontend.expressions import (
    BINARY,
    COMPARISONS,
    UNARY,
    binary_values,
    comparison,
    known,
)
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.ufunc_methods import METHODS_OF_UFUNCS
from adjoint.compile.frontend.values import (
    NONE,
    FunctionValue,
    Handle,
    IterationValue,
    PartialValue,
    RangeValue,
    SliceValue,
    Static,
    TupleValue,
    Value,
    is_atom,
    same,
    wrap,
)
from adjoint.compile.ir.nodes import SCALARS, Atom, Const, Var
from adjoint.errors import UnsupportedSyntax


def range_(lower: Lowerer, *args: Value) -> Value:
    atoms = [lower.atom(a, "argument of range") for a in args]
    if any(a.type.is_float for a in atoms):
        raise TypeError("'float' object cannot be interpreted as an integer")
    if len(atoms) == 1:
        return RangeValue(Const(0), atoms[0], Const(1))
    return RangeValue(atoms[0], atoms[1], atoms[2] if len(atoms) == 3 else Const(1))


def slice_(lower: Lowerer, *parts: Value) -> Value:
    start, stop, step = {1: (NONE, *parts, NONE), 2: (*parts, NONE)}.get(len(parts), parts)
    return SliceValue(*(None if same(part, NONE) else part for part in (start, stop, step)))


def len_(lower: Lowerer, value: Value) -> Value:
    method = objects.method_or_none(value, "__len__")
    if method is not None:
        return invoke_object(lower, method, [value], {})
    return iteration.length(lower, value)


def enumerate_(lower: Lowerer, value: Value, start: Value = Const(0)) -> Value:  # noqa: B008
    return IterationValue("enumerate", (value,), lower.atom(start))


def zip_(lower: Lowerer, *parts: Value, strict: Value = Const(False)) -> Value:  # noqa: B008
    if not isinstance(strict, Const):
        raise lower.refuse("`strict` is not known when the function is compiled", instead="True")
    if strict.value and parts:
        first, *others = [iteration.length(lower, part) for part in parts]
        for other in others:
            equal = wrap(first.value == other.value) if known(first, other) else None
            fits = equal or lower.emit(operator.eq, first, other)
            lower.check(fits, ValueError, "zip() got arguments of different lengths")
    return IterationValue("zip", parts)


def reversed_(lower: Lowerer, value: Value) -> Value:
    return IterationValue("reversed", (value,))


def greatest(items: Any) -> Any:
    """``max`` of a vector, which compares from the first on: equal items share the derivative."""
    return max(item for item in items)


def least(items: Any) -> Any:
    return min(item for item in items)


def is_close(a: Any, b: Any, rel_tol: Any, abs_tol: Any) -> Any:
    """``math.isclose``, in the compiled language."""
    if rel_tol < 0.0 or abs_tol < 0.0:
        raise ValueError("tolerances must be non-negative")
    if a == b:
        return True
    if math.isinf(a) or math.isinf(b):
        return False
    apart = abs(b - a)
    return apart <= abs(rel_tol * b) or apart <= abs(rel_tol * a) or apart <= abs_tol


def isclose(
    lower: Lowerer,
    a: Value,
    b: Value,
    *,
    rel_tol: Value = Const(1e-09),  # noqa: B008
    abs_tol: Value = Const(0.0),  # noqa: B008
) -> Value:
    args = [a, b, rel_tol, abs_tol]
    found = [numerical.as_float(lower, lower.atom(arg)) for arg in args]
    return inline_function(lower, is_close, found, {})


def logarithm(lower: Lowerer, x: Value, base: Value | None = None) -> Value:
    """``math.log``, which divides two logarithms where a base is named."""
    found = numerical.elementwise(lower, math.log, [x], {})
    if base is None:
        return found
    return lower.emit(operator.truediv, found, numerical.elementwise(lower, math.log, [base], {}))


def product_of(items: Any, start: Any) -> Any:
    """``math.prod``, in the compiled language."""
    for item in items:
        start = start * item
    return start


def product(lower: Lowerer, items: Value, *, start: Value = Const(1)) -> Value:  # noqa: B008
    return inline_function(lower, product_of, [items, start], {})


def vector_of(lower: Lowerer, value: Value) -> Atom:
    found = lower.atom(value)
    if found.type.ndim != 1:
        raise lower.refuse("the order of rows of a matrix", instead="use functions of NumPy")
    return found


def bessel(lower: Lowerer, x: Value) -> Value:
    """NumPy's own is not exact to the last digit; SciPy's is compiled."""
    return invoke_object(lower, importlib.import_module("scipy.special").i0, [x], {})


def extremum(function: Callable) -> Callable:
    def handler(lower: Lowerer, *args: Value, key: Value = NONE) -> Value:
        if not same(key, NONE):
            return ordering.chosen(lower, function, args, key)
        items = args if len(args) > 1 else iteration.known_items(lower, args[0])
        if items is None:
            loop = greatest if function is operations.larger else least
            return inline_function(lower, loop, [vector_of(lower, args[0])], {})
        atoms = [lower.atom(item) for item in items]
        if len(atoms) < 2:
            return atoms[0]
        if any(atom.type.is_float for atom in atoms):  # what is an int may be the result
            atoms = [numerical.as_floating(lower, atom) for atom in atoms]
        return lower.emit(function, *atoms)

    return handler


def sum_(lower: Lowerer, value: Value, start: Value = Const(0)) -> Value:  # noqa: B008
    if is_atom(value) and value.type.ndim > 1:
        rows = lower.atom(shaping.summed(lower, value, Const(0)))
        return rows if same(start, Const(0)) else lower.emit(operator.add, lower.atom(start), rows)
    if iteration.is_loop(value) or iteration.known_items(lower, value) is None:
        key = (iteration.LoopMark(), "total")
        lower.cells[key] = start

        def add(item: Value) -> None:
            lower.cells[key] = lower.emit(operator.add, lower.cells[key], lower.atom(item))

        iteration.for_each(lower, value, add, leaves=False)
        return lower.cells.pop(key)
    total = start
    for item in iteration.items(lower, value):
        total = (
            item
            if same(total, Const(0))
            else lower.emit(operator.add, lower.atom(total), lower.atom(item))
        )
    return total


def converted(function: type) -> Callable:
    def handler(lower: Lowerer, value: Value = Const(0)) -> Value:  # noqa: B008
        if isinstance(value, Static):
            return wrap(function(value.value))
        atom = lower.atom(value)
        if function is bool:
            return lower.truth(atom)
        if atom.type.is_array:
            raise lower.refuse("an array is converted to a number", instead="index it")
        if function is float:
            found = numerical.as_float(lower, atom)
            is_numpys = isinstance(found, Var) and lower.whose(found) != PYTHON
            return lower.emit(float, found) if is_numpys else found
        return atom if atom.type.dtype == function.__name__ else lower.emit(function, atom)

    return handler


def numpy_float(lower: Lowerer, value: Value = Const(0.0)) -> Value:  # noqa: B008
    """``np.float64(x)``, which other operands do not round."""
    found = lower.atom(converted(float)(lower, value))
    if isinstance(found, Const):
        return numerical.numpys(lower, found)
    if lower.whose(found) == NUMPY:
        return found
    return numerical.numpys(lower, lower.emit(operator.pos, found))


def single(lower: Lowerer, value: Value = Const(0.0)) -> Value:  # noqa: B008
    """``np.float32(x)``."""
    atom = lower.atom(value)
    if atom.type.is_complex or atom.type.is_array:
        raise lower.refuse("this is made a float32", instead="use x.real, or astype for arrays")
    return to_dtype(lower.emit, atom, "float32")


def complex_(lower: Lowerer, real: Value = Const(0.0), imag: Value | None = None) -> Value:  # noqa: B008
    """``complex(a, b)``."""
    first = lower.atom(real)
    if imag is None:
        return to_dtype(lower.emit, first, "complex")
    parts = [first, lower.atom(imag)]
    if any(part.type.is_array or part.type.is_complex for part in parts):
        raise lower.refuse("`complex` of these numbers", instead="pass two real numbers")
    return lower.emit(operations.cartesian, *(to_dtype(lower.emit, p, "float") for p in parts))


def of_complex(function: Callable) -> Callable:
    """A function of NumPy's as one of `cmath`, whose argument is always complex."""

    def handler(lower: Lowerer, z: Value) -> Value:
        return numerical.elementwise(lower, function, [complex_(lower, z)], {})

    return handler


def inlined(program: Callable) -> Callable:
    return lambda lower, *args: inline_function(lower, program, list(args), {})


def hypotenuse(lower: Lowerer, *coordinates: Value) -> Value:
    if len(coordinates) == 2:
        return numerical.elementwise(lower, math.hypot, list(coordinates), {})
    return inline_function(lower, written_math.of_several, list(coordinates), {})


def tuple_(lower: Lowerer, value: Value = TupleValue(())) -> Value:  # noqa: B008
    return TupleValue(array_or_items(lower, value))


def list_(lower: Lowerer, value: Value = TupleValue(())) -> Value:  # noqa: B008
    made = Handle("list")
    lower.cells[made] = TupleValue(array_or_items(lower, value))
    return made


def array_or_items(lower: Lowerer, value: Value) -> tuple[Value, ...]:
    return iteration.items(lower, value)


def dict_(lower: Lowerer, value: Value | None = None, **entries: Value) -> Value:
    made = Handle("dict")
    contents = {} if value is None else dict(dict_contents(lower, value))
    lower.cells[made] = {**contents, **entries}
    return made


def isinstance_(lower: Lowerer, value: Value, kinds: Value) -> Value:
    classes = (
        tuple(item.value for item in kinds.items)
        if isinstance(kinds, TupleValue)
        else (kinds.value,)
    )
    return Const(is_of(lower, value, classes))


def is_of(lower: Lowerer, value: Value, classes: Any) -> bool:
    """Whether what a value stands for is an object of these classes."""
    answers = {issubclass(found, classes) for found in classes_of(lower, value)}
    if len(answers) > 1:
        raise refusal_of_type(lower)
    return answers.pop()


def refusal_of_type(lower: Lowerer) -> UnsupportedSyntax:
    return lower.refuse(
        "the type of a number that may be Python's or NumPy's",
        instead="ask for (float, np.floating), or say which: float(x) or np.float64(x)",
    )


def class_of(lower: Lowerer, value: Value) -> type:
    found, *others = classes_of(lower, value)
    if others:
        raise refusal_of_type(lower)
    return found


def classes_of(lower: Lowerer, value: Value) -> tuple[type, ...]:
    """What the class of a value may be: whose a number is, is not always known."""
    if is_atom(value):
        return (np.ndarray,) if value.type.is_array else classes_of_number(lower, value)
    if isinstance(value, Static):
        return (type(value.value),)
    if isinstance(value, TupleValue):
        return (value.cls,)
    if isinstance(value, SliceValue):
        return (slice,)
    if isinstance(value, Handle):
        return ({"list": list, "dict": dict, "object": value.cls}[value.kind],)
    raise lower.refuse("the type of this is asked for", instead="ask for types of numbers")


def classes_of_number(lower: Lowerer, atom: Atom) -> tuple[type, ...]:
    pythons = SCALARS[atom.type.dtype]
    numpys = NUMPYS.get(pythons)
    if numpys is None:
        return (pythons,)
    owner = lower.whose(atom) if isinstance(atom, Const) else lower.owners.get(atom)
    if owner is None and pythons is float:  # an item of an array
        owner = NUMPY
    if owner != PYTHON and pythons in (complex, bool):
        owner = EITHER
    return {PYTHON: (pythons,), NUMPY: (numpys,)}.get(owner, (pythons, numpys))


NUMPYS = {float: np.float64, complex: np.complex128, int: np.int64, bool: np.bool_}
"""NumPy's class for each of Python's classes of numbers."""


def type_(lower: Lowerer, value: Value) -> Value:
    return Static(class_of(lower, value))


def round_(lower: Lowerer, value: Value, digits: Value = NONE) -> Value:
    if same(digits, NONE):
        return lower.emit(round, lower.atom(value))
    return lower.emit(round, lower.atom(value), lower.atom(digits))


def print_(lower: Lowerer, *args: Value, **keywords: Value) -> Value:
    raise lower.refuse("`print` cannot be compiled", instead="print what the function returns")


def quantified(join: Callable) -> Callable:
    def handler(lower: Lowerer, value: Value) -> Value:
        found: Atom | None = None
        for item in iteration.items(lower, value):
            truth = lower.truth(item)
            found = truth if found is None else lower.emit(join, found, truth)
        return Const(join is operations.both) if found is None else found

    return handler


def divmod_(lower: Lowerer, x: Value, y: Value) -> Value:
    a, b = lower.atom(x), lower.atom(y)
    return TupleValue((lower.emit(operator.floordiv, a, b), lower.emit(operator.mod, a, b)))


def pow_(lower: Lowerer, x: Value, y: Value) -> Value:
    return lower.emit(operator.pow, lower.atom(x), lower.atom(y))


def abs_(lower: Lowerer, x: Value) -> Value:
    method = objects.method_or_none(x, "__abs__")
    if method is not None:
        return invoke_object(lower, method, [x], {})
    return absolute(lower, x)


def absolute(lower: Lowerer, x: Value) -> Value:
    atom = lower.atom(x)
    return lower.emit(np.absolute if atom.type.is_array else operator.abs, atom)


def getattr_(lower: Lowerer, owner: Value, name: Value, default: Value | None = None) -> Value:
    if not isinstance(getattr(name, "value", None), str):
        raise lower.refuse("the name of an attribute that is computed", instead="write the name")
    owners = owner.value if isinstance(owner, Static) else None
    if default is not None and isinstance(owner, Static) and not hasattr(owners, name.value):
        return default
    return lower.attribute(lower, owner, name.value)


def hasattr_(lower: Lowerer, owner: Value, name: Value) -> Value:
    """Known of what is known now, and of arrays."""
    wanted = getattr(name, "value", None)
    if isinstance(wanted, str) and isinstance(owner, Static):
        return Const(hasattr(owner.value, wanted))
    if isinstance(wanted, str) and is_atom(owner) and owner.type.is_array:
        return Const(hasattr(np.ndarray, wanted))
    raise lower.refuse("`hasattr` of this", instead="ask for its type (isinstance)")


def callable_(lower: Lowerer, value: Value) -> Value:
    return Const(isinstance(value, FunctionValue) or callable(getattr(value, "value", None)))


def map_(lower: Lowerer, function: Value, *parts: Value) -> Value:
    rows = zip(*(iteration.items(lower, part) for part in parts), strict=False)
    made = tuple(invoke(lower, function, list(row), {}) for row in rows)
    return IterationValue("generator", (TupleValue(made),))


def infix(function: Callable) -> Callable:
    return lambda lower, a, b: binary_values(lower, function, a, b)


def compared(operation: type[ast.cmpop]) -> Callable:
    return lambda lower, a, b: comparison(lower, operation(), a, b)


def partial_(lower: Lowerer, function: Value, *args: Value, **keywords: Value) -> Value:
    return PartialValue(function, args, keywords)


def folded(function: Any, items: Any) -> Any:
    """``functools.reduce(function, items)``, in the compiled language."""
    count = 0
    total = 0
    for item in items:
        total = function(total, item) if count > 0 else item
        count += 1
    if count == 0:
        raise TypeError("reduce() of empty iterable with no initial value")
    return total


def folded_from(function: Any, items: Any, total: Any) -> Any:
    for item in items:
        total = function(total, item)
    return total


def reduce_(lower: Lowerer, function: Value, items: Value, start: Value | None = None) -> Value:
    known_now = None if iteration.is_loop(items) else iteration.known_items(lower, items)
    if known_now is not None:
        given = [*(() if start is None else (start,)), *known_now]
        if given:
            total, *others = given
            for item in others:
                total = invoke(lower, function, [total, item], {})
            return total
    args = [function, items] if start is None else [function, items, start]
    program = folded if start is None else folded_from
    return inline_function(lower, program, args, {})


def prefix(function: Callable) -> Callable:
    return lambda lower, a: lower.emit(function, lower.atom(a))


OPERATORS: dict[Any, Callable] = {
    **{function: infix(function) for function in BINARY.values()},
    **{function: compared(operation) for operation, function in COMPARISONS.items()},
    **{function: prefix(function) for function in UNARY.values()},
    operator.abs: absolute,
}
"""The functions of `operator`, as what they are written for."""


BUILTINS: dict[Any, Callable] = {
    range: range_,
    slice: slice_,
    len: len_,
    enumerate: enumerate_,
    zip: zip_,
    reversed: reversed_,
    min: extremum(operations.smaller),
    max: extremum(operations.larger),
    sum: sum_,
    float: converted(float),
    int: converted(int),
    bool: converted(bool),
    np.float64: numpy_float,
    np.float32: single,
    complex: complex_,
    np.complex128: complex_,
    np.int64: converted(int),
    np.int32: converted(int),
    tuple: tuple_,
    list: list_,
    dict: dict_,
    isinstance: isinstance_,
    type: type_,
    round: round_,
    print: print_,
    all: quantified(operations.both),
    any: quantified(operations.either),
    divmod: divmod_,
    pow: pow_,
    abs: abs_,
    getattr: getattr_,
    hasattr: hasattr_,
    dataclasses.replace: objects.replaced,
    object.__setattr__: objects.set_attribute,
    callable: callable_,
    functools.partial: partial_,
    functools.reduce: reduce_,
    map: map_,
    math.isclose: isclose,
    math.log: logarithm,
    math.prod: product,
    np.ndindex: grids.ndindex,
    np.ndenumerate: grids.ndenumerate,
    np.i0: bessel,
    **{function: of_complex(same) for function, same in written_complex.OF_ONE.items()},
    **{function: inlined(program) for function, program in written_complex.PROGRAMS.items()},
    **{function: inlined(program) for function, program in written_math.PROGRAMS.items()},
    math.hypot: hypotenuse,
    **OPERATORS,
    **DRAWS,
    **ordering.ORDERING,
    **PRODUCTS,
    **METHODS_OF_UFUNCS,
    **stores_at.METHODS,
}
