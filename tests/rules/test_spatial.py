"""Trees of neighbours: indices have no derivative, distances have one."""

import numpy as np
import pytest
import scipy.spatial as ss

import adjoint as ad
from adjoint.testing import check_grads

RNG = np.random.default_rng(3)
POINTS, ASKED = RNG.random((7, 2)), RNG.random((6, 2))
WEIGHTS = RNG.random(7)
MIXED = RNG.standard_normal((7, 7))


def copied(x):
    points = x * x
    tree = ss.cKDTree(points, copy_data=True)
    points *= 2.0
    return tree.query(ASKED, k=3)[0], tree.data


def around_a_box(x, asked):
    tree = ss.KDTree(x, boxsize=[1.0, 0.0])
    return tree.query(asked, k=4)[0], tree.query(asked + np.array([2.0, 0.0]), p=1)[0]


def all_distances(x, y):
    tree, other = ss.KDTree(x), ss.KDTree(y)
    near = tree.sparse_distance_matrix(other, 0.8, output_type="coo_matrix")
    far = tree.sparse_distance_matrix(other, 0.9, p=1)
    pairs = tree.sparse_distance_matrix(tree, 0.4, output_type="dict")
    total = sum(MIXED[pair] * value for pair, value in pairs.items() if pair[0] != pair[1])
    return near.toarray(), far.toarray(), total


def around(x):
    tree = ss.cKDTree(x % 1.0, boxsize=1.0)
    return tree.sparse_distance_matrix(tree, 0.3, output_type="coo_matrix").toarray() * MIXED


def counts(x, weights):
    tree, other = ss.KDTree(x), ss.KDTree(ASKED)
    within = tree.count_neighbors(other, [0.3, 0.6, np.inf], weights=(weights, None))
    between = tree.count_neighbors(tree, [0.2, 0.6], weights=weights, cumulative=False)
    single = tree.count_neighbors(tree, 0.6, weights=(weights, weights**2))
    return within, between, single, tree.count_neighbors(other, 0.5) * weights


PROGRAMS = {
    "copied": (copied, POINTS),
    "a list": (lambda x: ss.KDTree(x.tolist()).query(ASKED, k=2)[0], POINTS),
    "by columns": (lambda x: ss.KDTree(np.asfortranarray(x)).query(ASKED)[0], POINTS),
    "a part": (lambda x: ss.cKDTree(data=x[::2]).query(x[1], k=2, p=3)[0], POINTS),
    "too few": (lambda x: np.minimum(ss.KDTree(x).query(ASKED, 9)[0], 2.0), POINTS),
    "around a box": (around_a_box, POINTS, ASKED),
    "extent": (lambda x: (ss.KDTree(x).maxes, ss.cKDTree(x).mins), POINTS),
    "all distances": (all_distances, POINTS, ASKED),
    "all distances around a box": (around, POINTS),
    "counts": (counts, POINTS, WEIGHTS),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_derivatives(name):
    function, *args = PROGRAMS[name]
    check_grads(function, tuple(args))


@pytest.mark.parametrize("kind", ["dict", "coo_matrix", "dok_matrix"])
@pytest.mark.parametrize("box", [None, 1.0])
def test_values_are_those_of_scipy(kind, box):
    found = []

    def f(x):
        tree = ss.KDTree(x, boxsize=box)
        found.append(tree.sparse_distance_matrix(tree, 0.5, output_type=kind))
        found.append(tree.count_neighbors(tree, [0.1, 0.7], weights=WEIGHTS * x[0, 0]))
        return x.sum()

    f(POINTS)
    ad.grad(f)(POINTS)
    expected, weighted, made, remade = found
    assert type(made) is type(expected)
    plain = [m if kind == "dict" else m.todok() for m in (expected, made)]
    items = [list(m.items()) for m in plain]
    assert [key for key, _ in items[0]] == [key for key, _ in items[1]]
    assert np.allclose([v for _, v in items[0]], [v for _, v in items[1]], rtol=1e-13, atol=0)
    assert np.allclose(weighted, remade, rtol=1e-13, atol=0)
