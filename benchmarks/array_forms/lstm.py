"""A layer's gates at once."""


def sigmoid(xp, x):
    return 1.0 / (1.0 + xp.exp(-x))


def loss(xp, repeat, weights, ends, start, sequence):
    def step(state, t):
        state, total = state
        signal, rows = sequence[t] * ends[0], []
        for n in range(weights.shape[0]):
            w, b, hidden, memory = weights[n, 0], weights[n, 1], state[n, 0], state[n, 1]
            forget = sigmoid(xp, signal * w[0] + b[0])
            ingate = sigmoid(xp, hidden * w[1] + b[1])
            outgate = sigmoid(xp, signal * w[2] + b[2])
            memory = memory * forget + ingate * xp.tanh(hidden * w[3] + b[3])
            signal = outgate * xp.tanh(memory)
            rows.append(xp.stack([signal, memory]))
        predicted = signal * ends[1] + ends[2]
        normaliser = xp.log(xp.sum(xp.exp(predicted)) + 2.0)
        return xp.stack(rows), total + xp.sum(sequence[t + 1] * (predicted - normaliser))

    times = len(sequence) - 1
    _, total = repeat(step, (start, 0.0 * start[0, 0, 0]), times)
    return -total / (times * weights.shape[3])
