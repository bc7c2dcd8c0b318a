"""Rules of matrix equations: Sylvester, Lyapunov and Riccati, by implicit differentiation.

Each equation is linear in the change of its solution, so the adjoint is one more equation of the
kind of Sylvester or Lyapunov. Source: T.-C. Kao and G. Hennequin, "Automatic
differentiation of Sylvester, Lyapunov, and algebraic Riccati equations" (2020).
"""

import numpy as np
import scipy.linalg as sl

from adjoint.rules.numpy.spectra import adjoint_of, product
from adjoint.rules.ruleset import covers, jvp, vjp


def zero_filled(tangents, primals):
    return [
        np.zeros(np.shape(x)) if t is None else t for t, x in zip(tangents, primals, strict=False)
    ]


@vjp(sl.solve_sylvester)
def solve_sylvester_vjp(ct, out, a, b, q):
    """``A X + X B = Q``."""
    ct_q = sl.solve_sylvester(adjoint_of(a), adjoint_of(b), ct)
    return -product(ct_q, adjoint_of(out)), -product(adjoint_of(out), ct_q), ct_q


@jvp(sl.solve_sylvester)
def solve_sylvester_jvp(tangents, out, a, b, q):
    d_a, d_b, d_q = zero_filled(tangents, (a, b, q))
    return sl.solve_sylvester(a, b, d_q - product(d_a, out) - product(out, d_b))


@vjp(sl.solve_continuous_lyapunov, sl.solve_lyapunov)
def solve_continuous_lyapunov_vjp(ct, out, a, q):
    """``A X + X A^H = Q``."""
    ct_q = sl.solve_continuous_lyapunov(adjoint_of(a), ct)
    return -product(ct_q, adjoint_of(out)) - product(adjoint_of(ct_q), out), ct_q


@jvp(sl.solve_continuous_lyapunov, sl.solve_lyapunov)
def solve_continuous_lyapunov_jvp(tangents, out, a, q):
    d_a, d_q = zero_filled(tangents, (a, q))
    moved = product(d_a, out) + product(out, adjoint_of(d_a))
    return sl.solve_continuous_lyapunov(a, d_q - moved)


@vjp(sl.solve_discrete_lyapunov)
def solve_discrete_lyapunov_vjp(ct, out, a, q, method=None):
    """``X = A X A^H + Q``."""
    ct_q = sl.solve_discrete_lyapunov(adjoint_of(a), ct, method=method)
    ct_a = product(ct_q, a, adjoint_of(out)) + product(adjoint_of(ct_q), a, out)
    return ct_a, ct_q


@jvp(sl.solve_discrete_lyapunov)
def solve_discrete_lyapunov_jvp(tangents, out, a, q, method=None):
    d_a, d_q = zero_filled(tangents, (a, q))
    moved = product(d_a, out, adjoint_of(a)) + product(a, out, adjoint_of(d_a))
    return sl.solve_discrete_lyapunov(a, d_q + moved, method=method)


@vjp(sl.solve_continuous_are)
def solve_continuous_are_vjp(ct, out, a, b, q, r, e=None, s=None, balanced=True):
    """``A^H X + X A - X B R^-1 B^H X + Q = 0``."""
    gain = np.linalg.solve(r, product(adjoint_of(b), out))
    ct_q = sl.solve_continuous_lyapunov(a - product(b, gain), -ct)
    both = product(out, ct_q + adjoint_of(ct_q))
    return both, -product(both, adjoint_of(gain)), ct_q, product(gain, ct_q, adjoint_of(gain))


@jvp(sl.solve_continuous_are)
def solve_continuous_are_jvp(tangents, out, a, b, q, r, e=None, s=None, balanced=True):
    d_a, d_b, d_q, d_r = zero_filled(tangents, (a, b, q, r))
    gain = np.linalg.solve(r, product(adjoint_of(b), out))
    moved = product(out, d_a - product(d_b, gain))
    moved = moved + adjoint_of(moved) + d_q + product(adjoint_of(gain), d_r, gain)
    return sl.solve_continuous_lyapunov(adjoint_of(a - product(b, gain)), -moved)


def discrete_gain(out, a, b, r):
    weighted = product(adjoint_of(b), out)
    return np.linalg.solve(r + product(weighted, b), product(weighted, a))


@vjp(sl.solve_discrete_are)
def solve_discrete_are_vjp(ct, out, a, b, q, r, e=None, s=None, balanced=True):
    """``X = A^H X A - A^H X B (R + B^H X B)^-1 B^H X A + Q``."""
    gain = discrete_gain(out, a, b, r)
    closed = a - product(b, gain)
    ct_q = sl.solve_discrete_lyapunov(closed, ct)
    both = product(out, closed, ct_q + adjoint_of(ct_q))
    return both, -product(both, adjoint_of(gain)), ct_q, product(gain, ct_q, adjoint_of(gain))


@jvp(sl.solve_discrete_are)
def solve_discrete_are_jvp(tangents, out, a, b, q, r, e=None, s=None, balanced=True):
    d_a, d_b, d_q, d_r = zero_filled(tangents, (a, b, q, r))
    gain = discrete_gain(out, a, b, r)
    closed = a - product(b, gain)
    moved = product(adjoint_of(closed), out, d_a - product(d_b, gain))
    moved = moved + adjoint_of(moved) + d_q + product(adjoint_of(gain), d_r, gain)
    return sl.solve_discrete_lyapunov(adjoint_of(closed), moved)


@covers(sl.solve_continuous_are, sl.solve_discrete_are)
def is_usual(a, b, q, r, e=None, s=None, balanced=True):
    return e is None and s is None
