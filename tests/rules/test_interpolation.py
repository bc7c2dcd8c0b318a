"""Splines, grids and scattered points of `scipy.interpolate`: SciPy's values, right derivatives."""

import numpy as np
import pytest
import scipy.interpolate as si
import scipy.sparse.linalg as spl

import adjoint as ad
from adjoint import spaces
from adjoint.errors import MissingRule
from adjoint.testing import check_grads

RNG = np.random.default_rng(20261125)


def R(*shape):
    return RNG.standard_normal(shape)


def U(*shape):
    return RNG.uniform(0.1, 0.9, shape)


XI = np.linspace(0, 3, 7)
XS = np.concatenate([[0.0], np.sort(U(9)) * 3, [3.0]])
KNOTS = np.concatenate([[0.0] * 4, [1.0, 2.0], [3.0] * 4])
COEFFICIENTS = np.concatenate([R(6), np.zeros(4)])
PLACES, QUERIES, PLANE = U(14, 2) * 3, U(4, 2) * 2.6 + 0.2, U(30, 2) * 3
CLOUD = U(90, 2)
AT, INNER = U(3) * 3, np.array([1.0, 2.0])
BREAKS, ENDS = (np.array([0.0, 1.0, 3.0]), np.array([0.0, 2.0, 3.0])), np.array([-1.0, 0.3, 4.0])
LIMITS = np.array([0.4, 1.7])


def on_grid(method, **options):
    def at(values, x):
        return si.RegularGridInterpolator((XI, XI), values, method, **options)(x)

    return at, R(7, 7), QUERIES


def radial(kernel, epsilon):
    def at(places, values, x, e):
        return si.RBFInterpolator(places, values, kernel=kernel, epsilon=e[0])(x)

    return at, PLACES, R(14), QUERIES, np.array([epsilon])


def fit_of_degree(k):
    return lambda p, y, x: si.InterpolatedUnivariateSpline(p, y, k=k)(x), XS, R(11), AT


def rep_of_degree(k):
    return lambda p, y, x: si.splev(x, si.splrep(p, y, k=k)), XS, R(11), AT


def all_extensions(y, x):
    splines = [si.UnivariateSpline(XS, y, s=0, ext=ext) for ext in (0, 1, 3)]
    return [spline(x, nu) for spline in splines for nu in (0, 1)]


def methods_of_spline(y, a):
    s = si.UnivariateSpline(XS, y, s=0)
    integral = s.integral(a[0], a[1])
    return s.derivatives(a[0]), integral, s.derivative()(a), s.antiderivative()(a), s.get_coeffs()


def curve(p):
    (knots, parts, _), u = si.splprep([p[0], p[1]], s=0)
    return [*si.splev(np.array([0.2, 0.7]), (knots, parts, 3)), u, knots, *parts]


def surface(values, x):
    s = si.RectBivariateSpline(XI, XS, values)
    slope = s.partial_derivative(1, 0)(x[:, 0], x[:, 1], grid=False)
    return s.integral(0.1, 2.0, 0.3, 2.5), slope, s.ev(x[:, 0], x[:, 1], dx=1), s.get_coeffs()


def slopes_on_grid(a, b, values, x):
    s = si.RectBivariateSpline(a, b, values, kx=2, ky=4)
    return s(np.sort(x[:, 0]), np.sort(x[:, 1]), dx=1, dy=1)


def triangles(places, values, x):
    return si.griddata(places, values, x, fill_value=0.0)


def scaled_triangles(values, x):
    pairs = (PLACES[:, 0], PLACES[:, 1]), (x[:, 0], x[:, 1])
    return si.griddata(pairs[0], values, pairs[1], rescale=True, fill_value=0.0)


def smooth_surface(z, x):
    s = si.SmoothBivariateSpline(PLANE[:, 0], PLANE[:, 1], z, kx=2, ky=2, s=1e4)
    return s.ev(x[:, 0], x[:, 1])


def fitted_surface(z, w, x):
    s = si.LSQBivariateSpline(PLANE[:, 0], PLANE[:, 1], z, [1.5], [1.4], w=w, kx=2, ky=2)
    return s.ev(x[:, 0], x[:, 1])


def surface_by_function(z, x):
    tck = si.bisplrep(PLANE[:, 0], PLANE[:, 1], z, kx=2, ky=2, s=1e4)
    return si.bisplev(np.sort(x[:, 0]), np.sort(x[:, 1]), tck)


def cubic(p, y):
    return si.CubicSpline(p, y)


def ring(p, y):
    return si.CubicSpline(p, np.append(y[:-1], y[0]), bc_type="periodic")


HILLS = np.array([1.0, 0.3, -0.5, 0.8, -0.2])
PATHS = np.array([0.0, 0.7, 1.5, 2.2, 3.0])
PIECEWISE = {
    "antiderivative": (lambda p, y, x: cubic(p, y).antiderivative(2)(x), PATHS, HILLS, AT),
    "derivative -1": (lambda p, y: ring(p, y).derivative(-1)(AT), PATHS, HILLS),
    "integral": (lambda p, y: cubic(p, y).integrate(2.0, y[0] / 2), PATHS, HILLS),
    "integral outside": (lambda p, y: cubic(p, y).integrate(-0.5, 4.0), PATHS, HILLS),
    "integrals": (
        lambda p, y: si.CubicSpline(p, np.stack([y, y * y]), axis=1).integrate(0.2, 2.5),
        PATHS,
        HILLS,
    ),
    "integral of a period": (lambda p, y: ring(p, y).integrate(8.5, -2.3), PATHS, HILLS),
    "roots of pieces": (lambda p, y: cubic(p, y).roots(extrapolate=False), PATHS, HILLS),
    "solutions": (
        lambda p, y, z: cubic(p, y).solve(z[0], extrapolate=False),
        PATHS,
        HILLS,
        np.array([0.1]),
    ),
    "root at a jump": (
        lambda x, c: si.PPoly(c, x).roots(extrapolate=False),
        np.array([0.0, 1.0, 2.0]),
        np.array([[1.0, -1.0], [0.5, -0.2]]),
    ),
    "integral of a spline": (
        lambda p, y: si.make_interp_spline(p, y).integrate(2.9, y[0]),
        PATHS,
        HILLS,
    ),
    "integral of a base interval": (
        lambda p, y: si.make_interp_spline(p, y).integrate(-1, 4, extrapolate=False),
        PATHS,
        HILLS,
    ),
    "integral of a spline's period": (
        lambda p, y: si.make_interp_spline(p, y).integrate(7.7, 0.5, extrapolate="periodic"),
        PATHS,
        HILLS,
    ),
}


def spline_with_ends(k, bc_type):
    return lambda x, y, at: si.make_interp_spline(x, y, k=k, bc_type=bc_type)(at), XS, R(11, 2), AT


def spline_with_slopes(x, y, slope, at):
    ends = ([(1, slope), (2, np.zeros(2))], [(1, 0.3 * slope), (3, slope)])
    return si.make_interp_spline(x, y, k=5, bc_type=ends)(at)


def repeating(k):
    def values(x, y, at):
        y = np.concatenate([y, y[:1]])
        return si.make_interp_spline(x, y, k=k, bc_type="periodic")(at + 2.0)

    return values, XS, R(10, 2), AT


PROGRAMS = {
    **PIECEWISE,
    "natural": spline_with_ends(3, "natural"),
    "clamped and natural": spline_with_ends(3, ("clamped", "natural")),
    "steps": (lambda y, at: si.make_interp_spline(XS, y, k=0)(at), R(11), AT),
    "slopes": (spline_with_slopes, XS, R(11, 2), R(2), AT),
    "periodic": repeating(3),
    "periodic of degree 2": repeating(2),
    "BPoly": (lambda c, x: si.BPoly(c, BREAKS[0])(x), R(4, 2), AT),
    "BPoly slope": (lambda c, x, t: si.BPoly(c, t)(x, 1), R(4, 2, 2), AT, BREAKS[0]),
    "NdPPoly": (lambda c, x: si.NdPPoly(c, BREAKS)(x, nu=(1, 0)), R(3, 3, 2, 2, 2), QUERIES),
    "NdBSpline": (lambda c, x: si.NdBSpline((KNOTS, KNOTS), c, 3)(x), R(6, 6), QUERIES),
    "NdBSpline slope": (
        lambda c, x: si.NdBSpline((KNOTS, KNOTS), c, 3)(x, nu=(1, 0)), R(6, 6, 2), QUERIES,
    ),
    **{method: on_grid(method) for method in ("nearest", "slinear", "pchip", "cubic_legacy")},
    "cubic": on_grid("cubic", solver=spl.spsolve),
    "descending": (
        lambda v, x: si.RegularGridInterpolator((XI[::-1], XI), v)(x), R(7, 7, 2), QUERIES,
    ),
    "outside": (
        lambda v, x: si.RegularGridInterpolator((XI, XI), v, bounds_error=False)(x)[1:],
        R(7, 7), np.concatenate([[[5.0, 5.0]], QUERIES]),
    ),
    "interpn": (lambda v, x: si.interpn((XI, XI), v, (x[:, 0], x[:, 1])), R(7, 7), QUERIES),
    "splinef2d": (
        lambda v, x: si.interpn((XI, XI), v, x, method="splinef2d"), R(7, 7), QUERIES,
    ),
    "griddata": (triangles, PLACES, R(14), QUERIES),
    "griddata scaled": (scaled_triangles, R(14, 2), QUERIES),
    "griddata nearest": (
        lambda p, v, x: si.griddata(p, v, x, method="nearest"), PLACES, R(14), QUERIES,
    ),
    "griddata of one": (lambda v, x: si.griddata(XS, v, x), R(11), AT),
    "LinearND complex": (
        lambda v, x: si.LinearNDInterpolator(PLACES, v, fill_value=0.0)(x[:, 0], x[:, 1]),
        R(14) + 1j * R(14), QUERIES,
    ),
    **{kernel: radial(kernel, 2.0) for kernel in
       ("inverse_multiquadric", "inverse_quadratic", "gaussian", "multiquadric")},
    **{kernel: (lambda p, v, x, kernel=kernel: si.RBFInterpolator(p, v, kernel=kernel)(x),
                PLACES, R(14), QUERIES)
       for kernel in ("linear", "thin_plate_spline", "cubic", "quintic")},
    "neighbors": (lambda v, x: si.RBFInterpolator(PLACES, v, neighbors=6)(x), R(14, 2), QUERIES),
    "smoothing": (
        lambda v, s, x: si.RBFInterpolator(PLACES, v, smoothing=s[0], degree=2)(x),
        R(14), np.array([0.3]), QUERIES,
    ),
    "radial complex": (lambda v: si.RBFInterpolator(PLACES, v)(QUERIES), R(14) + 1j * R(14)),
    **{f"spline of degree {k}": fit_of_degree(k) for k in range(1, 6)},
    **{f"splrep of degree {k}": rep_of_degree(k) for k in range(1, 6)},
    "one polynomial": (
        lambda y, w, x: si.UnivariateSpline(XS, y, w=w, s=1e3)(x), R(11), U(11), AT,
    ),
    "extensions": (all_extensions, R(11), ENDS),
    "methods": (methods_of_spline, R(11), LIMITS),
    "roots": (
        lambda y: si.UnivariateSpline(XS, np.cos(2 * XS) + 0.01 * y, s=0).roots(), R(11),
    ),
    "residual": (lambda y: si.LSQUnivariateSpline(XS, y, INNER).get_residual(), R(11)),
    "least squares": (
        lambda p, y, t, w, x: si.LSQUnivariateSpline(p, y, t, w=w)(x), XS, R(11), INNER, U(11), AT,
    ),
    "splrep knots": (
        lambda p, y, t, x: si.splev(x, si.splrep(p, y, t=t)), XS, R(11), INNER, AT,
    ),
    "splint": (lambda c, a: si.splint(a[0], a[1], (KNOTS, c, 3)), COEFFICIENTS, LIMITS),
    "splint outside": (lambda c: si.splint(2.3, -2.2, (KNOTS, c, 3)), COEFFICIENTS),
    "spalde": (lambda c, a: si.spalde(a, (KNOTS, c, 3)), COEFFICIENTS, LIMITS),
    "splev": (
        lambda c, x: [si.splev(x, (KNOTS, c, 3), d, e) for d in (0, 2) for e in (0, 1, 3)],
        COEFFICIENTS, ENDS,
    ),
    "splprep": (curve, R(2, 8)),
    "insert": (lambda c, x: si.insert(x[0], (KNOTS, c, 3), m=2)[1][:8], R(10), np.array([1.3])),
    "sproot": (lambda y: si.sproot(si.splrep(XS, np.cos(3 * XS) + 0.01 * y)), R(11)),
    "surface": (surface, R(7, 11), QUERIES),
    "surface slopes": (slopes_on_grid, XI, XS, R(7, 11), QUERIES),
    "smooth surface": (smooth_surface, R(30), QUERIES),
    "fitted surface": (fitted_surface, R(30), U(30), QUERIES),
    "bisplrep": (surface_by_function, R(30), QUERIES),
    "make_lsq_spline": (
        lambda p, y, w, x: si.make_lsq_spline(p, y, KNOTS, w=w)(x),
        0.9 * XS + 0.1, R(11, 2), U(11), AT,
    ),
    "make_splrep": (lambda p, y, x: si.make_splrep(p, y)(x), XS, R(11), AT),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    function, *args = PROGRAMS[name]
    value = ad.vjp(function, *args)[0]
    for got, wanted in zip(*(spaces.flatten(v)[0] for v in (value, function(*args))), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-10)
    check_grads(function, tuple(args))


@pytest.mark.parametrize("name", ["roots", "roots of pieces", "spline of degree 3", "gaussian"])
def test_second_derivative(name):
    function, *args = PROGRAMS[name]
    check_grads(function, tuple(args), order=2)


def test_splev_outside_raises_what_scipy_raises():
    with pytest.raises(ValueError, match="domain"):
        ad.grad(lambda x: si.splev(x, (KNOTS, COEFFICIENTS, 3), ext=2))(7.0)


@pytest.mark.parametrize(
    "function",
    [
        lambda y: si.splprep([XS, y], s=0.1)[0][1][1].sum(),
        lambda y: si.SmoothBivariateSpline(*CLOUD.T, np.resize(y, 90), s=30.0).ev(0.5, 0.5),
    ],
    ids=["splprep", "bivariate"],
)
@pytest.mark.filterwarnings("ignore")
def test_refused(function):
    with pytest.raises(MissingRule) as caught:
        ad.grad(lambda y: float(np.sum(function(y))))(R(11))
    assert __file__ in (caught.value.place.filename, getattr(caught.value.caller, "filename", ""))
