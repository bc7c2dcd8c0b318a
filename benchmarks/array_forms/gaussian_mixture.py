"""All points and components at once, with a triangular matrix for each component."""


def log_sum_exp(xp, terms):
    top = xp.max(terms, axis=-1)
    return top + xp.log(xp.sum(xp.exp(terms - top[..., None]), axis=-1))


def loss(xp, repeat, weights, means, factors, points, gamma, wishart):
    number, dimensions = points.shape
    diagonals = xp.exp(factors[:, :dimensions])
    logarithms = xp.sum(factors[:, :dimensions], axis=1)
    lower = factors[:, dimensions:]
    rows = []
    zero = lower[:, 0] * 0.0
    for d in range(dimensions):
        row = [lower[:, e * (2 * dimensions - e - 3) // 2 + d - 1] for e in range(d)]
        rows.append(xp.stack([*row, diagonals[:, d], *[zero] * (dimensions - d - 1)], axis=1))
    matrices = xp.stack(rows, axis=1)
    centred = points[:, None, :] - means[None, :, :]
    mapped = xp.einsum("kde,ike->ikd", matrices, centred)
    terms = weights + logarithms - 0.5 * xp.sum(mapped * mapped, axis=2)
    slack = xp.sum(log_sum_exp(xp, terms)) - number * log_sum_exp(xp, weights)
    frobenius = xp.sum(diagonals * diagonals) + xp.sum(lower * lower)
    return slack + 0.5 * gamma * gamma * frobenius - wishart * xp.sum(logarithms)
