"""The transforms keep their contracts, the same in both tiers."""

import dataclasses
import math
from typing import NamedTuple

import numpy as np
import pytest

import adjoint as ad
from adjoint import errors

TIERS = [pytest.param(lambda f: f, id="traced"), pytest.param(ad.jit, id="compiled")]
both_tiers = pytest.mark.parametrize("tier", TIERS)


def sum_loop(x):
    total = 0.0
    for i in range(5):
        total += x * i
    return total


def polynomial(x):
    return 2.0 * x**3 - x


def mixed(x, y):
    return x * math.sin(y) + y * y


def loss(params, data):
    hidden = np.tanh(data @ params["w"] + params["b"])
    return np.sum(hidden * hidden)


@pytest.fixture
def parameters():
    rng = np.random.default_rng(0)
    return {"w": rng.standard_normal((3, 2)), "b": rng.standard_normal(2)}


@both_tiers
class TestGrad:
    def test_the_first_example(self, tier):
        assert ad.grad(tier(sum_loop))(2.0) == 10.0

    def test_argnums_by_position_name_and_tuple(self, tier):
        f = tier(mixed)
        dx, dy = math.sin(0.5), 2.0 * math.cos(0.5) + 1.0
        assert ad.grad(f)(2.0, 0.5) == pytest.approx(dx, rel=1e-15)
        assert ad.grad(f, argnums=1)(2.0, 0.5) == pytest.approx(dy, rel=1e-15)
        assert ad.grad(f, argnums="y")(2.0, y=0.5) == pytest.approx(dy, rel=1e-15)
        assert ad.grad(f, argnums="y")(2.0, 0.5) == pytest.approx(dy, rel=1e-15)
        assert ad.grad(f, argnums=(1, 0))(2.0, 0.5) == pytest.approx((dy, dx), rel=1e-15)

    def test_structure_of_the_argument(self, tier, parameters):
        data = np.linspace(-1.0, 1.0, 12).reshape(4, 3)
        value, gradient = ad.value_and_grad(tier(loss))(parameters, data)
        assert value == pytest.approx(loss(parameters, data), rel=1e-14)
        assert list(gradient) == ["w", "b"]
        hidden = np.tanh(data @ parameters["w"] + parameters["b"])
        upstream = 2.0 * hidden * (1.0 - hidden**2)
        np.testing.assert_allclose(gradient["w"], data.T @ upstream, rtol=1e-12)
        np.testing.assert_allclose(gradient["b"], upstream.sum(axis=0), rtol=1e-12)

    def test_lists_and_tuples(self, tier):
        def f(pair):
            first, (second, third) = pair
            return first * second * third

        assert ad.grad(tier(f))([2.0, (3.0, 4.0)]) == [12.0, (8.0, 6.0)]

    def test_the_same_float_twice_is_two_inputs(self, tier):
        x = 3.0
        assert ad.grad(tier(mixed))(x, x) == pytest.approx(math.sin(3.0), rel=1e-15)
        assert ad.grad(tier(lambda v: v[0] * v[1] * v[1]))([x, x]) == [9.0, 18.0]

    def test_has_aux(self, tier):
        f = tier(lambda x: (x * x, x + 1.0))
        assert ad.grad(f, has_aux=True)(3.0) == (6.0, 4.0)
        assert ad.value_and_grad(f, has_aux=True)(3.0) == ((9.0, 4.0), 6.0)

    def test_a_vector_is_not_a_scalar(self, tier):
        with pytest.raises(errors.NotScalar, match="jacobian"):
            ad.grad(tier(lambda x: 2.0 * x))(np.ones(3))

    def test_integers_have_no_derivative(self, tier):
        with pytest.raises(errors.NonDifferentiable, match=r"the integer 2, and[^$]*pass 2\.0"):
            ad.grad(tier(polynomial))(2)
        with pytest.raises(errors.NonDifferentiable, match="int64"):
            ad.grad(tier(lambda x: np.sum(x * 1.0)))(np.arange(3))
        with pytest.raises(errors.NonDifferentiable, match="holds the integer"):
            ad.grad(tier(lambda x: x[0] * x[1]))([1.0, 2])

    def test_integers_elsewhere_are_held_fixed(self, tier):
        assert ad.grad(tier(lambda x, n: x**n))(3.0, 2) == pytest.approx(6.0)

    def test_higher_orders_nest(self, tier):
        f = tier(polynomial)
        assert ad.grad(ad.grad(f))(2.0) == pytest.approx(24.0, rel=1e-14)
        assert ad.grad(ad.grad(ad.grad(f)))(2.0) == pytest.approx(12.0, rel=1e-14)

    def test_seed_and_arguments_stay_as_they_were(self, tier):
        x = np.array([1.0, 2.0, 3.0])
        kept = x.copy()
        ad.grad(tier(lambda v: np.sum(v * v)))(x)
        np.testing.assert_array_equal(x, kept)


@both_tiers
class TestVjpAndJvp:
    def test_pullback_can_be_called_again(self, tier):
        seed = np.array([1.0, -2.0, 0.5])
        kept = seed.copy()
        x = np.array([0.1, 0.2, 0.3])
        out, pullback = ad.vjp(tier(lambda v: np.sin(v) * v), x)
        first, second = pullback(seed), pullback(seed)
        np.testing.assert_array_equal(first[0], second[0])
        np.testing.assert_array_equal(seed, kept)
        np.testing.assert_allclose(first[0], seed * (np.cos(x) * x + np.sin(x)), rtol=1e-14)
        np.testing.assert_allclose(out, np.sin(x) * x, rtol=1e-15)

    def test_arrays_changed_between_forward_and_pullback(self, tier):
        x = np.array([1.0, 2.0, 3.0])
        _, pullback = ad.vjp(tier(lambda v: np.sum(v * v)), x)
        x[:] = 100.0
        np.testing.assert_allclose(pullback(1.0)[0], [2.0, 4.0, 6.0])

    def test_vjp_is_the_transpose_of_jvp(self, tier):
        rng = np.random.default_rng(1)
        x, v, w = rng.standard_normal((3, 4))

        def f(a):
            return np.cumsum(np.exp(a[::-1]) * a)

        _, tangent = ad.jvp(tier(f), (x,), (v,))
        _, pullback = ad.vjp(tier(f), x)
        np.testing.assert_allclose(w @ tangent, v @ pullback(w)[0], rtol=1e-12)

    def test_none_stands_for_zero(self, tier):
        _, tangent = ad.jvp(tier(mixed), (2.0, 0.5), (None, 1.0))
        assert tangent == pytest.approx(2.0 * math.cos(0.5) + 1.0, rel=1e-15)

    def test_wrong_structure_is_an_error(self, tier):
        _, pullback = ad.vjp(tier(lambda x: (x, x * x)), 2.0)
        assert pullback((1.0, None)) == (1.0,)
        with pytest.raises(errors.StructureMismatch, match="structure"):
            pullback(1.0)
        _, pullback = ad.vjp(tier(lambda x: x * x), np.ones(3))
        with pytest.raises(errors.StructureMismatch, match="shape"):
            pullback(np.ones(2))
        with pytest.raises(errors.StructureMismatch, match="tuple"):
            ad.jvp(tier(polynomial), 1.0, 1.0)


@both_tiers
class TestJacobianAndHessian:
    def test_modes_agree(self, tier):
        x = np.array([0.3, -0.7, 1.1])

        def f(v):
            return np.stack([v[0] * v[1], np.sin(v[2])])

        expected = [[-0.7, 0.3, 0.0], [0.0, 0.0, math.cos(1.1)]]
        for mode in ("auto", "forward", "reverse"):
            np.testing.assert_allclose(
                ad.jacobian(tier(f), mode=mode)(x), expected, rtol=1e-14, atol=1e-15
            )

    def test_structure_is_output_then_input(self, tier):
        def f(a, b):
            return {"sum": a + b, "scaled": 2.0 * a}

        result = ad.jacobian(tier(f), argnums=(0, 1))(1.0, np.ones(2))
        np.testing.assert_array_equal(result["sum"][0], [1.0, 1.0])
        np.testing.assert_array_equal(result["sum"][1], np.eye(2))
        assert result["scaled"][0] == 2.0
        np.testing.assert_array_equal(result["scaled"][1], np.zeros(2))

    def test_hessian_of_an_array(self, tier):
        x = np.array([0.5, -1.0, 2.0])
        result = ad.hessian(tier(lambda v: v[0] * v[1] * v[2] + v[0] ** 3))(x)
        expected = [[6 * x[0], x[2], x[1]], [x[2], 0.0, x[0]], [x[1], x[0], 0.0]]
        np.testing.assert_allclose(result, expected, rtol=1e-13, atol=1e-14)

    def test_hvp_is_hessian_times_vector(self, tier):
        rng = np.random.default_rng(2)
        x, v = rng.standard_normal((2, 4))
        f = tier(lambda a: np.sum(np.exp(a) * a[::-1]))
        np.testing.assert_allclose(ad.hvp(f, (x,), (v,)), ad.hessian(f)(x) @ v, rtol=1e-12)

    def test_hessian_of_a_pair(self, tier):
        assert ad.hessian(tier(lambda x: x[0] ** 2 * x[1]))([3.0, 1.0]) == [[2.0, 6.0], [6.0, 0.0]]


class TestNesting:
    def test_perturbations_are_not_confused(self):
        assert ad.grad(lambda x: x * ad.grad(lambda y: x + y)(2.0))(1.0) == 1.0

    def test_jit_and_grad_in_any_order(self):
        assert ad.grad(ad.jit(polynomial))(2.0) == pytest.approx(23.0)
        assert ad.jit(ad.grad(polynomial))(2.0) == pytest.approx(23.0)
        assert ad.grad(ad.jit(ad.grad(polynomial)))(2.0) == pytest.approx(24.0)
        assert ad.jit(ad.grad(ad.jit(ad.grad(polynomial))))(2.0) == pytest.approx(24.0)

    def test_a_jitted_function_inside_a_traced_one(self):
        inner = ad.jit(lambda x: x * x * x)

        def outer(x):
            return math.sin(inner(x)) + inner(x)

        expected = (math.cos(8.0) + 1.0) * 12.0
        assert ad.grad(outer)(2.0) == pytest.approx(expected, rel=1e-14)

        def by_hand(x):
            return (math.cos(x**3) + 1.0) * 3.0 * x**2

        second = (by_hand(2.0 + 1e-5) - by_hand(2.0 - 1e-5)) / 2e-5
        assert ad.grad(ad.grad(outer))(2.0) == pytest.approx(second, rel=1e-8)

    def test_jvp_of_grad_is_grad_of_jvp(self):
        x = np.array([0.2, 0.4, 0.8])
        v = np.array([1.0, -1.0, 0.5])

        def f(a):
            return np.sum(np.sin(a) * a * a[0])

        forward_over_reverse = ad.jvp(ad.grad(f), (x,), (v,))[1]
        reverse_over_forward = ad.grad(lambda a: ad.jvp(f, (a,), (v,))[1])(x)
        np.testing.assert_allclose(forward_over_reverse, reverse_over_forward, rtol=1e-12)

    def test_state_is_restored_after_an_exception(self):
        def broken(x):
            raise KeyError(x)

        with pytest.raises(KeyError):
            ad.grad(broken)(1.0)
        assert ad.grad(polynomial)(2.0) == pytest.approx(23.0)


@both_tiers
class TestZerosWithADerivative:
    """A cotangent that happens to be zero is not a constant: it has a derivative of its own."""

    def test_second_derivative_through_a_zero_cotangent(self, tier):
        f = tier(lambda x, y: math.sqrt(x) * y)
        assert ad.hessian(f, (0, 1))(4.0, 0.0) == ((0.0, 0.25), (0.25, 0.0))

    def test_second_derivative_of_a_recurrence_in_place(self, tier):
        def f(x):
            y = x.copy()
            for i in range(1, len(y)):
                y[i] = y[i] * y[i - 1] + math.sin(y[i - 1])
            return y[-1]

        hessian = ad.hessian(tier(f))(np.arange(4.0))
        np.testing.assert_allclose(hessian, hessian.T, atol=1e-12)
        np.testing.assert_allclose(hessian[0], [0.0, 12.0, 8.0, 6.0], rtol=1e-12)

    def test_a_pullback_at_a_zero_seed(self, tier):
        _, pullback = ad.vjp(tier(lambda x: np.sum(np.sin(x))), np.array([0.3]))
        slope = ad.grad(lambda seed: pullback(seed)[0][0])(0.0)
        assert slope == pytest.approx(math.cos(0.3), rel=1e-15)


class TestContainers:
    def test_what_the_function_does_to_a_list_reaches_the_caller(self):
        values = [1.0, 2.0]

        def f(items):
            items.append(items[0] * items[1])
            return items[-1] ** 2

        gradient = ad.grad(f)(values)
        assert values == [1.0, 2.0, 2.0]
        assert gradient[:2] == [8.0, 4.0]

    def test_dataclasses_and_namedtuples(self):
        @dataclasses.dataclass(frozen=True)
        class Spring:
            stiffness: float
            name: str
            order: int = 2

        class Pair(NamedTuple):
            spring: Spring
            stretch: float

        def energy(pair):
            return 0.5 * pair.spring.stiffness * pair.stretch**pair.spring.order

        gradient = ad.grad(energy)(Pair(Spring(4.0, "s"), 3.0))
        assert gradient == Pair(Spring(4.5, None, None), 12.0)

    def test_the_same_array_twice_is_one_memory(self):
        x = np.array([1.0, 2.0])
        np.testing.assert_allclose(ad.grad(lambda a, b: np.sum(a * b))(x, x), 2.0 * x)


class TestWrongUse:
    def test_grad_of_a_number(self):
        with pytest.raises(errors.InvalidArgument, match="needs a function"):
            ad.grad(polynomial(2.0))

    @pytest.mark.parametrize("argnums", [3, "z", -2])
    def test_an_argument_that_is_not_there(self, argnums):
        with pytest.raises(errors.InvalidArgument, match="argnums names"):
            ad.grad(polynomial, argnums=argnums)(2.0)

    def test_an_integer_result(self):
        with pytest.raises(errors.NotScalar, match="integer"):
            ad.grad(lambda x: 3)(2.0)

    def test_errors_name_the_users_line(self):
        with pytest.raises(errors.NonDifferentiable) as caught:
            ad.grad(polynomial)(2)
        assert caught.value.place.filename == __file__
        assert "ad.grad(polynomial)(2)" in caught.value.place.text


class TestCustom:
    def test_given_reverse_serves_both_modes_and_orders(self):
        @ad.custom_vjp
        def cube(x):
            return x * x * x

        cube.defvjp(lambda x: (cube(x), x), lambda x, ct: (ct * 3.0 * x * x,))
        assert ad.grad(cube)(2.0) == 12.0
        assert ad.jvp(cube, (2.0,), (0.5,)) == (8.0, 6.0)
        assert ad.grad(ad.grad(lambda x: cube(x) * x))(2.0) == pytest.approx(48.0)

    def test_it_is_used_and_not_looked_into(self):
        @ad.custom_vjp
        def f(x):
            return x

        f.defvjp(lambda x: (x, None), lambda _, ct: (42.0 * ct,))
        assert ad.grad(lambda x: 2.0 * f(x))(1.0) == 84.0

    def test_given_forward_serves_both_modes(self):
        @ad.custom_jvp
        def scaled(x, y):
            return x * np.sum(y)

        def rule(primals, tangents):
            (x, y), (dx, dy) = primals, tangents
            return x * np.sum(y), dx * np.sum(y) + x * np.sum(dy)

        scaled.defjvp(rule)
        y = np.array([1.0, 2.0, 3.0])
        dx, dy = ad.grad(scaled, argnums=(0, 1))(2.0, y)
        assert dx == 6.0
        np.testing.assert_array_equal(dy, [2.0, 2.0, 2.0])

    def test_a_missing_derivative_and_a_wrong_one_are_errors(self):
        @ad.custom_vjp
        def f(x, y):
            return x * y

        with pytest.raises(errors.InvalidArgument, match="defvjp"):
            ad.grad(f)(1.0, 2.0)
        f.defvjp(lambda x, y: (x * y, (x, y)), lambda res, ct: (ct * res[1],))
        with pytest.raises(errors.StructureMismatch, match=r"1 cotangent.* 2 argument"):
            ad.grad(f)(1.0, 2.0)

    @both_tiers
    def test_stop_gradient(self, tier):
        assert ad.grad(tier(lambda x: x * ad.stop_gradient(x)))(3.0) == 3.0
