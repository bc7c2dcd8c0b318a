"""Rules of `scipy.fft`: Fourier transforms by those of NumPy; cosine and sine transforms.

The transpose of a cosine or sine transform is another one, up to factors at the ends; where an
unusual scaling is asked for, the transform is applied as a matrix.
"""

import numpy as np
import scipy.fft as sf

from adjoint.rules.numpy.fourier import DUAL, fit
from adjoint.rules.ruleset import definition, jvp, vjp

NUMPY = {
    sf.fft: np.fft.fft,
    sf.ifft: np.fft.ifft,
    sf.rfft: np.fft.rfft,
    sf.irfft: np.fft.irfft,
    sf.hfft: np.fft.hfft,
    sf.ihfft: np.fft.ihfft,
}
NUMPY_OF_SEVERAL = {
    sf.fftn: np.fft.fftn,
    sf.ifftn: np.fft.ifftn,
    sf.rfftn: np.fft.rfftn,
    sf.irfftn: np.fft.irfftn,
}
NUMPY_OF_TWO = {
    sf.fft2: np.fft.fftn,
    sf.ifft2: np.fft.ifftn,
    sf.rfft2: np.fft.rfftn,
    sf.irfft2: np.fft.irfftn,
}


def by_numpy(function, same):
    @definition(function)
    def transform(x, n=None, axis=-1, norm=None, workers=None, *, plan=None):
        return same(x, n, axis, norm)


def listed(given):
    """One axis or length as a tuple; None stays None."""
    return (given,) if np.ndim(given) == 0 and given is not None else given


def by_numpy_of_several(function, same, usual_axes):
    @definition(function)
    def transform(x, s=None, axes=usual_axes, norm=None, workers=None, *, plan=None):
        s, axes = listed(s), listed(axes)
        if s is not None and axes is None:
            axes = tuple(range(np.ndim(x) - len(s), np.ndim(x)))
        return same(x, s, axes, norm)


for function, same in NUMPY.items():
    by_numpy(function, same)
for function, same in NUMPY_OF_SEVERAL.items():
    by_numpy_of_several(function, same, None)
for function, same in NUMPY_OF_TWO.items():
    by_numpy_of_several(function, same, (-2, -1))


def hermitian(function, axes_if_none):
    @definition(function)
    def transform(x, s=None, axes=axes_if_none, norm=None, *_args, **_options):
        return sf.irfftn(np.conj(x), s, axes, DUAL[norm])


def inverse_of_hermitian(function, axes_if_none):
    @definition(function)
    def transform(x, s=None, axes=axes_if_none, norm=None, *_args, **_options):
        return np.conj(sf.rfftn(x, s, axes, DUAL[norm]))


hermitian(sf.hfftn, None)
hermitian(sf.hfft2, (-2, -1))
inverse_of_hermitian(sf.ihfftn, None)
inverse_of_hermitian(sf.ihfft2, (-2, -1))

INVERSE_TYPE = {1: 1, 2: 3, 3: 2, 4: 4}


def scaled_end(values, axis, place, factor):
    """`values` with one entry along `axis` multiplied."""
    factors = np.ones(np.shape(values)[axis])
    factors[place] = factor
    shape = [1] * np.ndim(values)
    shape[axis] = -1
    return values * np.reshape(factors, shape)


def transpose_of(function, ct, kind, axis, norm, orthogonalize, ends):
    """The transpose of a cosine or sine transform; `ends` are the entries that count half."""
    if norm == "ortho" and orthogonalize in (None, True):
        return function(ct, INVERSE_TYPE[kind], axis=axis, norm="ortho")
    if norm not in (None, "backward") or orthogonalize:
        unit = np.eye(np.shape(ct)[axis])
        matrix = function(unit, kind, axis=0, norm=norm, orthogonalize=orthogonalize)
        return np.moveaxis(np.matmul(np.moveaxis(ct, axis, -1), matrix), -1, axis)
    if kind == 4 or not ends[kind]:
        return function(ct, kind, axis=axis)
    if kind == 2:
        return function(scaled_end(ct, axis, ends[2], 2.0), 3, axis=axis)
    if kind == 3:
        return scaled_end(function(ct, 2, axis=axis), axis, ends[3], 0.5)
    doubled = scaled_end(scaled_end(ct, axis, 0, 2.0), axis, -1, 2.0)
    turned = function(doubled, 1, axis=axis)
    return scaled_end(scaled_end(turned, axis, 0, 0.5), axis, -1, 0.5)


def state(function, ends):
    @vjp(function)
    def pullback(
        ct, out, x, type=2, n=None, axis=-1, norm=None, *, workers=None, orthogonalize=None
    ):
        back = transpose_of(function, ct, type, axis, norm, orthogonalize, ends)
        return (fit(back, np.shape(x)[axis], axis),)

    @jvp(function)
    def pushforward(
        tangents, out, x, type=2, n=None, axis=-1, norm=None, *, workers=None, orthogonalize=None
    ):
        return function(tangents[0], type, n, axis, norm, orthogonalize=orthogonalize)


state(sf.dct, {1: [0, -1], 2: [0], 3: [0]})
state(sf.dst, {1: [], 2: [-1], 3: [-1]})


def inverse(function, forward):
    @definition(function)
    def transform(x, type=2, n=None, axis=-1, norm=None, workers=None, orthogonalize=None):
        kind, scaling = INVERSE_TYPE[type], DUAL[norm]
        return forward(x, kind, n, axis, scaling, orthogonalize=orthogonalize)


def of_several(function, of_one):
    @definition(function)
    def transform(x, type=2, s=None, axes=None, norm=None, workers=None, *, orthogonalize=None):
        s, axes = listed(s), listed(axes)
        if axes is None:
            axes = range(np.ndim(x)) if s is None else range(np.ndim(x) - len(s), np.ndim(x))
        sizes = [None] * len(axes) if s is None else s
        for axis, size in zip(axes, sizes, strict=True):
            x = of_one(x, type, size, axis, norm, orthogonalize=orthogonalize)
        return x


inverse(sf.idct, sf.dct)
inverse(sf.idst, sf.dst)
of_several(sf.dctn, sf.dct)
of_several(sf.dstn, sf.dst)
of_several(sf.idctn, sf.idct)
of_several(sf.idstn, sf.idst)
