"""Calls of numerical functions: those of `math`, and those of NumPy that act element by element.

What NumPy does with shapes is in `shaping`.
"""

import math
import operator
from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np

from adjoint.compile import operations
from adjoint.compile.conversion import NUMPY, converted
from adjoint.compile.frontend import arrays, asked, dtypes, moments, precisions, shaping, trying
from adjoint.compile.frontend.creation import CREATION
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import NONE, Static, TupleValue, Value, same
from adjoint.compile.frontend.written_axes import not_compiled, parted, room
from adjoint.compile.frontend.written_places import tolist
from adjoint.compile.ir.nodes import BOOL, FLOAT, Atom, Const, Type
from adjoint.compile.natives import is_foreign
from adjoint.rules.ruleset import Form, lookup

MATH = frozenset(f for f in vars(math).values() if callable(f))


NOT_IN_NUMBA = (*("comb", "factorial", "fma", "isqrt", "lcm", "perm", "sumprod"),)
UNKNOWN_TO_NUMBA = frozenset(found for name, found in vars(math).items() if name in NOT_IN_NUMBA)
KNOWN_TO_NUMBA: dict[Callable, Callable] = {
    math.fmod: np.fmod,
    math.cbrt: np.cbrt,
    math.nextafter: np.nextafter,
}
"""For functions of `math` that Numba lacks: those of NumPy's that give the same."""


def call(lower: Lowerer, function: Any, args: list[Value], keywords: dict) -> Value | None:
    """The result of a numerical function, or None if `function` is not one."""
    try:
        handler = SPECIAL.get(function)
    except TypeError:  # unhashable
        return None
    if handler is not None:
        return fitting(lower, handler, function.__name__, args, keywords)
    if function in MATH or isinstance(function, np.ufunc):
        return elementwise(lower, function, args, keywords)
    if is_foreign(function):
        return elementwise(lower, function, args, keywords)
    rule = lookup(function)
    if rule is not None and rule.form is Form.ELEMENTWISE and is_numpy(function):
        return elementwise(lower, function, args, keywords)
    if is_numpy(function) or function in vars(math).values():
        raise lower.refuse(
            f"`{getattr(function, '__name__', function)}` cannot be compiled yet",
            instead="pass numpy.random.default_rng() as an argument and draw from it"
            if is_random(function)
            else "write it with functions that can, or drop jit on this function",
        )
    return None


def is_random(function: Any) -> bool:
    """True for what draws from NumPy's own generator, or makes one."""
    owner = type(getattr(function, "__self__", None)).__module__
    own = getattr(function, "__module__", "") or ""
    return any(module.startswith("numpy.random") for module in (owner, own))


def fitting(lower: Lowerer, handler: Callable, name: str, args: list, keywords: dict) -> Value:
    """``handler(lower, *args, **keywords)``, refused with the line where it takes no such thing."""
    require_fit(lower, handler, name, [lower, *args], keywords)
    return handler(lower, *args, **keywords)


def require_fit(lower: Lowerer, function: Callable, name: str, args: list, keywords: dict) -> None:
    """Refuse a call of `name`, for which `function` stands and does not take these arguments."""
    try:
        signature(function).bind(*args, **keywords)
    except TypeError:
        raise lower.refuse(
            f"`{name}` cannot be compiled with these arguments yet",
            instead="use fewer of them, or drop jit on this function",
        ) from None


def is_of_library(function: Any) -> bool:
    """True for what NumPy and SciPy have, and for methods of their functions."""
    owner = getattr(function, "__self__", None)
    module = getattr(type(owner) if isinstance(owner, np.ufunc) else function, "__module__", "")
    return (module or "").startswith(("numpy", "scipy"))


def is_numpy(function: Any) -> bool:
    return (getattr(function, "__module__", "") or "").startswith("numpy")


def elementwise(lower: Lowerer, function: Callable, args: list[Value], keywords: dict) -> Atom:
    target, args = target_of(lower, function, args, keywords)
    if target is not None:
        arrays.store(lower, target, Static(Ellipsis), elementwise(lower, function, args, {}))
        return lower.atom(target)
    atoms = [arrays.as_array(lower, arg) for arg in args]
    if function in UNKNOWN_TO_NUMBA and not all(isinstance(a, Const) for a in atoms):
        raise lower.refuse(
            f"`{function.__name__}` cannot be compiled",
            instead="write it with other functions of math, or drop jit on this function",
        )
    given, function = function, KNOWN_TO_NUMBA.get(function, function)
    if given in MATH:
        atoms = [converted(lower.emit, a, "float") if a.type.is_single else a for a in atoms]
    singles = any(a.type.is_single for a in atoms)
    if not any(a.type.is_array or a.type.is_single or a.type.is_complex for a in atoms):
        function = operations.OF_SCALARS.get(function, function)
    if is_foreign(function):
        if any(a.type.is_complex for a in atoms):
            raise lower.refuse(
                f"`{function.__name__}` of complex numbers cannot be compiled",
                instead="drop jit on this function",
            )
        atoms = [float_array(lower, a) if a.type.is_array else as_float(lower, a) for a in atoms]
        found = lower.emit(function, *atoms)
        return converted(lower.emit, found, "float32") if singles else found
    if function in FLOAT_RESULT and not any(a.type.is_array for a in atoms):
        atoms = [as_floating(lower, a) for a in atoms]
    if lower.handlers and given in trying.DOMAINS:
        return trying.checked(
            lower,
            lambda: trying.DOMAINS[given](lower, atoms[0]),
            ValueError,
            lambda: lower.emit(function, *atoms),
        )
    if lower.handlers and given in MATH:
        return trying.as_python_raises(lower, given, atoms, lambda: lower.emit(function, *atoms))
    found = lower.emit(function, *atoms)
    return found if given in MATH else numpys(lower, found)


def numpys(lower: Lowerer, atom: Atom) -> Atom:
    """`atom`, which NumPy has made just now, as a number of NumPy's."""
    if isinstance(atom, Const):
        return Const(atom.value, is_numpy=True)
    lower.owners[atom] = NUMPY
    return atom


def target_of(
    lower: Lowerer, function: Callable, args: list[Value], keywords: dict
) -> tuple[Value | None, list[Value]]:
    """The array that a function is given to write its result into, and its operands."""
    count = arity(function)
    operands = args if math.isinf(count) else args[: int(count)]
    targets = [*args[len(operands) :], *(v for k, v in keywords.items() if k == "out")]
    parts = targets[0].items if targets and isinstance(targets[0], TupleValue) else targets
    if keywords.keys() - {"out"} or len(targets) > 1 or len(parts) > 1:
        raise lower.refuse(
            f"keyword arguments of `{function.__name__}` cannot be compiled",
            instead="assign the result (x[...] = np.f(x)), without keywords",
        )
    return (None if not parts or same(parts[0], NONE) else parts[0]), operands


def arity(function: Callable) -> float:
    """How many arguments are operands; those that follow are targets and options."""
    if isinstance(function, np.ufunc):
        return function.nin
    rule = lookup(function)
    return math.inf if rule is None or function in MATH else len(rule.partials)


def as_float(lower: Lowerer, atom: Atom) -> Atom:
    if atom.type == FLOAT:
        return atom
    if isinstance(atom, Const):
        return Const(float(atom.value))
    if atom.type.is_single:
        return converted(lower.emit, atom, "float")
    if atom.type == BOOL:  # Numba makes no float of one
        return lower.emit(operations.select, atom, Const(1.0), Const(0.0))
    return lower.emit(float, atom)


def as_floating(lower: Lowerer, atom: Atom) -> Atom:
    return atom if atom.type.is_float else as_float(lower, atom)


def to_complex(lower: Lowerer, atom: Atom) -> Atom:
    return converted(lower.emit, atom, "complex")


def float_array(lower: Lowerer, atom: Atom) -> Atom:
    return converted(lower.emit, atom, "float")


FLOAT_RESULT = frozenset((np.sqrt, np.exp, np.log, math.sqrt, math.exp, math.log))


def where(
    lower: Lowerer, condition: Value, chosen: Value | None = None, other: Value | None = None
) -> Value:
    if chosen is None or other is None:
        places = lower.emit(operations.places, flags(lower, condition))
        return TupleValue((places,))
    test, *sides = (arrays.as_array(lower, v) for v in (condition, chosen, other))
    if test.type.is_array and test.type.dtype != "bool":
        test = lower.emit(operator.ne, test, Const(0))
    if any(atom.type.is_array for atom in (test, *sides)):
        return lower.emit(np.where, test, *sides)
    test = lower.truth(test)
    if isinstance(test, Const):
        return sides[0] if test.value else sides[1]
    if sides[0].type != sides[1].type and not any(side.type.is_single for side in sides):
        is_complex = any(side.type.is_complex for side in sides)
        sides = [to_complex(lower, s) if is_complex else as_float(lower, s) for s in sides]
    return numpys(lower, lower.emit(operations.select, test, *sides))


def flags(lower: Lowerer, condition: Value) -> Atom:
    """A vector of bools."""
    found = arrays.as_array(lower, condition)
    if found.type != Type("bool", 1):
        raise lower.refuse("places in this array", instead="use np.nonzero(...)")
    return found


def call_method(lower: Lowerer, owner: Atom, name: str, args: list[Value], keywords: dict) -> Value:
    if owner.type.is_array and name in METHODS:
        precisions.require(lower, name, [owner, *args, *keywords.values()])
        return fitting(lower, METHODS[name], name, [owner, *args], keywords)
    if not owner.type.is_array and name in ("conjugate", "conj") and not args:
        return shaping.conjugate(lower, owner)
    raise lower.refuse(
        f"the method `{name}` cannot be compiled", instead="use the function of NumPy"
    )


def of_parts(attr: str) -> Callable:
    """``np.real`` and ``np.imag``."""

    def handler(lower: Lowerer, val: Value) -> Value:
        atom = arrays.as_array(lower, val)
        function = getattr(np, attr)
        if atom.type.is_complex:
            return arrays.component(lower, atom, attr)
        return elementwise(lower, function, [atom], {})

    return handler


def is_of_complex(wanted: bool) -> Callable:
    """``np.iscomplexobj`` and ``np.isrealobj``."""
    return lambda lower, x: Const(arrays.as_array(lower, x).type.is_complex == wanted)


def angle(lower: Lowerer, z: Value, deg: Value = Const(False)) -> Value:  # noqa: B008
    atom = arrays.as_array(lower, z)
    if atom.type.is_complex:
        found = lower.emit(
            np.arctan2, *(arrays.component(lower, atom, a) for a in ("imag", "real"))
        )
    else:
        found = elementwise(lower, np.angle, [atom], {})
    if not shaping.known_flag(lower, deg):
        return found
    return lower.emit(operator.mul, found, Const(180.0 / math.pi))


def copied(lower: Lowerer, array: Value, order: Value | None = None) -> Value:
    return lower.emit(operations.copy, lower.atom(array), name="copied")


def listed(lower: Lowerer, array: Value) -> Value:
    """``array.tolist()`` of a vector."""
    return lower.invoke_object(lower, tolist, [array], {})


def as_it_is(operation: Callable) -> Callable:
    """An operation of the compiler's that a function written in its language calls."""
    return lambda lower, *args: lower.emit(operation, *(arrays.as_array(lower, a) for a in args))


OPERATIONS = (
    operations.order,
    operations.places,
    operations.eigen,
    operations.eigenvalues,
    operations.spectrum,
    operations.spectrum_values,
    operations.singular,
    operations.singular_full,
    operations.singular_values,
    operations.pseudo_inverse,
    operations.orthogonal,
    operations.fourier,
)
METHODS: dict[str, Callable] = {
    "copy": copied,
    "tolist": listed,
    **shaping.METHODS,
    **moments.METHODS,
}
SPECIAL: dict[Any, Callable] = {
    np.where: where,
    np.copy: copied,
    np.real: of_parts("real"),
    np.imag: of_parts("imag"),
    np.angle: angle,
    np.iscomplexobj: is_of_complex(True),
    np.isrealobj: is_of_complex(False),
    parted: asked.parted,
    room: asked.room,
    not_compiled: asked.not_compiled,
    **{operation: as_it_is(operation) for operation in OPERATIONS},
    **shaping.FUNCTIONS,
    **dtypes.FUNCTIONS,
    **moments.FUNCTIONS,
    **CREATION,
}
