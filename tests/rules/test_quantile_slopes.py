"""How quantiles move with their shapes, against values that were computed with 50 digits."""

import numpy as np
import pytest
import scipy.special as sc

import adjoint as ad
from adjoint.rules.scipy.special import noncentral_slopes as noncentral
from adjoint.rules.scipy.special import quantile_slopes as slopes
from adjoint.testing import check_grads

GAMMA = [
    (0.01, 1e-30, 6851.666733195269),
    (0.01, 0.5, 93.35855881030136),
    (0.3, 4.0, 1.1060859627030801),
    (1.0, 0.001, 7.334456244883786),
    (2.5, 3.0, 0.3897540022458878),
    (40.0, 70.0, 0.018731020046382968),
    (1e5, 100200.0, 9.99002996340192e-06),
    (1e5, 98500.0, 1.0075775332851818e-05),
]
BETA = [
    (0.01, 0.02, -40.0, 7330.136896275008),
    (0.01, 3.0, -2.0, 126.51758226694214),
    (2.0, 3.0, 0.5, 0.4659318609648488),
    (300.0, 0.1, 9.0, 0.003338543655447059),
    (0.5, 40.0, -3.0, 1.3017002884085314),
    (1e5, 0.5, 12.0, 1.0000055721050049e-05),
    (2e4, 1e3, 3.1, 4.9883146579234824e-05),
    (1e5, 2e5, -0.695, 1.0006207035392489e-05),
    (1e5, 1e5, 0.004, 9.990046635089783e-06),
]
STUDENT = [
    (0.05, 30.0, -3032.040709331641),
    (1.0, 0.2, -0.040958712387306875),
    (5.0, -3.0, 0.21854771877459148),
    (49.0, 2.0, -0.0010247934598820287),
    (60.0, 0.7, -7.248990336032314e-05),
    (1e5, 1.2, -7.319993663823618e-11),
    (1e5, 4.0, -1.6999200063677195e-09),
]
TABLES = [
    (slopes.gamma_log_slope, GAMMA),
    (slopes.beta_logit_slope, BETA),
    (slopes.student_slope, STUDENT),
]


@pytest.mark.parametrize(("function", "rows"), TABLES)
def test_known_values(function, rows):
    *args, expected = np.array(rows).T
    assert function(*args) == pytest.approx(expected, rel=1e-11)
    assert function(*rows[2][:-1]) == pytest.approx(rows[2][-1], rel=1e-12)


@pytest.mark.parametrize("level", [1e-9, 0.02, 0.5, 0.9, 1 - 1e-6])
def test_quantiles_of_all_sizes(level):
    """Against the differences of SciPy's quantiles, which have some ten digits."""
    a = 10.0 ** np.linspace(-1.5, 5.0, 40)
    found = ad.jvp(lambda a: sc.gammaincinv(a, level), (a,), (np.ones_like(a),))[1]
    step = 1e-4 * a
    far, near = (
        (sc.gammaincinv(a + k * step, level) - sc.gammaincinv(a - k * step, level)) / (2 * k * step)
        for k in (2, 1)
    )
    assert found == pytest.approx((4.0 * near - far) / 3.0, rel=1e-7)


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (slopes.gamma_log_slope, ([0.4, 3.0, 90.0], [0.3, 4.0, 85.0])),
        (slopes.beta_logit_slope, ([0.4, 3.0, 90.0], [2.0, 0.3, 60.0], [-1.0, 2.5, 0.3])),
        (slopes.student_slope, ([0.6, 30.0, 70.0], [2.0, -1.0, 1.4])),
        (noncentral.von_mises_slope, ([0.3, 4.0, 40.0], [1.0, -0.3, 0.5])),
        (noncentral.chi_square_log_slope, ([0.7, 4.0], [2.0, 30.0], [1.5, 40.0])),
        (noncentral.chi_square_log_slope_to_nonc, ([0.7, 4.0], [2.0, 30.0], [1.5, 40.0])),
        (noncentral.ratio_logit_slope, ([3.0, 0.8], [2.0, 5.0], [1.5, 20.0], [0.3, 1.0])),
        (noncentral.ratio_logit_slope_to_dfd, ([3.0, 0.8], [2.0, 5.0], [1.5, 20.0], [0.3, 1.0])),
        (noncentral.ratio_logit_slope_to_nonc, ([3.0, 0.8], [2.0, 5.0], [1.5, 20.0], [0.3, 1.0])),
    ],
)
def test_second_derivatives(function, args):
    check_grads(function, tuple(map(np.array, args)), rtol=1e-7)


def test_terms_that_are_left_out():
    """Of a wide sum over central distributions every so many terms are enough."""
    df, nonc, x = 3.0, 1e4, 1.01e4
    j = np.arange(8000)
    sizes = sc.xlogy(j, 0.25 * nonc * x) - sc.gammaln(j + 1) - sc.gammaln(0.5 * df + j)
    sizes = np.exp(sizes - sizes.max())
    expected = np.sum(sizes * 0.5 * slopes.gamma_log_slope(0.5 * df + j, 0.5 * x)) / np.sum(sizes)
    assert noncentral.chi_square_log_slope(df, nonc, x) == pytest.approx(expected, rel=1e-11)


EDGES = [
    (sc.gammainc, (2.0, 0.0)),
    (sc.gammainc, (0.5, np.inf)),
    (sc.betainc, (2.0, 0.5, 0.0)),
    (sc.betainc, (2.0, 0.5, 1.0)),
    (sc.stdtr, (3.0, np.inf)),
    (sc.fdtr, (3.0, 2.0, 0.0)),
]


@pytest.mark.parametrize(("function", "args"), EDGES)
def test_at_the_ends_shapes_move_nothing(function, args):
    assert ad.grad(lambda a: function(a, *args[1:]))(args[0]) == 0.0
