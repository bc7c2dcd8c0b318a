"""Stretches of a tape are swept by one loop of machine code each.

A sweep that does one operation after the other goes through memory for each of them; what is
between the operations of a stretch needs no memory. A form of stretches that has come up often
enough gets a `Kernel`, which sweeps all stretches of that form.

Only in a sweep without guards (`quick.py`), which tests what comes out.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from adjoint.trace import machine_loops
from adjoint.trace.memory import address_of
from adjoint.trace.stretches import ARRAYS, KINDS, SLOT, Stretch, longest
from adjoint.trace.symbols import Graph, Inexpressible
from adjoint.trace.updates import ARRAY, RESULT, Updated

OFTEN = 2  # times that a form comes up before it is compiled
MOST_FORMS = 2048
NEVER = -math.inf
GROUPS = ("array", "flags", "number")

KERNELS: dict[tuple, Any] = {}  # by form; before there is one, how often the form came up


class Kernel:
    """What sweeps the stretches of one form.

    Attributes
    ----------
    computed : the slopes that are no arithmetic, and are computed by NumPy: entry and step.
    passed : the cotangents among the inputs that are handed on as they are: the number of the
        array, and of the places.
    made : what the loop makes: onto which input, or None, and the numbers of the places.
    summed, spread : the places that receive its sums, and what is the same for all elements.
    """

    def __init__(self, stretch: Stretch):
        self.graph = Graph()
        self.computed: list[tuple[int, int]] = []
        self.passed: list[tuple[int, list[int]]] = []
        self.made: list[tuple[int | None, list[int]]] = []
        self.summed: list[list[int]] = []
        self.spread: list[list[int]] = []
        self.arrays, self.flags, self.numbers = map(len, stretch.inputs)
        self.call = machine_loops.compiled(self.ending(stretch, self.through(stretch)))

    def through(self, stretch: Stretch) -> dict[int, int]:
        """The cotangents that are left after all entries: nodes, by the numbers of the places."""
        graph = self.graph
        current: dict[int, int] = {}
        for index, code in enumerate(stretch.codes):
            active, function, target, before, reads, places = code
            ct = current.pop(target, None)
            if before >= 0:
                ct = graph.total(self.leaf(before), ct)
            operands = [None if read < 0 else self.leaf(read) for read in reads]
            if function is not None:
                operands.append(result_of(graph, function, operands, stretch.entries[index]))
                if not active.live[ARRAY]:
                    current[target] = ct
            for step, (position, _, partial) in enumerate(active.steps):
                slope = self.slope(index, step, partial, operands)
                place = target if function is not None and position == ARRAY else places[step]
                current[place] = graph.total(graph.product(ct, slope), current.get(place))
        return current

    def leaf(self, number: int) -> int:
        return self.graph.node(GROUPS[number % 3], number // 3)

    def slope(self, index: int, step: int, partial: Any, operands: list) -> int:
        """The node of a partial derivative."""
        try:
            return self.graph.formula(partial, operands)
        except Inexpressible:
            self.computed.append((index, step))
            return self.graph.node("array", self.arrays + len(self.computed) - 1)

    def ending(self, stretch: Stretch, current: dict[int, int]) -> machine_loops.Loop:
        """What becomes of the cotangents that are left."""
        nodes = self.graph.nodes
        by_node: dict[int, list[int]] = {}
        for target, node in current.items():
            by_node.setdefault(node, []).append(target)
        handed = {nodes[node][1] for node in by_node if nodes[node][0] == "array"}
        spare = [number for number in stretch.own if number not in handed]
        varies = self.graph.varies()
        outputs, sums, uniforms = [], [], []
        for node, targets in by_node.items():
            if not varies[node]:
                uniforms.append(node)
                self.spread.append(targets)
                continue
            slots = [target for target in targets if stretch.kinds[target] == SLOT]
            others = [target for target in targets if stretch.kinds[target] != SLOT]
            if slots:
                sums.append(node)
                self.summed.append(slots)
            if others and nodes[node][0] == "array":
                self.passed.append((nodes[node][1], others))
            elif others:
                outputs.append((node, spare.pop() if spare else None))
                self.made.append((outputs[-1][1], others))
        arrays = self.arrays + len(self.computed)
        counts = arrays, self.flags, self.numbers
        return machine_loops.Loop(
            self.graph, *counts, tuple(outputs), tuple(sums), tuple(uniforms)
        )

    def sweep(self, stretch: Stretch) -> None:
        """Give the cotangents of the results of the stretch to its operands."""
        shape = stretch.shape
        for key in stretch.before:
            del stretch.ledger.buffers[key]
        arrays, flags, numbers = stretch.inputs
        arrays = [in_order(array) for array in arrays]
        for index, step in self.computed:
            arrays.append(in_order(np.broadcast_to(slope_of(stretch.entries[index], step), shape)))
        flags = [in_order(flag) for flag in flags]
        made = [np.empty(shape) if onto is None else arrays[onto] for onto, _ in self.made]
        fresh = [array for array, (onto, _) in zip(made, self.made, strict=True) if onto is None]
        found = np.empty(len(self.summed) + len(self.spread))
        read = (*arrays, *flags, *fresh, found)
        self.call(*map(address_of, read), *numbers, math.prod(shape))
        self.hand_over(stretch, found.tolist())
        for number, targets in self.passed:
            give(stretch, arrays[number], targets, is_own=number in stretch.own)
        for array, (_, targets) in zip(made, self.made, strict=True):
            give(stretch, array, targets, is_own=True)

    def hand_over(self, stretch: Stretch, found: list[float]) -> None:
        """Give the numbers that the loop found."""
        vector, places = stretch.ledger.vector, stretch.places
        for value, targets in zip(found, self.summed, strict=False):
            for target in targets:
                vector[places[target]] += value
        for value, targets in zip(found[len(self.summed) :], self.spread, strict=True):
            whole = np.broadcast_to(value, stretch.shape)
            for target in targets:
                if stretch.kinds[target] == SLOT:
                    vector[places[target]] += value * whole.size
                else:
                    stretch.ledger.give(places[target], whole, is_derived=True)


def give(stretch: Stretch, array: np.ndarray, targets: list[int], *, is_own: bool) -> None:
    """Give a cotangent to several places; the last one may have its memory."""
    for target in targets:
        is_last = is_own and target == targets[-1]
        stretch.ledger.give(stretch.places[target], array, is_last, is_derived=True)


def in_order(array: np.ndarray) -> np.ndarray:
    return array if array.flags.c_contiguous else np.ascontiguousarray(array)


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
    """The kernel for a stretch; None if its form has not come up often enough."""
    form = stretch.form
    found = KERNELS.get(form, 0)
    if type(found) is Kernel:
        return found
    if found >= OFTEN:
        KERNELS[form] = NEVER  # not again, should it fail
        KERNELS[form] = kernel = Kernel(stretch)
        return kernel
    if found or len(KERNELS) < MOST_FORMS:
        KERNELS[form] = found + 1
    return None


class Fused:
    """The entries of a stretch, as one entry of the tape."""

    __slots__ = ("kernel", "stretch")

    def __init__(self, kernel: Kernel, stretch: Stretch):
        self.kernel = kernel
        self.stretch = stretch

    def backward(self, _ledger: Any) -> None:
        self.kernel.sweep(self.stretch)


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
            stretch = longest(events, position, ledger)
            kernel = None if stretch is None else kernel_of(stretch)
            if kernel is not None:
                yield *event[:2], Fused(kernel, stretch)
                position -= stretch.count
                continue
            alone = 0 if stretch is None else stretch.count - 1
        yield event
        position -= 1
