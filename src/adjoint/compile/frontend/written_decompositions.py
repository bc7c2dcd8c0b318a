"""NumPy's decompositions of matrices and of stacks of them, in the language the compiler compiles.

What they compute is in `operations`; their derivatives are in `written_spectra`.
"""

import numpy as np

from adjoint.compile import operations
from adjoint.compile.frontend.written_axes import ANY, not_compiled, room
from adjoint.compile.frontend.written_phases import adjoint_of, real_of

EPSILON = 2.0**-52
EigResult = type(np.linalg.eig(np.eye(1)))
EighResult = type(np.linalg.eigh(np.eye(1)))
SVDResult = type(np.linalg.svd(np.eye(1)))
QRResult = type(np.linalg.qr(np.eye(1)))


def stacked(function, a, shape, dtype):
    """`function` of each matrix of a stack, which gives arrays of this shape."""
    rows = a.copy().reshape(-1, a.shape[-2], a.shape[-1])
    out = np.zeros((len(rows), *shape), dtype=dtype)
    for i in range(len(rows)):
        out[i] = function(rows[i])
    return out.copy().reshape([*a.shape[:-2], *shape])


def of_matrix(function, a, shape, dtype):
    """``function(a)``, or that of each matrix of a stack."""
    return function(a) if a.ndim == 2 else stacked(function, a, shape, dtype)


def numbers(function, a, dtype):
    """`function` of each matrix of a stack, which gives numbers."""
    rows = a.copy().reshape(-1, a.shape[-2], a.shape[-1])
    out = np.zeros(len(rows), dtype=dtype)
    for i in range(len(rows)):
        out[i] = function(rows[i])
    return out.copy().reshape([*a.shape[:-2]])


def read_from(a, UPLO):
    """The matrix whose lower triangle is read."""
    return a if UPLO in ("L", "l") else np.conj(np.swapaxes(a, -1, -2))


def eigh(a, UPLO="L"):  # NumPy's own names
    if UPLO not in ("L", "l"):  # LAPACK gives vectors of other signs and phases
        return not_compiled("`eigh` of the upper triangle", "use eigvalsh, or np.linalg.eigh(a.T)")
    n = a.shape[-1]
    found = of_matrix(operations.eigen, a, (n + 1, n), room(a))
    return EighResult(real_of(found[..., 0, :]), found[..., 1:, :])


def eigvalsh(a, UPLO="L"):
    lower = read_from(a, UPLO)
    return of_matrix(operations.eigenvalues, lower, (a.shape[-1],), room(real_of(a)))


def eig(a):
    n = a.shape[-1]
    found = of_matrix(operations.spectrum, a, (n + 1, n), room(a))
    return EigResult(found[..., 0, :], found[..., 1:, :])


def eigvals(a):
    return of_matrix(operations.spectrum_values, a, (a.shape[-1],), room(a))


def roots(p):
    first, last = 0, len(p)
    while first < last and p[first] == 0.0:
        first += 1
    while last > first and p[last - 1] == 0.0:
        last -= 1
    degree = last - first - 1
    found = np.zeros(max(len(p) - first - 1, 0), dtype=room(p))
    if degree > 0:
        companion = np.zeros((degree, degree), dtype=room(p))
        for i in range(degree):
            companion[0, i] = -p[first + i + 1] / p[first]
            if i > 0:
                companion[i, i - 1] = 1.0
        values = operations.spectrum_values(companion)
        for i in range(degree):
            found[i] = values[i]
    return found


def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    if hermitian:
        return not_compiled("svd with hermitian=True")
    if not compute_uv:
        return svdvals(a)
    m, n = a.shape[-2], a.shape[-1]
    if full_matrices:
        rank = max(m, n)
        found = of_matrix(operations.singular_full, a, (m + 1 + n, rank), room(a))
        left, right = found[..., :m, :m], found[..., m + 1 :, :n]
    else:
        found = of_matrix(operations.singular, a, (m + 1 + n, min(m, n)), room(a))
        left, right = found[..., :m, :], found[..., m + 1 :, :]
    values = real_of(found[..., m, : min(m, n)])
    return SVDResult(left, values, np.conj(np.swapaxes(right, -1, -2)))


def svdvals(x):
    count = min(x.shape[-2], x.shape[-1])
    return of_matrix(operations.singular_values, x, (count,), room(real_of(x)))


def joined(a):
    """The orthogonal factor of a matrix, and below it the triangular one."""
    m, n = a.shape
    if m >= n:
        return operations.orthogonal(a)
    first = operations.orthogonal(a[:, :m])
    rest = np.concatenate((np.zeros((m, n - m), dtype=room(a)), adjoint_of(first[:m]) @ a[:, m:]))
    return np.concatenate((first, rest), axis=1)


def qr(a, mode="reduced"):
    if mode not in ("reduced", "r"):
        return not_compiled("this mode of qr")
    m, n = a.shape[-2], a.shape[-1]
    count = min(m, n)
    found = of_matrix(joined, a, (m + count, n), room(a))
    q, r = found[..., :m, :count], found[..., m:, :]
    return r if mode == "r" else QRResult(q, r)


def pinv(a, rcond=None, hermitian=False, *, rtol=None):
    if hermitian:
        return not_compiled("pinv with hermitian=True")
    m, n = a.shape[-2], a.shape[-1]
    share = rcond if rtol is None else rtol
    least = 1e-15 if share is None else share
    return of_matrix(lambda x: operations.pseudo_inverse(x, least), a, (n, m), room(a))


def lstsq(a, b, rcond=None):
    m, n = a.shape
    smallest = EPSILON * max(m, n) if rcond is None else rcond
    x = pinv(a, smallest) @ b
    s = svdvals(a)
    rank = 0
    for value in s:
        if value > smallest * s[0]:
            rank += 1
    off = b - a @ x
    square = (off * np.conj(off)).real
    squares = np.array([np.sum(square)]) if b.ndim == 1 else np.sum(square, axis=0)
    kept = len(squares) if rank == n and m > n else 0
    return x, squares[:kept], rank, s


def rank_of(a, tol, rtol):
    s = svdvals(a)
    share = max(a.shape[0], a.shape[1]) * EPSILON if rtol is None else rtol
    least = s[0] * share if tol is None else tol
    rank = 0
    for value in s:
        if value > least:
            rank += 1
    return rank


def matrix_rank(A, tol=None, hermitian=False, *, rtol=None):  # NumPy's own name
    if hermitian:
        return not_compiled("matrix_rank with hermitian=True")
    if A.ndim == 2:
        return rank_of(A, tol, rtol)
    return numbers(lambda x: rank_of(x, tol, rtol), A, int)


def condition_of(x, p):
    if p is not None and p != 2 and p != -2:
        return np.linalg.norm(x, p) * np.linalg.norm(np.linalg.inv(x), p)
    s = svdvals(x)
    return s[len(s) - 1] / s[0] if p == -2 else np.divide(s[0], s[len(s) - 1])


def cond(x, p=None):
    if x.ndim == 2:
        return condition_of(x, p)
    return numbers(lambda matrix: condition_of(matrix, p), x, room(real_of(x)))


OF_DECOMPOSITIONS = {
    np.linalg.eigh: (eigh, ANY),
    np.linalg.eigvalsh: (eigvalsh, ANY),
    np.linalg.eig: (eig, ANY),
    np.linalg.eigvals: (eigvals, ANY),
    np.roots: (roots, 1),
    np.linalg.svd: (svd, ANY),
    np.linalg.svdvals: (svdvals, ANY),
    np.linalg.qr: (qr, ANY),
    np.linalg.pinv: (pinv, ANY),
    np.linalg.lstsq: (lstsq, 2),
    np.linalg.matrix_rank: (matrix_rank, ANY),
    np.linalg.cond: (cond, ANY),
}
