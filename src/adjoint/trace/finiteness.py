"""A quick test that numbers are all finite; runs as it is, also inside a recording."""

from typing import Any

import numpy as np

ROW = 8192  # elements: BLAS divides longer products among threads, which costs more than it gains


def is_surely_finite(vector: Any) -> bool:
    """False if a number or array may hold an infinity or nan; True only if it holds none.

    The sum of squares of what is not finite is not finite. That of very large numbers is not
    either, so False says nothing.
    """
    if isinstance(vector, np.ndarray):
        if vector.dtype.kind not in "fc":
            return False
        line = vector.reshape(-1)
        square = inner(line, line)
    elif isinstance(vector, float | complex):
        square = vector * vector
    else:
        return False
    return bool(np.isfinite(square))


def inner(x: np.ndarray, y: np.ndarray) -> Any:
    """``np.vdot(x, y)`` of two vectors of one length, by the thread that asks for it."""
    if x.size <= ROW:
        return np.vdot(x, y)
    whole = x.size - x.size % ROW
    rows = np.vecdot(x[:whole].reshape(-1, ROW), y[:whole].reshape(-1, ROW))
    return rows.sum() + np.vdot(x[whole:], y[whole:])
