"""The rules: one formula per operation, read by both tiers.

Importing this package enters every rule into `ruleset.RULES`.
"""

from adjoint.rules import arithmetic, builtin_functions, elementary, methods
from adjoint.rules.numpy import (
    einsum,
    elementwise,
    joining,
    linear_algebra,
    reductions,
    selection,
    shape,
)

__all__ = [
    "arithmetic",
    "builtin_functions",
    "einsum",
    "elementary",
    "elementwise",
    "joining",
    "linear_algebra",
    "methods",
    "reductions",
    "selection",
    "shape",
]
