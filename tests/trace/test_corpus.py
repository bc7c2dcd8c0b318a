"""Small programs of the kind people write, each against finite differences in both modes."""

import collections
import contextlib
import dataclasses
import functools
import heapq
import itertools
import math
import operator
import random
import statistics
import threading

import numpy as np
import pytest

import adjoint as ad
from adjoint import errors
from adjoint.testing import audit


class Vector:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor)

    __rmul__ = __mul__

    def __neg__(self):
        return Vector(-self.x, -self.y)

    def __abs__(self):
        return math.hypot(self.x, self.y)

    def __iter__(self):
        yield self.x
        yield self.y

    def __matmul__(self, other):
        return sum(a * b for a, b in zip(self, other, strict=True))


def vectors(a, b):
    u, v = Vector(a, b), Vector(b * 2.0, a * a)
    w = 3.0 * u + -v * a
    p, q = w
    return abs(w) + (u @ v) * p - q


class Quaternion:
    def __init__(self, *parts):
        self.parts = parts

    def __mul__(self, other):
        a, b, c, d = self.parts
        e, f, g, h = other.parts
        return Quaternion(
            a * e - b * f - c * g - d * h,
            a * f + b * e + c * h - d * g,
            a * g - b * h + c * e + d * f,
            a * h + b * g - c * f + d * e,
        )

    def __pow__(self, n):
        return functools.reduce(operator.mul, [self] * n)

    @property
    def norm(self):
        return math.sqrt(math.fsum(p * p for p in self.parts))


def quaternions(a, b):
    q = Quaternion(a, b, 1.0, a * b) ** 3
    return q.norm + q.parts[2]


class Dual:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def __mul__(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        return Dual(self.value * other.value, self.value * other.slope + self.slope * other.value)

    __rmul__ = __mul__

    def __add__(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        return Dual(self.value + other.value, self.slope + other.slope)


def dual_numbers(a, b):
    x = Dual(a, 1.0)
    return (x * x * b + 2.0 * x).slope * a


class Account:
    rate = 0.1

    def __init__(self, balance):
        self._balance = balance
        self.history = [balance]

    @property
    def balance(self):
        return self._balance * (1.0 + self.rate)

    @balance.setter
    def balance(self, value):
        self.history.append(value)
        self._balance = value

    @classmethod
    def of(cls, amount):
        return cls(amount)

    @staticmethod
    def fee(amount):
        return 0.01 * amount**2


def accounts(a, b):
    account = Account.of(a)
    account.balance = account.balance - b
    account.balance += a * b
    account.rate = b
    return account.balance - Account.fee(a) + account.history[1] * account.history[-1]


@dataclasses.dataclass
class Spring:
    stiffness: float
    rest: float = 1.0
    memory: list = dataclasses.field(default_factory=list)

    def __post_init__(self):
        self.half = self.stiffness / 2.0

    def energy(self, length):
        self.memory.append(length)
        return self.half * (length - self.rest) ** 2


def dataclass_with_post_init(a, b):
    spring = Spring(stiffness=a, rest=b)
    stiffer = dataclasses.replace(spring, stiffness=a * b)
    return spring.energy(2.0) + stiffer.energy(a) + sum(spring.memory)


def closures(a, b):
    total = 0.0

    def add(amount, *more, scale=1.0, **extra):
        nonlocal total
        total += amount * scale + sum(more) + sum(extra.values())
        return total

    add(a)
    add(b, a, scale=a, bonus=a * b)
    return add(1.0) * total


def generators(a, b):
    def powers(x):
        value = 1.0
        while True:
            received = yield value
            value *= x if received is None else received

    stream = powers(a)
    first = list(itertools.islice(stream, 4))
    sent = stream.send(b)
    tail = itertools.takewhile(lambda v: v < 100.0, itertools.accumulate(first, operator.mul))
    return sum(tail) + sent * next(stream)


def containers(a, b):
    items = [a, b, a * b]
    items.insert(1, a**2)
    items[1:3] = [b * 3.0, a, a]
    del items[0]
    items.extend(v * 2.0 for v in list(items))
    queue = collections.deque(items, maxlen=5)
    queue.rotate(2)
    queue.appendleft(items.pop() * b)
    counts = collections.defaultdict(float)
    for place, value in enumerate(queue):
        counts[place % 2] += value * place
    merged = {**counts, "last": counts.get(7, a)}
    merged.setdefault("first", b * b)
    return sum(merged.values()) + merged.pop("last")


def heaps(a, b):
    heap = [(b * 2.0, 1), (a, 2), (a * b, 3)]
    heapq.heapify(heap)
    total = 0.0
    while heap:
        value, weight = heapq.heappop(heap)
        total += weight * value * len(heap)
        if weight == 2:
            heapq.heappush(heap, (value + b, 5))
    return total


def sorting(a, b):
    records = [{"v": a * b, "k": 2}, {"v": b, "k": 3}, {"v": a, "k": 1}]
    records.sort(key=lambda r: -r["v"])
    ranked = sorted(records, key=operator.itemgetter("k"), reverse=True)
    best = max(records, key=lambda r: r["v"])
    return records[0]["v"] * 2.0 + ranked[0]["v"] * 3.0 + best["v"] ** 2


def exceptions(a, b):
    total = 0.0
    for divisor in (b, 0.0, a):
        try:
            total += a / divisor
        except ZeroDivisionError as problem:
            total += a * len(problem.args)
        else:
            total *= b
        finally:
            total += b * b
    try:
        raise ValueError(a * b)
    except ValueError as problem:
        return total + problem.args[0]


@contextlib.contextmanager
def scaled(store, factor):
    store.append(factor)
    try:
        yield factor * 2.0
    finally:
        store.append(factor * factor)


def contexts(a, b):
    store = []
    with scaled(store, a) as double, scaled(store, b) as other:
        inner = double * other
    return inner + math.prod(store)


def tree_recursion(a, b):
    tree = (a, ((b, None), (a * b, ((a, None),))))

    def total(node, depth):
        value, children = node
        return value * depth + sum(total(c, depth + 1) ** 2 for c in children or ())

    return total((tree[0], tree[1]), 1)


def memoised(a, b):
    memo = {}

    def value(n):
        if n < 2:
            return (a, b)[n]
        if n not in memo:
            memo[n] = value(n - 1) * a + value(n - 2)
        return memo[n]

    @functools.cache
    def binomial(n, k):
        return 1.0 if k in (0, n) else a * binomial(n - 1, k - 1) + binomial(n - 1, k)

    return value(8) + binomial(6, 3)


def strings_along_the_way(a, b):
    log = [f"{a:.3f} {b!r}", "value " + str(a), f"{b}"]
    names = {str(index): value for index, value in enumerate((a, b))}
    return names["0"] * names["1"] * len(log) if log[0] else a


def gaussian_elimination(m, r):
    m, r = m.copy(), r.copy()
    n = len(r)
    for k in range(n):
        p = k + int(np.argmax(np.abs(m[k:, k])))
        m[[k, p]] = m[[p, k]]
        r[k], r[p] = r[p], r[k]
        for i in range(k + 1, n):
            f = m[i, k] / m[k, k]
            m[i, k:] -= f * m[k, k:]
            r[i] -= f * r[k]
    x = np.zeros(n)
    for i in reversed(range(n)):
        x[i] = (r[i] - m[i, i + 1 :] @ x[i + 1 :]) / m[i, i]
    return x


def lu(m, r):
    n = len(m)
    lower, upper = np.eye(n), m.copy()
    for j in range(n - 1):
        lower[j + 1 :, j] = upper[j + 1 :, j] / upper[j, j]
        upper[j + 1 :] -= np.outer(lower[j + 1 :, j], upper[j])
    return np.sum(lower * r) + np.prod(np.diag(upper))


def cholesky(m, r):
    a = m @ m.T + np.eye(len(m))
    n = len(a)
    lower = np.zeros_like(a)
    for i in range(n):
        for j in range(i + 1):
            s = a[i, j] - sum(lower[i, k] * lower[j, k] for k in range(j))
            lower[i, j] = math.sqrt(s) if i == j else s / lower[j, j]
    return lower @ r


def stencil(m, r):
    u = np.concatenate([r, m.ravel()])
    for _ in range(4):
        u[1:-1] += 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        u[0], u[-1] = u[1], u[-2]
    return u * u


def convolution_loops(m, r):
    out = np.zeros((2, 2))
    for i, j in np.ndindex(2, 2):
        out[i, j] = (m[i : i + 2, j : j + 2] * r[:2, None]).sum()
    return out


def runge_kutta(a, b):
    def field(t, y):
        return np.array([y[1], -a * y[0] - b * y[1] ** 3 + math.sin(t)])

    y, h = np.array([1.0, 0.5]), 0.1
    for step in range(5):
        t = step * h
        k1 = field(t, y)
        k2 = field(t + h / 2, y + h / 2 * k1)
        k3 = field(t + h / 2, y + h / 2 * k2)
        k4 = field(t + h, y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y[0] * y[1]


def newton(a, b):
    x = 1.0
    for _ in range(50):
        step = (x**3 + a * x - b) / (3.0 * x**2 + a)
        x -= step
        if abs(step) < 1e-14:
            break
    return x


def dynamic_programming(a, b):
    costs = [[a, b, a * b], [b * b, a, 1.0], [a + b, b, a]]
    best = [[math.inf] * 3 for _ in range(3)]
    best[0][0] = costs[0][0]
    for i, j in itertools.product(range(3), repeat=2):
        if i:
            best[i][j] = min(best[i][j], best[i - 1][j] + costs[i][j])
        if j:
            best[i][j] = min(best[i][j], best[i][j - 1] + costs[i][j])
    return best[-1][-1]


def fourier_sum(m, r):
    n = len(r)
    total = 0.0
    for k in range(n):
        term = sum(r[j] * np.exp(-2j * np.pi * j * k / n) for j in range(n))
        total += abs(term) ** 2 * (k + 1)
    return total + np.sum(m)


def einsum_and_linalg(m, r):
    a = np.einsum("ij,kj->ik", m, m) + np.eye(len(m))
    return np.linalg.solve(a, r) @ r + np.linalg.slogdet(a)[1] + np.linalg.norm(m, axis=0).sum()


def ufunc_methods(m, r):
    total = np.add.reduce(m, axis=1) * np.multiply.outer(r, r)[0]
    total = total + np.add.accumulate(r) + np.multiply.reduce(m)
    np.add.at(total, [0, 0, 2], r)
    return total


def out_and_where(m, r):
    out = np.ones_like(m)
    np.divide(m, r, out=out, where=m > 0)
    np.multiply(out, out, out=out)
    np.copyto(out, r, where=out > 2.0)
    return out.sum(axis=0, where=m < 1.0)


def match_statement(a, b):
    total = 0.0
    for shape in ({"kind": "square", "side": a}, ("circle", b), [a, b, a], Vector(a, b), 3):
        match shape:
            case {"kind": "square", "side": side}:
                total += side * side
            case ("circle", radius) if radius > 0:
                total += math.pi * radius**2
            case [first, *rest]:
                total += first * sum(rest)
            case Vector(x=x, y=y):
                total += x / y
            case _:
                total *= a
    return total


def walrus_and_stars(a, b):
    values = [y for x in (a, b, -a) if (y := x * x + b) > 0.5]
    first, *middle, last = (*values, a)
    options = {"p": a, "q": b}
    return (lambda p, q, *rest: p * q + sum(rest))(*[first, last], *middle) + dict(**options)["p"]


def reduce_and_partial(a, b):
    def power(x, n, *, shift):
        return x**n + shift

    cube = functools.partial(power, n=3, shift=b)
    scale = operator.mul
    return functools.reduce(scale, map(cube, [a, b])) + operator.truediv(a, b)


STATE = {"count": 0, "value": 0.0}


def global_state(a, b):
    global STATE
    STATE = {"count": 0, "value": 0.0}
    for step in range(3):
        STATE["count"] += 1
        STATE["value"] += a * b**step
    result = STATE["value"] * STATE["count"]
    STATE = {"count": 0, "value": 0.0}
    return result


def statistics_module(a, b):
    data = [a, b, a * b, 1.0]
    return statistics.fmean(data) + statistics.geometric_mean([a, b]) + data[-1]


def random_numbers(a, b):
    rng = random.Random(3)
    noise = np.random.default_rng(4).standard_normal(3)
    return sum(a * rng.gauss(0.0, 1.0) + b * n for n in noise) + rng.choice([a, b])


def comparisons_chain(a, b):
    if 0.0 < a < b < 100.0 and a != b:
        return a * b if a or b else 0.0
    return a


def arrays_of_results(m, r):
    rows = [row * w for row, w in zip(m, r, strict=True)]
    stacked = np.stack([*rows, np.array([r[0], m[1, 1], 2.0])])
    return np.vstack(rows).T @ stacked[:3] @ r


SCALARS = [
    vectors, quaternions, dual_numbers, accounts, dataclass_with_post_init, closures, generators,
    containers, heaps, sorting, exceptions, contexts, tree_recursion, memoised,
    strings_along_the_way, runge_kutta, newton, dynamic_programming, match_statement,
    walrus_and_stars, reduce_and_partial, global_state, statistics_module, random_numbers,
    comparisons_chain,
]  # fmt: skip
ARRAYS = [
    gaussian_elimination, lu, cholesky, stencil, convolution_loops, fourier_sum, einsum_and_linalg,
    ufunc_methods, out_and_where, arrays_of_results,
]  # fmt: skip
MATRIX = np.array([[2.0, -1.1, 0.4], [0.7, 3.0, 1.3], [-0.6, 0.9, 2.5]])


@pytest.mark.parametrize("program", SCALARS, ids=lambda f: f.__name__)
def test_of_numbers(check, program):
    check(program, 1.3, 1.7)


@pytest.mark.parametrize("program", ARRAYS, ids=lambda f: f.__name__)
def test_of_arrays(check, program):
    check(program, MATRIX, np.array([1.2, 0.8, -0.5]))


@pytest.mark.parametrize("program", SCALARS, ids=lambda f: f.__name__)
def test_nothing_of_numbers_is_lost(program):
    findings = audit(program, 1.3, 1.7).findings
    assert [f for f in findings if f.kind in ("constant", "unwatched")] == []


@pytest.mark.parametrize("program", ARRAYS, ids=lambda f: f.__name__)
def test_nothing_of_arrays_is_lost(program):
    findings = audit(program, MATRIX, np.array([1.2, 0.8, -0.5])).findings
    assert [f for f in findings if f.kind in ("constant", "unwatched")] == []


SQUARES = np.frompyfunc(lambda v: v * v, 1, 1)  # whose function native code does not show


def by_a_ufunc_from_outside(x):
    return SQUARES(x).sum()


def by_unknown_keyword(x):
    return np.sin(x, signature="d->d").sum()


@pytest.mark.parametrize("program", [by_a_ufunc_from_outside, by_unknown_keyword])
def test_loud(program):
    with pytest.raises(errors.AdjointError) as caught:
        ad.grad(program)(np.ones(3))
    assert caught.value.place is not None


def test_two_threads_at_once():
    found = {}

    def work(factor):
        for _ in range(20):
            gradient = ad.grad(lambda x: sum(factor * x**k for k in range(6)))(1.5)
            found.setdefault(factor, set()).add(gradient)

    threads = [threading.Thread(target=work, args=(factor,)) for factor in (1.0, 2.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    slope = ad.grad(lambda x: sum(x**k for k in range(6)))(1.5)
    assert found == {1.0: {slope}, 2.0: {2.0 * slope}}
