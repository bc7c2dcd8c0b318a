"""Draws without noise of their own: the derivative of the quantile at the level that was drawn."""

import numpy as np
import pytest
from scipy import stats

import adjoint as ad
from adjoint.errors import NonDifferentiable
from adjoint.testing.finite_difference import finite_difference_jvp

BOTH = [np.random.default_rng, np.random.RandomState]
POINT = 0.8
QUANTILES = {
    "standard_gamma": (lambda r, a: r.standard_gamma(a), lambda a: stats.gamma(a)),
    "gamma": (lambda r, a: r.gamma(a, a * a), lambda a: stats.gamma(a, scale=a * a)),
    "chisquare": (lambda r, a: r.chisquare(3 * a), lambda a: stats.chi2(3 * a)),
    "beta": (lambda r, a: r.beta(a, 2 * a), lambda a: stats.beta(a, 2 * a)),
    "standard_t": (lambda r, a: r.standard_t(df=2 * a), lambda a: stats.t(2 * a)),
    "f": (lambda r, a: r.f(a, 2 * a), lambda a: stats.f(a, 2 * a)),
    "wald": (
        lambda r, a: r.wald(a, 1 + 3 * a),
        lambda a: stats.invgauss(a / (1 + 3 * a), scale=1 + 3 * a),
    ),
    "vonmises": (lambda r, a: r.vonmises(a - POINT, 2 * a), lambda a: turned(a)),
    "noncentral_chisquare": (
        lambda r, a: r.noncentral_chisquare(a, 2 * a),
        lambda a: stats.ncx2(a, 2 * a),
    ),
    "noncentral_f": (
        lambda r, a: r.noncentral_f(3 * a, 2 * a, a),
        lambda a: stats.ncf(3 * a, 2 * a, a),
    ),
}


def turned(a):
    return stats.vonmises(2 * a, loc=a - POINT)


def second_difference(f, x, step=1e-3):
    outer = -f(x + 2 * step) - f(x - 2 * step)
    inner = 16 * (f(x + step) + f(x - step))
    return (outer + inner - 30 * f(x)) / (12 * step * step)


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize("name", QUANTILES)
def test_C12_a_draw_moves_as_its_quantile(name, make):
    draw, distribution = QUANTILES[name]

    def f(a):
        return draw(make(7), a)

    value, gradient = ad.value_and_grad(f)(POINT)
    assert value == f(POINT)
    level = distribution(POINT).cdf(value)

    def quantile(a):
        return distribution(a).ppf(level)

    expected = finite_difference_jvp(quantile, (POINT,), (1.0,))
    assert gradient == pytest.approx(expected, rel=1e-8)
    assert ad.jvp(f, (POINT,), (1.0,))[1] == pytest.approx(gradient, rel=1e-12)
    second = second_difference(quantile, POINT)
    assert ad.grad(ad.grad(f))(POINT) == pytest.approx(second, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize("name", QUANTILES)
def test_arrays_of_draws_are_draws(name, make):
    """Also with parameters of several shapes, and the generator goes on as it would."""
    count = {"standard_gamma": 1, "chisquare": 1, "standard_t": 1, "noncentral_f": 3}.get(name, 2)
    shapes = [np.array([[0.7], [1.3]]), np.array([0.9, 1.1, 2.1]), 1.4][:count]

    def f(a):
        source = make(3)
        found = getattr(source, name)(*[a * shape for shape in shapes], size=(2, 3))
        return np.sum(found * np.arange(1.0, 7.0).reshape(2, 3)) * source.normal()

    def one(place):
        def item(a):
            source = make(3)
            found = getattr(source, name)(*[a * shape for shape in shapes], size=(2, 3))
            return found[place]

        return item

    assert ad.value_and_grad(f)(1.0)[0] == f(1.0)
    slopes = [ad.grad(one(place))(1.0) for place in np.ndindex(2, 3)]
    source = make(3)
    getattr(source, name)(*shapes, size=(2, 3))
    expected = np.dot(slopes, np.arange(1.0, 7.0)) * source.normal()
    assert ad.grad(f)(1.0) == pytest.approx(expected, rel=1e-12)


SHAPES = {
    "gammas": [0.7, 2.0, 1.1],
    "broken stick": [0.05, 0.08, 0.02],
}


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize("name", SHAPES)
def test_shares(name, make):
    """A vector of Dirichlet's has no level; its mean moves with the mean of its slopes."""
    shapes, size = np.array(SHAPES[name]), 40000

    def mean(alpha):
        return np.mean(make(1).dirichlet(alpha, size)[:, 0] ** 2)

    value, gradient = ad.value_and_grad(mean)(shapes)
    assert value == mean(shapes)

    def exact(alpha):
        return alpha[0] * (alpha[0] + 1) / (np.sum(alpha) * (np.sum(alpha) + 1))

    assert gradient == pytest.approx(ad.grad(exact)(shapes), rel=0.05, abs=0.02)
    forward = ad.jvp(mean, (shapes,), (np.array([1.0, -0.5, 0.3]),))[1]
    assert forward == pytest.approx(np.dot(gradient, [1.0, -0.5, 0.3]), rel=1e-12)


def test_shares_sum_to_one():
    def total(a):
        return np.sum(np.random.default_rng(1).dirichlet([a, 2 * a, 0.3], (2, 2)))

    assert ad.grad(total)(0.8) == pytest.approx(0.0, abs=1e-12)


OF_SCIPY = {
    "beta": (2.31, 0.627),
    "chi": (7.8,),
    "chi2": (5.5,),
    "f": (9.0, 8.0),
    "gamma": (1.99,),
    "gengamma": (4.4, 3.1),
    "invgauss": (0.45,),
    "nakagami": (4.97,),
    "ncf": (27.0, 27.0, 0.42),
    "ncx2": (6.0, 1.06),
    "pearson3": (0.7,),
    "recipinvgauss": (0.63,),
    "rdist": (1.6,),
    "t": (2.74,),
    "vonmises": (3.99,),
    "vonmises_line": (3.99,),
}


@pytest.mark.parametrize("name", OF_SCIPY)
def test_draws_of_scipy(name):
    distribution, shapes = getattr(stats, name), np.array(OF_SCIPY[name])
    wraps = name.startswith("vonmises")

    def draw(shapes):
        scale = 1.0 if wraps else shapes[0]
        return distribution.rvs(*shapes, loc=0.1, scale=scale, random_state=4)

    value, gradient = ad.value_and_grad(draw)(shapes)
    level = distribution.cdf(value, *shapes, loc=0.1, scale=1.0 if wraps else shapes[0])

    def quantile(shapes):
        scale = 1.0 if wraps else shapes[0]
        return distribution.ppf(level, *shapes, loc=0.1, scale=scale)

    for place, direction in enumerate(np.eye(shapes.size)):
        expected = finite_difference_jvp(quantile, (shapes,), (direction,))
        assert gradient[place] == pytest.approx(expected, rel=1e-7)


MEANS = {
    "betaprime": (5.0, 6.0),
    "dgamma": (1.1,),
    "gennorm": (1.3,),
    "jf_skew_t": (8.0, 4.0),
    "loggamma": (0.41,),
    "nct": (14.0, 0.24),
    "norminvgauss": (1.25, 0.5),
}


@pytest.mark.parametrize("name", MEANS)
def test_means_of_draws_of_several(name):
    """What is made of several draws has no one level; its mean moves as the mean does."""
    distribution, shapes = getattr(stats, name), np.array(MEANS[name])

    def mean(shapes):
        draws = distribution.rvs(*shapes, size=20000, random_state=4)
        return np.mean(np.exp(-(draws**2)))

    def exact(shapes):
        x = np.linspace(-6.0, 6.0, 4002)
        return np.sum(distribution.pdf(x, *shapes) * np.exp(-(x**2))) * (x[1] - x[0])

    gradient = ad.grad(mean)(shapes)
    for place, direction in enumerate(np.eye(shapes.size)):
        expected = finite_difference_jvp(exact, (shapes,), (direction,))
        assert gradient[place] == pytest.approx(expected, rel=0.05, abs=0.005)


def test_draws_that_underflow():
    """A gamma of a shape of a thousandth is zero more often than not."""

    def f(a):
        return np.sum(np.random.default_rng(0).gamma(a, 1.0, 100)) + np.random.default_rng(1).beta(
            a, a
        )

    assert np.random.default_rng(0).gamma(1e-3, 1.0, 100).min() == 0.0
    assert np.isfinite(ad.grad(f)(1e-3))


def test_the_number_of_draws_is_discrete():
    with pytest.raises(NonDifferentiable, match="discrete set"):
        ad.grad(lambda a: np.random.default_rng(1).poisson(np.random.default_rng(2).gamma(a)))(2.0)
