"""Rules of the trees of neighbours of `scipy.spatial`.

A tree looks at the memory of the points it is made of. What it says about neighbours are indices,
which have no derivative; the distances of `query` are computed again from the points.
"""

import numpy as np
import scipy.spatial as ss

from adjoint.errors import MissingRule
from adjoint.rules.ruleset import definition, keeps_memory, none


def size_of(differences, p):
    """The p-norm over the last axis."""
    return np.linalg.norm(differences, p, axis=-1)


keeps_memory(ss.cKDTree, "data")


@definition(ss.cKDTree.query)
def query(self, x, k=1, eps=0, p=2, distance_upper_bound=np.inf, workers=1):
    """The indices of the tree, and distances from its points; infinite where there are too few."""
    if self.boxsize is not None:
        raise MissingRule(
            "distances in a tree with a periodic box have no rule",
            instead="use query_ball_point, and compute the distances from the indices",
        )
    _, found = nearest(self, x, k, eps, p, distance_upper_bound, workers)
    points, neighbours = np.asarray(x), np.asarray(found)
    absent = neighbours >= self.n
    chosen = self.data[np.where(absent, 0, neighbours)]
    spread = points if neighbours.ndim < points.ndim else points[..., None, :]
    distances = np.where(absent, np.inf, size_of(spread - chosen, p))
    return distances[()], found


def nearest(tree, x, k, eps, p, distance_upper_bound, workers):
    """What the native search finds."""
    return ss.cKDTree.query(tree, x, k, eps, p, distance_upper_bound, workers)


none(
    nearest,
    ss.cKDTree.query_ball_point,
    ss.cKDTree.query_ball_tree,
    ss.cKDTree.query_pairs,
    ss.cKDTree.count_neighbors,
)
