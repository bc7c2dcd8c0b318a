"""The distances between rows are SciPy's, and so are their derivatives."""

import numpy as np
import pytest
from scipy.spatial import distance

import adjoint as ad
from adjoint.errors import MissingRule
from adjoint.testing import check_grads

A = np.random.default_rng(3).normal(size=(5, 3))
B = np.array([[0.5, 1.0, -1.0], [2.1, -0.3, 0.6]])
W = np.array([0.5, 2.0, 1.5])
METRICS = [
    ("euclidean", {}),
    ("euclidean", {"w": W}),
    ("sqeuclidean", {}),
    ("cityblock", {"w": W}),
    ("chebyshev", {}),
    ("minkowski", {"p": 3}),
    ("minkowski", {"p": 2, "w": W}),
    ("seuclidean", {}),
    ("seuclidean", {"V": W}),
    ("mahalanobis", {}),
    ("cosine", {}),
    ("correlation", {}),
    ("canberra", {}),
    ("canberra", {"w": W}),
    ("braycurtis", {}),
    ("braycurtis", {"w": W}),
    ("cosine", {"w": W}),
    ("correlation", {"w": W}),
    ("minkowski", {"p": np.inf, "w": W}),
    (distance.cityblock, {}),
    (lambda u, v: np.sum((u - v) ** 4), {}),
]


@pytest.mark.parametrize(("metric", "options"), METRICS)
def test_distances_between_rows(metric, options):
    def between(x, y):
        return distance.cdist(x, y, metric, **options)

    def among(x):
        return distance.squareform(distance.pdist(x, metric, **options))

    out = ad.jvp(between, (A, B), (A, B))[0]
    np.testing.assert_allclose(out, between(A, B), rtol=1e-12)
    np.testing.assert_allclose(ad.jvp(among, (A,), (A,))[0], among(A), rtol=1e-12)
    check_grads(between, (A, B))
    check_grads(among, (A,))


def test_the_condensed_form_of_a_square():
    check_grads(lambda x: distance.squareform(distance.cdist(x, x)) * 2.0, (A,))
    with pytest.raises(ValueError, match="condensed"):
        ad.grad(lambda x: distance.squareform(x).sum())(np.ones(5))


def test_equal_rows_have_the_gradient_zero():
    slope = ad.grad(lambda x: distance.cdist(x, x).sum())(np.ones((2, 2)))
    assert np.array_equal(slope, np.zeros((2, 2)))


def test_a_target_and_an_unknown_metric():
    def f(x):
        out = np.empty((5, 2))
        distance.cdist(x, B, out=out)
        return out * out

    check_grads(f, (A,))
    with pytest.raises(MissingRule, match="yule"):
        ad.grad(lambda x: distance.cdist(x, B, "yule").sum())(np.abs(A))


def test_the_distance_of_sets_is_that_of_two_points():
    def between(x, y):
        there, back = distance.directed_hausdorff(x, y), distance.directed_hausdorff(y, x, 3)
        return there[0] ** 2 + back[0]

    check_grads(between, (A, B))


def test_distances_of_shares():
    rows, others = np.absolute(A) + 0.1, np.absolute(B)
    check_grads(lambda x, y: distance.cdist(x, y, "jensenshannon"), (rows, others))
    check_grads(lambda x: distance.pdist(x, "jensenshannon"), (rows,))
