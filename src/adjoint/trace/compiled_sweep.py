"""The numeric sweeps as machine code; imported only when a tape is long enough to pay for it."""

from collections.abc import Callable

import numba

from adjoint.trace import sweep

SIGNATURE = "void(int64[::1], float64[::1], float64[::1])"


def compiled(function: Callable) -> Callable:
    """`function` compiled, from the cache on disk where that can be written."""
    try:
        return numba.njit(SIGNATURE, cache=True, nogil=True)(function)
    except (RuntimeError, OSError):  # no cache directory can be written
        return numba.njit(SIGNATURE, nogil=True)(function)


backward = compiled(sweep.backward)
forward = compiled(sweep.forward)
