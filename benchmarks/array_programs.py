"""NumPy programs on 100,000 numbers, as people write them: one array in, one number out."""

import numpy as np

SIZE = 100_000
RNG = np.random.default_rng(0)
PICKS = RNG.integers(0, SIZE, SIZE)
MATRIX = RNG.normal(size=(300, 300))
TARGETS = RNG.uniform(0.5, 1.5, SIZE)
CLASSES = RNG.integers(0, 100, 1000)
SEGMENTS = RNG.integers(0, 500, SIZE)
FEATURES = RNG.normal(size=(1000, 100))
LABELS = RNG.normal(size=1000)


def elementwise_chain(x):
    y = x
    for _ in range(10):
        y = np.sin(y) * x + 0.5
    return y.sum()


def exp_and_sqrt_chain(x):
    for _ in range(10):
        x = np.exp(-x * x) + np.sqrt(x)
    return np.mean(x)


def log_sum_exp(x):
    total = 0.0
    for k in range(1, 6):
        top = (k * x).max()
        total = total + top + np.log(np.sum(np.exp(k * x - top)))
    return total


def variance_over_deviation(x):
    return np.sum((x - x.mean()) ** 2 / x.std())


def stencil_in_place(x):
    u = x.copy()
    for _ in range(10):
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return (u * u).sum()


def means_of_neighbours(x):
    for _ in range(10):
        x = 0.5 * (x[1:] + x[:-1])
    return x.sum()


def fancy_indexing(x):
    return np.sum(x[PICKS] * np.sin(x[PICKS]))


def branches_by_where(x):
    for _ in range(5):
        x = np.where(x > 1.0, x * 0.9, x * x + 0.1)
    return x.sum()


def matrix_products(x):
    a = x[:90_000].reshape(300, 300)
    return np.sum(np.tanh(a @ MATRIX) @ MATRIX)


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def powers(x):
    return np.sum(x**3 + x**2.5 + x**-1)


def updates_in_place(x):
    y = x * 1.0
    for _ in range(10):
        y *= x
        y += 1.0
    return y.sum()


def cross_entropy(x):
    """Of a softmax over 100 classes."""
    scores = x.reshape(1000, 100)
    scores = scores - scores.max(axis=1, keepdims=True)
    logarithms = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return -logarithms[np.arange(1000), CLASSES].mean()


def least_squares(x):
    residual = 2.0 * x + 0.3 - TARGETS
    return 0.5 * np.dot(residual, residual) / residual.size


def huber_loss(x):
    distance = np.abs(x - TARGETS)
    return np.where(distance < 0.2, 0.5 * distance**2, 0.2 * (distance - 0.1)).mean()


def heat_equation(x):
    """Explicit steps on a grid, each a new array."""
    u = x.reshape(250, 400)
    for _ in range(5):
        inner = u[1:-1, 1:-1] + 0.1 * (
            u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1]
        )
        u = np.pad(inner, 1)
    return (u**2).mean()


def waves_in_place(x):
    """Leapfrog steps on two arrays that swap."""
    now, before = x.copy(), x.copy()
    for _ in range(5):
        after = np.empty_like(now)
        after[1:-1] = 2 * now[1:-1] - before[1:-1] + 0.2 * (now[2:] - 2 * now[1:-1] + now[:-2])
        after[0] = after[-1] = 0.0
        before, now = now, after
    return np.sum(now**2)


def cumulative_sums(x):
    walk = np.cumsum(x - x.mean())
    return (walk.max() - walk.min()) / x.std() + np.diff(x).var()


def sorted_loss(x):
    """The distance of two samples."""
    return np.mean((np.sort(x) - np.sort(TARGETS)) ** 2) + np.median(x)


def boolean_masks(x):
    high = x[x > 1.0]
    x = x.copy()
    x[x < 0.7] = 0.7
    return np.log(high).sum() + (x * x).sum()


def einsum_of_batches(x):
    batches = x.reshape(40, 50, 50)
    return np.einsum("bij,bjk->bik", batches, batches).mean()


def smoothing_by_fft(x):
    spectrum = np.fft.rfft(x)
    smooth = np.fft.irfft(spectrum * np.exp(-np.linspace(0.0, 5.0, spectrum.size)), x.size)
    return np.sum((x - smooth) ** 2)


def standardised(x):
    table = x.reshape(1000, 100)
    table = (table - table.mean(axis=0)) / (table.std(axis=0) + 1e-6)
    return np.tanh(table).sum()


def exponential_filter(x):
    """Rows one after the other."""
    rows = x.reshape(100, 1000)
    level = np.zeros_like(rows)
    level[0] = rows[0]
    for i in range(1, 100):
        level[i] = 0.9 * level[i - 1] + 0.1 * rows[i]
    return np.sum((level - rows) ** 2)


def distances(x):
    """Of all pairs of 300 points in the plane."""
    points = x[:600].reshape(300, 2)
    differences = points[:, None, :] - points[None, :, :]
    return np.sqrt((differences**2).sum(axis=-1) + 1e-6).sum()


def normalised_in_place(x):
    y = x.copy()
    for _ in range(10):
        y -= y.mean()
        y /= np.sqrt(np.mean(y * y)) + 1e-3
        y += 0.1 * x
    return np.sum(y**3)


def sums_of_segments(x):
    totals = np.zeros(500)
    np.add.at(totals, SEGMENTS, x)
    return np.sum(totals**2)


def two_layers(x):
    weights = x[:10_000].reshape(100, 100)
    hidden = np.maximum(FEATURES @ weights + x[:100], 0.0)
    return np.mean((hidden @ x[100:200] - LABELS) ** 2)


def pressures(x):
    """A formula with many constants, as of the boiling point of water."""
    celsius = 60.0 * x
    pressure = 10.0 ** (8.07131 - 1730.63 / (233.426 + celsius)) * 133.322
    density = pressure * 0.018 / (8.314 * (celsius + 273.15))
    return density.sum()


def mixtures(x):
    """The likelihood of two normal distributions."""
    left = 0.4 * np.exp(-0.5 * ((x - 0.8) / 0.1) ** 2) / 0.1
    right = 0.6 * np.exp(-0.5 * ((x - 1.2) / 0.2) ** 2) / 0.2
    return -np.log(left + right).sum()


def euler_steps(x):
    """Many particles, a step of time each."""
    position, velocity = x, np.zeros_like(x)
    for _ in range(10):
        velocity = velocity - 0.01 * (np.sin(position) + 0.1 * velocity)
        position = position + 0.01 * velocity
    return 0.5 * (velocity**2).sum() - np.cos(position).sum()


ARRAYS = (
    elementwise_chain,
    exp_and_sqrt_chain,
    log_sum_exp,
    variance_over_deviation,
    stencil_in_place,
    means_of_neighbours,
    fancy_indexing,
    branches_by_where,
    matrix_products,
    rosenbrock,
    powers,
    updates_in_place,
    cross_entropy,
    least_squares,
    huber_loss,
    heat_equation,
    waves_in_place,
    cumulative_sums,
    sorted_loss,
    boolean_masks,
    einsum_of_batches,
    smoothing_by_fft,
    standardised,
    exponential_filter,
    distances,
    normalised_in_place,
    sums_of_segments,
    two_layers,
    pressures,
    mixtures,
    euler_steps,
)
