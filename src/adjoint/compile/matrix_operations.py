"""Operations on whole matrices, each as one array; their slopes: `frontend.written_spectra`.

As those of `operations`, each runs in plain Python, and as machine code.
"""

import math

import numpy as np


def eigen(a: np.ndarray) -> np.ndarray:
    """The eigenvalues of a Hermitian matrix, and below them its eigenvectors as columns."""
    values, vectors = np.linalg.eigh(a)
    out = np.empty((len(a) + 1, len(a)), vectors.dtype)
    for j in range(len(a)):
        out[0, j] = values[j]
        for i in range(len(a)):
            out[i + 1, j] = vectors[i, j]
    return out


def eigenvalues(a: np.ndarray) -> np.ndarray:
    """The eigenvalues of a Hermitian matrix."""
    return np.linalg.eigvalsh(a)


def spectrum(a: np.ndarray) -> np.ndarray:
    """The eigenvalues of any matrix and its eigenvectors as columns; real ones of a real matrix."""
    values, vectors = np.linalg.eig(a)
    if np.iscomplexobj(values) and not np.iscomplexobj(a):
        raise ValueError("eig() argument must not cause a domain change: pass a + 0j")
    out = np.empty((len(a) + 1, len(a)), vectors.dtype)
    for j in range(len(a)):
        out[0, j] = values[j]
        for i in range(len(a)):
            out[i + 1, j] = vectors[i, j]
    return out


def spectrum_values(a: np.ndarray) -> np.ndarray:
    """The eigenvalues of any matrix; real ones of a real matrix."""
    values = np.linalg.eigvals(a)
    if np.iscomplexobj(values) and not np.iscomplexobj(a):
        raise ValueError("eigvals() argument must not cause a domain change: pass a + 0j")
    return values


def singular(a: np.ndarray) -> np.ndarray:
    """The left singular vectors as columns, the singular values, the right ones as columns."""
    u, s, vh = np.linalg.svd(a, False)
    m, n = a.shape
    out = np.empty((m + 1 + n, min(m, n)), u.dtype)
    for j in range(min(m, n)):
        for i in range(m):
            out[i, j] = u[i, j]
        out[m, j] = s[j]
        for i in range(n):
            out[m + 1 + i, j] = np.conj(vh[j, i])
    return out


def singular_full(a: np.ndarray) -> np.ndarray:
    """As `singular`, with all vectors of both sides, and zeros where one side has fewer."""
    u, s, vh = np.linalg.svd(a, True)
    m, n = a.shape
    out = np.zeros((m + 1 + n, max(m, n)), u.dtype)
    for j in range(m):
        for i in range(m):
            out[i, j] = u[i, j]
    for j in range(min(m, n)):
        out[m, j] = s[j]
    for j in range(n):
        for i in range(n):
            out[m + 1 + i, j] = np.conj(vh[j, i])
    return out


def singular_values(a: np.ndarray) -> np.ndarray:
    """In descending order."""
    return np.linalg.svd(a, False)[1]


def pseudo_inverse(a: np.ndarray, rcond: float) -> np.ndarray:
    """Of singular values that are more than a share of the largest."""
    return np.linalg.pinv(a, rcond)


def orthogonal(a: np.ndarray) -> np.ndarray:
    """The orthogonal factor, and below it the triangular one; no more columns than rows."""
    q, r = np.linalg.qr(a)
    m, n = a.shape
    out = np.empty((m + n, n), q.dtype)
    for j in range(n):
        for i in range(m):
            out[i, j] = q[i, j]
        for i in range(n):
            out[m + i, j] = r[i, j]
    return out


def fourier(rows: np.ndarray, sign: int) -> np.ndarray:
    """The discrete Fourier transform of each row, without a factor; `sign` is that of the exponent.

    By the prime factors of the length: T. Stockham, "High-speed convolution and correlation"
    (1966).
    """
    count, size = rows.shape
    turns = np.empty(size, np.complex128)
    for t in range(size):
        angle = 2.0 * math.pi * sign * t / size
        turns[t] = complex(math.cos(angle), math.sin(angle))
    out = rows.astype(np.complex128)
    left, stride, radix = size, 1, 2
    while left > 1:
        while left % radix != 0:
            radix = radix + 1 if radix * radix <= left else left
        part = left // radix
        found = np.empty((count, size), np.complex128)
        for row in range(count):
            for p in range(part):
                for k in range(radix):
                    turn = turns[p * k * stride % size]
                    for q in range(stride):
                        total = complex(0.0, 0.0)
                        for j in range(radix):
                            term = out[row, q + stride * (p + part * j)]
                            total += term * turns[j * k % radix * (size // radix)]
                        found[row, q + stride * (radix * p + k)] = total * turn
        out = found
        left, stride = part, stride * radix
    return out
