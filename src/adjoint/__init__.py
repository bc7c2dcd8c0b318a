"""adjoint: differentiate the Python people already have.

Ordinary Python goes in, exact derivatives come out, traced or compiled; see `grad` and `jit`.
"""

import importlib
from typing import TYPE_CHECKING, Any

from adjoint import draws, errors, solvers
from adjoint.batching import vmap
from adjoint.checkpointing import checkpoint
from adjoint.custom import custom_jvp, custom_vjp, stop_gradient
from adjoint.explain import explain
from adjoint.implicit import implicit
from adjoint.objects import tree_map
from adjoint.transforms import (
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jit,
    jvp,
    value_and_grad,
    vjp,
)
from adjoint.unrolling import unrolled

if TYPE_CHECKING:
    from adjoint import testing

__version__ = "0.1.0"

__all__ = [
    "checkpoint",
    "custom_jvp",
    "custom_vjp",
    "draws",
    "errors",
    "explain",
    "grad",
    "hessian",
    "hvp",
    "implicit",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "solvers",
    "stop_gradient",
    "testing",
    "tree_map",
    "unrolled",
    "value_and_grad",
    "vjp",
    "vmap",
]


def __getattr__(name: str) -> Any:
    if name == "testing":  # imported when it is first asked for
        return importlib.import_module("adjoint.testing")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
