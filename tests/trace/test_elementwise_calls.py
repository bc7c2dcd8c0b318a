"""`np.vectorize` and the like, and arrays seen in new ways, lose nothing that is live."""

import collections
import itertools
import math

import numpy as np
import pytest

import adjoint as ad
from adjoint.testing import check_grads

X = np.array([0.3, 1.7, -0.4])
branch = np.vectorize(lambda a, b: a * b if a > 1 else b)
pair = np.vectorize(lambda a: (a * a, np.sin(a)), otypes=[float, float])
excluding = np.vectorize(np.polyval, excluded=["p"])
doc = np.vectorize(lambda a: (a * a).sum(), signature="(n)->()")

ARRAYS = [
    lambda x: branch(x, x[:, None] ** 2),
    lambda x: np.stack(pair(x)),
    lambda x: excluding(p=[1.0, x[0], 3.0], x=x),
    lambda x: doc(np.stack([x, x * x])),
    lambda x: np.vectorize(float, otypes=["f8"])(x) ** 2,
    lambda x: np.apply_along_axis(lambda a: a * a.sum(), 0, np.outer(x, x)),
    lambda x: np.apply_along_axis(np.outer, 1, np.outer(x, x), [1.0, 2.0]),
    lambda x: np.apply_along_axis(np.prod, -1, np.outer(x, x)),
    lambda x: np.broadcast_arrays([x[0], x[1]], np.ones((3, 1)))[0],
    lambda x: np.broadcast_arrays(x[0], x)[0] * x,
    lambda x: np.lib.stride_tricks.sliding_window_view([x[0], x[1], x[2]], 2),
    lambda x: np.lib.stride_tricks.sliding_window_view(x, 2).copy(),
]


@pytest.mark.parametrize("f", ARRAYS)
def test_arrays_made_element_by_element(f):
    assert np.array_equal(ad.jvp(f, (X,), (X,))[0], f(X))
    check_grads(f, (X,), order=2)


def test_place_repeats_and_truncates_the_values():
    def f(x):
        y = x * x
        np.place(y, y > 0.1, [x[1], 2.0])
        np.place(y, y > 100.0, [])
        return y * np.array([1.0, 2.0, 3.0])

    check_grads(f, (X,))


@pytest.mark.parametrize("mask", [[0.0, 1.0, 0.0], np.array([[0, 1, 1]])])
def test_a_mask_of_numbers_is_a_mask(mask):
    def f(x):
        y = np.sin(x)
        np.putmask(y, mask, x[0] * x)
        return y * x

    check_grads(f, (X,))


def test_a_vectorized_function_keeps_its_type_and_its_errors():
    assert ad.jvp(np.vectorize(lambda a: a > 0), (X,), (X,))[0].dtype == bool
    with pytest.raises(ValueError, match="size 0"):
        ad.grad(lambda x: branch(x, x).sum())(np.zeros(0))


OBJECTS = [
    lambda x: np.array(np.vectorize(lambda a: (a * a, a), otypes=[object])(x).tolist()),
    lambda x: np.array(np.vectorize(lambda a: (a * a, a), otypes=[np.ndarray])(x[0]).tolist()),
    lambda x: np.vectorize(lambda a: np.array([a * a, a]), otypes=[object])(x)[1],
    lambda x: np.vectorize(lambda a: {"square": a * a})(x)[2]["square"],
]


@pytest.mark.parametrize("f", OBJECTS)
def test_each_result_may_be_one_object(f):
    assert np.array_equal(ad.jvp(f, (X,), (X,))[0], f(X))
    check_grads(f, (X,))


Pair = collections.namedtuple("Pair", "a b")


class Tuple(tuple):
    def __new__(cls, items):
        return super().__new__(cls, items)


TAKERS = [
    lambda x: collections.deque(x, maxlen=2)[1] * 2,
    lambda x: Pair._make(x[1:]).b ** 2,
    lambda x: sum(frozenset(x)) * x[0],
    lambda x: next(itertools.repeat(x, 2)) * x,
    lambda x: dict.fromkeys("ab", x)["b"] * x,
    lambda x: list(map(np.dot, [x, x * x], itertools.repeat(x)))[1],
    lambda x: Tuple(x)[1] * x[0],
    lambda x: tuple.__new__(Tuple, x)[1] * x[0],
    lambda x: collections.OrderedDict(enumerate(x))[1] ** 2,
    lambda x: collections.defaultdict(list, enumerate(x))[1] ** 2,
]


@pytest.mark.parametrize("f", TAKERS)
def test_a_container_that_takes_the_items_of_an_array(f):
    check_grads(f, (X,))


class Scale:
    """An object that sequences do not know how to multiply with, or to add."""

    def __init__(self, factor):
        self.factor = factor

    def __rmul__(self, items):
        return self.factor * sum(items)

    def __radd__(self, items):
        return self.factor + sum(items)


def test_a_sequence_lets_the_other_operand_go_first():
    assert ad.grad(lambda x: [x, 3.0] * Scale(x) + ((x,) + Scale(2.0)))(2.0) == pytest.approx(8.0)
    with pytest.raises(TypeError, match="multiply sequence"):
        ad.grad(lambda x: [x] * object())(2.0)


@pytest.mark.filterwarnings("ignore:Setting the shape")
def test_an_array_may_change_its_shape():
    def f(x):
        y = np.sin(x)
        z = y * y
        y.shape = (2, 2)
        y[0] *= x[1]
        w = y @ y
        y.shape = (4,)
        z.shape = (2, 2)
        return (z * w).sum() + y[0] * x[3]

    x = np.array([0.3, 1.7, -0.4, 0.9])
    check_grads(f, (x,), order=2)


def test_storing_into_what_has_no_items_is_pythons_error():
    def f(x):
        y = np.float64(x)
        try:
            y[0] = x
        except TypeError:
            return y * 3
        return 0.0

    assert ad.grad(f)(2.0) == 3.0


def of_two(x):
    f = np.frompyfunc(lambda a, b: a * b + x if a > b else a - b * x, 2, 1)
    made = f(np.array([x, 2.0]), np.array([[1.0], [x]]))
    assert made.dtype == object
    return float((made * made).sum()) + f(x, 2.0) + f(1, 2)


def with_two_results(x):
    first, second = np.frompyfunc(lambda a: (math.sin(a), a * a * x), 1, 2)([x, 2.0 * x])
    return float((first.astype(float) * second.astype(float)).sum())


@pytest.mark.parametrize("f", [of_two, with_two_results])
def test_ufuncs_made_of_python_functions(f):
    gradient = ad.grad(f)(1.3)
    assert gradient == pytest.approx((f(1.3 + 1e-6) - f(1.3 - 1e-6)) / 2e-6, rel=1e-7)
    assert ad.jvp(f, (1.3,), (1.0,))[1] == pytest.approx(gradient, rel=1e-12)


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix_is_differentiated_twice():
    def f(x):
        m = np.asmatrix([[x, 1.0], [2.0, x * x]])
        return float((m * m * x).sum()) + float(m.T[0, 1] * m[1, 1])

    assert ad.grad(ad.grad(f))(1.3) == pytest.approx(
        (ad.grad(f)(1.3 + 1e-5) - ad.grad(f)(1.3 - 1e-5)) / 2e-5, rel=1e-7
    )
