"""A second call like the first takes a short way, and everything is still looked at."""

import numpy as np
import pytest

import adjoint as ad
from adjoint import errors
from adjoint.compile.jitted import Jitted

SCALE = 2.0


@ad.jit
def loss(x, y, n):
    return np.sum(x * y) * n * SCALE


def gradient(*args):
    return ad.value_and_grad(loss, argnums=(1, 0))(*args)


def test_the_second_call_is_the_first():
    x, y = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    for scale in (1.0, -3.0):
        value, (by_y, by_x) = gradient(scale * x, y, 3)
        assert value == 78.0 * scale
        np.testing.assert_array_equal(by_y, 6.0 * scale * x)
        np.testing.assert_array_equal(by_x, 6.0 * y)
    assert ad.grad(ad.jit(lambda a: a * a))(3.0) == 6.0


@ad.jit
def product(x, y):
    return np.sum(x * y)


def test_single_arguments_and_keywords():
    first = ad.grad(product, argnums=1)
    for x in (np.ones(2), np.array([2.0, 3.0])):
        np.testing.assert_array_equal(first(x, np.zeros(2)), x)
        np.testing.assert_array_equal(ad.grad(product, argnums="y")(x, y=np.zeros(2)), x)


def test_shared_memory_is_still_refused():
    x = np.array([1.0, 2.0, 3.0])
    derivative = ad.grad(product)
    derivative(x[1:].copy(), x[1:])
    with pytest.raises(errors.UnsupportedType, match="shares memory"):
        derivative(x[1:], x[:-1])


def test_one_array_twice_is_another_program():
    x = np.array([1.0, 2.0])
    derivative = ad.grad(product, argnums=(0, 1))
    derivative(x, x.copy())
    with pytest.raises(errors.UnsupportedType, match="shares memory"):
        ad.grad(product)(x[:1], x)
    both = derivative(x, x)
    np.testing.assert_array_equal(both[0], 2.0 * x)


def test_captured_values_are_looked_at(monkeypatch):
    derivative = ad.grad(scaled)
    assert derivative(2.0) == 2.0
    monkeypatch.setitem(globals(), "SCALE", 5.0)
    assert derivative(2.0) == 5.0
    assert derivative(3.0) == 5.0
    monkeypatch.setitem(globals(), "CHOICE", "other")
    assert derivative(3.0) == -5.0


CHOICE = "one"


@ad.jit
def scaled(x):
    return SCALE * x if CHOICE == "one" else -SCALE * x


@ad.jit
def root_of_product(x, y):
    return y * np.sqrt(x) * 0.0 if y > 5.0 else y * np.sqrt(x)


def test_nan_goes_the_careful_way():
    derivative = ad.grad(root_of_product)
    assert derivative(4.0, 1.0) == 0.25
    assert derivative(0.0, 6.0) == 0.0


def test_integers_are_refused_after_floats():
    derivative = ad.grad(scaled)
    derivative(1.0)
    with pytest.raises(errors.NonDifferentiable):
        derivative(1)


@ad.jit
def in_place(x):
    x *= 2.0
    return np.sum(x * x)


def test_arguments_are_changed_once():
    for _ in range(2):
        x = np.array([1.0, 2.0])
        np.testing.assert_allclose(ad.grad(in_place)(x), [8.0, 16.0])
        np.testing.assert_array_equal(x, [2.0, 4.0])


def into_a_view(x):
    row = x[1:]
    row[0] = 2.0
    return np.sum(x)


def into_a_transpose(x):
    turned = x.T
    turned[0] += 2.0
    return np.sum(x)


def into_a_copy(x):
    work = x.copy()
    work[0] = 2.0 * work[1]
    return np.sum(work)


def into_work_arrays(x):
    work = np.zeros(len(x))
    scaled = 2.0 * x
    for i in range(len(x)):
        work[i] = np.sin(x[i])
        scaled[i] *= work[i]
    return np.sum(scaled)


@pytest.mark.parametrize(
    ("function", "changes"),
    [
        (into_a_view, True),
        (into_a_transpose, True),
        (into_a_copy, False),
        (into_work_arrays, False),
    ],
)
def test_only_changes_of_arguments_stand_in_the_way(function, changes):
    x = np.array([1.0, 2.0, 0.5])
    compiled = Jitted(function)
    program = compiled.call((x,), {}).program
    assert program.stores is changes
    for _ in range(2):
        given, plain = x.copy(), x.copy()
        found = ad.grad(compiled)(given)
        np.testing.assert_allclose(found, ad.grad(function)(plain), rtol=1e-14)
        np.testing.assert_array_equal(given, plain)
    assert bool(compiled.shortcuts) is not changes
