"""Rules of `scipy.ndimage` filters whose windows are handed to a function of the program.

The function is followed for each window; one of native code (`LowLevelCallable`) is refused.
"""

import numpy as np
import scipy
import scipy.ndimage as nd

from adjoint.errors import MissingRule
from adjoint.rules.ruleset import definition
from adjoint.rules.scipy.ndimage import delivered, origins_of, padded


def require_python(function):
    if isinstance(function, scipy.LowLevelCallable):
        raise MissingRule(
            "a filter by a function of native code has no rule", instead="give a Python function"
        )


def widened(image, shape, mode, cval, origins):
    """The image with what the windows of that shape need around it."""
    modes = [mode] * image.ndim if isinstance(mode, str) else mode
    for axis in range(image.ndim):
        before = shape[axis] // 2 + origins[axis]
        widths = [(0, 0)] * image.ndim
        widths[axis] = (before, shape[axis] - 1 - before)
        image = padded(image, widths, modes[axis], cval)
    return image


@definition(nd.generic_filter)
def generic_filter(
    input,
    function,
    size=None,
    footprint=None,
    output=None,
    mode="reflect",
    cval=0.0,
    origin=0,
    extra_arguments=(),
    extra_keywords=None,
    *,
    axes=None,
):
    require_python(function)
    if axes is not None:
        raise MissingRule("generic_filter with axes has no rule", instead="give a size for each")
    image = np.asarray(input)
    if footprint is None:
        footprint = np.ones([size] * image.ndim if isinstance(size, int) else size, bool)
    inside = np.asarray(footprint, bool)
    wide = widened(image, inside.shape, mode, cval, origins_of(origin, image.ndim))
    found = []
    for place in np.ndindex(image.shape):
        window = tuple(slice(p, p + n) for p, n in zip(place, inside.shape, strict=True))
        found.append(function(wide[window][inside], *extra_arguments, **(extra_keywords or {})))
    return delivered(np.reshape(np.array(found), image.shape), output, image)


@definition(nd.generic_filter1d)
def generic_filter1d(
    input,
    function,
    filter_size,
    axis=-1,
    output=None,
    mode="reflect",
    cval=0.0,
    origin=0,
    extra_arguments=(),
    extra_keywords=None,
):
    """The function fills in the second array that it is given, a line of the result."""
    require_python(function)
    image = np.moveaxis(np.asarray(input), axis, -1)
    shape, origins = [1] * image.ndim, [0] * image.ndim
    shape[-1], origins[-1] = filter_size, origin
    wide = widened(image, shape, mode, cval, origins)
    lines = []
    for place in np.ndindex(image.shape[:-1]):
        line = np.zeros(image.shape[-1])
        function(wide[place], line, *extra_arguments, **(extra_keywords or {}))
        lines.append(line)
    found = np.moveaxis(np.reshape(np.stack(lines), image.shape), -1, axis)
    return delivered(found, output, image)
