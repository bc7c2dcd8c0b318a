"""C: stale state, custom rules, nested derivatives, precision, randomness, patterns, threads."""

import math
import random
import sys
import threading

import numpy as np
import pytest
import scipy.sparse
from tiers import case, each

import adjoint as ad
from adjoint import errors
from adjoint.testing import check_grads

X = np.array([1.0, 2.0, 3.0])
FACTOR = 2.0


def by_global(x):
    return FACTOR * x


def test_C1_globals_are_looked_at_again(tier, monkeypatch):
    gradient = tier.grad(by_global)
    assert gradient(1.0) == 2.0
    monkeypatch.setitem(globals(), "FACTOR", 5.0)
    assert gradient(1.0) == 5.0


def test_C1_closures_are_looked_at_again(tier):
    factor = 2.0

    def f(x):
        return factor * x

    gradient = tier.grad(f)
    assert gradient(1.0) == 2.0
    factor = 5.0
    assert gradient(1.0) == 5.0


class Settings:
    power = 2


SETTINGS = Settings()


def test_C1_attributes_and_defaults_are_looked_at_again(tier):
    def f(x, scale=3.0):
        return scale * x**SETTINGS.power

    gradient = tier.grad(f)
    assert gradient(2.0) == 12.0
    SETTINGS.power = 3
    f.__defaults__ = (10.0,)
    try:
        assert gradient(2.0) == 120.0
    finally:
        del SETTINGS.power


def sum_of_squares(x, y):
    x = x * 1.0
    x[0] = y[0] * 2.0
    return np.sum(x * y)


def test_C2_shapes_strides_and_aliasing_are_not_confused(tier):
    f = tier(lambda x: np.sum(x * x) * x.shape[0])
    gradient = ad.grad(f)
    for x in (X, np.arange(6.0)[::2], np.arange(5.0)[::-1], np.ones(7), np.array([2.0])):
        np.testing.assert_allclose(gradient(x), 2.0 * x * len(x))
    matrix = np.arange(6.0).reshape(2, 3)
    for m in (matrix, matrix.T, np.asfortranarray(matrix), matrix[:, ::-1]):
        np.testing.assert_allclose(gradient(m), 2.0 * m * len(m))
    pair = tier.grad(sum_of_squares, (0, 1))
    apart = pair(X, X.copy())
    np.testing.assert_allclose(apart[0], [0.0, 2.0, 3.0])
    np.testing.assert_allclose(apart[1], [4.0, 2.0, 3.0])
    np.testing.assert_allclose(pair(X, X)[0], apart[0] + apart[1])


def test_C2_types_are_not_confused(tier):
    gradient = tier.grad(lambda x, n: x**n)
    assert gradient(3.0, 2) == 6.0
    assert gradient(3.0, 2.0) == 6.0
    assert gradient(3.0, True) == 1.0


def wrong_rule(backward, forward=None):
    @ad.custom_vjp
    def product(x, y):
        return x * y

    product.defvjp(forward or (lambda x, y: (x * y, (x, y))), backward)
    return product


@pytest.mark.parametrize(
    "backward",
    [
        lambda residuals, ct: (ct * residuals[0], ct * residuals[1]),  # exchanged
        lambda residuals, ct: (ct * ct * residuals[1], ct * residuals[0]),  # not linear
        lambda residuals, ct: (ct * residuals[1], None),  # forgets an argument
    ],
)
def test_C3_wrong_custom_rules_are_found(backward):
    with pytest.raises(errors.CheckFailed):
        check_grads(wrong_rule(backward), (1.3, 0.7))


def test_C3_a_rule_with_too_few_cotangents_is_refused():
    with pytest.raises(errors.StructureMismatch, match="cotangent"):
        ad.grad(wrong_rule(lambda residuals, ct: (ct,)))(1.3, 0.7)


def test_C3_a_rule_that_changes_its_cotangent():
    @ad.custom_vjp
    def doubled(x):
        return 2.0 * x

    def backward(_, ct):
        ct *= 2.0
        return (ct,)

    doubled.defvjp(lambda x: (2.0 * x, None), backward)
    seed = np.array([1.0, -1.0])
    gradient = ad.vjp(lambda x: (doubled(x), 3.0 * x), np.ones(2))[1]
    np.testing.assert_array_equal(gradient((seed, seed))[0], [5.0, -5.0])
    np.testing.assert_array_equal(seed, [1.0, -1.0])


def test_C4_stopping_is_only_where_it_is_asked_for(tier):
    tier.check(case(lambda x: x * ad.stop_gradient(x * x) + x, 3.0, slope=10.0, reverse_only=True))


def test_C5_perturbations_are_not_confused(tier):
    assert tier.grad(lambda x: x * ad.grad(lambda y: x + y)(1.0))(1.0) == 1.0


def nested_tangents(x):
    return x * ad.jvp(lambda y: x * y, (2.0,), (1.0,))[1]


def test_C5_perturbations_are_not_confused_in_forward_mode():
    assert ad.jvp(nested_tangents, (3.0,), (1.0,))[1] == 6.0
    assert ad.grad(nested_tangents)(3.0) == 6.0


def changed_in_place(x):
    y = x * 1.0
    for i in range(3):
        y[i] = y[i] * y[i - 1]
    y *= y
    return np.sum(y)


def test_C6_second_derivatives_of_mutation(tier):
    direction = np.array([0.3, -0.2, 0.5])
    gradient = tier.grad(changed_in_place)

    def along(x):
        return gradient(x) @ direction

    rows = ad.grad(along if not tier.is_compiled else ad.jit(along))(X)
    numeric = [
        (ad.grad(changed_in_place)(X + e) - ad.grad(changed_in_place)(X - e)) @ direction / 2e-5
        for e in 1e-5 * np.eye(3)
    ]
    np.testing.assert_allclose(rows, numeric, rtol=1e-6)


def test_C6_hessian_of_mutation():
    hessian = ad.hessian(changed_in_place)(X)
    np.testing.assert_allclose(hessian, hessian.T)


def test_C7_closures_made_in_another_derivative():
    kept = []

    def f(x):
        kept.append(lambda y: x * y)
        return x * x

    assert ad.grad(f)(3.0) == 6.0
    # What was kept is of a derivative that is over: the number is right, or it is refused.
    try:
        assert ad.jvp(lambda y: kept[0](y), (2.0,), (1.0,))[1] == 3.0
    except errors.MissingRule as error:
        assert error.place.filename == __file__


def test_C7_a_tangent_of_one_closure_is_none_of_another():
    def outer(x):
        def by_y(y):
            return ad.jvp(lambda z: x * y * z, (1.0,), (1.0,))[1]

        return ad.jvp(by_y, (x,), (1.0,))[1]

    assert ad.jvp(outer, (3.0,), (1.0,))[1] == 1.0


def test_C8_a_pullback_can_be_called_twice(tier):
    _, pullback = ad.vjp(tier(lambda x: np.sum(x * x)), X)
    np.testing.assert_array_equal(pullback(1.0)[0], pullback(1.0)[0])
    np.testing.assert_array_equal(pullback(2.0)[0], 4.0 * X)
    gradient = tier.grad(lambda x: np.sum(x * x))
    np.testing.assert_array_equal(gradient(X), gradient(X))


def test_C9_outputs_that_are_not_used(tier):
    _, pullback = ad.vjp(tier(lambda x: (x * 2.0, x * 3.0, 1)), 1.0)
    assert pullback((1.0, None, None)) == pullback((1.0, 0.0, None)) == (2.0,)
    assert tier.grad(lambda x: (x * 2.0, x * 3.0)[1])(1.0) == 3.0


def log_sum_exp(x):
    largest = np.max(x)
    return largest + np.log(np.sum(np.exp(x - largest)))


@each(
    ratio=case(lambda x: math.exp(x) / math.exp(x), 400.0, slope=0.0),
    large=case(log_sum_exp, np.array([1000.0, 1000.0, -1000.0]), slope=np.array([0.5, 0.5, 0.0])),
    variance=case(lambda x: np.var(x), X + 1e8, slope=np.array([-2.0, 0.0, 2.0]) / 3.0),
    product=case(lambda x: np.prod(x), np.full(3, 1e-110), slope=np.full(3, 1e-220)),
    hypot=case(lambda x: math.hypot(x, 1e200), 1e200, slope=math.sqrt(0.5)),
)
def test_C10_overflow_and_cancellation(tier, case):
    tier.check(case, rtol=1e-7)


def test_C10_single_precision():
    x = np.array([80.0, 80.0, -80.0], np.float32)
    slope = ad.grad(log_sum_exp)(x)
    assert slope.dtype == np.float32
    np.testing.assert_allclose(slope, [0.5, 0.5, 0.0], rtol=1e-6)


def scattered(x, n):
    return np.sum(x[np.arange(n) % 3] * np.arange(n))


def test_C11_gathering_many_times_adds_up(tier):
    sums = np.array([np.arange(k, 1000, 3).sum() for k in range(3)], float)
    tier.check(case(lambda x: scattered(x, 1000), X, slope=sums))


def scaled_draw(x):
    rng = np.random.default_rng(3)
    return x * rng.normal(0.0, 1.0) + rng.normal(x, x * x)


def test_C12_draws_are_the_same_and_hold_their_noise():
    rng = np.random.default_rng(3)
    first, second = rng.normal(), rng.normal()
    assert ad.grad(scaled_draw)(0.5) == pytest.approx(first + 1.0 + 2.0 * 0.5 * second)


def test_C12_discrete_draws_are_refused(tier):
    def f(p):
        return np.random.default_rng(0).binomial(10, p) * 1.0

    tier.refuses(f, 0.3)


def branch_by_chance(x):
    if random.Random(4).random() < 0.5:
        return x * x
    return 3.0 * x


def test_C13_a_branch_taken_by_chance_is_the_one_that_ran(tier):
    slope = 2.0 * 1.7 if random.Random(4).random() < 0.5 else 3.0
    tier.check(case(branch_by_chance, 1.7, slope=slope, refused="."))


def test_C13_the_global_generator_is_left_as_by_a_plain_call():
    def f(x):
        return x * np.random.random() + x * random.random()

    np.random.seed(5), random.seed(5)
    expected, after = f(1.0), np.random.random()
    np.random.seed(5), random.seed(5)
    assert ad.grad(f)(1.0) == pytest.approx(expected)
    assert np.random.random() == after


def test_C14_entries_of_a_sparse_matrix_have_derivatives_where_they_are_stored():
    rows, columns = np.array([0, 1, 1]), np.array([0, 0, 1])

    def f(data):
        matrix = scipy.sparse.csr_matrix((data, (rows, columns)), shape=(2, 2))
        return np.sum((matrix @ np.array([1.0, 2.0])) ** 2)

    data = np.array([0.0, 1.0, 3.0])  # a stored zero is an entry
    product = np.array([0.0, 7.0])
    np.testing.assert_allclose(
        ad.grad(f)(data), 2.0 * np.array([product[0], product[1], 2.0 * product[1]])
    )


def pattern_by_branch(x):
    return np.array([x[0] * x[1] if x[0] > 0.0 else x[2], x[2] * x[2]])


def test_C14_jacobians_are_not_those_of_another_branch(tier):
    jacobian = ad.jacobian(tier(pattern_by_branch))
    np.testing.assert_array_equal(jacobian(X), [[2.0, 1.0, 0.0], [0.0, 0.0, 6.0]])
    np.testing.assert_array_equal(jacobian(-X), [[0.0, 0.0, 1.0], [0.0, 0.0, -6.0]])


def test_C15_a_check_in_single_precision_does_not_fail():
    check_grads(lambda x: np.sum(np.sin(x) * x), (X.astype(np.float32),))


def test_C15_a_kink_is_no_failure_and_no_excuse():
    check_grads(lambda x: abs(x), (1e-7,))
    with pytest.raises(errors.CheckFailed):
        check_grads(lambda x: abs(x) * ad.stop_gradient(x), (0.3,))


def deep(x, n):
    return x if n == 0 else deep(x * 1.001, n - 1)


def test_C16_recursion_is_as_deep_as_in_python():
    assert ad.grad(lambda x: deep(x, 300))(1.0) == pytest.approx(1.001**300)
    limit = sys.getrecursionlimit()
    with pytest.raises(RecursionError):
        ad.grad(lambda x: deep(x, 10 * limit))(1.0)
    assert sys.getrecursionlimit() == limit
    assert ad.grad(lambda x: x * x)(3.0) == 6.0


def many_steps(x, n):
    total = 0.0
    for i in range(n):
        total = total + x * (1.0 + 1e-6 * i)
    return total


def test_C16_long_programs_are_not_cut_short(tier):
    n = 30_000
    tier.check(case(lambda x: many_steps(x, n), 0.5, slope=n + 1e-6 * n * (n - 1) / 2), rtol=1e-9)


class Doubling(np.ndarray):
    """An array whose ufuncs give twice their result."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        plain = [np.asarray(part) for part in inputs]
        return 2.0 * getattr(ufunc, method)(*plain, **kwargs)


class Meters:
    """An array-like that answers NumPy itself."""

    def __init__(self, value):
        self.value = value

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        values = [part.value if isinstance(part, Meters) else part for part in inputs]
        return Meters(3.0 * getattr(ufunc, method)(*values, **kwargs))


def test_C17_overrides_of_ufuncs_are_followed():
    assert ad.grad(lambda x: np.sin(Meters(x)).value)(0.5) == pytest.approx(3.0 * math.cos(0.5))
    slope = ad.grad(lambda x: np.asarray(np.multiply(x.view(Doubling), x)).sum())(X)
    np.testing.assert_allclose(slope, 4.0 * X)


def test_C18_threads_have_tapes_of_their_own():
    found = {}

    def work(k):
        gradient = ad.grad(lambda x: many_steps(x * x, 200) * k)
        found[k] = [gradient(0.1 * j) for j in range(10)]

    threads = [threading.Thread(target=work, args=(k,)) for k in (1.0, 2.0, 3.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = sum(1.0 + 1e-6 * i for i in range(200))
    for k, slopes in found.items():
        np.testing.assert_allclose(slopes, [2.0 * 0.1 * j * total * k for j in range(10)])


def guarded_by_isnan(x):
    y = np.sqrt(x)
    return np.sum(np.where(np.isnan(y), 0.0, y)) + (1e16 + x[0] - 1e16)


def test_C19_tests_for_nan_do_not_vanish(tier):
    x = np.array([4.0, -1.0])
    tier.check(case(guarded_by_isnan, x, slope=np.array([1.25, 0.0])))


def to_radians(degrees):
    degrees *= math.pi / 180.0
    return degrees


def with_units(degrees):
    radians = to_radians(degrees)
    return np.sum(np.sin(radians)) + np.sum(degrees)


def test_C20_conversion_in_place_changes_the_argument(tier):
    degrees = np.array([30.0, 60.0])
    scale = math.pi / 180.0
    slope = scale * (np.cos(scale * degrees) + 1.0)
    tier.check(case(with_units, degrees, slope=slope))
    gradient = tier.grad(with_units)(degrees)
    np.testing.assert_allclose(gradient, slope)
    np.testing.assert_allclose(degrees, scale * np.array([30.0, 60.0]))
