"""The compiled tier: functions as machine code, together with their derivatives.

What compiles is imported when a function first asks to be compiled.
"""

import importlib
from typing import TYPE_CHECKING, Any

from adjoint.compile.asking import as_jitted

if TYPE_CHECKING:
    from adjoint.compile.jitted import Jitted, snapshot

__all__ = ["Jitted", "as_jitted", "snapshot"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("adjoint.compile.jitted"), name)
