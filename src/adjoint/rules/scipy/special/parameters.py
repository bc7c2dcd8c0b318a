"""How the rules of special functions say that a parameter has no rule."""

from collections.abc import Callable

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


def with_parameters(function: Callable, *partials: Callable | str | None) -> None:
    """State the partials of `function`; a string is the name of a parameter that has none.

    Another name of a function that has been met is passed over.
    """
    if function in RULES:
        return
    elementwise(function, *(no_rule(p) if isinstance(p, str) else p for p in partials))
    may_refuse(function)
