"""Machine code that was kept, called without Numba, so that a process starts quickly."""

import ctypes
import json
import math
import struct
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from adjoint.compile.kinds import format_of, format_of_result, kind_of, packed


class Standalone:
    """A function at an address. Called, it returns None where only Numba can do what is asked.

    Such are arguments of other types than it was compiled for, and exceptions. Functions that
    change their arguments are not called in this way, so that they can be called again.

    `most` : calls it is for; None if for any number.
    """

    def __init__(
        self, kinds: Sequence[str], results: Sequence, code: list[bytes], most: int | None
    ):
        self.kinds = list(kinds)
        self.given = struct.Struct("".join(map(format_of, kinds)))
        self.results = [Result(dtype, ndim) for dtype, ndim in results]
        self.found = struct.Struct("".join(result.format for result in self.results) + "0q")
        self.memory = ctypes.c_char * max(self.found.size, 1)
        self.loaded = Loaded(code)
        self.left = math.inf if most is None else most

    def __call__(self, *args: Any) -> tuple | None:
        self.left -= 1
        if self.left < 0 or list(map(kind_of, args)) != self.kinds:
            return None
        items: list = []
        for kind, arg in zip(self.kinds, args, strict=True):
            items += packed(kind, arg)
        memory = self.memory()
        if self.loaded.enter(self.given.pack(*items), memory):
            return None  # it raised; Numba tells what
        found, made, start = self.found.unpack(memory), [], 0
        for result in self.results:
            stop = start + result.items
            made.append(self.result(result, found[start:stop], args))
            start = stop
        return tuple(made)

    def result(self, result: "Result", found: tuple, args: tuple) -> Any:
        if result.ndim is None:
            return found[0] if result.items == 1 else complex(*found)
        owner, pointer, last = found[0], found[4], 5 + result.ndim
        shape, strides = found[5:last], found[last:]
        if not owner:
            for arg in args:
                if isinstance(arg, np.ndarray) and same(arg, result, pointer, shape, strides):
                    return arg
        memory = Memory(self.loaded, owner, args)
        memory.__array_interface__ = {
            "data": (pointer, False),
            "shape": shape,
            "strides": strides,
            "typestr": result.typestr,
            "version": 3,
        }
        return np.asarray(memory)


class Result:
    """How one result is laid out; `ndim` is None for a number."""

    def __init__(self, dtype: str, ndim: int | None):
        self.ndim = ndim
        self.typestr = np.dtype(dtype).str
        self.format = format_of_result(dtype, ndim) or ""
        self.items = len(self.format) if ndim is None else 5 + 2 * ndim


def same(array: np.ndarray, result: Result, pointer: int, shape: tuple, strides: tuple) -> bool:
    """True if an array is what was given."""
    return (
        (array.shape, array.strides) == (shape, strides)
        and array.dtype.str == result.typestr
        and array.__array_interface__["data"][0] == pointer
    )


class Memory:
    """Memory of a result, which is given back with the last array on it, or is an argument's."""

    __slots__ = ("__array_interface__", "args", "loaded", "owner")

    def __init__(self, loaded: "Loaded", owner: int, args: tuple):
        self.loaded = loaded
        self.owner = owner
        self.args = None if owner else args

    def __del__(self) -> None:
        if self.owner:
            self.loaded.release(self.owner)


class Loaded:
    """Object code in memory, which stays as long as something needs it."""

    def __init__(self, code: list[bytes]):
        binding = llvm()
        self.engine = binding.create_mcjit_compiler(binding.parse_assembly(""), target_machine())
        for each in code:
            self.engine.add_object_file(binding.ObjectFileRef.from_data(each))
        self.engine.finalize_object()
        address = self.engine.get_function_address
        self.enter = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(
            address("enter")
        )
        self.release = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(address("release"))


def standalone(files: dict[str, bytes] | None, most: int | None) -> Standalone | None:
    """What was kept, ready to be called `most` times; None if there is nothing."""
    if files is None:
        return None
    *code, form = files.values()
    return Standalone(**json.loads(form), code=code, most=most)


@cache
def processor() -> str:
    """The processor, which object code is made for."""
    return " ".join(described(llvm()))


def target_machine() -> Any:
    """What makes and loads code for this processor; an engine keeps the one that it is given."""
    binding = llvm()
    target = binding.Target.from_default_triple()
    name, features = described(binding)
    return target.create_target_machine(cpu=name, features=features, jit=True)


def described(binding: Any) -> tuple[str, str]:
    return binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()


@cache
def llvm() -> Any:
    """The module of llvmlite that makes and loads object code, imported when it is first needed."""
    from llvmlite import binding  # noqa: PLC0415

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding
