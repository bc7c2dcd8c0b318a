"""Texts: f-strings, of which the numbers may not be known when a program is compiled."""

import ast
from typing import Any

from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import Static, Template, Value
from adjoint.compile.ir.nodes import Const


def text(lower: Lowerer, node: ast.JoinedStr) -> Value:
    """An f-string; a number in it that is not known stands as its own source."""
    parts, kind = [], str
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
            continue
        assert isinstance(part, ast.FormattedValue)
        value = lower.expression(part.value)
        if isinstance(value, Static | Const) and part.format_spec is None:
            found = CONVERSIONS[part.conversion](value.value)
            kind = Template if isinstance(found, Template) else kind
            parts.append(format(found))
        else:
            kind = Template
            parts.append("{" + ast.unparse(part.value) + "}")
    return Static(kind("".join(parts)))


CONVERSIONS: dict[int, Any] = {-1: lambda value: value, 115: str, 114: repr, 97: ascii}
"""By the code of the letter after the exclamation mark: none, s, r, a."""


def known_text(lower: Lowerer, value: Value) -> Value:
    """`value`, refused if it is a text of numbers that are not known now."""
    if isinstance(value, Static) and isinstance(value.value, Template):
        raise lower.refuse(
            "the text of a number that is not known when the function is compiled",
            instead="use it in the message of an exception only, or drop jit on this function",
        )
    return value
