"""Functions of `numpy.fft`, in the language the compiler compiles.

One operation transforms rows, which is linear: its transpose is the transform of the other sign.
"""

import numpy as np

from adjoint.compile import operations
from adjoint.compile.frontend.written_axes import (
    ANY,
    in_front,
    not_compiled,
    parted,
    put_back,
    put_from_end,
    rows_of,
)
from adjoint.compile.frontend.written_shapes import roll

FORWARD, BACKWARD = -1, 1


def pulled(ct, out, rows, sign):
    return operations.fourier(ct, -sign)


def pushed(change, out, rows, sign):
    return operations.fourier(change, sign)


def share(norm, sign, n):
    """The factor of a transform of `n` items."""
    if norm == "ortho":
        return 1.0 / np.sqrt(n)
    if norm is None or norm == "backward":
        return 1.0 / n if sign == BACKWARD else 1.0
    if norm == "forward":
        return 1.0 if sign == BACKWARD else 1.0 / n
    return not_compiled("this norm of a Fourier transform")


def fitted(front, n):
    """Cut at `n` items of the first axis, or filled with zeros, and complex."""
    out = np.zeros((n, *front.shape[1:]), dtype=complex)
    count = min(n, len(front))
    out[:count] = front[:count]
    return out


def along(a, n, axis, sign, norm):
    """The transform along one axis."""
    count = a.shape[parted(a, axis)[1][0]] if n is None else n
    ready = put_back(fitted(in_front(a, axis), count), axis)
    if a.ndim == 1:
        found = operations.fourier(ready.copy().reshape(1, count), sign)[0]
    else:
        kept, _ = parted(a, axis)
        rows = operations.fourier(rows_of(ready, axis).copy(), sign)
        found = put_from_end(rows.copy().reshape([*[a.shape[i] for i in kept], count]), axis)
    return found * share(norm, sign, count)


def fft(a, n=None, axis=-1, norm=None):
    return along(a, n, axis, FORWARD, norm)


def ifft(a, n=None, axis=-1, norm=None):
    return along(a, n, axis, BACKWARD, norm)


def rfft(a, n=None, axis=-1, norm=None):
    found = in_front(along(a, n, axis, FORWARD, norm), axis)
    count = a.shape[parted(a, axis)[1][0]] if n is None else n
    return put_back(found[: count // 2 + 1], axis).copy()


def irfft(a, n=None, axis=-1, norm=None):
    """The real signal: each frequency stands for two, but the first and that of half the items."""
    given = in_front(a, axis)
    count = 2 * (len(given) - 1) if n is None else n
    twice = fitted(given[: count // 2 + 1], count) * 2.0
    twice[0] *= 0.5
    if count % 2 == 0:
        twice[count // 2] *= 0.5
    return along(put_back(twice, axis), None, axis, BACKWARD, norm).real.copy()


def swapped(norm):
    """The norm of the transform the other way."""
    if norm == "ortho":
        return norm
    return "backward" if norm == "forward" else "forward"


def hfft(a, n=None, axis=-1, norm=None):
    return irfft(np.conj(a), n, axis, swapped(norm))


def ihfft(a, n=None, axis=-1, norm=None):
    return np.conj(rfft(a, n, axis, swapped(norm)))


def over(a, s, axes, sign, norm):
    """The transform along several axes."""
    found = a
    if axes is None and s is not None:
        return not_compiled("a transform of lengths without axes", "name the axes")
    chosen = tuple(range(a.ndim)) if axes is None else axes
    for k in tuple(range(len(chosen))):
        found = along(found, None if s is None else s[k], chosen[k], sign, norm)
    return found


def fftn(a, s=None, axes=None, norm=None):
    return over(a, s, axes, FORWARD, norm)


def ifftn(a, s=None, axes=None, norm=None):
    return over(a, s, axes, BACKWARD, norm)


def fft2(a, s=None, axes=(-2, -1), norm=None):
    return over(a, s, axes, FORWARD, norm)


def ifft2(a, s=None, axes=(-2, -1), norm=None):
    return over(a, s, axes, BACKWARD, norm)


def rfft2(a, s=None, axes=(-2, -1), norm=None):
    if s is not None:
        return not_compiled("rfft2 with lengths")
    return fft(rfft(a, None, axes[1], norm), None, axes[0], norm)


def irfft2(a, s=None, axes=(-2, -1), norm=None):
    if s is not None:
        return irfft(ifft(a, s[0], axes[0], norm), s[1], axes[1], norm)
    return irfft(ifft(a, None, axes[0], norm), None, axes[1], norm)


def fftshift(x, axes=None):
    turned = x[:]
    for at in parted(x, axes)[1]:
        turned = roll(turned, x.shape[at] // 2, at)
    return turned.copy()


def ifftshift(x, axes=None):
    turned = x[:]
    for at in parted(x, axes)[1]:
        turned = roll(turned, -(x.shape[at] // 2), at)
    return turned.copy()


def fftfreq(n, d=1.0):
    at = np.arange(n)
    return np.where(at < (n + 1) // 2, at, at - n) / (n * d)


def rfftfreq(n, d=1.0):
    return np.arange(n // 2 + 1) / (n * d)


OF_FOURIER = {
    np.fft.fft: (fft, ANY),
    np.fft.ifft: (ifft, ANY),
    np.fft.rfft: (rfft, ANY),
    np.fft.irfft: (irfft, ANY),
    np.fft.hfft: (hfft, ANY),
    np.fft.ihfft: (ihfft, ANY),
    np.fft.fftn: (fftn, ANY),
    np.fft.ifftn: (ifftn, ANY),
    np.fft.fft2: (fft2, ANY),
    np.fft.ifft2: (ifft2, ANY),
    np.fft.rfft2: (rfft2, ANY),
    np.fft.irfft2: (irfft2, ANY),
    np.fft.fftshift: (fftshift, ANY),
    np.fft.ifftshift: (ifftshift, ANY),
    np.fft.fftfreq: (fftfreq, 0),
    np.fft.rfftfreq: (rfftfreq, 0),
}
