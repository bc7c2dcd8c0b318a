"""The methods of ufuncs as programs in Python, for those that have no rule as a whole.

Each applies the ufunc to one slice after the other, so its own rule differentiates it; long arrays
are combined in pairs where the order of the operations does not matter, to rounding.
"""

import math
from typing import Any

import numpy as np

from adjoint.rules.forms import axes_of

ASSOCIATIVE = frozenset(
    (
        np.add,
        np.multiply,
        np.maximum,
        np.minimum,
        np.fmax,
        np.fmin,
        np.logaddexp,
        np.logaddexp2,
        np.hypot,
    )
)
LONG = 16


def rows_of(array: Any, axis: int) -> Any:
    return np.moveaxis(np.asarray(array), axis, 0)


def reduce(ufunc, array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True):
    """``ufunc.reduce`` over one axis, or the elements of several in their order."""
    array = np.asarray(array)
    places = axes_of(axis, array.ndim)
    rows = gathered(array, places)
    masks = None if where is True else gathered(np.broadcast_to(where, array.shape), places)
    if len(rows) > LONG and ufunc in ASSOCIATIVE and (masks is None or ufunc.identity is not None):
        rows = rows if masks is None else np.where(masks, rows, ufunc.identity)
        rows, masks = [in_pairs(ufunc, rows)], None
    elif len(rows) > LONG and masks is None and ufunc is np.subtract:
        rows = (
            [np.sum(rows, axis=0)] if initial is not None else [rows[0], np.sum(rows[1:], axis=0)]
        )
    elif len(rows) > LONG and masks is None and ufunc is np.divide and initial is None:
        rows = [running_quotients(rows)[-1]]
    made = initial
    if initial is None and len(rows) == 0 and ufunc.identity is not None:
        made = np.full(np.shape(rows)[1:], ufunc.identity)
    elif initial is None and masks is not None:
        made = ufunc.identity
    for number, row in enumerate(rows):
        if masks is None:
            made = row if made is None else ufunc(made, row)
        else:
            taken = np.where(masks[number], row, 1.0)  # what is not taken is not computed with
            made = np.where(masks[number], ufunc(made, taken), made)
    if made is None:
        raise ValueError(f"zero-size array to reduction operation {ufunc.__name__}")
    made = made[()] if isinstance(made, np.ndarray) and made.ndim == 0 else made
    return np.expand_dims(made, places) if keepdims else made


def gathered(array: Any, places: tuple[int, ...]) -> Any:
    """The array with the axes of `places` as one first axis."""
    first = np.moveaxis(array, places, range(len(places)))
    count = math.prod(first.shape[: len(places)])
    return np.reshape(first, (count, *first.shape[len(places) :]))


def in_pairs(ufunc, rows):
    """All rows combined: neighbours first, then neighbours of these."""
    while len(rows) > 1:
        even = len(rows) // 2 * 2
        paired = ufunc(rows[:even:2], rows[1:even:2])
        rows = np.concatenate((paired, rows[even:])) if even < len(rows) else paired
    return rows[0]


def accumulate(ufunc, array, axis=0, dtype=None, out=None):
    """``ufunc.accumulate``."""
    rows = rows_of(array, axis)
    if len(rows) > LONG and ufunc in ASSOCIATIVE:
        found = running(ufunc, rows, np.zeros(len(rows), int))
        return np.moveaxis(found, 0, axis)
    if len(rows) > LONG and ufunc in (np.subtract, np.divide):
        found = running_quotients(rows) if ufunc is np.divide else running_differences(rows)
        return np.moveaxis(found, 0, axis)
    made = []
    for row in rows:
        made.append(ufunc(made[-1], row) if made else row)
    return np.moveaxis(np.stack(made), 0, axis) if made else np.array(array)


def running(ufunc, rows, starts):
    """For each row all from its start on combined, by doubling the stretches that are.

    Source: W. D. Hillis and G. L. Steele, "Data parallel algorithms" (1986).
    """
    places, shift = np.arange(len(rows)), 1
    longest = np.max(places - starts) + 1
    while shift < longest:
        is_inside = places[shift:] - shift >= starts[shift:]
        with np.errstate(all="ignore"):
            later = ufunc(rows[:-shift], rows[shift:])
        if not np.all(is_inside):
            wide = np.reshape(is_inside, (-1,) + (1,) * (rows.ndim - 1))
            later = np.where(wide, later, rows[shift:])
        rows = np.concatenate((rows[:shift], later))
        shift *= 2
    return rows


def reduceat(ufunc, array, indices, axis=0, dtype=None, out=None):
    """``ufunc.reduceat``: a part that would be empty is one element."""
    rows, starts = rows_of(array, axis), np.asarray(indices)
    stops = np.append(starts[1:], len(rows))
    lengths = np.where(stops > starts, stops - starts, 1)
    total = np.sum(lengths)
    if total > LONG and ufunc in ASSOCIATIVE:
        ends = np.cumsum(lengths)
        begins = np.repeat(ends - lengths, lengths)
        gathering = np.arange(total) - begins + np.repeat(starts, lengths)
        return np.moveaxis(running(ufunc, rows[gathering], begins)[ends - 1], 0, axis)
    made = []
    for start, stop in zip(starts, stops, strict=True):
        made.append(reduce(ufunc, rows[start:stop]) if stop > start else rows[start])
    return np.moveaxis(np.stack(made), 0, axis)


def running_differences(rows):
    return np.cumsum(np.concatenate((rows[:1], -rows[1:])), axis=0)


def running_quotients(rows):
    """One factor after the other: none overflows that dividing by each would not."""
    return np.cumprod(np.concatenate((rows[:1], 1.0 / rows[1:])), axis=0)


PROGRAMS = {"reduce": reduce, "accumulate": accumulate, "reduceat": reduceat}
