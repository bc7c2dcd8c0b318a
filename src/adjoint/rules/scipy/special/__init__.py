"""The rules of `scipy.special`, by family. Sources: DLMF, https://dlmf.nist.gov.

Parameters to which no derivative is known in closed form (orders, degrees of freedom) have it by a
convergent series (`slopes`); those that are whole numbers are `MissingRule`.
"""

from adjoint.rules.scipy.special import (
    bessel,
    distributions,
    elliptic,
    error_functions,
    exponential_sums,
    gamma,
    hypergeometric,
    integrals,
    inverses,
    logistic,
    of_distributions,
    orthogonal,
    sequences,
    waves,
)

__all__ = [
    "bessel",
    "distributions",
    "elliptic",
    "error_functions",
    "exponential_sums",
    "gamma",
    "hypergeometric",
    "integrals",
    "inverses",
    "logistic",
    "of_distributions",
    "orthogonal",
    "sequences",
    "waves",
]
