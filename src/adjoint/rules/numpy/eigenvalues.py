"""Rules of `numpy.linalg.eigh`, `eigvalsh`, `eig` and `eigvals`.

Of a Hermitian matrix only the triangle that is read has a cotangent. Equal eigenvalues share their
cotangent; what depends on the basis of their vectors is refused with `NonDifferentiable`. Source:
M. Giles, "Collected matrix derivative results" (2008), 3.1; phases and norms as LAPACK fixes them.
"""

import numpy as np

from adjoint.errors import NonDifferentiable
from adjoint.rules.forms import conjugated
from adjoint.rules.numpy.spectra import (
    adjoint_of,
    diagonal_of,
    equal_pairs,
    given_to_triangle,
    inverse_gaps,
    off_diagonal,
    phase_cotangent,
    product,
    read_triangle,
    real_row,
    require_no_turn,
    require_one_meaning,
    require_still,
    scaled_columns,
    shared,
    unknown_phase,
    with_phase,
)
from adjoint.rules.ruleset import jvp, may_refuse, vjp


def hermitian_pullback(ct_values, ct_vectors, values, vectors):
    """The cotangent of a Hermitian matrix from those of its eigenvalues and eigenvectors."""
    equal = equal_pairs(values)
    inner = 0.0
    if ct_values is not None:
        inner = np.expand_dims(shared(np.real(ct_values), equal), -1) * np.eye(values.shape[-1])
    if ct_vectors is not None:
        turned = without_phase(ct_vectors, vectors) if np.iscomplexobj(vectors) else ct_vectors
        moments = product(adjoint_of(vectors), turned)
        require_no_turn(moments, equal, vectors)
        if ct_values is not None:
            require_one_meaning(ct_values, moments, equal)
        inner = inner + inverse_gaps(values, equal) * moments
    found = product(vectors, inner, adjoint_of(vectors))
    return 0.5 * (found + adjoint_of(found))


def without_phase(ct, vectors):
    """The cotangent of vectors of any phase from that of vectors with the phase of LAPACK."""
    ct_turn = np.imag(np.sum(np.conj(ct) * vectors, axis=-2))
    row = real_row(vectors)
    if row is not None:
        return ct + phase_cotangent(ct_turn, vectors, row)
    if np.any(np.absolute(ct_turn) > 1e-8 * np.max(np.absolute(ct), initial=0.0)):
        raise unknown_phase()
    return ct


def hermitian_values(change, values, vectors):
    """The tangent of the eigenvalues of a Hermitian matrix, and ``V^H change V``."""
    moved = product(adjoint_of(vectors), change, vectors)
    return shared(np.real(diagonal_of(moved)), equal_pairs(values)), moved


def hermitian_pushforward(change, values, vectors):
    """The tangents of the eigenvalues and eigenvectors of a Hermitian matrix."""
    d_values, moved = hermitian_values(change, values, vectors)
    equal = equal_pairs(values)
    require_still(moved, equal)
    d_vectors = product(vectors, inverse_gaps(values, equal) * moved)
    if np.iscomplexobj(vectors):
        if real_row(vectors) is None:
            raise unknown_phase()
        turn = with_phase(d_vectors, vectors, real_row(vectors))
        d_vectors = d_vectors - 1j * scaled_columns(vectors, turn)
    return d_values, d_vectors


@vjp(np.linalg.eigh)
def eigh_vjp(ct, out, a, UPLO="L"):
    return (given_to_triangle(hermitian_pullback(*ct, *out), UPLO.upper() == "L"),)


@jvp(np.linalg.eigh)
def eigh_jvp(tangents, out, a, UPLO="L"):
    return hermitian_pushforward(read_triangle(tangents[0], UPLO.upper() == "L"), *out)


@vjp(np.linalg.eigvalsh)
def eigvalsh_vjp(ct, out, a, UPLO="L"):
    _, vectors = np.linalg.eigh(a, UPLO)
    return (given_to_triangle(hermitian_pullback(ct, None, out, vectors), UPLO.upper() == "L"),)


@jvp(np.linalg.eigvalsh)
def eigvalsh_jvp(tangents, out, a, UPLO="L"):
    _, vectors = np.linalg.eigh(a, UPLO)
    return hermitian_values(read_triangle(tangents[0], UPLO.upper() == "L"), out, vectors)[0]


def near_pairs(values):
    """True for eigenvalues, in any order, that are equal to rounding."""
    gaps = np.absolute(np.expand_dims(values, -1) - np.expand_dims(values, -2))
    size = np.max(np.absolute(values), axis=-1, initial=0.0)
    return gaps <= 1e-13 * values.shape[-1] * np.expand_dims(size, (-2, -1))


def require_complete(values, vectors):
    """Refuse eigenvalues whose vectors coincide: they move like a root of the change."""
    gaps = np.absolute(np.expand_dims(values, -1) - np.expand_dims(values, -2))
    size = np.max(np.absolute(values), axis=-1, initial=0.0)
    close = off_diagonal(gaps <= 1e-6 * np.expand_dims(size, (-2, -1)))
    overlap = np.absolute(product(adjoint_of(vectors), vectors))
    if np.any(close & (overlap > 1.0 - 1e-10)):
        raise NonDifferentiable(
            "a matrix with fewer independent eigenvectors than eigenvalues: a multiple eigenvalue "
            "has no derivative here",
            instead="use the trace, the determinant, or another function of the whole spectrum",
        )


def require_equal_shares(ct_values, equal):
    """Refuse to tell equal eigenvalues of a matrix that is not Hermitian from each other."""
    differences = np.absolute(np.expand_dims(ct_values, -1) - np.expand_dims(ct_values, -2))
    if np.any(np.where(equal, differences, 0.0) > 1e-8 * np.max(np.absolute(ct_values))):
        raise NonDifferentiable(
            "the result tells equal eigenvalues of a matrix from each other: no derivative",
            instead="use what is symmetric in them, such as their sum",
        )


def general_pullback(ct_values, ct_vectors, values, vectors):
    """The cotangent of a matrix from those of its eigenvalues and right eigenvectors."""
    equal = near_pairs(values)
    require_complete(values, vectors)
    inner = 0.0
    if ct_values is not None:
        require_equal_shares(ct_values, equal)
        inner = np.expand_dims(ct_values, -1) * np.eye(values.shape[-1])
    if ct_vectors is not None:
        moments = product(adjoint_of(vectors), without_scale(ct_vectors, vectors))
        inside = np.where(off_diagonal(equal), np.absolute(moments), 0.0)
        if np.any(inside > 1e-8 * np.max(np.absolute(moments), initial=0.0)):
            require_no_turn(moments, equal, vectors)
        if ct_values is not None:
            require_one_meaning(ct_values, moments, equal)
        inner = inner + conjugated(inverse_gaps(values, equal)) * moments
    return np.linalg.solve(adjoint_of(vectors), product(inner, adjoint_of(vectors)))


def largest_entries(vectors):
    """The entry of each vector with the largest modulus, which LAPACK makes real, and where."""
    place = np.expand_dims(np.argmax(np.absolute(vectors), axis=-2), -2)
    return np.take_along_axis(vectors, place, -2), place


def without_scale(ct, vectors):
    """The cotangent of vectors of any length and phase from that of LAPACK's: of norm one."""
    along = np.expand_dims(np.sum(np.conj(ct) * vectors, axis=-2), -2)
    found = ct - np.real(along) * vectors
    if not np.iscomplexobj(vectors):
        return found
    largest, place = largest_entries(vectors)
    here = np.expand_dims(np.arange(vectors.shape[-2]), -1) == place
    # Only the imaginary part of the largest entry turns the phase; the norm does not see it.
    return found + np.where(here, 1j * np.imag(along) / np.real(largest), 0.0)


def general_pushforward(change, values, vectors):
    equal = near_pairs(values)
    require_complete(values, vectors)
    moved = np.linalg.solve(vectors, product(change, vectors))
    require_still(moved, equal)
    d_vectors = product(vectors, inverse_gaps(values, equal) * moved)
    return diagonal_of(moved), with_scale(d_vectors, vectors)


def with_scale(d_vectors, vectors):
    """The change of vectors of norm one whose largest entry is real."""
    along = np.expand_dims(np.sum(np.conj(vectors) * d_vectors, axis=-2), -2)
    kept = d_vectors - np.real(along) * vectors
    if not np.iscomplexobj(vectors):
        return np.real(kept)
    largest, place = largest_entries(vectors)
    turn = np.imag(np.take_along_axis(d_vectors, place, -2)) / np.real(largest)
    return kept - 1j * turn * vectors


@vjp(np.linalg.eig)
def eig_vjp(ct, out, a):
    return (general_pullback(*ct, *out),)


@jvp(np.linalg.eig)
def eig_jvp(tangents, out, a):
    return general_pushforward(tangents[0], *out)


@vjp(np.linalg.eigvals)
def eigvals_vjp(ct, out, a):
    values, vectors = np.linalg.eig(a)
    return (general_pullback(in_order_of(values, out, ct), None, values, vectors),)


@jvp(np.linalg.eigvals)
def eigvals_jvp(tangents, out, a):
    values, vectors = np.linalg.eig(a)
    require_complete(values, vectors)
    moved = diagonal_of(np.linalg.solve(vectors, product(tangents[0], vectors)))
    return in_order_of(out, values, moved)


def in_order_of(wanted, given, row):
    """`row`, which belongs to the values `given`, in the order of the same values `wanted`.

    With and without vectors LAPACK may find the eigenvalues in another order.
    """
    distance = np.absolute(np.expand_dims(wanted, -1) - np.expand_dims(given, -2))
    order = np.argmin(distance, axis=-1)
    if np.any(np.sort(order, axis=-1) != np.arange(order.shape[-1])):
        order = np.broadcast_to(np.arange(order.shape[-1]), order.shape)
    return np.take_along_axis(row, order, -1)


may_refuse(np.linalg.eigh, np.linalg.eigvalsh, np.linalg.eig, np.linalg.eigvals)
