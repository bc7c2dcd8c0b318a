"""Formulas of derivatives as graphs: a formula is called with symbols in place of numbers.

What a formula does with a symbol becomes a node of its graph, and equal nodes are one. A formula
that asks for more than arithmetic, roots, comparisons and choices is `Inexpressible`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np


class Inexpressible(Exception):
    """A formula does something that no node stands for."""


class Graph:
    """Nodes, each a tuple: what it does, then the numbers of the nodes it does it with.

    The leaves are ``("array", k)``, ``("flags", k)`` and ``("number", k)``, the elements of the
    inputs, and ``("constant", x)``, with `x` as `float.hex` writes it.
    """

    def __init__(self) -> None:
        self.nodes: list[tuple] = []
        self.known: dict[tuple, int] = {}

    def node(self, *parts: Any) -> int:
        found = self.known.get(parts)
        if found is None:
            found = self.known[parts] = len(self.nodes)
            self.nodes.append(parts)
        return found

    def constant(self, value: float) -> int:
        return self.node("constant", value.hex())  # 0.0 == -0.0, and they are two constants

    def product(self, left: int, right: int) -> int:
        """``left * right``, without a node for a factor of one."""
        one = ("constant", (1.0).hex())
        if self.nodes[right] == one:
            return left
        return right if self.nodes[left] == one else self.node("fmul", left, right)

    def total(self, first: int, other: int | None) -> int:
        return first if other is None else self.node("fadd", first, other)

    def formula(self, function: Callable, operands: list[int | None]) -> int:
        """The node of ``function(*operands)``; None stands for what the formula does not read."""
        symbols = [None if node is None else Symbol(self, node) for node in operands]
        try:
            return self.of_number(function(*symbols))
        except (TypeError, ValueError, AttributeError) as error:
            raise Inexpressible from error

    def of_number(self, value: Any) -> int:
        if type(value) is Symbol:
            return value.node
        if isinstance(value, bool | int | float) and not isinstance(value, bool | np.bool_):
            return self.constant(float(value))
        raise Inexpressible

    def is_truth(self, node: int) -> bool:
        return self.nodes[node][0] in TRUTHS

    def varies(self) -> list[bool]:
        """For each node, whether it depends on the elements of arrays."""
        found: list[bool] = []
        for kind, *parts in self.nodes:
            if kind in LEAVES:
                found.append(kind in {"array", "flags"})
            else:
                found.append(any(found[part] for part in parts if type(part) is int))
        return found


LEAVES = frozenset({"array", "flags", "number", "constant"})
TRUTHS = frozenset({"flags", "fcmp", "and", "or", "xor"})
ARITHMETIC = {
    np.add: "fadd",
    np.subtract: "fsub",
    np.multiply: "fmul",
    np.true_divide: "fdiv",
}
INTRINSIC = {
    np.sqrt: "sqrt",
    np.absolute: "fabs",
    np.fabs: "fabs",
    np.floor: "floor",
    np.ceil: "ceil",
    np.trunc: "trunc",
    np.rint: "rint",
}
COMPARISONS = {
    np.less: "olt",
    np.less_equal: "ole",
    np.greater: "ogt",
    np.greater_equal: "oge",
    np.equal: "oeq",
    np.not_equal: "une",
}
LOGIC = {
    np.logical_and: "and",
    np.bitwise_and: "and",
    np.logical_or: "or",
    np.bitwise_or: "or",
}


class Symbol(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands for one number, or one truth value, in a formula."""

    __slots__ = ("graph", "node")

    def __init__(self, graph: Graph, node: int):
        self.graph = graph
        self.node = node

    def __bool__(self) -> bool:
        raise Inexpressible

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> "Symbol":
        if method != "__call__" or kwargs:
            raise Inexpressible
        graph = self.graph
        nodes = [graph.of_number(given) for given in inputs]
        are_truths = [graph.is_truth(node) for node in nodes]
        if ufunc in LOGIC and all(are_truths):
            return Symbol(graph, graph.node(LOGIC[ufunc], *nodes))
        if any(are_truths):
            raise Inexpressible
        return Symbol(graph, of_floats(graph, ufunc, nodes))

    def __array_function__(
        self, function: Callable, _types: Any, args: tuple, kwargs: dict
    ) -> "Symbol":
        if function is not np.where or kwargs or len(args) != 3:
            raise Inexpressible
        condition, chosen, other = [self.graph.of_number(given) for given in args]
        is_choice = self.graph.is_truth(condition)
        if not is_choice or self.graph.is_truth(chosen) or self.graph.is_truth(other):
            raise Inexpressible
        return Symbol(self.graph, self.graph.node("select", condition, chosen, other))


def of_floats(graph: Graph, ufunc: Any, nodes: list[int]) -> int:
    """The node of a function of floating numbers."""
    if ufunc in ARITHMETIC:
        return graph.node(ARITHMETIC[ufunc], *nodes)
    if ufunc in INTRINSIC:
        return graph.node("call", INTRINSIC[ufunc], *nodes)
    if ufunc in COMPARISONS:
        return graph.node("fcmp", COMPARISONS[ufunc], *nodes)
    if ufunc is np.positive:
        return nodes[0]
    if ufunc is np.negative:
        return graph.node("fneg", *nodes)
    if ufunc is np.square:
        return graph.node("fmul", *nodes, *nodes)
    if ufunc is np.reciprocal:
        return graph.node("fdiv", graph.constant(1.0), *nodes)
    if ufunc is np.sign:
        return sign(graph, *nodes)
    raise Inexpressible


def sign(graph: Graph, x: int) -> int:
    """1, -1 or 0; nan of nan, which is neither."""
    zero = graph.constant(0.0)
    found = graph.node("select", graph.node("fcmp", "oeq", x, zero), zero, x)
    is_negative, is_positive = (
        graph.node("fcmp", "olt", x, zero),
        graph.node("fcmp", "ogt", x, zero),
    )
    found = graph.node("select", is_negative, graph.constant(-1.0), found)
    return graph.node("select", is_positive, graph.constant(1.0), found)
