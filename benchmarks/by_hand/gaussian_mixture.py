"""Each point is reversed as soon as its weights are known, from the centred points of its terms."""

import math

import numba
import numpy as np


@numba.njit
def value_and_gradient(weights, means, factors, points, gamma, wishart):
    number, dimensions = points.shape
    components = len(weights)
    diagonals = np.exp(factors[:, :dimensions])
    logarithms = np.empty(components)
    for k in range(components):
        logarithms[k] = factors[k, :dimensions].sum()
    terms = np.empty(components)
    centred = np.empty((components, dimensions))
    mapped = np.empty((components, dimensions))
    by_weights, by_means = np.zeros(components), np.zeros(means.shape)
    by_factors, by_centred = np.zeros(factors.shape), np.empty(dimensions)
    value = 0.0
    for i in range(number):
        top = -np.inf
        for k in range(components):
            for d in range(dimensions):
                centred[k, d] = points[i, d] - means[k, d]
                mapped[k, d] = diagonals[k, d] * centred[k, d]
            place = dimensions
            for e in range(dimensions):
                for d in range(e + 1, dimensions):
                    mapped[k, d] += factors[k, place] * centred[k, e]
                    place += 1
            square = 0.0
            for d in range(dimensions):
                square += mapped[k, d] * mapped[k, d]
            terms[k] = weights[k] + logarithms[k] - 0.5 * square
            top = max(top, terms[k])
        total = 0.0
        for k in range(components):
            terms[k] = math.exp(terms[k] - top)
            total += terms[k]
        value += top + math.log(total)
        for k in range(components):
            share = terms[k] / total
            by_weights[k] += share
            for d in range(dimensions):
                ct = -share * mapped[k, d]
                by_centred[d] = ct * diagonals[k, d]
                by_factors[k, d] += share + ct * mapped_by_diagonal(diagonals, centred, k, d)
            place = dimensions
            for e in range(dimensions):
                for d in range(e + 1, dimensions):
                    ct = -share * mapped[k, d]
                    by_factors[k, place] += ct * centred[k, e]
                    by_centred[e] += ct * factors[k, place]
                    place += 1
            for d in range(dimensions):
                by_means[k, d] -= by_centred[d]
    top = weights.max()
    total = 0.0
    for k in range(components):
        total += math.exp(weights[k] - top)
    value -= number * (top + math.log(total))
    for k in range(components):
        by_weights[k] -= number * math.exp(weights[k] - top) / total
        frobenius = 0.0
        for d in range(dimensions):
            frobenius += diagonals[k, d] * diagonals[k, d]
            by_factors[k, d] += gamma * gamma * diagonals[k, d] * diagonals[k, d] - wishart
        for p in range(dimensions, factors.shape[1]):
            frobenius += factors[k, p] * factors[k, p]
            by_factors[k, p] += gamma * gamma * factors[k, p]
        value += 0.5 * gamma * gamma * frobenius - wishart * logarithms[k]
    return value, (by_weights, by_means, by_factors)


@numba.njit
def mapped_by_diagonal(diagonals, centred, k, d):
    return diagonals[k, d] * centred[k, d]
