"""Densities estimated by kernels, in the data, the points and the weights."""

import numpy as np
import pytest
import scipy.stats as st
from scipy.stats import gaussian_kde

import adjoint as ad
from adjoint.testing import check_grads

RNG = np.random.default_rng(8)
X, TABLE = RNG.normal(size=7), RNG.normal(size=(2, 7))
POINTS, WEIGHTS = np.array([-0.5, 0.1, 0.9]), RNG.uniform(0.5, 1.5, 7)


@pytest.mark.parametrize(
    ("program", "primal"),
    [
        (lambda x: gaussian_kde(x)(POINTS), X),
        (lambda x: gaussian_kde(x, bw_method=0.4).pdf(POINTS), X),
        (lambda x: gaussian_kde(x).logpdf(POINTS), X),
        (lambda p: gaussian_kde(X).evaluate(p), POINTS),
        (lambda w: gaussian_kde(X, weights=w).logpdf(0.3), WEIGHTS),
        (lambda t: gaussian_kde(t).evaluate([0.1, 0.2]), TABLE),
        (lambda t: gaussian_kde(t).evaluate([[0.1, 0.3], [0.2, 0.5]]), TABLE),
    ],
)
def test_kernel_densities(program, primal):
    check_grads(program, (primal,))
    out = ad.value_and_grad(lambda x: np.sum(program(x)))(primal)[0]
    assert out == pytest.approx(np.sum(program(primal)), rel=1e-12)


def test_points_of_another_dimension():
    with pytest.raises(ValueError, match="dimension"):
        ad.grad(lambda t: gaussian_kde(t).evaluate(np.ones((3, 2))).sum())(TABLE)


@pytest.mark.parametrize(
    ("program", "primals"),
    [
        (lambda x, p, b: st.geninvgauss.logpdf(x, p, b), (POINTS + 1.0, 2.3, 1.5)),
        (lambda x, p, at, by: st.geninvgauss.pdf(x, p, 1.2, at, by), (POINTS, -0.7, -1.0, 1.3)),
        (lambda x, p, a, b: st.genhyperbolic.logpdf(x, p, a, b), (POINTS, 0.5, 1.5, -0.5)),
        (lambda x, p, at: st.genhyperbolic.pdf(x, p, 1.5, -0.5, at), (POINTS, -0.7, 0.2)),
    ],
)
def test_densities_by_bessel_functions(program, primals):
    check_grads(program, primals)
    np.testing.assert_allclose(ad.vjp(program, *primals)[0], program(*primals), rtol=1e-14)
