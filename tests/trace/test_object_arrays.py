"""Arrays of objects: what they hold, and what is computed with it, keeps its derivative."""

import numpy as np
import pytest
import scipy.sparse

import adjoint as ad
from adjoint.errors import MissingRule
from adjoint.testing import check_grads


def arithmetic(x):
    items = np.array([x, 2.0, x * x], dtype=object)
    found = items * items + 1 - items / 2 + x * items
    found[0] = x * 3
    found *= 2
    found -= items
    return (-found).sum() + 3.0 / found[1]


def products(x):
    matrix = np.array([[x, 1], [x * x, 3.0]], dtype=object)
    row, column = matrix[0], np.array([0.5, x], dtype=object)
    both = np.dot(matrix, column)[1] + (row @ matrix)[0] + row.dot(column)
    return both + (matrix @ np.array([[1.0, 0.3], [x, 2.0]]))[1, 1]


def mixed_with_numbers(x):
    numbers, items = np.array([x, x * x]), np.array([2.0, x], dtype=object)
    return ((numbers * items) + (items - numbers) ** 2)[1] + (items * [x, 1.0])[0]


def conversions(x):
    matrix = np.array([[x, 1], [x * x, 3.0]], dtype=object)
    total = np.linalg.det(matrix.astype(float)) + np.sum(np.asarray(matrix.T, dtype=float) ** 2)
    back = np.array([x, x**3]).astype(object)
    target = np.zeros(2)
    target[:] = back * 2
    return total + target @ target + back[1] * matrix[0].tolist()[0]


def reductions(x):
    matrix = np.array([[x, 1], [x * x, 3.0 * x]], dtype=object)
    sums = np.sum(matrix, axis=0)[1] + matrix.sum(axis=1)[0] * np.prod(matrix)
    return sums + matrix.max() + np.min(matrix) ** 2


def stores(x):
    numbers, items = np.array([x, x * x]), np.empty(4, dtype=object)
    items[:2] = numbers
    items[2] = numbers
    items[3:] = [x**3]
    return items[0] * items[1] + items[2][1] + items[3]


def arrays_in_arrays(x):
    items = np.array([np.array([x]), np.array([x, 2.0 * x])], dtype=object)
    total = (items * 2)[1][1] + sum(float(np.sum(item)) for item in items.flat)
    for item in np.nditer(items, flags=["refs_ok"]):
        total = total + item.item().sum()
    return total


def moved(x):
    items = np.array([x, x * x, 2.0], dtype=object)
    longer = np.concatenate([items, np.array([x, 1.0])]).reshape(5, 1)
    return longer[::-1][1, 0] * np.stack([items, items]).T[1, 0] + np.tile(items, 2)[3]


PROGRAMS = [
    arithmetic,
    products,
    mixed_with_numbers,
    conversions,
    reductions,
    stores,
    arrays_in_arrays,
    moved,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_programs_with_arrays_of_objects(program):
    check_grads(program, (1.3,), order=2)


def test_objects_made_of_the_argument():
    slopes = ad.grad(lambda x: np.sum(x.astype(object) ** 2))(np.array([1.0, -2.0]))
    np.testing.assert_array_equal(slopes, [2.0, -4.0])


def test_what_numpy_does_with_objects_in_native_code_is_refused():
    def running_sum(x):
        return np.cumsum(np.array([x, x], dtype=object))[1]

    with pytest.raises(MissingRule, match="array of objects"):
        ad.grad(running_sum)(1.0)


def test_errors_of_numpy_stay_those_of_numpy():
    def root(x):
        return np.sqrt(np.array([x, x], dtype=object))

    with pytest.raises(TypeError, match="sqrt"):
        ad.grad(root)(1.0)
    with pytest.raises(ValueError, match=r"mismatch|aligned"):
        ad.grad(lambda x: np.array([x, x], dtype=object) @ np.ones(3))(1.0)


def test_a_number_in_an_array_without_dimensions():
    def f(x):
        box = np.empty((), object)
        box[()] = x * x
        return float(box) * box.item()

    assert ad.grad(f)(0.5) == 0.5


class Wrapped:
    """An object with operators and methods of its own, which NumPy calls."""

    def __init__(self, value):
        self.value = value

    def sqrt(self):
        return Wrapped(self.value**0.5)

    def conjugate(self):
        return Wrapped(self.value * 2.0)

    def __add__(self, other):
        return Wrapped(self.value + getattr(other, "value", other))

    def __abs__(self):
        return Wrapped(abs(self.value))


@pytest.mark.parametrize(
    "program",
    [
        lambda x: np.sqrt(Wrapped(x)).value,
        lambda x: np.conj(Wrapped(x)).value * x,
        lambda x: np.abs(Wrapped(-x)).value * x,
        lambda x: np.add(Wrapped(x), x).value * x,
        lambda x: np.sqrt(np.array([Wrapped(x), Wrapped(x * x)], dtype=object))[1].value * x,
        lambda x: (np.asarray([Wrapped(x), Wrapped(x * x)]) + x)[1].value * x,
    ],
)
def test_numpy_calls_the_methods_of_objects(program):
    check_grads(program, (1.3,))


def test_numpy_calls_the_methods_of_sparse_matrices():
    pattern = scipy.sparse.random(5, 5, 0.5, format="csr", random_state=0)

    def program(x):
        matrix = scipy.sparse.csr_matrix((x, pattern.indices, pattern.indptr), shape=(5, 5))
        return np.sum(np.conj(matrix) @ np.ones(5)) + np.sqrt(np.abs(matrix)).sum()

    check_grads(program, (pattern.data + 0.5,), order=1)


class Pair:
    """Which can be unpacked, but not divided."""

    def __init__(self, x):
        self.x = x

    def __iter__(self):
        yield self.x
        yield self.x


@pytest.mark.parametrize(
    "divisor",
    [2.0, np.float64(2.0), np.array(2.0), np.array([1.0, 2.0]), [1.0, 2.0], np.array([[2.0]])],
)
def test_what_cannot_be_divided_raises_what_python_raises(divisor):
    for divide in (lambda x: Pair(x) / divisor, lambda x: divisor / Pair(x)):
        with pytest.raises(TypeError) as plain:
            divide(1.5)
        with pytest.raises(TypeError, match=r"unsupported operand") as found:
            ad.vjp(divide, 1.5)
        assert str(found.value).split("\n")[0] == str(plain.value)
