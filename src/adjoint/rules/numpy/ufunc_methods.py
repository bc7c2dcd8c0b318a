"""The methods of ufuncs as programs in Python, for those that have no rule as a whole.

Each applies the ufunc to one slice after the other, so its own rule differentiates it.
"""

from typing import Any

import numpy as np


def rows_of(array: Any, axis: int) -> Any:
    return np.moveaxis(np.asarray(array), axis, 0)


def reduce(ufunc, array, axis=0, dtype=None, out=None, keepdims=False, initial=None):
    """``ufunc.reduce`` over one axis."""
    rows = rows_of(array, axis)
    made = initial
    for row in rows:
        made = row if made is None else ufunc(made, row)
    return np.expand_dims(made, axis) if keepdims else made


def accumulate(ufunc, array, axis=0, dtype=None, out=None):
    """``ufunc.accumulate``."""
    rows, made = rows_of(array, axis), []
    for row in rows:
        made.append(ufunc(made[-1], row) if made else row)
    return np.moveaxis(np.stack(made), 0, axis) if made else np.array(array)


def reduceat(ufunc, array, indices, axis=0, dtype=None, out=None):
    """``ufunc.reduceat``: a part that would be empty is one element."""
    rows, starts, made = rows_of(array, axis), list(indices), []
    for place, start in enumerate(starts):
        stop = starts[place + 1] if place + 1 < len(starts) else len(rows)
        made.append(reduce(ufunc, rows[start:stop]) if stop > start else rows[start])
    return np.moveaxis(np.stack(made), 0, axis)


PROGRAMS = {"reduce": reduce, "accumulate": accumulate, "reduceat": reduceat}
