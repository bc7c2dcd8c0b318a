"""The adjoint of a function as Python source, beside the function it came from.

`explain` promises that what is shown is what runs: the text is the compiled tier's own output.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from adjoint import spaces
from adjoint.arguments import name_of
from adjoint.errors import NonDifferentiable
from adjoint.transforms import jit


@dataclass(frozen=True, slots=True)
class Explanation:
    """A function and its adjoint as source.

    Attributes
    ----------
    primal, adjoint : Python source.
    links : pairs (line of the primal, line of the adjoint), both counted from 1.
    """

    name: str
    primal: str
    adjoint: str
    links: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        return self.adjoint

    def _repr_html_(self) -> str:
        return written().columns(self)

    def page(self) -> str:
        """One self-contained HTML page; lines that belong together light up together."""
        return written().page(self)


def written() -> ModuleType:
    """What writes HTML, which few need: it imports a lexer."""
    return importlib.import_module("adjoint.page")


def explain(f: Callable, *args: Any, stage: str | None = None, **kwargs: Any) -> Explanation:
    """The adjoint of `f` at arguments of these types, as readable Python.

    Printed, it is the source of the function that computes the result and its derivative with
    respect to every argument made of floats; in a notebook, primal and adjoint stand side by side.

    Parameters
    ----------
    stage : what a pass of the compiler made of the function, in the place of the adjoint:
        ``"lowered"`` is the function as it was read, ``"primal"`` the same simplified,
        ``"reversed"`` its derivative as first written, ``"simplified"`` and ``"shared"`` what
        is left of that (the last is what runs), ``"machine"`` the text that Numba compiles.

    Raises
    ------
    InvalidArgument : there is no such stage.
    UnsupportedSyntax, UnsupportedType : the compiled tier, which writes the source, refuses `f`.

    Examples
    --------
    >>> import adjoint as ad
    >>> print("def" in str(ad.explain(lambda x: x * x, 3.0)))
    True
    >>> print(ad.explain(lambda x: x * x, 3.0, stage="primal"))
    def _lambda_(x):
        t = x * x
        return (t,)
    <BLANKLINE>
    """
    argnums = tuple(
        place
        for place, argument in enumerate(args)
        if any(spaces.is_differentiable(leaf) for leaf in spaces.flatten(argument)[0])
    )
    if not argnums:
        raise NonDifferentiable(
            f"`{name_of(f)}` was given no argument that holds a floating-point number",
            instead="give floats or float arrays, for example 2.0 for 2",
        )
    function = jit(f)
    out = function(*args, **kwargs)
    scalar = isinstance(out, float | np.floating)
    kind = "value_and_grad" if scalar else "vjp"
    shown = function.source(args, kwargs, kind, argnums, stage)
    return Explanation(name_of(f), shown.primal, shown.adjoint, tuple(shown.links))
