"""Arrays without contents, which stand on the tape for results that no formula reads.

Of such a result a sweep needs the shape, and which memory it is, but not the numbers. So the tape
refers to a placeholder instead, and the memory is free as soon as the program drops the array, as
in a plain call. A placeholder is an array that nobody may write to; all of them look at one stretch
of addresses to which the system has lent no memory, because it is never read.
"""

import weakref

import numpy as np

from adjoint.trace import memory
from adjoint.trace.memory import FLOAT, Root

LEAST = 1 << 12  # bytes of an array: the tape may keep smaller ones


class Seen(weakref.ref):
    """Refers to an array without keeping it, and takes it out of the table of roots at its end."""

    __slots__ = ("key", "roots")

    key: int
    roots: dict[int, Root]


def forget(seen: Seen) -> None:
    root = seen.roots.get(seen.key)
    if root is not None and root.seen is seen:
        del seen.roots[seen.key]


def root_without_contents(array: np.ndarray, roots: dict[int, Root]) -> Root | None:
    """A live root for a new array of floats in C order, in the table `roots` while that exists.

    Its owner is a placeholder; None if there is none of that size.
    """
    if array.nbytes > memory.UNTOUCHED.size:
        return None
    root = Root(np.ndarray(array.shape, FLOAT, memory.UNTOUCHED.addresses), True)
    seen = root.seen = Seen(array, forget)
    seen.key, seen.roots = id(array), roots
    roots[seen.key] = root
    return root
