"""Means and variances of the standard library."""

import math
import statistics

import numpy as np
import pytest

import adjoint as ad
from adjoint.testing import check_grads

DATA = [1.2, 3.4, 0.7, 2.9]
BY_FRACTIONS = [
    statistics.mean,
    statistics.harmonic_mean,
    statistics.variance,
    statistics.pvariance,
    statistics.stdev,
    statistics.pstdev,
]


@pytest.mark.parametrize(
    "function",
    [
        *BY_FRACTIONS,
        statistics.fmean,
        statistics.geometric_mean,
        statistics.median,
    ],
)
def test_against_finite_differences(function):
    value, gradient = ad.value_and_grad(function)(list(DATA))
    assert value == function(DATA)
    check_grads(lambda a: function(list(a)), (np.array(DATA),), order=2)
    assert len(gradient) == len(DATA)


def test_a_given_centre_and_weights():
    assert ad.grad(lambda c: statistics.variance(DATA, c))(2.0) == pytest.approx(
        -2.0 * math.fsum(value - 2.0 for value in DATA) / 3.0
    )
    check_grads(lambda a: statistics.pvariance(list(a[:3]), a[3]), (np.array(DATA),))
    check_grads(
        lambda a: statistics.harmonic_mean(list(a), [1.0, 2.0, 1.0, 0.5]), (np.array(DATA),)
    )


@pytest.mark.parametrize(
    "function",
    [
        *BY_FRACTIONS,
        lambda values: statistics.NormalDist(values[0], values[1]).inv_cdf(0.3),
    ],
)
def test_second_derivatives_of_what_is_made_of_it(function):
    def powers(a):
        found = function(list(a))
        return math.exp(0.1 * found) + found**3 + found * a[0]

    check_grads(powers, (np.array(DATA),), order=2)
    check_grads(ad.grad(powers), (np.array(DATA),), order=2)


def test_numbers_of_other_kinds_stay_as_they_are():
    def f(x):
        assert statistics.mean([1, 3]) == 2 and isinstance(statistics.mean([1, 3]), int)
        return x * statistics.pvariance([1, 2, 3, 4]) * statistics.mean(iter([x, 2, 4]))

    assert ad.grad(f)(3.0) == pytest.approx(1.25 * 4.0)


def test_errors_are_the_library_s():
    with pytest.raises(statistics.StatisticsError):
        ad.grad(lambda x: x * statistics.mean([]))(1.0)


def test_quantiles_of_the_normal_distribution():
    def quantile(a):
        return statistics.NormalDist(a[0], a[1]).inv_cdf(a[2])

    check_grads(quantile, (np.array([0.3, 1.2, 0.2]),), order=2)
    assert ad.value_and_grad(quantile)(np.array([0.3, 1.2, 0.2]))[0] == quantile([0.3, 1.2, 0.2])
    with pytest.raises(statistics.StatisticsError):
        ad.grad(lambda x: x * statistics.NormalDist(0.0, x).inv_cdf(1.5))(1.0)


def test_a_normal_distribution_from_samples():
    class Shifted(statistics.NormalDist):
        pass

    def likelihood(a):
        found = Shifted.from_samples(iter(a))
        assert type(found) is Shifted
        return math.log(found.pdf(0.7)) + found.stdev * statistics.NormalDist.from_samples(a).mean

    check_grads(likelihood, (np.array(DATA),), order=2)
