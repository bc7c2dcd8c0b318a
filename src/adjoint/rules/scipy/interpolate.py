"""Rules of `scipy.interpolate`: piecewise polynomials and B-splines, by programs in Python.

At a knot the piece to its right counts, as in `np.interp`; at the last one the piece to its left.
"""

import itertools

import numpy as np
import scipy.interpolate as si

from adjoint.rules.ruleset import definition


def falling(power, order):
    """The factor that differentiating ``t**power`` brings, `order` times."""
    factor = 1.0
    for step in range(order):
        factor = factor * (power - step)
    return factor


@definition(*{si.PPoly.__call__, si.BPoly.__call__})  # one until SciPy 1.17
def evaluate_pieces(self, x, nu=0, extrapolate=None):
    """A piecewise polynomial, by Horner's scheme in the piece of each point."""
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    points = np.ravel(np.asarray(x, float))
    if extrapolate == "periodic":
        points = self.x[0] + (points - self.x[0]) % (self.x[-1] - self.x[0])
    piece = np.clip(np.searchsorted(self.x, points, side="right") - 1, 0, len(self.x) - 2)
    spread = (-1,) + (1,) * (self.c.ndim - 2)
    local = np.reshape(points - self.x[piece], spread)
    if isinstance(self, si.BPoly):
        width = np.reshape(self.x[piece + 1] - self.x[piece], spread)
        total = bernstein_values(self.c, piece, local / width, width, nu)
    else:
        total = horner_values(self.c, piece, local, nu)
    if not extrapolate:
        outside = (points < self.x[0]) | (points > self.x[-1])
        total = np.where(np.reshape(outside, spread), np.nan, total)
    return on_axis(total, np.shape(x), self.axis)


def horner_values(coefficients, piece, local, nu):
    degree = coefficients.shape[0] - 1
    total = np.zeros((len(piece), *coefficients.shape[2:]))
    for row in range(degree + 1 - nu):
        total = total * local + falling(degree - row, nu) * coefficients[row][piece]
    return total


def bernstein_values(coefficients, piece, share, width, nu):
    """By de Casteljau's scheme; `share` is the place inside the piece, from 0 to 1."""
    rows = [row[piece] for row in coefficients]
    for _ in range(nu):
        factor = (len(rows) - 1) / width
        rows = [factor * (b - a) for a, b in itertools.pairwise(rows)]
    if not rows:
        return np.zeros((len(piece), *coefficients.shape[2:]))
    while len(rows) > 1:
        rows = [(1.0 - share) * a + share * b for a, b in itertools.pairwise(rows)]
    return rows[0]


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


def slopes_of(coefficients, knots, degree, order):
    """The coefficients of a derivative of a spline, one fewer for each order; none are dropped."""
    count = len(knots) - degree - 1
    spread = (-1,) + (1,) * (np.ndim(coefficients) - 1)
    for step in range(order):
        widths = knots[degree + 1 : count + degree - step] - knots[1 + step : count]
        safe = np.reshape(np.where(widths == 0, 1.0, widths), spread)
        coefficients = (degree - step) * np.diff(coefficients, axis=0) / safe
    return coefficients


def spline_values(points, knots, coefficients, degree, nu=0):
    """A spline, or a derivative of it, at points; coefficients along the first axis.

    Outside the knots the first and last pieces go on.
    """
    count = len(knots) - degree - 1
    interval = np.clip(np.searchsorted(knots, points, side="right") - 1, degree, count - 1)
    coefficients = coefficients[:count]
    if nu > degree:
        return np.zeros((len(points), *coefficients.shape[1:]))
    spread = (-1,) + (1,) * (coefficients.ndim - 1)
    coefficients = slopes_of(coefficients, knots, degree, nu)
    total = 0.0
    for place, share in enumerate(basis_functions(points, knots, degree - nu, interval)):
        chosen = coefficients[interval - degree + place]
        total = total + np.reshape(share, spread) * chosen
    return total


@definition(si.BSpline.__call__)
def evaluate_spline(self, x, nu=0, extrapolate=None):
    """A sum of B-splines; derivatives by differences of its coefficients."""
    extrapolate = self.extrapolate if extrapolate is None else extrapolate
    points = np.ravel(np.asarray(x, float))
    knots, degree, count = self.t, self.k, len(self.t) - self.k - 1
    low, high = knots[degree], knots[count]
    if extrapolate == "periodic":
        points = low + (points - low) % (high - low)
    total = spline_values(points, knots, self.c, degree, nu)
    if not extrapolate:
        outside = (points < low) | (points > high)
        spread = (-1,) + (1,) * (self.c.ndim - 1)
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
    points = np.asarray(x, float)
    axis = axis % np.ndim(y)
    if k == 0:
        knots = np.concatenate([points, points[-1:]])
        return si.BSpline.construct_fast(knots, values * 1.0, k, axis=axis)
    if isinstance(bc_type, str) and bc_type == "periodic":
        knots, coefficients = periodic_spline(points, values, k)
        return si.BSpline.construct_fast(knots, coefficients, k, extrapolate="periodic", axis=axis)
    left, right = end_conditions(bc_type)
    if t is not None:
        knots = np.asarray(t, float)
    elif left or right:
        ends = np.ones(k)
        knots = np.concatenate([points[0] * ends, points, points[-1] * ends])
    else:
        knots = usual_knots(points, k)
    unit = np.eye(len(knots) - k - 1)
    rows, given = [collocation(points, knots, k)], [values]
    for place, conditions in ((points[:1], left), (points[-1:], right)):
        for order, slope in conditions:
            rows.append(spline_values(place, knots, unit, k, order))
            given.append(np.broadcast_to(slope, (1, *values.shape[1:])))
    coefficients = solved(np.concatenate(rows), np.concatenate(given))
    return si.BSpline.construct_fast(knots, coefficients, k, axis=axis)


def solved(matrix, values):
    """The solution for values of more axes."""
    flat = np.reshape(values, (len(values), -1))
    return np.reshape(np.linalg.solve(matrix, flat), values.shape)


SLOPES_OF_NAMES = {"clamped": [(1, 0.0)], "natural": [(2, 0.0)], "not-a-knot": []}


def end_conditions(bc_type):
    """The pairs of an order and a derivative that hold at the left end, and at the right."""
    both = bc_type if isinstance(bc_type, tuple) else (bc_type, bc_type)
    return [SLOPES_OF_NAMES[end] if isinstance(end, str) else list(end or []) for end in both]


def periodic_spline(x, values, k):
    """Knots and coefficients that repeat themselves after the last point."""
    middles = 0.5 * (x[1:-1] + x[:-2])
    inner = x if k % 2 else np.concatenate([x[:1], middles, x[-1:]])
    steps, count = np.diff(inner), len(x) - 1
    before, after = [inner[0]], [inner[-1]]
    for place in range(k):
        before.append(before[-1] - steps[-1 - place % count])
        after.append(after[-1] + steps[place % count])
    knots = np.concatenate([np.stack(before[:0:-1]), inner, np.stack(after[1:])])
    matrix = collocation(x[:-1], knots, k)
    repeated = np.arange(matrix.shape[1]) % count
    folded = np.stack([np.sum(matrix[:, repeated == place], axis=1) for place in range(count)], 1)
    return knots, solved(folded, values[:-1])[repeated]


def fitted(points, values, weights, knots, degree):
    """The coefficients of the spline with these knots that is nearest by weighted squares."""
    matrix = collocation(points, knots, degree) * np.reshape(weights, (-1, 1))
    spread = (-1,) + (1,) * (np.ndim(values) - 1)
    right = np.reshape(values * np.reshape(weights, spread), (len(values), -1))
    if matrix.shape[0] == matrix.shape[1]:
        found = np.linalg.solve(matrix, right)
    else:
        found = np.linalg.lstsq(matrix, right)[0]
    return np.reshape(found, (-1, *np.shape(values)[1:]))


@definition(si.make_lsq_spline)
def make_lsq_spline(x, y, t, k=3, w=None, axis=0, check_finite=True, *, method="qr"):
    """The coefficients by least squares."""
    values = np.moveaxis(np.asarray(y), axis, 0)
    points, knots = np.asarray(x, float), np.asarray(t, float)
    weights = np.ones(len(points)) if w is None else np.asarray(w, float)
    coefficients = fitted(points, values, weights, knots, k)
    return si.BSpline.construct_fast(knots, coefficients, k, axis=axis % np.ndim(y))
