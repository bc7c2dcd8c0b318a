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
def test_changes_of_arguments_stand_in_nobodys_way(function, changes):
    x = np.array([1.0, 2.0, 0.5])
    compiled = Jitted(function)
    program = compiled.call((x,), {}).program
    assert program.stores is changes
    for _ in range(2):
        given, plain = x.copy(), x.copy()
        found = ad.grad(compiled)(given)
        np.testing.assert_allclose(found, ad.grad(function)(plain), rtol=1e-14)
        np.testing.assert_array_equal(given, plain)
    assert compiled.shortcuts


@ad.jit
def of_tree(p, factor=1.0):
    return p["a"] * p["b"][0] * factor * SCALE


def test_trees_and_keywords():
    derivative = ad.grad(of_tree)
    for a, b in ((1.0, 2.0), (3.0, -1.0)):
        assert derivative({"a": a, "b": [b]}) == {"a": 2 * b, "b": [2 * a]}
        assert derivative({"a": a, "b": [b]}, factor=3.0) == {"a": 6 * b, "b": [6 * a]}
        assert ad.grad(of_tree, argnums="factor")({"a": a, "b": [b]}, factor=3.0) == 2 * a * b
        assert of_tree({"a": a, "b": [b]}, factor=2.0) == 4 * a * b


def test_a_tree_of_other_keys_is_another_call():
    derivative = ad.grad(ad.jit(lambda p: sum(v * v for v in p.values())))
    assert derivative({"a": 1.0, "b": 2.0}) == {"a": 2.0, "b": 4.0}
    assert derivative({"a": 1.0, "c": 2.0}) == {"a": 2.0, "c": 4.0}


def test_what_is_wrong_with_argnums_is_said_also_later():
    derivative = ad.grad(product, argnums=1)
    derivative(np.ones(2), np.ones(2))
    for wrong in (True, [1], 1.0):
        with pytest.raises(errors.InvalidArgument, match="argnums"):
            ad.grad(product, argnums=wrong)(np.ones(2), np.ones(2))


@ad.jit
def changing(x, y):
    x[0] = np.sqrt(x[0]) * y[1]
    return x[0] * x[1]


def test_what_is_changed_changing():
    derivative = ad.value_and_grad(changing)
    for _ in range(2):
        x = np.array([4.0, 3.0])
        value, slope = derivative(x, np.ones(2))
        assert value == 6.0
        np.testing.assert_array_equal(slope, [0.75, 2.0])
        np.testing.assert_array_equal(x, [2.0, 3.0])
    for _ in range(2):
        x = np.array([4.0, 3.0])
        assert changing(x, np.ones(2)) == 6.0
        np.testing.assert_array_equal(x, [2.0, 3.0])
    shared = np.ones(3)
    for f in (changing, derivative):
        with pytest.raises(errors.UnsupportedType, match="share"):
            f(shared[:2], shared[1:])


@ad.jit
def rooted(x):
    x[0] = x[0] + 1.0
    return np.sqrt(x[1] * 0.0) + x[0] * x[0]


def test_a_nan_in_a_later_call_is_looked_into():
    """With strong zeros it is none; the array is changed once."""
    derivative = ad.value_and_grad(rooted)
    for root in (4.0, 0.0, 4.0, 0.0):
        x = np.array([2.0, root])
        value, slope = derivative(x)
        assert value == 9.0
        np.testing.assert_array_equal(slope, [6.0, 0.0])
        np.testing.assert_array_equal(x, [3.0, root])


def test_a_nan_in_a_derivative_inside_the_program():
    inner = ad.jit(ad.grad(lambda x: np.sqrt(x[1] * 0.0) + x[0] * x[0]))
    for _ in range(2):
        np.testing.assert_array_equal(inner(np.array([3.0, 1.0])), [6.0, 0.0])


READ = np.array([1.0, 2.0])


@ad.jit
def with_global(x):
    return np.sum(x * READ)


def test_memory_read_from_outside_is_not_shared(monkeypatch):
    derivative = ad.grad(with_global)
    for _ in range(2):
        np.testing.assert_array_equal(derivative(np.ones(2)), [1.0, 2.0])
    with pytest.raises(errors.UnsupportedType, match="shares memory"):
        derivative(READ)
    monkeypatch.setitem(globals(), "READ", np.array([5.0, 2.0]))
    np.testing.assert_array_equal(derivative(np.ones(2)), [5.0, 2.0])


def test_nothing_is_read_again_on_a_later_call(monkeypatch):
    """What takes time is done once for each kind of call."""
    for f, args in (
        (of_tree, ({"a": 1.0, "b": [2.0]},)),
        (with_global, (np.ones(2),)),
        (changing, (np.ones(2), np.ones(2))),
        (product, (np.ones(2), np.ones(2))),
    ):
        derivative = ad.grad(f)
        calls = (derivative, f)
        assert all(call(*args) is not None for call in calls)
        with monkeypatch.context() as changed:
            changed.setattr(Jitted, "call", None)
            assert all(call(*args) is not None for call in calls)
