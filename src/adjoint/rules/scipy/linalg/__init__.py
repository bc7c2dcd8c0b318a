"""The rules of `scipy.linalg`, by subject.

Arguments that let a function overwrite its input are passed over: the input is kept.
"""

from adjoint.rules.scipy.linalg import (
    bands,
    eliminations,
    equations,
    factors,
    matrix_functions,
    polar,
    schur,
    solving,
    spectra,
    stacks,
)

__all__ = [
    "bands",
    "eliminations",
    "equations",
    "factors",
    "matrix_functions",
    "polar",
    "schur",
    "solving",
    "spectra",
    "stacks",
]
