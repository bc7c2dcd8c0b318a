"""Calls of a compiled function for all elements of a batch, divided among the cores.

Each stretch of the batch is a compiled loop that runs without the interpreter's lock, so ordinary
threads are enough, an exception is raised as in one call, and nothing is left running. The
stretches do not depend on the number of threads: sums over elements are the same on any machine.
"""

import itertools
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from adjoint.compile.codegen.stacks import empty_stack
from adjoint.compile.executable import Executable, load_numba
from adjoint.compile.ir.nodes import SCALARS
from adjoint.compile.jitted import Jitted, pulled_back, pushed, seeds_of, snapshot
from adjoint.compile.narrow import is_narrow, require_unseen, widened
from adjoint.compile.program import Program, stored_parameters
from adjoint.compile.shortcuts import has_nan
from adjoint.errors import StructureMismatch, UnsupportedType

MOST_STRETCHES = 64
MOST_SUMMANDS = 4_000_000  # numbers in the sums of all stretches
WORTH_A_THREAD = 2e-4  # seconds
SHAPES_DIFFER = "the shapes of results differ between elements"


@dataclass(frozen=True)
class Batch:
    """The arguments of all elements.

    Attributes
    ----------
    rows : the leaves of the arguments; the axes of those that have some lead.
    axes : for each leaf and each of the nested batches, the axis the caller gave it, or None.
    """

    jitted: Jitted
    structure: Any
    rows: list
    axes: list[tuple[int | None, ...]]
    sizes: tuple[int, ...]

    @property
    def total(self) -> int:
        return math.prod(self.sizes)

    @cached_property
    def program(self) -> Program:
        return self.jitted.program(self.structure, self.shown)

    @cached_property
    def shown(self) -> list:
        """Arguments of the types of all elements."""
        return [shown(*pair) for pair in zip(self.rows, map(levels, self.axes), strict=True)]

    def kept(self) -> "Batch":
        """The same with arrays of its own."""
        rows = [row.copy() if isinstance(row, np.ndarray) else row for row in self.rows]
        return replace(self, rows=rows)

    # What runs.

    def outputs(self) -> Any:
        """The results, with the axes of the elements leading."""
        program = self.program
        if program.stores:
            self.refuse_shared_memory()
        before = snapshot(self.rows) if program.stores and program.derives else self.rows
        outs = self.computed(program)
        if program.derives and any(map(has_nan, outs)):
            again = replace(self, rows=before)
            outs = again.computed(again.careful())
        return program.result.build(tuple(outs))

    def computed(self, program: Program) -> list:
        """The results of a program; the first element says what shapes they have."""
        key = ("primal",)
        run = self.executable(program, key, lambda p: p.function, [])
        numbers = self.numbered(program)
        first = [row[(0,) * len(where)] if where else row for row, where in numbers]
        found = run(*first)
        outs = [
            np.empty((*self.sizes, *np.shape(x)), dtype_of(y))
            for x, y in zip(found, program.function.body.yields, strict=True)
        ]
        for out, result in zip(outs, found, strict=True):
            out[(0,) * len(self.sizes)] = result
        self.run(program, key, run, numbers, dict(enumerate(outs)), {}, start=1)
        return outs

    def pulled(self, cotangent: Any) -> list:
        """The cotangent of each leaf for that of the results; None for what has none."""
        seeds = [(seed, self.everywhere) for seed in seeds_of(self.program, cotangent)]
        chosen = [i for i, p in enumerate(self.program.leaves) if p is not None and p.type.is_float]
        found = self.cotangents(self.program, chosen, seeds)
        if any(map(has_nan, found)):
            found = self.cotangents(self.careful(), chosen, seeds)
        by_place = dict(zip(chosen, found, strict=True))
        return [by_place.get(place) for place in range(len(self.rows))]

    def cotangents(self, program: Program, chosen: list[int], seeds: list) -> list:
        key = ("vjp", tuple(chosen))
        given = [*self.numbered(program), *seeds]
        run = self.executable(program, key, lambda p: pulled_back(p, chosen), given)
        first = len(program.function.body.yields)
        outs, sums = {}, {}
        kinds = {i: dtype_of(program.leaves[p]) for i, p in enumerate(chosen, start=first)}
        for position, place in enumerate(chosen, start=first):
            shape = np.shape(self.shown[place])
            if levels(self.axes[place]):
                outs[position] = np.empty((*self.sizes, *shape), kinds[position])
            else:
                sums[position] = shape
        self.run(program, key, run, given, outs, sums)
        return [
            self.gathered(outs[position], place)
            if position in outs
            else of_dtype(sums[position], kinds[position])
            for position, place in enumerate(chosen, start=first)
        ]

    def gathered(self, found: np.ndarray, place: int) -> np.ndarray:
        """The cotangents of all elements, summed over the batches that share an argument."""
        where = levels(self.axes[place])
        shared = tuple(number for number in self.everywhere if number not in where)
        return found.sum(axis=shared) if shared else found

    def pushed(self, tangents: list) -> Any:
        """The tangents of the results, None for what has none."""
        chosen = [
            i
            for i, p in enumerate(self.program.leaves)
            if p is not None and p.type.is_float and tangents[i] is not None
        ]
        outs = self.tangents(self.program, chosen, tangents)
        if any(map(has_nan, outs)):
            outs = self.tangents(self.careful(), chosen, tangents)
        rest = iter(outs)
        yields = self.program.function.body.yields
        found = tuple(next(rest) if y.type.is_float else None for y in yields)
        return self.program.result.build(found, constants=False)

    def tangents(self, program: Program, chosen: list[int], tangents: list) -> list:
        key = ("jvp", tuple(chosen))
        kinds = [dtype_of(program.leaves[i]) for i in chosen]
        dots = [
            (np.asarray(tangents[i], kind)[()], levels(self.axes[i]))
            for i, kind in zip(chosen, kinds, strict=True)
        ]
        given = [*self.numbered(program), *dots]
        run = self.executable(program, key, lambda p: pushed(p, chosen), given)
        first = [row[(0,) * len(where)] if where else row for row, where in given]
        count = len(program.function.body.yields)
        shapes = [np.shape(x) for x in run(*first)[count:]]
        made = [dtype_of(y) for y in program.function.body.yields if y.type.is_float]
        outs = {
            count + i: np.empty((*self.sizes, *shape), kind)
            for i, (shape, kind) in enumerate(zip(shapes, made, strict=True))
        }
        self.run(program, key, run, given, outs, {})
        return list(outs.values())

    # How it runs.

    @property
    def everywhere(self) -> tuple[int, ...]:
        return tuple(range(len(self.sizes)))

    def careful(self) -> Program:
        return self.jitted.program(self.structure, self.shown, careful=True)

    def numbered(self, program: Program) -> list[tuple[Any, tuple[int, ...]]]:
        """What the program takes: each with the batches it lies along."""
        given = [
            (row if program.stores else in_order(row), levels(axes))
            for row, axes, param in zip(self.rows, self.axes, program.leaves, strict=True)
            if param is not None
        ]
        return [*given, *((value, ()) for value in program.hidden())]

    def executable(self, program: Program, key: Any, make: Callable, given: list) -> Executable:
        """The compiled function of one element."""
        executable = self.jitted.executable(program, key, lambda: make(program))
        if executable.machine is None:
            given = given or self.numbered(program)
            first = [row[(0,) * len(where)] if where else row for row, where in given]
            executable.machine = executable.compiled(tuple(first))
        return executable

    def run(
        self,
        program: Program,
        key: Any,
        executable: Executable,
        given: list,
        outs: dict[int, np.ndarray],
        sums: dict[int, Any],
        start: int = 0,
    ) -> None:
        """Fill `outs`, and put in the places of the shapes in `sums` the sums over all elements."""
        places = tuple(where for _, where in given)
        ranks = {position: out.ndim - len(self.sizes) for position, out in outs.items()}
        ranks_of_sums = {p: len(s) for p, s in sums.items()}
        memory = executable.direct.memory
        text = written(places, len(self.sizes), ranks, ranks_of_sums, memory)
        known = program.executables.setdefault(("batch", *key, places), {})
        if text not in known:
            known[text] = compiled(text, executable.machine)
        bounds = stretches(start, self.total, sum(map(math.prod, sums.values())))
        kind = complex if any(p.type.is_complex for p in program.function.params) else float
        parts = {p: np.zeros((len(bounds), *(shape or (1,))), kind) for p, shape in sums.items()}
        fixed = [*self.sizes, *(row for row, _ in given), *outs.values()]
        at = np.full(len(bounds), -1)

        def one(number: int) -> None:
            begin, end = bounds[number]
            own = [part[number] for part in parts.values()]
            known[text](begin, end, at[number : number + 1], *fixed, *own)

        shared_out(one, len(bounds), at)
        for position, shape in list(sums.items()):
            sums[position] = parts[position].sum(axis=0).reshape(shape)

    def refuse_shared_memory(self) -> None:
        """A program that changes arrays: each element must have its own."""
        stored = stored_parameters(self.program.function)
        for axes, param in zip(self.axes, self.program.leaves, strict=True):
            if param in stored and len(levels(axes)) < len(self.sizes):
                raise shared_store(param.name)
        if stored - {param for param in self.program.leaves if param is not None}:
            raise shared_store("an array from outside")
        arrays = [row for row in self.rows if isinstance(row, np.ndarray)]
        arrays += [value for value in self.program.hidden() if isinstance(value, np.ndarray)]
        for place, array in enumerate(arrays):
            if any(np.may_share_memory(array, other) for other in arrays[:place]):
                raise UnsupportedType(
                    "two arguments of vmap share memory, and the function changes arrays in place",
                    instead="pass copies, or drop jit on this function",
                )


def batch_of(
    jitted: Jitted, structure: Any, rows: list, axes: list, sizes: tuple[int, ...]
) -> Batch:
    """A batch, whose arrays of int32 are ones of int64."""
    batch = Batch(jitted, structure, widened(rows), axes, sizes)
    if any(map(is_narrow, rows)):
        pairs = zip(batch.program.leaves, rows, strict=True)
        require_unseen(batch.program.function, [p for p, row in pairs if is_narrow(row)])
    return batch


def shared_store(name: str) -> UnsupportedType:
    return UnsupportedType(
        f"the function changes `{name}`, which all elements of the batch share",
        instead="give it an axis for the batch in in_axes, return the change, or drop jit: a loop "
        "over the elements makes the changes one after the other",
    )


def dtype_of(atom: Any) -> np.dtype:
    """The dtype of what a variable of a program holds."""
    return np.dtype(SCALARS[atom.type.dtype])


def of_dtype(total: np.ndarray, dtype: np.dtype) -> Any:
    """A sum over elements, in the precision of what it is the cotangent of."""
    return (total if dtype.kind == "c" else total.real).astype(dtype)[()]


def levels(axes: tuple[int | None, ...]) -> tuple[int, ...]:
    """The batches an argument lies along, outermost first."""
    return tuple(number for number, axis in enumerate(axes) if axis is not None)


def in_order(row: Any) -> Any:
    return np.ascontiguousarray(row) if isinstance(row, np.ndarray) and row.ndim else row


def shown(row: Any, where: tuple[int, ...]) -> Any:
    """An argument of one element, which says what the program must be ready for."""
    if not isinstance(row, np.ndarray):
        return row
    if row.ndim > len(where):
        return row[(0,) * len(where)]  # two leaves that are one array are two views of it
    if row.dtype.kind in "iu":
        return max(int(row.max()), int(row.min()), key=abs)  # ints are checked from a size on
    item = row[(0,) * row.ndim]
    return item if item.dtype == np.float32 else item.item()


def stretches(start: int, total: int, summands: int) -> list[tuple[int, int]]:
    """The batch in parts, however many cores there are."""
    most = min(MOST_STRETCHES, max(1, MOST_SUMMANDS // max(1, summands)), total - start)
    edges = [start + (total - start) * i // most for i in range(most + 1)] if most > 0 else []
    return list(itertools.pairwise(edges))


def written(
    places: tuple[tuple[int, ...], ...],
    depth: int,
    outs: dict[int, int],
    sums: dict[int, int],
    memory: tuple[str, ...],
) -> str:
    """The source of the loop over a stretch of the batch.

    Parameters
    ----------
    places : for each argument of the function, the batches it lies along.
    outs, sums : the ranks of the results that are stored, and of those that are summed.
    memory : what the stacks hold that the function is given last, and returns last.
    """
    sizes = [f"n{i}" for i in range(depth)]
    names = [f"a{i}" for i in range(len(places))]
    results = [*(f"r{i}" for i in outs), *(f"t{i}" for i in sums)]
    lines = [
        f"def stretch({', '.join(['begin', 'end', 'at', *sizes, *names, *results])}):",
        *(f"    m{i} = {empty_stack(kind)}" for i, kind in enumerate(memory)),
        "    for k in range(begin, end):",
        "        at[0] = k",
    ]
    rest = "k"
    for i in reversed(range(1, depth)):
        lines += [f"        i{i} = {rest} % n{i}", f"        k{i} = {rest} // n{i}"]
        rest = f"k{i}"
    lines.append(f"        i0 = {rest}")
    given = [
        f"{name}[{', '.join(f'i{i}' for i in where)}]" if where else name
        for name, where in zip(names, places, strict=True)
    ]
    given += [f"m{i}" for i in range(len(memory))]
    lines.append(f"        found = function({', '.join(given)})")
    lines += [f"        m{i} = found[{i - len(memory)}]" for i in range(len(memory))]
    everywhere = ", ".join(f"i{i}" for i in range(depth))
    for i, rank in outs.items():
        if rank:
            lines.append(f"        if found[{i}].shape != r{i}.shape[{depth}:]:")
            lines.append(f"            raise ValueError({SHAPES_DIFFER!r})")
        colons = ", :" * rank
        lines.append(f"        r{i}[{everywhere}{colons}] = found[{i}]")
    for i, rank in sums.items():
        lines.append(f"        t{i}[{':' if rank else '0'}] += found[{i}]")
    return "\n".join(lines) + "\n"


def compiled(text: str, function: Callable) -> Callable:
    namespace: dict[str, Any] = {"function": function, "np": np}
    exec(compile(text, "<adjoint batch>", "exec"), namespace)
    return load_numba().njit(nogil=True)(namespace["stretch"])


def shared_out(one: Callable[[int], None], count: int, at: np.ndarray) -> None:
    """Call `one` of each number below `count`, on as many threads as Numba would use.

    The first runs alone: it compiles, and what is short is not worth a thread.
    """
    queue = iter(range(count))
    failed: dict[int, BaseException] = {}

    def work() -> None:
        for number in queue:
            if failed:
                return
            try:
                one(number)
            except BaseException as error:  # raised in the caller's thread
                failed[number] = error

    began = time.perf_counter()
    for number in itertools.islice(queue, 2):  # compiling, if need be; then at full speed
        began = time.perf_counter()
        try:
            one(number)
        except BaseException as error:
            failed[number] = error
            break
    left = (time.perf_counter() - began) * (count - 2)
    others = min(load_numba().core.config.NUMBA_NUM_THREADS, count - 2) - 1
    threads = []
    if left > WORTH_A_THREAD and not failed:
        threads = [threading.Thread(target=work) for _ in range(others)]
    for thread in threads:
        thread.start()
    work()
    for thread in threads:
        thread.join()
    if failed:
        raise explained(failed[min(failed)], int(at[min(failed)]))


def explained(error: BaseException, index: int) -> BaseException:
    if isinstance(error, ValueError) and str(error) == SHAPES_DIFFER:
        return StructureMismatch(
            f"element {index} of the batch has results of other shapes than the first",
            instead="return results of one shape, or loop over the elements",
        )
    if index >= 0:
        error.add_note(f"in element {index} of the batch of adjoint.vmap")
    return error


__all__ = ["Batch"]
