"""Orthogonal factors by Householder's reflections, as LAPACK makes them: programs to be followed.

All columns of Q are determined by the matrix in this way, also those beyond its columns. Source:
G. Golub and C. Van Loan, "Matrix Computations", 5.1, with the signs of LAPACK's ``larfg``.
"""

import numpy as np

from adjoint.errors import NonDifferentiable
from adjoint.rules.ruleset import definition


def reflected(h, rows, column):
    """The vector v and factor tau of ``1 - tau v v^H``, whose adjoint clears a column below a row.

    None where LAPACK leaves the column as it is.
    """
    first, rest = h[rows, column], h[rows + 1 :, column]
    if not np.any(rest) and np.imag(first) == 0:
        if rest.size:
            raise NonDifferentiable(
                "orthogonal factors change by a jump where a column is zero below the diagonal",
                instead="use the factors of reduced form, or leave out what is zero already",
            )
        return None
    length = np.sqrt(np.real(first) ** 2 + np.imag(first) ** 2 + np.sum(np.abs(rest) ** 2))
    beta = -length if np.real(first) >= 0 else length
    tau = (beta - first) / beta
    return np.concatenate([np.ones(1, h.dtype), rest / (first - beta)]), tau


def apply_left(v, tau, h, rows):
    """``(1 - tau v v^H)^H`` from the left, in place."""
    h[rows:] -= np.conj(tau) * np.outer(v, np.conj(v) @ h[rows:])


def apply_right(v, tau, h, rows):
    """``1 - tau v v^H`` from the right, in place."""
    h[:, rows:] -= tau * np.outer(h[:, rows:] @ v, np.conj(v))


def whole_qr(a):
    """Q with all its columns, and R with all its rows, of a matrix."""
    r = np.array(a)
    rows, columns = r.shape
    q = np.eye(rows, dtype=r.dtype)
    for column in range(min(rows, columns)):
        found = reflected(r, column, column)
        if found is not None:
            apply_left(*found, r, column)
            apply_right(*found, q, column)
    return q, np.triu(r)


@definition(np.linalg.qr)
def complete_qr(a, mode="complete"):
    """The factors of a tall matrix, or of a stack of them."""
    array = np.asarray(a)
    if array.ndim == 2:
        return whole_qr(array)
    stack = np.reshape(array, (-1, *array.shape[-2:]))
    pairs = [whole_qr(each) for each in stack]
    q, r = (np.stack([pair[side] for pair in pairs]) for side in (0, 1))
    before = array.shape[:-2]
    return np.reshape(q, before + q.shape[1:]), np.reshape(r, before + r.shape[1:])
