"""The methods of ufuncs as programs in Python, for those that have no rule as a whole.

Each applies the ufunc to one slice after the other, so its own rule differentiates it.
"""

from typing import Any

import numpy as np

from adjoint.rules.forms import axes_of


def rows_of(array: Any, axis: int) -> Any:
    return np.moveaxis(np.asarray(array), axis, 0)


def reduce(ufunc, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
    """``ufunc.reduce`` over one axis, or the elements of several in their order."""
    array = np.asarray(array)
    places = axes_of(axis, array.ndim)
    rows = gathered(array, places)
    masks = None if where is True else gathered(np.broadcast_to(where, array.shape), places)
    made = ufunc.identity if masks is not None and initial is None else initial
    for number, row in enumerate(rows):
        if masks is None:
            made = row if made is None else ufunc(made, row)
        else:
            taken = np.where(masks[number], row, 1.0)  # what is not taken is not computed with
            made = np.where(masks[number], ufunc(made, taken), made)
    if made is None:
        raise ValueError(f"zero-size array to reduction operation {ufunc.__name__}")
    return np.expand_dims(made, places) if keepdims else made


def gathered(array: Any, places: tuple[int, ...]) -> Any:
    """The array with the axes of `places` as one first axis."""
    first = np.moveaxis(array, places, range(len(places)))
    return np.reshape(first, (-1, *first.shape[len(places) :]))


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
