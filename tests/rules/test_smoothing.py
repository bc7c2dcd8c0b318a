"""Smoothing curves of FITPACK, against the curve with these knots and this residual."""

import numpy as np
import pytest
import scipy.interpolate as si
from scipy.optimize import brentq

import adjoint as ad

RNG = np.random.default_rng(20261128)
X = np.sort(RNG.uniform(0.0, 5.0, 25))
Y = np.sin(X) + 0.1 * RNG.standard_normal(25)
W = RNG.uniform(0.5, 1.5, 25)
AT = np.array([0.4, 1.7, 3.3])
DATA = (X, Y, W, 0.15)


def exact(x, y, w, s, places, degree, share):
    """The spline with knots at these places of the data whose residual is a share of `s`."""
    knots = np.concatenate([[x[0]] * (degree + 1), x[places], [x[-1]] * (degree + 1)])
    rows = w[:, None] * si.BSpline.design_matrix(x, knots, degree).toarray()
    unit = si.BSpline(knots, np.eye(rows.shape[1]), degree)
    ends = np.unique(knots)
    jumps = np.diff(unit(0.5 * (ends[1:] + ends[:-1]), nu=degree), axis=0)

    def coefficients(level):
        return np.linalg.solve(rows.T @ rows + np.exp(level) * jumps.T @ jumps, rows.T @ (w * y))

    def excess(level):
        return np.sum((rows @ coefficients(level) - w * y) ** 2) - s * share

    return si.BSpline(knots, coefficients(brentq(excess, -30.0, 5.0, xtol=1e-15)), degree)


def slope(function, step):
    """The derivative at 0, to the fourth order in `step`."""
    near, far = (function(h) - function(-h) for h in (step, 2.0 * step))
    return (8.0 * near - far) / (12.0 * step)


def by_splrep(degree):
    return lambda x, y, w, s: si.splev(AT, si.splrep(x, y, w=w, k=degree, s=s))


def by_object(degree):
    return lambda x, y, w, s: si.UnivariateSpline(x, y, w=w, k=degree, s=s)(AT)


@pytest.mark.parametrize("program", [by_splrep, by_object])
@pytest.mark.parametrize("degree", [1, 3])
@pytest.mark.parametrize("moved", range(4), ids=["x", "y", "w", "s"])
def test_smoothing_spline(program, degree, moved):
    (knots, _, _), residual, *_ = si.splrep(*DATA[:3], k=degree, s=DATA[3], full_output=True)
    places = np.searchsorted(X, knots[degree + 1 : -degree - 1])
    assert len(places)
    direction, ct = RNG.standard_normal(np.shape(DATA[moved])), RNG.standard_normal(3)

    def with_moved(value):
        return [value if place == moved else given for place, given in enumerate(DATA)]

    def expected(step):
        share = residual / DATA[3]
        return exact(*with_moved(DATA[moved] + step * direction), places, degree, share)(AT)

    function = program(degree)
    np.testing.assert_allclose(function(*DATA), expected(0.0), rtol=1e-12)
    value, pushed = ad.jvp(lambda v: function(*with_moved(v)), (DATA[moved],), (direction,))
    np.testing.assert_allclose(value, function(*DATA), rtol=1e-12)
    np.testing.assert_allclose(pushed, slope(expected, 1e-4), rtol=1e-5, atol=1e-7)
    gradient = ad.grad(lambda v: ct @ function(*with_moved(v)))
    pulled = np.sum(gradient(DATA[moved]) * direction)
    assert pulled == pytest.approx(ct @ pushed, rel=1e-12)
    twice = ad.jvp(gradient, (DATA[moved],), (direction,))[1]
    bend = slope(lambda step: slope(lambda h: ct @ expected(step + h), 1e-3), 1e-3)
    assert np.sum(twice * direction) == pytest.approx(bend, rel=1e-2, abs=1e-3)


def test_the_amount_of_smoothing_by_itself_and_more_room_for_knots():
    def wave(y):
        spline = si.UnivariateSpline(np.linspace(0.0, 3.0, 40), y, s=1e-2)
        return spline.get_residual() + 0.0 * spline(0.3)

    y = np.sin(np.linspace(0.0, 30.0, 40)) + 0.01 * RNG.standard_normal(40)
    np.testing.assert_allclose(ad.grad(wave)(y), 0.0, atol=1e-12)  # it stays as it is asked for
