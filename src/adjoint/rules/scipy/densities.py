"""`scipy.stats.gaussian_kde` at points: the program that its native code is."""

from typing import Any

import numpy as np
from scipy.special import logsumexp
from scipy.stats import gaussian_kde

from adjoint.rules.ruleset import definition


@definition(gaussian_kde.evaluate)
def evaluate(self: gaussian_kde, points: Any) -> np.ndarray:
    return np.asarray(self.weights) @ np.exp(exponents(self, points)) / volume(self)


@definition(gaussian_kde.logpdf)
def logpdf(self: gaussian_kde, x: Any) -> np.ndarray:
    weights = np.asarray(self.weights)[:, None]
    return logsumexp(exponents(self, x), axis=0, b=weights) - np.log(volume(self))


def exponents(self: gaussian_kde, points: Any) -> np.ndarray:
    """Of each kernel, at each point: an array of the shape (kernels, points)."""
    points = np.atleast_2d(np.asarray(points))
    size, count = points.shape
    if size == 1 and count == self.d:
        points = np.reshape(points, (self.d, 1))
    elif size != self.d:
        raise ValueError(f"points have dimension {size}, dataset has dimension {self.d}")
    ways = self.dataset[:, :, None] - points[:, None, :]
    turned = np.linalg.solve(self.covariance, np.reshape(ways, (self.d, -1)))
    return -0.5 * np.sum(ways * np.reshape(turned, ways.shape), axis=0)


def volume(self: gaussian_kde) -> Any:
    return np.sqrt(np.linalg.det(2.0 * np.pi * self.covariance))
