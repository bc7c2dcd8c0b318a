"""Rules of `scipy.ndimage` functions that read an image between its pixels, by B-splines.

They are linear in the image and piecewise polynomial in the places that are asked for (P. Thevenaz,
T. Blu, M. Unser, Interpolation revisited, IEEE Trans. Med. Imaging 19, 2000).
"""

import itertools

import numpy as np
import scipy.ndimage as nd

from adjoint.errors import MissingRule
from adjoint.rules.ruleset import definition
from adjoint.rules.scipy.ndimage import delivered, in_full

PADDING = 12  # pixels that SciPy adds before it filters an image which has no mirror at its edges


@definition(nd.spline_filter1d)
def spline_filter1d(input, order=3, axis=-1, output=np.float64, mode="mirror"):
    """The filter is linear: its matrix is its effect on the unit vectors."""
    image = np.asarray(input)
    if order < 2:
        return delivered(image * 1.0, output, image)
    matrix = nd.spline_filter1d(np.eye(image.shape[axis]), order, axis=0, mode=mode)
    found = np.tensordot(matrix, in_full(image), (1, axis))
    return delivered(np.moveaxis(found, 0, axis), output, image)


@definition(nd.spline_filter)
def spline_filter(input, order=3, output=np.float64, mode="mirror"):
    image = found = np.asarray(input)
    for axis in range(image.ndim if order > 1 else 0):
        found = spline_filter1d(found, order, axis, mode=mode)
    return delivered(found * 1.0, output, image)


def spline_weights(order, rest):
    """The cardinal B-splines of an order at ``rest + order//2 ...``, by the recurrence."""
    found = [np.ones(np.shape(rest))]
    for degree in range(1, order + 1):
        raised = []
        for place in range(degree + 1):
            left = found[place - 1] * (rest + degree - place) if place else 0.0
            right = found[place] * (place + 1 - rest) if place < degree else 0.0
            raised.append((left + right) / degree)
        found = raised
    return found


def folded(index, size, mode):
    """The place of a pixel of the extended image in the image."""
    if mode in ("mirror", "constant", "wrap"):
        if size == 1:
            return np.zeros_like(index)
        index = np.abs(index) % (2 * size - 2)
        return np.minimum(index, 2 * size - 2 - index)
    if mode in ("reflect", "grid-mirror"):
        index = index % (2 * size)
        return np.minimum(index, 2 * size - 1 - index)
    if mode == "grid-wrap":
        return index % size
    return np.clip(index, 0, size - 1)


def wrapped(place, size):
    """The place in an image whose last pixel is its first one again, for those outside."""
    turns = np.floor(place / max(size - 1, 1)) * (size - 1)
    return np.where((place < 0) | (place > size - 1), place - turns, place)


def mirrored(place, size, mode):
    """The place in the image of which one outside is the mirror image."""
    edge = 0.5 if mode in ("reflect", "grid-mirror") else 0.0
    period = 2.0 * (size - 1 + 2.0 * edge)
    if mode not in ("reflect", "grid-mirror", "mirror") or period == 0.0:
        return place
    distance = np.abs(place + edge) % period
    inside = np.minimum(distance, period - distance) - edge
    return np.where((place < 0) | (place > size - 1), inside, place)


def coefficients(image, order, mode, cval):
    """The coefficients of splines through the pixels, and how many were added at each end."""
    if mode == "nearest":
        return spline_filter(np.pad(image, PADDING, "edge"), order, mode="reflect"), PADDING
    if mode == "grid-constant":
        wide = np.pad(image, PADDING, "constant", constant_values=cval)
        return spline_filter(wide, order, mode="mirror"), PADDING
    return spline_filter(image, order, mode=SPLINE_MODES.get(mode, mode)), 0


def reading(image, places, order, mode, cval, prefilter):
    """The image at `places`, one array of coordinates per axis."""
    image = in_full(image)
    outside = False
    for place, size in zip(places, image.shape, strict=True):
        outside = outside | (place < 0) | (place > size - 1)
    if prefilter and order > 1:
        image, added = coefficients(image, order, mode, cval)
        places = [place + added for place in places]
    sizes = image.shape
    if mode == "wrap":
        places = [wrapped(*pair) for pair in zip(places, sizes, strict=True)]
    if order == 0:
        places = [mirrored(*pair, mode) for pair in zip(places, sizes, strict=True)]
    starts, weights = [], []
    for place in places:
        start = np.floor(place + (0.5 if order % 2 == 0 else 0.0))
        rest = place - start + (0.5 if order % 2 == 0 else 0.0)
        starts.append(start.astype(int) - order // 2)
        weights.append(spline_weights(order, rest))
    total = 0.0
    for corner in itertools.product(range(order + 1), repeat=image.ndim):
        weight, is_there = 1.0, True
        for axis, step in enumerate(corner):
            weight = weight * weights[axis][step]
        index = [start + step for start, step in zip(starts, corner, strict=True)]
        found = image[tuple(folded(*pair, mode) for pair in zip(index, sizes, strict=True))]
        if mode == "grid-constant":
            for place, size in zip(index, sizes, strict=True):
                is_there = is_there & (place >= 0) & (place < size)
            found = np.where(is_there, found, cval)
        total = total + weight * found
    return np.where(outside, cval, total) if mode == "constant" else total


SPLINE_MODES = {"constant": "mirror", "wrap": "mirror", "grid-mirror": "reflect"}


@definition(nd.map_coordinates)
def map_coordinates(
    input, coordinates, output=None, order=3, mode="constant", cval=0.0, prefilter=True
):
    places = list(np.asarray(coordinates))
    image = np.asarray(input)
    return delivered(reading(image, places, order, mode, cval, prefilter), output, image)


def grid(shape):
    return [np.asarray(part, float) for part in np.indices(shape)]


def shape_of(output_shape, output, image):
    if isinstance(output, np.ndarray):
        return output.shape
    return image.shape if output_shape is None else tuple(output_shape)


@definition(nd.affine_transform)
def affine_transform(
    input,
    matrix,
    offset=0.0,
    output_shape=None,
    output=None,
    order=3,
    mode="constant",
    cval=0.0,
    prefilter=True,
):
    image, matrix = np.asarray(input), np.asarray(matrix)
    ndim = image.ndim
    if matrix.ndim == 2 and matrix.shape[1] == ndim + 1:
        matrix, offset = matrix[:ndim, :ndim], matrix[:ndim, ndim]
    matrix = np.diag(matrix) if matrix.ndim == 1 else matrix
    offset = np.broadcast_to(np.asarray(offset), (ndim,))
    points = grid(shape_of(output_shape, output, image))
    places = [
        sum(matrix[row, column] * points[column] for column in range(ndim)) + offset[row]
        for row in range(ndim)
    ]
    return delivered(reading(image, places, order, mode, cval, prefilter), output, image)


@definition(nd.shift)
def shift(input, shift, output=None, order=3, mode="constant", cval=0.0, prefilter=True):
    image = np.asarray(input)
    steps = np.broadcast_to(np.asarray(shift), (image.ndim,))
    places = [part - step for part, step in zip(grid(image.shape), steps, strict=True)]
    return delivered(reading(image, places, order, mode, cval, prefilter), output, image)


@definition(nd.zoom)
def zoom(
    input, zoom, output=None, order=3, mode="constant", cval=0.0, prefilter=True, *, grid_mode=False
):
    """The factor decides how many pixels there are: it has no derivative."""
    image = np.asarray(input)
    factors = np.broadcast_to(np.asarray(zoom, float), (image.ndim,))
    shape = tuple(round(n * float(f)) for n, f in zip(image.shape, factors, strict=True))
    if grid_mode:
        raise MissingRule("zoom with grid_mode=True has no rule", instead="use affine_transform")
    places = [
        part * ((size - 1) / (length - 1) if length > 1 else 1.0)
        for part, size, length in zip(grid(shape), image.shape, shape, strict=True)
    ]
    return delivered(reading(image, places, order, mode, cval, prefilter), output, image)


@definition(nd.geometric_transform)
def geometric_transform(
    input,
    mapping,
    output_shape=None,
    output=None,
    order=3,
    mode="constant",
    cval=0.0,
    prefilter=True,
    extra_arguments=(),
    extra_keywords=None,
):
    image = np.asarray(input)
    shape = shape_of(output_shape, output, image)
    keywords = extra_keywords or {}
    mapped = [mapping(place, *extra_arguments, **keywords) for place in np.ndindex(shape)]
    places = [np.reshape(np.stack([m[axis] for m in mapped]), shape) for axis in range(image.ndim)]
    return delivered(reading(image, places, order, mode, cval, prefilter), output, image)
