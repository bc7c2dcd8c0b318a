"""Kept of each time: where the particles moved, which were chosen, and the slopes of the weights.

A weight ``w`` has the derivative ``w (shock**2 - 1) / 2`` by the state it was made from, and twice
that over the scale by the scale.
"""

import math

import numba
import numpy as np


@numba.njit
def value_and_gradient(persistence, noise, scale, returns, draws, offsets):
    times, particles = draws.shape
    moved = np.empty((times, particles))
    slopes = np.empty((times, particles))
    chosen = np.empty((times, particles), np.int32)
    sums, weight = np.empty(times), np.empty(particles)
    value = 0.0
    for t in range(times):
        total = 0.0
        for i in range(particles):
            before = moved[t - 1, chosen[t - 1, i]] if t > 0 else 0.0
            moved[t, i] = persistence * before + noise * draws[t, i]
            deviation = scale * math.exp(0.5 * moved[t, i])
            shock = returns[t] / deviation
            weight[i] = math.exp(-0.5 * shock * shock) / deviation
            slopes[t, i] = 0.5 * weight[i] * (shock * shock - 1.0)
            total += weight[i]
        sums[t] = total
        value += math.log(total / particles)
        last, reached = 0, weight[0]
        for i in range(particles):
            wanted = (i + offsets[t]) / particles * total
            while reached < wanted and last < particles - 1:
                last += 1
                reached += weight[last]
            chosen[t, i] = last
    by_persistence = by_noise = by_scale = 0.0
    ct, earlier = np.zeros(particles), np.zeros(particles)
    for t in range(times - 1, -1, -1):
        earlier[:] = 0.0
        for i in range(particles):
            slope = slopes[t, i] / sums[t]
            by_scale += slope
            here = ct[i] + slope
            by_noise += here * draws[t, i]
            if t > 0:
                by_persistence += here * moved[t - 1, chosen[t - 1, i]]
                earlier[chosen[t - 1, i]] += persistence * here
        ct, earlier = earlier, ct
    return value, (by_persistence, by_noise, 2.0 * by_scale / scale)
