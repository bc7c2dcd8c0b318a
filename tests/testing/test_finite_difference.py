"""Finite differences: accurate where the function is smooth, and aware of where it is not."""

import dataclasses
import math

import numpy as np
import pytest

from adjoint.testing import finite_difference_jacobian, finite_difference_jvp, richardson


@pytest.mark.parametrize(
    ("function", "point", "slope"),
    [
        (math.sin, 1.0, math.cos(1.0)),
        (math.exp, 5.0, math.exp(5.0)),
        (math.log, 1e-3, 1e3),
        (lambda x: 1.0 / x, 0.01, -1e4),
        (lambda x: x, 3.0, 1.0),
        (lambda x: 7.0, 3.0, 0.0),
        (math.sqrt, 1e-6, 500.0),
    ],
)
def test_slope_and_its_error_estimate(function, point, slope):
    found = richardson(function, (point,), (point,))
    assert found.tangent == pytest.approx(slope * point, rel=1e-9, abs=1e-12)
    assert abs(found.tangent - slope * point) <= 10 * found.errors[0] + 1e-13
    assert found.sides[0] < 1e-3 * max(1.0, abs(slope * point))


def test_a_kink_shows_in_the_sides():
    assert richardson(abs, (0.0,), (1.0,)).sides[0] == pytest.approx(2.0)
    assert richardson(abs, (0.01,), (1.0,)).tangent == pytest.approx(1.0)


def test_a_jump_does_not_converge():
    found = richardson(lambda x: 0.0 if x < 1.0 else 1.0, (1.0,), (1.0,))
    assert found.errors[0] > 1.0


def test_a_point_where_nothing_is_defined():
    found = richardson(math.sqrt, (0.0,), (1.0,))
    assert math.isnan(found.tangent)
    assert found.errors == [math.inf]


def test_structures_and_what_has_no_derivative():
    def f(d, n):
        return {"sum": d["a"] + d["b"][0] * n, "count": n, "array": d["b"][1] * 2.0}

    args = ({"a": 1.0, "b": [2.0, np.array([3.0, 4.0])]}, 3)
    tangents = ({"a": 0.5, "b": [1.0, np.array([1.0, -1.0])]}, None)
    found = finite_difference_jvp(f, args, tangents)
    assert found["sum"] == pytest.approx(3.5)
    assert found["count"] is None
    np.testing.assert_allclose(found["array"], [2.0, -2.0])


def test_arguments_are_not_disturbed_by_a_function_that_writes():
    x = np.array([1.0, 2.0])

    def f(a):
        a *= a
        return a.sum()

    assert finite_difference_jvp(f, (x,), (np.array([1.0, 0.0]),)) == pytest.approx(2.0)
    np.testing.assert_array_equal(x, [1.0, 2.0])


def test_complex_directions():
    found = finite_difference_jvp(lambda z: z * z, (1.0 + 2.0j,), (0.5 - 1.0j,))
    assert found == pytest.approx(2 * (1.0 + 2.0j) * (0.5 - 1.0j))


def test_single_precision_knows_its_noise():
    x = np.array([0.5, 1.5], np.float32)
    found = richardson(np.exp, (x,), (np.ones(2, np.float32),))
    np.testing.assert_allclose(found.tangent, np.exp(x), rtol=1e-3)
    assert found.errors[0] > 1e-7


@dataclasses.dataclass
class Pair:
    left: float
    right: np.ndarray


def test_jacobian_has_the_structures_of_output_and_argument():
    jacobian = finite_difference_jacobian(lambda x: (x[0] ** 2 * x[1], 3.0 * x[1]))
    (first, second) = jacobian([3.0, 2.0])
    assert first == pytest.approx([12.0, 9.0])
    assert second == pytest.approx([0.0, 3.0])
    found = finite_difference_jacobian(lambda p: p.left * p.right)(Pair(2.0, np.array([1.0, 5.0])))
    np.testing.assert_allclose(found.left, [1.0, 5.0])
    np.testing.assert_allclose(found.right, 2.0 * np.eye(2), atol=1e-12)


def test_jacobian_of_several_arguments_and_keywords():
    jacobian = finite_difference_jacobian(lambda x, n, scale: n * x * scale, argnums=(0, "scale"))
    assert jacobian(2.0, 3, scale=5.0) == pytest.approx((15.0, 6.0))
    assert finite_difference_jacobian(lambda x, y: x * y, argnums=1)(2.0, 3.0) == pytest.approx(2.0)


def test_columns_are_not_transposed():
    matrix = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    np.testing.assert_allclose(
        finite_difference_jacobian(lambda x: matrix @ x)(np.ones(3)), matrix, rtol=1e-9
    )
