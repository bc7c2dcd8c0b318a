"""Rules of functions of matrices: `expm`, `logm`, `sqrtm`, `fractional_matrix_power`.

``f([[A, E], [0, A]])`` has the derivative of `f` at A in the direction E in its upper right block
(N. Higham, "Functions of Matrices", 3.2), so the function itself gives its derivatives of all
orders, also where eigenvalues are repeated.
"""

import numpy as np
import scipy.linalg as sl

from adjoint.rules.numpy.spectra import adjoint_of
from adjoint.rules.ruleset import definition, jvp, vjp


def derivative_along(function, a, change):
    """The derivative of a function of matrices at `a` in the direction `change`."""
    a, change = np.broadcast_arrays(a, change)
    upper = np.concatenate((a, change), axis=-1)
    lower = np.concatenate((np.zeros_like(a), a), axis=-1)
    count = a.shape[-1]
    return function(np.concatenate((upper, lower), axis=-2))[..., :count, count:]


def matrix_function(function):
    """State the rule of a function that takes a matrix, and conjugates with it."""

    @vjp(function)
    def pullback(ct, out, A, /):
        return (derivative_along(function, adjoint_of(np.asarray(A)), ct),)

    @jvp(function)
    def pushforward(tangents, out, A, /):
        return derivative_along(function, np.asarray(A), tangents[0])


matrix_function(sl.expm)
matrix_function(sl.logm)
matrix_function(sl.sqrtm)


@vjp(sl.fractional_matrix_power)
def fractional_matrix_power_vjp(ct, out, A, t):
    def power(matrix):
        return sl.fractional_matrix_power(matrix, t)

    ct_t = np.sum(np.real(ct * np.conj(np.matmul(sl.logm(A), out))))
    return derivative_along(power, adjoint_of(np.asarray(A)), ct), ct_t


@jvp(sl.fractional_matrix_power)
def fractional_matrix_power_jvp(tangents, out, A, t):
    def power(matrix):
        return sl.fractional_matrix_power(matrix, t)

    pushed = 0.0
    if tangents[0] is not None:
        pushed = derivative_along(power, np.asarray(A), tangents[0])
    if tangents[1] is not None:
        pushed = pushed + tangents[1] * np.matmul(sl.logm(A), out)
    return pushed


@definition(sl.expm_frechet)
def expm_frechet(A, E, method=None, compute_expm=True, check_finite=True):
    along = derivative_along(sl.expm, np.asarray(A), np.asarray(E))
    return (sl.expm(A), along) if compute_expm else along
