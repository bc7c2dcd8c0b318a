"""How much LLVM is asked to optimise a function, so that compiling ends in seconds.

At its highest level LLVM writes a loop once for each outcome of the tests in it that a turn does
not change. Numba's loops over arrays ask along each axis of each operand whether it is broadcast:
for three axes that is a hundred loops for one sum.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from adjoint.compile.ir.nodes import Function, binds, walk, writes

MODERATE = 2
MOST_AXES = 2
"""Axes of the arrays for which the highest level takes seconds at most."""


def has_many_axes(function: Function) -> bool:
    """True if a function handles arrays of more axes than the highest level is for."""
    made = (v for s in walk(function.body) for v in (*writes(s), *binds(s)))
    return any(v.type.ndim > MOST_AXES for v in (*function.params, *made))


@contextmanager
def fitting(function: Function, numba: Any) -> Iterator[None]:
    """Compile at the level that is fitting for a function, unless the user names one."""
    config = numba.core.config
    if "NUMBA_OPT" in os.environ or not has_many_axes(function):
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
