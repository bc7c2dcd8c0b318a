"""Rows of `scipy.linalg` and `scipy.fft`."""

import numpy as np
import scipy.fft as sf
import scipy.linalg as sl
from drawing import C, P, R, spd

from callables.rows import alike, through, without

A, B, S = R(3, 3) / 3 + 2 * np.eye(3), R(3, 3), spd(3)
SEPARATED = np.array([[2.0, 0.3, -0.4], [0.3, -1.0, 0.5], [-0.4, 0.5, 4.0]])
LEANING = SEPARATED + np.array([[0.0, 0.7, -0.2], [0.0, 0.0, 0.9], [0.0, 0.0, 0.0]])
SETS = "settings, names of routines, exceptions"
WHOLE = "its arguments are whole numbers"

LINALG = (
    alike((S / 4,), "signm tanhm tanm coshm cosm sinhm sinm")
    | alike((S,), "hessenberg rq polar")
    | alike((R(4),), "circulant toeplitz hankel fiedler")
    | alike((R(2, 3),), "null_space orth")
    | {
        "block_diag": [(R(2, 2), R(1, 2))],
        "cdf2rdf": through(lambda a: sl.cdf2rdf(*sl.eig(a)), R(3, 3)),
        "cho_solve": through(lambda c, b: sl.cho_solve((c, True), b), np.tril(S), R(3)),
        "cho_solve_banded": through(
            lambda c, b: sl.cho_solve_banded((c, False), b),
            np.array([[0, 0.4, 0.3], [2, 1.7, 2.2]]),
            R(3),
        ),
        "cholesky_banded": [(np.array([[0, 0.4, 0.3], [2, 1.7, 2.2]]),)],
        "companion": [(R(4),)],
        "convolution_matrix": [(R(3), 4)],
        "cossin": through(lambda x: sl.cossin(sl.expm(x - x.T), 2, 2), R(4, 4)),
        "diagsvd": [(R(2), 2, 3)],
        "eig_banded": [(np.array([[0, 0.4, 0.3], [2, 1.1, 3.2]]),)],
        "eigvals_banded": [(np.array([[0, 0.4, 0.3], [2, 1.1, 3.2]]),)],
        "expm_cond": [(S / 4,)],
        "expm_frechet": [(B / 3, A / 3)],
        "fiedler_companion": [(R(5),)],
        "funm": through(lambda a: sl.funm(a, np.exp), S / 3),
        "hankel": [(R(3), R(3))],
        "toeplitz": [(R(3), R(4))],
        "khatri_rao": [(R(2, 3), R(4, 3))],
        "ldl": [(S,)],
        "leslie": [(P(4), P(3))],
        "eigh": [
            *through(lambda a: (lambda w, v: (w, np.abs(v)))(*sl.eigh(a)), SEPARATED),
            (SEPARATED, spd(3), {"eigvals_only": True}),
        ],
        "lu_solve": through(lambda a, b: sl.lu_solve(sl.lu_factor(a), b), A, R(3)),
        "matmul_toeplitz": through(lambda c, r, x: sl.matmul_toeplitz((c, r), x), R(3), R(3), R(3)),
        "matrix_balance": through(lambda a: sl.matrix_balance(a)[0], R(3, 3)),
        "norm": [(A,), (A, 1), (R(3), 3)],
        "ordqz": [(A, B)],
        "qz": [(A, B)],
        "orthogonal_procrustes": [(R(4, 2), R(4, 2))],
        "qr_delete": through(lambda a: sl.qr_delete(*sl.qr(a), 1), A),
        "qr_insert": through(lambda a, u: sl.qr_insert(*sl.qr(a), u, 1), A, R(3)),
        "qr_multiply": [(A, B)],
        "qr_update": through(lambda a, u, v: sl.qr_update(*sl.qr(a), u, v), A, R(3), R(3)),
        "rq": [(A,)],
        "schur": [(LEANING,)],  # of a symmetric matrix the signs are those of rounding
        "rsf2csf": through(lambda a: sl.rsf2csf(*sl.schur(a)), LEANING),
        "solve_circulant": [(R(3) + 3, R(3))],
        "solve_toeplitz": through(
            lambda c, r, b: sl.solve_toeplitz((c, r), b), R(3) + 4, R(3), R(3)
        ),
        "subspace_angles": [(R(4, 2), R(4, 2))],
        "solve_continuous_are": through(
            lambda a, b, q: sl.solve_continuous_are(a, b, q @ q.T, np.eye(2)), A, R(3, 2), B
        ),
        "solve_discrete_are": through(
            lambda a, b, q: sl.solve_discrete_are(a, b, q @ q.T, np.eye(2)), A / 4, R(3, 2), B
        ),
        "eig_banded_": [],
        "clarkson_woodruff_transform": through(
            lambda a: sl.clarkson_woodruff_transform(a, 2, seed=3), R(4, 2)
        ),
        "solve_lyapunov": [(A, S)],
    }
    | without(SETS, "find_best_blas_type get_blas_funcs get_lapack_funcs LinAlgError LinAlgWarning")
    | without(WHOLE, "dft hadamard helmert hilbert invhilbert invpascal pascal")
)
del LINALG["eig_banded_"]
NAMES = "fft ifft fft2 ifft2 fftn ifftn rfft rfft2 rfftn ihfft ihfft2 ihfftn idct idst dct dst "
FFT = (
    alike((R(2, 4),), NAMES + "dctn idctn dstn idstn fftshift ifftshift")
    | alike((C(3, 4),), "irfft irfft2 irfftn hfft hfft2 hfftn")
    | {
        "fht": [(P(4), 0.1, 0.5)],
        "ifht": [(P(4), 0.1, 0.5)],
        "fhtoffset": [(0.1, 0.5), (0.1, 0.5, 0.2, 0.1)],
        "fftfreq": through(lambda d: sf.fftfreq(5, d), P()),
        "rfftfreq": through(lambda d: sf.rfftfreq(5, d), P()),
    }
    | without(
        "settings",
        "set_backend skip_backend set_global_backend register_backend get_workers set_workers "
        "next_fast_len prev_fast_len",
    )
)
FFT["dct"] = [(R(2, 4),), (R(5), {"type": 3, "norm": "ortho"}), (R(5), {"type": 1})]
FFT["dst"] = [(R(2, 4),), (R(5), {"type": 4, "norm": "forward"})]
TABLES = {"scipy.linalg": LINALG, "scipy.fft": FFT}
