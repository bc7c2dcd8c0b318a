"""Linear algebra in the language the compiler compiles (see `written`)."""

import numpy as np

from adjoint.compile.frontend.written_axes import ANY, not_compiled, reduced, room, rows_of


def eliminated(a, b):
    """Gaussian elimination with partial pivoting: ``(triangle, right sides, sign, regular)``.

    Where a column has no pivot, `regular` is False and the rest means nothing.
    """
    u = a.copy()
    y = b.astype(room(a, b))
    sign = 1.0
    regular = True
    for k in range(len(u)):
        p = k
        for i in range(k + 1, len(u)):
            if abs(u[i, k]) > abs(u[p, k]):
                p = i
        if p != k:
            sign = -sign
            for j in range(u.shape[1]):
                kept = u[k, j]
                u[k, j] = u[p, j]
                u[p, j] = kept
            for j in range(y.shape[1]):
                kept = y[k, j]
                y[k, j] = y[p, j]
                y[p, j] = kept
        if u[k, k] == 0.0 and k + 1 < len(u):
            regular = False
        else:
            for i in range(k + 1, len(u)):
                factor = u[i, k] / u[k, k]
                for j in range(k, u.shape[1]):
                    u[i, j] -= factor * u[k, j]
                for j in range(y.shape[1]):
                    y[i, j] -= factor * y[k, j]
    return u, y, sign, regular


def solve(a, b):
    if a.ndim == 2 and b.ndim < 3:
        return solved(a, b)
    if a.ndim == 2:
        return of_matrices(lambda sides: solved(a, sides), b, b.shape[-1], room(a, b))
    if b.ndim == 1:
        found = of_matrices(
            lambda matrix: solved(matrix, b.copy().reshape(len(b), 1)), a, 1, room(a, b)
        )
        return found[..., 0].copy()
    if b.ndim == 2:
        return of_matrices(lambda matrix: solved(matrix, b), a, b.shape[-1], room(a, b))
    if a.ndim != b.ndim:
        return not_compiled("solve of stacks of which one has more axes")
    n, m = b.shape[-2], b.shape[-1]
    matrices = rows_of(a, (-2, -1))
    sides = rows_of(b, (-2, -1))
    if len(matrices) != len(sides):
        raise ValueError("stacks of matrices of different lengths")
    out = np.zeros((len(sides), n, m), dtype=room(a, b))
    for i in range(len(sides)):
        out[i] = solved(matrices[i].copy().reshape(n, n), sides[i].copy().reshape(n, m))
    return out.copy().reshape(b.shape)


def inv(a):
    if a.ndim > 2:
        return of_matrices(
            lambda matrix: solved(matrix, np.eye(len(matrix), dtype=room(a))),
            a,
            a.shape[-1],
            room(a),
        )
    return inverse(a)


def inverse(a):
    return solved(a, np.eye(len(a), dtype=room(a)))


def det(a):
    if a.ndim > 2:
        n = a.shape[-1]
        return reduced(
            lambda row: determinant(row.copy().reshape(n, n)), a, (-2, -1), False, room(a)
        )
    return determinant(a)


def det_without_division(a):
    """By products alone (R. Bird, "A simple division-free algorithm for determinants", 2011)."""
    n = len(a)
    f = a.copy()
    for _ in range(n - 1):
        kept = np.zeros((n, n), dtype=room(a))
        total = 0.0
        for back in range(n):
            i = n - 1 - back
            kept[i, i] = -total
            total += f[i, i]
            for j in range(i + 1, n):
                kept[i, j] = f[i, j]
        f = kept @ a
    return f[0, 0] if n % 2 == 1 else -f[0, 0]


def cholesky(a, /, *, upper=False):
    if upper:
        return np.conj(np.swapaxes(cholesky(np.conj(np.swapaxes(a, -1, -2))), -1, -2))
    return of_matrices(lower_factor, a, a.shape[-1], room(a)) if a.ndim > 2 else lower_factor(a)


def of_matrices(function, a, last, dtype):
    """`function` of each matrix of a stack, which gives matrices with so many columns."""
    rows = rows_of(a, (-2, -1))
    n, m = a.shape[-2], a.shape[-1]
    out = np.zeros((len(rows), n, last), dtype=dtype)
    for i in range(len(rows)):
        out[i] = function(rows[i].copy().reshape(n, m))
    return out.copy().reshape([*a.shape[:-1], last])


def solved(a, b):
    u, y, _, regular = eliminated(a, b if b.ndim == 2 else b.reshape(len(b), 1))
    if not regular or u[len(u) - 1, len(u) - 1] == 0.0:
        raise np.linalg.LinAlgError("Singular matrix")
    x = np.zeros(y.shape, dtype=room(u, y))
    for j in range(y.shape[1]):
        for back in range(len(u)):
            i = len(u) - 1 - back
            total = y[i, j]
            for k in range(i + 1, len(u)):
                total -= u[i, k] * x[k, j]
            x[i, j] = total / u[i, i]
    return x if b.ndim == 2 else x[:, 0].copy()


def determinant(a):
    u, _, sign, regular = eliminated(a, np.zeros((len(a), 1), dtype=room(a)))
    if not regular:
        return det_without_division(a)
    for i in range(len(u)):
        sign = sign * u[i, i]
    return sign


def lower_factor(a):
    n = len(a)
    lower = np.zeros((n, n), dtype=room(a))
    for j in range(n):
        rest = np.real(a[j, j])
        for k in range(j):
            rest -= np.real(lower[j, k] * np.conj(lower[j, k]))
        if not rest > 0.0:
            raise np.linalg.LinAlgError("Matrix is not positive definite")
        pivot = np.sqrt(rest)
        lower[j, j] = pivot
        for i in range(j + 1, n):
            total = a[i, j]
            for k in range(j):
                total -= lower[i, k] * np.conj(lower[j, k])
            lower[i, j] = total / pivot
    return lower


SlogdetResult = type(np.linalg.slogdet(np.eye(1)))


def signed_logarithm(a):
    u, _, sign, regular = eliminated(a, np.zeros((len(a), 1), dtype=room(a)))
    if not regular or u[len(u) - 1, len(u) - 1] == 0.0:
        raise np.linalg.LinAlgError("the logarithm of a determinant that is zero")
    total = 0.0
    for i in range(len(u)):
        sign = sign * (u[i, i] / abs(u[i, i]))
        total += np.log(abs(u[i, i]))
    return sign, total


def slogdet(a):
    if a.ndim == 2:
        sign, total = signed_logarithm(a)
        return SlogdetResult(sign, total)
    n = a.shape[-1]
    rows = rows_of(a, (-2, -1))
    signs = np.zeros(len(rows), dtype=room(a))
    totals = np.zeros(len(rows))
    for i in range(len(rows)):
        signs[i], totals[i] = signed_logarithm(rows[i].copy().reshape(n, n))
    shape = [*a.shape[:-2]]
    return SlogdetResult(signs.copy().reshape(shape), totals.copy().reshape(shape))


def matrix_power(a, n):
    base = np.linalg.inv(a) if n < 0 else a
    power = np.zeros(a.shape, dtype=room(a)) + np.eye(a.shape[-1], dtype=room(a))
    for _ in range(abs(n)):
        power = power @ base
    return power


def vdot(a, b):
    return np.dot(a.ravel().conj(), b.ravel())


def kron(a, b):
    if np.ndim(a) == 1 and np.ndim(b) == 1:
        return (a[:, None] * b[None, :]).ravel()
    left = a[None, :] if np.ndim(a) == 1 else a
    right = b[None, :] if np.ndim(b) == 1 else b
    n, m = right.shape
    out = np.zeros((left.shape[0] * n, left.shape[1] * m), dtype=room(left, right))
    for i in range(left.shape[0]):
        for j in range(left.shape[1]):
            for k in range(n):
                for at in range(m):
                    out[i * n + k, j * m + at] = left[i, j] * right[k, at]
    return out


OF_LINEAR_ALGEBRA = {
    np.linalg.solve: (solve, ANY),
    np.linalg.inv: (inv, ANY),
    np.linalg.det: (det, ANY),
    np.linalg.cholesky: (cholesky, ANY),
    np.linalg.slogdet: (slogdet, ANY),
    np.linalg.matrix_power: (matrix_power, ANY),
    np.vdot: (vdot, ANY),
    np.kron: (kron, 2),
}
