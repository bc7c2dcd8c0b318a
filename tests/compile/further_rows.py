"""Rows for transforms, series, functions that call functions, and arguments in all their forms."""

import numpy as np
from numpy.polynomial import chebyshev, hermite, hermite_e, laguerre, legendre, polynomial
from written_rows import MATRIX, STACK, TALL, VECTOR

HALF = np.array([True, False, True, True])
KEYS = np.array([[1, 1, 0, 0], [0, 1, 0, 1]])
CUBIC = np.array([6.0, -11.0, 6.0, -1.0])


def size(function):
    """What a transform gives, as real numbers."""
    return lambda a: np.abs(function(a)) * 1.0


def signed(x):
    return -x


def squared(x):
    return x * x


OF_FOURIER = {
    np.fft.fft: [
        (size(np.fft.fft), VECTOR),
        (size(lambda a: np.fft.fft(a, 6, axis=0)), MATRIX),
        (size(lambda a: np.fft.fft(a, 2, norm="ortho")), STACK),
    ],
    np.fft.ifft: [(size(lambda a: np.fft.ifft(a, 7, norm="forward")), VECTOR)],
    np.fft.rfft: [(size(np.fft.rfft), MATRIX), (size(lambda a: np.fft.rfft(a, axis=0)), TALL)],
    np.fft.irfft: [
        (np.fft.irfft, VECTOR),
        (lambda a: np.fft.irfft(a, 5, axis=0), MATRIX),
        (lambda a: np.fft.irfft(a, 3, norm="ortho"), MATRIX),
    ],
    np.fft.hfft: [(lambda a: np.fft.hfft(a, 5), VECTOR)],
    np.fft.ihfft: [(size(np.fft.ihfft), VECTOR)],
    np.fft.fftn: [
        (size(np.fft.fftn), STACK),
        (size(lambda a: np.fft.fftn(a, s=(2, 5), axes=(0, 1))), MATRIX),
    ],
    np.fft.ifftn: [(size(lambda a: np.fft.ifftn(a, axes=(0, 2))), STACK)],
    np.fft.fft2: [(size(np.fft.fft2), STACK)],
    np.fft.ifft2: [(size(np.fft.ifft2), MATRIX)],
    np.fft.rfft2: [(size(np.fft.rfft2), MATRIX)],
    np.fft.irfft2: [(np.fft.irfft2, MATRIX), (lambda a: np.fft.irfft2(a, s=(3, 3)), MATRIX)],
    np.fft.fftshift: [(np.fft.fftshift, MATRIX)],
    np.fft.ifftshift: [(lambda a: np.fft.ifftshift(a, axes=1), MATRIX)],
    np.fft.fftfreq: [
        (lambda a: np.fft.fftfreq(4, 0.1) * a, VECTOR),
        (lambda a: np.fft.fftfreq(5)[1:] * a, VECTOR),
    ],
    np.fft.rfftfreq: [(lambda a: np.fft.rfftfreq(6, d=2.0) * a, VECTOR)],
}
FURTHER = {
    **OF_FOURIER,
    chebyshev.chebval: [(lambda a: chebyshev.chebval(a, a), VECTOR)],
    legendre.legval: [
        (lambda a: legendre.legval(a, a), VECTOR),
        (lambda a: legendre.legval(a[0], a[:1]), VECTOR),
    ],
    laguerre.lagval: [(lambda a: laguerre.lagval(a, a[0]), MATRIX)],
    hermite.hermval: [(lambda a: hermite.hermval(a, a), VECTOR)],
    hermite_e.hermeval: [(lambda a: hermite_e.hermeval(a, a), VECTOR)],
    polynomial.polyval: [(lambda a: polynomial.polyval(a[0, 0], a), MATRIX)],
    polynomial.polyroots: [(lambda a: polynomial.polyroots(CUBIC + 0.01 * a), VECTOR)],
    polynomial.polyfromroots: [(polynomial.polyfromroots, VECTOR)],
    np.piecewise: [
        (lambda a: np.piecewise(a, [a > 1, a < 0.5], [squared, 2.0, signed]), MATRIX),
        (lambda a: np.piecewise(a, a > 0, [squared]), VECTOR),
    ],
    np.apply_along_axis: [
        (lambda a: np.apply_along_axis(np.sum, 1, a), MATRIX),
        (lambda a: np.apply_along_axis(lambda row: row[0] * row[1:], 1, a), STACK),
        (lambda a: np.apply_along_axis(squared, 0, a), VECTOR),
    ],
    np.lexsort: [
        (lambda a: a[np.lexsort(KEYS)], VECTOR),
        (lambda a: a[np.lexsort((a, KEYS[0]))], VECTOR),
    ],
    np.linalg.tensorsolve: [(lambda a: np.linalg.tensorsolve(a, a[0]), MATRIX)],
    np.linalg.tensorinv: [(lambda a: np.linalg.tensorinv(a, 1), MATRIX)],
    np.take: [
        (lambda a: np.take(a, [-1, 7], mode="clip"), VECTOR),
        (lambda a: np.take(a, [1, -7], axis=1, mode="wrap"), MATRIX),
    ],
    np.delete: [
        (lambda a: np.delete(a, slice(1, 3)), VECTOR),
        (lambda a: np.delete(a, slice(None, None, 2), axis=1), MATRIX),
        (lambda a: np.delete(a, HALF), VECTOR),
    ],
    np.insert: [
        (lambda a: np.insert(a, HALF, a[1:]), VECTOR),
        (lambda a: np.insert(a, slice(1, 3), a[0]), VECTOR),
        (lambda a: np.insert(a, [4, -4], a[0]), VECTOR),
    ],
    np.pad: [
        (lambda a: np.pad(a, (2, 3), mode="linear_ramp", end_values=(1.0, 2.0)), VECTOR),
        (lambda a: np.pad(a, 1, mode="mean"), MATRIX),
        (lambda a: np.pad(a, ((0, 1), (1, 0), (2, 2)), mode="maximum"), STACK),
        (lambda a: np.pad(a, 1, mode="minimum"), VECTOR),
        (lambda a: np.pad(a, 1, constant_values=(1, 2)), TALL),
        (lambda a: np.pad(a, 1, constant_values=((1, 2), (3, 4))), MATRIX),
    ],
}
OF_ARGUMENTS = [
    (lambda a: np.var(a, correction=1) + np.std(a, axis=0, correction=1), MATRIX),
    (lambda a: np.std(a, axis=1, where=a < 0.9), MATRIX),
    (lambda a: a * a.var(where=a > 0.15), MATRIX),
    (lambda a: np.vecdot(a, a[0], axis=0) + np.linalg.vecdot(a, a, axis=1), MATRIX),
    (lambda a: np.linalg.norm(a, 0) * a, VECTOR),
    (lambda a: np.mean(a, dtype=np.float64) * a.mean(axis=0, dtype=float), MATRIX),
]
