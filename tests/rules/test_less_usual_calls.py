"""Calls that few programs make: empty arrays, singular matrices, keywords that are seldom given."""

import numpy as np
import pytest
import scipy.interpolate as si
import scipy.linalg as sl
import scipy.ndimage as nd
import scipy.signal as sg
from scipy import stats

import adjoint as ad
from adjoint.errors import MissingRule, NonDifferentiable
from adjoint.testing import check_grads

D = np.random.default_rng(20261201).standard_normal  # which leaves the draws of others alone
M = np.array([True, False, True])
A, B = (m + m.T for m in (D((3, 3)), D((3, 3)) + 4.0 * np.eye(3)))
PLACES = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [0.4, 0.6], [0.7, 0.2]])


def into_two(function, *args, second=float):
    """Both results where the mask is, in memory that held ones."""
    shape = np.broadcast_shapes(*map(np.shape, args))
    out = np.ones(shape), np.ones(shape, second)
    function(*args, where=M, out=out)
    return out[0] * 1.5 + out[1]


CALLS = {
    "maximum.reduce": (lambda a: np.maximum.reduce(a, dtype=np.float64), D((4, 3))),
    "minimum.reduce": (lambda a: np.minimum.reduce(a, 1, float, keepdims=True), D((4, 3))),
    "in a wider type": (lambda a: np.maximum.reduce(a, axis=None, dtype=np.longdouble), D(4)),
    "wide lu": (lambda a: sl.lu(a)[1:], D((2, 4))),
    "wide lu, rows in order": (lambda a: sl.lu(a, permute_l=True), D((2, 4))),
    "wide complex lu": (lambda a: sl.lu(a)[1:], D((2, 3)) + 1j * D((2, 3))),
    "modf of a part": (lambda a: into_two(np.modf, a), D(3)),
    "frexp of a part": (lambda a: into_two(np.frexp, a, second=int), D(3)),
    "divmod of a part": (lambda a, b: into_two(np.divmod, a, b), D((2, 3)), D(3) + 4.0),
    "qr_multiply": (lambda a, c: sl.qr_multiply(a, c, pivoting=True)[:2], D((4, 3)), D((2, 4))),
    "qr_multiply from the left": (
        lambda a, c: sl.qr_multiply(a, c, mode="left", pivoting=True)[0],
        D((4, 4)),
        D(4),
    ),
    "rq of a wide matrix": (lambda a: sl.rq(a), D((2, 3))),
    "R alone": (lambda a: sl.rq(a, mode="r"), D((2, 4))),
    "eigh of A B": (lambda a, b: sl.eigh(a, b, type=2), A, B),
    "eigh of B A, upper triangles": (lambda a, b: sl.eigh(a, b, lower=False, type=3), A, B),
    "eigenvalues of some": (lambda a, b: sl.eigvalsh(a, b, type=2, subset_by_index=(0, 1)), A, B),
    "upfirdn, another background": (
        lambda h, x: sg.upfirdn(h, x, 2, 3, mode="constant", cval=1.5),
        D(3),
        D(6),
    ),
    "upfirdn of mirror images": (
        lambda h, x: sg.upfirdn(h, x, 2, 3, axis=0, mode="symmetric"),
        D(3),
        D((6, 2)),
    ),
    "symiirorder1": (lambda x: sg.symiirorder1(x, 0.5, 0.3), D((2, 40))),
    "symiirorder2": (lambda x: sg.symiirorder2(x, 0.5, 0.3), D(60)),
    "cspline2d": (lambda x: sg.cspline2d(x[:, None] * np.ones(30)), D(30)),
    "cspline2d, smooth": (lambda x: sg.cspline2d(x[:, None] * np.ones(50), 0.2), D(50)),
    "qspline2d": (lambda x: sg.qspline2d(x[:, None] * np.ones(30)), D(30)),
    "spline_filter": (lambda x: sg.spline_filter(x[:, None] * np.ones(60), 5.0), D(60)),
    "ellipse": (lambda x, s: nd.fourier_ellipsoid(x, s), D((4, 5)), np.array([1.3, 2.1])),
    "interval": (lambda x, s: nd.fourier_ellipsoid(x, s, n=9), D(5) + 1j * D(5), 1.3),
    "ball": (lambda x, s: nd.fourier_ellipsoid(x, s), D((2, 3, 2)), np.array([1.3, 2.1, 0.4])),
}
FIRST_ORDER = {
    "nct.sf": (lambda x, df, nc: stats.nct.sf(x, df, nc), 0.4, 5.0, 0.6),
    "nct.stats": (lambda df, nc: np.array(stats.nct.stats(df, nc, moments="mvsk")), 7.0, 0.6),
    "ksone.pdf": (lambda x: stats.ksone.pdf(x, 10), np.array([0.07, 0.23, 0.33])),
    "a cubic surface": (
        lambda v: si.CloughTocher2DInterpolator(PLACES, v, tol=1e-13)(
            np.array([[0.3, 0.4], [9.0, 9.0]])
        )[0],
        D(6),
    ),
    "one point": (
        lambda x, v: (
            si.LinearNDInterpolator(PLACES, v)(x),
            si.LinearNDInterpolator(PLACES, v)(x[0], x[1]),
            si.NearestNDInterpolator(PLACES, v)(list(x)),
            si.CloughTocher2DInterpolator(PLACES, v, tol=1e-13)([0.3, 0.4]),
        ),
        np.array([0.3, 0.4]),
        D(6),
    ),
    "several surfaces": (
        lambda v: si.CloughTocher2DInterpolator(PLACES, v, fill_value=2.0, tol=1e-13)(
            0.3, [0.4, 9.0]
        ),
        D((6, 2)),
    ),
}


def test_query_points_of_a_cubic_surface_are_refused():
    surface = si.CloughTocher2DInterpolator(PLACES, np.arange(6.0) ** 2)
    with pytest.raises(MissingRule, match="values only"):
        ad.grad(lambda x: surface(x, 0.4)[()])(0.3)
    with pytest.raises(MissingRule, match="values only"):
        ad.grad(lambda x: si.CloughTocher2DInterpolator(PLACES, x * PLACES[:, 0])(x, 0.4)[()])(0.3)


def test_coefficients_of_symmetric_filters_are_refused():
    with pytest.raises(MissingRule, match="signal only"):
        ad.grad(lambda r: np.sum(sg.symiirorder1(np.ones(40), 0.5, r)))(0.3)


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_call_without_second_order(name):
    program, *args = FIRST_ORDER[name]
    check_grads(program, tuple(args))


@pytest.mark.parametrize("name", CALLS)
def test_call(name):
    program, *args = CALLS[name]
    check_grads(program, tuple(args), order=2)


EMPTY = [
    lambda x: np.median(x[:0]),
    lambda x: np.sum(np.median(x[0] * np.zeros((0, 3)), axis=0)),
    lambda x: np.sum(np.median(x[0] * np.zeros((0, 3)), axis=1)),
    lambda x: np.sum(np.quantile(x[0] * np.zeros((0, 3)), 0.5, axis=1)),
    lambda x: np.sum(np.percentile(x[0] * np.zeros((0, 3)), 30.0, axis=1, keepdims=True)),
]


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
@pytest.mark.parametrize("program", EMPTY)
def test_no_elements_pass_nothing_on(program):
    x = np.array([1.0, 2.0, 3.0])
    value, slope = ad.value_and_grad(program)(x)
    assert value == pytest.approx(program(x), nan_ok=True)
    assert np.array_equal(slope, np.zeros(3))
    assert ad.jvp(program, (x,), (np.ones(3),))[1] == 0.0


def test_quantiles_of_nothing_are_numpys_error():
    with pytest.raises(IndexError):
        ad.grad(lambda x: np.quantile(x[:0], 0.5))(np.ones(3))


@pytest.mark.parametrize("part", [1, 2])
def test_factors_of_a_singular_matrix(part):
    """The last pivot divides nothing: its factors move smoothly, along singular matrices too."""

    def program(a, b):
        both = np.concatenate((a, a @ b), axis=1)  # the third column depends on the first two
        return sl.lu(both[[2, 1, 0]])[part]

    a = np.array([[1.0, 2.0], [4.0, 5.0], [5.0, 7.5]])
    check_grads(program, (a, np.array([[-1.0], [2.0]])), rtol=1e-6)
    slope = ad.grad(lambda x: np.sum(sl.lu(np.array([[1.0, 2.0], [2.0, 4.0]]) * x)[2]))(3.0)
    assert slope == pytest.approx(6.0)


def test_a_pivot_that_divides_must_not_vanish():
    with pytest.raises(NonDifferentiable, match="linearly dependent"):
        ad.grad(lambda x: np.sum(sl.lu(np.array([[0.0, 2.0], [0.0, 3.0]]) * x)[2]))(1.0)
