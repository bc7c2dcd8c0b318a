"""Functions that only other libraries have: those of scipy.special, and formulas made of them.

A function that SciPy offers to compiled code is called at its address (the public
`scipy.special.cython_special`); any other goes through the interpreter, which is slow and right.
"""

import ctypes
import importlib
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from adjoint.rules.ruleset import Form, lookup


class Native:
    """A function of floats as an operation, which acts element by element.

    Attributes
    ----------
    function : what it computes, for numbers and arrays alike.
    ranks : the number of axes of each argument.
    rank : the number of axes of its result.
    """

    def __init__(self, function: Callable, name: str, ranks: tuple[int, ...]):
        self.function = function
        self.ranks = ranks
        self.rank = max(ranks)
        self.__name__ = name

    def __call__(self, *args: Any) -> Any:
        with np.errstate(all="ignore"):
            found = self.function(*args)
        return float(found) if self.rank == 0 else found


class Formula:
    """A partial derivative that the compiler cannot write as statements, as one operation."""

    def __init__(self, formula: Callable, name: str):
        self.formula = formula
        self.__name__ = name

    def __call__(self, *args: Any) -> Any:
        with np.errstate(all="ignore"):
            return self.formula(*args)


@cache
def formula_of(formula: Callable, name: str) -> Formula:
    """The operation of a formula, one for each."""
    return Formula(formula, name)


def is_foreign(function: Any) -> bool:
    """True for an elementwise function that neither NumPy nor `math` has."""
    if isinstance(function, Formula):
        return True
    if isinstance(function, np.ufunc):
        return getattr(np, function.__name__, None) is not function
    if not str(getattr(function, "__module__", None)).startswith("scipy.special"):
        return False
    rule = lookup(function)
    return rule is not None and rule.form is Form.ELEMENTWISE


@cache
def native(function: Any, ranks: tuple[int, ...]) -> Native:
    """A foreign function, of arguments with so many axes each, as a helper of printed source."""
    name = re.sub(r"\W", "_", function.__name__)
    suffix = f"_of_arrays_{'_'.join(map(str, ranks))}" if any(ranks) else ""
    return Native(function, name + suffix, ranks)


@cache
def machine(helper: Native, numba: Any) -> Callable:
    """The helper as machine code."""
    symbol = symbol_of(helper)
    made = through_python(helper, numba) if symbol is None else by_symbol(helper, symbol, numba)
    return numba.njit(made)


SYMBOLS = "adjoint_scipy_special_"
"""How the names begin by which machine code finds SciPy's functions, in whichever process."""


@cache
def symbol_of(helper: Native) -> str | None:
    """The name by which machine code finds a function in this process; None if it has none."""
    address = address_of(helper.function, len(helper.ranks))
    if address is None:
        return None
    symbol = f"{SYMBOLS}{helper.function.__name__}_{len(helper.ranks)}"
    importlib.import_module("llvmlite.binding").add_symbol(symbol, address)
    return symbol


def by_symbol(helper: Native, symbol: str, numba: Any) -> Callable:
    """A call of a C function of doubles, or a loop of such calls over arrays."""
    types = numba.types
    signature = types.float64(*[types.float64] * len(helper.ranks), types.int32)
    called = types.ExternalFunction(symbol, signature)
    names = [f"x{i}" for i in range(len(helper.ranks))]
    header = f"def {helper.__name__}({', '.join(names)}):\n"
    if helper.rank == 0:
        text = f"{header}    return called({', '.join(names)}, 0)\n"
        return defined(text, helper.__name__, called=called)
    arrays = [name for name, rank in zip(names, helper.ranks, strict=True) if rank]
    items = ", ".join(f"{name}[at]" if name in arrays else name for name in names)
    lines = [f"shape = {arrays[0]}.shape"]
    if len(arrays) > 1:
        shapes = ", ".join(f"{name}.shape" for name in arrays)
        lines = [f"shape = np.broadcast_shapes({shapes})"]
        lines += [f"{name} = np.broadcast_to({name}, shape)" for name in arrays]
    lines += ["out = np.empty(shape)", "for at in np.ndindex(shape):"]
    lines += [f"    out[at] = called({items}, 0)", "return out"]
    text = header + "".join(f"    {line}\n" for line in lines)
    return defined(text, helper.__name__, called=called, np=np)


def through_python(helper: Native, numba: Any) -> Callable:
    """A call by the interpreter."""
    names = ", ".join(f"x{i}" for i in range(len(helper.ranks)))
    layout = f"[{', '.join([':'] * (helper.rank - 1) + ['::1'])}]" if helper.rank else ""
    kept = "np.ascontiguousarray(found)" if helper.rank else "found"
    text = (
        f"def {helper.__name__}({names}):\n"
        f"    with objmode(found='float64{layout}'):\n"
        f"        found = called({names})\n"
        f"        found = {kept}\n"
        "    return found\n"
    )
    return defined(text, helper.__name__, called=helper, objmode=numba.objmode, np=np)


def defined(text: str, name: str, **namespace: Any) -> Callable:
    exec(text, namespace)
    return namespace[name]


@cache
def address_of(function: Any, arity: int) -> int | None:
    """Where SciPy's compiled form of a function of doubles is; None if it has none."""
    if not isinstance(function, np.ufunc):
        return None
    special = importlib.import_module("scipy.special")
    if getattr(special, function.__name__, None) is not function:
        return None
    library = importlib.import_module("scipy.special.cython_special")
    wanted = f"double ({'double, ' * arity}int __pyx_skip_dispatch)"
    for prefix in ("", "__pyx_fuse_0", "__pyx_fuse_1"):
        capsule = library.__pyx_capi__.get(prefix + function.__name__)
        if capsule is not None and f'"{wanted}"' in repr(capsule):
            return POINTER(capsule, wanted.encode())
    return None


POINTER = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)
"""What a capsule holds, which has its C signature as its name."""
