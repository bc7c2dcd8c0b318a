"""Densities of `scipy.stats.multivariate_normal` with a covariance that carries a derivative.

SciPy takes the covariance apart into eigenvalues and vectors, which together have no derivative
where eigenvalues are equal, as those of a multiple of the identity. Its factor of Cholesky, from
which SciPy makes a covariance as well, has one wherever the density has. The value is the same to
rounding.
"""

from typing import Any

import numpy as np
from scipy import stats

from adjoint import trace


def __call__(
    self: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False, **options: Any
) -> Any:
    """The frozen distribution."""
    plain = trace.unrecorded(self, mean, cov, allow_singular, **options)
    is_regular = np.all(plain.cov_object.rank == plain.dim)
    if is_regular and not isinstance(cov, stats.Covariance) and trace.reaches_live(cov):
        mean = plain.mean if mean is None else np.reshape(np.asarray(mean), plain.mean.shape)
        cov = factored(np.asarray(cov), plain.dim)
    return type(plain)(mean, cov, allow_singular=allow_singular, **options)


def factored(cov: np.ndarray, dim: int) -> stats.Covariance:
    if dim == 1 or cov.ndim < 2:
        return stats.Covariance.from_diagonal(np.ravel(cov) * np.ones(dim))
    return stats.Covariance.from_cholesky(np.linalg.cholesky(cov))


def logpdf(self: Any, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    return self(mean, cov, allow_singular).logpdf(x)


def pdf(self: Any, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
    return self(mean, cov, allow_singular).pdf(x)
