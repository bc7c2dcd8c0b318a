"""Keywords of `np.matmul`, `matvec`, `vecmat` and `vecdot`: other axes, types and orders.

A call with them is the plain product of the arguments with their axes moved.
"""

import numpy as np

from adjoint.rules.absent import ABSENT
from adjoint.rules.ruleset import covers, definition

# How many axes of each argument, and of the result, the product is along.
AXES = {"matmul": (2, 2, 2), "matvec": (2, 1, 1), "vecmat": (1, 2, 1), "vecdot": (1, 1, 0)}
HANDLED = frozenset({"axes", "dtype", "order", "casting", "subok", "keepdims"})


def moved(array, axes, count, back=False):
    """The `axes` of an array at its end; `back`, its last axes put where `axes` says."""
    given = axes if isinstance(axes, tuple) else (axes,)
    last = tuple(range(-count, 0))
    return np.moveaxis(array, last, given) if back else np.moveaxis(array, given, last)


def with_keywords(function, counts):
    def product(
        x1, x2, /, *, axes=None, dtype=None, order="K", casting="same_kind", subok=True, **options
    ):
        first, second = (np.asarray(each, dtype) for each in (x1, x2))
        if axes is not None:
            first, second = moved(first, axes[0], counts[0]), moved(second, axes[1], counts[1])
        keeps = not counts[2] and options.pop("keepdims", False)
        found = function(first, second, **options)
        if keeps:
            found = np.expand_dims(found, options.get("axis", axes[0] if axes else -1))
        if axes is not None and counts[2] and len(axes) == 3:
            found = moved(found, axes[2], counts[2], back=True)
        if order in ("C", "F"):
            return np.asarray(found, order=order)
        return found

    definition(function)(product)
    covers(function)(lambda *args, **kwargs: HANDLED.isdisjoint(kwargs))


for name, counts in AXES.items():
    function = getattr(np, name, ABSENT)  # matvec and vecmat since NumPy 2.2
    if function is not ABSENT:
        with_keywords(function, counts)
