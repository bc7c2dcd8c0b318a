"""A: mutation, aliasing and views: the derivative of what the memory held when it was read."""

import copy
import functools

import numpy as np
import pytest
from tiers import case, each

import adjoint as ad
from adjoint import errors

X = np.array([1.0, 2.0, 3.0])
WEIGHTS = np.array([0.5, -1.0, 2.0])


def overwritten(a):
    b = a * a
    a[:] = 1.0
    return np.sum(b * WEIGHTS)


def test_A1_read_then_overwritten(tier):
    tier.check(case(overwritten, X, slope=2.0 * X * WEIGHTS))


def product_in_a_loop(x):
    product = 1.0
    for i in range(3):
        product *= x[i]
    return product


def scaled_in_place(x, y):
    x *= y
    x /= y * y
    x -= y
    x **= 2
    return np.sum(x * WEIGHTS)


@each(
    product=case(product_in_a_loop, np.array([4.0, 1.0, 2.0]), slope=np.array([2.0, 8.0, 4.0])),
    arrays=case(scaled_in_place, X.copy(), np.array([2.0, -1.5, 0.7])),
)
def test_A2_in_place_arithmetic(tier, case):
    tier.check(case)


def recurrence(x, n):
    f = np.zeros(n + 1)
    f[0] = x
    for i in range(n):
        f[i + 1] = f[i] * f[i] * 0.5 + x
    return f[n]


def test_A3_carried_by_a_loop(tier):
    tier.check(case(recurrence, 0.4, 5))


def written_twice(x):
    out = np.zeros(2)
    out[0] = x[0] * 5.0
    out[0] = x[1] * 7.0
    out[1] = out[0] * x[2]
    out[0] = 0.0
    return out[0] + out[1]


def test_A4_the_last_writer_has_the_derivative(tier):
    tier.check(case(written_twice, X, slope=np.array([0.0, 21.0, 14.0])))


def changed_through_a_view(x):
    y = x * 1.0
    v = y[1:]
    v *= 2.0
    y[1] += 1.0
    return np.sum(y * y)


def read_through_a_view(x):
    y = x * 1.0
    v = y[::-1]
    y[0] = 5.0 * y[1]
    return np.sum(v * WEIGHTS)


def one_times(x):
    y = 1.0 * (0.0 + x * 1.0 - 0.0)
    y[0] = 5.0
    return np.sum(y * x)


@each(
    one_times=case(one_times, X, slope=np.array([5.0, 4.0, 6.0])),
    changed=case(changed_through_a_view, X),
    read=case(read_through_a_view, X),
)
def test_A5_views_share_memory(tier, case):
    tier.check(case)


def added_to_its_neighbour(x):
    x[1:] += x[:-1]
    return np.sum(x * x * WEIGHTS)


def reversed_into_itself(x):
    x[:] = x[::-1]
    return np.sum(x * x * WEIGHTS)


@each(neighbour=case(added_to_its_neighbour, X), reversed=case(reversed_into_itself, X))
def test_A6_overlapping_reads_and_writes(tier, case):
    tier.check(case)


MATRIX = np.arange(6.0).reshape(2, 3) + 1.0


def backwards(m):
    return np.sum(m[::-1, ::-2] * np.array([[2.0, -1.0], [0.5, 3.0]]))


def transposed_store(m):
    n = m * 1.0
    n.T[0] *= 3.0
    return np.sum(n * n)


def reshaped(m):
    return np.sum(m.reshape(3, 2)[1] * m.ravel()[4:])


def raveled_store(m):
    n = m * 1.0
    n.ravel()[1] = 10.0  # a view: the array is contiguous
    n.T.ravel()[1] = 20.0  # a copy: it is not
    return np.sum(n * n)


def broadcast(x):
    return np.sum(np.broadcast_to(x, (2, 3)) * MATRIX)


def broadcast_number(x):
    return np.sum(np.broadcast_to(x, (2, 3)) * MATRIX)


@each(
    backwards=case(backwards, MATRIX),
    transposed=case(transposed_store, MATRIX),
    reshaped=case(reshaped, MATRIX),
    raveled=case(raveled_store, MATRIX, refused="reshape"),
    broadcast=case(broadcast, X, slope=MATRIX.sum(axis=0)),
    broadcast_number=case(broadcast_number, 2.0, slope=21.0),
)
def test_A7_strides_and_shapes(tier, case):
    tier.check(case)


def added_once(x, v):
    y = x * 1.0
    y[np.array([0, 0])] += v
    return np.sum(y * WEIGHTS)


def added_twice(x, v):
    y = x * 1.0
    np.add.at(y, np.array([0, 0]), v)
    return np.sum(y * WEIGHTS)


def last_wins(v):
    y = np.zeros(3)
    y[np.array([0, 0])] = v
    return np.sum(y * WEIGHTS)


def gathered(x):
    return np.sum(x[np.array([0, 0, 2])] * WEIGHTS)


PAIR = np.array([3.0, 4.0])


@each(
    once=case(added_once, X, PAIR, slope=(WEIGHTS, np.array([0.0, 0.5]))),
    twice=case(added_twice, X, PAIR, slope=(WEIGHTS, np.array([0.5, 0.5]))),
    last=case(last_wins, PAIR, slope=np.array([0.0, 0.5])),
    gathered=case(gathered, X, slope=np.array([-0.5, 0.0, 2.0])),
)
def test_A8_repeated_indices(tier, case):
    tier.check(case)


def test_A9_one_array_passed_twice(tier):
    gradient = tier.grad(lambda x, y: np.sum(x * y * WEIGHTS))(*(X,) * 2)
    np.testing.assert_allclose(gradient, 2.0 * X * WEIGHTS)


def test_A9_one_array_in_a_tuple_and_a_dict(tier):
    f = tier(lambda a, b: np.sum(a[0] * b["k"] * WEIGHTS))
    gradient = ad.grad(f)((X,), {"k": X})
    np.testing.assert_allclose(gradient[0], 2.0 * X * WEIGHTS)


def added_into(a, b):
    np.add(a, b, out=a)
    return np.sum(a * a)


def multiplied_into_a_new_array(a, b):
    out = np.empty(3)
    np.multiply(a, b, out)
    return np.sum(out * a)


def copied_where(a, b):
    np.copyto(a, b * b, where=b > 0.0)
    return np.sum(a * a)


def put_by_a_mask(a, b):
    np.putmask(a, b > 0.0, b * 3.0)
    return np.sum(a * a)


def sorted_in_place(a, b):
    a *= b
    a.sort()
    return np.sum(a * WEIGHTS)


def filled(a, b):
    c = a * 2.0
    c.fill(b[1])
    return np.sum(c * a)


SIGNED = np.array([2.0, -1.5, 0.7])


@each(
    add=case(added_into, X, SIGNED),
    multiply=case(multiplied_into_a_new_array, X, SIGNED),
    copyto=case(copied_where, X, SIGNED),
    putmask=case(put_by_a_mask, X, SIGNED),
    sort=case(sorted_in_place, X, SIGNED),
    fill=case(filled, X, SIGNED),
)
def test_A10_calls_that_write(tier, case):
    tier.check(case)


def test_A11_mutated_between_the_sweeps(tier):
    x = X.copy()
    _, pullback = ad.vjp(tier(lambda x: np.sum(x * x)), x)
    x[:] = 100.0
    np.testing.assert_array_equal(pullback(1.0)[0], [2.0, 4.0, 6.0])
    np.testing.assert_array_equal(x, np.full(3, 100.0))


SEEN = {"calls": 0}


class Model:
    scale = 2.0


def by_class_attribute(x):
    Model.scale = Model.scale * x
    return Model.scale * x


def by_default(x, kept=[1.0]):  # noqa: B006
    kept[0] = x * x
    return kept[0] * x


def by_nonlocal(x):
    total = 0.0

    def add(v):
        nonlocal total
        total = total + v * v

    for i in range(3):
        add(x * i)
    return total


COUNTS = []


def by_global(x):
    COUNTS.append(x)
    return sum(COUNTS[-1:]) * x


def test_A12_a_class_attribute_that_is_changed(monkeypatch):
    monkeypatch.setattr(Model, "scale", 2.0)
    assert ad.grad(by_class_attribute)(3.0) == 12.0
    assert Model.scale == 6.0


@each(
    default=case(by_default, 3.0, slope=27.0, refused="default|outside|list|changed"),
    nonlocal_counter=case(by_nonlocal, 3.0, slope=30.0),
    global_list=case(by_global, 3.0, slope=6.0, refused="COUNTS|outside|list"),
)
def test_A12_state_that_outlives_a_statement(tier, case):
    tier.check(case)


def list_program(x):
    values = [x, 2.0 * x]
    values.append(x * x)
    values.insert(0, x**3)
    values.extend([4.0 * x, 5.0])
    del values[1]
    values[1:3] = [values[1] * x, x]
    values.sort(key=lambda v: -v)
    last = values.pop()
    total = 0.0
    for i, v in enumerate(values):
        total += (i + 1) * v
    return total + last * x


def grown_in_a_loop(x, n):
    values = []
    for i in range(n):
        values.append(x * i)
    return sum(values)


@each(
    methods=case(list_program, 1.3, refused="."),
    grown=case(grown_in_a_loop, 1.3, 4, slope=6.0),
)
def test_A13_lists_that_change(tier, case):
    tier.check(case)


def dict_program(x):
    state = {"a": x, "b": 2.0 * x}
    state["a"] = state["a"] * state["b"]
    state.setdefault("c", x**3)
    state.setdefault("a", 0.0)
    state["b"] = 1.0
    return sum(v * (i + 1) for i, v in enumerate(state.values()))


def keyed_by_a_value(x):
    table = {x: x * x}
    return table[x] * 3.0


@each(
    values=case(dict_program, 1.3, slope=4.0 * 1.3 + 9.0 * 1.3**2),
    keys=case(keyed_by_a_value, 2.0, slope=12.0, refused="."),
)
def test_A14_dicts_that_change(tier, case):
    tier.check(case)


class Slotted:
    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


class Celsius:
    def __init__(self, degrees):
        self.kelvin = degrees + 273.15

    @property
    def degrees(self):
        return self.kelvin - 273.15

    @degrees.setter
    def degrees(self, value):
        self.kelvin = 2.0 * value + 273.15


def shared_attribute(x):
    one = Slotted(x)
    other = Slotted(one)
    other.value.value = one.value * x
    return one.value


def property_setter(x):
    t = Celsius(x)
    t.degrees = x * x
    return t.degrees


def shallow_and_deep(x):
    inner = Slotted([x])
    shallow, deep = copy.copy(inner), copy.deepcopy(inner)
    inner.value[0] = x * x
    return shallow.value[0] + 10.0 * deep.value[0]


@each(
    shared=case(shared_attribute, 3.0, slope=6.0),
    setter=case(property_setter, 3.0, slope=12.0, refused="."),
    copies=case(shallow_and_deep, 3.0, slope=16.0, refused="."),
)
def test_A15_attributes_that_are_shared(tier, case):
    tier.check(case)


def uninitialised(x):
    out = np.empty(3)
    out[0] = x
    out[1] = out[0] * x
    out[2] = out[1] * x
    return out[2]


def test_A16_uninitialised_memory(tier):
    tier.check(case(uninitialised, 2.0, slope=12.0))


def test_A16_results_are_not_overwritten_by_the_next_call(tier):
    f = tier(lambda x: x * x)
    gradient = ad.grad(tier(lambda x: np.sum(x * x)))
    first, out = gradient(X), ad.vjp(f, X)[0]
    gradient(2.0 * X)
    ad.vjp(f, 2.0 * X)
    np.testing.assert_array_equal(first, 2.0 * X)
    np.testing.assert_array_equal(out, X * X)


def iterated_while_it_grows(x):
    values, total = [x], 0.0
    for v in values:
        total += v * v
        if len(values) < 4:
            values.append(v * x)
    return total


def generated_from_a_list(x):
    values = [x, 2.0 * x]
    squares = (v * v for v in values)
    values[1] = 3.0 * x
    return sum(squares)


def used_up(x):
    twice = zip([x, x], [1.0, 1.0], strict=True)
    return sum([a * b for a, b in twice]) + 100.0 * len([a for a, b in twice])


def changed_behind(x):
    values, total = [x, x, x], 0.0
    for i, v in enumerate(values):
        values[i] = v * (i + 2)
        total += v
    return total + values[0] + values[1] + values[2] - x


def view_of_a_dict(x):
    state = {"a": x, "b": x}
    values = state.values()
    state["b"] = 7.0 * x
    return sum(values)


def values_that_change_ahead(x):
    state, total = {"a": x, "b": x}, 0.0
    for v in state.values():
        total += v
        state["b"] = 5.0 * x
    return total


@each(
    grows=case(iterated_while_it_grows, 1.1, refused="changes what it goes over"),
    generator=case(generated_from_a_list, 2.0, slope=40.0, refused="iterator"),
    used_up=case(used_up, 2.0, slope=2.0, refused="iterator"),
    behind=case(changed_behind, 2.0, slope=11.0),
    view=case(view_of_a_dict, 2.0, slope=8.0),
    values=case(values_that_change_ahead, 2.0, slope=6.0, refused="changes what it goes over"),
)
def test_A17_iterating_over_what_changes(tier, case):
    tier.check(case)


def rounded_to_integers(x):
    counts = np.zeros(2, int)
    counts[0] = x
    return counts[0] * x


def rounded_to_single(x):
    y = np.zeros(2, np.float32)
    y[0] = x
    return y[0] * 3.0


def test_A18_stored_in_an_integer_array(tier):
    if tier.is_compiled:
        tier.refuses(rounded_to_integers, 2.5, match="int")
        return
    with pytest.warns(errors.DerivativeLost, match="integer array") as caught:
        assert ad.grad(rounded_to_integers)(2.5) == 2.0
    assert caught[0].filename == __file__


def test_A18_stored_in_single_precision(tier):
    tier.check(case(rounded_to_single, 2.0, slope=3.0), rtol=1e-6)


def test_A15_partial_arguments_are_kept_by_identity():
    power = functools.partial(lambda a, b: a * b, 3.0)
    assert ad.grad(lambda x: power(x) * functools.partial(power.func, x)(2.0))(2.0) == 24.0
