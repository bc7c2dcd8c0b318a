"""Rules of the trees of neighbours of `scipy.spatial`.

A tree looks at the memory of the points it is made of. What it says about neighbours are indices,
which have no derivative; the distances of `query` are computed again from the points.
"""

import numpy as np
import scipy.sparse as sp
import scipy.spatial as ss

from adjoint.errors import MissingRule
from adjoint.rules.ruleset import definition, keeps_memory, none, shows


def size_of(differences, p):
    """The p-norm over the last axis."""
    return np.linalg.norm(differences, p, axis=-1)


def highest(tree):
    return np.max(tree.data, axis=0)


def lowest(tree):
    return np.min(tree.data, axis=0)


keeps_memory(ss.cKDTree, "data")
shows(ss.cKDTree, boxsize=None, maxes=highest, mins=lowest)


@definition(ss.cKDTree.query)
def query(self, x, k=1, eps=0, p=2, distance_upper_bound=np.inf, workers=1):
    """The indices of the tree, and distances from its points; infinite where there are too few."""
    _, found = nearest(self, x, k, eps, p, distance_upper_bound, workers)
    points, neighbours = np.asarray(x), np.asarray(found)
    absent = neighbours >= self.n
    chosen = self.data[np.where(absent, 0, neighbours)]
    spread = points if neighbours.ndim < points.ndim else points[..., None, :]
    distances = np.where(absent, np.inf, distance(spread - chosen, p, self.boxsize))
    return distances[()], found


@definition(ss.cKDTree.sparse_distance_matrix)
def sparse_distance_matrix(self, other, max_distance, p=2.0, output_type="dok_matrix"):
    """The distances of all pairs nearer than `max_distance`, in the order of the native search."""
    found = near_pairs(self, other, max_distance, p)
    rows, columns = found["i"], found["j"]
    values = distance(self.data[rows] - other.data[columns], p, self.boxsize)
    if output_type == "dict":
        return {(i, j): v for i, j, v in zip(rows.tolist(), columns.tolist(), values, strict=True)}
    if output_type == "ndarray":
        raise MissingRule(
            "distances that carry a derivative do not fit in an array of records",
            instead='ask for output_type="dict" or "coo_matrix"',
        )
    matrix = sp.coo_matrix((values, (rows, columns)), shape=(self.n, other.n))
    return matrix if output_type == "coo_matrix" else matrix.todok()


@definition(ss.cKDTree.count_neighbors)
def count_neighbors(self, other, r, p=2.0, weights=None, cumulative=True):
    """How many pairs are nearer than `r`, or the sum of the products of their weights."""
    if weights is None:
        return counted(self, other, r, p, cumulative)
    own, others = weights if isinstance(weights, tuple) else (weights, weights)
    radii = np.atleast_1d(r)
    sums = np.array([weight_within(self, other, radius, p, own, others) for radius in radii])
    sums = sums if cumulative else np.concatenate((sums[:1], sums[1:] - sums[:-1]))
    return sums if np.ndim(r) else sums[0]


def weight_within(tree, other, radius, p, own, others):
    lists = pairs_between(tree, other, float(radius), p)
    rows = np.repeat(np.arange(tree.n), [len(each) for each in lists])
    columns = np.array([j for each in lists for j in each], int)
    first = 1.0 if own is None else np.asarray(own)[rows]
    second = 1.0 if others is None else np.asarray(others)[columns]
    return np.sum(first * second * np.ones(len(rows)))


def distance(differences, p, boxsize):
    """The p-norms of differences; around the box where it is periodic."""
    if boxsize is not None:
        periods = np.where(boxsize > 0, boxsize, np.inf)
        turns = np.rint(differences / periods)
        differences = differences - np.where(turns == 0, 0.0, turns * boxsize)
    return size_of(differences, p)


def nearest(tree, x, k, eps, p, distance_upper_bound, workers):
    """What the native search finds."""
    return ss.cKDTree.query(tree, x, k, eps, p, distance_upper_bound, workers)


def near_pairs(tree, other, max_distance, p):
    return ss.cKDTree.sparse_distance_matrix(tree, other, max_distance, p, "ndarray")


def pairs_between(tree, other, radius, p):
    return ss.cKDTree.query_ball_tree(tree, other, radius, p)


def counted(tree, other, r, p, cumulative):
    return ss.cKDTree.count_neighbors(tree, other, r, p, None, cumulative)


none(
    nearest,
    near_pairs,
    pairs_between,
    counted,
    ss.cKDTree.query_ball_point,
    ss.cKDTree.query_ball_tree,
    ss.cKDTree.query_pairs,
)
