"""`scipy.linalg` in ordinary programs: definitions, control, likelihoods, what is refused."""

import numpy as np
import pytest
import scipy.linalg as sl
from scipy import stats

import adjoint as ad
from adjoint.testing import check_grads

RNG = np.random.default_rng(11)
A, B, C = RNG.standard_normal((3, 3, 3))
V = RNG.standard_normal(3)
TALL = RNG.standard_normal((4, 2))


def spd(a):
    return a @ a.T + 3.0 * np.eye(len(a))


PROGRAMS = {
    "cho_solve": (lambda a, b: sl.cho_solve(sl.cho_factor(spd(a)), b), A, V),
    "cho_solve, lower": (lambda a, b: sl.cho_solve(sl.cho_factor(spd(a), True), b), A, B),
    "cho_solve of cholesky": (
        lambda a, b: sl.cho_solve((np.linalg.cholesky(spd(a)), True), b),
        A,
        V,
    ),
    "lu_solve": (lambda a, b: sl.lu_solve(sl.lu_factor(a), b), A, V),
    "lu_solve, transposed": (lambda a, b: sl.lu_solve(sl.lu_factor(a), b, trans=1), A, B),
    "solve_toeplitz": (lambda c, b: sl.solve_toeplitz(c + np.array([4.0, 0, 0]), b), V, V),
    "toeplitz": (lambda c: sl.toeplitz(c), V),
    "circulant": (lambda c: sl.circulant(c), V),
    "block_diag": (lambda a, c: sl.block_diag(a, c), A, TALL),
    "polar": (lambda a: sl.polar(a), A),
    "norm": (lambda a: sl.norm(a, 1) + sl.norm(a, 2) + sl.norm(a), A),
    "null_space": (lambda a: (lambda n: n @ n.T)(sl.null_space(a)), TALL.T.copy()),
    "orth": (lambda a: (lambda n: n @ n.T)(sl.orth(a)), TALL),
    "procrustes": (lambda a, b: sl.orthogonal_procrustes(a, b), A, B),
    "subspace_angles": (lambda a: sl.subspace_angles(a, TALL[::-1]), TALL),
    "cosm": (lambda a: sl.cosm(a) + sl.sinm(a) + sl.tanm(a), 0.5 * A),
    "expm_frechet": (lambda a, e: sl.expm_frechet(a, e), A, B),
    "overwriting": (lambda a, b: sl.solve(a, b, overwrite_a=True) * a.sum(), A, V),
    "continuous Riccati": (
        lambda a, b, q, r: sl.solve_continuous_are(a, b, spd(q), spd(r)),
        A,
        B[:, :2],
        C,
        RNG.standard_normal((2, 2)),
    ),
    "discrete Riccati": (
        lambda a, b, q, r: sl.solve_discrete_are(a, b, spd(q), spd(r)),
        0.4 * A,
        B[:, :2],
        C,
        RNG.standard_normal((2, 2)),
    ),
    "multivariate_normal": (
        lambda x, m, c: stats.multivariate_normal.logpdf(x, m, spd(c)),
        V,
        B[0],
        C,
    ),
    "frozen multivariate_normal": (
        lambda x, m, c: stats.multivariate_normal(m, spd(c)).pdf(x),
        A[:2],
        B[0],
        C,
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    function, *args = PROGRAMS[name]
    check_grads(function, tuple(args))


def test_second_derivatives_of_a_riccati_equation():
    def cost(t):
        x = sl.solve_continuous_are(A + t * B, B[:, :2], np.eye(3), np.eye(2))
        return np.trace(x)

    check_grads(cost, (0.2,), order=2)


@pytest.mark.parametrize(
    "function",
    [
        lambda a: sl.qz(a, a @ a)[0],
        lambda a: sl.eig(a, left=True)[1],
    ],
)
def test_what_has_no_rule_is_refused(function):
    with pytest.raises(ad.errors.MissingRule) as caught:
        ad.grad(lambda a: abs(function(a)).sum())(A)
    assert caught.value.caller.filename == __file__
