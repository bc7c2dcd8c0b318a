"""Rules of `numpy.linalg.pinv` and `lstsq`.

Where columns depend on each other the formulas are those of a matrix that keeps its rank: G.
Golub and V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems
whose variables separate" (1973).
"""

import numpy as np

from adjoint.rules.numpy.singular_values import svdvals_jvp, svdvals_vjp
from adjoint.rules.numpy.spectra import adjoint_of, product
from adjoint.rules.ruleset import covers, jvp, vjp


def unreached(a, inverse, matrix):
    """The part of `matrix` that `a` cannot reach: ``(1 - a a+) @ matrix``."""
    return matrix - product(a, inverse, matrix)


def unseen(a, inverse, matrix):
    """The part of `matrix` that `a` cannot see: ``matrix @ (1 - a+ a)``."""
    return matrix - product(matrix, inverse, a)


def pseudo_inverse_pullback(ct, a, inverse):
    turned, inverse_h = adjoint_of(ct), adjoint_of(inverse)
    return (
        -product(inverse_h, ct, inverse_h)
        + unreached(a, inverse, product(turned, inverse, inverse_h))
        + unseen(a, inverse, product(inverse_h, inverse, turned))
    )


def pseudo_inverse_pushforward(change, a, inverse):
    turned, inverse_h = adjoint_of(change), adjoint_of(inverse)
    return (
        -product(inverse, change, inverse)
        + unseen(inverse, a, product(inverse, inverse_h, turned))
        + unreached(inverse, a, product(turned, inverse_h, inverse))
    )


@vjp(np.linalg.pinv)
def pinv_vjp(ct, out, a, rcond=None, hermitian=False, *, rtol=None):
    return (pseudo_inverse_pullback(ct, a, out),)


@jvp(np.linalg.pinv)
def pinv_jvp(tangents, out, a, rcond=None, hermitian=False, *, rtol=None):
    return pseudo_inverse_pushforward(tangents[0], a, out)


@covers(np.linalg.pinv)
def pinv_covers(a, rcond=None, hermitian=False, *, rtol=None):
    """Of a Hermitian matrix NumPy reads one triangle, by a program of its own."""
    return not hermitian


def inverse_of(a, rank):
    """The pseudo-inverse by which a solution is differentiated, itself differentiable."""
    full = rank == min(np.shape(a))
    return np.linalg.pinv(a, rcond=1e-15) if full else np.linalg.pinv(a, rcond=tolerance(a, rank))


def tolerance(a, rank):
    """A relative cut between the singular values that were kept and those that were not."""
    s = np.linalg.svd(a, compute_uv=False)
    kept, dropped = s[rank - 1] if rank else 2.0 * s[0], s[rank]
    return float(np.sqrt(kept * max(dropped, 1e-30 * s[0])) / s[0]) if s[0] else 1.0


@vjp(np.linalg.lstsq)
def lstsq_vjp(ct, out, a, b, rcond=None):
    """Of the solution, the squared residuals and the singular values."""
    x, residuals, rank, _ = out
    columns, found = as_columns(b), as_columns(x)
    ct_a, ct_b = np.zeros(np.shape(a)), np.zeros(np.shape(columns))
    if ct[0] is not None:
        inverse = inverse_of(a, rank)
        ct_x = as_columns(ct[0])
        ct_b = ct_b + product(adjoint_of(inverse), ct_x)
        ct_a = ct_a + pseudo_inverse_pullback(product(ct_x, adjoint_of(columns)), a, inverse)
    if ct[1] is not None and np.size(residuals):
        misfit = 2.0 * ct[1] * (columns - product(a, found))
        ct_b = ct_b + misfit
        ct_a = ct_a - product(misfit, adjoint_of(found))
    if ct[3] is not None:
        ct_a = ct_a + svdvals_vjp(ct[3], None, a)[0]
    return ct_a, np.reshape(ct_b, np.shape(b))


@jvp(np.linalg.lstsq)
def lstsq_jvp(tangents, out, a, b, rcond=None):
    x, residuals, rank, s = out
    columns, found = as_columns(b), as_columns(x)
    d_a = np.zeros(np.shape(a)) if tangents[0] is None else tangents[0]
    d_b = np.zeros(np.shape(columns)) if tangents[1] is None else as_columns(tangents[1])
    inverse = inverse_of(a, rank)
    d_x = product(inverse, d_b) + product(pseudo_inverse_pushforward(d_a, a, inverse), columns)
    misfit = columns - product(a, found)
    d_misfit = 2.0 * np.real(np.sum(np.conj(misfit) * (d_b - product(d_a, found)), axis=0))
    d_residuals = d_misfit if np.size(residuals) else np.zeros(np.shape(residuals))
    return np.reshape(d_x, np.shape(x)), d_residuals, None, svdvals_jvp((d_a,), s, a)


def as_columns(b):
    return np.expand_dims(b, -1) if np.ndim(b) == 1 else b
