"""Random arguments for the rows of the tables of rules."""

import numpy as np

RNG = np.random.default_rng(20261121)


def R(*shape):
    """Random numbers of both signs, away from zero and from each other; a float without shape."""
    count = int(np.prod(shape))
    levels = (RNG.permutation(count) + RNG.uniform(0.25, 0.75, count)) / max(count, 1)
    drawn = np.reshape((0.3 + 1.7 * levels) * RNG.choice([-1.0, 1.0], count), shape)
    return drawn if shape else float(drawn)


def P(*shape):
    """Random positive numbers."""
    return np.abs(R(*shape)) if shape else abs(R())


def C(*shape):
    """Random complex numbers."""
    drawn = R(*shape) + 1j * R(*shape)
    return drawn if shape else complex(drawn)


def U(*shape):
    """Random numbers between -0.9 and 0.9."""
    return 0.45 * R(*shape)


def spd(n):
    """A symmetric positive definite matrix."""
    a = R(n, n)
    return a @ a.T + n * np.eye(n)


def near(scale, *shape):
    """Small random numbers, to move away from special points."""
    return scale * R(*shape)
