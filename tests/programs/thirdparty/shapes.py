"""Curves, meshes, paths, noise and units of measurement."""

import numpy as np

from thirdparty.corpus import Case


def rational_curve(point):
    from geomdl import NURBS, utilities

    curve = NURBS.Curve()
    curve.degree = 2
    curve.ctrlpts = [[0.0, 0.0], [point[0], 1.0], [1.5, point[1]], [2.0, point[2]]]
    curve.weights = [1.0, point[0], 1.0, 2.0]
    curve.knotvector = utilities.generate_knot_vector(2, 4)
    return sum(curve.evaluate_single(0.3)) + curve.derivatives(0.4, order=1)[1][0]


def natural_spline(point):
    import splines

    curve = splines.Natural([0.0, *point])
    return curve.evaluate(1.3) + curve.evaluate(0.4, 1)


def rotation_between(point):
    from splines.quaternion import UnitQuaternion, slerp

    first = UnitQuaternion.from_unit_xyzw(np.array(point) / np.linalg.norm(point))
    second = UnitQuaternion.from_unit_xyzw((0.0, 0.0, 0.0, 1.0))
    return np.dot(slerp(first, second, 0.3).xyzw, [1.0, 2.0, 3.0, 4.0])


def inertia_of_a_box(point):
    import trimesh

    box = trimesh.creation.box(extents=[point[0], point[1], 2.0])
    return box.volume + box.area + box.moment_inertia.trace()


def cheapest_path(point):
    from pathfinding.core.grid import Grid
    from pathfinding.finder.a_star import AStarFinder

    a, b = point
    grid = Grid(matrix=[[1.0, a, 1.0], [b, 0, a], [1.0, b, 1.0]])
    start, end = grid.node(0, 0), grid.node(2, 2)
    AStarFinder().find_path(start, end, grid)
    return end.g * end.g


def gradient_noise(point):
    from perlin_noise import PerlinNoise

    return PerlinNoise(octaves=3, seed=2)([point[0], point[1]])


def energy_in_units(point):
    import unyt

    mass, speed = point[0] * unyt.kg, point[1] * unyt.km / unyt.hour
    lengths = unyt.unyt_array([point[0], point[1]], "m")
    return float((0.5 * mass * speed**2).to("J").value + (lengths.to("cm") ** 2).sum().value)


def distance_in_units(point):
    import quantities

    speed = point[0] * quantities.m / quantities.s
    return float((speed * point[1] * quantities.hour).rescale("km").magnitude) ** 2


def drawn_path(values):
    from svgpathtools import Arc, CubicBezier, Line, Path

    x, y = values
    curve = CubicBezier(0j, complex(x, 1), complex(2, y), 3 + 0j)
    path = Path(Line(-1 + 0j, 0j), curve, Line(3 + 0j, complex(4, y)))
    arc = Arc(0j, complex(2, 1 + x), 10.0 * y, False, True, complex(2.5, y))
    return path.length() + curve.curvature(0.3) + abs(path.point(0.6)) + arc.length()


CASES = [
    Case("curves", "geomdl", "NURBS.Curve", rational_curve, (0.5, 1.2, 2.0)),
    Case("curves", "splines", "splines.Natural", natural_spline, (0.5, 1.2, 2.0)),
    Case("curves", "splines", "quaternion.slerp", rotation_between, (0.5, 1.2, 0.3, 0.8)),
    Case("curves", "trimesh", "creation.box(...).moment_inertia", inertia_of_a_box, (0.5, 1.2)),
    Case("games", "pathfinding", "AStarFinder.find_path", cheapest_path, (1.0, 1.7)),
    Case("games", "perlin-noise", "PerlinNoise", gradient_noise, (0.23, 0.51)),
    Case("units", "unyt", "unyt_quantity, unyt_array.to", energy_in_units, (1.2, 3.0)),
    Case("units", "quantities", "Quantity.rescale", distance_in_units, (0.5, 1.2)),
    Case("curves", "svgpathtools", "Path.length, Arc", drawn_path, (0.3, 1.2)),
]
