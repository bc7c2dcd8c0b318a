"""Known ways in which tools are silently wrong: each function is named by the id of its case."""

import copy
import json
import math
import pickle
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import adjoint as ad
from adjoint import errors

ZEROS = np.zeros(3)
# The functions whose slope at a point is known: name, function, point, slope.
SLOPES = {
    "S1": (lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0)), ZEROS, ZEROS),
    "S2": (lambda x: np.sum(np.where(x >= 0, x, np.sqrt(-x))), np.ones(2), np.ones(2)),
    "S3": (lambda x: np.sum(np.minimum(1.0, 1.0 / x)), ZEROS, ZEROS),
    "S4": (lambda d: (d**0.5)[d > 0].sum(), np.array([0.0, 4.0]), np.array([0.0, 0.25])),
    "S5 norm": (lambda x: np.linalg.norm(x), ZEROS, ZEROS),
    "S5 sum": (lambda x: np.sqrt(np.sum(x**2)), ZEROS, ZEROS),
    "S5 dot": (lambda x: np.sqrt(x @ x), ZEROS, ZEROS),
    "S5 einsum": (lambda x: np.sqrt(np.einsum("i,i", x, x)), ZEROS, ZEROS),
    "S5 loop": (lambda x: math.sqrt(sum(v * v for v in x)), ZEROS, ZEROS),
    "S6 square of root": (lambda x: math.sqrt(x) ** 2, 0.0, 0.0),
    "S6 root of square": (lambda x: math.sqrt(x * x), 0.0, 0.0),
    "S6 abs": (lambda x: abs(x), 0.0, 0.0),
    "S6 std": (lambda x: np.std(x), np.ones(3), ZEROS),
    "S6 hypot": (lambda x: math.hypot(x, x), 0.0, 0.0),
    "S7": (lambda x: max(x, 0.0) + min(x, 0.0), 0.0, 1.0),
    "S8": (lambda x: max(x, 0.0) - max(-x, 0.0), 0.0, 1.0),
    "S9 zeroth power": (lambda x: x**0, 0.0, 0.0),
    "S9 first power": (lambda x: pow(x, 1), 0.0, 1.0),
    "S9 negative base": (lambda x: x**2.0, -3.0, -6.0),
    "S10 origin": (lambda x: math.atan2(x, x), 0.0, 0.0),
    "S10 edge": (lambda x: np.arccos(x), 1.0, -math.inf),
    "S11 sinc": (lambda x: np.sinc(x), 0.0, 0.0),
    "S11 logaddexp": (lambda x: np.logaddexp(x, x), -math.inf, 1.0),
    "S12": (lambda x: np.prod(x), np.array([2.0, 0.0, 3.0]), np.array([0.0, 6.0, 0.0])),
    "S13": (
        lambda m: np.linalg.det(m),
        np.array([[1.0, 2.0], [2.0, 4.0]]),
        np.array([[4.0, -2.0], [-2.0, 1.0]]),
    ),
    "S16": (lambda x: math.floor(x) * x + x % 2.0 + round(x), 3.5, 4.0),
    "S18": (lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 5.0]), 1.5, 4.0),
    "T1": (lambda x: float(x) + x.item() + math.sin(x), np.array(0.0), np.array(3.0)),
    "T6": (lambda x: (x > 0) * x, 2.0, 1.0),
    "T12": (lambda x: x * ((x in [x]) + (hash(x) == hash(x))), 2.0, 2.0),
    "P3": (lambda x: x * 2.0 + 2.0 * (lambda y, z=x: y * z)(x), 2.0, 10.0),
    "P5": (lambda x: float(x) + (x + 0) + x * 1 + +x + max(x, 0.0) + copy.copy(x), 2.0, 6.0),
}


@pytest.mark.parametrize("name", SLOPES)
def test_slope(name):
    function, point, slope = SLOPES[name]
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(ad.grad(function)(point), slope, atol=1e-12)
        tangent = ad.jvp(function, (point,), (np.ones_like(point)[()],))[1]
        np.testing.assert_allclose(tangent, np.sum(slope), atol=1e-12)


def test_S9_exponent_of_a_negative_base():
    with pytest.raises(errors.NonDifferentiable, match="no derivative") as caught:
        ad.grad(lambda y: (-2.0) ** y)(2.0)
    assert caught.value.place.filename == __file__


@pytest.mark.parametrize("decompose", [np.linalg.eigh, np.linalg.eig])
def test_S14_S15_vectors_of_equal_eigenvalues(decompose):
    with pytest.raises(errors.NonDifferentiable, match="any basis") as caught:
        ad.grad(lambda m: decompose(m)[1].sum().real)(np.eye(3))
    assert caught.value.place.filename == __file__
    np.testing.assert_array_equal(
        ad.grad(lambda m: decompose(m)[0].sum().real)(np.eye(3)), np.eye(3)
    )


def test_A11_mutated_after_the_forward_sweep():
    x = np.array([1.0, 2.0, 3.0])
    _, pullback = ad.vjp(lambda x: np.sum(x * x), x)
    x[:] = 100.0
    np.testing.assert_array_equal(pullback(1.0)[0], [2.0, 4.0, 6.0])


def test_A18_stored_in_an_integer_array():
    def f(x):
        counts = np.zeros(2, int)
        counts[0] = x
        return counts[0] * x

    with pytest.warns(errors.DerivativeLost, match="integer array") as caught:
        assert ad.grad(f)(2.5) == 2.0
    assert caught[0].filename == __file__


def test_A18_stored_in_single_precision():
    def f(x):
        y = np.zeros(2, np.float32)
        y[0] = x
        return y[0] * 3.0

    assert ad.grad(f)(2.0) == 3.0


@pytest.mark.parametrize(
    "through",
    [
        lambda x: json.loads(json.dumps(x)),
        lambda x: pickle.loads(pickle.dumps(x)),
        lambda x: float(Decimal(x)),
        lambda x: float(Fraction(x) * 2),
        lambda x: np.frompyfunc(abs, 1, 1)(np.array([x]))[0],
    ],
    ids=["json", "pickle", "Decimal", "Fraction", "frompyfunc"],
)
def test_T4_T9_through_text_and_other_numbers(through):
    with pytest.raises(errors.AdjointError):
        ad.grad(lambda x: through(x) * 1.0)(2.0)


def test_T8_integers():
    with pytest.raises(errors.NonDifferentiable):
        ad.grad(lambda x: x * 2)(3)


def test_T11_types_seen_by_the_program():
    seen = ad.grad(lambda x: x * (3.0 if type(x) is float and isinstance(x, float) else 5.0))
    assert seen(2.0) == 3.0


def test_C1_captured_values_are_looked_at_again():
    factor = 2.0

    def f(x):
        return factor * x

    gradient = ad.grad(f)
    assert gradient(1.0) == 2.0
    factor = 5.0
    assert gradient(1.0) == 5.0


def test_C5_perturbation_confusion():
    assert ad.grad(lambda x: x * ad.grad(lambda y: x + y)(1.0))(1.0) == 1.0


def test_C8_C9_pullbacks_are_fresh():
    _, pullback = ad.vjp(lambda x: (x * 2.0, x * 3.0), 1.0)
    assert pullback((1.0, None)) == pullback((1.0, 0.0)) == (2.0,)


KEPT = {}


def kept_array(x):
    y = KEPT.get("y")
    if y is None:
        y = KEPT["y"] = x * 2.0
    return np.sum(y * x)


def kept_number(x):
    y = KEPT.get("y")
    if y is None:
        y = KEPT["y"] = x * 2.0
    return y * x


@pytest.mark.parametrize(("f", "x"), [(kept_array, np.ones(2)), (kept_number, 1.5)])
def test_P2_kept_across_calls(f, x):
    KEPT.clear()
    ad.grad(f)(x)
    with pytest.raises(errors.MissingRule, match="earlier"):
        ad.grad(f)(x)
    KEPT.clear()


def test_P1_equal_values_in_a_cache():
    def f(a, b):
        cache = {}

        def square(v):
            if v not in cache:
                cache[v] = v * v
            return cache[v]

        return square(a) + 10.0 * a * b

    assert ad.grad(f, (0, 1))(3.0, 3.0) == (36.0, 30.0)


WORKSPACE = np.zeros(3)


def overwritten_workspace(x):
    for i in range(3):
        WORKSPACE[i] = x * i
    return np.sum(WORKSPACE * WORKSPACE)


def test_P2_a_workspace_that_is_overwritten_is_no_memory():
    assert [ad.grad(overwritten_workspace)(2.0) for _ in range(3)] == [20.0] * 3
    assert ad.jvp(overwritten_workspace, (2.0,), (1.0,))[1] == 20.0


def test_P2_a_kept_array_that_is_passed_again_is_a_constant():
    KEPT.clear()
    ad.grad(kept_array)(np.ones(2))
    kept = KEPT.pop("y")
    np.testing.assert_array_equal(ad.grad(lambda x, y: np.sum(x * y))(np.ones(2), kept), kept)


class Tally:
    def __init__(self, value):
        self.value = value


def test_native_code_is_searched_completely():
    def among_numbers(x):
        json.dumps([*np.linspace(2.0, 3.0, 50_000).tolist(), x])
        return x

    def among_objects(x):
        json.dumps([Tally(0.5) for _ in range(100_001)])
        return x

    with pytest.raises(errors.MissingRule, match="dumps"):
        ad.grad(among_numbers)(1.0)
    with pytest.raises(errors.MissingRule, match="not all searched"):
        ad.grad(among_objects)(1.0)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x[:1].item() * x.item(-1),
        lambda x: np.sum(x, None, None, None, False) + np.add.reduce(x * x, 0, None, None),
        lambda x: np.sum(x * x, where=x > 0.0) + x.max(0, None) + np.std(x, 0, None, None, 1),
    ],
)
def test_keywords_that_only_repeat_a_default(check, f):
    check(f, np.array([0.5, -1.0, 2.0]))


def test_masked_and_initial_reductions_into_a_target(check):
    def f(x):
        out = np.zeros(2)
        np.sum(x, axis=1, where=x > 0.0, initial=2.0, out=out)
        return out * out

    check(f, np.array([[1.0, -2.0], [3.0, 0.5]]))


UNEQUAL, EQUAL = lambda x: x**2 if x != 3 else 9.0, lambda x: 9.0 if x == 3 else x**2


@pytest.mark.parametrize("f", [UNEQUAL, EQUAL])
def test_S17_a_branch_on_equality_warns(f):
    assert ad.grad(f)(2.0) == 4.0
    with pytest.warns(errors.ExactEquality, match="single point") as caught:
        ad.grad(f)(3.0)
    assert caught[0].filename == __file__


def test_S17_a_value_is_equal_to_itself():
    assert ad.grad(lambda x: x if x == x else 0.0)(3.0) == 1.0
