"""Rules of Qhull's objects in `scipy.spatial`, from the points that they are made of.

Which points make a facet, a ridge or a vertex are integers that change by steps: they are those of
the points as they are. Volumes, areas, planes and vertices are computed again from the points.
"""

import numpy as np
import scipy.spatial as ss

from adjoint.errors import MissingRule
from adjoint.rules.ruleset import definition, none


def made_by_qhull(kind, args, options):
    """The object as SciPy makes it, of numbers without derivatives."""
    return kind(*args, **options)


none(made_by_qhull)


class Fixed:
    """What objects made of points that carry derivatives have in common: they cannot grow."""

    def add_points(self, points, restart=False):
        raise MissingRule(
            "adding points that carry derivatives has no rule", instead="make a new object"
        )

    add_halfspaces = add_points

    def close(self):
        """Nothing is kept open."""


class Hull(Fixed, ss.ConvexHull):
    """A convex hull whose numbers carry derivatives."""

    points = vertices = None  # pyright: ignore[reportAssignmentType]  # read otherwise by Qhull

    def __init__(self, known, points):
        vars(self).update(vars(known), points=points, vertices=known.vertices)
        corners = points[known.simplices]
        sides = corners[:, 1:] - corners[:, :1]
        self.equations = planes(sides, corners[:, 0], known.equations)
        contents = np.abs(np.sum(self.equations[:, :-1] * normals_of(sides), axis=1))
        count = points.shape[1] - 1
        sizes = contents / factorial(count)
        middle = np.mean(points, axis=0)
        heights = -(self.equations[:, :-1] @ middle + self.equations[:, -1])
        self.area, self.volume = np.sum(sizes), np.sum(sizes * heights) / (count + 1)
        self.min_bound, self.max_bound = np.min(points, axis=0), np.max(points, axis=0)


def factorial(count):
    return float(np.prod(np.arange(1, count + 1)))


def normals_of(sides):
    """Vectors across simplices, as long as their edges' parallelotope is large."""
    count = sides.shape[-1]
    columns = [np.delete(np.arange(count), place) for place in range(count)]
    minors = [(-1.0) ** k * np.linalg.det(sides[:, :, kept]) for k, kept in enumerate(columns)]
    return np.stack(minors, axis=-1)


def planes(sides, corners, known):
    """Unit normals that point outwards, as the known ones do, and the offsets of the planes."""
    across = normals_of(sides)
    outward = np.sign(np.sum(across * known[:, :-1], axis=1, keepdims=True))
    normals = outward * across / np.linalg.norm(across, axis=1, keepdims=True)
    return np.concatenate([normals, -np.sum(normals * corners, axis=1, keepdims=True)], axis=1)


@definition(ss.ConvexHull)
def convex_hull(points, incremental=False, qhull_options=None):
    options = {"qhull_options": qhull_options}
    known = made_by_qhull(ss.ConvexHull, (points,), options)
    return Hull(known, np.asarray(points, float))


class Cells(Fixed, ss.Voronoi):
    """A Voronoi diagram whose numbers carry derivatives."""

    points = ridge_dict = None  # pyright: ignore[reportAssignmentType]

    def __init__(self, known, points):
        vars(self).update(vars(known), points=points, ridge_dict=known.ridge_dict)
        owners = np.array(owners_of(known))
        first = points[owners[:, 0]]
        between = points[owners[:, 1:]] - first[:, None, :]
        halves = 0.5 * np.sum(between**2, axis=2, keepdims=True)
        self.vertices = first + np.linalg.solve(between, halves)[:, :, 0]
        self.min_bound, self.max_bound = np.min(points, axis=0), np.max(points, axis=0)


def owners_of(known):
    """For each vertex as many points as determine it: it is as far from each."""
    needed = known.points.shape[1] + 1
    found = [[] for _ in known.vertices]
    for point, region in enumerate(known.point_region):
        for vertex in known.regions[region]:
            if vertex >= 0:
                found[vertex].append(point)
    if any(len(points) < needed for points in found):
        raise MissingRule(
            "a Voronoi diagram of points that coincide has no rule", instead="leave doubles out"
        )
    return [independent(known.points, points, needed) for points in found]


def independent(points, chosen, needed):
    """Of several points on one sphere, those that determine it best, greedily."""
    kept = chosen[:1]
    while len(kept) < needed:
        sides = [points[[*kept[1:], other]] - points[kept[0]] for other in chosen]
        sizes = [np.sqrt(max(np.linalg.det(side @ side.T), 0.0)) for side in sides]
        kept = [*kept, chosen[int(np.argmax(sizes))]]
    return kept


none(owners_of)


@definition(ss.Voronoi)
def voronoi(points, furthest_site=False, incremental=False, qhull_options=None):
    options = {"furthest_site": furthest_site, "qhull_options": qhull_options}
    known = made_by_qhull(ss.Voronoi, (points,), options)
    return Cells(known, np.asarray(points, float))


class Meeting(Fixed, ss.HalfspaceIntersection):
    """An intersection of half spaces whose corners carry derivatives."""

    halfspaces = dual_vertices = None  # pyright: ignore[reportAssignmentType]
    HIDDEN = ("dual_equations", "dual_points", "dual_volume", "dual_area")

    def __init__(self, known, halfspaces, interior_point):
        kept = {name: value for name, value in vars(known).items() if name not in self.HIDDEN}
        vars(self).update(kept, halfspaces=halfspaces, dual_vertices=known.dual_vertices)
        self.interior_point = interior_point
        count = halfspaces.shape[1] - 1
        meeting = halfspaces[np.array([facet[:count] for facet in known.dual_facets])]
        self.intersections = np.linalg.solve(meeting[:, :, :-1], -meeting[:, :, -1:])[:, :, 0]

    def __getattr__(self, name):
        if name in self.HIDDEN:
            raise MissingRule(
                f"the attribute `{name}` of an intersection of half spaces has no rule",
                instead="use its intersections",
            )
        raise AttributeError(name)


@definition(ss.HalfspaceIntersection)
def halfspace_intersection(halfspaces, interior_point, incremental=False, qhull_options=None):
    options = {"qhull_options": qhull_options}
    known = made_by_qhull(ss.HalfspaceIntersection, (halfspaces, interior_point), options)
    return Meeting(known, np.asarray(halfspaces, float), np.asarray(interior_point, float))
