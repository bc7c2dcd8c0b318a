"""A particle filter of stochastic volatility with fixed noise, resampled systematically."""

import math

import numpy as np

ARGNUMS = (0, 1, 2)


def arguments(particles: int = 200, times: int = 150) -> tuple:
    random = np.random.default_rng(9)
    return (
        0.95,
        0.25,
        0.6,
        0.7 * random.standard_normal(times),
        random.standard_normal((times, particles)),
        random.random(times),
    )


def loss(persistence, noise, scale, returns, draws, offsets):
    """The estimate of the log likelihood."""
    particles = draws.shape[1]
    state = np.zeros(particles)
    moved = np.zeros(particles)
    weight = np.zeros(particles)
    total = 0.0
    for t in range(len(returns)):
        sum_of_weights = 0.0
        for i in range(particles):
            moved[i] = persistence * state[i] + noise * draws[t, i]
            deviation = scale * math.exp(0.5 * moved[i])
            shock = returns[t] / deviation
            weight[i] = math.exp(-0.5 * shock * shock) / deviation
            sum_of_weights += weight[i]
        total += math.log(sum_of_weights / particles)
        chosen = 0
        reached = weight[0]
        for i in range(particles):
            wanted = (i + offsets[t]) / particles * sum_of_weights
            while reached < wanted and chosen < particles - 1:
                chosen += 1
                reached += weight[chosen]
            state[i] = moved[chosen]
    return total
