"""How much LLVM is asked to optimise a function, so that compiling ends in seconds.

At its highest level LLVM writes a loop once for each outcome of the tests in it that a turn does
not change. Numba's loops over arrays ask along each axis of each operand whether it is broadcast:
that is what the highest level is for, but for three axes it is a hundred loops for one sum. Loops
of stretches were tested before they begin (`ranges`), so it gains them little, and costs a second
and more where there are many.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from adjoint.compile.codegen.stretches import OPERATIONS, is_known
from adjoint.compile.ir.nodes import Apply, For, Function, Statement, While, binds, walk, writes

MODERATE = 2
MOST_AXES = 2
"""Axes of the arrays for which the highest level takes seconds at most."""
MOST_LOOPS = 8
"""Loops over numbers for which the highest level takes a part of a second."""


def has_many_axes(function: Function) -> bool:
    """True if a function handles arrays of more axes than the highest level is for."""
    made = (v for s in walk(function.body) for v in (*writes(s), *binds(s)))
    return any(v.type.ndim > MOST_AXES for v in (*function.params, *made))


def is_loop_over_arrays(s: Statement) -> bool:
    """True for an operation on the items of arrays, of which Numba makes a loop."""
    if not isinstance(s, Apply) or not any(a.type.is_array for a in s.args):
        return False
    return s.function in OPERATIONS or is_known(s.function)


def gains(function: Function) -> bool:
    """True if the highest level makes a function faster, and takes seconds at most."""
    if has_many_axes(function):
        return False
    statements = list(walk(function.body))
    loops = sum(isinstance(s, For | While) for s in statements)
    return 0 < loops <= MOST_LOOPS or any(map(is_loop_over_arrays, statements))


@contextmanager
def fitting(function: Function, numba: Any) -> Iterator[None]:
    """Compile at the level that is fitting for a function, unless the user names one."""
    config = numba.core.config
    if "NUMBA_OPT" in os.environ or gains(function):
        yield
        return
    with LOCK:
        before = config.OPT
        config.OPT = type(before)(MODERATE)
        try:
            yield
        finally:
            config.OPT = before


LOCK = threading.RLock()  # the level is a setting of the whole process
