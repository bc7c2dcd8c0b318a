"""Distances between rows: `cdist`, `pdist` and `squareform` of `scipy.spatial.distance`.

They are programs in NumPy that give what SciPy's native code gives; a metric that is not known here
is refused.
"""

from functools import partial

import numpy as np
from scipy.spatial import distance

from adjoint.errors import MissingRule
from adjoint.rules.ruleset import definition


def euclidean(u, v, w=None):
    difference = u - v
    if w is None:
        return np.linalg.norm(difference, axis=-1)
    return np.sqrt(np.sum(w * difference**2, axis=-1))


def sqeuclidean(u, v, w=1.0):
    return np.sum(w * (u - v) ** 2, axis=-1)


def cityblock(u, v, w=1.0):
    return np.sum(w * np.absolute(u - v), axis=-1)


def chebyshev(u, v):
    return np.max(np.absolute(u - v), axis=-1)


def minkowski(u, v, p=2.0, w=1.0):
    if p == 2:
        return euclidean(u, v, w)
    return np.sum(w * np.absolute(u - v) ** p, axis=-1) ** (1.0 / p)


def seuclidean(u, v, V):
    return np.sqrt(np.sum((u - v) ** 2 / V, axis=-1))


def mahalanobis(u, v, VI):
    difference = u - v
    return np.sqrt(np.sum(np.matmul(difference, VI) * difference, axis=-1))


def cosine(u, v):
    lengths = np.linalg.norm(u, axis=-1) * np.linalg.norm(v, axis=-1)
    return 1.0 - np.sum(u * v, axis=-1) / lengths


def correlation(u, v):
    return cosine(u - np.mean(u, axis=-1, keepdims=True), v - np.mean(v, axis=-1, keepdims=True))


def canberra(u, v):
    size = np.absolute(u) + np.absolute(v)
    return np.sum(np.absolute(u - v) / np.where(size == 0.0, 1.0, size), axis=-1)


def braycurtis(u, v):
    return np.sum(np.absolute(u - v), axis=-1) / np.sum(np.absolute(u + v), axis=-1)


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
        cosine,
        correlation,
        canberra,
        braycurtis,
    )
}


def between_rows(metric, rows, options):
    """The distance of rows that are broadcast against each other; `rows` are all of them."""
    name = getattr(metric, "__name__", str(metric)).lower()
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


@definition(distance.cdist)
def cdist(XA, XB, metric="euclidean", *, out=None, **kwargs):
    XA, XB = np.asarray(XA), np.asarray(XB)
    if is_of_the_user(metric):
        found = np.array([[metric(a, b, **kwargs) for b in XB] for a in XA])
        return given_to(out, found)
    between = between_rows(metric, np.concatenate((XA, XB)), kwargs)
    return given_to(out, between(np.expand_dims(XA, 1), np.expand_dims(XB, 0)))


@definition(distance.pdist)
def pdist(X, metric="euclidean", *, out=None, **kwargs):
    X = np.asarray(X)
    first, second = np.triu_indices(len(X), 1)
    if is_of_the_user(metric):
        pairs = zip(first.tolist(), second.tolist(), strict=True)
        return given_to(out, np.array([metric(X[i], X[j], **kwargs) for i, j in pairs]))
    return given_to(out, between_rows(metric, X, kwargs)(X[first], X[second]))


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
