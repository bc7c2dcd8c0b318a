"""Rules of `scipy.fftpack`: its transforms are those of `scipy.fft`, real ones packed otherwise."""

import numpy as np
import scipy.fft as sf
import scipy.fftpack as fp

from adjoint.rules.numpy.fourier import fit
from adjoint.rules.ruleset import definition


def of_one(function, transform):
    @definition(function)
    def program(x, n=None, axis=-1, overwrite_x=False):
        return transform(x, n, axis)


def of_several(function, transform, given):
    @definition(function)
    def program(x, shape=None, axes=given, overwrite_x=False):
        return transform(x, shape, axes)


def of_cosines(function, transform, unscaled):
    """`unscaled` is what `scipy.fft` calls the scaling that `scipy.fftpack` has by itself."""

    @definition(function)
    def program(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False):
        return transform(x, type, n, axis, norm or unscaled)


def of_several_cosines(function, transform, unscaled):
    @definition(function)
    def program(x, type=2, shape=None, axes=None, norm=None, overwrite_x=False):
        return transform(x, type, shape, axes, norm or unscaled)


of_one(fp.fft, sf.fft)
of_one(fp.ifft, sf.ifft)
of_several(fp.fftn, sf.fftn, None)
of_several(fp.ifftn, sf.ifftn, None)
of_several(fp.fft2, sf.fft2, (-2, -1))
of_several(fp.ifft2, sf.ifft2, (-2, -1))
of_cosines(fp.dct, sf.dct, None)
of_cosines(fp.idct, sf.idct, "forward")
of_cosines(fp.dst, sf.dst, None)
of_cosines(fp.idst, sf.idst, "forward")
of_several_cosines(fp.dctn, sf.dctn, None)
of_several_cosines(fp.idctn, sf.idctn, "forward")
of_several_cosines(fp.dstn, sf.dstn, None)
of_several_cosines(fp.idstn, sf.idstn, "forward")


@definition(fp.rfft)
def rfft(x, n=None, axis=-1, overwrite_x=False):
    """Real and imaginary parts in turn, without those that are always zero."""
    n = np.shape(x)[axis] if n is None else n
    found = np.moveaxis(sf.rfft(x, n, axis), axis, -1)
    parts = np.stack([np.real(found), np.imag(found)], axis=-1)
    packed = np.reshape(parts, (*found.shape[:-1], 2 * found.shape[-1]))
    return np.moveaxis(packed[..., places_of(n)], -1, axis)


@definition(fp.irfft)
def irfft(x, n=None, axis=-1, overwrite_x=False):
    n = np.shape(x)[axis] if n is None else n
    packed = np.moveaxis(fit(np.asarray(x), n, axis), axis, -1)
    parts = np.zeros((*packed.shape[:-1], 2 * (n // 2 + 1)))
    parts[..., places_of(n)] = packed
    return np.moveaxis(sf.irfft(parts[..., ::2] + 1j * parts[..., 1::2], n, -1), -1, axis)


def places_of(n):
    """Where among real and imaginary parts in turn the packed numbers stand."""
    return np.array([0, *range(2, n + 1)])
