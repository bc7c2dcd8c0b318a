"""Rules of `scipy.interpolate` for scattered points: triangles, neighbours, radial functions.

A triangulation, and which point is nearest, are integers that change by steps: they are those of
the points as they are.
"""

import numpy as np
import scipy.interpolate as si

from adjoint.errors import MissingRule
from adjoint.rules.ruleset import by_argument, definition, jvp, none, vjp
from adjoint.rules.scipy.grids import as_points


def made_by_scipy(kind, args, options):
    """The object as SciPy makes it, of numbers without derivatives."""
    return kind(*args, **options)


none(made_by_scipy)


def attach(made, points, values, rescale):
    """Let an interpolator hold the points and values that carry derivatives."""
    places = np.asarray(as_points(points, 1), float)
    if rescale:
        middle = np.mean(places, axis=0)
        span = np.max(places - middle, axis=0) - np.min(places - middle, axis=0)
        made.offset, made.scale = middle, np.where(span == 0, 1.0, span)
        places = (places - middle) / made.scale
    made.points, made.values = places, np.asarray(values)
    return made


@definition(si.LinearNDInterpolator)
def linear_interpolator(points, values, fill_value=np.nan, rescale=False):
    options = {"fill_value": fill_value, "rescale": rescale}
    made = made_by_scipy(si.LinearNDInterpolator, (points, values), options)
    return attach(made, made.tri.points if is_tri(points) else points, values, rescale)


def is_tri(points):
    return hasattr(points, "simplices")


def places_of(args, dimension):
    """The points of a call; one that comes as an array is a row of them, as SciPy has it."""
    given = args if len(args) > 1 else args[0]
    if isinstance(given, tuple):
        return as_points(tuple(given), dimension)
    points = as_points(given, dimension)
    return np.expand_dims(points, 0) if np.ndim(points) == 1 else points


def asked_for(self, args):
    """The points of a call, scaled, one per row; and the shape of the result."""
    dimension = np.shape(self.points)[1]
    points = places_of(args, dimension)
    if self.scale is not None:
        points = (points - self.offset) / self.scale
    return np.reshape(points, (-1, dimension)), np.shape(points)[:-1]


def triangles_of(tri, points):
    """For each point its triangle, -1 outside; and the corners of the triangles."""
    found = tri.find_simplex(points)
    return found, tri.simplices[found]


none(triangles_of)


@definition(si.LinearNDInterpolator.__call__)
def evaluate_linear(self, *args, simplex_tolerance=1.0):
    """By the coordinates of a point in its triangle; a cubic one by its own rule."""
    if isinstance(self, si.CloughTocher2DInterpolator):
        return evaluate_cubic(self, args)
    if simplex_tolerance != 1.0:
        raise MissingRule(
            "a tolerance for the edges of triangles has no rule", instead="leave it at 1"
        )
    points, shape = asked_for(self, args)
    found, corners = triangles_of(self.tri, points)
    values = np.reshape(self.values, (len(self.points), -1))
    last = self.points[corners[:, -1]]
    sides = self.points[corners[:, :-1]] - last[:, None, :]
    local = np.linalg.solve(np.swapaxes(sides, 1, 2), (points - last)[:, :, None])[:, :, 0]
    shares = np.concatenate([local, 1.0 - np.sum(local, axis=1, keepdims=True)], axis=1)
    total = np.sum(shares[:, :, None] * values[corners], axis=1)
    total = np.where(found[:, None] < 0, self.fill_value, total)
    return np.reshape(total, (*shape, *np.shape(self.values)[1:]))


@definition(si.CloughTocher2DInterpolator)
def cubic_interpolator(points, values, fill_value=np.nan, tol=1e-6, maxiter=400, rescale=False):
    options = {"fill_value": fill_value, "tol": tol, "maxiter": maxiter, "rescale": rescale}
    made = made_by_scipy(si.CloughTocher2DInterpolator, (points, values), options)
    made.given, made.live = (points, options), np.asarray(values)
    return made


def evaluate_cubic(self, args):
    """It is linear in the values, also how it finds the slopes at the points."""
    if not hasattr(self, "given"):
        raise MissingRule(
            "CloughTocher2DInterpolator has a rule for its values only",
            instead="make the interpolator in the function that is differentiated, of live values",
        )
    places = places_of(args, 2)
    found = cubic_values(self.live, np.reshape(places, (-1, 2)), *self.given)
    return np.reshape(found, (*np.shape(places)[:-1], *np.shape(self.live)[1:]))


def cubic_values(values, places, points, options):
    return si.CloughTocher2DInterpolator(points, values, **options)(places)


def converged(options):
    """Slopes that are found to rounding, and nothing outside: of the interpolant's derivative."""
    return {**options, "fill_value": 0.0, "tol": 1e-14, "maxiter": 10000}


def cubic_of_values(ct, out, values, places, points, options):
    weights = cubic_values(np.eye(len(values)), places, points, converged(options))
    return np.tensordot(weights, ct, axes=(0, 0))


def cubic_of_places(*_args):
    raise MissingRule(
        "CloughTocher2DInterpolator has a rule for its values only",
        instead="pass adjoint.stop_gradient of all points, or use RBFInterpolator",
    )


@vjp(cubic_values)
def cubic_values_vjp(ct, out, *args):
    return cubic_of_values(ct, out, *args), cubic_of_places()


@jvp(cubic_values)
def cubic_values_jvp(tangents, out, values, places, points, options):
    if any(moved is not None for moved in tangents[1:3]):
        cubic_of_places()
    return cubic_values(tangents[0], places, points, converged(options))


by_argument(cubic_values, formulas=(cubic_of_values, cubic_of_places, cubic_of_places))


@definition(si.NearestNDInterpolator)
def nearest_interpolator(x, y, rescale=False, tree_options=None):
    options = {"rescale": rescale, "tree_options": tree_options}
    made = made_by_scipy(si.NearestNDInterpolator, (x, y), options)
    return attach(made, x, y, rescale)


def neighbours_of(tree, points, options):
    """For each point the number of the nearest; as many as there are points where none is near."""
    return tree.query(points, **options)[1]


none(neighbours_of)


@definition(si.NearestNDInterpolator.__call__)
def evaluate_nearest(self, *args, **query_options):
    points, shape = asked_for(self, args)
    found = neighbours_of(self.tree, points, query_options)
    absent = found >= len(self.points)
    chosen = self.values[np.where(absent, 0, found)]
    spread = np.reshape(absent, (-1,) + (1,) * (np.ndim(self.values) - 1))
    return np.reshape(np.where(spread, np.nan, chosen), (*shape, *np.shape(self.values)[1:]))


@definition(si.RBFInterpolator.__init__)
def make_radial(
    self, y, d, neighbors=None, smoothing=0.0, kernel="thin_plate_spline", epsilon=None, degree=None
):
    """Checked by SciPy; the system is solved where the interpolator is called."""
    args = (y, d, neighbors, smoothing, kernel, epsilon, degree)
    made = made_by_scipy(si.RBFInterpolator, args, {})
    vars(self).update(vars(made))
    self.y, self.d = np.asarray(y, float), np.asarray(d)
    self.smoothing = np.broadcast_to(smoothing, (len(self.y),)) + 0.0
    if epsilon is not None:
        self.epsilon = epsilon


def thin_plate(r):
    safe = np.where(r == 0, 1.0, r)
    return safe**2 * np.log(safe)


KERNELS = {
    "linear": lambda r: -r,
    "thin_plate_spline": thin_plate,
    "cubic": lambda r: r**3,
    "quintic": lambda r: -(r**5),
    "multiquadric": lambda r: -np.sqrt(r**2 + 1.0),
    "inverse_multiquadric": lambda r: 1.0 / np.sqrt(r**2 + 1.0),
    "inverse_quadratic": lambda r: 1.0 / (r**2 + 1.0),
    "gaussian": lambda r: np.exp(-(r**2)),
}


def radial_matrix(self, points, places):
    """The radial functions around `places`, at points."""
    between = np.linalg.norm(points[:, None, :] - places[None, :, :], axis=2)
    return KERNELS[self.kernel](self.epsilon * between)


def monomials(self, points, middle, span):
    return np.prod(((points - middle) / span)[:, None, :] ** self.powers[None], axis=2)


def radial_values(self, points, places, data, smoothing):
    """The interpolant of the data at some places, at points; flat data."""
    low, high = np.min(places, axis=0), np.max(places, axis=0)
    middle, span = 0.5 * (low + high), np.where(high == low, 1.0, 0.5 * (high - low))
    count, extra = len(places), len(self.powers)
    radial = radial_matrix(self, places, places) + np.diag(smoothing)
    smooth = monomials(self, places, middle, span)
    corner = np.zeros((extra, extra))
    system = np.block([[radial, smooth], [np.transpose(smooth), corner]])
    right = np.concatenate([data, np.zeros((extra, data.shape[1]))])
    weights = np.linalg.solve(system, right)
    found = radial_matrix(self, points, places) @ weights[:count]
    return found + monomials(self, points, middle, span) @ weights[count:]


def neighbourhoods(self, points):
    """Groups of points with the same neighbours: pairs (points, neighbours)."""
    count = len(self.y)
    if self.neighbors is None:
        return [(np.arange(len(points)), np.arange(count))]
    distances = np.linalg.norm(points[:, None, :] - self.y[None], axis=2)
    near = np.sort(np.argsort(distances, axis=1, kind="stable")[:, : self.neighbors], axis=1)
    groups, member = np.unique(near, return_inverse=True, axis=0)
    return [(np.flatnonzero(np.ravel(member) == k), group) for k, group in enumerate(groups)]


none(neighbourhoods)


@definition(si.RBFInterpolator.__call__)
def evaluate_radial(self, x):
    points = np.asarray(x, float)
    data = np.reshape(self.d, (len(self.y), -1))
    if not np.iscomplexobj(self.d) and np.iscomplexobj(np.empty(0, self.d_dtype)):
        data = data[:, ::2] + 1j * data[:, 1::2]  # SciPy holds complex data as pairs
    total = np.zeros((len(points), data.shape[1]), data.dtype)
    for rows, group in neighbourhoods(self, points):
        places, smoothing = self.y[group], self.smoothing[group]
        total[rows] = radial_values(self, points[rows], places, data[group], smoothing)
    return np.reshape(total, (len(points), *self.d_shape))
