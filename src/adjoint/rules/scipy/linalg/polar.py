"""Rules of the polar factors, ``A = U P``, and of `orthogonal_procrustes`.

They are smooth wherever A has full rank, whether singular values are equal or not: with
``dU = U W + (I - U U^H) dA P^-1`` the antisymmetric W solves ``P W + W P = U^H dA - dA^H U``
(N. Higham, "Functions of Matrices", 8).
"""

import numpy as np
import scipy.linalg as sl

from adjoint.errors import NonDifferentiable
from adjoint.rules.numpy.spectra import EQUAL, adjoint_of, product
from adjoint.rules.ruleset import covers, definition, jvp, may_refuse, none, vjp


def turn_of(p, right):
    """The antisymmetric solution of ``P W + W P = right``."""
    found = sl.solve_sylvester(p, p, right)
    return 0.5 * (found - adjoint_of(found))


def require_full_rank(p):
    values = np.linalg.eigvalsh(p)
    if values.size and values[0] <= EQUAL * len(p) * values[-1]:
        raise NonDifferentiable(
            "the unitary factor of a matrix without full rank has no derivative",
            instead="use scipy.linalg.sqrtm, or singular values alone",
        )


none(require_full_rank)


def outside(u, matrix):
    """The part of the columns that is orthogonal to those of U."""
    return matrix - product(u, adjoint_of(u), matrix)


@jvp(sl.polar)
def polar_jvp(tangents, out, a, side="right"):
    u, p = out
    require_full_rank(p)
    d_a = tangents[0]
    if side == "left":
        d_u, d_p = right_pushforward(adjoint_of(d_a), adjoint_of(u), p)
        return adjoint_of(d_u), d_p
    return right_pushforward(d_a, u, p)


def right_pushforward(d_a, u, p):
    moved = product(adjoint_of(u), d_a)
    turn = turn_of(p, moved - adjoint_of(moved))
    d_u = product(u, turn) + adjoint_of(np.linalg.solve(p, adjoint_of(outside(u, d_a))))
    return d_u, moved - product(turn, p)


@vjp(sl.polar)
def polar_vjp(ct, out, a, side="right"):
    u, p = out
    require_full_rank(p)
    ct_u = np.zeros_like(u) if ct[0] is None else ct[0]
    ct_p = np.zeros_like(p) if ct[1] is None else ct[1]
    if side == "left":
        return (adjoint_of(right_pullback(adjoint_of(ct_u), ct_p, adjoint_of(u), p)),)
    return (right_pullback(ct_u, ct_p, u, p),)


def right_pullback(ct_u, ct_p, u, p):
    ct_p = 0.5 * (ct_p + adjoint_of(ct_p))
    turn = 2.0 * turn_of(p, product(adjoint_of(u), ct_u) - product(ct_p, p))
    beside = adjoint_of(np.linalg.solve(p, adjoint_of(outside(u, ct_u))))
    return product(u, ct_p + turn) + beside


@covers(sl.polar)
def has_orthonormal_columns(a, side="right"):
    if np.ndim(a) != 2:
        return False
    rows, columns = np.shape(a)
    return rows >= columns if side == "right" else rows <= columns


may_refuse(sl.polar)


@definition(sl.orthogonal_procrustes)
def orthogonal_procrustes(A, B, check_finite=True):
    """The unitary factor of the product, and the sum of its singular values."""
    u, p = sl.polar(np.transpose(np.transpose(np.asarray(B)) @ np.conj(np.asarray(A))))
    return u, np.real(np.trace(p))
