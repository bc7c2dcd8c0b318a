"""Numeric Python as it is written: compiled, it gives what the traced tier gives."""

import math
from dataclasses import dataclass, field

import numpy as np
import pytest

import adjoint as ad
from adjoint import errors
from adjoint.compile.ir.running import run
from adjoint.compile.jitted import Jitted, gradient, selected

VECTOR = np.array([0.3, 1.2, -0.7, 0.9, 0.5])
MATRIX = np.array([[2.0, 0.3, 0.5], [0.1, -1.5, 0.7], [0.6, 0.2, 1.1]])
TALL = np.vstack((MATRIX, MATRIX[0] * 0.7))
STACK = np.random.default_rng(1).standard_normal((2, 3, 4))
PLACES, OTHERS = np.array([0, 2, 2]), np.array([1, -1, 1, 0])


# Stores at arrays of places: the last of those that have one place stays.


def rows_at_places(m):
    b = m * 1.0
    b[PLACES] = m[1:] * 2
    b[PLACES] += m[:3]
    b[[1, 0]] = b[[0, 1]]
    b[[3, 3]] = m[0] * m[1, 1]
    return np.sum(b**3 * np.arange(12.0).reshape(4, 3))


def items_at_places(a):
    b = np.zeros(5)
    for k in range(3):
        b[PLACES] += a[k] * b[OTHERS[:3]] + a[:3]
    b[[0, 3]] = a[1]
    view = b[1:]
    view[[0, 1]] = a[:2] * a[2]
    return np.sum(b**3)


def columns_at_places(m):
    b = m * 1.0
    b[:, PLACES] = m[:, :1] * 2
    b[:, [1, 1]] += m[:, :2]
    b[:, [0, 1]] *= m[0, :2]
    b[:, [2, 2]] = m[1, 1]
    return np.sum(b**3)


def pairs_of_places(m):
    b = m * 1.0
    b[PLACES, OTHERS[:3]] = m[0] * 2
    b[PLACES, 0] += m[1]
    b[2, OTHERS] = m[:, 0]
    b[m[:, 0] > 0.3, 1] = 3.0 * m[0, 0]
    return np.sum(b**3)


def planes_at_places(t):
    b = t * 1.0
    b[[0, 1, 0]] = t[0, 0]
    b[[0, 1], [2, 1]] = t[0, 1:] ** 2
    return np.sum(b**3)


def added_at_places(a):
    b = a * 1.0
    np.add.at(b, PLACES, a[:3] ** 2)
    np.add.at(b, [0, 0], a[4])
    np.subtract.at(b, PLACES, 2.0)
    counts = np.zeros(5, dtype=np.int64)
    np.add.at(counts, [0, 0, 3], 1)
    return np.sum(counts * b**3)


def added_at_pairs(m):
    b = m * 1.0
    np.add.at(b, (PLACES, OTHERS[:3]), m[2])
    np.add.at(b, (PLACES, 1), m[0, 0])
    return np.sum(b**3)


# Masks of all axes.


def masks_of_matrices(m):
    b = m * 1.0
    b[m < 0.3] = 0.5
    b[b > 1.0] *= m[0, 0]
    b[m < 0.2] = m[m < 0.2] ** 2
    return np.sum(b**3)


def masks_of_stacks(t):
    b = t * 1.0
    b[t < 0] = t[t < 0] ** 2
    b[t > 1] = 1
    return np.sum(b**3)


# Loops that turn matrices round.


def turned_in_turn(m):
    x = m
    for _ in range(3):
        x = x.T * 1.5
    return np.sum(x * MATRIX)


def turned_in_two_orders(m):
    x, y = m, m
    while np.sum(np.abs(x)) < 50.0:
        x, y = (y + 0.1).T, np.tanh(x * 1.5) @ MATRIX + x * 2.0
    return np.sum(x * MATRIX) + np.sum(y @ x)


# Loops over places, comprehensions, batches.


def over_places(m):
    total = sum(m.flat)
    for i, j in np.ndindex(m.shape):
        if i == j:
            continue
        total += m[i, j] ** 2 * i * j
    for (i, j), v in np.ndenumerate(m):
        total += v**3 * i + j * v
    for v in m.flat:
        if v > 1.0:
            break
        total += v * v
    return total


def left_from_places(m):
    for n, (place, v) in enumerate(np.ndenumerate(m)):
        if v > 0.6 and n > 0:
            return v**2 * place[0]
    return m[0, 0]


def gathered(a):
    squares = np.array([x * x for x in a])
    steps = np.asarray([a[i] * i for i in range(len(a))])
    places = np.array([2 * i for i in range(len(a))])
    return np.sum(squares * steps * places)


def comprehension_in_a_loop(a):
    total = 0.0
    for i in range(3):
        total += sum([a[i] * k * j for k in (1.0, 2.0) for j in (1.0, i)])
    return total


def functions_of_a_comprehension(a):
    made = [lambda x: x * k for k in (a[0], a[1])]  # noqa: B023
    return made[0](a[0]) + made[1](a[1])


def batched(m):
    squares = ad.vmap(lambda row: np.sum(row * row) * row[0])(m)
    slopes = ad.vmap(ad.grad(lambda row: np.sum(row**3)))(m)
    return np.sum(squares**2) + np.sum(slopes * ad.vmap(lambda r, x: r * x)(m, m[:, 0]))


def first_and_last(a):
    x, y, *_ = a
    z, *_, w = a
    return x * y * z * w


# Functions that write into arrays, and what NumPy would warn of.


def written_into(a):
    b, c = np.empty_like(a), np.zeros((2, 5))
    np.multiply(a, a, out=b)
    np.add(b, a, b)
    np.exp(b, out=c[0])
    np.subtract(c, 1.0, out=c)
    return np.sum(np.sqrt(np.abs(b), out=b)) + np.sum(c**2)


def silenced(a):
    total = 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        for v in a:
            if v < 0:
                continue
            total += v * v
        if total > 100:
            return total
    return total * 2


def filled_diagonal(a):
    b = np.outer(a, a)
    np.fill_diagonal(b, a[:2] ** 2)
    return np.sum(b**2)


def filled_like(a):
    b = np.full_like(a, 2)
    b[0] = a[0]
    return np.sum(b * a) + np.sum(np.full_like(PLACES, 2.5)) * a[1]


def orders_of_ints(a):
    n = np.array([3, -1, 2, 5])
    b = a * np.median(n) + np.quantile(n, 0.3) * a[1]
    np.add.at(b, slice(1, 3), a[3:] * np.sort(n)[1])
    return np.sum(b**2) if a is not None else 0.0


def logarithms(x):
    near = math.isclose(x, 1.3 + 1e-12) and not math.isclose(x, 2)
    cut = math.fmod(-x, 0.4) + math.cbrt(x)
    return cut * math.log(x, 2) * math.prod([x, x, 3.0]) * (2.0 if near else 1.0)


# Objects.


class Pair:
    scale = 2.0

    def __init__(self, x, y=1.0):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Pair(self.x + other.x, self.y + other.y)

    def __mul__(self, k):
        return Pair(self.x * k, self.y * k)

    __rmul__ = __mul__

    def __neg__(self):
        return Pair(-self.x, -self.y)

    def __abs__(self):
        return math.hypot(self.x, self.y)

    def __getitem__(self, i):
        return self.x if i == 0 else self.y

    def __len__(self):
        return 2

    def __call__(self, t):
        return self.x + t * self.y


def of_pairs(x):
    a = Pair(x, x * x)
    for _ in range(3):
        a = a + a * 0.5
    b = 2.0 * -a
    b += Pair(1.0, x)
    return abs(b) + b[0] * b[1] * len(b) + a(x) + a.scale * Pair(x).y


class Mean:
    __slots__ = ("count", "total")

    def __init__(self):
        self.total, self.count = 0.0, 0

    def __iadd__(self, value):
        self.total += value
        self.count += 1
        return self


def of_a_mean(a):
    mean = Mean()
    for v in a:
        mean += v * v
    return mean.total / mean.count


@dataclass
class Doubled:
    x: float

    def __init__(self, x):
        self.x = 2.0 * x


@dataclass(frozen=True)
class Squared:
    x: float
    square: float = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "square", self.x**2)


def of_own_constructors(x):
    return Doubled(x).x ** 2 + Squared(x).square * Squared(x).x


PROGRAMS = [
    (rows_at_places, TALL),
    (items_at_places, VECTOR),
    (columns_at_places, TALL),
    (pairs_of_places, TALL),
    (planes_at_places, STACK),
    (added_at_places, VECTOR),
    (added_at_pairs, TALL),
    (masks_of_matrices, TALL),
    (masks_of_stacks, STACK),
    (turned_in_turn, MATRIX),
    (turned_in_turn, np.asfortranarray(MATRIX)),
    (turned_in_two_orders, MATRIX),
    (over_places, TALL),
    (left_from_places, TALL),
    (gathered, VECTOR),
    (comprehension_in_a_loop, VECTOR),
    (functions_of_a_comprehension, VECTOR),
    (batched, TALL),
    (first_and_last, VECTOR),
    (written_into, VECTOR),
    (silenced, VECTOR),
    (filled_like, VECTOR),
    (filled_diagonal, VECTOR),
    (orders_of_ints, VECTOR),
    (logarithms, 1.3),
    (of_pairs, 1.3),
    (of_a_mean, VECTOR),
    (of_own_constructors, 1.3),
]
IDS = [function.__name__ for function, _ in PROGRAMS]


def fresh(x):
    """A number, or a copy of an array in the same order."""
    return np.copy(x, order="K") if np.ndim(x) else x


@pytest.mark.parametrize(("function", "x"), PROGRAMS, ids=IDS)
def test_values_and_gradients(function, x):
    """What the compiler makes, run by the interpreter of its representation."""
    expected, slope = ad.value_and_grad(function)(fresh(x))
    call = Jitted(function).call((fresh(x),), {})
    value, found = run(gradient(call.program, selected(call, (0,))), *call.arguments)
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    np.testing.assert_allclose(found, slope, rtol=1e-10, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("function", "x"), PROGRAMS, ids=IDS)
def test_machine_code(function, x):
    expected, slope = ad.value_and_grad(function)(fresh(x))
    value, found = ad.value_and_grad(ad.jit(function))(fresh(x))
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    np.testing.assert_allclose(found, slope, rtol=1e-10, atol=1e-12)


def values_do_not_fit(a):
    b = np.zeros(5)
    b[PLACES] = a[:2]
    return np.sum(b)


def masked_values_do_not_fit(m):
    b = m * 1.0
    b[m > 0.0] = m[0, :2]
    return np.sum(b)


def too_few(a):
    x, y, *_ = a[:1]
    return x * y


@pytest.mark.parametrize(
    ("function", "x"),
    [(values_do_not_fit, VECTOR), (masked_values_do_not_fit, TALL), (too_few, VECTOR)],
)
def test_what_does_not_fit_raises(function, x):
    with pytest.raises(ValueError):
        function(x)
    call = Jitted(function).call((x.copy(),), {})
    with pytest.raises(ValueError):
        run(call.program.function, *call.arguments)


def starred_items(a):
    _x, *rest = a
    return sum(rest)


def other_with(x):
    with open("nothing") as _:
        return x


def raising(x):
    with np.errstate(divide="raise"):
        return x


def one_object(x, flag):
    return x if flag is True else 0.0


def two_are_positive(a):
    return ((a[0] > 0) + (a[1] > 0)) * a[2]


def is_not_positive(a):
    return a[1] if ~(a[0] > 0) else a[2]


def combinations(n, x):
    return math.comb(n, 2) * x


@pytest.mark.parametrize(
    ("function", "args", "what"),
    [
        (starred_items, (VECTOR,), "`rest` cannot be used here: the number of its items"),
        (other_with, (1.0,), "this `with`"),
        (raising, (1.0,), "this `with`"),
        (one_object, (1.0, True), "whether these are one object"),
        (two_are_positive, (VECTOR,), "the sum of two truth values"),
        (is_not_positive, (VECTOR,), "`~` of a truth value"),
        (combinations, (3, 1.0), "`comb`"),
    ],
)
def test_what_is_refused(function, args, what):
    with pytest.raises(errors.UnsupportedSyntax) as caught:
        Jitted(function)(*args)
    assert caught.value.what.startswith(what) and caught.value.place.filename == __file__
