"""Draws of `numpy.random.Generator` in compiled code, from the very stream of the generator.

A generator is an array of two floats: where its state is, and what was drawn last. A draw reads
the array and a store into it follows, so whatever keeps the order of what is done to memory keeps
the order of the draws; none is repeated, and none is dropped.
"""

import copy
import ctypes
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

import numpy as np

from adjoint.compile.ir.nodes import FLOAT, INT, Apply, For, Function, Type, While, walk
from adjoint.errors import UnsupportedSyntax

STATE = Type("float", 1)
SYMBOLS = "adjoint_numpy_random_"
C_TYPES = {"float": ctypes.c_double, "int": ctypes.c_int64}


class Draw:
    """The next number of a distribution that NumPy draws in C, as an operation of the state.

    Attributes
    ----------
    params : the types of its arguments after the generator.
    """

    def __init__(self, name: str, *constants: Any, params: tuple = (), result: Type = FLOAT):
        self.__name__ = f"draw_{name}"
        self.symbol = f"random_{name}"
        self.constants = constants
        self.params = params
        self.result = result

    def __call__(self, state: np.ndarray, *args: Any) -> Any:
        """As plain Python."""
        function = getattr(library(), self.symbol)
        function.restype = C_TYPES[self.result.dtype]
        given = [*args, *self.constants]
        kinds = [C_TYPES[t.dtype] for t in self.params] + [c_type(x) for x in self.constants]
        pairs = zip(kinds, given, strict=True)
        return function(ctypes.c_void_p(int(state[0])), *(kind(x) for kind, x in pairs))


STANDARD_NORMAL = Draw("standard_normal")
STANDARD_UNIFORM = Draw("standard_uniform")
STANDARD_EXPONENTIAL = Draw("standard_exponential")
LAPLACE = Draw("laplace", 0.0, 1.0)
LOGISTIC = Draw("logistic", 0.0, 1.0)
GUMBEL = Draw("gumbel", 0.0, 1.0)
BOUNDED = Draw("bounded_uint64", 0, False, params=(INT, INT), result=INT)
INTERVAL = Draw("interval", params=(INT,), result=INT)  # by which NumPy shuffles


def c_type(value: Any) -> type:
    return {float: ctypes.c_double, bool: ctypes.c_bool, int: ctypes.c_int64}[type(value)]


def is_generator(value: Any) -> bool:
    module = sys.modules.get("numpy.random")
    return module is not None and isinstance(value, module.Generator)


@cache
def library() -> ctypes.CDLL:
    """NumPy's compiled distributions."""
    random = importlib.import_module("numpy.random")
    return ctypes.CDLL(sys.modules[random.Generator.__module__].__file__)


def refuse_repeated(function: Function) -> None:
    """Refuse draws in loops whose turns a derivative runs again."""
    for loop in walk(function.body):
        if not isinstance(loop, For | While) or not loop.remade:
            continue
        for statement in walk(loop.body):
            if isinstance(statement, Apply) and isinstance(statement.function, Draw):
                raise UnsupportedSyntax(
                    "a random number is drawn in a loop with a checkpoint, whose turns are run "
                    "again",
                    instead="draw it outside and pass it, or drop jit on this function",
                    place=statement.place,
                )


def is_available(draw: Draw) -> bool:
    return hasattr(library(), draw.symbol)


def state_of(generator: Any) -> np.ndarray:
    """The array that stands for a generator; the generator must live as long."""
    return np.array([float(generator.bit_generator.ctypes.bit_generator.value), 0.0])


def entered(arg: Any) -> Any:
    """An argument as machine code takes it."""
    return state_of(arg) if is_generator(arg) else arg


@contextmanager
def entering(args: tuple) -> Iterator[tuple]:
    """`args` as machine code takes them, while no other thread draws from their generators."""
    with ExitStack() as stack:
        for generator in {id(arg): arg for arg in args if is_generator(arg)}.values():
            stack.enter_context(generator.bit_generator.lock)
        yield tuple(map(entered, args))


def copied(arg: Any) -> Any:
    """An argument that machine code may change, with a state or memory of its own."""
    if isinstance(arg, np.ndarray):
        return arg.copy()
    return copy.deepcopy(arg) if is_generator(arg) else arg


def machine(draw: Draw, numba: Any) -> Callable:
    """A draw as machine code, which calls NumPy's function in this process."""
    symbol = SYMBOLS + draw.symbol
    pointer = ctypes.cast(getattr(library(), draw.symbol), ctypes.c_void_p).value
    importlib.import_module("llvmlite.binding").add_symbol(symbol, pointer)
    kinds = {"float": numba.types.float64, "int": numba.types.int64}
    of_python = {float: numba.types.float64, bool: numba.types.boolean, int: numba.types.int64}
    given = [kinds[t.dtype] for t in draw.params] + [of_python[type(c)] for c in draw.constants]
    signature = kinds[draw.result.dtype](numba.types.intp, *given)
    called = numba.types.ExternalFunction(symbol, signature)
    names = [f"x{i}" for i in range(len(draw.params))]
    args = ", ".join(["int(state[0])", *names, *map(repr, draw.constants)])
    text = f"def drawn({', '.join(['state', *names])}):\n    return called({args})\n"
    namespace: dict[str, Any] = {"called": called}
    exec(text, namespace)
    return numba.njit(namespace["drawn"])
