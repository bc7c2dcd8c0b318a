"""How the rules of special functions say that a parameter has no rule."""

from collections.abc import Callable

import numpy as np

from adjoint.errors import MissingRule
from adjoint.rules.ruleset import RULES, elementwise, may_refuse


def no_rule(name: str) -> Callable:
    """A partial derivative that is not known: it raises `MissingRule` for the parameter `name`."""

    def partial(*_args):
        raise MissingRule(
            f"the derivative of a special function to its parameter `{name}` has no rule",
            instead="pass adjoint.stop_gradient of it if it needs none, or give the derivative of "
            "the code around it with adjoint.custom_vjp",
        )

    return partial


def of_whole_numbers(partial: Callable, places: tuple[int, ...]) -> Callable:
    """`partial`, given the whole numbers that SciPy makes of the arguments at `places`."""

    def truncated(*given):
        return partial(
            *[np.trunc(each) if place in places else each for place, each in enumerate(given)]
        )

    return truncated


def with_parameters(
    function: Callable, *partials: Callable | str | None, whole: tuple[int, ...] = ()
) -> None:
    """State the partials of `function`; a string is the name of a parameter that has none.

    `whole` are the places of the arguments that are made whole numbers. Another name of a function
    that has been met is passed over.
    """
    if function in RULES:
        return
    stated = [no_rule(p) if isinstance(p, str) else p for p in partials]
    if whole:
        stated = [None if p is None else of_whole_numbers(p, whole) for p in stated]
    elementwise(function, *stated)
    may_refuse(function)
