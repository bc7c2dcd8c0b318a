"""Batches: what `vmap` gives is what a loop over the elements gives, values and derivatives."""

import functools
import math

import numba
import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import InvalidArgument, StructureMismatch, UnsupportedType
from adjoint.testing import check_grads


def cell(weights, x, bias):
    state, total = np.zeros(4), 0.0
    for i in range(4):
        state[i] = bias[i]
        for j in range(5):
            state[i] += weights[i, j] * x[j]
        total += math.sin(state[i])
    return state, total * x[0]


def height(speed, drag):
    y = 0.0
    while speed > 0.0:
        y += speed * 0.1
        speed -= (9.81 + drag * speed * speed) * 0.1
    return y


@functools.cache
def forms(f):
    return pytest.param(f, id="traced"), pytest.param(ad.jit(f), id="compiled")


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.mark.parametrize("f", forms(cell))
@pytest.mark.parametrize("out_axes", [0, (1, 0), (-1, 0), [0, -1]])
def test_a_batch_is_a_loop(f, out_axes, rng):
    weights, x, bias = (rng.standard_normal(shape) for shape in [(4, 5), (5, 6), (4, 6)])
    states, sums = ad.vmap(f, in_axes=(None, 1, -1), out_axes=out_axes)(weights, x, bias)
    axis = out_axes if isinstance(out_axes, int) else out_axes[0]
    for i in range(6):
        state, total = cell(weights, x[:, i], bias[:, i])
        np.testing.assert_allclose(np.moveaxis(states, axis, 0)[i], state, rtol=1e-14)
        np.testing.assert_allclose(sums[i], total, rtol=1e-14)


@pytest.mark.parametrize("f", forms(cell))
def test_derivatives_go_through_a_batch_in_both_modes(f, rng):
    weights, x, bias = (rng.standard_normal(shape) for shape in [(4, 5), (5, 150), (4,)])
    seeds = rng.standard_normal((4, 150)), rng.standard_normal(150)
    tangents = tuple(rng.standard_normal(a.shape) for a in (weights, x, bias))

    def batched(weights, x, bias):
        return ad.vmap(f, in_axes=(None, 1, None), out_axes=(1, 0))(weights, x, bias)

    def looped(weights, x, bias):
        pairs = [cell(weights, x[:, i], bias) for i in range(x.shape[1])]
        return np.stack([state for state, _ in pairs], axis=1), np.array([s for _, s in pairs])

    expected = ad.vjp(looped, weights, x, bias)[1](seeds)
    for ct, known in zip(ad.vjp(batched, weights, x, bias)[1](seeds), expected, strict=True):
        np.testing.assert_allclose(ct, known, rtol=1e-11, atol=1e-12)
    dots = ad.jvp(batched, (weights, x, bias), tangents)[1]
    pushed = sum(np.vdot(seed, dot) for seed, dot in zip(seeds, dots, strict=True))
    pulled = sum(np.vdot(ct, dot) for ct, dot in zip(expected, tangents, strict=True))
    assert pushed == pytest.approx(pulled, rel=1e-11)


@pytest.mark.parametrize("f", forms(height))
def test_second_derivatives_and_finite_differences(f, rng):
    speeds = rng.uniform(1.0, 9.0, 4)

    def loss(drag, speeds):
        return np.sum(ad.vmap(f, in_axes=(0, None))(speeds, drag) ** 2)

    check_grads(loss, (0.3, speeds), order=2)


@pytest.mark.parametrize("f", forms(height))
@pytest.mark.parametrize(
    "axes", [((0, None), (None, 0), 0, 1), ((None, 0), (0, None), -1, 0), ((0, 0), (0, 0), 1, 0)]
)
def test_batches_of_batches(f, axes, rng):
    inner, outer, out_inner, out_outer = axes
    is_pairs = inner == (0, 0)
    speeds, drags = rng.uniform(1.0, 5.0, (3, 4)), rng.uniform(0.1, 0.5, (3, 4))
    given = (speeds, drags) if is_pairs else (speeds[0], drags[:, 0])
    g = ad.vmap(ad.vmap(f, inner, out_inner if is_pairs is False else 0), outer, out_outer)
    plain = ad.vmap(ad.vmap(lambda *a: height(*a), inner), outer, out_outer)
    np.testing.assert_allclose(g(*given), plain(*given), rtol=1e-14)
    seeds = rng.standard_normal(g(*given).shape)
    for ct, known in zip(ad.vjp(g, *given)[1](seeds), ad.vjp(plain, *given)[1](seeds), strict=True):
        np.testing.assert_allclose(ct, known, rtol=1e-11)


@pytest.mark.parametrize("f", forms(height))
def test_gradients_of_a_batch(f, rng):
    speeds = rng.uniform(1.0, 9.0, 5)
    values, slopes = ad.vmap(ad.value_and_grad(f, (0, 1)), in_axes=(0, None))(speeds, 0.2)
    for i, speed in enumerate(speeds):
        value, slope = ad.value_and_grad(height, (0, 1))(float(speed), 0.2)
        assert values[i] == value
        np.testing.assert_allclose([slopes[0][i], slopes[1][i]], slope, rtol=1e-12)
    matrices = ad.vmap(ad.hessian(f, (0, 1)), in_axes=(0, None))(speeds, 0.2)
    known = ad.hessian(height, (0, 1))(float(speeds[2]), 0.2)
    assert matrices[0][1][2] == pytest.approx(known[0][1], rel=1e-11)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_do_not_depend_on_the_number_of_threads(threads, rng, monkeypatch):
    speeds = rng.uniform(1.0, 20.0, 3000)
    compiled = ad.jit(height)

    def loss(drag):
        return np.sum(ad.vmap(compiled, in_axes=(0, None))(speeds, drag) ** 2)

    known = ad.grad(loss)(0.1)
    monkeypatch.setattr("adjoint.compile.batches.WORTH_A_THREAD", -1.0)
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", threads)
    assert ad.grad(loss)(0.1) == known
    assert ad.grad(loss)(0.1) == known


def fill(x, n):
    for i in range(len(x)):
        x[i] = x[i] * n
    return np.sum(x)


@pytest.mark.parametrize("f", forms(fill))
def test_changes_of_elements_reach_the_batch(f):
    x = np.arange(6.0).reshape(2, 3)
    sums = ad.vmap(f, in_axes=(1, None))(x, 2)
    np.testing.assert_array_equal(sums, [6.0, 10.0, 14.0])
    np.testing.assert_array_equal(x, 2.0 * np.arange(6.0).reshape(2, 3))
    x = np.arange(6.0).reshape(2, 3)
    gradient = ad.grad(lambda x: np.sum(ad.vmap(f, in_axes=(1, None))(x.copy(), 3) ** 2))(x)
    np.testing.assert_allclose(gradient, 18.0 * np.tile(x.sum(0), (2, 1)))


def test_changing_what_all_elements_share_is_refused_in_threads():
    x, n = np.ones(3), np.arange(4.0)
    with pytest.raises(UnsupportedType, match="`x`, which all elements of the batch share"):
        ad.vmap(ad.jit(fill), in_axes=(None, 0))(x, n)
    np.testing.assert_array_equal(ad.vmap(fill, in_axes=(None, 0))(x, n), [0.0, 0.0, 0.0, 0.0])


def test_elements_that_share_memory_and_change_are_refused():
    both = ad.jit(lambda x, y: fill(x, 2) + np.sum(y))
    x = np.ones((2, 3))
    with pytest.raises(UnsupportedType, match="share memory"):
        ad.vmap(both)(x, x)


def checked(x):
    if x > 2.5:
        raise ArithmeticError("too large")
    return math.sqrt(x)


@pytest.mark.parametrize("f", forms(checked))
def test_exceptions_of_elements_reach_the_caller(f):
    assert ad.vmap(f)(np.ones(4)).tolist() == [1.0] * 4
    with pytest.raises(ArithmeticError, match="too large") as caught:
        ad.vmap(f)(np.arange(200.0) / 10.0)
    if f is not checked:
        assert "element 26 of the batch" in caught.value.__notes__[0]
    with pytest.raises(ArithmeticError, match="too large"):
        ad.grad(lambda x: ad.vmap(f)(x).sum())(np.arange(1.0, 200.0))


@pytest.mark.parametrize("f", [ad.jit(lambda x: x**0.5 * x)])
def test_nan_of_machine_code_is_looked_at_again(f):
    x = np.array([0.0, 1.0, 4.0])
    np.testing.assert_allclose(ad.vmap(ad.grad(f))(x), [0.0, 1.5, 3.0])
    gradient = ad.grad(lambda x: ad.vmap(f)(x).sum())(x)
    np.testing.assert_allclose(gradient, [0.0, 1.5, 3.0])


SCALE = 2.0


@pytest.mark.parametrize("f", forms(lambda x: SCALE * x * x))
def test_what_is_read_from_outside_is_never_stale(f, monkeypatch):
    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(ad.vmap(f)(x), [2.0, 8.0])
    monkeypatch.setitem(globals(), "SCALE", 3.0)
    np.testing.assert_allclose(ad.vmap(ad.grad(f))(x), [6.0, 12.0])


def test_live_values_that_elements_close_over_are_followed():
    def outer(scale):
        inner = ad.jit(lambda x: scale * x * x)
        return ad.vmap(inner)(np.array([1.0, 2.0])).sum()

    assert ad.grad(outer)(3.0) == 5.0


@pytest.mark.parametrize("f", forms(lambda p, x: (p["a"] * x, {"n": x[0] * p["b"][0]})))
def test_axes_of_parts_of_arguments(f, rng):
    parameters = {"a": rng.standard_normal((3, 2)), "b": (2.0,)}
    x = rng.standard_normal((2, 3))
    batched = ad.vmap(f, in_axes=({"a": 0, "b": None}, 1), out_axes=(1, {"n": 0}))
    products, named = batched(parameters, x)
    np.testing.assert_allclose(products, parameters["a"].T * x)
    np.testing.assert_allclose(named["n"], 2.0 * x[0])
    gradient = ad.grad(lambda p: batched(p, x)[1]["n"].sum())(parameters)
    assert gradient["b"][0] == pytest.approx(x[0].sum())


@pytest.mark.parametrize("f", forms(lambda x, *, y: x * y))
def test_keyword_arguments_have_axis_zero(f):
    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(ad.vmap(f)(x, y=x), x * x)
    np.testing.assert_allclose(ad.grad(lambda x: ad.vmap(f)(x, y=x).sum())(x), 2 * x)


@pytest.mark.parametrize("f", forms(lambda x, y: (x * y, 2.0 * y)))
def test_a_result_without_axis_must_be_the_same_for_all(f):
    x = np.array([1.0, 2.0])
    _, double = ad.vmap(f, in_axes=(0, None), out_axes=(0, None))(x, 3.0)
    assert double == 6.0
    gradient = ad.grad(lambda y: ad.vmap(f, (0, None), (0, None))(x, y)[1])(3.0)
    assert gradient == 2.0
    with pytest.raises(InvalidArgument, match="not the same for all elements"):
        ad.vmap(f, in_axes=(0, None), out_axes=None)(x, 3.0)


@pytest.mark.parametrize("f", forms(lambda x, y: x * y))
def test_calls_without_meaning_are_named(f):
    x = np.ones(3)
    with pytest.raises(StructureMismatch, match=r"3 in argument 0 .* 2 in argument 1"):
        ad.vmap(f)(x, np.ones(2))
    with pytest.raises(InvalidArgument, match="argument 1 is of type float"):
        ad.vmap(f)(x, 2.0)
    with pytest.raises(InvalidArgument, match="has no axis 1"):
        ad.vmap(f, in_axes=(0, 1))(x, x)
    with pytest.raises(InvalidArgument, match="2 positional"):
        ad.vmap(f, in_axes=(0,))(x, x)
    with pytest.raises(InvalidArgument, match="empty batch"):
        ad.vmap(f)(np.zeros(0), np.zeros(0))
    with pytest.raises(InvalidArgument, match="no argument"):
        ad.vmap(f, in_axes=None)(x, x)
    with pytest.raises(InvalidArgument, match="axis 1 of a result"):
        ad.vmap(f, out_axes=1)(x, x)
    with pytest.raises(StructureMismatch, match="no prefix"):
        ad.vmap(f, in_axes=((0, 0), 0))(x, x)


@pytest.mark.parametrize("f", forms(lambda n: np.arange(n) * 1.0))
def test_results_of_several_shapes_are_refused(f):
    with pytest.raises(StructureMismatch, match="shape"):
        ad.vmap(f)(np.array([2, 2, 3]))


def test_ints_are_checked_for_the_largest_of_the_batch():
    square = ad.vmap(ad.jit(lambda n: n * n))
    assert square(np.array([2, 3])).tolist() == [4, 9]
    with pytest.raises(OverflowError):
        square(np.array([2, 2**40]))


def test_a_compiled_batch_is_a_batch_of_the_compiled(rng):
    x = rng.standard_normal(4)
    np.testing.assert_allclose(ad.jit(ad.vmap(math.sin))(x), np.sin(x))
    assert isinstance(ad.jit(ad.vmap(math.sin)), type(ad.vmap(ad.jit(math.sin))))


class Model:
    def __init__(self, rate):
        self.rate = rate


def test_methods_and_callables(rng):
    x = rng.standard_normal(3)
    model = Model(2.0)
    np.testing.assert_allclose(ad.vmap(lambda y: model.rate * y)(x), 2.0 * x)
    gradient = ad.grad(lambda m: ad.vmap(lambda y: m.rate * y * y)(x).sum())(model)
    assert gradient.rate == pytest.approx((x * x).sum())
    with pytest.raises(InvalidArgument, match="vmap needs a function"):
        ad.vmap(3.0)
