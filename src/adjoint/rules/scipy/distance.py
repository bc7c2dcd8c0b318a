"""Distances between rows: `cdist`, `pdist` and `squareform` of `scipy.spatial.distance`.

They are programs in NumPy that give what SciPy's native code gives; a metric that is not known here
is refused.
"""

from functools import partial

import numpy as np
from scipy.spatial import distance
from scipy.special import rel_entr

from adjoint.errors import MissingRule
from adjoint.rules.ruleset import definition, jvp, none, vjp

# Rows are given as columns: coordinates come first, because NumPy is slow along a short last axis.


def for_each(w, u):
    """A number for each coordinate, so that it broadcasts against coordinates of points."""
    return w if np.ndim(w) == 0 else np.reshape(w, (-1,) + (1,) * (np.ndim(u) - 1))


def euclidean(u, v, w=None):
    difference = u - v
    if w is None:
        return np.linalg.norm(difference, axis=0)
    return np.sqrt(np.sum(for_each(w, u) * difference**2, axis=0))


def sqeuclidean(u, v, w=1.0):
    return np.sum(for_each(w, u) * (u - v) ** 2, axis=0)


def cityblock(u, v, w=None):
    sizes = np.absolute(u - v)
    return np.sum(sizes if w is None else for_each(w, u) * sizes, axis=0)


def chebyshev(u, v):
    return np.max(np.absolute(u - v), axis=0)


def minkowski(u, v, p=2.0, w=1.0):
    if p == 2:
        return euclidean(u, v, w)
    if p == np.inf and np.all(np.asarray(w) > 0):
        return chebyshev(u, v)
    return np.sum(for_each(w, u) * np.absolute(u - v) ** p, axis=0) ** (1.0 / p)


def seuclidean(u, v, V):
    return np.sqrt(np.sum((u - v) ** 2 / for_each(V, u), axis=0))


def mahalanobis(u, v, VI):
    difference = u - v
    return np.sqrt(np.sum(np.tensordot(VI, difference, axes=(0, 0)) * difference, axis=0))


def canberra(u, v, w=1.0):
    size = np.absolute(u) + np.absolute(v)
    shares = np.absolute(u - v) / np.where(size == 0.0, 1.0, size)
    return np.sum(for_each(w, u) * shares, axis=0)


def braycurtis(u, v, w=1.0):
    weights = for_each(w, u)
    between = np.sum(weights * np.absolute(u - v), axis=0)
    return between / np.sum(weights * np.absolute(u + v), axis=0)


def jensenshannon(u, v):
    """Of shares: each row is divided by its sum."""
    u, v = u / np.sum(u, axis=0), v / np.sum(v, axis=0)
    middle = 0.5 * (u + v)
    return np.sqrt(0.5 * np.sum(rel_entr(u, middle) + rel_entr(v, middle), axis=0))


METRICS = {
    metric.__name__: metric
    for metric in (
        euclidean,
        sqeuclidean,
        cityblock,
        chebyshev,
        minkowski,
        seuclidean,
        mahalanobis,
        canberra,
        braycurtis,
        jensenshannon,
    )
}

OF_THE_SAME = (sqeuclidean, cityblock, chebyshev)
"""Metrics that may be asked of a point and itself: all pairs are cheaper than picking some."""


def turned(metric, XA, XB, w=None):
    """The angles' distances of all pairs of rows: a product of the matrices of unit vectors."""
    if metric == "correlation":
        XA = XA - np.expand_dims(np.average(XA, 1, w), 1)
        XB = XB - np.expand_dims(np.average(XB, 1, w), 1)
    if w is not None:
        XA, XB = XA * np.sqrt(w), XB * np.sqrt(w)
    units = [X / np.linalg.norm(X, axis=1, keepdims=True) for X in (XA, XB)]
    return 1.0 - np.matmul(units[0], units[1].T)


def is_angle(metric, options):
    return metric in ("cosine", "correlation") and options.keys() <= {"w"}


def name_of(metric):
    return getattr(metric, "__name__", str(metric)).lower()


def between_rows(metric, rows, options):
    """The distance of rows that are broadcast against each other; `rows` are all of them."""
    name = name_of(metric)
    options = {key: value for key, value in options.items() if value is not None}
    if name not in METRICS or (set(options) - set(METRICS[name].__code__.co_varnames[2:])):
        raise MissingRule(
            f"the distance {metric!r} between rows, with {sorted(options) or 'no options'}, "
            "has no rule",
            instead="write it with NumPy: the rows are `XA[:, None, :]` and `XB[None, :, :]`",
        )
    if name == "seuclidean" and "V" not in options:
        options = {"V": np.var(rows, axis=0, ddof=1)}
    if name == "mahalanobis" and "VI" not in options:
        options = {"VI": np.linalg.inv(np.cov(rows, rowvar=False)).T}
    return partial(METRICS[name], **options)


def is_of_the_user(metric):
    return callable(metric) and getattr(distance, metric.__name__, None) is not metric


def given_to(out, result):
    if out is None:
        return result
    out[...] = result
    return out


def pairs_of(XA, XB, metric="euclidean"):
    """The distances of all pairs of rows, by a metric of `COORDINATES`."""
    return distance.cdist(XA, XB, metric)


def pairs_within(X, metric="euclidean"):
    """Those of each row and the later ones."""
    return distance.pdist(X, metric)


def inverses(distances):
    """Equal rows pass nothing on."""
    return np.where(distances == 0.0, 0.0, 1.0 / np.where(distances == 0.0, 1.0, distances))


def is_largest(difference, distances):
    return np.absolute(difference) >= distances


COORDINATES = {
    "euclidean": lambda difference, distances: difference,
    "cityblock": lambda difference, distances: np.sign(difference),
    "chebyshev": lambda difference, distances: np.where(
        is_largest(difference, distances), np.sign(difference), 0.0
    ),
}
"""What a distance is moved by in one coordinate, but for a factor of the pair."""


def shares(distances, XA, XB, metric):
    """That factor; the coordinates of equal and largest difference share the weight."""
    if metric == "euclidean":
        return inverses(distances)
    if metric == "cityblock":
        return 1.0
    count = sum(is_largest(each, distances) for each in differences(XA, XB))
    return 1.0 / np.maximum(count, 1.0)


def differences(XA, XB):
    """Of all pairs, one coordinate at a time: they stay in the cache."""
    for k in range(XA.shape[1]):
        yield XA[:, k, None] - XB[None, :, k]


@vjp(pairs_of)
def pairs_of_vjp(ct, out, XA, XB, metric="euclidean"):
    weights = ct * shares(out, XA, XB, metric)
    parts = [weights * COORDINATES[metric](each, out) for each in differences(XA, XB)]
    pulled = [(np.sum(part, axis=1), -np.sum(part, axis=0)) for part in parts]
    return tuple(np.stack(each, axis=1) for each in zip(*pulled, strict=True))


@jvp(pairs_of)
def pairs_of_jvp(tangents, out, XA, XB, metric="euclidean"):
    d_a, d_b = tangents[:2]
    total = np.zeros(np.shape(out))
    for k, each in enumerate(differences(XA, XB)):
        part = COORDINATES[metric](each, out)
        for moved in (
            None if d_a is None else d_a[:, k, None],
            None if d_b is None else -d_b[:, k],
        ):
            if moved is not None:
                total = total + part * moved
    return total * shares(out, XA, XB, metric)


@vjp(pairs_within)
def pairs_within_vjp(ct, out, X, metric="euclidean"):
    square = distance.squareform(out)
    weights = distance.squareform(ct) * shares(square, X, X, metric)
    parts = (weights * COORDINATES[metric](each, square) for each in differences(X, X))
    return (np.stack([np.sum(part, axis=1) for part in parts], axis=1),)


@jvp(pairs_within)
def pairs_within_jvp(tangents, out, X, metric="euclidean"):
    first, second = np.triu_indices(len(X), 1)
    return pairs_of_jvp((tangents[0], tangents[0]), distance.squareform(out), X, X, metric)[
        first, second
    ]


def is_by_coordinates(metric, X, options):
    return name_of(metric) in COORDINATES and not options and np.shape(X)[1] > 0


@definition(distance.cdist)
def cdist(XA, XB, metric="euclidean", *, out=None, **kwargs):
    XA, XB = np.asarray(XA), np.asarray(XB)
    if is_of_the_user(metric):
        found = np.array([[metric(a, b, **kwargs) for b in XB] for a in XA])
        return given_to(out, found)
    if is_by_coordinates(metric, XA, kwargs):
        return given_to(out, pairs_of(XA, XB, name_of(metric)))
    if is_angle(name_of(metric), kwargs):
        return given_to(out, turned(name_of(metric), XA, XB, **kwargs))
    between = between_rows(metric, np.concatenate((XA, XB)), kwargs)
    return given_to(out, between(np.expand_dims(XA.T, 2), np.expand_dims(XB.T, 1)))


@definition(distance.pdist)
def pdist(X, metric="euclidean", *, out=None, **kwargs):
    X = np.asarray(X)
    first, second = np.triu_indices(len(X), 1)
    if is_of_the_user(metric):
        pairs = zip(first.tolist(), second.tolist(), strict=True)
        return given_to(out, np.array([metric(X[i], X[j], **kwargs) for i, j in pairs]))
    if is_by_coordinates(metric, X, kwargs):
        return given_to(out, pairs_within(X, name_of(metric)))
    if is_angle(name_of(metric), kwargs):
        return given_to(out, turned(name_of(metric), X, X, **kwargs)[first, second])
    between = between_rows(metric, X, kwargs)
    if between.func in OF_THE_SAME:
        square = between(np.expand_dims(X.T, 2), np.expand_dims(X.T, 1))
        return given_to(out, square[first, second])
    return given_to(out, between(X.T[:, first], X.T[:, second]))


def farthest(u, v, seed, options):
    return distance.directed_hausdorff(u, v, *seed, **options)


none(farthest)


@definition(distance.directed_hausdorff)
def directed_hausdorff(u, v, *seed, **options):
    """The distance of the two points that SciPy finds."""
    _, first, second = farthest(u, v, seed, options)
    return np.linalg.norm(np.asarray(u)[first] - np.asarray(v)[second]), first, second


@definition(distance.squareform)
def squareform(X, force="no", checks=True):
    X = np.asarray(X)
    if X.ndim == 2 and force != "tomatrix":
        if checks:
            distance.is_valid_dm(X, throw=True, name="X")
        return X[np.triu_indices(len(X), 1)]
    count = round((1 + (1 + 8 * X.size) ** 0.5) / 2)
    if X.ndim != 1 or force == "tovector" or count * (count - 1) != 2 * X.size:
        raise ValueError(f"an array of shape {X.shape} is no condensed matrix of distances")
    pairs = np.triu_indices(count, 1)
    square = np.zeros((count, count), X.dtype)
    square[pairs] = X
    return square + square.T
