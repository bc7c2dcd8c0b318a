"""Programs of plain numbers: every construct of Python's control flow and data."""

import colorsys
import functools
import itertools
import math
import operator
import statistics
from collections import defaultdict, deque, namedtuple
from dataclasses import dataclass, field

import numpy as np
import pytest

import adjoint as ad
from adjoint import errors, spaces, trace
from adjoint.trace.recording import LEVELS


def sum_loop(x):
    total = 0.0
    for i in range(5):
        total += x * i
    return total


def arithmetic(x, y):
    z = x * y + x / y - 3.0 * (x - 2) ** 2 + 2**y + (-x) + y**x + x % y + (7.2 % y) + x**0 + (+x)
    z += x // y
    z -= x * z
    z *= y
    z /= 3.0
    z **= 2
    return z, x**-2, x**3, 1 / x, x * 2 / 3 * y, -(x * -y), x - y - x, abs(x) + abs(-y)


def order_of_evaluation(x):
    log = []

    def say(value):
        nonlocal x
        log.append(value)
        x = x + 1.0
        return value

    result = x * 2.0 + say(x) * x + (x := x * 3.0) * x - say(x) / (x + say(x))
    return result, log


def while_break_continue(x):
    n = 0
    while True:
        n += 1
        if n % 2:
            continue
        x = x * 1.1 + n
        if x > 20.0:
            break
    else:
        x = 0.0
    for i in range(3):
        if i > x:
            break
    else:
        x *= 2.0
    return x


def early_return(x):
    for i in range(10):
        x *= 1.5
        if x > 6.0:
            return x * i
    return x


def conditional(x, y):
    return (x if x > y else y * y) * (1.0 if not (x < y and y) else x or y)


def recursion(x, n=4):
    return 1.0 if n == 0 else x * recursion(x * 1.01, n - 1) + x


def closures(x):
    count = 0.0

    def add(value, *, scale=x):
        nonlocal count
        count += value * scale
        return lambda z: z * count

    add(2.0)
    return add(x)(x) + count


def containers(x, y):
    items = [x, y]
    items.append(x * y)
    items.insert(0, y - x)
    items[1] *= 3.0
    items[1:2] = [items[0], x] * 2
    del items[0]
    table = {"a": x, "b": [y]}
    table["b"].append(table.pop("a") * 2.0)
    table.setdefault("c", x * y)
    counts = defaultdict(float)
    for index, value in enumerate(items):
        counts[index % 2] += value * index
    queue = deque(items, maxlen=3)
    first, *rest = queue
    (p, q), r = (first, rest[0]), rest[-1]
    ordered = sorted(items, key=lambda v: -v)
    items.sort(key=operator.neg)
    return (
        ordered[0] * p + q - r,
        counts,
        [v * v for v in items if v > 0],
        {k: v + 1.0 for k, v in table.items() if k != "b"},
        sum(v * i for i, v in enumerate(table["b"])),
        max(items) - min(items) * max(x, y, key=lambda v: v * v),
        functools.reduce(lambda a, b: a * b, items),
        list(itertools.accumulate(items)),
        list(map(lambda a, b: a * b, items, reversed(items))),
        math.fsum(v * 2.0 for v in items) + math.prod(items) + math.hypot(*items[:3]),
    )


Point = namedtuple("Point", "u v")


class Vector:
    __slots__ = ("a", "b")
    made = 0

    def __init__(self, a, b):
        self.a, self.b = a, b
        type(self).made += 1

    def __add__(self, other):
        return Vector(self.a + other.a, self.b + other.b)

    def __rmul__(self, factor):
        return Vector(factor * self.a, factor * self.b)

    def __matmul__(self, other):
        return self.a * other.a + self.b * other.b

    def __iter__(self):
        yield self.a
        yield self.b

    def __getitem__(self, index):
        return (self.a, self.b)[index] * 2.0

    def __lt__(self, other):
        return self.length < other.length

    def __call__(self, t):
        return self.a + t * self.b

    def __neg__(self):
        return Vector(-self.a, -self.b)

    @property
    def length(self):
        return math.sqrt(self @ self)

    @length.setter
    def length(self, value):
        factor = value / self.length
        self.a *= factor
        self.b *= factor

    @classmethod
    def along(cls, x):
        return cls(x, x * x)

    @staticmethod
    def twice(x):
        return 2.0 * x


class Scaled(Vector):
    __slots__ = ()

    def __init__(self, a, b):
        super().__init__(a * 2.0, b)
        self.__check()

    def __check(self):
        self.b = self.b + 0.0 * self.a

    def __radd__(self, other):
        return Vector(self.a * other.a, 1.0)


@dataclass
class Spring:
    k: float
    rest: float = 1.0
    history: list = field(default_factory=list)
    energy: float = field(init=False)

    def __post_init__(self):
        self.energy = 0.5 * self.k * self.rest**2


class Scope:
    def __init__(self, x):
        self.x = x

    def __enter__(self):
        self.x = self.x * 2.0
        return self

    def __exit__(self, kind, value, traceback):
        self.x = self.x * 3.0
        return kind is ZeroDivisionError


def classes(x, y):
    v = Vector(x, y) + 2.0 * Vector.along(y)
    w = Scaled(x, y)
    u = v + w
    u.length = 2.0 * x
    v.a += w(3.0)
    a, b = u
    spring = Spring(x * y, rest=y)
    spring.history.append(spring.energy * x)
    point = Point(u=x * 2.0, v=y)._replace(v=x)
    with Scope(x) as scope:
        inside = scope.x * 1.0
        _ = 1.0 / (scope.x - scope.x)
    best = max([v, w])
    return (
        v @ w + a * b + u[0] - (-v)[1],
        spring.energy + spring.history[0],
        point.u * point.v,
        inside + scope.x,
        best.length + Vector.twice(x) + sum(t for t in v),
        functools.partial(operator.mul, x)(y),
    )


def generators(x):
    def powers(base):
        value = base
        while True:
            sent = yield value
            value *= base if sent is None else sent

    stream = powers(x)
    first = next(stream)
    second = stream.send(x * 2.0)
    rest = [value * i for i, value in zip(range(3), stream, strict=False)]

    def chained():
        yield from (v * x for v in rest)
        yield from itertools.takewhile(lambda v: v < 1e9, [x, second])

    return first + second + sum(chained())


def exceptions(x):
    total = 0.0
    for i in range(4):
        try:
            if i == 1:
                raise ValueError(x * i)
            if i == 2:
                total += x / 0.0
            total += x * i
        except ValueError as error:
            total += error.args[0] * 10.0
        except ZeroDivisionError:
            total += x**2
        else:
            total *= x
        finally:
            total += x
    return total


def syntax(x):
    match (x, [x * 2.0, 3.0]):
        case (a, [b, c]) if a < b:
            y = a * b * c
        case _:
            y = 0.0

    class Local:
        scale = x * 2.0

        def value(self):
            return self.scale * y

    total = 0.0
    for (a, b), c in zip(zip([x], [y], strict=True), [2.0], strict=True):
        total += a * b * c
    rows = {}
    rows["k"], total2 = y * 2.0, (lambda *args, k=x, **kw: sum(args) * k * kw["z"])(x, y, z=3.0)
    assert f"{x:.3f}" and x == x and 0.0 < x < 1e9 and x in [x] and x is not None
    return total + Local().value() + rows["k"] + total2 if (n := x * x) > 0 else n


def memoised(x, y):
    @functools.lru_cache
    def square(v):
        return v * v

    return square(x) * square(y) + square(x)


def special_values(x):
    copy = float(x)
    same = copy + 0 if copy * 1 >= copy else 0.0
    return max(same, 0.0) * +copy + math.fmod(x, 1.0) + math.atan2(x, 2.0) + math.log(x, 3.0)


PROGRAMS = [
    (sum_loop, (2.0,)),
    (arithmetic, (1.3, 0.7)),
    (order_of_evaluation, (1.3,)),
    (while_break_continue, (0.4,)),
    (early_return, (1.7,)),
    (conditional, (1.3, 0.7)),
    (conditional, (0.3, 0.7)),
    (recursion, (1.2,)),
    (closures, (1.4,)),
    (containers, (1.3, -0.7)),
    (classes, (1.3, 0.7)),
    (generators, (1.1,)),
    (exceptions, (1.6,)),
    (syntax, (1.2,)),
    (memoised, (2.0, 2.0)),
    (special_values, (1.7,)),
    (arithmetic, (np.float64(1.3), np.float64(0.7))),
    (colorsys.rgb_to_hls, (0.8, 0.4, 0.1)),
    (colorsys.hsv_to_rgb, (0.8, 0.4, 0.1)),
    (statistics.linear_regression, ([1.0, 2.0, 3.0, 4.5], [1.0, 3.0, 2.0, 5.0])),
    (statistics.correlation, ([1.0, 2.0, 3.0, 4.5], [1.0, 3.0, 2.0, 5.0])),
    (statistics.fmean, ([1.0, 2.0, 4.5],)),
]


@pytest.mark.parametrize(
    ("program", "args"), PROGRAMS, ids=[f"{p.__name__}{i}" for i, (p, _) in enumerate(PROGRAMS)]
)
def test_program(check, program, args):
    check(program, *args)


def test_the_first_example():
    x = spaces.fresh(2.0)
    assert trace.record(sum_loop, (x,), {}, [x]).pullback([1.0]) == [10.0]


def test_long_loops_reach_the_compiled_sweep_and_prune(check):
    def program(x, n):
        total = 0.0
        for i in range(n):
            x = x * 0.9999 + 0.001 * math.sin(x + i)
            total += x * x
        return total

    check(program, 1.3, 20_000, rtol=1e-5)
    x = spaces.fresh(1.3)
    level = []

    def watched(x):
        result = program(x, 20_000)
        level.append(len(LEVELS.running[-1].recorder.kept))
        return result

    trace.record(watched, (x,), {}, [x])
    assert level[0] < 20_000


def test_ties_share_the_weight():
    for program in (
        lambda x: max(x, 0.0) + min(x, 0.0),
        lambda x: max(x, 0.0) - max(-x, 0.0),
        lambda x: max([0.0, x]) + min((x, 0.0)),
    ):
        x = spaces.fresh(0.0)
        assert trace.record(program, (x,), {}, [x]).pullback([1.0]) == [1.0]


def test_infinite_partials_meet_a_zero_cotangent():
    def program(x):
        return math.sqrt(x) ** 2 + min(1.0, math.sqrt(x)) * 0.0 + x**0.5 * 0.0

    x = spaces.fresh(0.0)
    assert trace.record(program, (x,), {}, [x]).pullback([1.0]) == [0.0]
    x = spaces.fresh(0.0)
    assert trace.record(math.sqrt, (x,), {}, [x]).pullback([1.0]) == [math.inf]


def test_kinks_of_powers():
    for program, expected in [
        (lambda x: x**0, 0.0),
        (lambda x: x**1, 1.0),
        (lambda x: 0.0 ** (x + 1.0), 0.0),
        (lambda x: (x - 3.0) ** 2.0, -6.0),
    ]:
        x = spaces.fresh(0.0)
        assert trace.record(program, (x,), {}, [x]).pullback([1.0]) == [expected]


def test_a_value_kept_by_an_earlier_call_is_no_constant():
    cache = {}

    def program(x):
        if "y" not in cache:
            cache["y"] = x * x
        return cache["y"] * x

    def differentiated(sweep):
        x = spaces.fresh(3.0)
        return sweep(trace.record(program, (x,), {}, [x]))

    assert differentiated(lambda r: r.pullback([1.0])) == [27.0]
    with pytest.raises(errors.MissingRule, match="earlier"):
        differentiated(lambda r: r.pullback([1.0]))
    with pytest.raises(errors.MissingRule, match="earlier"):
        differentiated(lambda r: r.pushforward([1.0]))
    cache.clear()
    assert differentiated(lambda r: r.pullback([1.0])) == [27.0]


def test_a_result_is_a_constant_in_the_next_call():
    x = spaces.fresh(3.0)
    state = trace.record(lambda x: x * x, (x,), {}, [x]).out
    assert trace.record(lambda x: x * state, (x,), {}, [x]).pullback([1.0]) == [9.0]


def test_a_function_of_numbers_that_are_written_down():
    assert ad.grad(lambda x: (math.sqrt(5) - 1) / 2 * x)(2.0) == (math.sqrt(5) - 1) / 2
    assert ad.grad(lambda x: x * math.exp(-2.0) + math.pow(2.0, 0.5))(2.0) == math.exp(-2.0)


def test_operators_of_numbers_called_as_methods(check):
    check(lambda x: x.__neg__() * x.__abs__() + float.__abs__(-x) + x.__pos__() ** 2, 1.5)
    check(lambda x: complex(x, 2.0).__abs__() * x + float.__neg__(x), 1.5)


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (lambda x: x * np.int32(70_000) * np.int32(70_000), 4.9e9),
        (lambda x: np.int64(4_000_000_000) * x * np.int64(4_000_000_000), 1.6e19),
        (lambda x: x * np.bool_(True) + x * np.bool_(True), 2.0),
        (lambda x: (np.float64(2.0) > 1.0) * (3.0 - x), -1.0),
        (lambda x: x * np.uint8(200) * np.uint8(200), 4e4),
    ],
)
def test_slopes_are_not_calculated_with_integers_of_numpy(program, expected):
    assert ad.grad(program)(2.0) == expected
    assert ad.jvp(program, (2.0,), (1.0,))[1] == expected
