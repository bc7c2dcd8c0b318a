"""Kinks and singular points: the conventions that docs/semantics.md states."""

import itertools
import math
import operator
import warnings

import numpy as np
import pytest
import scipy.special

import adjoint as ad
from adjoint.errors import MissingRule, NonDifferentiable
from adjoint.rules.numpy.linear_algebra import cofactors_change
from adjoint.rules.ruleset import RULES, Form, lookup
from adjoint.rules.scalars import scalar_partials
from adjoint.testing import check_rule, finite_difference_jvp

INF = math.inf

# function, arguments, partials
SCALAR_POINTS = [
    (abs, (0.0,), (0.0,)),
    (operator.abs, (-0.0,), (0.0,)),
    (math.sqrt, (0.0,), (INF,)),
    (math.log, (0.0,), (INF,)),
    (operator.pow, (0.0, 0.0), (0.0, -INF)),
    (operator.pow, (0.0, 1.0), (1.0, 0.0)),
    (operator.pow, (0.0, 2.0), (0.0, 0.0)),
    (operator.pow, (0.0, 0.5), (INF, 0.0)),
    (operator.pow, (-2.0, 2.0), (-4.0, None)),
    (operator.pow, (-2.0, 3), (12.0, None)),
    (operator.pow, (0.0, 0), (0.0, None)),
    (math.atan2, (0.0, 0.0), (0.0, 0.0)),
    (math.hypot, (0.0, 0.0), (0.0, 0.0)),
    (np.hypot, (0.0, 0.0), (0.0, 0.0)),
    (np.heaviside, (0.0, 0.3), (0.0, 1.0)),
    (np.sinc, (0.0,), (0.0,)),
    (np.logaddexp, (-INF, -INF), (0.5, 0.5)),
    (np.logaddexp, (INF, INF), (0.5, 0.5)),
    (np.logaddexp, (-INF, 1.0), (0.0, 1.0)),
    (np.maximum, (2.0, 2.0), (0.5, 0.5)),
    (np.minimum, (2.0, 2.0), (0.5, 0.5)),
    (np.fmax, (2.0, math.nan), (1.0, 0.0)),
    (math.copysign, (0.0, -1.0), (0.0, None)),
    (operator.mod, (7.0, 2.0), (1.0, -3.0)),
    (operator.mod, (-7.0, 2.0), (1.0, 4.0)),
    (math.fmod, (-7.0, 2.0), (1.0, 3.0)),
    (math.asin, (1.0,), (INF,)),
    (math.acos, (-1.0,), (-INF,)),
    (math.acosh, (1.0,), (INF,)),
    (math.exp, (-INF,), (0.0,)),
    (math.cbrt, (0.0,), (INF,)),
]


def evaluate(function, args):
    with np.errstate(all="ignore"):
        return function(*(np.float64(x) if isinstance(x, float) else x for x in args))


def value_at(function, args):
    try:
        return function(*args)
    except (ArithmeticError, ValueError):
        return float(evaluate(getattr(np, function.__name__), args))


@pytest.mark.parametrize(("function", "args", "wanted"), SCALAR_POINTS)
def test_point(function, args, wanted):
    rule, out = lookup(function, len(args)), value_at(function, args)
    fast = scalar_partials(function, len(args))
    for partial, quick, expected in zip(rule.partials, fast, wanted, strict=True):
        if expected is None:
            continue
        arrays = tuple(np.asarray(x, dtype=type(x)) for x in args)
        with np.errstate(all="ignore"):
            assert partial(*arrays, np.asarray(out)) == expected
        assert quick(*args, out) == expected


def test_exponent_at_negative_base_has_no_derivative():
    assert math.isnan(scalar_partials(operator.pow)[1](-2.0, 2.0, 4.0))


def pulled(function, *args, ct=None, **kwargs):
    rule, out = lookup(function, len(args)), function(*args, **kwargs)
    return rule.vjp(np.ones(np.shape(out)) if ct is None else ct, out, *args, **kwargs)


def test_ties_share_equally():
    tied = np.array([3.0, 1.0, 3.0, 1.0])
    np.testing.assert_array_equal(pulled(np.max, tied)[0], [0.5, 0.0, 0.5, 0.0])
    np.testing.assert_array_equal(pulled(np.min, tied)[0], [0.0, 0.5, 0.0, 0.5])
    np.testing.assert_array_equal(pulled(np.ptp, tied)[0], [0.5, -0.5, 0.5, -0.5])
    np.testing.assert_array_equal(pulled(np.median, tied)[0], [0.25] * 4)
    last = np.array([0.0, 0.0, 0.0, 1.0])
    np.testing.assert_array_equal(pulled(np.sort, tied, ct=last)[0], [0.5, 0.0, 0.5, 0.0])
    assert pulled(max, 2.0, 2.0, 1.0, ct=1.0) == (0.5, 0.5, 0.0)
    assert pulled(min, [2.0, 2.0, 3.0], ct=1.0) == ([0.5, 0.5, 0.0],)


def test_clip_at_its_bounds_is_min_of_max():
    x = np.array([-1.0, 0.0, 0.5, 1.0, 2.0])
    by_value, by_low, by_high = pulled(np.clip, x, 0.0, 1.0)
    np.testing.assert_array_equal(by_value, [0.0, 0.5, 1.0, 0.5, 0.0])
    np.testing.assert_array_equal(by_low, [1.0, 0.5, 0.0, 0.0, 0.0])
    np.testing.assert_array_equal(by_high, [0.0, 0.0, 0.0, 0.5, 1.0])


def test_norm_and_deviation_are_flat_at_their_lowest_point():
    for function in (np.linalg.norm, np.std, np.var):
        np.testing.assert_array_equal(pulled(function, np.full(3, 0.0))[0], np.zeros(3))
    np.testing.assert_array_equal(pulled(np.std, np.full(3, 0.1))[0], np.zeros(3))
    np.testing.assert_array_equal(pulled(np.linalg.norm, np.zeros(3), 1)[0], np.zeros(3))
    np.testing.assert_array_equal(pulled(np.linalg.norm, np.zeros(3), 3)[0], np.zeros(3))


def test_products_with_zeros_are_exact():
    np.testing.assert_array_equal(pulled(np.prod, np.array([2.0, 0.0, 3.0]))[0], [0.0, 6.0, 0.0])
    np.testing.assert_array_equal(pulled(np.prod, np.array([0.0, 0.0, 3.0]))[0], np.zeros(3))
    assert list(pulled(math.prod, [2.0, 0.0, 3.0], ct=1.0)[0]) == [0.0, 6.0, 0.0]
    last = np.array([0.0, 0.0, 1.0])
    found = pulled(np.cumprod, np.array([2.0, 0.0, 3.0]), ct=last)[0]
    np.testing.assert_array_equal(found, [0.0, 6.0, 0.0])


def test_determinant_of_a_singular_matrix():
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    np.testing.assert_allclose(pulled(np.linalg.det, singular)[0], [[4.0, -2.0], [-2.0, 1.0]])
    twice_singular = np.ones((3, 3))
    np.testing.assert_allclose(pulled(np.linalg.det, twice_singular)[0], 0.0, atol=1e-15)


def test_cofactors_change_is_the_same_by_inverse_and_by_minors():
    rng = np.random.default_rng(3)
    matrix, change = rng.standard_normal((2, 3, 3))
    nearly = matrix.copy()
    nearly[2] = nearly[0] + nearly[1] + 1e-7
    for a in (matrix, nearly):
        wanted = finite_difference_jvp(np.linalg.det, (a,), (change,))
        np.testing.assert_allclose(pulled(np.linalg.det, a)[0].ravel() @ change.ravel(), wanted)
    far, near = cofactors_change(matrix, change), cofactors_change(matrix * 1.0, change)
    np.testing.assert_array_equal(far, near)


def test_cholesky():
    """Along symmetric directions both triangles are one."""
    rng = np.random.default_rng(5)
    factor, direction, ct = rng.standard_normal((3, 4, 4))
    a, t = factor @ factor.T + 4 * np.eye(4), direction + direction.T
    out, rule = np.linalg.cholesky(a), lookup(np.linalg.cholesky)
    pushed = rule.jvp((t,), out, a)
    np.testing.assert_allclose(pushed, finite_difference_jvp(np.linalg.cholesky, (a,), (t,)))
    np.testing.assert_allclose(np.vdot(ct, pushed), np.vdot(rule.vjp(ct, out, a)[0], t), rtol=1e-12)


def test_nextafter_moves_with_its_argument():
    assert scalar_partials(math.nextafter)[0](1.0, 2.0, 1.0 + 2**-52) == 1.0


@pytest.mark.parametrize("function", [np.sin, np.exp, np.sqrt, np.tanh, np.hypot, np.arctan2])
def test_single_precision_stays_single(function):
    arity = len(lookup(function).partials)
    args = [np.array([0.3, 0.7], np.float32) for _ in range(arity)]
    out = function(*args)
    for partial in lookup(function).partials:
        assert partial(*args, out).dtype == np.float32


@pytest.mark.parametrize("function", [np.sum, np.mean, np.prod, np.cumsum, np.sort, np.std])
def test_single_precision_cotangents(function):
    x = np.array([0.3, 0.7, 0.5], np.float32)
    out = function(x)
    assert lookup(function).vjp(np.ones_like(out), out, x)[0].dtype == np.float32


def test_nan_that_was_chosen():
    x = np.array([1.0, np.nan, 2.0])
    np.testing.assert_array_equal(pulled(np.max, x)[0], [0.0, 1.0, 0.0])
    np.testing.assert_array_equal(pulled(np.nanmax, x)[0], [0.0, 0.0, 1.0])
    partial = lookup(np.nan_to_num).partials[0]
    np.testing.assert_array_equal(partial(x, np.nan_to_num(x)), [1.0, 0.0, 1.0])


@pytest.mark.parametrize("x", [1e-9, 1e-3, 0.0499, 0.0501])
def test_sinc_near_zero(x):
    exact = -(math.pi**2) * x / 3 * (1 - (math.pi * x) ** 2 / 10 * (1 - (math.pi * x) ** 2 / 28))
    exact += math.pi**8 * x**7 / 45360
    for partial in (lookup(np.sinc).partials[0], scalar_partials(np.sinc)[0]):
        assert float(partial(x, float(np.sinc(x)))) == pytest.approx(exact, rel=1e-9)


def test_angles_and_signs_at_the_origin():
    origin = np.zeros(2, complex)
    np.testing.assert_array_equal(pulled(np.angle, origin)[0], np.zeros(2))
    np.testing.assert_array_equal(pulled(np.sign, origin)[0], np.zeros(2))
    np.testing.assert_array_equal(pulled(np.absolute, origin)[0], np.zeros(2))


def test_distances_at_zero():
    assert pulled(math.dist, [1.0, 2.0], [1.0, 2.0], ct=1.0) == ([0.0, 0.0], [0.0, 0.0])
    assert pulled(math.hypot, 0.0, 0.0, 0.0, ct=1.0) == (0.0, 0.0, 0.0)
    largest = pulled(np.linalg.norm, np.array([2.0, -2.0, 1.0]), np.inf)[0]
    np.testing.assert_array_equal(largest, [0.5, -0.5, 0.0])


def test_interpolation_at_and_outside_its_knots():
    knots, values = np.array([0.0, 1.0, 3.0]), np.array([0.0, 1.0, 5.0])
    slopes, _, held = pulled(np.interp, np.array([-1.0, 0.0, 1.0, 3.0, 4.0]), knots, values)[:3]
    np.testing.assert_array_equal(slopes, [0.0, 1.0, 2.0, 2.0, 0.0])
    np.testing.assert_array_equal(held, [2.0, 1.0, 2.0])


def test_gradient_of_a_real_function_of_complex_numbers_points_uphill():
    z = np.array([1.0 + 2.0j])
    np.testing.assert_allclose(pulled(np.absolute, z)[0], z / np.abs(z))
    np.testing.assert_array_equal(pulled(np.imag, z)[0], [1j])


def test_refusals_are_errors_of_adjoint():
    with pytest.raises(NotImplementedError, match="no rule"):
        check_rule(np.linalg.norm, (np.ones(2), 0))
    with pytest.raises(NotImplementedError, match="has no rule"):
        check_rule(np.linalg.matrix_transpose, (np.eye(2),))


OF_OTHERS = ("cmath", "scipy", "None")


def not_of_others(function):
    """False for the functions of SciPy and of complex numbers, if a test has loaded them."""
    is_numpy = getattr(np, getattr(function, "__name__", ""), None) is function
    module = str(getattr(function, "__module__", None))
    return is_numpy or module.partition(".")[0] not in OF_OTHERS


def by_quadrature(function):
    """True for slopes of distributions, which have tests of their own and take milliseconds."""
    return function.__module__.endswith(("quantile_slopes", "noncentral_slopes", "levels"))


ELEMENTWISE = [
    function
    for function, rule in RULES.items()
    if rule.form is Form.ELEMENTWISE and not_of_others(function) and not by_quadrature(function)
]
VALUES = (0.3, -0.3, 0.0, 1.0, -1.0, -2.5, 1e-8, 800.0, INF, -INF, math.nan)


@pytest.mark.parametrize("function", ELEMENTWISE, ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_scalar_partials_are_the_same_formulas(function):
    """`math` and NumPy differ in the last digits of some functions, and in nothing else."""
    partials, quick = lookup(function).partials, scalar_partials(function)
    for x, y, out in itertools.product(VALUES, VALUES, (0.7, 0.0, INF, math.nan)):
        args = ((x,), (x, y), (x, y, 0.4))[len(partials) - 1]
        if function in (math.ldexp, np.ldexp):
            args = (x, 3)
        if function is np.where:
            args = (x > 0, x, y)
        for partial, fast in zip(partials, quick, strict=True):
            if partial is None:
                continue
            with np.errstate(all="ignore"):
                arrays = [np.asarray(value) for value in (*args, out)]
                wanted = np.asarray(partial(*arrays))
            np.testing.assert_allclose(fast(*args, out), wanted, rtol=4e-15, atol=1e-300)


@pytest.mark.parametrize(
    ("a", "b", "wanted"),
    [
        ([-INF, -INF], None, [0.5, 0.5]),
        ([INF, 1.0, INF], None, [0.5, 0.0, 0.5]),
        ([-INF, 0.0, 0.0], None, [0.0, 0.5, 0.5]),
        ([0.0, 0.0], [0.0, 2.0], [0.0, 1.0]),
    ],
)
def test_logsumexp(a, b, wanted):
    def of_elements(x):
        return scipy.special.logsumexp(x, b=b)

    gradient = ad.grad(of_elements)(np.array(a))
    np.testing.assert_allclose(gradient, wanted, rtol=1e-12)
    direction = np.arange(1.0, 1.0 + len(a))
    pushed = ad.jvp(of_elements, (np.array(a),), (direction,))[1]
    assert pushed == pytest.approx(direction @ wanted)


def test_logsumexp_to_a_weight_of_zero():
    def of_weights(b):
        return scipy.special.logsumexp(np.array([0.1, 1.0]), b=b)

    gradient = ad.grad(of_weights)(np.array([0.0, 2.0]))
    np.testing.assert_allclose(gradient, [0.5 * math.exp(-0.9), 0.5], rtol=1e-12)


def test_variance_without_degrees_of_freedom():
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        assert np.isnan(ad.grad(lambda x: np.var(x, ddof=1))(np.array([2.0]))).all()


def test_log_determinant_of_a_singular_matrix():
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    both = np.stack([singular, np.diag([2.0, 4.0])])
    with pytest.raises(NonDifferentiable, match="singular"):
        ad.grad(lambda a: np.linalg.slogdet(a)[1])(singular)

    def of_the_other(a):
        return np.linalg.slogdet(a)[1][1]

    np.testing.assert_allclose(ad.grad(of_the_other)(both)[1], np.diag([0.5, 0.25]))
    assert not np.any(ad.grad(of_the_other)(both)[0])


PAIRS = (scipy.special.sici, scipy.special.shichi, scipy.special.itj0y0, scipy.special.iti0k0)


@pytest.mark.parametrize("function", PAIRS)
def test_no_change_moves_a_pair_where_one_slope_is_infinite(function):
    """The second slope is infinite at zero; what does not ask for it stays finite."""
    x = np.array([0.0, 1.0])
    with np.errstate(all="ignore"):
        found = ad.jvp(lambda x: function(x)[1], (x,), (np.array([0.0, 1.0]),))[1]
        assert found[0] == 0.0 and np.isfinite(found[1])
        found = ad.grad(lambda x: function(x)[0].sum() + function(x)[1][1])(x)
        assert np.isfinite(found).all()
        for _ in range(2):  # the number of the first call is no part of the second
            slope = ad.jvp(lambda x: function(x)[1], (np.float64(0.0),), (1.0,))[1]
            assert np.isinf(slope)


def test_sequences_are_refused_where_scipy_gives_other_numbers():
    """At zero those of `lmbda`, and beyond one the order 0 alone of `lqn`, are no limits."""
    for f, x in [
        (lambda x: scipy.special.lmbda(2, x)[0], 0.0),
        (lambda x: scipy.special.lqn(0, x)[0], 2.0),
    ]:
        with pytest.raises(MissingRule):
            ad.jvp(f, (x,), (1.0,))
