"""Objects of native code that are neither numbers nor containers: what they make of live values.

Such an object keeps its numbers where no derivative follows them: it is refused when it is made.
"""

import gc
import sys
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from adjoint.rules import ruleset
from adjoint.trace import plain_types
from adjoint.trace.natives import CONTAINERS
from adjoint.trace.reach import reachable
from adjoint.trace.recorder import missing_rule

FUNCTIONS = ("function", "method")  # which hold all the globals of their module


def made(recorder: Any, function: Callable, left: Any, right: Any) -> Any:
    """The result of a native operator, if no live value went into it."""
    result = function(left, right)
    is_familiar = type(result).__module__ == "builtins" or isinstance(result, CONTAINERS)
    if not is_familiar and reachable(recorder, (left, right)):
        raise missing_rule(function)
    return result


def held_by(function: Any) -> list:
    """What a callable object of a package's native code holds, such as a function and arguments."""
    kind = type(function)
    is_known = kind.__module__.partition(".")[0] in sys.stdlib_module_names or isinstance(
        function, np.ufunc
    )
    return [] if is_known or kind.__name__.endswith(FUNCTIONS) else gc.get_referents(function)


def is_handler(kind: type, found: Any, value: Any) -> bool:
    """True for a function that a native object of the standard library calls, as parsers do."""
    if not isinstance(value, FunctionType | MethodType) or not plain_types.is_native_setter(found):
        return False
    return kind.__module__.partition(".")[0] in sys.stdlib_module_names


def swallows(kind: type, found: Any) -> bool:
    """True if an attribute of instances of `kind`, where it has `found`, goes to native code."""
    is_native = plain_types.is_native_setter(found) or plain_types.has_native_setattr(kind)
    return is_native and not ruleset.is_holder(kind)
