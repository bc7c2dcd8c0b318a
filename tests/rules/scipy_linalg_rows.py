"""Rows of the table for `scipy.linalg`."""

import numpy as np
import scipy.linalg as sl
from drawing import R, near, spd
from linear_algebra_rows import COMPLEX, HERMITIAN, ROTATION, SQUARE, STACK, TALL

UPPER = np.triu(SQUARE) + near(0.1, 3, 3)
BANDS = np.array([[0.3, 0.4, -0.5, 0.2], [4.0, -5.0, 6.0, 4.5], [0.6, -0.3, 0.2, 0.7]])
POSITIVE_BANDS = np.array([[0.3, 0.4, -0.5, 0.2], [4.0, 5.0, 6.0, 4.5]])
STABLE = SQUARE / 10.0
WIDE = R(2, 4)
# Far from where LAPACK gives an eigenvector the other sign.
SEPARATED = np.array([[20.0, 3.0, -4.0], [3.0, -10.0, 5.0], [-4.0, 5.0, 40.0]])

SCIPY_LINEAR_ALGEBRA = {
    sl.solve: [
        (SQUARE, R(3)),
        (SQUARE, R(3, 2), {"transposed": True}),
        (SQUARE, R(3), {"assume_a": "sym"}),
        (SQUARE, R(3), True, {"assume_a": "sym"}),
        (spd(3), R(3, 2), {"assume_a": "pos"}),
        (HERMITIAN, R(3), {"assume_a": "her"}),
        (UPPER, R(3), {"assume_a": "upper triangular"}),
        (COMPLEX, R(3)),
    ],
    sl.inv: [(SQUARE,), (STACK,), (COMPLEX,), (SQUARE, {"assume_a": "sym"})],
    sl.det: [(SQUARE,), (STACK,), (COMPLEX,)],
    sl.lstsq: [(TALL, R(4)), (TALL, R(4, 2)), (TALL.T.copy(), R(2))],
    sl.polar: [
        (SQUARE,),
        (TALL,),
        (WIDE, "left"),
        (COMPLEX,),
        (np.eye(3) + 0.3j * np.eye(3)[::-1], "left"),
        (np.eye(3),),  # equal singular values
    ],
    sl.pinv: [(TALL,), (TALL.T.copy(),)],
    sl.pinvh: [(SQUARE,), (SQUARE, {"lower": False}), (HERMITIAN,)],
    sl.solve_triangular: [
        (UPPER, R(3)),
        (UPPER, R(3, 2), 1),
        (UPPER.T.copy(), R(3), "T", True),
        (UPPER, R(3), {"unit_diagonal": True}),
        (UPPER + 0.3j, R(3), 1),
        (UPPER + 0.3j, R(3), "C"),
        (UPPER + 0.3j, R(3), 0),
    ],
    sl.solve_banded: [
        ((1, 1), BANDS, R(4)),
        ((1, 1), BANDS, R(4, 2)),
        ((0, 2), BANDS[[2, 0, 1]], R(4)),
        ((2, 0), BANDS[[1, 0, 2]], R(4)),
    ],
    sl.solveh_banded: [
        (POSITIVE_BANDS, R(4)),
        (POSITIVE_BANDS[::-1].copy(), R(4, 2), {"lower": True}),
        (POSITIVE_BANDS + 0.2j * np.array([[1.0], [0.0]]), R(4)),
    ],
    sl.cholesky: [(spd(3),), (spd(3), True), (HERMITIAN @ HERMITIAN.conj().T,)],
    sl.cho_factor: [(spd(3),), (spd(3), True)],
    sl.lu: [
        (SQUARE,),
        (SQUARE[::-1].copy(), {"permute_l": True}),
        (ROTATION, {"p_indices": True}),
    ],
    sl.lu_factor: [(SQUARE,), (ROTATION[::-1].copy(),), (COMPLEX,)],
    sl.qr: [
        (TALL, {"mode": "economic"}),
        (SQUARE,),
        (TALL, {"mode": "r"}),
        (WIDE,),
        (TALL[:, ::-1].copy(), {"mode": "economic", "pivoting": True}),
        (WIDE, {"mode": "r", "pivoting": True}),
    ],
    sl.eigh: [  # by drivers whose vectors keep their signs from one matrix to the next
        (SEPARATED, {"driver": "ev"}),
        (SQUARE, spd(3)),
        (HERMITIAN, {"driver": "ev"}),
        (SQUARE, spd(3), {"lower": False}),
        (SEPARATED, {"subset_by_index": [1, 2], "driver": "evx"}),
        (SQUARE, spd(3), {"subset_by_index": [0, 1], "eigvals_only": True}),
        (SQUARE, {"eigvals_only": True}),
    ],
    sl.eigvalsh: [(SQUARE,), (SQUARE, spd(3)), (SQUARE, {"subset_by_index": [0, 0]})],
    sl.eig: [(SQUARE,), (ROTATION,)],
    sl.eigvals: [(SQUARE,), (ROTATION,)],
    sl.svd: [(TALL, {"full_matrices": False}), (SQUARE,), (TALL, {"compute_uv": False})],
    sl.svdvals: [(TALL,)],
    sl.eigh_tridiagonal: [(R(4), R(3)), (R(4), R(3), {"eigvals_only": True})],
    sl.eigvalsh_tridiagonal: [(R(4), R(3))],
    sl.expm: [(SQUARE,), (STACK,), (COMPLEX,), (np.zeros((2, 2)),)],
    sl.logm: [(spd(3),), (np.eye(2),)],
    sl.sqrtm: [(spd(3),), (np.eye(2),)],
    sl.signm: [(SQUARE,), (COMPLEX + np.diag([5.0, -5.0, 6.0]),)],
    sl.schur: [(SQUARE,), (ROTATION + SQUARE,), (SQUARE, {"sort": "rhp"})],
    sl.fractional_matrix_power: [(spd(3), 0.3)],
    sl.solve_sylvester: [
        (spd(3), spd(2), R(3, 2)),
        (COMPLEX + 5.0 * np.eye(3), COMPLEX + 3.0 * np.eye(3), R(3, 3)),
    ],
    sl.solve_continuous_lyapunov: [(SQUARE - 5.0 * np.eye(3), R(3, 3))],
    sl.solve_discrete_lyapunov: [(STABLE, R(3, 3)), (STABLE + 0.1j, R(3, 3))],
    sl.solve_continuous_are: [],  # SciPy wants symmetric weights; see test_riccati
    sl.solve_discrete_are: [],
}
