"""Calls like one before: what is known of them, so that a gradient costs little but its sweep.

What must be looked at on every call still is: the types of the arguments, what is read from
outside, memory that is shared, and nan.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from adjoint import spaces

if TYPE_CHECKING:
    from adjoint.compile.program import Program

PLAIN = frozenset(
    (float, int, bool, complex, np.float64, np.float32, np.int64, np.bool_, np.ndarray)
)
KNOWN = PLAIN | {str, type(None)}


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A program run for arguments of certain types in a certain structure.

    Attributes
    ----------
    given : the leaves that the machine code takes, by their positions.
    wanted : those to differentiate.
    careful : from which result on nan asks for the program with strong zeros.
    trees : the structure of each gradient, and the places of its leaves among the results.
    """

    program: "Program"
    run: Callable
    given: tuple[int, ...]
    wanted: tuple[int, ...]
    careful: int
    trees: tuple[tuple[spaces.Structure, tuple[int | None, ...]], ...] = ()

    def results(self, leaves: list | tuple) -> tuple | None:
        """What the machine code returns; None if this call is not like those before."""
        program = self.program
        if not program.holds():
            return None
        arguments = [leaves[i] for i in self.given]
        if program.reads:
            arguments += program.hidden()
        arrays = [a for a in arguments if type(a) is np.ndarray]
        if len(arrays) > 1 and self.shares(arrays, leaves):
            return None
        before = [array.copy() for array in arrays] if program.stores else None
        flat = self.run(*arguments)
        if self.careful == len(flat) or not any(map(has_nan, flat[self.careful :])):
            return flat
        for array, contents in zip(arrays, before or (), strict=False):
            array[...] = contents
        return None

    def shares(self, arrays: list, leaves: list | tuple) -> bool:
        """True if an array that is changed, or to differentiate, shares memory with another."""
        if self.program.stores:
            pairs = ((a, b) for place, a in enumerate(arrays) for b in arrays[:place])
            return any(np.may_share_memory(a, b) for a, b in pairs)
        wanted = [leaves[i] for i in self.wanted if type(leaves[i]) is np.ndarray]
        return any(sum(np.may_share_memory(a, b) for b in arrays) > 1 for a in wanted)

    def value(self, leaves: list | tuple) -> tuple[Any] | None:
        """The result, as the one item of a tuple; None if this call is another."""
        flat = self.results(leaves)
        return None if flat is None else (self.program.result.build(flat),)

    def value_and_grad(self, leaves: list | tuple) -> tuple[Any, tuple] | None:
        """The result and a gradient for each argnum; None if this call is another."""
        flat = self.results(leaves)
        if flat is None:
            return None
        gradients = [
            flat[places[0]]
            if structure is spaces.ONE_LEAF and places[0] is not None
            else structure.rebuild([None if place is None else flat[place] for place in places])
            for structure, places in self.trees
        ]
        return self.program.result.build(flat), tuple(gradients)


def taken_apart(args: tuple, kwargs: dict) -> tuple[list | tuple, spaces.Structure | None]:
    """The leaves of a call and their structure, None where each argument is a leaf."""
    if not kwargs and all(type(arg) in PLAIN for arg in args):
        return args, None
    return spaces.flatten((args, kwargs))


def is_known(leaves: list | tuple) -> bool:
    """True if what leaves are is told by their types, or by what they are equal to."""
    return all(type(leaf) in KNOWN for leaf in leaves)


def has_nan(value: Any) -> bool:
    """True for nan, and for an array that holds one."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fc" and bool(np.isnan(value).any())
    return value != value
