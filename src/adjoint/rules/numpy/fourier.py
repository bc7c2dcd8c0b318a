"""Rules of `numpy.fft`: of one axis; transforms of several axes are NumPy's own programs of these.

The adjoint of a transform is the transform back, with the factor on the other side.
"""

import numpy as np

from adjoint.rules.ruleset import jvp, vjp

DUAL = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


def fit(values, size, axis):
    """`values` with `axis` cut, or filled with zeros, to `size`."""
    count = np.shape(values)[axis]
    if count >= size:
        return np.take(values, np.arange(size), axis=axis)
    widths = [(0, 0)] * np.ndim(values)
    widths[axis] = (0, size - count)
    return np.pad(values, widths)


def pushed_by(function):
    @jvp(function)
    def pushforward(tangents, out, a, n=None, axis=-1, norm=None):
        return function(tangents[0], n, axis, norm)


for transform in (np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft):
    pushed_by(transform)


@vjp(np.fft.fft)
def fft_vjp(ct, out, a, n=None, axis=-1, norm=None):
    back = np.fft.ifft(ct, axis=axis, norm=DUAL[norm])
    return (fit(back, np.shape(a)[axis], axis),)


@vjp(np.fft.ifft)
def ifft_vjp(ct, out, a, n=None, axis=-1, norm=None):
    back = np.fft.fft(ct, axis=axis, norm=DUAL[norm])
    return (fit(back, np.shape(a)[axis], axis),)


@vjp(np.fft.rfft)
def rfft_vjp(ct, out, a, n=None, axis=-1, norm=None):
    """The first half of the transform of a real array."""
    size = np.shape(a)[axis] if n is None else n
    back = np.fft.ifft(fit(ct, size, axis), axis=axis, norm=DUAL[norm])
    return (fit(np.real(back), np.shape(a)[axis], axis),)


@vjp(np.fft.irfft)
def irfft_vjp(ct, out, a, n=None, axis=-1, norm=None):
    """All frequencies but the first and, for an even size, the last stand for two."""
    size = np.shape(ct)[axis]
    forth = np.fft.rfft(ct, axis=axis, norm=DUAL[norm])
    weights = np.full(size // 2 + 1, 2.0)
    weights[0] = 1.0
    if size % 2 == 0:
        weights[-1] = 1.0
    shape = [1] * np.ndim(ct)
    shape[axis] = len(weights)
    return (fit(forth * np.reshape(weights, shape), np.shape(a)[axis], axis),)
