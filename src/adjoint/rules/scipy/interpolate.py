"""Rules of `scipy.interpolate`: piecewise polynomials, B-splines and grids, by programs in Python.

At a knot the piece to its right counts, as in `np.interp`; at the last one the piece to its left.
"""

import itertools

import numpy as np
import scipy.interpolate as si

from adjoint.errors import MissingRule
from adjoint.rules.ruleset import definition


def falling(power, order):
    """The factor that differentiating ``t**power`` brings, `order` times."""
    factor = 1.0
    for step in range(order):
        factor = factor * (power - step)
    return factor


@definition(si.PPoly.__call__)
def evaluate_pieces(self, x, nu=0, extrapolate=None):
    """A piecewise polynomial, by Horner's scheme in the piece of each point."""
    if not isinstance(self, si.PPoly):
        raise MissingRule(
            f"the values of a {type(self).__name__} have no rule",
            instead="use scipy.interpolate.PPoly.from_bernstein_basis",
        )
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    points = np.ravel(np.asarray(x, float))
    if extrapolate == "periodic":
        points = self.x[0] + (points - self.x[0]) % (self.x[-1] - self.x[0])
    piece = np.clip(np.searchsorted(self.x, points, side="right") - 1, 0, len(self.x) - 2)
    spread = (-1,) + (1,) * (self.c.ndim - 2)
    local = np.reshape(points - self.x[piece], spread)
    degree = self.c.shape[0] - 1
    total = np.zeros((len(points), *self.c.shape[2:]))
    for row in range(degree + 1 - nu):
        total = total * local + falling(degree - row, nu) * self.c[row][piece]
    if not extrapolate:
        outside = (points < self.x[0]) | (points > self.x[-1])
        total = np.where(np.reshape(outside, spread), np.nan, total)
    return on_axis(total, np.shape(x), self.axis)


def on_axis(values, shape, axis):
    """`values` of points of `shape`, with these dimensions where `axis` of the data was."""
    values = np.reshape(values, (*shape, *values.shape[1:]))
    if axis == 0:
        return values
    order = list(range(values.ndim))
    ndim = len(shape)
    return np.transpose(values, order[ndim : ndim + axis] + order[:ndim] + order[ndim + axis :])


def basis_functions(points, knots, degree, interval):
    """The B-splines that do not vanish in the interval of each point (de Boor's recurrence)."""
    found = [np.ones(np.shape(points))]
    for order in range(1, degree + 1):
        raised = [np.zeros(np.shape(points))] * (order + 1)
        for place in range(order):
            left = knots[interval + place + 1 - order]
            right = knots[interval + place + 1]
            share = found[place] / (right - left)
            raised[place] = raised[place] + share * (right - points)
            raised[place + 1] = share * (points - left)
        found = raised
    return found


@definition(si.BSpline.__call__)
def evaluate_spline(self, x, nu=0, extrapolate=None):
    """A sum of B-splines; derivatives by differences of its coefficients."""
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    points = np.ravel(np.asarray(x, float))
    knots, degree, count = self.t, self.k, len(self.t) - self.k - 1
    if extrapolate == "periodic":
        low, high = knots[degree], knots[count]
        points = low + (points - low) % (high - low)
    interval = np.clip(np.searchsorted(knots, points, side="right") - 1, degree, count - 1)
    coefficients = self.c[:count]
    spread = (-1,) + (1,) * (coefficients.ndim - 1)
    for order in range(nu):
        widths = knots[degree + 1 - order + order : count + degree - order] * 0.0 + (
            knots[degree + 1 : count + degree - order] - knots[1 + order : count]
        )
        safe = np.reshape(np.where(widths == 0, 1.0, widths), spread)
        coefficients = (degree - order) * np.diff(coefficients, axis=0) / safe
    lower = max(degree - nu, 0)
    if nu > degree:
        total = np.zeros((len(points), *self.c.shape[1:]))
    else:
        shares = basis_functions(points, knots, lower, interval)
        total = 0.0
        for place, share in enumerate(shares):
            chosen = coefficients[interval - degree + place]
            total = total + np.reshape(share, spread) * chosen
    if not extrapolate:
        outside = (points < knots[degree]) | (points > knots[count])
        total = np.where(np.reshape(outside, spread), np.nan, total)
    return on_axis(total, np.shape(x), self.axis)


def usual_knots(x, degree):
    """The knots of "not-a-knot" splines through points at `x`, as SciPy chooses them."""
    if degree % 2:
        half = (degree + 1) // 2
        inner = x[half : len(x) - half]
    else:
        middles = 0.5 * (x[1:] + x[:-1])
        inner = middles[degree // 2 : len(middles) - degree // 2]
    ends = np.ones(degree + 1)
    return np.concatenate([x[0] * ends, inner, x[-1] * ends])


def collocation(points, knots, degree):
    """The values of all B-splines at all points, one row per point."""
    count = len(knots) - degree - 1
    interval = np.clip(np.searchsorted(knots, points, side="right") - 1, degree, count - 1)
    matrix = np.zeros((len(points), count))
    rows = np.arange(len(points))
    for place, share in enumerate(basis_functions(points, knots, degree, interval)):
        matrix[rows, interval - degree + place] = share
    return matrix


@definition(si.make_interp_spline)
def make_interp_spline(x, y, k=3, t=None, bc_type=None, axis=0, check_finite=True):
    """The coefficients from the values, by the matrix of the B-splines at the data."""
    values = np.moveaxis(np.asarray(y), axis, 0)
    if bc_type is not None or k < 1:
        raise MissingRule(
            f"make_interp_spline with k={k} and bc_type={bc_type!r} has no rule",
            instead="use CubicSpline, or bc_type=None",
        )
    points = np.asarray(x, float)
    knots = usual_knots(points, k) if t is None else np.asarray(t, float)
    matrix = collocation(points, knots, k)
    flat = np.reshape(values, (len(values), -1))
    coefficients = np.reshape(np.linalg.solve(matrix, flat), values.shape)
    return si.BSpline.construct_fast(knots, coefficients, k, axis=axis % np.ndim(y))


@definition(si.splev)
def splev(x, tck, der=0, ext=0):
    """A spline of `splrep`."""
    if isinstance(tck, si.BSpline):
        return tck(x, der, extrapolate=ext == 0)
    knots, coefficients, degree = tck
    if isinstance(coefficients, list) or ext not in (0, 3):
        raise MissingRule(
            "splev of a curve, or with ext=1 or 2, has no rule", instead="use scipy's BSpline"
        )
    points = np.asarray(x, float)
    if ext == 3:
        points = np.clip(points, knots[degree], knots[-degree - 1])
    return si.BSpline.construct_fast(knots, coefficients, degree, axis=0)(points, der)


@definition(si.RegularGridInterpolator.__call__)
def evaluate_grid(self, xi, method=None, *, nu=None):
    """Linear interpolation between the corners of the cell of each point."""
    method = self.method if method is None else method
    if method != "linear" or nu is not None:
        raise MissingRule(
            f"RegularGridInterpolator with method={method!r} has no rule",
            instead='use method="linear"',
        )
    points = (
        np.stack(np.broadcast_arrays(*xi), axis=-1) if isinstance(xi, tuple) else np.asarray(xi)
    )
    shape, ndim = points.shape[:-1], len(self.grid)
    columns = np.moveaxis(np.reshape(points, (-1, ndim)), -1, 0)
    cells, shares, outside = [], [], False
    for grid, column in zip(self.grid, columns, strict=True):
        cell = np.clip(np.searchsorted(grid, column, side="right") - 1, 0, len(grid) - 2)
        cells.append(cell)
        shares.append((column - grid[cell]) / (grid[cell + 1] - grid[cell]))
        outside = outside | (column < grid[0]) | (column > grid[-1])
    if self.bounds_error and np.any(outside):
        raise ValueError("One of the requested xi is out of bounds")
    spread = (-1,) + (1,) * (np.ndim(self.values) - ndim)
    total = 0.0
    for corner in itertools.product((0, 1), repeat=ndim):
        weight = 1.0
        for side, share in zip(corner, shares, strict=True):
            weight = weight * (share if side else 1.0 - share)
        chosen = self.values[tuple(c + s for c, s in zip(cells, corner, strict=True))]
        total = total + np.reshape(weight, spread) * chosen
    if not self.bounds_error and self.fill_value is not None:
        total = np.where(np.reshape(outside, spread), self.fill_value, total)
    return np.reshape(total, (*shape, *self.values.shape[ndim:]))
