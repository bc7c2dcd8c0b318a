"""A letter's step of scalars, accumulated over the letters."""

import casadi as ca


def loss(weights, ends, start, sequence):
    layers, width = weights.shape[0], weights.shape[3]
    times = len(sequence) - 1
    w, e = ca.SX.sym("weights", width, 8 * layers), ca.SX.sym("ends", width, 3)
    state = ca.SX.sym("state", width, 2 * layers)
    letter, following = ca.SX.sym("letter", width), ca.SX.sym("following", width)
    signal, after = letter * e[:, 0], []
    for n in range(layers):
        hidden, memory = state[:, 2 * n], state[:, 2 * n + 1]
        gates = [w[:, 8 * n + gate] for gate in range(4)]
        offsets = [w[:, 8 * n + 4 + gate] for gate in range(4)]
        forget = sigmoid(signal * gates[0] + offsets[0])
        ingate = sigmoid(hidden * gates[1] + offsets[1])
        outgate = sigmoid(signal * gates[2] + offsets[2])
        memory = memory * forget + ingate * ca.tanh(hidden * gates[3] + offsets[3])
        signal = outgate * ca.tanh(memory)
        after += [signal, memory]
    predicted = signal * e[:, 1] + e[:, 2]
    normaliser = ca.log(ca.sum1(ca.exp(predicted)) + 2.0)
    likelihood = ca.dot(following, predicted - normaliser)
    step = ca.Function(
        "step", [state, w, e, letter, following], [ca.horzcat(*after), likelihood]
    ).mapaccum("steps", times, 1)
    inputs = [ca.MX.sym("weights", width, 8 * layers), ca.MX.sym("ends", width, 3)]
    first = ca.DM(start.reshape(2 * layers, width)).T
    _, found = step(
        first,
        ca.repmat(inputs[0], 1, times),
        ca.repmat(inputs[1], 1, times),
        ca.DM(sequence[:-1]).T,
        ca.DM(sequence[1:]).T,
    )
    return inputs, -ca.sum2(found) / (times * width)


def sigmoid(x):
    return 1.0 / (1.0 + ca.exp(-x))
