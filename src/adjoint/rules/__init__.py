"""The rules: one formula per operation, read by both tiers.

Importing this package enters every rule into `ruleset.RULES`; those of packages that are not needed
by all are entered when the program has imported the package.
"""

from adjoint.rules import (
    arithmetic,
    builtin_functions,
    complex_functions,
    elementary,
    methods,
    scipy,
)
from adjoint.rules.numpy import (
    eigenvalues,
    einsum,
    elementwise,
    factors,
    joining,
    least_squares,
    linear_algebra,
    product_keywords,
    programs,
    reductions,
    reflections,
    running,
    selection,
    shape,
    singular_values,
)

__all__ = [
    "arithmetic",
    "builtin_functions",
    "complex_functions",
    "eigenvalues",
    "einsum",
    "elementary",
    "elementwise",
    "factors",
    "joining",
    "least_squares",
    "linear_algebra",
    "methods",
    "product_keywords",
    "programs",
    "reductions",
    "reflections",
    "running",
    "scipy",
    "selection",
    "shape",
    "singular_values",
]
