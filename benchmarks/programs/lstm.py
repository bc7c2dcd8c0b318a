"""A recurrent network with long short-term memory that predicts its next input (ADBench's LSTM)."""

import math

import numpy as np

ARGNUMS = (0, 1)


def arguments(layers: int = 2, width: int = 14, letters: int = 500) -> tuple:
    random = np.random.default_rng(4)
    sequence = (random.random((letters, width)) < 0.3).astype(np.float64)
    return (
        0.4 * random.standard_normal((layers, 2, 4, width)),
        0.4 * random.standard_normal((3, width)),
        0.1 * random.standard_normal((layers, 2, width)),
        sequence,
    )


def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


def loss(weights, ends, start, sequence):
    """Mean negative log likelihood of each letter after those before it.

    ``weights[layer]`` holds factors and offsets of the gates forget, ingate, outgate and change;
    ``ends`` the factors of the input, and factors and offsets of the output.
    """
    layers, width = weights.shape[0], weights.shape[3]
    state = start.copy()
    signal = np.empty(width)
    total = 0.0
    for t in range(len(sequence) - 1):
        for i in range(width):
            signal[i] = sequence[t, i] * ends[0, i]
        for layer in range(layers):
            for i in range(width):
                forget = sigmoid(signal[i] * weights[layer, 0, 0, i] + weights[layer, 1, 0, i])
                ingate = sigmoid(
                    state[layer, 0, i] * weights[layer, 0, 1, i] + weights[layer, 1, 1, i]
                )
                outgate = sigmoid(signal[i] * weights[layer, 0, 2, i] + weights[layer, 1, 2, i])
                change = math.tanh(
                    state[layer, 0, i] * weights[layer, 0, 3, i] + weights[layer, 1, 3, i]
                )
                memory = state[layer, 1, i] * forget + ingate * change
                hidden = outgate * math.tanh(memory)
                state[layer, 1, i] = memory
                state[layer, 0, i] = hidden
                signal[i] = hidden
        exponentials = 0.0
        for i in range(width):
            exponentials += math.exp(signal[i] * ends[1, i] + ends[2, i])
        normaliser = math.log(exponentials + 2.0)
        for i in range(width):
            predicted = signal[i] * ends[1, i] + ends[2, i]
            total += sequence[t + 1, i] * (predicted - normaliser)
    return -total / ((len(sequence) - 1) * width)
