"""Objects of native code that keep an array, and show what they have computed of it.

`adjoint.rules.ruleset` says under which name they show the array, and how else what they show is
computed from it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.errors import MissingRule
from adjoint.rules import ruleset
from adjoint.trace.memory import owner_of
from adjoint.trace.reach import reachable
from adjoint.trace.recorder import missing_rule


class Keepers:
    """How one level makes them, and reads their attributes."""

    def __init__(self, level: Any, calls: Any):
        self.calls = calls
        self.recorder = level.recorder

    def as_memory(self, arg: Any) -> Any:
        """A live number as an array, whose memory keeps the derivative through native code."""
        if isinstance(arg, np.ndarray) or not reachable(self.recorder, arg):
            return arg
        return self.calls.call(np.asarray, arg)

    def kept(self, owner: Any, initialise: Callable, args: tuple, kwargs: dict) -> None:
        """Make a native object that looks at an array: the given one, or a copy of its own."""
        initialise(*args, **kwargs)
        if not reachable(self.recorder, (args, kwargs)):
            return
        name = ruleset.keeper_of(type(owner))
        shown, source = getattr(owner, name), args[0] if args else kwargs[name]
        others = {key: value for key, value in kwargs.items() if args or key != name}
        if reachable(self.recorder, (args[1:], others)):
            raise missing_rule(type(owner))
        if isinstance(source, np.ndarray) and owner_of(shown) is owner_of(source):
            return
        is_writable = shown.flags.writeable  # some show their copy, but not to be changed
        shown.flags.writeable = True
        try:
            self.calls.call(np.copyto, shown, self.calls.call(np.asarray, source))
        finally:
            shown.flags.writeable = is_writable

    def shown(self, owner: Any, name: str) -> Any:
        """An attribute that a native object has computed from the array it keeps."""
        found = getattr(owner, name)
        is_number = isinstance(found, float) or getattr(found, "dtype", np.dtype(int)).kind in "fc"
        if not is_number or not reachable(self.recorder, owner):
            return found
        stated = [key for key in ruleset.SHOWN if isinstance(owner, key[0]) and key[1] == name]
        if not stated:
            raise MissingRule(
                f"the attribute `{name}` of a {type(owner).__name__} made of values that carry a "
                "derivative has no rule",
                instead="compute it from the array itself",
            )
        program = ruleset.SHOWN[stated[0]]
        return found if program is None else self.calls.call(program, owner)
