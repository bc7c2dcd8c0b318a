"""Rules of `scipy.linalg.eigh` (generalised too), `eig`, `svd` and their relatives.

The conventions are those of `numpy.linalg`: see `adjoint.rules.numpy.spectra`.
"""

import numpy as np
import scipy.linalg as sl

from adjoint.errors import MissingRule
from adjoint.rules.numpy.eigenvalues import (
    eigvals_jvp,
    eigvals_vjp,
    general_pullback,
    general_pushforward,
    hermitian_pullback,
    hermitian_values,
    without_phase,
)
from adjoint.rules.numpy.singular_values import svd_jvp, svd_vjp, svdvals_jvp, svdvals_vjp
from adjoint.rules.numpy.spectra import (
    adjoint_of,
    diagonal_of,
    equal_pairs,
    given_to_triangle,
    inverse_gaps,
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
from adjoint.rules.ruleset import covers, definition, jvp, may_refuse, none, vjp


def pullback_of_pencil(ct_values, ct_vectors, values, vectors):
    """The cotangents of A and B of ``A v = w B v``, with ``V^H B V = 1``."""
    equal, inner = equal_pairs(values), 0.0
    stretch = np.zeros(values.shape)
    if ct_values is not None:
        inner = np.expand_dims(shared(np.real(ct_values), equal), -1) * np.eye(values.shape[-1])
    if ct_vectors is not None:
        ct = without_phase(ct_vectors, vectors) if np.iscomplexobj(vectors) else ct_vectors
        moments = product(adjoint_of(vectors), ct)
        require_no_turn(moments, equal, vectors)
        if ct_values is not None:
            require_one_meaning(ct_values, moments, equal)
        inner = inner + inverse_gaps(values, equal) * moments
        stretch = 0.5 * np.real(diagonal_of(moments))
    by_second = scaled_columns(inner, values) + np.expand_dims(stretch, -1) * np.eye(len(values))
    return (
        hermitian_part(product(vectors, inner, adjoint_of(vectors))),
        -hermitian_part(product(vectors, by_second, adjoint_of(vectors))),
    )


def hermitian_part(matrix):
    return 0.5 * (matrix + adjoint_of(matrix))


def values_of_pencil(d_a, d_b, values, vectors):
    """The tangent of the eigenvalues, the change in their basis, and that of the lengths."""
    moved = product(adjoint_of(vectors), d_a, vectors)
    stretch = np.zeros(values.shape)
    if d_b is not None:
        metric = product(adjoint_of(vectors), d_b, vectors)
        moved = moved - scaled_columns(metric, values)
        stretch = 0.5 * np.real(diagonal_of(metric))
    return shared(np.real(diagonal_of(moved)), equal_pairs(values)), moved, stretch


def pushforward_of_pencil(d_a, d_b, values, vectors):
    d_values, moved, stretch = values_of_pencil(d_a, d_b, values, vectors)
    equal = equal_pairs(values)
    require_still(moved, equal)
    d_vectors = product(vectors, inverse_gaps(values, equal) * moved)
    d_vectors = d_vectors - scaled_columns(vectors, stretch)
    if np.iscomplexobj(vectors):
        if real_row(vectors) is None:
            raise unknown_phase()
        turn = with_phase(d_vectors, vectors, real_row(vectors))
        d_vectors = d_vectors - 1j * scaled_columns(vectors, turn)
    return d_values, d_vectors


def chosen(subset_by_index, count):
    """The positions of the eigenvalues that were asked for."""
    low, high = (0, count - 1) if subset_by_index is None else subset_by_index
    return int(low), int(high) + 1


def all_pairs(a, b, lower, subset, out):
    """All eigenvalues and vectors, those that were asked for with the signs they were given."""
    low, high = chosen(subset, np.shape(a)[-1])
    values, vectors = out
    if high - low == np.shape(a)[-1]:
        return values, vectors
    every, basis = sl.eigh(a, b, lower=lower)
    return (
        np.concatenate((every[:low], values, every[high:])),
        np.concatenate((basis[:, :low], vectors, basis[:, high:]), axis=-1),
    )


def widened(ct, low, high, count):
    """`ct` with zeros for the eigenvalues that were not asked for."""
    if ct is None or high - low == count:
        return ct
    before = np.zeros((*np.shape(ct)[:-1], low))
    after = np.zeros((*np.shape(ct)[:-1], count - high))
    return np.concatenate((before, ct, after), axis=-1)


@vjp(sl.eigh)
def eigh_vjp(
    ct,
    out,
    a,
    b=None,
    *,
    lower=True,
    eigvals_only=False,
    type=1,
    check_finite=True,
    subset_by_index=None,
    driver=None,
):
    count = np.shape(a)[-1]
    low, high = chosen(subset_by_index, count)
    if eigvals_only:
        ct, out = (ct, None), sl.eigh(a, b, lower=lower, subset_by_index=(low, high - 1))
    pairs = all_pairs(a, b, lower, subset_by_index, out)
    cotangents = [widened(c, low, high, count) for c in ct]
    ct_a, ct_b = pullback_of_pencil(*cotangents, *pairs)
    return given_to_triangle(ct_a, lower), None if b is None else given_to_triangle(ct_b, lower)


@jvp(sl.eigh)
def eigh_jvp(
    tangents,
    out,
    a,
    b=None,
    *,
    lower=True,
    eigvals_only=False,
    type=1,
    check_finite=True,
    subset_by_index=None,
    driver=None,
):
    low, high = chosen(subset_by_index, np.shape(a)[-1])
    if eigvals_only:
        out = sl.eigh(a, b, lower=lower, subset_by_index=(low, high - 1))
    pairs = all_pairs(a, b, lower, subset_by_index, out)
    d_a, d_b = (*tangents, None)[:2]
    d_a = np.zeros(np.shape(a)) if d_a is None else read_triangle(d_a, lower)
    d_b = None if d_b is None else read_triangle(d_b, lower)
    if eigvals_only:
        return values_of_pencil(d_a, d_b, *pairs)[0][low:high]
    d_values, d_vectors = pushforward_of_pencil(d_a, d_b, *pairs)
    return d_values[low:high], d_vectors[:, low:high]


@vjp(sl.eigvalsh)
def eigvalsh_vjp(
    ct, out, a, b=None, *, lower=True, type=1, check_finite=True, subset_by_index=None, driver=None
):
    options = {"lower": lower, "subset_by_index": subset_by_index, "eigvals_only": True}
    return eigh_vjp(ct, out, a, b, **options)


@jvp(sl.eigvalsh)
def eigvalsh_jvp(
    tangents,
    out,
    a,
    b=None,
    *,
    lower=True,
    type=1,
    check_finite=True,
    subset_by_index=None,
    driver=None,
):
    options = {"lower": lower, "subset_by_index": subset_by_index, "eigvals_only": True}
    return eigh_jvp(tangents, out, a, b, **options)


@covers(sl.eigh, sl.eigvalsh)
def is_usual_pencil(a, b=None, *, type=1, **_options):
    return np.ndim(a) == 2 and type == 1


def columns_as_given(a, b, vectors, options):
    """The factors that turn eigenvectors into those that SciPy finds: signs or phases."""
    found = sl.eigh(a, b, **options)[1]
    inner = np.sum(np.conj(vectors) * found, axis=0)
    return inner / np.absolute(inner)


none(columns_as_given)


@definition(sl.eigh)
def eigh_of_product(a, b=None, *, lower=True, eigvals_only=False, type=1, **options):
    """Of ``A B`` (type 2) and ``B A`` (type 3): the pencil of A and the inverse of B.

    With ``u = B v`` of type 2, and ``v`` of type 3, ``A u = w B^-1 u``.
    """
    if type not in (2, 3) or b is None:
        raise MissingRule(
            "scipy.linalg.eigh has no rule for these options", instead="use type=1, 2 or 3"
        )
    metric = read_triangle(np.asarray(b), lower)
    first = read_triangle(np.asarray(a), lower)
    subset = {name: value for name, value in options.items() if name == "subset_by_index"}
    values, vectors = sl.eigh(first, np.linalg.inv(metric), **subset)
    if eigvals_only:
        return values
    vectors = vectors if type == 3 else np.linalg.solve(metric, vectors)
    given = {"lower": lower, "type": type, **options}
    return values, vectors * columns_as_given(a, b, vectors, given)


@definition(sl.eigvalsh)
def eigvalsh_of_product(a, b=None, *, lower=True, type=1, **options):
    return sl.eigh(a, b, lower=lower, eigvals_only=True, type=type, **options)


@vjp(sl.eig)
def eig_vjp(ct, out, a, b=None, left=False, right=True, *, check_finite=True):
    return (general_pullback(*ct, *out),)


@jvp(sl.eig)
def eig_jvp(tangents, out, a, b=None, left=False, right=True, *, check_finite=True):
    return general_pushforward(tangents[0], *out)


@covers(sl.eig)
def has_right_vectors(a, b=None, left=False, right=True, **_options):
    return b is None and not left and right


@vjp(sl.eigvals)
def scipy_eigvals_vjp(ct, out, a, b=None, *, check_finite=True):
    return eigvals_vjp(ct, out, a)


@jvp(sl.eigvals)
def scipy_eigvals_jvp(tangents, out, a, b=None, *, check_finite=True):
    return eigvals_jvp(tangents, out, a)


@covers(sl.eigvals)
def is_of_one_matrix(a, b=None, **_options):
    return b is None


@vjp(sl.svd)
def scipy_svd_vjp(
    ct, out, a, full_matrices=True, compute_uv=True, *, check_finite=True, lapack_driver="gesdd"
):
    return svd_vjp(ct, out, a, full_matrices, compute_uv)


@jvp(sl.svd)
def scipy_svd_jvp(
    tangents,
    out,
    a,
    full_matrices=True,
    compute_uv=True,
    *,
    check_finite=True,
    lapack_driver="gesdd",
):
    return svd_jvp(tangents, out, a, full_matrices, compute_uv)


@vjp(sl.svdvals)
def scipy_svdvals_vjp(ct, out, a, *, check_finite=True):
    return svdvals_vjp(ct, out, a)


@jvp(sl.svdvals)
def scipy_svdvals_jvp(tangents, out, a, *, check_finite=True):
    return svdvals_jvp(tangents, out, a)


@vjp(sl.eigh_tridiagonal)
def eigh_tridiagonal_vjp(
    ct, out, d, e, *, eigvals_only=False, check_finite=True, tol=0.0, lapack_driver="auto"
):
    if eigvals_only:
        ct, out = (ct, None), sl.eigh_tridiagonal(d, e)
    full = hermitian_pullback(*ct, *out)
    return diagonal_of(full), 2.0 * np.diagonal(full, 1)


@jvp(sl.eigh_tridiagonal)
def eigh_tridiagonal_jvp(
    tangents, out, d, e, *, eigvals_only=False, check_finite=True, tol=0.0, lapack_driver="auto"
):
    if eigvals_only:
        out = sl.eigh_tridiagonal(d, e)
    d_d, d_e = (0.0 * x if t is None else t for t, x in zip(tangents, (d, e), strict=True))
    change = np.diag(d_d) + np.diag(d_e, 1) + np.diag(d_e, -1)
    if eigvals_only:
        return hermitian_values(change, *out)[0]
    return pushforward_of_pencil(change, None, *out)


@vjp(sl.eigvalsh_tridiagonal)
def eigvalsh_tridiagonal_vjp(ct, out, d, e, *, check_finite=True, tol=0.0, lapack_driver="auto"):
    return eigh_tridiagonal_vjp(ct, out, d, e, eigvals_only=True)


@jvp(sl.eigvalsh_tridiagonal)
def eigvalsh_tridiagonal_jvp(
    tangents, out, d, e, *, check_finite=True, tol=0.0, lapack_driver="auto"
):
    return eigh_tridiagonal_jvp(tangents, out, d, e, eigvals_only=True)


may_refuse(sl.eigh, sl.eigvalsh, sl.eig, sl.eigvals, sl.svd)
may_refuse(sl.eigh_tridiagonal, sl.eigvalsh_tridiagonal)
