"""Stretches of a tape are swept by one loop of machine code each.

A sweep that does one operation after the other goes through memory for each of them; what is
between the operations of a stretch needs no memory. A form of stretches that has come up before,
and has gone through enough memory, gets a `Kernel`, which sweeps all stretches of that form.

Only in a sweep without guards (`quick.py`), which tests what comes out.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from adjoint.trace import machine_loops
from adjoint.trace.machine_loops import DENSE, Loop
from adjoint.trace.memory import FLOAT, address_of
from adjoint.trace.stretches import (
    ADDED,
    ARRAYS,
    BEGUN,
    FLAGS,
    KINDS,
    NUMBER,
    NUMBERS,
    OWNER,
    VIEW,
    Stretch,
    is_large_product,
    is_packed,
    longest,
    step_of,
)
from adjoint.trace.symbols import Graph, Inexpressible
from adjoint.trace.updates import ARRAY, RESULT, Updated

ENOUGH = 1 << 22  # bytes of results that a form goes through before it is compiled
MOST_FORMS = 2048
NEVER = -math.inf
GROUPS = ("array", "flags", "number")

KERNELS: dict[tuple, Any] = {}  # by form; before there is one, the bytes it went through


class Kernel:
    """What sweeps the stretches of one form.

    Attributes
    ----------
    computed : the slopes that are no arithmetic, and are computed by NumPy: entry and step.
    passed : the cotangents among the inputs that are handed on as they are: the number of the
        array, and of the places.
    made : what the loop makes: onto which input, or None, and the numbers of the places.
    added : the places to which the loop adds; the first ones, as many as are `begun`, it stores.
    checked : how many of those that the loop makes it also sums the squares of: all or none.
    summed, spread : the places that receive its sums, and what is the same for all elements.
    """

    def __init__(self, stretch: Stretch):
        self.graph = Graph()
        self.arrays = len(stretch.inputs[ARRAYS])
        self.computed: list[tuple[int, int]] = []
        self.passed: list[tuple[int, list[int]]] = []
        self.made: list[tuple[int | None, list[int]]] = []
        self.added: list[int] = []
        self.begun = 0
        self.summed: list[list[int]] = []
        self.spread: list[list[int]] = []
        self.loop = self.ending(stretch, self.through(stretch))
        self.is_flat = not any(self.loop.arrays) and not self.added
        self.call = machine_loops.compiled(self.loop)

    def through(self, stretch: Stretch) -> dict[int, int]:
        """The cotangents that are left after all entries: nodes, by the numbers of the places."""
        graph = self.graph
        current: dict[int, int] = {}
        before: dict[int, list] = {}
        if stretch.product is not None:
            number, reads, places = stretch.product
            for place, other in zip(places, reversed(reads), strict=True):
                if place >= 0:
                    ct = graph.product(self.leaf(number), self.leaf(other))
                    current[place] = graph.total(ct, current.get(place))
        for index, target, number in stretch.cotangents:
            before.setdefault(index, []).append((target, self.leaf(number)))
        for index, (active, function, target, reads, places) in enumerate(stretch.codes):
            self.meet(current, before.get(index, ()))
            ct = current.pop(target)
            operands = [None if read < 0 else self.leaf(read) for read in reads]
            if function is not None:
                operands.append(result_of(graph, function, operands, stretch.entries[index]))
                if not active.live[ARRAY]:
                    current[target] = ct
            for step, (position, _, partial) in enumerate(active.steps):
                slope = self.slope(index, step, partial, operands)
                place = target if function is not None and position == ARRAY else places[step]
                current[place] = graph.total(graph.product(ct, slope), current.get(place))
        self.meet(current, before.get(len(stretch.codes), ()))
        return current

    def meet(self, current: dict[int, int], cotangents: Any) -> None:
        """Add cotangents that were there before."""
        for target, node in cotangents:
            current[target] = self.graph.total(node, current.get(target))

    def leaf(self, number: int) -> int:
        return self.graph.node(GROUPS[number % 3], number // 3)

    def slope(self, index: int, step: int, partial: Any, operands: list) -> int:
        """The node of a partial derivative."""
        try:
            return self.graph.formula(partial, operands)
        except Inexpressible:
            self.computed.append((index, step))
            return self.graph.node("array", self.arrays + len(self.computed) - 1)

    def ending(self, stretch: Stretch, current: dict[int, int]) -> Loop:
        """What becomes of the cotangents that are left."""
        nodes, kinds = self.graph.nodes, stretch.kinds
        layouts = (*stretch.layouts, *[DENSE] * len(self.computed))
        varies = self.graph.varies()
        by_node: dict[int, dict[int, list[int]]] = {}
        for target, node in current.items():
            by_node.setdefault(node, {}).setdefault(kinds[target][0], []).append(target)
        handed = {nodes[node][1] for node in by_node if nodes[node][0] == "array"}
        spare = [number for number in stretch.own if number not in handed]
        outputs, added, sums, uniforms = [], [], [], []
        for node, targets in by_node.items():
            for target in targets.get(ADDED, ()):
                added.append((node, kinds[target][1]))
                self.added.append(target)
            for target in targets.get(BEGUN, ()):
                added.insert(0, (node, kinds[target][1]))
                self.added.insert(0, target)
                self.begun += 1
            numbers = targets.get(NUMBER, [])
            others = targets.get(VIEW, []) + targets.get(OWNER, [])
            if not varies[node] and numbers + others:
                uniforms.append(node)
                self.spread.append(numbers + others)
                continue
            if numbers:
                sums.append(node)
                self.summed.append(numbers)
            if others and nodes[node][0] == "array":
                self.passed.append((nodes[node][1], others))
            elif others:
                outputs.append((node, spare.pop() if spare else None))
                self.made.append((outputs[-1][1], others))
        self.checked = len(outputs) if stretch.is_first else 0
        sums += [self.graph.product(node, node) for node, _ in outputs[: self.checked]]
        _, flags, count = map(len, stretch.inputs)
        made, sums, spread = map(tuple, (outputs, sums, uniforms))
        counts = flags, count
        return Loop(self.graph, layouts, *counts, made, tuple(added), self.begun, sums, spread)

    def sweep(self, stretch: Stretch) -> None:
        """Give the cotangents of the results of the stretch to its operands."""
        shape = stretch.shape
        arrays, flags = self.inputs(stretch)
        for key in stretch.before:
            del stretch.ledger.buffers[key]
        for slot in stretch.slots:
            stretch.ledger.vector[slot] = 0.0
        made = [np.empty(shape) if onto is None else arrays[onto] for onto, _ in self.made]
        fresh = [array for array, (onto, _) in zip(made, self.made, strict=True) if onto is None]
        added = self.shadows(stretch)
        found = np.empty(len(self.summed) + self.checked + len(self.spread))
        layouts = zip(arrays, self.loop.arrays, strict=True)
        steps = [step_of(array, shape) for array, layout in layouts if layout]
        steps += [step_of(array, shape) for array in added]
        addresses = map(address_of, (*arrays, *flags, *fresh, *added, found))
        extent = (1, math.prod(shape)) if self.is_flat or len(shape) < 2 else shape
        self.call(*addresses, *steps, *stretch.inputs[NUMBERS], *extent)
        squares = self.hand_over(stretch, found.tolist())
        for number, targets in self.passed:
            give(stretch, arrays[number], targets, is_own=number in stretch.own)
        for array, (_, targets) in zip(made, self.made, strict=True):
            give(stretch, array, targets, is_own=True)
        stretch.ledger.finite = made if math.isfinite(sum(squares)) and squares else []

    def shadows(self, stretch: Stretch) -> list:
        """The memory to which the loop adds."""
        ledger, places = stretch.ledger, stretch.places
        for target in self.added[: self.begun]:
            ledger.begin_around(places[target])
        return [ledger.shadow(places[target]) for target in self.added]

    def inputs(self, stretch: Stretch) -> tuple[list, list]:
        """The arrays of floats and those of booleans, as the loop reads them."""
        shape = stretch.shape
        layouts = zip(stretch.inputs[ARRAYS], stretch.layouts, strict=True)
        arrays = [array if layout else packed(array, shape) for array, layout in layouts]
        slopes = [slope_of(stretch.entries[index], step) for index, step in self.computed]
        arrays += [packed(np.asarray(slope, np.float64), shape) for slope in slopes]
        return arrays, [packed(flag, shape) for flag in stretch.inputs[FLAGS]]

    def hand_over(self, stretch: Stretch, found: list[float]) -> list[float]:
        """Give the numbers that the loop found; returns the sums of squares."""
        count = len(self.summed) + self.checked
        vector, places = stretch.ledger.vector, stretch.places
        for value, targets in zip(found, self.summed, strict=False):
            for target in targets:
                vector[places[target]] += value
        for value, targets in zip(found[count:], self.spread, strict=True):
            whole = np.broadcast_to(value, stretch.shape)
            for target in targets:
                if stretch.kinds[target][0] == NUMBER:
                    vector[places[target]] += value * whole.size
                else:
                    stretch.ledger.give(places[target], whole, is_derived=True)
        return found[len(self.summed) : count]


def give(stretch: Stretch, array: np.ndarray, targets: list[int], *, is_own: bool) -> None:
    """Give a cotangent to several places; the last one may have its memory."""
    for target in targets:
        is_last = is_own and target == targets[-1]
        stretch.ledger.give(stretch.places[target], array, is_last, is_derived=True)


def packed(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The array, spread over `shape`, its elements one after the other."""
    if array.shape == shape and is_packed(array):
        return array
    return np.array(np.broadcast_to(array, shape), order="C")


def result_of(graph: Graph, function: Any, operands: list, entry: Any) -> int | None:
    """The node of the result of an update; None if no formula reads it, or it is no arithmetic."""
    try:
        return graph.formula(function, operands) if RESULT in entry.read else None
    except Inexpressible:
        return None


def slope_of(entry: Any, step: int) -> Any:
    """A partial derivative, computed by NumPy."""
    if type(entry) is Updated:
        return [slope for slope in entry.slopes() if slope is not None][step]
    return entry.active.steps[step][2](*entry.args, entry.out)


def kernel_of(stretch: Stretch) -> Kernel | None:
    """The kernel for a stretch; None if its form has not come up enough."""
    form = stretch.form
    found = KERNELS.get(form, 0)
    if type(found) is Kernel:
        return found
    size = found + len(stretch.codes) * math.prod(stretch.shape) * FLOAT.itemsize
    if found and size >= ENOUGH:
        KERNELS[form] = NEVER  # not again, should it fail
        KERNELS[form] = kernel = Kernel(stretch)
        return kernel
    if found or len(KERNELS) < MOST_FORMS:
        KERNELS[form] = size
    return None


class Fused:
    """The entries of a stretch, as one entry of the tape."""

    __slots__ = ("kernel", "stretch")

    def __init__(self, kernel: Kernel, stretch: Stretch):
        self.kernel = kernel
        self.stretch = stretch

    def backward(self, _ledger: Any) -> None:
        self.kernel.sweep(self.stretch)


class Pause:
    """An entry that does nothing: numbers behind it are swept before what stands at its place."""

    def backward(self, _ledger: Any) -> None:
        pass


PAUSE = Pause()


def last_first(events: list, ledger: Any) -> Iterator[tuple]:
    """The events, last one first, with one for each stretch that has a kernel.

    What a stretch is depends on the ledger, and is looked at when it is its turn.
    """
    position = len(events) - 1
    alone = 0
    while position >= 0:
        event = events[position]
        if alone:
            alone -= 1
        elif type(event[2]) in KINDS:
            if is_large_product(event[2]):
                yield *event[:2], PAUSE  # its cotangent is to be known
            stretch = longest(events, position, ledger)
            kernel = None if stretch is None else kernel_of(stretch)
            if kernel is not None:
                yield *event[:2], Fused(kernel, stretch)
                position -= stretch.count
                continue
            alone = 0 if stretch is None else stretch.count - 1
        yield event
        position -= 1
