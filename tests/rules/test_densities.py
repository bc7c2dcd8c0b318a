"""Densities estimated by kernels, in the data, the points and the weights."""

import numpy as np
import pytest
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
