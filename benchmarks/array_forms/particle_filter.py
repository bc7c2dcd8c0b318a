"""All particles at once; those that go on are looked up in the sums of the weights."""

import numpy as np


def loss(xp, repeat, persistence, noise, scale, returns, draws, offsets):
    particles = draws.shape[1]
    places = xp.asarray(np.arange(float(particles)))

    def step(state, t):
        state, total = state
        moved = persistence * state + noise * draws[t]
        deviation = scale * xp.exp(0.5 * moved)
        shock = returns[t] / deviation
        weight = xp.exp(-0.5 * shock * shock) / deviation
        sum_of_weights = xp.sum(weight)
        wanted = (places + offsets[t]) / particles * sum_of_weights
        chosen = xp.searchsorted(xp.cumsum(weight, 0), wanted)
        state = moved[xp.clip(chosen, 0, particles - 1)]
        return state, total + xp.log(sum_of_weights / particles)

    start = 0.0 * draws[0] * noise, 0.0 * noise
    return repeat(step, start, len(returns))[1]
