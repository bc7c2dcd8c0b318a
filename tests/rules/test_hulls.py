"""Hulls, Voronoi diagrams and intersections of half spaces: what is computed from their points."""

import numpy as np
import pytest
import scipy.spatial as ss

import adjoint as ad
from adjoint import spaces
from adjoint.errors import MissingRule
from adjoint.testing import check_grads

RNG = np.random.default_rng(20261126)
FLAT, SOLID = RNG.standard_normal((9, 2)), RNG.standard_normal((9, 3))
SPHERE = RNG.standard_normal((8, 3))
SPHERE /= np.linalg.norm(SPHERE, axis=1, keepdims=True)
WALLS = np.array([[-1.0, 0.1, 0.0], [0.1, -1.0, 0.0], [1.0, 0.2, -2.0], [0.3, 1.0, -2.0]])


def of_hull(x):
    hull = ss.ConvexHull(x)
    return hull.volume, hull.area, hull.equations, hull.points[hull.vertices], hull.max_bound


def on_sphere(x):
    return ss.SphericalVoronoi(x / np.linalg.norm(x, axis=1, keepdims=True)).vertices


PROGRAMS = {
    "flat hull": (of_hull, FLAT),
    "hull": (of_hull, SOLID),
    "flat cells": (lambda x: ss.Voronoi(x).vertices, FLAT),
    "cells": (lambda x: ss.Voronoi(x).vertices, SOLID),
    "walls": (lambda w: ss.HalfspaceIntersection(w, np.array([0.5, 0.5])).intersections, WALLS),
    "sphere": (on_sphere, SPHERE),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    function, *args = PROGRAMS[name]
    value = ad.vjp(function, *args)[0]
    for got, wanted in zip(*(spaces.flatten(v)[0] for v in (value, function(*args))), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-10)
    check_grads(function, tuple(args))


def test_a_hull_stays_a_hull():
    seen = []
    ad.grad(lambda x: seen.append(isinstance(ss.ConvexHull(x), ss.ConvexHull)) or x.sum())(FLAT)
    assert seen == [True]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ss.ConvexHull(x).add_points(x),
        lambda x: ss.HalfspaceIntersection(WALLS * x[0, 0], np.array([0.5, 0.5])).dual_volume,
    ],
    ids=["growing", "dual"],
)
def test_refused(function):
    with pytest.raises(MissingRule):
        ad.grad(function)(np.abs(FLAT))
