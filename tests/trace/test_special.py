"""`scipy.special` in ordinary programs: composed functions, distributions, parameters."""

import numpy as np
import pytest
import scipy.special as sc
from scipy import stats

import adjoint as ad
from adjoint.errors import MissingRule
from adjoint.testing import check_grads

X = np.array([0.37, 1.24, 2.9])
UNIT = np.array([0.13, 0.52, 0.91])

PROGRAMS = {
    "logsumexp": lambda x: sc.logsumexp(x),
    "weighted logsumexp": lambda x: sc.logsumexp(x, b=[1.0, 2.0, 0.5], axis=0),
    "softmax": lambda x: sc.softmax(x),
    "log_softmax": lambda x: sc.log_softmax(x),
    "polygamma": lambda x: sc.polygamma(2, x),
    "digamma": lambda x: sc.digamma(x),
    "multigammaln": lambda x: sc.multigammaln(x[2], 2),
    "factorial": lambda x: sc.factorial(x),
    "comb": lambda x: sc.comb(x + 2.0, x),
    "fractional order": lambda x: sc.jv(2.5, x) + sc.kv(0.3, x),
    "derivatives of Bessel functions": lambda x: sc.jvp(1, x, 2) + sc.ivp(1, x),
    "sinc": lambda x: sc.sinc(x),
    "softplus": lambda x: sc.softplus(x),
    "diric": lambda x: sc.diric(x, 3),
    "orthogonal polynomial": lambda x: sc.legendre(3)(x),
    "lambertw": lambda x: sc.lambertw(x).real,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    check_grads(PROGRAMS[name], (X,))


DISTRIBUTIONS = {
    "norm": lambda x, m, s: stats.norm.logpdf(x, m, s) + stats.norm.cdf(x, m, s),
    "norm.sf": lambda x, m, s: stats.norm.logsf(x, m, s) + stats.norm.ppf(0.3, m, s),
    "t": lambda x, m, s: stats.t.logpdf(x, 4, m, s) + stats.t.cdf(x, 4, m, s),
    "gamma": lambda x, m, s: stats.gamma.logpdf(x, 2.5, 0.0, s) + m,
    "beta": lambda x, m, s: stats.beta.logpdf(x / 4.0, 2.0 + m, s + 1.0),
    "expon": lambda x, m, s: stats.expon.logpdf(x, 0.0, s) + stats.expon.cdf(x, 0.0, s) + m,
    "lognorm": lambda x, m, s: stats.lognorm.logpdf(x, s) + m,
    "logistic": lambda x, m, s: stats.logistic.logpdf(x, m, s),
    "weibull": lambda x, m, s: stats.weibull_min.logpdf(x, s + 1.0) + m,
    "poisson": lambda x, m, s: stats.poisson.logpmf(np.array([1, 2, 3]), s) + m * x,
    "binom": lambda x, m, s: stats.binom.logpmf(np.array([1, 2, 3]), 5, 0.3 * s) + m * x,
    "uniform": lambda x, m, s: stats.uniform.logpdf(x, -1.0, 5.0 * s) + m,
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distribution(name):
    check_grads(DISTRIBUTIONS[name], (X, 0.3, 1.2))


@pytest.mark.parametrize("order", [2.0, np.array([1.0, 2.0, 3.0])])
def test_parameter_without_a_rule_is_named_with_the_line(order):
    with pytest.raises(MissingRule, match="parameter `n`") as caught:
        ad.grad(lambda v: np.sum(sc.yn(v, X)))(order)
    assert caught.value.place.filename == __file__
    with pytest.raises(MissingRule, match="parameter `n`"):
        ad.jvp(lambda v: np.sum(sc.yn(v, X)), (order,), (order,))


def test_limits():
    np.testing.assert_allclose(ad.grad(lambda x: sc.rgamma(x))(-2.0), 2.0)
    np.testing.assert_allclose(ad.grad(lambda x: sc.spence(x))(1.0), -1.0)
    np.testing.assert_allclose(ad.grad(lambda x: sc.sici(x)[0])(0.0), 1.0)
    np.testing.assert_allclose(ad.grad(lambda x: sc.xlogy(x, x))(1.0), 1.0)
    np.testing.assert_allclose(ad.grad(lambda y: sc.xlogy(0.0, y))(0.0), 0.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("function", "before", "x"),
    [
        (sc.yn, [0.7], 1.3),
        (sc.kn, [1.6], 1.3),
        (sc.expn, [2.4], 0.6),
        (sc.bdtr, [1.6, 4.7], 0.3),
        (sc.bdtrc, [1.6, 4.7], 0.3),
        (sc.bdtri, [1.6, 4.7], 0.3),
        (sc.nbdtr, [1.6, 4.7], 0.3),
        (sc.nbdtrc, [1.6, 4.7], 0.3),
        (sc.nbdtri, [1.6, 4.7], 0.3),
        (sc.pdtr, [1.6], 1.3),
        (sc.pdtri, [1.6], 0.3),
        (sc.smirnov, [3.6], 0.3),
        (sc.smirnovi, [3.6], 0.3),
    ],
)
def test_parameters_of_which_scipy_takes_the_whole_number(function, before, x):
    def f(x):
        return function(*before, x)

    step = 1e-5
    expected = (f(x + step) - f(x - step)) / (2.0 * step)
    np.testing.assert_allclose(ad.grad(f)(x), expected, rtol=1e-6)
    gradient = ad.grad(f)
    expected = (gradient(x + step) - gradient(x - step)) / (2.0 * step)
    np.testing.assert_allclose(ad.grad(gradient)(x), expected, rtol=1e-5, atol=1e-8)


def test_what_has_no_solution_is_flat():
    assert ad.grad(lambda p: sc.bdtrik(p, 0.7, 0.7))(0.3) == 0.0
    assert ad.grad(lambda m: sc.pdtrik(0.3, m))(0.7) == 0.0
    assert ad.grad(lambda p: sc.nbdtrik(p, 0.7, 0.7))(0.5) == 0.0
    np.testing.assert_allclose(ad.grad(sc.tklmbda, argnums=(0, 1))(1.4, 1.6), (0.0, 0.0))
    np.testing.assert_allclose(ad.grad(sc.tklmbda, argnums=(0, 1))(-1.4, 1.6), (0.0, 0.0))


@pytest.mark.parametrize("x", [-3.0, -2.0, -1.0, 0.0, -2.0 + 1e-9, -0.3, 0.499, 0.5, 2.0, 7.3])
def test_second_derivatives_of_the_reciprocal_gamma_function(x):
    gradient = ad.grad(lambda x: sc.rgamma(x))
    step = 1e-4
    for function, found in ((sc.rgamma, gradient(x)), (gradient, ad.grad(gradient)(x))):
        near = (function(x + step) - function(x - step)) / (2.0 * step)
        far = (function(x + 2.0 * step) - function(x - 2.0 * step)) / (4.0 * step)
        np.testing.assert_allclose(found, (4.0 * near - far) / 3.0, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("z", [1.0, 1.0 + 1e-9, 0.981, 0.979, 1.019, 1.021, 0.3])
def test_second_derivatives_of_the_dilogarithm(z):
    gradient = ad.grad(lambda z: sc.spence(z))
    expected = (
        0.5
        if abs(z - 1.0) < 1e-12
        else 0.5 - 2.0 * (z - 1.0) / 3.0
        if abs(z - 1.0) < 1e-6
        else (1.0 / z + np.log(z) / (1.0 - z)) / (1.0 - z)
    )
    np.testing.assert_allclose(ad.grad(gradient)(z), expected, rtol=1e-9)
    at_one = -1.0 if abs(z - 1.0) < 1e-6 else np.log(z) / (1.0 - z)
    np.testing.assert_allclose(gradient(z), at_one, rtol=1e-8)
