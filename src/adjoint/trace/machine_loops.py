"""One loop over arrays of one shape, as machine code: all that a stretch of a tape does to them.

The loop is written in LLVM's language and compiled by llvmlite, which takes some ten milliseconds.
No two of its numbers are combined in another order than written, but for the sums over all
elements, which are made in blocks (as pairwise summation is: N. Higham, "The accuracy of floating
point summation", 1993).
"""

import contextlib
import ctypes
import functools
import itertools
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adjoint.trace.symbols import Graph

BLOCK = 1024  # elements that are summed up by themselves
LOCK = threading.Lock()
NAMES = itertools.count()


@dataclass(frozen=True)
class Loop:
    """What a loop over the inputs of `graph` makes.

    Attributes
    ----------
    arrays, flags, numbers : how many arrays of floats, arrays of booleans and numbers it reads.
    outputs : the nodes whose values it stores, each to a new array, or onto an input: a pair of the
        node and the number of that array, or None.
    sums : the nodes whose values it sums up.
    uniforms : the nodes that are the same for all elements, of which it stores one number.
    """

    graph: Graph
    arrays: int
    flags: int
    numbers: int
    outputs: tuple[tuple[int, int | None], ...]
    sums: tuple[int, ...]
    uniforms: tuple[int, ...]


def compiled(loop: Loop) -> Callable[..., None]:
    """A function of the addresses of the arrays, flags and new arrays, that of the numbers that the
    loop finds (its sums, then its uniforms), the numbers, and the count of elements.
    """
    fresh = sum(target is None for _, target in loop.outputs)
    kinds = [ctypes.c_void_p] * (loop.arrays + loop.flags + fresh + 1)
    kinds += [ctypes.c_double] * loop.numbers
    with LOCK:
        name = f"loop{next(NAMES)}"
        address = machine().address(name, Text(loop, name).whole())
    return ctypes.CFUNCTYPE(None, *kinds, ctypes.c_int64)(address)


class Text:
    """The text of a loop."""

    def __init__(self, loop: Loop, name: str):
        self.loop = loop
        self.name = name
        self.pointer, self.of_flags = machine().pointers
        self.lines: list[str] = []
        self.names: dict[int, str] = {}
        self.varies = loop.graph.varies()
        self.needed = needed(loop)

    def whole(self) -> str:
        loop = self.loop
        fresh = sum(target is None for _, target in loop.outputs)
        pointer = f"{self.pointer} noalias"
        parameters = [f"{pointer} %a{k}" for k in range(loop.arrays)]
        parameters += [f"{self.of_flags} noalias %f{k}" for k in range(loop.flags)]
        parameters += [f"{pointer} %o{k}" for k in range(fresh)]
        parameters += [f"{pointer} %found", *(f"double %x{k}" for k in range(loop.numbers))]
        self.lines.append(f"define void @{self.name}({', '.join(parameters)}, i64 %n) {{\nentry:")
        self.nodes(varying=False)
        self.lines.append("br label %block")
        self.blocks()
        self.lines.append("exit:")
        for k in range(len(loop.sums)):
            self.keep(f"%t{k}.next", k)
        for k, node in enumerate(loop.uniforms, len(loop.sums)):
            self.keep(self.names[node], k)
        self.lines.append("ret void\n}")
        declared = {node[1] for node in loop.graph.nodes if node[0] == "call"}
        self.lines += [f"declare double @llvm.{name}.f64(double)" for name in sorted(declared)]
        return "\n".join(self.lines)

    def blocks(self) -> None:
        """The elements, block by block where something is summed up, else all at once."""
        sums = self.loop.sums
        lines = self.lines
        lines.append("block:\n%from = phi i64 [0, %entry], [%to, %ended]")
        lines += [
            f"%t{k} = phi double [0.0, %entry], [%t{k}.next, %ended]" for k in range(len(sums))
        ]
        if sums:
            lines.append(f"%far = add i64 %from, {BLOCK}\n%is_last = icmp uge i64 %far, %n")
            lines.append("%to = select i1 %is_last, i64 %n, i64 %far")
        else:
            lines.append("%to = add i64 %n, 0")
        lines.append("br label %loop\nloop:\n%i = phi i64 [%from, %block], [%i.next, %loop]")
        lines += [f"%s{k} = phi double [0.0, %block], [%s{k}.next, %loop]" for k in range(len(sums))]
        self.nodes(varying=True)
        self.stores()
        lines += [
            f"%s{k}.next = fadd reassoc double %s{k}, {self.names[node]}"
            for k, node in enumerate(sums)
        ]
        lines.append("%i.next = add nuw nsw i64 %i, 1\n%is_over = icmp eq i64 %i.next, %to")
        lines.append("br i1 %is_over, label %ended, label %loop\nended:")
        lines += [f"%t{k}.next = fadd double %t{k}, %s{k}.next" for k in range(len(sums))]
        lines.append("%is_done = icmp eq i64 %to, %n\nbr i1 %is_done, label %exit, label %block")

    def nodes(self, varying: bool) -> None:
        for index, node in enumerate(self.loop.graph.nodes):
            if index in self.needed and self.varies[index] is varying:
                self.names[index] = self.value(index, *node)

    def stores(self) -> None:
        fresh = itertools.count()
        for k, (node, target) in enumerate(self.loop.outputs):
            array = f"%o{next(fresh)}" if target is None else f"%a{target}"
            self.lines.append(f"%w{k} = getelementptr double, {self.pointer} {array}, i64 %i")
            self.lines.append(f"store double {self.names[node]}, {self.pointer} %w{k}")

    def keep(self, value: str, k: int) -> None:
        self.lines.append(f"%k{k} = getelementptr double, {self.pointer} %found, i64 {k}")
        self.lines.append(f"store double {value}, {self.pointer} %k{k}")

    def value(self, index: int, kind: str, *parts: Any) -> str:
        """What stands for the value of a node, after the lines that compute it."""
        if kind == "constant":
            return f"0x{struct.unpack('>Q', struct.pack('>d', parts[0]))[0]:016X}"
        if kind == "number":
            return f"%x{parts[0]}"
        name = f"%v{index}"
        if kind == "array":
            self.lines.append(f"%p{index} = getelementptr double, {self.pointer} %a{parts[0]}, i64 %i")
            self.lines.append(f"{name} = load double, {self.pointer} %p{index}")
        elif kind == "flags":
            self.lines.append(f"%p{index} = getelementptr i8, {self.of_flags} %f{parts[0]}, i64 %i")
            self.lines.append(f"%b{index} = load i8, {self.of_flags} %p{index}")
            self.lines.append(f"{name} = icmp ne i8 %b{index}, 0")
        else:
            self.lines.append(f"{name} = {self.operation(kind, parts)}")
        return name

    def operation(self, kind: str, parts: tuple) -> str:
        given = [self.names[part] for part in parts if type(part) is int]
        if kind == "call":
            return f"call double @llvm.{parts[0]}.f64(double {given[0]})"
        if kind == "fcmp":
            return f"fcmp {parts[0]} double {given[0]}, {given[1]}"
        if kind == "select":
            return f"select i1 {given[0]}, double {given[1]}, double {given[2]}"
        kind_of_operands = "i1" if kind in {"and", "or", "xor"} else "double"
        return f"{kind} {kind_of_operands} {', '.join(given)}"


def needed(loop: Loop) -> set[int]:
    """The nodes that what the loop makes depends on."""
    found: set[int] = set()
    waiting = [node for node, _ in loop.outputs] + [*loop.sums, *loop.uniforms]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            kind, *parts = loop.graph.nodes[node]
            if kind not in {"array", "flags", "number", "constant"}:
                waiting += [part for part in parts if type(part) is int]
    return found


class Machine:
    """The compiler for the processor at hand."""

    def __init__(self) -> None:
        from llvmlite import binding, ir  # takes a tenth of a second

        with contextlib.suppress(RuntimeError):  # newer ones do it by themselves
            binding.initialize()
        binding.initialize_native_target()
        binding.initialize_native_asmprinter()
        self.binding = binding
        self.pointers = str(ir.DoubleType().as_pointer()), str(ir.IntType(8).as_pointer())
        features = binding.get_host_cpu_features().flatten()
        self.target = binding.Target.from_default_triple().create_target_machine(
            cpu=binding.get_host_cpu_name(), features=features, opt=3
        )
        self.engine = binding.create_mcjit_compiler(binding.parse_assembly(""), self.target)

    def address(self, name: str, text: str) -> int:
        """Where the machine code of a function begins."""
        binding = self.binding
        module = binding.parse_assembly(text)
        module.verify()
        tuning = binding.create_pipeline_tuning_options(speed_level=3)
        tuning.loop_vectorization = True
        builder = binding.create_pass_builder(self.target, tuning)
        builder.getModulePassManager().run(module, builder)
        self.engine.add_module(module)
        self.engine.finalize_object()
        return self.engine.get_function_address(name)


@functools.cache
def machine() -> Machine:
    return Machine()
