"""Whether loops of solvers are differentiated as the steps they took or as the limit they found."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Setting(threading.local):
    unrolled = False


SETTING = Setting()


@contextmanager
def unrolled() -> Iterator[None]:
    """Inside, the derivative of a solver's loop is that of the steps it took, not of its limit.

    >>> import adjoint as ad
    >>> def root(a):
    ...     x = 1.0
    ...     while abs(x * x - a) > 1e-3:
    ...         x = 0.5 * (x + a / x)
    ...     return x
    >>> with ad.unrolled():
    ...     steps = ad.grad(root)(2.0)
    >>> limit = ad.grad(root)(2.0)
    >>> abs(steps - 0.5 / 2**0.5) > 1e-7, abs(limit - 0.5 / root(2.0)) < 1e-5
    (True, True)
    """
    before, SETTING.unrolled = SETTING.unrolled, True
    try:
        yield
    finally:
        SETTING.unrolled = before
