"""The likelihood of points under a mixture of normal distributions (ADBench's GMM)."""

import math

import numpy as np

ARGNUMS = (0, 1, 2)


def arguments(points: int = 1_000, dimensions: int = 10, components: int = 25) -> tuple:
    random = np.random.default_rng(3)
    return (
        random.standard_normal(components),
        random.standard_normal((components, dimensions)),
        0.3 * random.standard_normal((components, dimensions * (dimensions + 1) // 2)),
        random.standard_normal((points, dimensions)),
        1.0,
        0,
    )


def log_sum_exp(terms):
    largest = terms[0]
    for k in range(1, len(terms)):
        if terms[k] > largest:
            largest = terms[k]
    total = 0.0
    for k in range(len(terms)):
        total += math.exp(terms[k] - largest)
    return largest + math.log(total)


def loss(weights, means, factors, points, gamma, wishart):
    """Log likelihood with the Wishart prior, up to constants.

    A row of `factors` holds the logarithms of a diagonal and below it the columns of a lower
    triangle, which together are the inverse factor of a covariance.
    """
    number, dimensions = points.shape
    components = len(weights)
    diagonals = np.empty((components, dimensions))
    logarithms = np.empty(components)
    for k in range(components):
        total = 0.0
        for d in range(dimensions):
            diagonals[k, d] = math.exp(factors[k, d])
            total += factors[k, d]
        logarithms[k] = total
    terms = np.empty(components)
    centred = np.empty(dimensions)
    slack = 0.0
    for i in range(number):
        for k in range(components):
            for d in range(dimensions):
                centred[d] = points[i, d] - means[k, d]
            square = 0.0
            for d in range(dimensions):
                mapped = diagonals[k, d] * centred[d]
                place = dimensions + d - 1
                for e in range(d):
                    mapped += factors[k, place] * centred[e]
                    place += dimensions - e - 2
                square += mapped * mapped
            terms[k] = weights[k] + logarithms[k] - 0.5 * square
        slack += log_sum_exp(terms)
    prior = 0.0
    for k in range(components):
        frobenius = 0.0
        for d in range(dimensions):
            frobenius += diagonals[k, d] * diagonals[k, d]
        for p in range(dimensions, factors.shape[1]):
            frobenius += factors[k, p] * factors[k, p]
        prior += 0.5 * gamma * gamma * frobenius - wishart * logarithms[k]
    return slack - number * log_sum_exp(weights) + prior
