"""S: kinks, singular points, and what depends on them."""

import math
import operator
import warnings

import numpy as np
import pytest
import scipy.integrate
from tiers import case, each

import adjoint as ad
from adjoint import errors

ZEROS = np.zeros(3)


def test_S1_an_untaken_branch_does_not_poison(tier):
    tier.check(case(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0)), ZEROS, slope=ZEROS))


def test_S2_nan_in_the_untaken_branch(tier):
    x = np.array([1.0, 4.0])
    tier.check(case(lambda x: np.sum(np.where(x >= 0, x, np.sqrt(-x))), x, slope=np.ones(2)))


@each(
    array=case(lambda x: np.sum(np.minimum(1.0, 1.0 / x)), ZEROS, slope=ZEROS),
    number=case(lambda x: np.minimum(1.0, np.divide(1.0, x)), 0.0, slope=0.0),
)
def test_S3_zero_times_infinity(tier, case):
    tier.check(case)


def test_S4_a_mask_after_the_operation(tier):
    d = np.array([0.0, 4.0])
    tier.check(case(lambda d: (d**0.5)[d > 0].sum(), d, slope=np.array([0.0, 0.25])))


@each(
    norm=case(lambda x: np.linalg.norm(x), ZEROS, slope=ZEROS),
    sum=case(lambda x: np.sqrt(np.sum(x**2)), ZEROS, slope=ZEROS),
    products=case(lambda x: np.sqrt(np.sum(x * x)), ZEROS, slope=ZEROS),
    dot=case(lambda x: np.sqrt(x @ x), ZEROS, slope=ZEROS),
    einsum=case(lambda x: np.sqrt(np.einsum("i,i", x, x)), ZEROS, slope=ZEROS),
    loop=case(lambda x: math.sqrt(sum([v * v for v in x])), ZEROS, slope=ZEROS),
)
def test_S5_norms_at_zero(tier, case):
    tier.check(case)


@each(
    square_of_root=case(lambda x: math.sqrt(x) ** 2, 0.0, slope=0.0),
    root_of_square=case(lambda x: math.sqrt(x * x), 0.0, slope=0.0),
    root_of_power=case(lambda x: math.sqrt(x**2), 0.0, slope=0.0),
    abs=case(lambda x: abs(x), 0.0, slope=0.0),
    fabs=case(lambda x: math.fabs(x), 0.0, slope=0.0),
    std=case(lambda x: np.std(x), np.ones(3), slope=ZEROS),
    hypot=case(lambda x: math.hypot(x, x), 0.0, slope=0.0),
)
def test_S6_flat_minima_of_every_spelling(tier, case):
    tier.check(case)


TIED = np.array([1.0, 3.0, 3.0])


@each(
    max_and_min=case(lambda x: max(x, 0.0) + min(x, 0.0), 0.0, slope=1.0),
    maximum=case(lambda x: np.maximum(x, 0.0) + np.minimum(x, 0.0), 0.0, slope=1.0),
    max=case(lambda x: np.max(x), TIED, slope=np.array([0.0, 0.5, 0.5])),
    min=case(lambda x: np.min(-x), TIED, slope=-np.array([0.0, 0.5, 0.5])),
    builtin=case(lambda x: max([x[0], x[1], x[2]]), TIED, slope=np.array([0.0, 0.5, 0.5])),
    sort=case(lambda x: np.sort(x)[2], TIED, slope=np.array([0.0, 0.5, 0.5])),
    median=case(lambda x: np.median(x), TIED, slope=np.array([0.0, 0.5, 0.5])),
    clip=case(lambda x: np.clip(x, 0.0, 1.0), 1.0, slope=0.5),
    clip_array=case(lambda x: np.sum(np.clip(x, 0.0, 3.0)), TIED, slope=np.array([1.0, 0.5, 0.5])),
)
def test_S7_ties_share(tier, case):
    tier.check(case)


@each(
    relu=case(lambda x: max(x, 0.0) - max(-x, 0.0), 0.0, slope=1.0),
    maximum=case(lambda x: np.maximum(x, 0.0) - np.maximum(-x, 0.0), 0.0, slope=1.0),
    clip=case(lambda x: np.clip(x, 0.0, 9.0) + np.clip(x, -9.0, 0.0), 0.0, slope=1.0),
    abs=case(lambda x: 0.5 * (x + abs(x)) + 0.5 * (x - abs(x)), 0.0, slope=1.0),
)
def test_S8_conventions_that_are_chained(tier, case):
    tier.check(case)


@each(
    zeroth=case(lambda x: x**0, 0.0, slope=0.0),
    first=case(lambda x: pow(x, 1), 0.0, slope=1.0),
    second=case(lambda x: x**2.0, 0.0, slope=0.0),
    negative_base=case(lambda x: x**2.0, -3.0, slope=-6.0),
    base_zero=case(lambda y: 0.0**y, 2.0, slope=0.0),
    self=case(lambda x: x**x, 0.0, slope=-math.inf),
    array=case(lambda x: np.sum(x**1.0), ZEROS, slope=np.ones(3)),
)
def test_S9_powers_at_zero(tier, case):
    tier.check(case)


def test_S9_exponent_of_a_negative_base():
    with pytest.raises(errors.NonDifferentiable, match="no derivative") as caught:
        ad.grad(lambda y: (-2.0) ** y)(2.0)
    assert caught.value.place.filename == __file__


@each(
    origin=case(lambda x: math.atan2(x, x), 0.0, slope=0.0),
    arccos=case(lambda x: np.arccos(x), 1.0, slope=-math.inf),
    acos=case(lambda x: math.acos(x), -1.0, slope=-math.inf),
    acosh=case(lambda x: math.acosh(x), 1.0, slope=math.inf),
    log=case(lambda x: np.sum(np.log(x)), ZEROS, slope=np.full(3, math.inf), reverse_only=True),
    sqrt=case(lambda x: math.sqrt(x), 0.0, slope=math.inf),
)
def test_S10_edges_of_the_domain(tier, case):
    tier.check(case)


@each(
    sinc=case(lambda x: np.sinc(x), 0.0, slope=0.0),
    expm1=case(lambda x: math.expm1(x) / x, 1e-5, slope=0.5 + 1e-5 / 3.0 + 1e-10 / 8.0),
    log1p=case(lambda x: math.log1p(x) / x, 1e-5, slope=-0.5 + 2e-5 / 3.0 - 0.75e-10),
    logaddexp=case(lambda x: np.logaddexp(x, x), -math.inf, slope=1.0),
    logaddexp_shared=case(lambda x, y: np.logaddexp(x, y), -math.inf, -math.inf, slope=(0.5, 0.5)),
)
def test_S11_limits_of_removable_singularities(tier, case):
    tier.check(case, rtol=1e-6)


PRODUCT = np.array([2.0, 0.0, 3.0])


@each(
    prod=case(lambda x: np.prod(x), PRODUCT, slope=np.array([0.0, 6.0, 0.0])),
    cumprod=case(lambda x: np.cumprod(x)[2], PRODUCT, slope=np.array([0.0, 6.0, 0.0])),
    two_zeros=case(lambda x: np.prod(x), np.array([0.0, 0.0, 3.0]), slope=ZEROS),
    math=case(lambda x: math.prod([x, 3.0, 2.0]), 0.0, slope=6.0),
)
def test_S12_products_with_zeros(tier, case):
    tier.check(case)


def test_S13_determinant_of_a_singular_matrix(tier):
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    adjugate = np.array([[4.0, -2.0], [-2.0, 1.0]])
    tier.check(case(lambda m: np.linalg.det(m), singular, slope=adjugate))


def test_S13_determinant_of_the_zero_matrix(tier):
    tier.check(case(lambda m: np.linalg.det(m), np.zeros((2, 2)), slope=np.zeros((2, 2))))


def test_S13_a_column_of_zeros(tier):
    matrix = np.array([[0.0, 1.0, 2.0], [0.0, 3.0, -1.0], [0.0, 2.0, 5.0]])
    cofactors = np.zeros((3, 3))
    cofactors[:, 0] = [17.0, -1.0, -7.0]
    tier.check(case(lambda m: np.linalg.det(m), matrix, slope=cofactors))


def test_S13_the_inverse_of_a_singular_matrix_is_as_in_numpy(tier):
    for matrix in (np.zeros((2, 2)), np.array([[1.0, 2.0], [2.0, 4.0]])):
        with pytest.raises(np.linalg.LinAlgError, match="Singular"):
            tier.grad(lambda m: np.sum(np.linalg.inv(m)))(matrix)


REPEATED = np.diag([2.0, 2.0, 5.0])


@each(
    eigenvalues=case(lambda m: np.sum(np.linalg.eigvalsh(m) ** 2), REPEATED, slope=2.0 * REPEATED),
    projection=case(
        lambda m: np.sum((np.linalg.eigh(m)[1] ** 2)[:, 2]),
        REPEATED,
        slope=np.zeros((3, 3)),
        reverse_only=True,
    ),
    singular_values=case(
        lambda m: np.sum(np.linalg.svd(m, compute_uv=False)),
        REPEATED,
        slope=np.eye(3),
    ),
)
def test_S14_functions_symmetric_in_repeated_values(tier, case):
    tier.check(case)


@pytest.mark.parametrize("decompose", [np.linalg.eigh, np.linalg.eig])
def test_S14_vectors_of_equal_eigenvalues_are_refused(decompose):
    with pytest.raises(errors.NonDifferentiable, match="any basis") as caught:
        ad.grad(lambda m: decompose(m)[1].sum().real)(np.eye(3))
    assert caught.value.place.filename == __file__
    slope = ad.grad(lambda m: decompose(m)[0].sum().real)(np.eye(3))
    np.testing.assert_array_equal(slope, np.eye(3))


def test_S14_singular_vectors_of_equal_values_are_refused():
    with pytest.raises(errors.NonDifferentiable, match="basis") as caught:
        ad.grad(lambda m: np.linalg.svd(m)[0].sum())(np.eye(3))
    assert caught.value.place.filename == __file__


DEPENDENT = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])


def pseudo_inverse_along(change):
    """The derivative at constant rank of the pseudo-inverse of DEPENDENT (Golub, Pereyra 1973)."""
    a, p = DEPENDENT, np.linalg.pinv(DEPENDENT)
    first = -p @ change @ p
    second = p @ p.T @ change.T @ (np.eye(3) - a @ p)
    return first + second + (np.eye(2) - p @ a) @ change.T @ p.T @ p


def test_S15_pseudo_inverse_of_dependent_columns(tier):
    def f(m):
        return np.sum(np.linalg.pinv(m) * WEIGHTS)

    gradient = tier.grad(f)(DEPENDENT)
    for i, j in np.ndindex(3, 2):
        change = np.zeros((3, 2))
        change[i, j] = 1.0
        assert gradient[i, j] == pytest.approx(np.sum(pseudo_inverse_along(change) * WEIGHTS))


WEIGHTS = np.array([[1.0, -2.0, 0.5], [0.3, 0.7, -1.0]])


def test_S15_least_squares_with_dependent_columns(tier):
    def f(b):
        return np.sum(np.linalg.lstsq(DEPENDENT, b, rcond=None)[0] * np.array([1.0, 3.0]))

    b = np.array([1.0, -1.0, 2.0])
    slope = np.linalg.pinv(DEPENDENT).T @ np.array([1.0, 3.0])
    tier.check(case(f, b, slope=slope))


def test_S15_factors_of_dependent_columns_are_refused(tier):
    def f(m):
        return np.sum(np.linalg.qr(m)[1])

    if tier.is_compiled:  # which knows no line when it runs
        with pytest.raises(np.linalg.LinAlgError, match="dependent columns"):
            tier.grad(f)(DEPENDENT)
    else:
        tier.refuses(f, DEPENDENT, match="qr|columns")


def test_S15_inverse_of_a_nearly_singular_matrix(tier):
    nearly = np.array([[1.0, 2.0], [2.0, 4.0 + 1e-9]])
    inverse = np.linalg.inv(nearly)
    slope = -np.outer(inverse.T @ np.ones(2), np.ones(2) @ inverse.T)
    tier.check(case(lambda m: np.sum(np.linalg.inv(m)), nearly, slope=slope), rtol=1e-5)


@each(
    floor=case(lambda x: math.floor(x) * x + x % 2.0 + round(x), 3.5, slope=4.0),
    ceil=case(lambda x: np.ceil(x) * x, 3.5, slope=4.0),
    modulus=case(lambda x, m: x % m, 7.5, 2.0, slope=(1.0, -3.0)),
    negative=case(lambda x, m: x % m, -7.5, 2.0, slope=(1.0, 4.0)),
    floor_division=case(lambda x, m: (x // m) * x, 7.5, 2.0, slope=(3.0, 0.0)),
    array=case(
        lambda x: np.sum(np.floor(x) * x), np.array([1.5, -0.5]), slope=np.array([1.0, -1.0])
    ),
)
def test_S16_steps(tier, case):
    tier.check(case)


class Length(float):
    """A number with a unit, as libraries have their constants."""


SPECIAL = [3.0, 4.0]
UNEQUAL, EQUAL = lambda x: x**2 if x != 3 else 9.0, lambda x: 9.0 if x == 3 else x**2


def matched(x):
    match (x, 1.0):
        case (3.0, _):
            return 9.0
    return x**2


@pytest.mark.parametrize("f", [UNEQUAL, EQUAL])
def test_S17_a_branch_on_equality_warns(f):
    assert ad.grad(f)(2.0) == 4.0
    with pytest.warns(errors.ExactEquality, match="single point") as caught:
        ad.grad(f)(3.0)
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    "f",
    [
        lambda x: 9.0 if [1.0, x] == [1.0, 3.0] else x**2,
        lambda x: x**2 if {"k": (x, 2)} != {"k": (3.0, 2)} else 9.0,
        lambda x: 9.0 if np.array_equal(np.array([x, 1.0]), [3.0, 1.0]) else x**2,
        lambda x: 9.0 if np.array_equal(3.0, x) else x**2,
        lambda x: 9.0 if np.array_equiv(np.array([3.0]), x) else x**2,
        lambda x: 9.0 if np.array([x, 1.0])[0] == 3 else x**2,
        lambda x: x**2 if np.float64(x) != 3.0 else 9.0,
        lambda x: 9.0 if x == Length(3.0) else x**2,
        lambda x: x**2 if Length(x) != 3.0 else 9.0,
        lambda x: 9.0 if x == np.int64(3) else x**2,
        lambda x: 9.0 if x == np.float32(3.0) else x**2,
        lambda x: 9.0 if complex(x, 1.0) == 3.0 + 1.0j else x**2,
        lambda x: 9.0 if operator.eq(x, 3.0) else x**2,
        lambda x: 9.0 if 0 < x == 3.0 else x**2,
        lambda x: 9.0 if x in (3.0, 4.0) else x**2,
        lambda x: 9.0 if x * 1.0 in {3.0: "a"} else x**2,
        lambda x: x**2 if x not in SPECIAL else 9.0,
        lambda x: 9.0 if SPECIAL.count(x) else x**2,
        lambda x: 9.0 if (1.0, x).count(3.0) else x**2,
        lambda x: 9.0 if x * 1.0 >= 3.0 and [2.0, x].index(3.0) else x**2,
        matched,
    ],
)
def test_S17_so_does_equality_of_several(f):
    assert ad.grad(f)(2.0) == 4.0
    with pytest.warns(errors.ExactEquality, match="single point") as caught:
        ad.grad(f)(3.0)
    assert caught[0].filename == __file__


def test_S17_a_value_is_equal_to_itself():
    assert ad.grad(lambda x: x if x == x else 0.0)(3.0) == 1.0
    assert ad.grad(lambda x: x if [x, 1.0] == [x, 1.0] else 0.0)(3.0) == 1.0
    assert ad.grad(lambda x: x if x in [1.0, x] and x * 1.0 in (x, 3.5) else 0.0)(3.0) == 1.0


def test_S17_values_that_move_together_are_compared_without_a_warning():
    def f(x):
        points = np.array([x, 2.0])
        is_known = np.array_equal(points, [points[0], 2.0]) and (x * 1.0, 2.0) == (x * 1.0, 2.0)
        return points[0] if is_known and not np.array_equal(points, points + 1.0) else 0.0

    assert ad.grad(f)(3.0) == 1.0


KNOTS, HEIGHTS = np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 5.0])
SLOPES = np.array([1.0, 4.0])


def by_bins(x):
    k = int(np.searchsorted(KNOTS, x)) - 1
    return HEIGHTS[k] + SLOPES[k] * (x - KNOTS[k])


def by_digitize(x):
    k = int(np.digitize(x, KNOTS)) - 1
    return HEIGHTS[k] + SLOPES[k] * (x - KNOTS[k])


def by_walking(x):
    k = 0
    while k < 1 and x >= KNOTS[k + 1]:
        k += 1
    return HEIGHTS[k] + SLOPES[k] * (x - KNOTS[k])


@each(
    inside=case(lambda x: np.interp(x, KNOTS, HEIGHTS), 1.5, slope=4.0),
    knot=case(lambda x: np.interp(x, KNOTS, HEIGHTS), 1.0, slope=4.0),
    last=case(lambda x: np.interp(x, KNOTS, HEIGHTS), 2.0, slope=4.0),
    outside=case(lambda x: np.interp(x, KNOTS, HEIGHTS), 3.0, slope=0.0),
    searched=case(by_bins, 1.5, slope=4.0),
    digitized=case(by_digitize, 1.5, slope=4.0),
    walked=case(by_walking, 1.5, slope=4.0),
)
def test_S18_tables(tier, case):
    tier.check(case)


def bounced(height):
    """A ball that falls and bounces, with the time of the bounce solved for."""
    t = math.sqrt(2.0 * height / 9.81)
    v = 0.8 * 9.81 * t
    rest = 1.0 - t
    return v * rest - 0.5 * 9.81 * rest * rest


def test_S19_an_event_that_is_solved_for_moves(tier):
    tier.check(case(bounced, 2.0))


def visible(edge):
    """The mean of a step over sample points: its edge is between two of them."""
    return np.mean(np.where(np.linspace(0.0, 1.0, 8) < edge, 1.0, 0.0)) * edge


def test_S19_a_step_has_the_derivative_between_its_jumps(tier):
    tier.check(case(visible, 0.4, slope=0.375))


def test_S19_a_jump_inside_an_integral_is_said():
    def f(a):
        return scipy.integrate.quad(lambda t: 1.0 if t < a else 0.0, 0.0, 1.0)[0]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", scipy.integrate.IntegrationWarning)
        with pytest.warns(errors.DerivativeLost, match="jump") as caught:
            ad.grad(f)(0.3)
    assert caught[0].filename == __file__


def trapezoid(upper, n):
    h = upper / n
    total = 0.5 * (0.0 + math.sin(upper * upper))
    for i in range(1, n):
        total += math.sin((i * h) ** 2)
    return total * h


def quadrature(b):
    return scipy.integrate.quad(lambda t: math.sin(b * t), 0.0, b)[0]


def test_S20_limits_of_an_integral_that_move(tier):
    tier.check(case(trapezoid, 1.2, 50))
    if not tier.is_compiled:
        b = 1.2  # the integral is (1 - cos(b * b)) / b
        slope = 2.0 * math.sin(b * b) - (1.0 - math.cos(b * b)) / b**2
        tier.check(case(quadrature, b, slope=slope), rtol=1e-9)


def adaptive(f, a, b, tolerance):
    """Simpson's rule, halved until it is accurate: which halves depends on the integrand."""
    middle = 0.5 * (a + b)
    whole = (b - a) / 6.0 * (f(a) + 4.0 * f(middle) + f(b))
    left = (middle - a) / 6.0 * (f(a) + 4.0 * f(0.5 * (a + middle)) + f(middle))
    right = (b - middle) / 6.0 * (f(middle) + 4.0 * f(0.5 * (middle + b)) + f(b))
    if abs(left + right - whole) < tolerance:
        return left + right
    halves = adaptive(f, a, middle, tolerance / 2), adaptive(f, middle, b, tolerance / 2)
    return halves[0] + halves[1]


def test_S20_subdivisions_that_depend_on_the_parameter():
    def f(b):
        return adaptive(lambda t: math.exp(b * t), 0.0, b, 1e-10)

    b = 0.8  # the integral is (exp(b * b) - 1) / b
    slope = 2.0 * math.exp(b * b) - (math.exp(b * b) - 1.0) / b**2
    assert ad.grad(f)(b) == pytest.approx(slope, rel=1e-8)
