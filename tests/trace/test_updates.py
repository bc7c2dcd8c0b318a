"""Updates in place: right, without a trace in memory, and saved only where that is needed."""

import numpy as np
import pytest

import adjoint as ad
from adjoint.trace.updates import Updated, rule_of_update

RNG = np.random.default_rng(3)
X = RNG.uniform(0.5, 1.5, 5)
W = RNG.normal(size=5)


def of_arrays(x, z):
    y = x * 1.0
    before = np.sin(y)
    for _ in range(2):
        y *= x
        y += 1.0
        y -= z * x
        y /= 2.0 + x * x
        y += x[0]
        y %= 7.0
        y **= 2
    return (y * before * W).sum()


def of_views(x, z):
    y = np.outer(x, x) * z
    kept = y * y
    y[0] += y[1]
    y[1:] *= y[0]
    y[2:] += y[:-2]
    y[:, 0] /= x
    y *= y
    return (y @ W * kept[1]).sum()


def of_constants(x, z):
    u = np.zeros(5)
    u += x
    u *= 3
    u[1:] -= z
    v = np.ones((2, 5))
    v *= u
    v[0] /= u[0] + 5.0
    return (u * v * W).sum()


def of_float32(x, z):
    y = x.astype(np.float32)
    y *= np.float32(2.0)
    y += 1
    return float((y * y).sum()) * z


def of_a_number(x, z):
    y = x * x
    s = x[1] * z
    y *= s
    s *= y[2]
    y += s
    return (y * W).sum()


@pytest.mark.parametrize("function", [of_arrays, of_views, of_constants, of_a_number])
def test_derivatives(function):
    ad.testing.check_grads(function, (X, 1.3), order=2)


def test_of_float32():
    by_x, by_z = ad.grad(of_float32, (0, 1))(X, 1.5)
    y = 2 * X + 1
    np.testing.assert_allclose(by_x, 4 * y * 1.5, rtol=1e-6)
    np.testing.assert_allclose(by_z, (y * y).sum(), rtol=1e-6)


@pytest.mark.parametrize("function", [of_arrays, of_views, of_constants])
def test_reverse_agrees_with_forward(function):
    tangent = RNG.normal(size=5)
    forward = ad.jvp(function, (X, 1.3), (tangent, 0.7))[1]
    by_x, by_z = ad.grad(function, (0, 1))(X, 1.3)
    np.testing.assert_allclose(by_x @ tangent + 0.7 * by_z, forward, rtol=1e-12)


def test_what_the_program_holds_is_as_it_left_it():
    kept = []

    def program(x):
        y = np.exp(x)
        first = y * y
        y *= x
        second = y * y
        y += 2.0
        kept.append(y)
        return (first * second * y).sum()

    expected = np.exp(X) * X + 2.0
    ad.grad(program)(X)
    np.testing.assert_array_equal(kept[0], expected)
    _, pullback = ad.vjp(program, X)
    one, two = pullback(1.0), pullback(1.0)
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(kept[1], expected)


def test_a_zero_slope_makes_zero_of_an_infinite_cotangent():
    def program(x):
        y = x * 1.0
        y *= np.array([0.0, 2.0])
        return np.sqrt(y).sum()

    np.testing.assert_array_equal(ad.grad(program)(np.array([3.0, 8.0])), [0.0, 0.25])


def test_an_update_of_two_rows_saves_what_it_reads():
    def program(x):
        y = x * np.ones((2, 1))
        y[0] *= y[1]
        y[1] *= y[0]
        return (y * W).sum()

    ad.testing.check_grads(program, (X,), order=1)


def recorded(program, *args):
    """Of the updates on the tape: whether the array was saved, and whether it is restored."""
    found = []
    backward = Updated.backward

    def seen(entry, ledger):
        found.append((entry.before is not None, entry.restores))
        return backward(entry, ledger)

    Updated.backward = seen
    try:
        ad.grad(program)(*args)
    finally:
        Updated.backward = backward
    return found[::-1]


def test_nothing_is_saved_that_nobody_reads():
    def program(x):
        y = x * 1.0
        y += 1.0
        y -= x
        y *= 2.0
        return y.sum()

    assert recorded(program, X) == [(False, False)] * 3


def test_what_is_read_is_saved():
    def program(x):
        y = x * 1.0
        y *= x
        s = np.sin(y).sum()
        y += 1.0
        return y.sum() * s

    assert recorded(program, X) == [(True, False), (True, True)]


@pytest.mark.parametrize(
    ("array", "other"),
    [
        (X, X),
        (X[1:], X[:-1]),
        (X.astype(complex), X),
        (np.arange(3), 2),
        (X.astype(np.float32), X),
        (X, 1j),
        (X.view(np.recarray), 1.0),
        (np.lib.stride_tricks.as_strided(X.copy(), (3, 2), (8, 8)), 1.0),
    ],
)
def test_the_rest_is_an_operation_and_a_store(array, other):
    assert rule_of_update(np.add, X.copy(), 2.0) is not None
    assert rule_of_update(np.add, array, other) is None


def doubled_where_it_overlaps(x):
    y = x.copy()
    windows = np.lib.stride_tricks.sliding_window_view(y, 2, writeable=True)
    windows *= 2.0
    return y.sum()


def stored_where_it_overlaps(x):
    y = x.copy()
    windows = np.lib.stride_tricks.as_strided(y, (2, 2), (8, 8))
    windows[...] = np.outer(x[:2], x[:2])
    return y.sum()


@pytest.mark.parametrize("program", [doubled_where_it_overlaps, stored_where_it_overlaps])
def test_stores_into_an_array_that_overlaps_itself_are_refused(program):
    with pytest.raises(ad.errors.MissingRule, match="overlaps itself") as caught:
        ad.grad(program)(X)
    assert caught.value.place.filename == __file__


def test_one_element_of_an_array_that_overlaps_itself_can_be_stored():
    def program(x):
        y = x.copy()
        windows = np.lib.stride_tricks.as_strided(y, (2, 2), (8, 8))
        windows[0, 1] = x[0] ** 2
        windows[1, 0] += x[2]
        return y @ y

    ad.testing.check_grads(program, (X,))


def test_an_error_of_numpy_leaves_nothing_behind():
    def program(x):
        y = x * x
        try:
            y += np.ones(3)
        except ValueError:
            y += 1.0
        return y.sum()

    np.testing.assert_allclose(ad.grad(program)(X), 2 * X)
