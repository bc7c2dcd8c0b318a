"""Rules of `scipy.linalg.solve`, `inv`, `det`, `lstsq`, `pinv` and of structured solvers.

Of a matrix that is assumed to be symmetric, Hermitian or triangular, only the part that is read has
a cotangent.
"""

import numpy as np
import scipy.linalg as sl

from adjoint.rules.forms import conjugated
from adjoint.rules.numpy.least_squares import (
    lstsq_jvp,
    lstsq_vjp,
    pseudo_inverse_pullback,
    pseudo_inverse_pushforward,
)
from adjoint.rules.numpy.linear_algebra import det_jvp, det_vjp
from adjoint.rules.numpy.spectra import (
    adjoint_of,
    given_to_triangle,
    product,
    read_triangle,
    symmetric_triangle,
)
from adjoint.rules.ruleset import covers, definition, jvp, none, vjp

HERMITIAN = ("her", "hermitian", "pos", "positive definite")
SYMMETRIC = ("sym", "symmetric")
BANDS = {
    "diagonal": lambda m: np.triu(np.tril(m)),
    "tridiagonal": lambda m: np.triu(np.tril(m, 1), -1),
    "upper triangular": np.triu,
    "lower triangular": np.tril,
}


def read(a, assume_a, lower):
    """The whole matrix that is meant by `a`."""
    if assume_a in HERMITIAN:
        return read_triangle(np.asarray(a), lower)
    if assume_a in SYMMETRIC:
        half = np.tril(a, -1) if lower else np.triu(a, 1)
        return half + np.swapaxes(half, -1, -2) + np.triu(np.tril(a))
    return BANDS[assume_a](a) if assume_a in BANDS else np.asarray(a)


def given_back(ct, assume_a, lower):
    """The transpose of `read`."""
    if assume_a in HERMITIAN:
        return given_to_triangle(ct, lower)
    if assume_a in SYMMETRIC:
        return symmetric_triangle(ct, lower)
    return BANDS[assume_a](ct) if assume_a in BANDS else ct


def outer_sum(left, right):
    """``left right^H``, of vectors or of matrices of columns."""
    if np.ndim(left) == 1:
        return np.expand_dims(left, -1) * np.expand_dims(conjugated(right), -2)
    return product(left, adjoint_of(right))


@vjp(sl.solve)
def solve_vjp(ct, out, a, b, lower=False, *, assume_a=None, transposed=False, check_finite=True):
    whole = read(a, assume_a, lower)
    system = np.swapaxes(whole, -1, -2) if transposed else whole
    ct_b = np.linalg.solve(adjoint_of(system), ct)
    ct_system = -outer_sum(ct_b, out)
    ct_whole = np.swapaxes(ct_system, -1, -2) if transposed else ct_system
    return given_back(ct_whole, assume_a, lower), ct_b


@jvp(sl.solve)
def solve_jvp(
    tangents, out, a, b, lower=False, *, assume_a=None, transposed=False, check_finite=True
):
    system, right = read(a, assume_a, lower), 0.0 if tangents[1] is None else tangents[1]
    if transposed:
        system = np.swapaxes(system, -1, -2)
    if tangents[0] is not None:
        moved = read(tangents[0], assume_a, lower)
        right = right - np.matmul(np.swapaxes(moved, -1, -2) if transposed else moved, out)
    return np.linalg.solve(system, right)


@vjp(sl.inv)
def inv_vjp(ct, out, a, *, check_finite=True, assume_a=None, lower=False):
    if assume_a == "diagonal":
        return (ct * conjugated(slopes_of_diagonal(out)),)
    return (given_back(-product(adjoint_of(out), ct, adjoint_of(out)), assume_a, lower),)


@jvp(sl.inv)
def inv_jvp(tangents, out, a, *, check_finite=True, assume_a=None, lower=False):
    if assume_a == "diagonal":
        return tangents[0] * slopes_of_diagonal(out)
    return -product(out, read(tangents[0], assume_a, lower), out)


def slopes_of_diagonal(inverse):
    """Of the inverse of a diagonal matrix; SciPy leaves what is beside the diagonal as it is."""
    return np.where(np.eye(inverse.shape[-1], dtype=bool), -inverse * inverse, 1.0)


@vjp(sl.det)
def scipy_det_vjp(ct, out, a, *, check_finite=True):
    return det_vjp(ct, out, a)


@jvp(sl.det)
def scipy_det_jvp(tangents, out, a, *, check_finite=True):
    return det_jvp(tangents, out, a)


@vjp(sl.lstsq)
def scipy_lstsq_vjp(ct, out, a, b, cond=None, *, check_finite=True, lapack_driver=None):
    return lstsq_vjp(ct, out, a, b)


@jvp(sl.lstsq)
def scipy_lstsq_jvp(tangents, out, a, b, cond=None, *, check_finite=True, lapack_driver=None):
    d_x, d_residuals, _, d_s = lstsq_jvp(tangents, out, a, b)
    d_residuals = np.reshape(d_residuals, np.shape(out[1]))
    return d_x, d_residuals, None, None if out[3] is None else d_s


@vjp(sl.pinv)
def pinv_vjp(ct, out, a, *, atol=None, rtol=None, check_finite=True):
    return (pseudo_inverse_pullback(ct, a, out),)


@jvp(sl.pinv)
def pinv_jvp(tangents, out, a, *, atol=None, rtol=None, check_finite=True):
    return pseudo_inverse_pushforward(tangents[0], a, out)


@vjp(sl.pinvh)
def pinvh_vjp(ct, out, a, atol=None, rtol=None, lower=True, *, check_finite=True):
    full = pseudo_inverse_pullback(ct, read_triangle(np.asarray(a), lower), out)
    return (given_to_triangle(full, lower),)


@jvp(sl.pinvh)
def pinvh_jvp(tangents, out, a, atol=None, rtol=None, lower=True, *, check_finite=True):
    whole = read_triangle(np.asarray(a), lower)
    return pseudo_inverse_pushforward(read_triangle(tangents[0], lower), whole, out)


# triangular systems

KINDS = {"N": 0, "T": 1, "C": 2}


def triangle(matrix, lower, unit):
    """The part of a matrix that a triangular solver reads."""
    offset = 1 if unit else 0
    return np.tril(matrix, -offset) if lower else np.triu(matrix, offset)


def turned(matrix, kind):
    """The matrix, its transpose or its conjugate transpose."""
    if kind == 0:
        return matrix
    return np.swapaxes(matrix, -1, -2) if kind == 1 else adjoint_of(matrix)


@vjp(sl.solve_triangular)
def solve_triangular_vjp(
    ct, out, a, b, trans=0, lower=False, *, unit_diagonal=False, check_finite=True
):
    kind = KINDS.get(trans, trans)
    options = {"lower": lower, "unit_diagonal": unit_diagonal}
    if kind == 1:
        ct_b = sl.solve_triangular(conjugated(a), ct, **options)
    else:
        ct_b = sl.solve_triangular(a, ct, trans=2 - kind, **options)
    ct_a = turned(-outer_sum(ct_b, out), kind)
    return triangle(ct_a, lower, unit_diagonal), ct_b


@jvp(sl.solve_triangular)
def solve_triangular_jvp(
    tangents, out, a, b, trans=0, lower=False, *, unit_diagonal=False, check_finite=True
):
    kind, right = KINDS.get(trans, trans), 0.0 if tangents[1] is None else tangents[1]
    if tangents[0] is not None:
        moved = turned(triangle(tangents[0], lower, unit_diagonal), kind)
        right = right - np.matmul(moved, out)
    return sl.solve_triangular(a, right, trans=kind, lower=lower, unit_diagonal=unit_diagonal)


# banded systems: row `u - d` of the storage holds the diagonal `d`, column by column


def shifted(row, by):
    """``row[j - by]`` along the first axis, with zeros from outside."""
    index = np.arange(np.shape(row)[0]) - by
    inside = (index >= 0) & (index < np.shape(row)[0])
    inside = np.reshape(inside, (-1,) + (1,) * (np.ndim(row) - 1))
    return np.where(inside, np.roll(row, by, axis=0), 0.0)


def summed_columns(x):
    return x if np.ndim(x) == 1 else np.sum(x, axis=tuple(range(1, np.ndim(x))))


def along(row, x):
    """`row` times every column of `x`."""
    return np.reshape(row, (-1,) + (1,) * (np.ndim(x) - 1)) * x


@vjp(sl.solve_banded)
def solve_banded_vjp(ct, out, l_and_u, ab, b, *, check_finite=True):
    below, above = l_and_u
    offsets = range(above, -below - 1, -1)
    turned_bands = [np.roll(conjugated(ab[above - d]), -d) for d in range(-below, above + 1)[::1]]
    ct_b = sl.solve_banded((above, below), np.stack(turned_bands), ct)
    ct_ab = np.stack([-summed_columns(shifted(ct_b, d) * conjugated(out)) for d in offsets])
    return None, ct_ab, ct_b


@jvp(sl.solve_banded)
def solve_banded_jvp(tangents, out, l_and_u, ab, b, *, check_finite=True):
    below, above = l_and_u
    right = np.zeros(np.shape(out)) if tangents[2] is None else tangents[2]
    if tangents[1] is not None:
        for d in range(-below, above + 1):
            right = right - shifted(along(tangents[1][above - d], out), -d)
    return sl.solve_banded(l_and_u, ab, right)


@vjp(sl.solveh_banded)
def solveh_banded_vjp(ct, out, ab, b, *, lower=False, check_finite=True):
    """Both triangles of the matrix come from one band."""
    count = np.shape(ab)[0]
    ct_b = sl.solveh_banded(ab, ct, lower=lower)
    rows = []
    for d in range(count) if lower else range(count)[::-1]:
        step = -d if lower else d
        direct = shifted(ct_b, step) * conjugated(out)
        mirrored = conjugated(ct_b) * shifted(out, step)
        rows.append(-summed_columns(np.real(direct) if d == 0 else direct + mirrored))
    return np.stack(rows), ct_b


@jvp(sl.solveh_banded)
def solveh_banded_jvp(tangents, out, ab, b, *, lower=False, check_finite=True):
    right = np.zeros(np.shape(out)) if tangents[1] is None else tangents[1]
    count = np.shape(ab)[0]
    if tangents[0] is not None:
        for d in range(count):
            band, step = tangents[0][d if lower else count - 1 - d], -d if lower else d
            right = right - (shifted(along(band, out), -step) if d else along(np.real(band), out))
            if d:
                right = right - along(conjugated(band), shifted(out, step))
    return sl.solveh_banded(ab, right, lower=lower)


@definition(sl.solve_toeplitz)
def solve_toeplitz(c_or_cr, b, check_finite=True):
    """By the whole matrix."""
    if isinstance(c_or_cr, tuple):
        return np.linalg.solve(sl.toeplitz(*c_or_cr), b)
    return np.linalg.solve(sl.toeplitz(c_or_cr), b)


@definition(sl.norm)
def norm(a, ord=None, axis=None, keepdims=False, check_finite=True):
    found = np.linalg.norm(a, ord, axis, keepdims)
    return float(found) if axis is None and not keepdims and is_by_blas(a, ord) else found


def is_by_blas(a, ord):
    """True if SciPy asks BLAS or LAPACK for the norm, which give a number of Python's."""
    a = np.asarray(a)
    if not a.size or a.dtype.char not in "fdFD":
        return False
    if a.ndim == 1:
        return ord in (None, 2)
    return a.ndim == 2 and ord in (1, np.inf) and (np.isfortran(a) or np.isfortran(a.T))


none(is_by_blas)


@covers(sl.lstsq)
def has_one_right_side(a, b, cond=None, **_options):
    """Not stacks of matrices."""
    return np.ndim(a) == 2


none(sl.bandwidth, sl.issymmetric, sl.ishermitian)
