"""Where lists, arrays and sequences of the program's meet: Python's order of who is asked."""

import collections
import copy

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import MissingRule

POINT = np.array([0.7, 0.4, 1.3])


class Doubling(list):
    def __getitem__(self, place):
        return 2.0 * super().__getitem__(place)


class Marked(np.ndarray):
    def __iter__(self):
        return (3.0 * item for item in np.asarray(self))


class Joining:
    def __init__(self, value):
        self.value = value

    def __radd__(self, other):
        return [*other, self.value**2]

    def __iter__(self):
        return iter([self.value])


class Passing(Joining):
    def __radd__(self, other):
        return NotImplemented


class Scaled:
    """A sequence by its length and items, which multiplies on its own."""

    def __init__(self, value):
        self.value = value

    def __len__(self):
        return 1

    def __getitem__(self, place):
        return [self.value][place]

    def __rmul__(self, other):
        return other * self.value**2


def list_plus_array(x):
    listed = [1.0, 2.0]
    kept = listed
    listed += x[:2]
    assert kept == [1.0, 2.0]
    return listed.prod() * len(kept)


def list_times_array(x):
    listed = [1.0, 2.0, 3.0]
    listed *= x
    return listed.prod()


def deque_plus_number(x):
    listed = collections.deque([1.0, 2.0])
    listed += x[0]
    return listed.prod()


def list_plus_what_joins(x):
    listed = [1.0, x[1]]
    listed += Joining(x[0])
    return listed[-1] * sum(listed)


def list_plus_what_passes(x):
    listed = kept = [1.0, x[1]]
    listed += Passing(x[0])
    assert listed is kept
    return listed[-1] * sum(listed)


def list_plus_items(x):
    listed = [x[0]]
    listed += collections.UserList([x[1], x[2]])
    listed += (2.0 * item for item in x)
    listed *= 2
    return sum(item * place for place, item in enumerate(listed))


def reversed_by_its_own(x):
    return sum(place * item for place, item in enumerate(reversed(Doubling(x))))


def filled_with_a_list(x):
    table = np.arange(6.0).reshape(2, 3)
    filled = np.full((2, 3), list(x)) * np.full_like(table, (x[2], 1.0, x[0]))
    return (filled * table).sum()


def filled_with_columns(x):
    return (np.full((2, 2), [[x[0]], [x[1]]]) * np.arange(4.0).reshape(2, 2)).sum()


def copied_from_a_list(x):
    table = np.zeros((2, 3))
    np.copyto(table, [x[2], x[0], x[1]])
    return (table * np.arange(6.0).reshape(2, 3) ** 2).sum()


def copies_of_a_subclass(x):
    marked = (x**2).view(Marked)
    return sum(copy.copy(marked)) * sum(copy.deepcopy(marked)) * sum(marked.copy())


def products_with_lists(x):
    table = [[1.0, 2.0, 3.0], [0.5, x[0], 0.0]]
    return np.matmul(x, [1.0, 2.0, 3.0]) * np.matmul([3.0, x[1], 1.0], x) + np.matmul(table, x)[1]


def split_from_lists(x):
    left, right = np.array_split([x[:2], x[1:]], 2, axis=1)
    first, *rest = np.split([[x[0], x[1], x[2]], [x[2], x[0], 1.0]], [1], axis=1)
    return (left * right).sum() + first.prod() * sum(part.sum() for part in rest)


@pytest.mark.parametrize(
    "f",
    [
        products_with_lists,
        split_from_lists,
        list_plus_array,
        list_times_array,
        deque_plus_number,
        list_plus_what_joins,
        list_plus_what_passes,
        list_plus_items,
        reversed_by_its_own,
        filled_with_a_list,
        filled_with_columns,
        copied_from_a_list,
        copies_of_a_subclass,
    ],
)
def test_who_is_asked_first(f):
    step = 1e-6
    gradient = ad.grad(f)(POINT)
    for index, unit in enumerate(np.eye(3)):
        expected = (f(POINT + step * unit) - f(POINT - step * unit)) / (2.0 * step)
        assert gradient[index] == pytest.approx(expected, rel=1e-8, abs=1e-8)
    tangent = ad.jvp(f, (POINT,), (np.ones(3),))[1]
    assert tangent == pytest.approx(gradient.sum(), rel=1e-12)


@pytest.mark.parametrize("array", [np.ones(3), np.float64(2.0)])
@pytest.mark.parametrize("kind", [collections.UserList, Scaled])
def test_a_sequence_that_only_numpy_looks_into_is_refused(array, kind):
    def f(x):
        return np.sum(array * kind(x[0] if kind is Scaled else list(x)))

    with pytest.raises(MissingRule) as caught:
        ad.grad(f)(POINT)
    assert __file__ in str(caught.value)
