"""What the program kept of earlier recordings, elsewhere than in arguments and results.

Met again in a later recording it is not a constant, though nothing is known of its derivative any
more: a sweep that needs it is an error. Only where the sweep of the earlier recording itself reads
it, it is one.
"""

import sys
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint import spaces
from adjoint.trace.memory import Root, owner_of

STALE = 1  # the slot of such a number


class Escaped:
    """The numbers and arrays that recordings of one recorder left with the program.

    Attributes
    ----------
    numbers : by identity.
    arrays : weak references to the owners of buffers.
    """

    def __init__(self, recorder: Any):
        self.recorder = recorder
        self.numbers: dict[int, Any] = {}
        self.arrays: list[weakref.ref] = []

    def enter(self) -> None:
        """A recording begins: the numbers are live."""
        self.recorder.live.update(dict.fromkeys(self.numbers, STALE))

    def remember(self, given: list, returned: list) -> None:
        """Note the scalars that the program keeps now, apart from its arguments and result."""
        getrefcount = sys.getrefcount
        before, kept = list(self.numbers.values()), self.recorder.kept
        if not before and not kept:
            return
        known = {id(value) for value in (*given, *returned)}
        self.numbers.clear()
        for values in (before, kept):
            for index in range(len(values)):
                value = values[index]
                if getrefcount(value) > 3 and id(value) not in known:
                    self.numbers[id(value)] = value

    def remember_arrays(self, given: tuple, returned: list) -> None:
        """The same for arrays: those still alive when the next recording starts were kept."""
        roots = list(self.recorder.roots.values())  # arrays may go meanwhile, and with them roots
        found = [root.array() for root in roots if root.live]
        if not found:
            self.arrays = []
            return
        known = owners_in(given)
        known.update(id(owner_of(a)) for a in returned if isinstance(a, np.ndarray))
        self.arrays = [weakref.ref(o) for o in found if o is not None and id(o) not in known]

    def forget(self) -> None:
        """Nothing was kept after all."""
        for number in self.numbers:
            self.recorder.live.pop(number, None)
        self.numbers.clear()
        self.arrays = []

    def meet_arrays(self, args: tuple, kwargs: dict) -> None:
        """Give the kept arrays roots of their own; what is passed as an argument is a constant."""
        alive = [array for found in self.arrays if (array := found()) is not None]
        self.arrays = []
        if not alive:
            return
        passed = owners_in((args, kwargs))
        for array in alive:
            if id(array) not in passed:
                root = self.recorder.root(array)
                root.live = root.stale = True

    def set_aside(self, roots: dict[int, Root]) -> Callable[[], None]:
        """What a tape with these `roots` keeps for its own sweep is constant, until it is undone.

        Returns what undoes it.
        """
        live = self.recorder.live
        own = list(self.recorder.roots.items())
        arrays = [root for key, root in own if root.stale and key in roots]
        numbers = [key for key in self.numbers if live.get(key) == STALE]
        for root in arrays:
            root.live = False
        for key in numbers:
            del live[key]

        def undo() -> None:
            for root in arrays:
                root.live = True
            for key in numbers:
                live.setdefault(key, STALE)

        return undo


def owners_in(given: tuple[tuple, dict]) -> set[int]:
    """The identities of the owners of the arrays among arguments."""
    args, kwargs = given
    trees = (*args, *kwargs.values())
    is_flat = all(type(tree) in spaces.ALONE for tree in trees)
    leaves = trees if is_flat else spaces.flatten(trees)[0]
    return {id(owner_of(leaf)) for leaf in leaves if isinstance(leaf, np.ndarray)}
