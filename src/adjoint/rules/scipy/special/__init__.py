"""The rules of `scipy.special`, by family. Sources: DLMF, https://dlmf.nist.gov.

A parameter to which no derivative is known in closed form (the order of a Bessel function, the
degrees of freedom of a distribution) is `MissingRule` where it carries a derivative.
"""

from adjoint.rules.scipy.special import (
    bessel,
    distributions,
    elliptic,
    error_functions,
    gamma,
    hypergeometric,
    integrals,
    logistic,
    orthogonal,
)

__all__ = [
    "bessel",
    "distributions",
    "elliptic",
    "error_functions",
    "gamma",
    "hypergeometric",
    "integrals",
    "logistic",
    "orthogonal",
]
