"""Rules of `scipy.interpolate` on grids of several dimensions, by programs in Python."""

import itertools

import numpy as np
import scipy.interpolate as si

from adjoint.rules.absent import Native
from adjoint.rules.ruleset import covers, definition
from adjoint.rules.scipy.interpolate import falling, spline_values


def as_points(xi, ndim):
    """Points along the last axis, from an array or a tuple of coordinates."""
    if isinstance(xi, tuple):
        return np.stack(np.broadcast_arrays(*xi), axis=-1)
    points = np.asarray(xi, float)
    if points.ndim == 1 and ndim == 1:
        return points[:, None]
    return points


def coordinates(points, ndim=None):
    """What SciPy's own helper makes of points that are given in one of several ways."""
    given = points[0] if isinstance(points, tuple) and len(points) == 1 else points
    found = as_points(given, 1 if ndim is None else ndim)
    if ndim is None and np.ndim(given) == 1 and not isinstance(given, tuple):
        return found
    return found


def state_coordinates():
    """Let SciPy's sources that call the native helper be followed."""
    helper = Native(si.RegularGridInterpolator.__module__)._ndim_coords_from_arrays
    definition(helper)(coordinates)


state_coordinates()


def cells_of(grids, columns):
    """For each dimension the cell of each point, and the share of it to the left of the point."""
    for grid, column in zip(grids, columns, strict=True):
        cell = np.clip(np.searchsorted(grid, column, side="right") - 1, 0, len(grid) - 2)
        yield cell, (column - grid[cell]) / (grid[cell + 1] - grid[cell])


@definition(si.RegularGridInterpolator.__call__)
def evaluate_grid(self, xi, method=None, *, nu=None):
    """Linear interpolation between the corners of the cell of a point, or the nearest of them."""
    method = self.method if method is None else method
    ndim = len(self.grid)
    points = as_points(xi, ndim)
    shape = points.shape[:-1]
    columns = np.moveaxis(np.reshape(points, (-1, ndim)), -1, 0)
    pairs = list(cells_of(self.grid, columns))
    low_high = [(grid[0], grid[-1]) for grid in self.grid]
    outside = np.zeros(columns.shape[1:], bool)
    for column, (low, high) in zip(columns, low_high, strict=True):
        outside = outside | (column < low) | (column > high)
    if self.bounds_error and np.any(outside):
        raise ValueError("One of the requested xi is out of bounds")
    spread = (-1,) + (1,) * (np.ndim(self.values) - ndim)
    if method == "nearest":
        total = self.values[tuple(np.where(share <= 0.5, cell, cell + 1) for cell, share in pairs)]
    else:
        total = between_corners(self.values, pairs, spread)
    if not self.bounds_error and self.fill_value is not None:
        total = np.where(np.reshape(outside, spread), self.fill_value, total)
    return np.reshape(total, (*shape, *self.values.shape[ndim:]))


def between_corners(values, pairs, spread):
    total = 0.0
    for corner in itertools.product((0, 1), repeat=len(pairs)):
        weight, place = 1.0, []
        for side, (cell, share) in zip(corner, pairs, strict=True):
            weight = weight * (share if side else 1.0 - share)
            place.append(cell + side)
        total = total + np.reshape(weight, spread) * values[tuple(place)]
    return total


@covers(si.RegularGridInterpolator.__call__)
def is_local(self, xi, method=None, *, nu=None):
    """Splines over the whole grid are followed through SciPy's source."""
    return (self.method if method is None else method) in ("linear", "nearest")


@definition(si.NdBSpline.__call__)
def evaluate_product_spline(self, xi, *, nu=None, extrapolate=None):
    """Products of splines of one variable, contracted one dimension after the other."""
    ndim = len(self.t)
    points = np.asarray(xi, float)
    shape, trailing = points.shape[:-1], self.c.shape[ndim:]
    rows = np.reshape(points, (-1, ndim))
    orders = [0] * ndim if nu is None else [int(order) for order in nu]
    outside, total = np.zeros(len(rows), bool), None
    for place, (knots, degree) in enumerate(zip(self.t, self.k, strict=True)):
        count, column = len(knots) - degree - 1, rows[:, place]
        outside = outside | (column < knots[degree]) | (column > knots[count])
        basis = spline_values(column, knots, np.eye(count), degree, orders[place])
        if total is None:
            total = np.tensordot(basis, self.c, axes=1)
        else:
            total = np.einsum("pi,pi...->p...", basis, total)
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    if not extrapolate:
        total = np.where(np.reshape(outside, (-1,) + (1,) * len(trailing)), np.nan, total)
    return np.reshape(total, shape + trailing)


@definition(si.NdPPoly.__call__)
def evaluate_product_pieces(self, x, nu=None, extrapolate=None):
    """Horner's scheme in one dimension after the other, in the cell of each point."""
    ndim = len(self.x)
    points = as_points(x, ndim)
    shape, trailing = points.shape[:-1], self.c.shape[2 * ndim :]
    rows = np.reshape(points, (-1, ndim))
    orders = [0] * ndim if nu is None else [int(order) for order in nu]
    cells, local, outside = [], [], np.zeros(len(rows), bool)
    for place, ends in enumerate(self.x):
        column = rows[:, place]
        cells.append(np.clip(np.searchsorted(ends, column, side="right") - 1, 0, len(ends) - 2))
        local.append(column - ends[cells[-1]])
        outside = outside | (column < ends[0]) | (column > ends[-1])
    # the pieces of all points: degrees first, then points, then trailing
    total = self.c[(slice(None),) * ndim + tuple(cells)]
    for place in range(ndim):
        total = by_horner(total, local[place], orders[place], ndim - place)
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    if not extrapolate:
        total = np.where(np.reshape(outside, (-1,) + (1,) * len(trailing)), np.nan, total)
    return np.reshape(total, shape + trailing)


def by_horner(coefficients, local, order, axes_before):
    """The polynomial along the first axis, of each point; `axes_before` counts axes of degrees."""
    degree = coefficients.shape[0] - 1
    spread = (1,) * (axes_before - 1) + (-1,) + (1,) * (coefficients.ndim - axes_before - 1)
    step = np.reshape(local, spread)
    total = np.zeros(coefficients.shape[1:])
    for row in range(degree + 1 - order):
        total = total * step + falling(degree - row, order) * coefficients[row]
    return total
