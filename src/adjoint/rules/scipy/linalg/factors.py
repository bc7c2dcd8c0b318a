"""Rules of triangular and orthogonal factors: `cholesky`, `cho_factor`, `lu`, `qr`, and their use.

Pivots are integers that change by steps: the factors of the permuted matrix are differentiated.
"""

import numpy as np
import scipy.linalg as sl

from adjoint.errors import MissingRule, NonDifferentiable
from adjoint.rules.numpy.factors import (
    cholesky_pullback,
    cholesky_pushforward,
    qr_pullback,
    qr_pushforward,
)
from adjoint.rules.numpy.reflections import whole_qr
from adjoint.rules.numpy.spectra import adjoint_of, given_to_triangle, product, read_triangle
from adjoint.rules.ruleset import covers, definition, jvp, may_refuse, none, vjp


@vjp(sl.cholesky)
def cholesky_vjp(ct, out, a, lower=False, *, check_finite=True):
    if lower:
        return (given_to_triangle(cholesky_pullback(ct, out), True),)
    return (given_to_triangle(cholesky_pullback(adjoint_of(ct), adjoint_of(out)), False),)


@jvp(sl.cholesky)
def cholesky_jvp(tangents, out, a, lower=False, *, check_finite=True):
    change = read_triangle(tangents[0], lower)
    if lower:
        return cholesky_pushforward(change, out)
    return adjoint_of(cholesky_pushforward(change, adjoint_of(out)))


# What the other triangle of `cho_factor` holds: what `a` held; since SciPy 1.18, zeros.
KEEPS_REST = float(sl.cho_factor(np.array([[2.0, 1.0], [1.0, 2.0]]))[0][1, 0])


def halves(matrix, lower):
    """The triangle that holds the factor, and the other one."""
    return (
        (np.tril(matrix), np.triu(matrix, 1)) if lower else (np.triu(matrix), np.tril(matrix, -1))
    )


@vjp(sl.cho_factor)
def cho_factor_vjp(ct, out, a, lower=False, *, check_finite=True):
    ct_factor, ct_rest = halves(ct[0], lower)
    factor, _ = halves(out[0], lower)
    return (cholesky_vjp(ct_factor, factor, a, lower)[0] + KEEPS_REST * ct_rest,)


@jvp(sl.cho_factor)
def cho_factor_jvp(tangents, out, a, lower=False, *, check_finite=True):
    factor, _ = halves(out[0], lower)
    rest = KEEPS_REST * halves(tangents[0], lower)[1]
    return cholesky_jvp(tangents, factor, a, lower) + rest, None


@definition(sl.cho_solve)
def cho_solve(c_and_lower, b, check_finite=True):
    """Two triangular systems."""
    factor, lower = c_and_lower
    first, second = (0, 2) if lower else (2, 0)
    half = sl.solve_triangular(factor, b, trans=first, lower=lower)
    return sl.solve_triangular(factor, half, trans=second, lower=lower)


def dividing(upper):
    """The square part of U as what is divided by: a last pivot is not, so it may be zero."""
    square = upper[:, : len(upper)]
    is_zero = np.diagonal(square) == 0.0
    if np.any(is_zero[:-1]):
        raise NonDifferentiable(
            "the factors of a matrix whose first columns are linearly dependent have no derivative",
            instead="factor a matrix whose rank is that of its first columns",
        )
    last = np.arange(len(upper)) == len(upper) - 1
    return square + np.diag(np.where(is_zero & last, 1.0, 0.0))


def lu_pushforward(change, lower, upper):
    """The tangents of L and U of a matrix whose rows are permuted already."""
    change = np.linalg.solve(lower, change)
    square = change[:, : len(upper)]
    relative = np.tril(np.linalg.solve(dividing(upper).T, square.T).T, -1)
    return product(lower, relative), change - product(relative, upper)


def lu_pullback(ct_lower, ct_upper, lower, upper):
    ct_change = np.zeros_like(upper) if ct_upper is None else np.triu(ct_upper)
    inner = -product(ct_change, adjoint_of(upper))
    if ct_lower is not None:
        inner = inner + product(adjoint_of(lower), ct_lower)
    divided = adjoint_of(np.linalg.solve(dividing(upper), adjoint_of(np.tril(inner, -1))))
    rest = np.zeros((len(upper), upper.shape[1] - len(upper)))
    ct_change = ct_change + np.concatenate((divided, rest), axis=1)
    return np.linalg.solve(adjoint_of(lower), ct_change)


def row_order(pivots):
    """The order of the rows that exchanges of row `i` with row ``pivots[i]`` lead to."""
    order = list(range(len(pivots)))
    for row, other in enumerate(pivots):
        order[row], order[other] = order[other], order[row]
    return np.array(order, int)


def parts(lu):
    return np.tril(lu, -1) + np.eye(lu.shape[-1]), np.triu(lu)


@vjp(sl.lu_factor)
def lu_factor_vjp(ct, out, a, *, check_finite=True):
    packed, pivots = out
    ct_permuted = lu_pullback(np.tril(ct[0], -1), np.triu(ct[0]), *parts(packed))
    return (ct_permuted[np.argsort(row_order(pivots))],)


@jvp(sl.lu_factor)
def lu_factor_jvp(tangents, out, a, *, check_finite=True):
    packed, pivots = out
    d_lower, d_upper = lu_pushforward(np.asarray(tangents[0])[row_order(pivots)], *parts(packed))
    return d_lower + d_upper, None


@definition(sl.lu_solve)
def lu_solve(lu_and_piv, b, trans=0, check_finite=True):
    """Two triangular systems, and the exchange of rows."""
    packed, pivots = lu_and_piv
    order = row_order(pivots)
    if trans == 0:
        half = sl.solve_triangular(packed, b[order], lower=True, unit_diagonal=True)
        return sl.solve_triangular(packed, half)
    half = sl.solve_triangular(packed, b, trans=trans)
    found = sl.solve_triangular(packed, half, trans=trans, lower=True, unit_diagonal=True)
    return found[np.argsort(order)]


@vjp(sl.lu)
def lu_vjp(ct, out, a, permute_l=False, *, check_finite=True, p_indices=False):
    order, lower, upper = permuted(out, permute_l, p_indices)
    ct_lower = ct[0] if permute_l else ct[1]
    if permute_l and ct_lower is not None:
        ct_lower = ct_lower[order]
    return (lu_pullback(ct_lower, ct[-1], lower, upper)[np.argsort(order)],)


@jvp(sl.lu)
def lu_jvp(tangents, out, a, permute_l=False, *, check_finite=True, p_indices=False):
    order, lower, upper = permuted(out, permute_l, p_indices)
    d_lower, d_upper = lu_pushforward(np.asarray(tangents[0])[order], lower, upper)
    if permute_l:
        return d_lower[np.argsort(order)], d_upper
    return None if p_indices else np.zeros_like(out[0]), d_lower, d_upper


def permuted(out, permute_l, p_indices):
    """The order of the rows of the matrix, L and U."""
    if permute_l:
        order = order_of_rows(out[0])
        return order, out[0][order], out[1]
    if p_indices:
        return np.argsort(out[0]), out[1], out[2]
    return np.argmax(out[0], axis=0), out[1], out[2]


def order_of_rows(permuted_lower):
    """The order that makes L lower triangular again: by the last entry that is not zero."""
    count = permuted_lower.shape[-1]
    last = count - 1 - np.argmax(np.flip(permuted_lower != 0, axis=-1), axis=-1)
    return np.argsort(last, kind="stable")


@covers(sl.lu)
def is_square_or_wide(a, *_args, **_options):
    return np.ndim(a) == 2 and np.shape(a)[0] <= np.shape(a)[1]


@covers(sl.lu_factor)
def is_square(a, *_args, **_options):
    return np.ndim(a) == 2 and np.shape(a)[0] == np.shape(a)[1]


def unpacked(out, a, mode, pivoting):
    """Q and R, and the order of the columns."""
    order = out[-1] if pivoting else np.arange(np.shape(a)[1])
    if mode == "r":
        q = sl.qr(np.asarray(a)[:, order], mode="economic")[0]
        rows = min(np.shape(a))
        return q, out[0][:rows], order
    return out[0], out[1], order


@vjp(sl.qr)
def qr_vjp(ct, out, a, lwork=None, mode="full", pivoting=False, check_finite=True):
    q, r, order = unpacked(out, a, mode, pivoting)
    if mode == "r":
        ct_q, ct_r = None, ct[0][: np.shape(r)[0]]
    else:
        ct_q, ct_r = ct[:2]
    return (qr_pullback(ct_q, ct_r, q, r)[:, np.argsort(order)],)


@jvp(sl.qr)
def qr_jvp(tangents, out, a, lwork=None, mode="full", pivoting=False, check_finite=True):
    q, r, order = unpacked(out, a, mode, pivoting)
    d_q, d_r = qr_pushforward(np.asarray(tangents[0])[:, order], q, r)
    if mode == "r":
        rest = np.zeros((np.shape(out[0])[0] - np.shape(r)[0], np.shape(r)[1]))
        found = (np.concatenate((d_r, rest)),)
    else:
        found = (d_q, d_r)
    return (*found, None) if pivoting else found


@covers(sl.qr)
def qr_covers(a, lwork=None, mode="full", pivoting=False, check_finite=True):
    """Not the full Q of a tall matrix: its last columns have a program."""
    rows, columns = np.shape(a)[-2:]
    return np.ndim(a) == 2 and (mode in ("economic", "r") or (mode == "full" and rows <= columns))


@definition(sl.qr)
def tall_qr(a, overwrite_a=False, lwork=None, mode="full", pivoting=False, check_finite=True):
    matrix = np.asarray(a)
    if mode == "raw" or matrix.ndim != 2:
        raise MissingRule(
            f"qr(..., mode={mode!r}) of an array of {matrix.ndim} axes has no rule",
            instead='use mode="economic" and one matrix at a time',
        )
    if not pivoting:
        return whole_qr(matrix)
    order = pivots_of(matrix)
    return (*whole_qr(matrix[:, order]), order)


def pivots_of(matrix):
    return sl.qr(matrix, mode="r", pivoting=True)[1]


none(pivots_of)
may_refuse(sl.qr, sl.lu, sl.lu_factor)
