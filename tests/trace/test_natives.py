"""Native code that a live value reaches is known, or refused."""

import collections
import collections.abc
import decimal
import gc
import math
import pickle
import weakref
from fractions import Fraction
from typing import ClassVar

import numba
import numpy as np
import pytest
import scipy.spatial

import adjoint as ad
from adjoint.errors import MissingRule


class Nearest(scipy.spatial.cKDTree):
    """A Python class whose native part is given the points."""

    def __init__(self, points):
        super().__init__(points)


class Fixed(decimal.Decimal):
    def __init__(self, value):
        self.value = value


@pytest.mark.parametrize("make", [Nearest, scipy.spatial.KDTree, scipy.spatial.cKDTree])
def test_a_tree_of_neighbours_looks_at_its_points(make):
    def distance(x):
        points = np.array([[x, 0.0], [1.0, 1.0]])
        return make(points).query([0.0, 0.0])[0]

    assert ad.grad(distance)(0.5) == 1.0


@pytest.mark.parametrize("make", [Nearest, scipy.spatial.KDTree, scipy.spatial.cKDTree])
def test_a_native_part_that_copies_its_points_has_their_derivative(make):
    """Points in single precision are copied into the tree."""

    def distance(x):
        points = np.array([[x, 0.0], [1.0, 1.0]], np.float32)
        return make(points).query([0.0, 0.0])[0]

    assert ad.grad(distance)(0.5) == 1.0


def test_a_native_class_method_must_not_swallow_the_derivative():
    with pytest.raises(MissingRule, match="from_float"):
        ad.grad(lambda x: float(decimal.Decimal.from_float(x)))(0.5)
    with pytest.raises(MissingRule, match="__new__"):
        ad.grad(lambda x: float(Fixed(x)))(0.5)


SCALAR_VIEWS = [
    lambda x: np.float64(x)[..., np.newaxis].sum(),
    lambda x: np.float64(x)[None][0],
    lambda x: np.float64(x)[()] * 1.0,
    lambda x: np.array([x, 1.0])[0][..., np.newaxis].sum(),
    lambda x: np.float64(x).__array__().sum(),
    lambda x: np.array([x]).__array__()[0],
    lambda x: np.atleast_2d(1.0, x)[1].sum(),
]


@pytest.mark.parametrize("f", SCALAR_VIEWS)
def test_a_numpy_number_is_an_array_without_dimensions(f):
    assert ad.grad(f)(0.4) == pytest.approx(1.0)


@numba.vectorize
def smooth_step(x, low):
    return x * x * (3 - 2 * x) if x > low else 0.0


def test_a_ufunc_made_by_numba():
    assert ad.grad(lambda x: smooth_step(x, 0.0))(0.3) == pytest.approx(6 * 0.3 * 0.7)
    gradient = ad.grad(lambda x: np.sum(smooth_step(x, 0.2) * np.arange(3.0)))(
        np.array([0.5, 0.3, 0.1])
    )
    np.testing.assert_allclose(gradient, [0.0, 6 * 0.3 * 0.7, 0.0])


def test_the_digits_of_a_number_must_not_become_an_integer():
    def through_mantissa(x):
        mantissa, exponent = math.frexp(x)
        return float(int(mantissa * 2**53)) * 2.0 ** (exponent - 53)

    assert through_mantissa(0.3) == 0.3
    with pytest.raises(MissingRule, match="int"):
        ad.grad(through_mantissa)(0.3)


@pytest.mark.parametrize(
    "whole", [round, math.floor, math.ceil, math.trunc, lambda x: np.array([x]).astype(int)[0]]
)
def test_the_digits_of_a_number_must_not_become_an_integer_by_rounding(whole):
    with pytest.raises(MissingRule):
        ad.grad(lambda x: whole(x * 1e15) / 1e15)(0.3)
    assert ad.grad(lambda x: whole(x * 1e3) * x)(0.3) == pytest.approx(300.0, abs=1.0)


def test_an_exception_shows_its_arguments_to_native_code():
    with pytest.raises(MissingRule):
        ad.grad(lambda x: pickle.loads(pickle.dumps(ValueError(x))).args[0])(0.3)


def test_a_quotient_alone_has_no_derivative():
    assert ad.grad(lambda x: divmod(x, 0.3)[0] * x)(0.7) == 2.0
    assert ad.grad(ad.grad(lambda x: divmod(x * x, 0.3)[0] * x * x))(0.7) == 2.0


class Registry(type):
    """A metaclass that remembers what its classes made."""

    made: ClassVar[list] = []

    def __call__(cls, *args):
        instance = super().__call__(*args)
        Registry.made.append(instance)
        return instance


class Length(metaclass=Registry):
    def __init__(self, value):
        self.value = 2.0 * value


def test_a_metaclass_that_calls_the_type_above_it():
    assert ad.grad(lambda x: Length(x).value * Registry.made[-1].value)(3.0) == 24.0


def test_a_live_array_turned_round_inside_another_iterator():
    def f(x):
        rows = np.array([[x, 1.0], [2.0, x * x]])
        return sum((i + 1) * row[1] + row[0] for i, row in enumerate(reversed(rows)))

    assert ad.grad(f)(3.0) == pytest.approx(2 * 3.0 + 1.0)


def test_the_mappings_of_the_standard_library_are_followed():
    class Wrapped(collections.abc.MutableMapping):
        def __init__(self, **items):
            self.items_ = items

        def __getitem__(self, key):
            return self.items_[key] * 2.0

        def __setitem__(self, key, value):
            self.items_[key] = value

        def __delitem__(self, key):
            del self.items_[key]

        def __iter__(self):
            return iter(self.items_)

        def __len__(self):
            return len(self.items_)

    def f(x):
        mapping = Wrapped(a=x, b=3.0)
        mapping.update(c=x * x)
        return sum(mapping.values()) + mapping.get("a") + dict(mapping.items())["c"]

    assert ad.grad(f)(1.5) == pytest.approx(2 + 4 * 1.5 + 2 + 4 * 1.5)


class Settings(collections.UserDict):
    """A mapping that is no dict."""


def test_dictionaries_made_from_other_mappings():
    def f(x):
        settings = Settings(a=x, b=2.0)
        table = dict(settings)
        table.update(Settings(b=x * x))
        return table["a"] * table["b"] + sum({**settings}.values())

    assert ad.grad(f)(3.0) == 3 * 9.0 + 1.0


def test_an_exception_keeps_its_arguments_as_they_are():
    def f(x):
        error = ValueError([x, 1.0], iter([x * x]))
        return error.args[0][0] + next(error.args[1])

    assert ad.grad(f)(3.0) == 7.0


def test_a_native_predicate_may_look_at_anything():
    types = pytest.importorskip("pandas.api.types")

    def f(x):
        values = [x, 2.0]
        return x * x if types.is_list_like(values) and not types.is_scalar(values) else x

    assert ad.grad(f)(1.5) == pytest.approx(3.0)


class Tally:
    def __init__(self, value):
        self.value = value


def test_native_code_is_searched_completely():
    def among_numbers(x):
        pickle.dumps([*np.linspace(2.0, 3.0, 50_000).tolist(), x])
        return x

    def among_objects(x):
        pickle.dumps([Tally(0.5) for _ in range(100_001)])
        return x

    with pytest.raises(MissingRule, match="dumps"):
        ad.grad(among_numbers)(1.0)
    with pytest.raises(MissingRule, match="not all searched"):
        ad.grad(among_objects)(1.0)


def test_an_empty_list_of_indices():
    def f(x):
        y = x * 2.0
        y[[]] = 3.0
        return np.sum(y) + np.sum(y[[]]) + np.sum(x[[],])

    np.testing.assert_array_equal(ad.grad(f)(np.ones(2)), [2.0, 2.0])


class Terms(list):
    """A list that is a number too: of its items, not of itself, is the sum."""

    def __float__(self):
        return math.fsum(self)


def test_a_function_of_items_takes_what_is_a_number_too_for_its_items():
    assert ad.grad(lambda x: float(Terms([x, x * x])) + math.fsum(Terms([x, 2.0])))(3.0) == 8.0


class Meters(np.ndarray):
    """Arrays that ask NumPy for its operators and reductions."""

    def __pow__(self, power, modulus=None):
        return super().__pow__(power, modulus)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        plain = [np.asarray(part) for part in inputs]
        return 2.0 * getattr(ufunc, method)(*plain, **options)

    def __array_function__(self, function, types, args, kwargs):
        raise AssertionError("methods do not ask for functions")


def test_methods_of_arrays_ask_their_class_for_the_ufunc_inside():
    def f(x):
        lengths = x.view(Meters)
        return (lengths**3).sum() + lengths.sum() * lengths.max(axis=0)

    x = np.array([1.0, 3.0])
    assert f(x) == 2.0 * 28.0 + 8.0 * 6.0
    np.testing.assert_allclose(ad.grad(f)(x), [6.0 + 12.0, 54.0 + 12.0 + 16.0])


def test_all_elements_are_stored_at_once_in_turn():
    def f(x):
        grid = np.zeros((2, 2))
        grid.flat = np.outer(x, x)
        repeated = np.zeros(5)
        repeated.flat = x
        return grid[1, 0] * grid[0, 0] + repeated @ np.arange(5.0)

    np.testing.assert_allclose(ad.grad(f)(np.array([2.0, 3.0])), [36.0 + 6.0, 8.0 + 4.0])


def test_masked_arrays_are_sorted():
    def f(x):
        return float((np.ma.sort(np.ma.array(x, mask=[0, 0, 1])) * np.arange(1.0, 4.0)).sum())

    np.testing.assert_allclose(ad.grad(f)(np.array([3.0, 2.0, 1.0])), [2.0, 1.0, 0.0])


def test_a_proxy_of_what_is_gone_holds_nothing():
    def f(x):
        return x * gc.is_tracked([weakref.proxy(Terms())])

    assert ad.grad(f)(2.0) == 1.0


def test_a_fraction_is_compared_with_live_numbers():
    assert ad.grad(lambda x: x * x if x > Fraction(1, 3) else x)(2.0) == 4.0
    assert ad.grad(lambda x: x * x if Fraction(1, 3) >= x else x)(2.0) == 1.0


def test_a_number_of_numpy_is_compared_with_a_fraction():
    def f(x):
        number = np.float64(x) * 2.0
        return number * x if number > Fraction(1, 3) and number != Fraction(1, 3) else x

    assert ad.grad(f)(2.0) == 8.0
    assert ad.grad(lambda x: x * (np.float64(x) <= Fraction(1, 3)))(2.0) == 0.0
