"""Multivariate normal densities to the covariance, also where its eigenvalues are equal."""

import numpy as np
import pytest
from scipy import stats

import adjoint as ad

POINTS = np.array([[0.3, -1.2], [1.1, 0.4], [-0.6, 0.9]])
MEAN = np.array([0.1, 0.2])


def by_scale(s):
    return stats.multivariate_normal.logpdf(POINTS, MEAN, s**2 * np.eye(2))


def by_number(s):
    return stats.multivariate_normal.pdf(POINTS, MEAN, cov=s)


def by_variances(s):
    return stats.multivariate_normal.logpdf(POINTS, MEAN * s, [s, s])


def frozen(s):
    return stats.multivariate_normal(MEAN * s, np.diag([s, s])).pdf(POINTS)


def of_one_number(s):
    return stats.multivariate_normal.logpdf([0.3, 1.2], s, s * s)


def of_covariance(s):
    return stats.multivariate_normal.logpdf(POINTS, MEAN, stats.Covariance.from_diagonal([s, 2.0]))


@pytest.mark.parametrize(
    "program", [by_scale, by_number, by_variances, frozen, of_one_number, of_covariance]
)
def test_derivative(program):
    ad.testing.check_grads(program, (1.3,), order=2)
    np.testing.assert_allclose(ad.vjp(program, 1.3)[0], program(1.3), rtol=1e-14)


def test_gradient_of_a_covariance_is_that_of_its_lower_triangle():
    def density(cov):
        return np.sum(stats.multivariate_normal.logpdf(POINTS, MEAN, cov))

    near = np.array([[1.0, 0.0], [0.0, 1.0 + 1e-4]])
    exact, beside = ad.grad(density)(np.eye(2)), ad.grad(density)(near)
    np.testing.assert_allclose(exact, beside, atol=1e-3)
    assert exact[0, 1] == 0.0 != exact[1, 0]


def test_singular_covariances_stay_with_scipy():
    def density(s):
        cov = np.array([[s, s], [s, s]])
        return stats.multivariate_normal.logpdf([0.4, 0.4], [0.0, 0.0], cov, allow_singular=True)

    ad.testing.check_grads(density, (1.3,))
