"""Functions of libraries that are called in another form while a recording runs.

A substitute is an ordinary Python function with the signature of what it stands for; it is
rewritten and recorded like the user's own code. Neither library nor substitute is imported before
the library's function is met.
"""

import importlib
import sys
from collections.abc import Callable
from types import FunctionType

REGISTERED: dict[str, list[tuple[str, str]]] = {}  # by name: the library and our module


def register(library: str, name: str, module: str) -> None:
    """Call ``module.name`` instead of the public function ``library.name``."""
    REGISTERED.setdefault(name, []).append((library, module))


def substitute(function: FunctionType) -> Callable | None:
    """What is called instead of `function`; None if it is called itself."""
    for library, module in REGISTERED.get(function.__name__, ()):
        loaded = sys.modules.get(library)
        if loaded is not None and getattr(loaded, function.__name__, None) is function:
            return getattr(importlib.import_module(module), function.__name__)
    return None
