"""Eigenvalues, singular values and what is made of them, in the language the compiler compiles.

The decompositions are operations; how each hands its cotangent and its tangent on is a program here
(`PULLED` and `PUSHED`), which can be differentiated again. Equal eigenvalues share what is theirs;
what depends on the choice of their vectors raises `LinAlgError`. Sources: as in `rules.numpy`.
"""

import numpy as np

from adjoint.compile import operations
from adjoint.compile.frontend.written_axes import not_compiled

EQUAL = 1e-13
VANISHING = 1e-8
EPSILON = 2.0**-52
EigResult = type(np.linalg.eig(np.eye(1)))
EighResult = type(np.linalg.eigh(np.eye(1)))
SVDResult = type(np.linalg.svd(np.eye(1)))
QRResult = type(np.linalg.qr(np.eye(1)))


def clusters(values):
    """Numbers that count the groups of equal ones among ordered values."""
    labels = np.zeros(len(values), dtype=int)
    size = np.max(np.abs(values))
    for i in range(1, len(values)):
        gap = abs(values[i] - values[i - 1])
        labels[i] = labels[i - 1] + (1 if gap > EQUAL * len(values) * size else 0)
    return labels


def shared(values, labels):
    """The mean of each group, in the place of each of its members."""
    out = np.zeros(len(values))
    for i in range(len(values)):
        count = 0
        total = 0.0
        for j in range(len(values)):
            if labels[i] == labels[j]:
                total += values[j]
                count += 1
        out[i] = total / count
    return out


def over_gaps(moments, values, labels):
    """``moments[i, j] / (values[j] - values[i])``, and zero inside a group."""
    out = np.zeros(moments.shape)
    for i in range(len(values)):
        for j in range(len(values)):
            if labels[i] != labels[j]:
                out[i, j] = moments[i, j] / (values[j] - values[i])
    return out


def require_no_turn(moments, labels, smallest, ct_values):
    """Refuse a cotangent of vectors that depends on the basis chosen inside a group."""
    size = np.max(np.abs(moments))
    if size > 0.0:
        for i in range(len(labels)):
            for j in range(len(labels)):
                if i != j and labels[i] == labels[j]:
                    turning = abs(moments[i, j] - moments[j, i])
                    inside = max(abs(moments[i, j]), abs(moments[i, i]))
                    along_axes = smallest[i] < 1e-12 and inside > VANISHING * size
                    if turning > VANISHING * size or along_axes or ct_values[i] != 0.0:
                        raise np.linalg.LinAlgError(
                            "the result depends on the vectors of equal eigenvalues or singular "
                            "values, of which any basis is right: there is no derivative"
                        )


def require_still(moved, labels):
    """Refuse a direction that turns the basis of a group at once."""
    size = np.max(np.abs(moved))
    for i in range(len(labels)):
        for j in range(len(labels)):
            if i != j and labels[i] == labels[j] and abs(moved[i, j]) > VANISHING * size:
                raise np.linalg.LinAlgError(
                    "the direction turns the vectors of equal eigenvalues or singular values, of "
                    "which any basis is right: there is no derivative"
                )


def smallest_of(vectors):
    """The smallest entry of each column."""
    return np.min(np.abs(vectors), axis=0)


def from_triangle(change):
    """The symmetric matrix that is read from the lower triangle."""
    return np.tril(change) + np.tril(change, -1).T


def to_triangle(ct):
    """The transpose of `from_triangle`."""
    return np.tril(ct) + np.triu(ct, 1).T


def eigen_pulled(ct, out, a):
    values, vectors = out[0], out[1:]
    moments = vectors.T @ ct[1:]
    labels = clusters(values)
    require_no_turn(moments, labels, smallest_of(vectors), ct[0])
    inner = over_gaps(moments, values, labels) + np.diag(shared(ct[0], labels))
    return to_triangle(vectors @ inner @ vectors.T)


def eigen_pushed(change, out, a):
    values, vectors = out[0], out[1:]
    moved = vectors.T @ from_triangle(change) @ vectors
    labels = clusters(values)
    require_still(moved, labels)
    out_dot = np.zeros(out.shape)
    out_dot[0] = shared(np.diag(moved), labels)
    out_dot[1:] = vectors @ over_gaps(moved, values, labels)
    return out_dot


def eigenvalues_pulled(ct, out, a):
    vectors = operations.eigen(a)[1:]
    return to_triangle(vectors @ np.diag(shared(ct, clusters(out))) @ vectors.T)


def eigenvalues_pushed(change, out, a):
    vectors = operations.eigen(a)[1:]
    moved = vectors.T @ from_triangle(change) @ vectors
    return shared(np.diag(moved), clusters(out))


def groups(values):
    """Numbers that are the same for equal values, which are in any order."""
    labels = np.zeros(len(values), dtype=int)
    size = np.max(np.abs(values))
    for i in range(len(values)):
        labels[i] = i
        for j in range(i):
            if labels[i] == i and abs(values[i] - values[j]) <= EQUAL * len(values) * size:
                labels[i] = labels[j]
    return labels


def require_simple(moments, labels):
    """Refuse what turns the vectors of equal eigenvalues."""
    size = np.max(np.abs(moments))
    for i in range(len(labels)):
        for j in range(len(labels)):
            if i != j and labels[i] == labels[j] and abs(moments[i, j]) > VANISHING * size:
                raise np.linalg.LinAlgError(
                    "the result depends on the vectors of equal eigenvalues, of which any basis is "
                    "right: there is no derivative"
                )


def require_vectors(vectors):
    """Refuse a matrix that has too few eigenvectors (to rounding)."""
    if np.max(np.abs(np.linalg.inv(vectors))) > 1e7:
        raise np.linalg.LinAlgError(
            "the matrix has too few eigenvectors: its eigenvalues have no derivative"
        )


def spectrum_pulled(ct, out, a):
    values, vectors = out[0], out[1:]
    require_vectors(vectors)
    labels = groups(values)
    turned = ct[1:] - vectors * np.sum(vectors * ct[1:], axis=0)  # their length stays 1
    moments = vectors.T @ turned
    require_simple(moments, labels)
    inner = over_gaps(moments, values, labels) + np.diag(shared(ct[0], labels))
    return np.linalg.solve(vectors.T, inner @ vectors.T)


def spectrum_pushed(change, out, a):
    values, vectors = out[0], out[1:]
    require_vectors(vectors)
    labels = groups(values)
    moved = np.linalg.solve(vectors, change @ vectors)
    require_still(moved, labels)
    turned = vectors @ over_gaps(moved, values, labels)
    out_dot = np.zeros(out.shape)
    out_dot[0] = shared(np.diag(moved), labels)
    out_dot[1:] = turned - vectors * np.sum(vectors * turned, axis=0)
    return out_dot


def slopes(ct, s, labels):
    """The cotangents of singular values; that of zero is none, as at ``abs``."""
    mean = shared(ct, labels)
    for i in range(len(s)):
        if s[i] <= EQUAL * len(s) * s[0]:
            mean[i] = 0.0
    return mean


def over_sums(moments, s):
    """``moments[i, j] / (s[i] + s[j])``, and zero where both vanish."""
    out = np.zeros(moments.shape)
    for i in range(len(s)):
        for j in range(len(s)):
            if s[i] + s[j] > 2.0 * EQUAL * len(s) * s[0]:
                out[i, j] = moments[i, j] / (s[i] + s[j])
    return out


def over_values(columns, s):
    """Columns divided by singular values, which must not vanish where there is something."""
    out = np.zeros(columns.shape)
    for j in range(len(s)):
        if s[j] > EQUAL * len(s) * s[0]:
            out[:, j] = columns[:, j] / s[j]
    return out


def require_rank(ct, s):
    for j in range(len(s)):
        if s[j] <= EQUAL * len(s) * s[0] and np.max(np.abs(ct[:, j])) > VANISHING * np.max(
            np.abs(ct)
        ):
            raise np.linalg.LinAlgError(
                "the result depends on the singular vectors of a singular value that is zero"
            )


def singular_pulled(ct, out, a):
    m = len(a)
    u, s, v = out[:m], out[m], out[m + 1 :]
    ct_u, ct_s, ct_v = ct[:m], ct[m], ct[m + 1 :]
    by_u, by_v = u.T @ ct_u, v.T @ ct_v
    labels = clusters(s)
    smallest = np.maximum(smallest_of(u), smallest_of(v))
    require_no_turn(by_u + by_v, labels, smallest, ct_s)
    require_rank(ct_u, s)
    require_rank(ct_v, s)
    plus = 0.5 * over_gaps(by_u + by_v, s, labels)
    minus = 0.5 * over_sums(by_u - by_v, s)
    inner = np.diag(slopes(ct_s, s, labels)) + plus + plus.T + minus - minus.T
    rest_u = over_values(ct_u - u @ by_u, s)
    rest_v = over_values(ct_v - v @ by_v, s)
    return u @ inner @ v.T + rest_u @ v.T + u @ rest_v.T


def singular_pushed(change, out, a):
    m = len(a)
    u, s, v = out[:m], out[m], out[m + 1 :]
    moved = u.T @ change @ v
    labels = clusters(s)
    require_still(moved + moved.T, labels)
    plus = 0.5 * over_gaps(moved + moved.T, s, labels)
    minus = 0.5 * over_sums(moved - moved.T, s)
    out_dot = np.zeros(out.shape)
    out_dot[:m] = u @ (plus + minus) + over_values(change @ v - u @ moved, s)
    out_dot[m] = slopes(np.diag(moved), s, labels)
    out_dot[m + 1 :] = v @ (plus - minus) + over_values(change.T @ u - v @ moved.T, s)
    return out_dot


def singular_values_pulled(ct, out, a):
    m = len(a)
    found = operations.singular(a)
    return found[:m] @ np.diag(slopes(ct, out, clusters(out))) @ found[m + 1 :].T


def singular_values_pushed(change, out, a):
    m = len(a)
    found = operations.singular(a)
    moved = found[:m].T @ change @ found[m + 1 :]
    return slopes(np.diag(moved), out, clusters(out))


def pseudo_inverse_pulled(ct, out, a, rcond):
    """At constant rank: G. Golub and V. Pereyra (1973)."""
    beside = np.eye(len(a)) - a @ out
    below = np.eye(len(out)) - out @ a
    return beside @ ct.T @ out @ out.T + out.T @ out @ ct.T @ below - out.T @ ct @ out.T


def pseudo_inverse_pushed(change, out, a, rcond):
    beside = np.eye(len(a)) - a @ out
    below = np.eye(len(out)) - out @ a
    return out @ out.T @ change.T @ beside + below @ change.T @ out.T @ out - out @ change @ out


def require_columns(r):
    size = np.max(np.abs(r))
    for i in range(len(r)):
        if abs(r[i, i]) <= EQUAL * len(r) * size:
            raise np.linalg.LinAlgError("qr of dependent columns has no derivative")


def orthogonal_pulled(ct, out, a):
    m = len(a)
    q, r = out[:m], out[m:]
    require_columns(r)
    moments = r @ ct[m:].T - ct[:m].T @ q
    mirrored = np.tril(moments) + np.tril(moments, -1).T
    return np.linalg.solve(r, (ct[:m] + q @ mirrored).T).T


def orthogonal_pushed(change, out, a):
    m = len(a)
    q, r = out[:m], out[m:]
    require_columns(r)
    columns = np.linalg.solve(r.T, change.T).T
    moved = q.T @ columns
    turn = np.tril(moved, -1) - np.tril(moved, -1).T
    out_dot = np.zeros(out.shape)
    out_dot[:m] = columns - q @ (moved - turn)
    out_dot[m:] = (moved - turn) @ r
    return out_dot


PULLED = {
    operations.eigen: eigen_pulled,
    operations.eigenvalues: eigenvalues_pulled,
    operations.spectrum: spectrum_pulled,
    operations.singular: singular_pulled,
    operations.singular_values: singular_values_pulled,
    operations.pseudo_inverse: pseudo_inverse_pulled,
    operations.orthogonal: orthogonal_pulled,
}
"""The cotangent of the first argument, from that of the result, the result and the arguments."""
PUSHED = {
    operations.eigen: eigen_pushed,
    operations.eigenvalues: eigenvalues_pushed,
    operations.spectrum: spectrum_pushed,
    operations.singular: singular_pushed,
    operations.singular_values: singular_values_pushed,
    operations.pseudo_inverse: pseudo_inverse_pushed,
    operations.orthogonal: orthogonal_pushed,
}


# NumPy's functions.


def as_real(a):
    """The real matrix that does to real and imaginary parts what a complex matrix does.

    It has each eigenvalue of a Hermitian matrix twice, and each singular value.
    """
    upper = np.concatenate((a.real, -a.imag), axis=1)
    return np.concatenate((upper, np.concatenate((a.imag, a.real), axis=1)))


def hermitian(a):
    """The matrix that the lower triangle says."""
    below = np.tril(a, -1)
    return below + np.conj(below).T + np.diag(np.diag(a).real)


def eigh(a, UPLO="L"):  # NumPy's own names
    found = operations.eigen(a if UPLO == "L" else a.T)
    return EighResult(found[0], found[1:])


def eigvalsh(a, UPLO="L"):
    if np.iscomplexobj(a):
        lower = a if UPLO == "L" else np.conj(a).T
        return operations.eigenvalues(as_real(hermitian(lower)))[::2].copy()
    return operations.eigenvalues(a if UPLO == "L" else a.T)


def eig(a):
    found = operations.spectrum(a)
    return EigResult(found[0], found[1:])


def eigvals(a):
    return operations.spectrum(a)[0]


def roots(p):
    first, last = 0, len(p)
    while first < last and p[first] == 0.0:
        first += 1
    while last > first and p[last - 1] == 0.0:
        last -= 1
    degree = last - first - 1
    found = np.zeros(max(len(p) - first - 1, 0))
    if degree > 0:
        companion = np.zeros((degree, degree))
        for i in range(degree):
            companion[0, i] = -p[first + i + 1] / p[first]
            if i > 0:
                companion[i, i - 1] = 1.0
        values = operations.spectrum(companion)
        for i in range(degree):
            found[i] = values[0, i]
    return found


def svd(a, full_matrices=True, compute_uv=True):
    if not compute_uv:
        return svdvals(a)
    m, n = a.shape
    if full_matrices and m != n:
        raise np.linalg.LinAlgError("svd is compiled with full_matrices=False")
    found = operations.singular(a)
    return SVDResult(found[:m], found[m], found[m + 1 :].T)


def svdvals(x):
    if np.iscomplexobj(x):
        return operations.singular_values(as_real(x))[::2].copy()
    return operations.singular_values(x)


def qr(a, mode="reduced"):
    m, n = a.shape
    if mode not in ("reduced", "r"):
        return not_compiled("this mode of qr")
    if m >= n:
        found = operations.orthogonal(a)
        q, r = found[:m], found[m:]
    else:
        found = operations.orthogonal(a[:, :m])
        q = found[:m]
        r = np.concatenate((found[m:], q.T @ a[:, m:]), axis=1)
    return r if mode == "r" else QRResult(q, r)


def pinv(a, rcond=1e-15):
    if np.iscomplexobj(a):
        m, n = a.shape
        found = operations.pseudo_inverse(as_real(a), rcond)
        return found[:n, :m] + 1j * found[n:, :m]
    return operations.pseudo_inverse(a, rcond)


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


def matrix_rank(A, tol=None):  # NumPy's own name
    s = svdvals(A)
    least = s[0] * max(A.shape[0], A.shape[1]) * EPSILON if tol is None else tol
    rank = 0
    for value in s:
        if value > least:
            rank += 1
    return rank


def cond(x, p=None):
    if p is not None and p != 2 and p != -2:
        return np.linalg.norm(x, p) * np.linalg.norm(np.linalg.inv(x), p)
    s = svdvals(x)
    return s[len(s) - 1] / s[0] if p == -2 else np.divide(s[0], s[len(s) - 1])


OF_SPECTRA = {
    np.linalg.eigh: (eigh, 2),
    np.linalg.eigvalsh: (eigvalsh, 2),
    np.linalg.eig: (eig, 2),
    np.linalg.eigvals: (eigvals, 2),
    np.roots: (roots, 1),
    np.linalg.svd: (svd, 2),
    np.linalg.svdvals: (svdvals, 2),
    np.linalg.qr: (qr, 2),
    np.linalg.pinv: (pinv, 2),
    np.linalg.lstsq: (lstsq, 2),
    np.linalg.matrix_rank: (matrix_rank, 2),
    np.linalg.cond: (cond, 2),
}
