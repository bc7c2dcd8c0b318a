"""Smoothing curves of FITPACK: the knots it has chosen are constant, the amount of smoothing moves.

A smoothing spline minimises ``|w (y - A c)|^2 + exp(level) |D c|^2``, where D gives the jumps of
the highest derivative at the knots, and the level is that at which the residual is `s` (P. Dierckx,
"Curve and Surface Fitting with Splines", 5.2). FITPACK stops where it is `s` to a thousandth; the
derivative is that of the curves with the residual that was reached.
"""

import numpy as np
import scipy.optimize

from adjoint.errors import MissingRule
from adjoint.rules.ruleset import none
from adjoint.rules.scipy.interpolate import collocation, slopes_of

STEPS = 3  # of Newton's method from the known level: they carry derivatives up to the third order
SAME = 1e-7  # how far the coefficients may be from FITPACK's
RANGE = 30.0


def moved_knots(x, low, high, knots, degree):
    """FITPACK's knots, as the places of the data at which it has put them."""
    inner = np.array(knots)[degree + 1 : len(knots) - degree - 1]
    places = places_of(x, inner)
    ends = np.ones(degree + 1)
    return np.concatenate([low * ends, x[places], high * ends])


def places_of(x, inner):
    places = np.clip(np.searchsorted(x, inner), 0, len(x) - 1)
    if not np.array_equal(x[places], inner):
        raise unknown()
    return places


def unknown():
    return MissingRule(
        "this smoothing spline, whose knots depend on the data, has no rule",
        instead="use s=0, or give the knots (LSQUnivariateSpline, splrep(..., t=knots))",
    )


def level_of(system, jumps, right, rows, values, residual):
    """The level at which the spline has that residual."""

    def excess(level):
        found = np.linalg.solve(system + np.exp(level) * jumps, right)
        return np.sum((rows @ found - values) ** 2) - residual

    low = high = np.log(np.trace(system) / np.trace(jumps))
    first = low
    while excess(low) > 0.0 and first - low < RANGE:
        low -= 2.0
    while excess(high) < 0.0 and high - first < RANGE:
        high += 2.0
    if excess(low) > 0.0 or excess(high) < 0.0:
        raise unknown()
    return scipy.optimize.brentq(excess, low, high, xtol=1e-14)


def require_same(found, known):
    if np.max(np.abs(found - known)) > SAME * np.max(np.abs(known)):
        raise unknown()


none(places_of, level_of, require_same)


def smoothed(x, y, w, knots, degree, s, known, residual):
    """The coefficients, where FITPACK has found `known` with that residual; and the residual."""
    rows = collocation(x, knots, degree) * np.reshape(w, (-1, 1))
    values = w * y
    jump = np.diff(slopes_of(np.eye(rows.shape[1]), knots, degree, degree), axis=0)
    system, jumps = np.transpose(rows) @ rows, np.transpose(jump) @ jump
    right = np.transpose(rows) @ values
    wanted = s * share_reached(residual, s)
    level = level_of(system, jumps, right, rows, values, residual)
    for _ in range(STEPS):
        whole = system + np.exp(level) * jumps
        found = np.linalg.solve(whole, right)
        slope = -np.linalg.solve(whole, np.exp(level) * (jumps @ found))
        missed = rows @ found - values
        level = level - (np.sum(missed**2) - wanted) / (2.0 * np.sum(missed * (rows @ slope)))
    found = np.linalg.solve(system + np.exp(level) * jumps, right)
    require_same(found, known[: len(found)])
    return found, np.sum((rows @ found - values) ** 2)


def share_reached(residual, s):
    return residual / s


none(share_reached)
