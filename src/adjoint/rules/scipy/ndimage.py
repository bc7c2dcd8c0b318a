"""Rules of `scipy.ndimage`: correlations as sums of shifted copies of a padded image.

Gaussian filters, derivatives and convolutions are SciPy's own programs of these.
"""

import numpy as np
import scipy.ndimage as nd
import scipy.special as sc

from adjoint.rules.ruleset import definition

MODES = {
    "reflect": "symmetric",
    "grid-mirror": "symmetric",
    "mirror": "reflect",
    "nearest": "edge",
    "constant": "constant",
    "grid-constant": "constant",
    "wrap": "wrap",
    "grid-wrap": "wrap",
}


def padded(image, widths, mode, cval):
    mode = mode if image.size else "constant"
    options = {"constant_values": cval} if MODES[mode] == "constant" else {}
    return np.pad(image, widths, MODES[mode], **options)


def delivered(result, output, image):
    """`result` as SciPy gives it: in `output`, in the type that it names, or in that of `image`."""
    if isinstance(output, np.ndarray):
        output[...] = result
        return output
    result = np.asarray(result)
    kind = np.dtype(image.dtype if output is None else output)
    if np.iscomplexobj(result):
        kind = np.promote_types(kind, np.complex64)
    return result if result.dtype == kind else result.astype(kind)


def in_full(image):
    """The image in the precision in which SciPy computes."""
    kind = np.complex128 if np.iscomplexobj(image) else np.float64
    return image if image.dtype == kind else image.astype(kind)


def sum_of_shifts(image, weights, mode, cval, origins):
    """The sum of products of an image with real or conjugate weights that have as many axes."""
    image = in_full(image)
    modes = [mode] * image.ndim if isinstance(mode, str) else mode
    wide = image
    for axis in range(image.ndim):
        before = weights.shape[axis] // 2 + origins[axis]
        widths = [(0, 0)] * image.ndim
        widths[axis] = (before, weights.shape[axis] - 1 - before)
        wide = padded(wide, widths, modes[axis], cval)
    total = 0.0
    for place in np.ndindex(weights.shape):
        region = tuple(slice(p, p + n) for p, n in zip(place, image.shape, strict=True))
        total = total + weights[place] * wide[region]
    return total


def origins_of(origin, ndim):
    return [origin] * ndim if isinstance(origin, int) else list(origin)


@definition(nd.correlate1d)
def correlate1d(input, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    image, weights = np.asarray(input), np.conj(weights)
    shape = [1] * image.ndim
    shape[axis] = len(weights)
    origins = [0] * image.ndim
    origins[axis] = origin
    total = sum_of_shifts(image, np.reshape(weights, shape), mode, cval, origins)
    return delivered(total, output, image)


@definition(nd.correlate)
def correlate(input, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    image, weights = np.asarray(input), np.conj(weights)
    if axes is not None:
        shape = np.ones(image.ndim, int)
        shape[list(np.atleast_1d(axes))] = weights.shape
        weights = np.reshape(weights, shape)
    origins = origins_of(origin, image.ndim)
    return delivered(sum_of_shifts(image, weights, mode, cval, origins), output, image)


@definition(nd.convolve)
def convolve(input, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The correlation with the mirror image; the middle of an even side is on its other half."""
    turned = np.flip(np.conj(weights))
    origins = [-o for o in origins_of(origin, np.ndim(weights))]
    origins = [
        o - (1 if size % 2 == 0 else 0) for o, size in zip(origins, turned.shape, strict=True)
    ]
    return correlate(input, turned, output, mode, cval, origins, axes=axes)


@definition(nd.uniform_filter1d)
def uniform_filter1d(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    weights = np.full(size, 1.0 / size)
    return correlate1d(input, weights, axis, output, mode, cval, origin)


def frequencies_of(shape, n, axis):
    """The frequencies along each axis of a Fourier transform, shaped to broadcast."""
    for place, size in enumerate(shape):
        whole = np.fft.fftfreq(size)
        if n >= 0 and place == axis % len(shape):  # of a real transform of length n
            whole = np.arange(size) / n
        yield np.reshape(whole, [-1 if place == other else 1 for other in range(len(shape))])


def fourier_filter(function, factor, widest, *kept):
    """State the filter that multiplies with ``factor(frequency, parameter)`` along each axis.

    Its result is of the type of the image, if that is one of `kept`, else `widest`.
    """

    def program(input, parameter, n=-1, axis=-1, output=None):
        image = np.asarray(input)
        parameters = np.broadcast_to(np.asarray(parameter), (image.ndim,))
        found = image
        for place, frequency in enumerate(frequencies_of(image.shape, n, axis)):
            found = found * factor(frequency, parameters[place])
        kind = image.dtype if image.dtype in kept else widest
        return delivered(found, kind if output is None else output, image)

    definition(function)(program)


@definition(nd.fourier_ellipsoid)
def fourier_ellipsoid(input, size, n=-1, axis=-1, output=None):
    """The transform of an interval, a disc or a ball, at the frequencies times the sizes."""
    image = np.asarray(input)
    if image.ndim == 1:
        return nd.fourier_uniform(image, size, n, axis, output)
    sizes = np.broadcast_to(np.asarray(size), (image.ndim,))
    frequencies = frequencies_of(image.shape, n, axis)
    square = sum((np.pi * f * s) ** 2 for f, s in zip(frequencies, sizes, strict=True))
    is_small = square < 1e-8
    r = np.sqrt(np.where(is_small, 1.0, square))
    if image.ndim == 2:
        factor = np.where(is_small, 1.0 - square / 8.0, 2.0 * sc.jv(1, r) / r)
    else:
        far = 3.0 * (np.sin(r) - r * np.cos(r)) / r**3
        factor = np.where(is_small, 1.0 - square / 10.0, far)
    kind = image.dtype if image.dtype in OF_REAL else np.float64
    return delivered(image * factor, kind if output is None else output, image)


OF_REAL = np.float64, np.float32, np.complex64, np.complex128
fourier_filter(nd.fourier_gaussian, lambda f, s: np.exp(-2.0 * (np.pi * f * s) ** 2), *OF_REAL)
fourier_filter(nd.fourier_uniform, lambda f, size: np.sinc(f * size), *OF_REAL)
fourier_filter(
    nd.fourier_shift, lambda f, shift: np.exp(-2j * np.pi * f * shift), np.complex128, np.complex64
)
