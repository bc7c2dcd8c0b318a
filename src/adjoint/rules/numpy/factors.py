"""Rules of triangular factors: `numpy.linalg.qr` and `cholesky`.

Of a Hermitian matrix only the triangle that is read has a cotangent. Sources: S. Walter and L.
Lehmann, "Algorithmic differentiation of linear algebra functions" (2010); I. Murray,
"Differentiation of the Cholesky decomposition" (2016).
"""

import numpy as np

from adjoint.errors import MissingRule, NonDifferentiable
from adjoint.rules.numpy.spectra import (
    adjoint_of,
    diagonal_of,
    given_to_triangle,
    product,
    read_triangle,
)
from adjoint.rules.ruleset import covers, jvp, may_refuse, vjp


def require_full_rank(r):
    diagonal = np.absolute(diagonal_of(r))
    if np.any(np.min(diagonal, axis=-1) <= 1e-14 * np.max(diagonal, axis=-1)):
        raise NonDifferentiable(
            "the QR factors of a matrix whose columns are not independent have no derivative",
            instead="use np.linalg.svd, or pivoted columns that are independent",
        )


def upper_part(matrix):
    """What a change relative to R gives to R: the rest of it turns Q."""
    lower = np.tril(matrix, -1)
    diagonal = np.expand_dims(np.real(diagonal_of(matrix)), -1) * np.eye(matrix.shape[-1])
    return np.triu(matrix, 1) + adjoint_of(lower) + diagonal


def upper_part_transpose(ct):
    upper = np.triu(ct, 1)
    diagonal = np.expand_dims(np.real(diagonal_of(ct)), -1) * np.eye(ct.shape[-1])
    return upper + adjoint_of(upper) + diagonal


def divided_by(matrix, r):
    """``matrix @ inv(r)``."""
    return np.swapaxes(np.linalg.solve(np.swapaxes(r, -1, -2), np.swapaxes(matrix, -1, -2)), -1, -2)


def tall_pushforward(change, q, r):
    """The tangents of Q and R of a matrix with no more columns than rows."""
    relative = divided_by(change, r)
    moved = product(adjoint_of(q), relative)
    part = upper_part(moved)
    return relative - product(q, part), product(part, r)


def tall_pullback(ct_q, ct_r, q, r):
    ct_q = np.zeros_like(q) if ct_q is None else ct_q
    ct_part = -product(adjoint_of(q), ct_q)
    if ct_r is not None:
        ct_part = ct_part + product(ct_r, adjoint_of(r))
    ct_relative = ct_q + product(q, upper_part_transpose(ct_part))
    return divided_by(ct_relative, adjoint_of(r))


def qr_pushforward(change, q, r):
    """Columns beyond the number of rows of A follow Q: ``R2 = Q^H A2``."""
    count = q.shape[-1]
    require_full_rank(r[..., :count])
    change = np.asarray(change)
    d_q, d_r = tall_pushforward(change[..., :count], q, r[..., :count])
    if r.shape[-1] == count:
        return d_q, d_r
    rest = product(adjoint_of(q), change[..., count:] - product(d_q, r[..., count:]))
    return d_q, np.concatenate((d_r, rest), axis=-1)


def qr_pullback(ct_q, ct_r, q, r):
    count = q.shape[-1]
    require_full_rank(r[..., :count])
    if r.shape[-1] == count:
        return tall_pullback(ct_q, ct_r, q, r)
    if ct_r is None:
        square = tall_pullback(ct_q, None, q, r[..., :count])
        return np.concatenate((square, np.zeros_like(r[..., count:])), axis=-1)
    ct_rest = product(q, ct_r[..., count:])
    ct_q = (0.0 if ct_q is None else ct_q) - product(ct_rest, adjoint_of(r[..., count:]))
    square = tall_pullback(ct_q, ct_r[..., :count], q, r[..., :count])
    return np.concatenate((square, ct_rest), axis=-1)


def reduced(a, mode, out):
    """Q and R of the reduced factorisation, whatever was asked for."""
    if mode == "r":
        return np.linalg.qr(a)
    return out


@vjp(np.linalg.qr)
def qr_vjp(ct, out, a, mode="reduced"):
    cotangents = (None, ct) if mode == "r" else ct
    return (qr_pullback(*cotangents, *reduced(a, mode, out)),)


@jvp(np.linalg.qr)
def qr_jvp(tangents, out, a, mode="reduced"):
    d_q, d_r = qr_pushforward(tangents[0], *reduced(a, mode, out))
    return d_r if mode == "r" else (d_q, d_r)


@covers(np.linalg.qr)
def qr_covers(a, mode="reduced"):
    """Not all columns of Q of a tall matrix: those beyond its columns have a program."""
    if mode not in ("reduced", "r", "complete"):
        raise MissingRule(
            f"np.linalg.qr(..., mode={mode!r}) has no rule", instead='use mode="reduced"'
        )
    rows, columns = np.shape(a)[-2:]
    return mode != "complete" or rows <= columns


def lower_half(matrix):
    """The lower triangle, with half of the diagonal."""
    n = np.shape(matrix)[-1]
    return matrix * (np.tri(n) - 0.5 * np.eye(n))


def cholesky_pushforward(change, factor):
    """The tangent of L, where ``L L^H`` changes by the Hermitian `change`."""
    left = np.linalg.solve(factor, change)
    return product(factor, lower_half(adjoint_of(np.linalg.solve(factor, adjoint_of(left)))))


def cholesky_pullback(ct, factor):
    """The Hermitian cotangent of ``L L^H`` from that of L."""
    lower = lower_half(product(adjoint_of(factor), ct))
    left = np.linalg.solve(adjoint_of(factor), lower + adjoint_of(lower))
    return 0.5 * adjoint_of(np.linalg.solve(adjoint_of(factor), adjoint_of(left)))


@vjp(np.linalg.cholesky)
def cholesky_vjp(ct, out, a, /, *, upper=False):
    if upper:
        full = cholesky_pullback(adjoint_of(ct), adjoint_of(out))
    else:
        full = cholesky_pullback(ct, out)
    return (given_to_triangle(full, not upper),)


@jvp(np.linalg.cholesky)
def cholesky_jvp(tangents, out, a, /, *, upper=False):
    change = read_triangle(tangents[0], not upper)
    if upper:
        return adjoint_of(cholesky_pushforward(change, adjoint_of(out)))
    return cholesky_pushforward(change, out)


may_refuse(np.linalg.qr)
