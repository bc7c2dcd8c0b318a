"""Functions of `scipy.special` that give all orders up to one, by the function of one order."""

import numpy as np
import scipy.special as sc

from adjoint.rules.ruleset import covers, definition, jvp, vjp


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


@definition(sc.lmbda)
def lmbda(v, x):
    """``Gamma(v+1) (2/x)**v J_v(x)`` and its derivative (DLMF 10.16.9, 10.6.6)."""
    orders = [v - int(v) + k for k in range(int(v) + 2)]
    values = [sc.hyp0f1(order + 1.0, -0.25 * x * x) for order in orders]
    pairs = zip(orders[:-1], values[1:], strict=True)
    return np.stack(values[:-1]), np.stack([-0.5 * x / (v + 1.0) * above for v, above in pairs])


@covers(sc.lmbda)
def is_beside_zero(v, x):
    """At zero SciPy gives other numbers than the limits."""
    return x != 0


def with_slopes(function, curvature):
    """State the rule to the last argument of what gives values and slopes of all orders.

    ``curvature(value, slope, x)`` is the second derivative, by the differential equation.
    """

    def slopes(out, x):
        return out[1], curvature(*out, x)

    @vjp(function)
    def pullback(ct, out, *args):
        pairs = zip(ct, slopes(out, args[-1]), strict=True)
        total = sum(c * np.conj(slope) for c, slope in pairs if c is not None)
        axes = tuple(range(np.ndim(total) - np.ndim(args[-1])))
        return (*(None for _ in args[:-1]), np.sum(total, axis=axes))

    @jvp(function)
    def pushforward(tangents, out, *args):
        return tuple(tangents[-1] * slope for slope in slopes(out, args[-1]))


def orders_beside(values, axis):
    """The orders along `axis` of `values`, in a shape that goes with them."""
    shape = [1] * np.ndim(values)
    shape[axis] = -1
    return np.arange(np.shape(values)[axis]).reshape(shape)


def legendre_curvature(value, slope, z):
    """DLMF 14.2.1."""
    n = orders_beside(value, 0)
    return (2.0 * z * slope - n * (n + 1.0) * value) / (1.0 - z * z)


def associated_curvature(value, slope, z):
    """DLMF 14.2.2."""
    m, n = orders_beside(value, 0), orders_beside(value, 1)
    rest = 1.0 - z * z
    return (2.0 * z * slope - (n * (n + 1.0) - m * m / rest) * value) / rest


with_slopes(sc.lqn, legendre_curvature)


@covers(sc.lqn)
def is_of_all_orders(n, z):
    """The orders 0 and 1 alone SciPy does not compute beyond one."""
    return n >= 2 or bool(np.all(np.absolute(z) < 1.0))


if hasattr(sc, "lqmn"):
    with_slopes(sc.lqmn, associated_curvature)


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
