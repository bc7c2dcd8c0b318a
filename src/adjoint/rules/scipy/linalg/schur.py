"""Rules of the Schur form, ``A = Z T Z^H``, and of what is computed from it: `signm` and `funm`.

A change of A turns Z by an antisymmetric matrix W, ``dZ = Z W``, so that
``Z^H dA Z - W T + T W = dT`` keeps the shape of T. Below the blocks on the diagonal that is one
Sylvester equation for each column of blocks, from left to right; LAPACK makes the two diagonal
entries of a block of a complex pair equal, which determines the turn inside it. The columns
of a complex Schur form have any phase: what depends on it is refused.
"""

import numpy as np
import scipy.linalg as sl

from adjoint.errors import NonDifferentiable
from adjoint.rules.numpy.spectra import EQUAL, VANISHING, adjoint_of, product
from adjoint.rules.ruleset import definition, jvp, may_refuse, none, vjp


def blocks_of(t):
    """The ranges (begin, end) of the blocks on the diagonal of a quasi-triangular matrix."""
    found, begin = [], 0
    while begin < len(t):
        end = begin + 2 if begin + 1 < len(t) and t[begin + 1, begin] != 0 else begin + 1
        found.append((begin, end))
        begin = end
    return found


def shape_of(t):
    """1 where T may be different from zero, 0 below its blocks."""
    mask = np.triu(np.ones(t.shape))
    for begin, end in blocks_of(t):
        mask[begin:end, begin:end] = 1.0
    return mask


def solve_column(left, block, right, size):
    """X of ``X block - left X = right``; singular where the two share an eigenvalue.

    `size` is that of the matrix, of which rounding is a part.
    """
    count, width = right.shape
    require_apart(np.linalg.eigvals(left), np.linalg.eigvals(block), size)
    system = np.kron(np.eye(count), block.T) - np.kron(left, np.eye(width))
    return np.reshape(np.linalg.solve(system, np.reshape(right, -1)), right.shape)


def require_apart(values, others, size):
    nearest = np.min(np.abs(np.reshape(values, (-1, 1)) - others))
    if nearest <= EQUAL * (len(values) + len(others)) * size:
        raise NonDifferentiable(
            "the Schur form of a matrix with equal eigenvalues has no derivative",
            instead="use a function that does not depend on the order of the eigenvalues",
        )


none(require_apart)


def turn_below_blocks(moved, t):
    """The part below the blocks of the antisymmetric turn that keeps the shape of T."""
    turn, size = np.zeros(t.shape, np.result_type(moved, t)), np.max(np.abs(t))
    for begin, end in blocks_of(t)[:-1]:
        right = moved[end:, begin:end] - product(turn[end:, :begin], t[:begin, begin:end])
        turn[end:, begin:end] = solve_column(t[end:, end:], t[begin:end, begin:end], right, size)
    return turn


def cotangent_of_turned(ct_turn, t):
    """The transpose of `turn_below_blocks`."""
    ct_turn, ct_moved = ct_turn.copy(), np.zeros(t.shape, ct_turn.dtype)
    size = np.max(np.abs(t))
    for begin, end in blocks_of(t)[:-1][::-1]:
        left, block = adjoint_of(t[end:, end:]), adjoint_of(t[begin:end, begin:end])
        found = solve_column(left, block, ct_turn[end:, begin:end], size)
        ct_moved[end:, begin:end] = found
        spent = product(found, adjoint_of(t[:begin, begin:end]))
        ct_turn[end:, :begin] = ct_turn[end:, :begin] - spent
    return ct_moved


def pairs_of(t):
    """The first row of each block of a complex pair, and the sum of its two other entries."""
    found = []
    for begin, end in blocks_of(t):
        if end - begin == 2:
            values = np.linalg.eigvals(t[begin:end, begin:end])
            require_apart(values[:1], values[1:], np.max(np.abs(t)))  # a pair by rounding alone
            found.append((begin, t[begin, end - 1] + t[end - 1, begin]))
    return found


def is_round(t, row, stretch):
    """True of a pair that only turns its plane: any basis of the plane gives the same block."""
    return np.abs(stretch) <= EQUAL * np.abs(t[row, row + 1])


def unknown_basis():
    return NonDifferentiable(
        "the result depends on the phase or basis that the Schur form of this matrix has by chance",
        instead='use what does not depend on it, the form output="real", or linalg.eig',
    )


@jvp(sl.schur)
def schur_jvp(tangents, out, a, output="real", lwork=None, *, sort=None, check_finite=True):
    t, z = out[:2]
    if np.iscomplexobj(t):
        raise unknown_basis()
    moved = product(adjoint_of(z), tangents[0], z)
    below = turn_below_blocks(moved, t)
    turn = below - adjoint_of(below)
    change = moved - product(turn, t) + product(t, turn)
    for row, stretch in pairs_of(t):
        if is_round(t, row, stretch):
            raise unknown_basis()
        angle = 0.5 * (change[row + 1, row + 1] - change[row, row]) / stretch
        inner = np.zeros(t.shape)
        inner[row + 1, row], inner[row, row + 1] = angle, -angle
        turn = turn + inner
        change = change - product(inner, t) + product(t, inner)
    pushed = change * shape_of(t), product(z, turn)
    return pushed if sort is None else (*pushed, None)


@vjp(sl.schur)
def schur_vjp(ct, out, a, output="real", lwork=None, *, sort=None, check_finite=True):
    t, z = out[:2]
    ct_change = np.zeros(t.shape) if ct[0] is None else ct[0] * shape_of(t)
    ct_turn = product(adjoint_of(t), ct_change) - product(ct_change, adjoint_of(t))
    if ct[1] is not None:
        ct_turn = ct_turn + product(adjoint_of(z), ct[1])
    ct_change = ct_change + np.zeros(t.shape, ct_turn.dtype)
    if np.iscomplexobj(t):
        require_no_phase(ct_turn)
    for row, stretch in pairs_of(t):
        add_turn_of_pair(ct_change, ct_turn, t, row, stretch)
    below = (np.tril(ct_turn, -1) - np.tril(adjoint_of(ct_turn), -1)) * (1.0 - shape_of(t))
    ct_moved = ct_change + cotangent_of_turned(below, t)
    return (product(z, ct_moved, adjoint_of(z)),)


def add_turn_of_pair(ct_change, ct_turn, t, row, stretch):
    """Hand on, in place, the cotangent of the angle by which the basis of a pair turns.

    The angle is a multiple of the difference of the two diagonal entries of the change, which are
    made of the change of A and of the turns below the blocks.
    """
    if is_round(t, row, stretch):
        inside = ct_turn[row : row + 2, row : row + 2]
        if np.any(np.abs(inside) > VANISHING * (1e-30 + np.max(np.abs(ct_turn)))):
            raise unknown_basis()
        return
    given = 0.5 * (ct_turn[row + 1, row] - ct_turn[row, row + 1]) / stretch
    inner = np.zeros(t.shape)
    inner[row + 1, row + 1], inner[row, row] = given, -given
    ct_change += inner
    ct_turn += product(adjoint_of(t), inner) - product(inner, adjoint_of(t))


def require_no_phase(ct_turn):
    size = VANISHING * (1e-30 + np.max(np.abs(ct_turn), initial=0.0))
    if np.any(np.abs(np.imag(np.diagonal(ct_turn))) > size):
        raise unknown_basis()


may_refuse(sl.schur)


def exact_sign(sign):
    """One step of Newton's method: what SciPy computes may have lost digits."""
    return 0.5 * (sign + np.linalg.inv(sign))


@jvp(sl.signm)
def signm_jvp(tangents, out, A):
    """``S^2 = 1`` and ``S A = A S``: a Sylvester equation with ``N = S A``."""
    sign = exact_sign(out)
    size = product(sign, A)
    return sl.solve_sylvester(size, size, tangents[0] - product(sign, tangents[0], sign))


@vjp(sl.signm)
def signm_vjp(ct, out, A):
    sign = adjoint_of(exact_sign(out))
    size = product(adjoint_of(A), sign)
    inner = sl.solve_sylvester(size, size, ct)
    return (inner - product(sign, inner, sign),)


@definition(sl.funm)
def funm(A, func, disp=True):
    """By eigenvectors: ``V func(w) V^-1``; refused where there is no full set of them."""
    matrix = np.asarray(A)
    values, vectors = np.linalg.eig(matrix)
    found = product(vectors * func(values), np.linalg.inv(vectors))
    if not np.iscomplexobj(matrix):
        size = np.max(np.abs(found), initial=0.0)
        found = np.real(found) if np.all(np.abs(np.imag(found)) <= 1e-9 * size) else found
    return found if disp is True else (found, 0.0)
