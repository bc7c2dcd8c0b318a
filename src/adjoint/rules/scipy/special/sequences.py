"""Functions of `scipy.special` that give all orders up to one, by the function of one order."""

import numpy as np
import scipy.special as sc

from adjoint.rules.ruleset import definition


@definition(sc.riccati_jn)
def riccati_jn(n, x):
    """``x j_k(x)`` and its derivative."""
    values = np.stack([x * sc.spherical_jn(k, x) for k in range(n + 1)])
    slopes = [
        sc.spherical_jn(k, x) + x * sc.spherical_jn(k, x, derivative=True) for k in range(n + 1)
    ]
    return values, np.stack(slopes)


@definition(sc.riccati_yn)
def riccati_yn(n, x):
    """``x y_k(x)`` and its derivative."""
    values = np.stack([x * sc.spherical_yn(k, x) for k in range(n + 1)])
    slopes = [
        sc.spherical_yn(k, x) + x * sc.spherical_yn(k, x, derivative=True) for k in range(n + 1)
    ]
    return values, np.stack(slopes)


@definition(sc.pro_cv_seq)
def pro_cv_seq(m, n, c):
    return np.stack([sc.pro_cv(m, k, c) for k in range(m, n + 1)])


@definition(sc.obl_cv_seq)
def obl_cv_seq(m, n, c):
    return np.stack([sc.obl_cv(m, k, c) for k in range(m, n + 1)])


def orders_to(v):
    """The orders ``v0, v0 + 1, ..., v`` of the sequences of parabolic cylinder functions."""
    whole = int(np.trunc(v))
    return [v - whole + k for k in range(abs(whole) + 1)]


@definition(sc.pbdv_seq)
def pbdv_seq(v, x):
    found = [sc.pbdv(order, x) for order in orders_to(v)]
    return np.stack([d for d, _ in found]), np.stack([slope for _, slope in found])


@definition(sc.pbvv_seq)
def pbvv_seq(v, x):
    found = [sc.pbvv(order, x) for order in orders_to(v)]
    return np.stack([d for d, _ in found]), np.stack([slope for _, slope in found])


def all_harmonics(n, m, theta, phi):
    """The degrees to `n`, with the orders 0 to `m`, then -`m` to -1; zero beyond the degree."""
    nothing = np.zeros(np.broadcast_shapes(np.shape(theta), np.shape(phi)), complex)
    orders = [*range(m + 1), *range(-m, 0)]
    return np.stack(
        [
            np.stack(
                [
                    sc.sph_harm_y(degree, order, theta, phi) if abs(order) <= degree else nothing
                    for order in orders
                ]
            )
            for degree in range(n + 1)
        ]
    )


if hasattr(sc, "sph_harm_y_all"):  # SciPy 1.15 and later
    definition(sc.sph_harm_y_all)(all_harmonics)
