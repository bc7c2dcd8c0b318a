"""What rules of spectral decompositions share: equal eigenvalues, phases, triangles that are read.

Eigenvalues that are equal to rounding are one *cluster*. Its eigenvectors are an arbitrary basis,
so a derivative exists only for what does not depend on that basis. Source: T. Kato, "Perturbation
Theory for Linear Operators", II.
"""

import numpy as np

from adjoint.errors import NonDifferentiable
from adjoint.rules.forms import conjugated

EQUAL = 1e-13  # relative to the size of the matrix: eigenvalues closer than this are equal
VANISHING = 1e-8  # relative: a cotangent smaller than this is rounding


def adjoint_of(matrix):
    """The conjugate transpose of a matrix or of a stack of matrices."""
    return np.swapaxes(conjugated(matrix), -1, -2)


def product(first, second, third=None):
    """The product of two or three matrices, in the order that takes fewer operations."""
    if third is None:
        return np.matmul(first, second)
    (m, n), (k, p) = np.shape(first)[-2:], np.shape(third)[-2:]
    if m * k * (n + p) <= n * p * (k + m):
        return np.matmul(np.matmul(first, second), third)
    return np.matmul(first, np.matmul(second, third))


def diagonal_of(matrix):
    return np.diagonal(matrix, axis1=-2, axis2=-1)


def scaled_columns(matrix, factors):
    """``matrix @ diag(factors)``."""
    return matrix * np.expand_dims(factors, -2)


def equal_pairs(values):
    """For ordered `values`, a matrix that is True where two belong to one cluster."""
    steps = np.absolute(np.diff(values, axis=-1))
    size = np.max(np.absolute(values), axis=-1, keepdims=True, initial=0.0)
    count = values.shape[-1]
    labels = np.cumsum(steps > EQUAL * count * size, axis=-1)
    first = np.zeros((*values.shape[:-1], 1), labels.dtype)
    labels = np.concatenate((first, labels), axis=-1)[..., :count]
    return np.expand_dims(labels, -1) == np.expand_dims(labels, -2)


def shared(vector, equal):
    """`vector` with the entries of each cluster replaced by their mean: a symmetric projection."""
    weights = equal / np.sum(equal, axis=-1, keepdims=True)
    return np.reshape(np.matmul(weights, np.expand_dims(vector, -1)), np.shape(vector))


def inverse_gaps(values, equal):
    """``1 / (values[j] - values[i])``, and zero inside a cluster."""
    gaps = np.expand_dims(values, -2) - np.expand_dims(values, -1)
    return np.where(equal, 0.0, 1.0 / np.where(equal, 1.0, gaps))


def off_diagonal(equal):
    return equal & ~np.eye(equal.shape[-1], dtype=bool)


def require_no_turn(moments, equal, vectors):
    """Refuse a cotangent of eigenvectors that depends on the basis chosen inside a cluster.

    `moments` is ``V^H ct_V``; turning the basis changes the result by its anti-Hermitian part. In
    a basis along the axes, as that of the identity matrix, this is too often zero by chance, so
    any cotangent is refused there.
    """
    inside = off_diagonal(equal)
    if not np.any(inside):
        return
    size = VANISHING * (1e-30 + np.max(np.absolute(moments), initial=0.0))
    turning = np.where(inside, np.absolute(moments - adjoint_of(moments)), 0.0)
    clustered = np.any(inside, axis=-1)
    along_axes = clustered & np.any(np.absolute(vectors) < 1e-12, axis=-2)
    within = np.where(equal & np.expand_dims(along_axes, -1), np.absolute(moments), 0.0)
    if np.any(turning > size) or np.any(within > size):
        raise depends_on_basis()


def require_one_meaning(ct_values, moments, equal):
    """Refuse cotangents of values and vectors of one cluster together.

    Their sum may be a function of the matrix that has a derivative, but it cannot be found from the
    one basis that was chosen.
    """
    if not np.any(off_diagonal(equal)):
        return
    clustered = np.any(off_diagonal(equal), axis=-1)
    if np.any(np.where(clustered, np.absolute(ct_values), 0.0) > 0):
        raise NonDifferentiable(
            "the result depends on equal eigenvalues (or singular values) and on their vectors "
            "together, which has no derivative that can be found from one choice of the vectors",
            instead="use values alone (eigvalsh, svdvals), vectors alone, or a function of the "
            "matrix: scipy.linalg.expm, sqrtm, logm, inv, pinv",
        )


def require_still(moved, equal):
    """Refuse a direction that turns the basis of a cluster at once (forward mode)."""
    inside = np.where(off_diagonal(equal), np.absolute(moved), 0.0)
    if np.any(inside > VANISHING * (1e-30 + np.max(np.absolute(moved), initial=0.0))):
        raise depends_on_basis()


def depends_on_basis():
    return NonDifferentiable(
        "the result depends on the vectors of equal eigenvalues (or singular values), of which any "
        "basis is right: there is no derivative",
        instead="use values alone (eigvalsh, svdvals), or what is the same for every basis, such "
        "as the projection V @ V.T of all vectors with one eigenvalue, in reverse mode",
    )


def read_triangle(change, lower):
    """The Hermitian matrix that is read from one triangle of `change`."""
    change = np.asarray(change)
    half = np.tril(change, -1) if lower else np.triu(change, 1)
    diagonal = np.real(diagonal_of(change))
    return half + adjoint_of(half) + np.expand_dims(diagonal, -1) * np.eye(change.shape[-1])


def given_to_triangle(ct, lower):
    """The transpose of `read_triangle`."""
    both = ct + adjoint_of(ct)
    half = np.tril(both, -1) if lower else np.triu(both, 1)
    diagonal = np.real(diagonal_of(ct))
    return half + np.expand_dims(diagonal, -1) * np.eye(ct.shape[-1])


def symmetric_triangle(ct, lower):
    """The same for a complex symmetric matrix, which is its own transpose."""
    both = ct + np.swapaxes(ct, -1, -2)
    half = np.tril(both, -1) if lower else np.triu(both, 1)
    return half + np.expand_dims(diagonal_of(ct), -1) * np.eye(ct.shape[-1])


def real_row(vectors):
    """The first row of `vectors` that LAPACK made real, or None: it fixes each vector's phase."""
    for row in (0, vectors.shape[-2] - 1):
        entries = vectors[..., row, :]
        is_real = np.all(np.absolute(np.imag(entries)) <= 1e-13)
        if is_real and np.all(np.absolute(entries) > 1e-10):
            return row
    return None


def unknown_phase():
    return NonDifferentiable(
        "the result depends on the phase of complex eigenvectors or singular vectors, "
        "which is arbitrary here",
        instead="use what is the same for every phase, abs(v) or v @ v.conj().T, in reverse mode",
    )


def with_phase(change, vectors, row):
    """`change` of the vectors, turned so that row `row` stays real: the phases it must follow."""
    return np.imag(change[..., row, :]) / np.real(vectors[..., row, :])


def phase_cotangent(ct_turn, vectors, row):
    """The transpose of `with_phase`: a cotangent of the vectors, in row `row` only."""
    here = np.arange(vectors.shape[-2]) == row
    value = 1j * ct_turn / np.real(vectors[..., row, :])
    return np.expand_dims(here, -1) * np.expand_dims(value, -2)
