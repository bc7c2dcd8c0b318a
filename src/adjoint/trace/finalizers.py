"""Methods ``__del__`` of classes whose instances a recorded program makes.

Python calls them itself, whenever the last reference goes; so while a recording runs they are
replaced in their class by a function that calls them through the hook on threads that record. When
the recording is over the class is as it was.
"""

import functools
import threading
from types import FunctionType
from typing import Any

from adjoint.errors import AdjointError
from adjoint.trace.running import LEVELS, current

FOLLOWED: dict[type, tuple[FunctionType, list]] = {}  # the method, and who follows it
LOCK = threading.Lock()


def follow(kind: type) -> None:
    """Record what ``__del__`` of the instances of `kind` does, until the recording is over."""
    base = next(base for base in kind.__mro__ if "__del__" in base.__dict__)
    method = base.__dict__["__del__"]
    outermost = LEVELS.running[0] if LEVELS.running else None
    if outermost is None or not isinstance(method, FunctionType) or base in outermost.finalizers:
        return
    outermost.finalizers.add(base)
    with LOCK:
        if base not in FOLLOWED:
            FOLLOWED[base] = (method, [])
            type.__setattr__(base, "__del__", recorded(method))
        FOLLOWED[base][1].append(outermost)


def recorded(method: FunctionType) -> FunctionType:
    @functools.wraps(method)
    def finalize(self: Any) -> None:
        level = current()
        if level is None:
            method(self)
            return
        try:
            level.calls.call(method, self)
        except AdjointError as error:  # Python would print it and go on
            level.turns.errors.append(error)

    return finalize


def restore(level: Any) -> None:
    """Put the methods back that no other recording follows."""
    with LOCK:
        for base in level.finalizers:
            method, followers = FOLLOWED[base]
            followers.remove(level)
            if not followers:
                del FOLLOWED[base]
                type.__setattr__(base, "__del__", method)
    level.finalizers.clear()
