"""The rules of what solves in `scipy.sparse.linalg`, by subject."""

from adjoint.rules.scipy import extreme_pairs, krylov

__all__ = ["extreme_pairs", "krylov"]
