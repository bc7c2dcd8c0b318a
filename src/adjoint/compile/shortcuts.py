"""Calls like one before: what is known of them, so that a gradient costs little but its sweep.

A call whose arguments are numbers and arrays, one leaf each, needs no containers taken apart and
put together again. What must be looked at on every call still is: types, captured values, memory
that is shared, and nan.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from adjoint.compile.program import Program

PLAIN = frozenset((float, int, bool, np.ndarray))


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A gradient at arguments of certain types.

    Attributes
    ----------
    given : the positions of the arguments that the machine code takes.
    wanted : of each argument to differentiate, the position in the call and among the results.
    """

    program: "Program"
    run: Callable
    given: tuple[int, ...]
    wanted: tuple[tuple[int, int], ...]

    def value_and_grad(self, args: tuple) -> tuple[Any, tuple] | None:
        """As the call; None if this one is not like those before."""
        if not self.program.holds() or self.shares(args):
            return None
        flat = self.run(*[args[i] for i in self.given])
        gradients = tuple([flat[place] for _, place in self.wanted])
        if any(map(has_nan, gradients)):
            return None
        return self.program.result.build(flat), gradients

    def shares(self, args: tuple) -> bool:
        """True if an array to differentiate shares memory with another argument."""
        arrays = [i for i in self.given if type(args[i]) is np.ndarray]
        return any(
            np.may_share_memory(args[i], args[j])
            for i, _ in self.wanted
            if type(args[i]) is np.ndarray
            for j in arrays
            if j != i
        )


def is_plain(args: tuple) -> bool:
    """True if each argument is a number or an array of Python's and NumPy's own types."""
    return all(type(arg) in PLAIN for arg in args)


def has_nan(value: Any) -> bool:
    """True for nan, and for an array that holds one."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fc" and bool(np.isnan(value).any())
    return value != value
