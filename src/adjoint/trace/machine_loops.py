"""One loop over arrays, row by row, as machine code: all that a stretch of a tape does to them.

The loop is written in LLVM's language and compiled by llvmlite, which takes some ten milliseconds.
No two of its numbers are combined in another order than written, but for sums, which are made block
by block (N. Higham, "The accuracy of floating point summation", 1993, on why this loses little).
"""

import contextlib
import ctypes
import functools
import importlib
import itertools
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adjoint.trace.symbols import Graph

BLOCK = 512  # elements that are done before the next ones
LOCK = threading.Lock()
NAMES = itertools.count()


# Where the element of a row and a column is in an array. DENSE: one after the other, row after row.
# STRIDED: one after the other in a row; the rows where they are, or all the same. BY_ROW: the same
# one for a whole row.
DENSE, STRIDED, BY_ROW = range(3)


@dataclass(frozen=True)
class Loop:
    """What a loop over the inputs of `graph` makes.

    Attributes
    ----------
    arrays : the layouts of the arrays of floats that it reads.
    flags, numbers : how many arrays of booleans, which are dense, and numbers it reads.
    outputs : the nodes whose values it stores, each to a new array, or onto an input: a pair of the
        node and the number of that array, or None. They are dense.
    added : the nodes whose values it adds to an array, with the layouts of these. In one that is
        the same for a whole row, and in rows that are all the same, that makes sums.
    begun : how many of these, the first ones, it stores instead.
    sums : the nodes whose values it sums up.
    uniforms : the nodes that are the same for all elements, of which it stores one number.
    """

    graph: Graph
    arrays: tuple[int, ...]
    flags: int
    numbers: int
    outputs: tuple[tuple[int, int | None], ...]
    added: tuple[tuple[int, int], ...]
    begun: int
    sums: tuple[int, ...]
    uniforms: tuple[int, ...]


def compiled(loop: Loop) -> Callable[..., None]:
    """A function of addresses: of the arrays, the flags, the new arrays, those it adds to, and
    the numbers that it finds (its sums, then its uniforms); then of the number of elements from
    row to row for each array that is not dense, the numbers it reads, and how many rows and columns
    there are.
    """
    with LOCK:
        name = f"loop{next(NAMES)}"
        text = Text(loop, name)
        address = machine().address(name, text.whole())
    kinds = {"i64": ctypes.c_int64, "double": ctypes.c_double}
    given = [kinds.get(kind, ctypes.c_void_p) for kind, _ in text.parameters()]
    return ctypes.CFUNCTYPE(None, *given)(address)


class Text:
    """The text of a loop."""

    def __init__(self, loop: Loop, name: str):
        self.loop = loop
        self.name = name
        self.pointer, self.of_flags = machine().pointers
        self.lines: list[str] = []
        self.names: dict[int, str] = {}
        self.depths = depths(loop)
        self.waiting = {node: None for node, layout in loop.added if layout != BY_ROW}

    def parameters(self) -> list[tuple[str, str]]:
        """Their kinds and names."""
        loop, pointer = self.loop, f"{self.pointer} noalias"
        fresh = [k for k, (_, target) in enumerate(loop.outputs) if target is None]
        found = [(pointer, f"%a{k}") for k in range(len(loop.arrays))]
        found += [(f"{self.of_flags} noalias", f"%f{k}") for k in range(loop.flags)]
        found += [(pointer, f"%o{k}") for k in fresh]
        found += [(self.pointer, f"%w{k}") for k in range(len(loop.added))]
        found += [(pointer, "%found")]
        found += [("i64", f"%a{k}.step") for k, layout in enumerate(loop.arrays) if layout]
        found += [("i64", f"%w{k}.step") for k in range(len(loop.added))]
        found += [("double", f"%x{k}") for k in range(loop.numbers)]
        return [*found, ("i64", "%rows"), ("i64", "%columns")]

    def whole(self) -> str:
        loop, lines = self.loop, self.lines
        given = ", ".join(f"{kind} {name}" for kind, name in self.parameters())
        lines.append(f"define void @{self.name}({given}) {{\nentry:")
        for k in range(len(loop.sums)):
            lines.append(f"%t{k} = alloca double\nstore double 0.0, {self.pointer} %t{k}")
        for k, (_, layout) in enumerate(loop.added):
            if layout == BY_ROW:
                lines.append(f"%s{k} = alloca double")
        lines += [f"%b{node} = alloca double, i64 {BLOCK}" for node in self.waiting]
        lines += [f"%s{k}.sum = alloca double" for k in range(len(loop.sums))]
        self.nodes(depth=0)
        self.rows()
        for k in range(len(loop.sums)):
            self.keep(self.loaded(f"%t{k}"), k)
        for k, node in enumerate(loop.uniforms, len(loop.sums)):
            self.keep(self.names[node], k)
        lines.append("ret void\n}")
        declared = {node[1] for node in loop.graph.nodes if node[0] == "call"}
        lines += [f"declare double @llvm.{name}.f64(double)" for name in sorted(declared)]
        return "\n".join(lines)

    def rows(self) -> None:
        with self.repeated("row", "0", "%rows", "1"):
            self.lines.append("%at = mul i64 %row, %columns")
            for k, layout in enumerate(self.loop.arrays):
                self.begin_row(f"%a{k}", layout)
            for k in range(self.loop.flags):
                self.lines.append(f"%f{k}.row = {self.element('i8', f'%f{k}', '%at')}")
            for k, (_, target) in enumerate(self.loop.outputs):
                if target is None:
                    self.begin_row(f"%o{k}", DENSE)
            for k in range(len(self.loop.added)):
                self.begin_row(f"%w{k}", STRIDED)
            self.nodes(depth=1)
            with self.repeated("block", "0", "%columns", str(BLOCK)):
                self.block()

    def begin_row(self, array: str, layout: int) -> None:
        start = "%at"
        if layout:
            self.lines.append(f"{array}.at = mul i64 %row, {array}.step")
            start = f"{array}.at"
        self.lines.append(f"{array}.row = {self.element('double', array, start)}")

    def block(self) -> None:
        """The elements of a block. What is added to other memory waits until they are done."""
        loop, lines = self.loop, self.lines
        lines.append(f"%far = add i64 %block, {BLOCK}\n%is_last = icmp uge i64 %far, %columns")
        lines.append("%to = select i1 %is_last, i64 %columns, i64 %far")
        sums = [(f"%s{k}.sum", node) for k, node in enumerate(loop.sums)]
        sums += [(f"%s{k}", n) for k, (n, layout) in enumerate(loop.added) if layout == BY_ROW]
        for name, _ in sums:
            lines.append(f"store double 0.0, {self.pointer} {name}")
        with self.repeated("i", "%block", "%to", "1"):
            lines.append("%j = sub i64 %i, %block")
            self.nodes(depth=2)
            for k, (node, target) in enumerate(loop.outputs):
                array = f"%o{k}" if target is None else f"%a{target}"
                self.store(f"{array}.row", "%i", self.names[node])
            for node in self.waiting:
                self.store(f"%b{node}", "%j", self.names[node])
            for name, node in sums:
                self.add(name, self.names[node], "reassoc ")
        for k in range(len(loop.sums)):
            self.add(f"%t{k}", self.loaded(f"%s{k}.sum"))
        for k, (node, layout) in enumerate(loop.added):
            self.add_block(k, node, layout)

    def add_block(self, k: int, node: int, layout: int) -> None:
        """Add what was found for a block to the memory where it belongs, or begin that."""
        if layout == BY_ROW:
            self.add(f"%w{k}.row", self.loaded(f"%s{k}"))
            return
        with self.repeated(f"d{k}", "%block", "%to", "1"):
            self.lines.append(f"%d{k}.j = sub i64 %d{k}, %block")
            self.lines.append(f"%d{k}.s = {self.element('double', f'%b{node}', f'%d{k}.j')}")
            value = self.loaded(f"%d{k}.s")
            if k < self.loop.begun:
                self.store(f"%w{k}.row", f"%d{k}", value)
            else:
                self.lines.append(f"%d{k}.w = {self.element('double', f'%w{k}.row', f'%d{k}')}")
                self.add(f"%d{k}.w", value)

    @contextlib.contextmanager
    def repeated(self, name: str, start: str, end: str, step: str) -> Any:
        """A loop whose index is `name`; there is at least one turn."""
        before = self.fresh("before")
        self.lines.append(f"br label %{before}\n{before}:\nbr label %{name}.loop\n{name}.loop:")
        self.lines.append(f"%{name} = phi i64 [{start}, %{before}], [%{name}.next, %{name}.ends]")
        yield
        self.lines.append(f"br label %{name}.ends\n{name}.ends:")
        self.lines.append(f"%{name}.next = add nuw nsw i64 %{name}, {step}")
        self.lines.append(f"%{name}.over = icmp uge i64 %{name}.next, {end}")
        self.lines.append(
            f"br i1 %{name}.over, label %{name}.done, label %{name}.loop\n{name}.done:"
        )

    def fresh(self, name: str) -> str:
        return f"{name}.{len(self.lines)}"

    def element(self, kind: str, array: str, index: str) -> str:
        pointer = self.of_flags if kind == "i8" else self.pointer
        return f"getelementptr {kind}, {pointer} {array}, i64 {index}"

    def loaded(self, address: str) -> str:
        name = self.fresh("%loaded")
        self.lines.append(f"{name} = load double, {self.pointer} {address}")
        return name

    def add(self, address: str, value: str, how: str = "") -> None:
        before = self.loaded(address)
        name = self.fresh("%total")
        self.lines.append(f"{name} = fadd {how}double {before}, {value}")
        self.lines.append(f"store double {name}, {self.pointer} {address}")

    def store(self, array: str, index: str, value: str) -> None:
        name = self.fresh("%stored")
        self.lines.append(f"{name} = {self.element('double', array, index)}")
        self.lines.append(f"store double {value}, {self.pointer} {name}")

    def keep(self, value: str, k: int) -> None:
        self.store("%found", str(k), value)

    def nodes(self, depth: int) -> None:
        """The nodes that are the same for all (0), for a row (1), or of an element (2)."""
        for index, node in enumerate(self.loop.graph.nodes):
            if self.depths.get(index) == depth:
                self.names[index] = self.value(index, *node)

    def value(self, index: int, kind: str, *parts: Any) -> str:
        """What stands for the value of a node, after the lines that compute it."""
        if kind == "constant":
            return f"0x{struct.pack('>d', float.fromhex(parts[0])).hex().upper()}"
        if kind == "number":
            return f"%x{parts[0]}"
        name = f"%v{index}"
        if kind == "array":
            array = f"%a{parts[0]}.row"
            if self.loop.arrays[parts[0]] != BY_ROW:
                self.lines.append(f"%p{index} = {self.element('double', array, '%i')}")
                array = f"%p{index}"
            self.lines.append(f"{name} = load double, {self.pointer} {array}")
        elif kind == "flags":
            self.lines.append(f"%p{index} = {self.element('i8', f'%f{parts[0]}.row', '%i')}")
            self.lines.append(f"%q{index} = load i8, {self.of_flags} %p{index}")
            self.lines.append(f"{name} = icmp ne i8 %q{index}, 0")
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
        kind_of_operands = "i1" if kind in {"and", "or"} else "double"
        return f"{kind} {kind_of_operands} {', '.join(given)}"


def depths(loop: Loop) -> dict[int, int]:
    """The nodes that are needed, with how often they are computed: once, for each row, or each
    element.
    """
    found: dict[int, int] = {}

    def visit(node: int) -> int:
        if node not in found:
            kind, *parts = loop.graph.nodes[node]
            if kind == "array":
                found[node] = 1 if loop.arrays[parts[0]] == BY_ROW else 2
            elif kind in {"flags", "number", "constant"}:
                found[node] = 2 if kind == "flags" else 0
            else:
                found[node] = max(visit(part) for part in parts if type(part) is int)
        return found[node]

    for node in (*[n for n, _ in (*loop.outputs, *loop.added)], *loop.sums, *loop.uniforms):
        visit(node)
    return found


class Machine:
    """The compiler for the processor at hand."""

    def __init__(self) -> None:
        binding = importlib.import_module("llvmlite.binding")  # takes a tenth of a second
        ir = importlib.import_module("llvmlite.ir")
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
