"""`checkpoint`: a function whose derivative keeps what it was given instead of what it computed."""

import functools
from collections.abc import Callable
from typing import Any

from adjoint.errors import InvalidArgument


class Checkpointed:
    """A function that the reverse sweep runs again, instead of keeping what it computed.

    Attributes
    ----------
    function : which it is otherwise.
    """

    def __init__(self, function: Callable):
        if not callable(function):
            raise InvalidArgument(
                f"checkpoint needs a function, and was given one of {type(function).__name__}",
                instead="write adjoint.checkpoint(f)(x), not adjoint.checkpoint(f(x))",
            )
        self.function = function
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __repr__(self) -> str:
        return f"<checkpoint({getattr(self, '__qualname__', self.function)})>"


def checkpoint(f: Callable) -> Checkpointed:
    """`f`, of which a derivative keeps what it was given, and computes the rest again.

    Called in a loop, it bounds memory: a compiled loop of n turns, also one that ends at a
    condition, keeps its state at about sqrt(n) places and what sqrt(n) turns record. Each turn is
    computed once more, or twice if it has loops or arrays itself. In the traced tier the tape has
    one entry for a call, and the sweep runs it again, with everything it can reach put back as it
    was. A call for which that is not safe stays on the tape: it changes an array it was given,
    returns a view of one, prints, or calls native code that is not known. Values, derivatives and
    effects are those without.

    Raises
    ------
    NonDifferentiable : the function returned something else when it was called again (it reads a
        clock), or a sweep over its call is itself differentiated.

    Examples
    --------
    >>> import adjoint as ad
    >>> @ad.checkpoint
    ... def step(x, rate):
    ...     return x + rate * x * (1.0 - x) * 1e-3
    >>> @ad.jit
    ... def grown(x, rate):
    ...     for _ in range(100_000):
    ...         x = step(x, rate)
    ...     return x
    >>> round(ad.grad(grown)(0.5, 0.01), 6)
    0.786449
    """
    return Checkpointed(f)
