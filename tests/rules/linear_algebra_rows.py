"""Rows of the table for `numpy.linalg` and products of matrices."""

import numpy as np
from drawing import C, R, near, spd

from adjoint.rules.numpy.linear_algebra import cofactors

SQUARE = np.diag([1.0, -2.0, 4.0]) + near(0.3, 3, 3)
TALL = np.array([[3.0, 0.2], [0.1, 1.0], [0.5, -0.4], [0.3, 0.6]]) + near(0.1, 4, 2)
ROTATION = np.array([[0.3, -2.0, 0.2], [1.5, 0.1, 0.4], [0.3, -0.2, 1.9]])  # complex eigenvalues
COMPLEX = SQUARE + 1j * near(0.5, 3, 3)
HERMITIAN = COMPLEX + COMPLEX.conj().T
STACK = np.stack([SQUARE, SQUARE.T + np.eye(3)])

LINEAR_ALGEBRA = {
    np.linalg.norm: [
        (R(3),),
        (R(2, 3),),
        (R(2, 3), {"axis": 1}),
        (R(3), 1),
        (R(3), {"ord": np.inf}),
        (R(3), {"ord": -np.inf}),
        (R(3), 3),
        (R(2, 3), "fro"),
        (R(2, 3), {"axis": 0, "keepdims": True}),
        (C(3),),
    ],
    np.linalg.inv: [(R(3, 3),), (R(2, 3, 3),), (C(2, 2),)],
    np.linalg.solve: [
        (R(3, 3), R(3)),
        (R(3, 3), R(3, 2)),
        (R(2, 3, 3), R(3, 2)),
        (STACK, np.array([1.3, -0.4, 0.8])),
        (C(2, 2), C(2, 1)),
        (C(2, 2), C(2)),
    ],
    np.linalg.det: [
        (R(1, 1),),
        (R(2, 2),),
        (R(4, 4),),
        (R(2, 3, 3),),
        (np.ones((3, 3)),),
        (C(3, 3),),
    ],
    np.linalg.slogdet: [(R(3, 3),), (R(2, 3, 3),)],
    cofactors: [
        (np.stack([np.outer([1.0, 2, 3], [1, -1, 2])] * 2),),
        (R(3, 3),),
        (np.outer(R(3), R(3)),),
        (R(2, 2, 2),),
        (C(3, 3),),
        (R(1, 1),),
    ],
    np.linalg.cholesky: [
        (spd(3),),
        (spd(3), {"upper": True}),
        (np.stack([spd(2), spd(2)]),),
        (HERMITIAN @ HERMITIAN.conj().T,),
        (HERMITIAN @ HERMITIAN.conj().T, {"upper": True}),
    ],
    np.linalg.outer: [(R(3), R(2))],
    np.linalg.eigh: [
        (SQUARE,),
        (SQUARE, "U"),
        (STACK,),
        (HERMITIAN,),
        (HERMITIAN, {"UPLO": "U"}),
    ],
    np.linalg.eigvalsh: [(SQUARE,), (SQUARE, "U"), (STACK,), (HERMITIAN,)],
    np.linalg.eig: [(SQUARE,), (STACK,), (ROTATION,), (COMPLEX,)],
    np.linalg.eigvals: [(SQUARE,), (STACK,), (ROTATION,), (COMPLEX,)],
    np.linalg.svd: [
        (TALL, {"full_matrices": False}),
        (TALL.T, {"full_matrices": False}),
        (SQUARE,),
        (STACK, {"full_matrices": False}),
        (STACK, {"compute_uv": False}),
        (TALL + 1j * near(0.3, 4, 2), {"full_matrices": False}),
        (TALL.T + 1j * near(0.3, 2, 4), {"full_matrices": False}),
        (COMPLEX,),
    ],
    np.linalg.qr: [
        (TALL,),
        (TALL.T,),
        (STACK,),
        (TALL, "r"),
        (TALL.T, "r"),
        (SQUARE, "complete"),
        (TALL + 1j * near(0.3, 4, 2),),
        (TALL.T + 1j * near(0.3, 2, 4),),
    ],
    np.linalg.pinv: [
        (TALL,),
        (TALL.T,),
        (STACK,),
        (TALL + 1j * near(0.3, 4, 2),),
    ],
    np.linalg.lstsq: [
        (TALL, R(4)),
        (TALL, R(4, 3)),
        (TALL.T, R(2)),
        (SQUARE, R(3)),
        (TALL + 1j * near(0.3, 4, 2), C(4)),
    ],
}

if hasattr(np, "vecdot"):
    LINEAR_ALGEBRA[np.vecdot] = [
        (R(3), R(2, 3)),
        (C(2, 3), C(3)),
        (R(3, 2), R(3, 2), {"axis": 0}),
    ]
if hasattr(np, "matvec"):
    LINEAR_ALGEBRA[np.matvec] = [(R(4, 2, 3), R(3)), (C(2, 3), C(4, 3))]
    LINEAR_ALGEBRA[np.vecmat] = [(R(2), R(4, 2, 3)), (C(4, 2), C(2, 3))]
