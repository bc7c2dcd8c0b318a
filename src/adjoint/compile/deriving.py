"""Derivatives taken inside a program: `grad(g)` called in a compiled function."""

from typing import Any

from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import Value
from adjoint.derivative import Derivative


def derive(lower: Lowerer, derivative: Derivative, args: list[Value], keywords: dict) -> Any:
    """The value of a derivative at arguments that are values of a program."""
    raise lower.refuse("a derivative inside", instead="later")
