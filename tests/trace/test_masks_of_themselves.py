"""Arrays that say which of their own elements change: a sweep finds them as they were."""

import array

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import MissingRule

POINT = np.array([0.7, -0.4, 1.3, 0.2, -1.1])


def by_a_mask(x):
    mask, result = x < 1.0, np.zeros(5)
    while mask.any():
        result[mask] += 0.5 * x[mask]
        x = x + 0.5 + 0.1 * result
        mask[mask] = x[mask] < 0.5
    return result @ x


def by_a_view_of_a_mask(x):
    mask = x < 1.0
    result = x[mask].sum()
    mask[::-1][mask] = np.array([True, False, True, False])
    return result * x[mask].prod()


def by_a_mask_in_a_tuple(x):
    rows = np.array([[True, False, True, True, False]])
    result = x * rows[0]
    rows[0, rows[0]] = [False, True, False]
    return result @ np.where(rows[0], x, x**2)


def by_indices(x):
    places = np.array([3, 0, 4, 1, 2])
    result = x[places] * x
    places[places] = np.array([1, 1, 0, 3, 4])
    return (result * x[places]).sum()


def by_indices_added_up(x):
    places = np.array([1, 0, 1, 2, 0])
    result = x[places] * x
    np.add.at(places, places, 1)
    return (result * x[places]).sum()


def by_copyto(x):
    mask = x < 1.0
    result = x[mask].sum()
    np.copyto(mask, False, where=mask)
    mask[0] = True
    return result * x[mask].sum()


def by_putmask(x):
    mask = x < 1.0
    result = x[mask].sum()
    np.putmask(mask, mask, [True, False, True, False, True])
    return result * x[mask].sum()


def by_place(x):
    mask = x < 1.0
    result = x[mask].sum()
    np.place(mask, mask, [True, False, False, True])
    return result * x[mask].sum()


def by_put(x):
    places = np.array([3, 0, 4, 1, 2])
    result = x[places] * x
    np.put(places, places, [1, 1, 0, 3, 4])
    return (result * x[places]).sum()


def by_put_along_axis(x):
    places = np.array([3, 0, 4, 1, 2])
    result = x[places] * x
    np.put_along_axis(places, places, np.array([1, 1, 0, 3, 4]), 0)
    return (result * x[places]).sum()


def by_out_and_where(x):
    mask = x < 1.0
    result = x[mask].sum()
    np.logical_and(mask, x < 0.5, out=mask, where=mask)
    return result * x[mask].sum()


def by_an_operator(x):
    mask = x < 1.0
    result = x[mask].sum()
    mask ^= mask[::-1]
    mask |= mask
    return result * x[mask].sum()


def by_take(x):
    places = np.array([3, 0, 4, 1, 2])
    result = x[places] * x
    np.take(places, places, out=places, mode="clip")
    return (result * x[places]).sum()


def by_the_values_themselves(x):
    places = np.array([3, 0, 4, 1, 2])
    result = x[places] * x
    places[places] = places
    places[places[1:3]] = places[places[:2]]
    return (result * x[places]).sum()


def by_sorting(x):
    places = np.array([3, 0, 4, 1, 2])
    result = x[places] * x
    places[places > 1].sort()
    places.sort()
    places[places[::2]] = places[::-2]
    return (result * x[places]).sum()


@pytest.mark.parametrize(
    "f",
    [
        by_a_mask,
        by_a_view_of_a_mask,
        by_a_mask_in_a_tuple,
        by_indices,
        by_indices_added_up,
        by_copyto,
        by_putmask,
        by_place,
        by_put,
        by_put_along_axis,
        by_out_and_where,
        by_an_operator,
        by_take,
        by_the_values_themselves,
        by_sorting,
    ],
)
def test_what_says_where_to_store_is_stored_to(f):
    step = 1e-6
    gradient = ad.grad(f)(POINT)
    for index, unit in enumerate(np.eye(5)):
        expected = (f(POINT + step * unit) - f(POINT - step * unit)) / (2.0 * step)
        assert gradient[index] == pytest.approx(expected, rel=1e-7, abs=1e-8)
    value, pullback = ad.vjp(f, POINT)
    assert value == f(POINT)
    assert np.array_equal(pullback(1.0)[0], gradient)
    assert np.array_equal(pullback(1.0)[0], gradient)
    direction = np.array([0.3, -0.8, 1.1, 0.5, -0.2])
    tangent = ad.jvp(f, (POINT,), (direction,))[1]
    assert tangent == pytest.approx(gradient @ direction, rel=1e-12)
    second = ad.jvp(ad.grad(f), (POINT,), (direction,))[1]
    ahead, behind = ad.grad(f)(POINT + step * direction), ad.grad(f)(POINT - step * direction)
    assert second == pytest.approx((ahead - behind) / (2.0 * step), rel=1e-6, abs=1e-8)


def test_numbers_that_are_their_own_indices_are_refused():
    def f(x):
        numbers = np.zeros(5)
        numbers[numbers.view(bool)[:5]] = x
        return numbers.sum()

    def with_live_numbers(x):
        numbers = x * 1.0
        numbers[numbers.view(bool)[::8]] = 2.0
        return numbers.sum()

    for program in (f, with_live_numbers):
        with pytest.raises(MissingRule, match=r"where an index says|ndarray.view") as caught:
            ad.grad(program)(POINT)
        assert __file__ in str(caught.value)


def changed_twice_around_a_store(x):
    mask = x > x[0]
    result = x[mask].sum()
    mask[:] = x != x[1]
    x[mask] = 0.25
    mask[:] = [False, True, False, False, True]
    x[mask] *= x[0]
    return result * x[mask].sum() + x @ x


def places_changed_twice_around_a_store(x):
    places = np.array([0, 3, 1])
    result = x[places].sum()
    places[:] = places[::-1]
    x[places] = [0.25, 0.5, 0.75]
    places[:] = 4
    return result * x[places].sum() + x @ x


@pytest.mark.parametrize("f", [changed_twice_around_a_store, places_changed_twice_around_a_store])
@pytest.mark.parametrize(
    "transform", [ad.grad, ad.hessian, lambda f: lambda x: ad.vjp(f, x)[1](1.0)]
)
def test_arguments_are_left_as_the_program_leaves_them(f, transform):
    left, plain = POINT.copy(), POINT.copy()
    transform(f)(left)
    f(plain)
    assert np.array_equal(left, plain)


def through_a_memoryview(x):
    mask = np.array([True, False, True, True, False])
    shown = memoryview(mask)
    result = x[mask].sum()
    shown[1] = True
    shown[2:4] = np.array([False, True])
    assert shown[1] is True
    return result * x[mask].sum()


def through_the_memory_of_bytes(x):
    raw = bytearray([0, 1, 0, 1, 1])
    mask = np.frombuffer(raw, dtype=bool)
    result = x[mask].sum()
    raw[0] = 1
    raw[1:3] = b"\0\1"
    return result * x[mask].sum() * len(raw)


def through_an_iterator(x):
    places = np.arange(5)
    result = x[places] @ x
    with np.nditer(places, op_flags=["readwrite"]) as iterator:
        for place in iterator:
            place[...] = (place + 1) % 5
    return result + x[places] @ np.arange(5.0)


def through_a_buffered_iterator(x):
    places = np.arange(5)
    with np.nditer(
        places, flags=["buffered"], op_flags=["readwrite"], op_dtypes=["i4"], casting="same_kind"
    ) as found:
        for place in found:
            place[...] = (place + 1) % 5
    return x[places] @ np.arange(5.0)


@pytest.mark.parametrize(
    "f",
    [
        through_a_memoryview,
        through_the_memory_of_bytes,
        through_an_iterator,
        through_a_buffered_iterator,
    ],
)
def test_what_says_where_changes_under_another_name(f):
    step = 1e-6
    units = np.eye(5)
    expected = [(f(POINT + step * e) - f(POINT - step * e)) / (2.0 * step) for e in units]
    assert ad.grad(f)(POINT) == pytest.approx(np.array(expected), rel=1e-7, abs=1e-8)


def test_places_that_change_where_nobody_sees_it_are_refused():
    def by_a_buffer(x):
        places = np.arange(5)
        result = x[places] @ x
        flags = {"flags": ["buffered"], "op_flags": ["readwrite"], "op_dtypes": ["i4"]}
        with np.nditer(places, casting="same_kind", **flags) as found:
            for place in found:
                place[...] = (place + 1) % 5
        return result

    def by_an_array_of_whole_numbers(x):
        raw = array.array("q", [0, 3, 1])
        places = np.frombuffer(raw, dtype=int)
        result = x[places].sum()
        raw[0] = 2
        return result * x[places].sum()

    for program in (by_a_buffer, by_an_array_of_whole_numbers):
        with pytest.raises(MissingRule) as caught:
            ad.grad(program)(POINT)
        assert __file__ in str(caught.value)
