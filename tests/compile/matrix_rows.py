"""Rows for decompositions: stacks of matrices, all vectors of one that is not square."""

import numpy as np
from written_rows import STACK, TALL

SQUARES = np.random.default_rng(2).standard_normal((2, 3, 3)) + 2.0 * np.eye(3)
OF_STACKS = {
    np.linalg.eigh: [
        (lambda a: np.linalg.eigh(a)[1] ** 2, SQUARES),
        (lambda a: np.linalg.eigh(a).eigenvalues, SQUARES),
    ],
    np.linalg.eigvalsh: [(lambda a: np.linalg.eigvalsh(a, UPLO="U"), SQUARES)],
    np.linalg.eig: [(lambda a: np.linalg.eig(np.diag([1.0, 3.0, 6.0]) + 0.1 * a)[1], SQUARES)],
    np.linalg.eigvals: [
        (lambda a: np.linalg.eigvals(np.diag([1.0, 3.0, 6.0]) + 0.1 * a), SQUARES),
    ],
    np.linalg.svd: [
        (lambda a: np.linalg.svd(a, False)[0] ** 2, STACK),
        (lambda a: np.linalg.svd(a)[1], STACK),
        (lambda a: np.abs(np.linalg.svd(a)[2]), STACK),
        (lambda a: np.abs(np.linalg.svd(a)[0]), TALL),
        (lambda a: np.abs(np.linalg.svd(a)[2]), TALL.T),
    ],
    np.linalg.svdvals: [(np.linalg.svdvals, STACK)],
    np.linalg.qr: [
        (lambda a: np.linalg.qr(a)[0] * 2.0, STACK),
        (lambda a: np.linalg.qr(a)[1] * 2.0, STACK),
        (lambda a: np.asarray(np.linalg.qr(a, mode="r")) * 2.0, SQUARES),
    ],
    np.linalg.pinv: [(np.linalg.pinv, STACK), (lambda a: np.linalg.pinv(a, rtol=1e-9), TALL)],
    np.linalg.matrix_rank: [
        (lambda a: np.linalg.matrix_rank(a) * a[:, 0, 0], STACK),
        (lambda a: np.linalg.matrix_rank(a, rtol=0.9) * a, TALL),
    ],
    np.linalg.cond: [
        (lambda a: np.linalg.cond(a) * a[:, 0, 0], STACK),
        (lambda a: np.linalg.cond(a, "fro") * a[:, 0, 0], SQUARES),
    ],
    np.linalg.slogdet: [
        (lambda a: np.linalg.slogdet(a)[1] * np.linalg.slogdet(a).sign, SQUARES),
    ],
    np.linalg.matrix_power: [
        (lambda a: np.linalg.matrix_power(a, 3), SQUARES),
        (lambda a: np.linalg.matrix_power(a, -1), SQUARES),
        (lambda a: np.linalg.matrix_power(a, 0) * a, SQUARES),
    ],
    np.linalg.solve: [
        (lambda a: np.linalg.solve(a, a[0]), SQUARES),
        (lambda a: np.linalg.solve(a, a[0, 0]), SQUARES),
        (lambda a: np.linalg.solve(a[1], a), SQUARES),
    ],
    np.linalg.cholesky: [
        (lambda a: np.linalg.cholesky(a @ np.swapaxes(a, 1, 2), upper=True), SQUARES),
    ],
}
