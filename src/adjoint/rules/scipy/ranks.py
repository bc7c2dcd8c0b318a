"""Rules of filters of `scipy.ndimage` that select: minima, maxima, ranks and medians.

Each selects among shifted copies of the padded image; equal values share as in `numpy.max`.
"""

import numpy as np
import scipy.ndimage as nd

from adjoint.errors import MissingRule
from adjoint.rules.ruleset import definition
from adjoint.rules.scipy.ndimage import delivered, origins_of, padded


def windows(image, footprint, mode, cval, origins):
    """The copies of the image shifted to each place of the footprint, along a first axis."""
    wide = image
    modes = [mode] * image.ndim if isinstance(mode, str) else list(mode)
    for axis, size in enumerate(footprint.shape):
        before = size // 2 + origins[axis]
        widths = [(0, 0)] * image.ndim
        widths[axis] = (before, size - 1 - before)
        wide = padded(wide, widths, modes[axis], cval)
    return np.stack(
        [
            wide[tuple(slice(p, p + n) for p, n in zip(place, image.shape, strict=True))]
            for place in np.argwhere(footprint)
        ]
    )


def footprint_of(size, footprint, ndim, axes):
    """The places of a window as an array with as many axes as the image."""
    chosen = range(ndim) if axes is None else [axis % ndim for axis in np.atleast_1d(axes)]
    if footprint is None:
        sizes = [size] * len(chosen) if np.ndim(size) == 0 else list(size)
        footprint = np.ones([int(n) for n in sizes], bool)
    shape = [1] * ndim
    for axis, length in zip(chosen, np.shape(footprint), strict=True):
        shape[axis] = length
    return np.reshape(np.asarray(footprint, bool), shape)


def windows_of(input, size, footprint, mode, cval, origin, axes):
    image = np.asarray(input)
    places = footprint_of(size, footprint, image.ndim, axes)
    if axes is not None and not (isinstance(origin, int) and isinstance(mode, str)):
        raise MissingRule(
            "an ndimage filter with axes and an origin or mode for each has no rule",
            instead="apply it to one axis after the other",
        )
    shift = origins_of(origin, image.ndim)
    if axes is not None:
        shift = [o if n > 1 else 0 for o, n in zip(shift, places.shape, strict=True)]
    return windows(image, places, mode, cval, shift)


def along(axis, size, ndim):
    shape = [1] * ndim
    shape[axis] = size
    return np.ones(shape, bool)


def one_axis(select):
    def program(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
        image = np.asarray(input)
        origins = [0] * image.ndim
        origins[axis] = origin
        found = windows(image, along(axis, size, image.ndim), mode, cval, origins)
        return delivered(select(found, axis=0), output, found)

    return program


def all_axes(select):
    def program(
        input,
        size=None,
        footprint=None,
        output=None,
        mode="reflect",
        cval=0.0,
        origin=0,
        *,
        axes=None,
    ):
        found = windows_of(input, size, footprint, mode, cval, origin, axes)
        return delivered(select(found, axis=0), output, found)

    return program


definition(nd.minimum_filter1d)(one_axis(np.min))
definition(nd.maximum_filter1d)(one_axis(np.max))
definition(nd.minimum_filter)(all_axes(np.min))
definition(nd.maximum_filter)(all_axes(np.max))


def ranked(found, rank):
    return np.sort(found, axis=0)[rank]


@definition(nd.rank_filter)
def rank_filter(
    input,
    rank,
    size=None,
    footprint=None,
    output=None,
    mode="reflect",
    cval=0.0,
    origin=0,
    *,
    axes=None,
):
    found = windows_of(input, size, footprint, mode, cval, origin, axes)
    return delivered(ranked(found, rank), output, found)


def median(found, axis):
    return ranked(found, len(found) // 2)


definition(nd.median_filter)(all_axes(median))


@definition(nd.percentile_filter)
def percentile_filter(
    input,
    percentile,
    size=None,
    footprint=None,
    output=None,
    mode="reflect",
    cval=0.0,
    origin=0,
    *,
    axes=None,
):
    found = windows_of(input, size, footprint, mode, cval, origin, axes)
    level = percentile + 100.0 if percentile < 0.0 else percentile
    rank = len(found) - 1 if level == 100.0 else int(len(found) * level / 100.0)
    return delivered(ranked(found, rank), output, found)
