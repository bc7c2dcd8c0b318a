"""Rules of FITPACK, which `splrep`, `UnivariateSpline`, `bisplrep` and their kin of SciPy call.

Splines that interpolate, and least squares with given knots, are linear in the data. Curves for
which FITPACK has chosen the knots, to smooth, are in `smoothing`; such surfaces are refused.
"""

import numpy as np
import scipy.interpolate as si

from adjoint.errors import MissingRule
from adjoint.rules.absent import ABSENT, Native, present
from adjoint.rules.ruleset import definition, none
from adjoint.rules.scipy.interpolate import (
    collocation,
    fitted,
    slopes_of,
    spline_values,
    usual_knots,
)
from adjoint.rules.scipy.smoothing import moved_knots, smoothed

NUMBERS = Native(si.UnivariateSpline.__module__).dfitpack  # Fortran, by f2py
OBJECTS = Native("scipy.interpolate._fitpack")
OF_OBJECTS = frozenset({"insert", "parcur", "surfit"})  # and of numbers, with other arguments
NO_ROOM = 1  # for more knots: the curve is that of least squares with those there are
IS_FORTRAN = getattr(NUMBERS, "curfit", ABSENT) is not ABSENT  # until SciPy 1.17


def natives(name):
    """The function of FITPACK of that name: in one list, empty if there is none."""
    if IS_FORTRAN and name in OF_OBJECTS:
        return present(getattr(OBJECTS, "_" + name))
    return present(getattr(NUMBERS, name, ABSENT), getattr(OBJECTS, name))[:1]


def native(name):
    """Decorator: the decorated program has the values of a function of FITPACK."""
    return definition(*natives(name))


def in_fortran(name):
    """The same for a function that has other arguments in C."""
    return definition(*(natives(name) if IS_FORTRAN else []))


def in_c(name):
    """The same for a function that had other arguments in Fortran."""
    return definition(*([] if IS_FORTRAN else natives(name)))


def found_by(name, *args, **options):
    """What FITPACK gives, for what is no smooth function of the data: knots, counts, errors."""
    (function,) = natives(name)
    return function(*args, **options)


none(found_by)


none(*natives("fpchec"))  # a test of knots


def require_fixed_knots(s, count, degree):
    if s != 0 and count != 2 * degree + 2:
        raise MissingRule(
            "a smoothing spline, whose knots depend on the data, has no rule",
            instead="use s=0, or give the knots (LSQUnivariateSpline, splrep(..., t=knots))",
        )


def knots_between(low, high, x, degree, s, count):
    """The knots of a spline that interpolates, or of one polynomial."""
    ends = np.ones(degree + 1)
    inner = usual_knots(x, degree)[degree + 1 : -degree - 1] if s == 0 else x[:0]
    if 2 * degree + 2 + len(inner) != count:
        require_fixed_knots(1.0, count, degree)
    return np.concatenate([low * ends, inner, high * ends])


def padded(coefficients, count):
    """FITPACK keeps as many coefficients as knots; the last ones mean nothing."""
    return np.concatenate([coefficients, np.zeros(count - len(coefficients))])


def residual(points, values, weights, knots, coefficients, degree):
    missed = weights * (values - spline_values(points, knots, coefficients, degree))
    return np.sum(missed**2)


@native("fpcurf0")
def fpcurf0(x, y, k, w=None, xb=None, xe=None, s=None, nest=None):
    options = {} if nest is None else {"nest": nest}
    known = found_by("fpcurf0", x, y, k, w=w, xb=xb, xe=xe, s=s, **options)
    return of_smoothing(known, x, y, w, xb, xe, k, s)


@native("fpcurf1")
def fpcurf1(x, y, w, xb, xe, k, s, *rest):
    """Goes on with more room for knots."""
    known = found_by("fpcurf1", x, y, w, xb, xe, k, s, *rest)
    return of_smoothing(known, x, y, w, xb, xe, k, s)


def of_smoothing(known, x, y, w, xb, xe, k, s):
    """What FITPACK has found for an amount of smoothing, which may be none."""
    count, s = known[7], known[6] if s is None else s
    low, high = x[0] if xb is None else xb, x[-1] if xe is None else xe
    if is_smooth(s, count, k):
        weights = np.ones(len(x)) if w is None else w
        knots = moved_knots(x, low, high, known[8][:count], k)
        known = (*known[:3], low, high, k, s, *known[7:])
        if known[-1] == NO_ROOM:
            return with_fit(known, x, y, w, k, knots)
        fit = smoothed(x, y, weights, knots, k, s, known[9], known[10])
        return with_coefficients(known, x, y, weights, knots, *fit)
    knots = knots_between(low, high, x, k, s, count)
    return with_fit(known, x, y, w, k, knots)


def is_smooth(s, count, degree):
    """False of a spline that interpolates, and of one polynomial."""
    return s != 0 and count != 2 * degree + 2


def with_fit(known, x, y, w, k, knots):
    """What FITPACK has found, with the data, knots and coefficients that carry derivatives."""
    weights = np.ones(len(x)) if w is None else w
    fit = curve_fit(x, y, weights, knots, k, known[10])
    return with_coefficients(known, x, y, weights, knots, *fit)


def with_coefficients(known, x, y, weights, knots, found, fp):
    room = len(known[8])
    data = (x, y, weights, *known[3:8], padded(knots, room), padded(found, len(known[9])), fp)
    return (*data, *known[11:])


@native("fpcurfm1")
def fpcurfm1(x, y, k, t, w=None, xb=None, xe=None):
    known = found_by("fpcurfm1", x, y, k, t, w=w, xb=xb, xe=xe)
    return with_fit(known, x, y, w, k, t)


@in_fortran("curfit")
def curfit(iopt, x, y, w, t, wrk, iwrk, xb, xe, k, s):
    """Puts the knots into `t`, as FITPACK does."""
    given, (count, chosen, fp, ier) = knots_found(
        iopt, x, y, w, np.array(t), wrk, iwrk, xb, xe, k, s
    )
    knots, found, fp = fit_of_curve(iopt, x, y, w, t, xb, xe, k, s, count, ier, (given, chosen, fp))
    t[:count] = knots
    return count, padded(found, len(chosen)), fp, ier


def fit_of_curve(iopt, x, y, w, t, xb, xe, k, s, count, ier, known):
    """Knots, coefficients and residual; `known` are those that FITPACK has found."""
    if iopt != -1 and is_smooth(s, count, k):
        knots = moved_knots(x, xb, xe, known[0][:count], k)
        if ier != NO_ROOM:
            return knots, *smoothed(x, y, w, knots, k, s, *known[1:])
        return knots, *curve_fit(x, y, w, knots, k, known[2])
    if iopt == -1:
        ends = np.ones(k + 1)
        knots = np.concatenate([xb * ends, t[k + 1 : count - k - 1], xe * ends])
    else:
        knots = knots_between(xb, xe, x, k, s, count)
    return knots, *curve_fit(x, y, w, knots, k, known[2])


def curve_fit(x, y, w, knots, degree, fp):
    """The coefficients of the nearest spline, and its residual, `fp` where there is none."""
    found = fitted(x, y, w, knots, degree)
    return found, residual(x, y, w, knots, found, degree) if len(found) < len(x) else fp


def knots_found(iopt, x, y, w, t, *rest):
    return t, NUMBERS.curfit(iopt, x, y, w, t, *rest)


none(knots_found)


def outside_of(points, knots, degree):
    return (points < knots[degree]) | (points > knots[-degree - 1])


def evaluated(t, c, k, x, nu, ext):
    points = np.asarray(x, float)
    outside = outside_of(points, t, k)
    if ext == 2 and np.any(outside):
        return np.zeros(len(points)), 1
    if ext == 3 and nu == 0:
        points = np.clip(points, t[k], t[-k - 1])
    values = spline_values(points, t, c, k, nu)
    return (np.where(outside, 0.0, values) if ext == 1 else values), 0


@native("splev")
def splev(t, c, k, x, e=0):
    return evaluated(t, c, k, x, 0, e)


@in_fortran("splder")
def splder(t, c, k, x, nu=1, e=0):
    return evaluated(t, c, k, x, nu, e)


@native("spalde")
def spalde(t, c, k1, x):
    point = np.reshape(np.asarray(x, float), (1,))
    if outside_of(point, t, k1 - 1)[0]:
        return np.zeros(k1), 10
    return np.concatenate([spline_values(point, t, c, k1 - 1, nu) for nu in range(k1)]), 0


def integrals(t, k, a, b):
    """The integral of each B-spline from `a` to `b`; nothing outside the knots."""
    count = len(t) - k - 1
    widths = (t[k + 1 :] - t[:count]) / (k + 1)
    sums = np.concatenate([np.zeros((1, count)), np.cumsum(np.diag(widths), axis=0)])
    knots = np.concatenate([t[:1], t, t[-1:]])
    ends = np.clip(np.reshape(np.stack([a, b]), (2,)), t[k], t[count])
    low, high = spline_values(ends, knots, sums, k + 1)
    return high - low


@in_fortran("splint")
def splint(t, c, k, a, b):
    parts = integrals(t, k, np.asarray(a, float), np.asarray(b, float))
    return np.sum(parts * c[: len(parts)]), parts


@native("sproot")
def sproot(t, c, mest=10):
    """FITPACK's roots, and steps of Newton's method, each of which adds orders of derivatives."""
    zeros, count, ier = found_by("sproot", t, c, mest)
    roots = np.array(zeros)
    for _ in range(3):
        value, slope = (spline_values(roots[:count], t, c, 3, nu) for nu in (0, 1))
        roots = np.concatenate([roots[:count] - value / slope, roots[count:]])
    return roots, count, ier


@native("insert")
def insert(per, t, c, k, x, m):
    """Boehm's algorithm."""
    if per:
        raise MissingRule("insert into a periodic spline has no rule", instead="use per=0")
    ier = found_by("insert", per, t, c, k, x, m)[2]
    knots, found = t, c  # the last ones mean nothing
    for _ in range(m):
        place = int(np.searchsorted(knots, x, side="right")) - 1
        place = min(max(place, k), len(knots) - k - 2)
        rows = range(place - k + 1, place + 1)
        shares = [(x - knots[i]) / (knots[i + k] - knots[i]) for i in rows]
        mixed = [s * found[i] + (1.0 - s) * found[i - 1] for i, s in zip(rows, shares, strict=True)]
        found = np.concatenate([found[: place - k + 1], np.stack(mixed), found[place:]])
        knots = np.concatenate([knots[: place + 1], np.reshape(x, (1,)), knots[place + 1 :]])
    return knots, found, ier


@native("parcur")
def parcur(x, w, u, ub, ue, k, iopt, ipar, s, t, nest, wrk, iwrk, per):
    """A curve through points, over the length of the chords or given parameters."""
    known = found_by("parcur", x, w, u, ub, ue, k, iopt, ipar, s, t, nest, wrk, iwrk, per)
    if per:
        raise MissingRule("a periodic curve has no rule", instead="use per=0")
    points = np.reshape(x, (len(w), -1))
    if not ipar:
        lengths = np.sqrt(np.sum(np.diff(points, axis=0) ** 2, axis=1))
        u = np.concatenate([np.zeros(1), np.cumsum(lengths) / np.sum(lengths)])
        ub, ue = 0.0, 1.0
    if iopt == -1:
        knots = np.concatenate([ub * np.ones(k + 1), t[k + 1 : -k - 1], ue * np.ones(k + 1)])
    else:
        require_fixed_knots(s, len(known[0]), k)
        knots = knots_between(ub, ue, u, k, s, len(known[0]))
    found = fitted(u, points, w, knots, k)
    return knots, np.ravel(np.transpose(found)), {**known[2], "u": u, "ub": ub, "ue": ue}


def rows_of(points, knots, degree, nu=0):
    """The values, or derivatives, of all B-splines at points, which are moved into the domain."""
    inside = np.clip(np.asarray(points, float), knots[degree], knots[-degree - 1])
    return spline_values(inside, knots, np.eye(len(knots) - degree - 1), degree, nu)


def table(c, tx, ty, kx, ky):
    rows, columns = len(tx) - kx - 1, len(ty) - ky - 1
    return np.reshape(c[: rows * columns], (rows, columns))


def on_grid(tx, ty, c, kx, ky, nux, nuy, x, y):
    left, right = rows_of(x, tx, kx, nux), rows_of(y, ty, ky, nuy)
    return left @ table(c, tx, ty, kx, ky) @ np.transpose(right), 0


def at_points(tx, ty, c, kx, ky, nux, nuy, x, y):
    left, right = rows_of(x, tx, kx, nux), rows_of(y, ty, ky, nuy)
    return np.sum((left @ table(c, tx, ty, kx, ky)) * right, axis=1), 0


@native("bispev")
def bispev(tx, ty, c, kx, ky, x, y):
    return on_grid(tx, ty, c, kx, ky, 0, 0, x, y)


@native("bispeu")
def bispeu(tx, ty, c, kx, ky, x, y):
    return at_points(tx, ty, c, kx, ky, 0, 0, x, y)


@native("parder")
def parder(tx, ty, c, kx, ky, nux, nuy, x, y):
    return on_grid(tx, ty, c, kx, ky, nux, nuy, x, y)


@native("pardeu")
def pardeu(tx, ty, c, kx, ky, nux, nuy, x, y):
    return at_points(tx, ty, c, kx, ky, nux, nuy, x, y)


@native("pardtc")
def pardtc(tx, ty, c, kx, ky, nux, nuy):
    """The coefficients of a partial derivative."""
    by_x = slopes_of(table(c, tx, ty, kx, ky), tx, kx, nux)
    by_both = np.transpose(slopes_of(np.transpose(by_x), ty, ky, nuy))
    return np.ravel(by_both), 0


@native("dblint")
def dblint(tx, ty, c, kx, ky, xb, xe, yb, ye):
    left = integrals(tx, kx, np.asarray(xb, float), np.asarray(xe, float))
    right = integrals(ty, ky, np.asarray(yb, float), np.asarray(ye, float))
    return left @ table(c, tx, ty, kx, ky) @ right


@native("regrid_smth")
def regrid_smth(x, y, z, xb=None, xe=None, yb=None, ye=None, kx=3, ky=3, s=0.0, maxit=20):
    known = found_by("regrid_smth", x, y, z, xb, xe, yb, ye, kx, ky, s, maxit)
    return with_fit_of_grid(known, x, y, z, xb, xe, yb, ye, kx, ky, s)


def with_fit_of_grid(known, x, y, z, xb, xe, yb, ye, kx, ky, s):
    """What FITPACK has found, with the knots and coefficients that carry derivatives."""
    nx, tx, ny, ty, c, fp, ier = known
    require_fixed_knots(s, nx, kx)
    require_fixed_knots(s, ny, ky)
    left = knots_between(x[0] if xb is None else xb, x[-1] if xe is None else xe, x, kx, s, nx)
    right = knots_between(y[0] if yb is None else yb, y[-1] if ye is None else ye, y, ky, s, ny)
    heights = np.reshape(z, (len(x), len(y)))
    half = fitted(x, heights, np.ones(len(x)), left, kx)
    found = np.transpose(fitted(y, np.transpose(half), np.ones(len(y)), right, ky))
    missed = heights - collocation(x, left, kx) @ found @ np.transpose(collocation(y, right, ky))
    fp = fp if s == 0 else np.sum(missed**2)
    knots = padded(left, len(tx)), padded(right, len(ty))
    return nx, knots[0], ny, knots[1], padded(np.ravel(found), len(c)), fp, ier


def fit_of_plane(x, y, z, w, tx, ty, kx, ky):
    """The coefficients and the weighted residual of the nearest spline of two variables."""
    left, right = rows_of(x, tx, kx), rows_of(y, ty, ky)
    products = np.reshape(left[:, :, None] * right[:, None, :], (len(x), -1))
    weights = np.ones(len(x)) if w is None else w
    found = np.linalg.lstsq(products * weights[:, None], z * weights)[0]
    return found, np.sum((weights * (z - products @ found)) ** 2)


@in_fortran("surfit_smth")
def surfit_smth(x, y, z, w=None, xb=None, xe=None, yb=None, ye=None, kx=3, ky=3, **options):
    known = found_by(
        "surfit_smth", x, y, z, w=w, xb=xb, xe=xe, yb=yb, ye=ye, kx=kx, ky=ky, **options
    )
    nx, tx, ny, ty, c, _, work, ier = known
    require_fixed_knots(1.0, nx, kx)
    require_fixed_knots(1.0, ny, ky)
    found, fp = fit_of_plane(x, y, z, w, tx[:nx], ty[:ny], kx, ky)
    return nx, tx, ny, ty, padded(found, len(c)), fp, work, ier


@in_fortran("surfit_lsq")
def surfit_lsq(x, y, z, nx, tx, ny, ty, w=None, xb=None, xe=None, yb=None, ye=None, kx=3, ky=3,
               *rest, **options):  # fmt: skip
    args = (x, y, z, nx, tx, ny, ty, w, xb, xe, yb, ye, kx, ky, *rest)
    tx, ty, c, _, ier = found_by("surfit_lsq", *args, **options)
    found, fp = fit_of_plane(x, y, z, w, tx[:nx], ty[:ny], kx, ky)
    return tx, ty, padded(found, len(c)), fp, ier


@in_fortran("surfit")
def surfit(x, y, z, w, xb, xe, yb, ye, kx, ky, iopt, *rest):
    tx, ty, c, facts = found_by("surfit", x, y, z, w, xb, xe, yb, ye, kx, ky, iopt, *rest)
    if iopt != -1:
        require_fixed_knots(1.0, len(tx), kx)
        require_fixed_knots(1.0, len(ty), ky)
    found, fp = fit_of_plane(x, y, z, w, tx, ty, kx, ky)
    return tx, ty, padded(found, len(c)), {**facts, "fp": fp}
