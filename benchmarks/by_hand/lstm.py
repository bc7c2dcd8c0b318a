"""Gates and states of each step are kept; the rest is arithmetic on them."""

import math

import numba
import numpy as np


@numba.njit
def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


@numba.njit
def value_and_gradient(weights, ends, start, sequence):
    layers, width = weights.shape[0], weights.shape[3]
    times = len(sequence) - 1
    state = start.copy()
    signal = np.empty(width)
    tape = np.empty((times, layers, 8, width))
    shares = np.empty((times, width))
    value = 0.0
    for t in range(times):
        for i in range(width):
            signal[i] = sequence[t, i] * ends[0, i]
        for n in range(layers):
            kept, w, b = tape[t, n], weights[n, 0], weights[n, 1]
            for i in range(width):
                kept[0, i], kept[1, i], kept[2, i] = signal[i], state[n, 0, i], state[n, 1, i]
                kept[3, i] = sigmoid(signal[i] * w[0, i] + b[0, i])
                kept[4, i] = sigmoid(state[n, 0, i] * w[1, i] + b[1, i])
                kept[5, i] = sigmoid(signal[i] * w[2, i] + b[2, i])
                kept[6, i] = math.tanh(state[n, 0, i] * w[3, i] + b[3, i])
                memory = state[n, 1, i] * kept[3, i] + kept[4, i] * kept[6, i]
                kept[7, i] = math.tanh(memory)
                state[n, 1, i] = memory
                signal[i] = state[n, 0, i] = kept[5, i] * kept[7, i]
        total = 0.0
        for i in range(width):
            shares[t, i] = math.exp(signal[i] * ends[1, i] + ends[2, i])
            total += shares[t, i]
        normaliser = math.log(total + 2.0)
        for i in range(width):
            shares[t, i] /= total + 2.0
            predicted = signal[i] * ends[1, i] + ends[2, i]
            value += sequence[t + 1, i] * (predicted - normaliser)
    scale = -1.0 / (times * width)
    by_weights, by_ends = np.zeros(weights.shape), np.zeros(ends.shape)
    by_state, by_signal = np.zeros(start.shape), np.empty(width)
    for t in range(times - 1, -1, -1):
        letters = sequence[t + 1].sum()
        last = tape[t, layers - 1]
        for i in range(width):
            ct = scale * (sequence[t + 1, i] - letters * shares[t, i])
            by_ends[1, i] += ct * last[5, i] * last[7, i]
            by_ends[2, i] += ct
            by_signal[i] = ct * ends[1, i]
        for n in range(layers - 1, -1, -1):
            kept, w = tape[t, n], weights[n, 0]
            into_w, into_b = by_weights[n, 0], by_weights[n, 1]
            for i in range(width):
                forget, ingate, outgate, change = kept[3, i], kept[4, i], kept[5, i], kept[6, i]
                ct_hidden = by_signal[i] + by_state[n, 0, i]
                ct_memory = by_state[n, 1, i] + ct_hidden * outgate * (1.0 - kept[7, i] ** 2)
                f = ct_memory * kept[2, i] * forget * (1.0 - forget)
                g = ct_memory * change * ingate * (1.0 - ingate)
                o = ct_hidden * kept[7, i] * outgate * (1.0 - outgate)
                c = ct_memory * ingate * (1.0 - change * change)
                into_b[0, i] += f
                into_b[1, i] += g
                into_b[2, i] += o
                into_b[3, i] += c
                into_w[0, i] += f * kept[0, i]
                into_w[1, i] += g * kept[1, i]
                into_w[2, i] += o * kept[0, i]
                into_w[3, i] += c * kept[1, i]
                by_state[n, 1, i] = ct_memory * forget
                by_state[n, 0, i] = g * w[1, i] + c * w[3, i]
                by_signal[i] = f * w[0, i] + o * w[2, i]
        for i in range(width):
            by_ends[0, i] += by_signal[i] * sequence[t, i]
    return -value / (times * width), (by_weights, by_ends)
