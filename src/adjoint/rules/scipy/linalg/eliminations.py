"""Rules of factors made by elimination, as programs: `hessenberg`, `ldl`, `qr_update` and its kin.

What LAPACK chooses (pivots, scalings by powers of two, signs) is constant: it is read from
LAPACK's own result, and the factors are computed again with it.
"""

import numpy as np
import scipy.linalg as sl

from adjoint.errors import MissingRule
from adjoint.rules.numpy.reflections import apply_left, apply_right, reflected
from adjoint.rules.numpy.spectra import adjoint_of
from adjoint.rules.ruleset import definition, none


@definition(sl.hessenberg)
def hessenberg(a, calc_q=False, overwrite_a=False, check_finite=True):
    """By Householder's reflections."""
    h = np.array(a)
    q = np.eye(len(h), dtype=h.dtype)
    for column in range(len(h) - 1):
        found = reflected(h, column + 1, column)
        if found is not None:
            apply_left(*found, h, column + 1)
            apply_right(*found, h, column + 1)
            apply_right(*found, q, column + 1)
    h = np.triu(h, -1)
    return (h, q) if calc_q else h


def pivoted_blocks(a, lower, hermitian):
    """The order of LAPACK's pivots, and the ranges of the blocks on the diagonal."""
    _, d, order = sl.ldl(a, lower, hermitian)
    found, begin = [], 0
    while begin < len(d):
        paired = begin + 1 < len(d) and (d[begin + 1, begin] != 0 or d[begin, begin + 1] != 0)
        found.append((begin, begin + 2 if paired else begin + 1))
        begin = found[-1][1]
    return order, found


none(pivoted_blocks)


@definition(sl.ldl)
def ldl(A, lower=True, hermitian=True, overwrite_a=False, check_finite=True):
    """By elimination of blocks of one or two rows; of the upper triangle, from the last one."""
    a = np.atleast_2d(A)
    order, blocks = pivoted_blocks(a, lower, hermitian)
    turned = adjoint_of if hermitian else np.transpose
    triangle = np.tril(a) if lower else np.triu(a)
    inside = np.diag(np.real(np.diagonal(a)) if hermitian else np.diagonal(a))
    strict = triangle - np.diag(np.diagonal(a))
    rest = (strict + turned(strict) + inside)[order][:, order]
    count = len(a)
    factor, middle = np.eye(count, dtype=rest.dtype), np.zeros_like(rest)
    for begin, end in blocks if lower else blocks[::-1]:
        block = rest[begin:end, begin:end].copy()
        middle[begin:end, begin:end] = block
        others = slice(end, count) if lower else slice(0, begin)
        gains = rest[others, begin:end] @ np.linalg.inv(block)
        factor[others, begin:end] = gains
        rest[others, others] -= gains @ rest[begin:end, others]
    return factor[np.argsort(order)], middle, order


def balancing(A, permute, scale, separate):
    return sl.matrix_balance(A, permute, scale, separate)[1]


none(balancing)


@definition(sl.matrix_balance)
def matrix_balance(A, permute=True, scale=True, separate=False, overwrite_a=False):
    """Scales by powers of two and exchanges of rows are constant."""
    a = np.asarray(A)
    found = balancing(a, permute, scale, separate)
    if separate:
        scales, order = found
        whole = np.eye(len(scales))[:, order] * scales
    else:
        whole = found
    return np.linalg.solve(whole, a @ whole), found


def updated(name, *args):
    """What SciPy's update of factors gives, for its signs."""
    return getattr(sl, name)(*args)[0]


none(updated)


def factored_like(matrix, known):
    """Q and R of a matrix, with the signs of a known Q, which has all columns or as many as R."""
    rows, columns = matrix.shape
    extra = known.shape[1] - min(rows, columns)
    if extra > 1 or np.iscomplexobj(matrix):
        raise MissingRule(
            "the update of complex factors, or of a Q with more than one extra column, has no rule",
            instead='update factors of qr(a, mode="economic"), or factor the new matrix',
        )
    factors = sl.qr(matrix, mode="full" if extra else "economic")
    q, r = factors[0], factors[-1]
    signs = np.sign(np.sum(q * known, axis=0))
    return q * signs, np.reshape(signs, (-1, 1)) * r


@definition(sl.qr_update)
def qr_update(Q, R, u, v, overwrite_qruv=False, check_finite=True):
    """The factors of ``Q R + u v^T``."""
    u, v = np.asarray(u), np.asarray(v)
    change = np.outer(u, v) if u.ndim == 1 else u @ np.transpose(v)
    return factored_like(Q @ R + change, updated("qr_update", Q, R, u, v))


@definition(sl.qr_insert)
def qr_insert(Q, R, u, k, which="row", rcond=None, overwrite_qru=False, check_finite=True):
    """The factors with rows or columns `u` put in before place `k`."""
    lines, place = np.asarray(u), int(k)
    matrix = Q @ R
    known = updated("qr_insert", Q, R, lines, place, which)
    if which == "row":
        parts = matrix[:place], np.reshape(lines, (-1, matrix.shape[1])), matrix[place:]
        return factored_like(np.concatenate(parts), known)
    parts = matrix[:, :place], np.reshape(lines, (len(matrix), -1)), matrix[:, place:]
    return factored_like(np.concatenate(parts, axis=1), known)


@definition(sl.qr_delete)
def qr_delete(Q, R, k, p=1, which="row", overwrite_qr=False, check_finite=True):
    """The factors without `p` rows or columns from place `k` on."""
    matrix, place = Q @ R, int(k)
    known = updated("qr_delete", Q, R, place, p, which)
    if which == "row":
        kept = np.concatenate((matrix[:place], matrix[place + p :]))
    else:
        kept = np.concatenate((matrix[:, :place], matrix[:, place + p :]), axis=1)
    return factored_like(kept, known)
