"""Derivatives to orders and shapes, against numbers of 30 digits (mpmath 1.3, by its `diff`)."""

import numpy as np
import pytest
import scipy.special as sc

import adjoint as ad

KNOWN = [
    (sc.jv, (0.3, 1.7), 0.3555814123314979),
    (sc.jv, (12.5, 3.0), -1.6868221860785449e-7),
    (sc.jv, (40.0, 55.0), 0.041097014349775554),
    (sc.jv, (2.0, 0.001), -1.0654607570694454e-6),
    (sc.yv, (1.0, 2.5), -0.58160544637619487),
    (sc.yv, (0.4, 30.0), 0.21602052216727049),
    (sc.iv, (2.3, 0.7), -0.072453504144057406),
    (sc.kv, (1.5, 4.0), 0.0047722846280925392),
    (sc.struve, (1.2, 2.0), -0.39768019710314027),
    (sc.gammainc, (0.01, 0.5), -0.56554591171525777),
    (sc.gammainc, (3.0, 2.0), -0.23184867204398959),
    (sc.gammainc, (3.0, 1e-06), -2.511936164196564e-18),
    (sc.gammainc, (300.0, 310.0), -0.019253838374701429),
    (sc.gammaincc, (2.0, 30.0), 8.7365663456165495e-12),
    (sc.betainc, (2.0, 3.0, 0.4), -0.24086937608755657),
    (sc.betainc, (0.05, 3.0, 0.01), -2.7186290543798847),
    (sc.betainc, (40.0, 60.0, 0.3), -0.0059046115184786162),
    (sc.stdtr, (3.0, 1.2), 0.012922298331009138),
    (sc.stdtr, (50.0, 2.0), 5.4910623969988352e-5),
    (sc.hyp1f1, (1.2, 2.3, 1.5), 1.4966249247738315),
    (sc.hyp2f1, (1.2, 0.7, 2.3, 0.6), 0.37715089249933181),
    (sc.hyp2f1, (1.2, 0.7, 2.3, -3.0), -0.22775153956386568),
    (sc.hyp0f1, (1.2, 0.8), -0.72874258971179657),
    (sc.zeta, (1.05, 1.0), -399.92767119173028),
    (sc.zeta, (3.0, 2.5), -0.14630450848765802),
    (sc.eval_legendre, (2.3, 0.4), -0.30492136117047613),
    (sc.eval_gegenbauer, (2.3, 1.2, 0.4), -1.3229550586331733),
    (sc.eval_jacobi, (2.3, 0.4, 1.1, -0.3), 1.3358896965806678),
]


@pytest.mark.parametrize(
    ("function", "args", "wanted"), KNOWN, ids=lambda v: getattr(v, "__name__", None)
)
def test_slope_to_first_parameter(function, args, wanted):
    got = ad.grad(function)(*map(float, args))
    np.testing.assert_allclose(got, wanted, rtol=2e-12)


def test_slope_of_an_array_has_its_shape_and_precision():
    gradient = ad.grad(lambda v: sc.jv(v, np.ones(3, np.float32)).sum())(
        np.float32(0.5) * np.ones(3, np.float32)
    )
    assert gradient.dtype == np.float32 and gradient.shape == (3,)


def test_second_derivative_to_a_parameter():
    second = ad.grad(ad.grad(lambda a: sc.gammainc(a, 1.3)))(2.1)
    np.testing.assert_allclose(second, 0.15150261398453343, rtol=1e-9)
