"""A quick test that numbers are all finite; runs as it is, also inside a recording."""

from typing import Any

import numpy as np


def is_surely_finite(vector: Any) -> bool:
    """False if a number or array may hold an infinity or nan; True only if it holds none.

    The sum of squares of what is not finite is not finite. That of very large numbers is not
    either, so False says nothing.
    """
    if isinstance(vector, np.ndarray):
        if vector.dtype.kind not in "fc":
            return False
        square = np.vdot(vector, vector)
    elif isinstance(vector, float | complex):
        square = vector * vector
    else:
        return False
    return bool(np.isfinite(square))
