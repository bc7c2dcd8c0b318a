"""What the layers need to know about each other's callables.

`Derivative` is the name of a derivative of a function, which both tiers can read without importing
the transforms; `Differentiable` is the protocol of a callable that brings its own derivative.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["grad", "value_and_grad", "jacobian", "jacfwd", "jacrev", "hessian"]
Argnums = int | str | tuple[int | str, ...]
"""The argument to differentiate: its position, its name, or a tuple of these."""


@dataclass(frozen=True, slots=True)
class Derivative:
    """ "The `kind` of `function` with respect to `argnums`", as a value.

    `argnums` is an int, a str (a keyword's name), or a tuple of these. With `has_aux`, `function`
    returns ``(output, anything)``.
    """

    function: Callable
    kind: Kind
    argnums: Argnums = 0
    has_aux: bool = False


class Differentiable(ABC):
    """A callable that brings its own derivative: the tracer calls these and never looks inside.

    The methods may themselves be traced (for higher orders), so they are ordinary Python.

    Attributes
    ----------
    is_compiled : True for a function of the compiled tier.
    is_traceable : True if its ``__wrapped__`` is the same function in Python, which can be traced.
    """

    is_compiled = False
    is_traceable = False

    @abstractmethod
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...

    def besides(self, args: tuple, kwargs: dict) -> list | None:
        """What a call reads besides its arguments, to which `backward` has no derivative.

        None if the call changes arrays: it cannot be one operation.
        """
        return []

    @abstractmethod
    def forward(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """``(output, residuals)``: the call, and whatever `backward` or `tangent` needs of it."""

    @abstractmethod
    def backward(self, residuals: Any, cotangent: Any) -> tuple:
        """One cotangent for each positional argument of the call (None: no derivative)."""

    @abstractmethod
    def tangent(self, residuals: Any, tangents: tuple) -> Any:
        """The output's tangent; `tangents` has one entry per positional argument (None: zero)."""
