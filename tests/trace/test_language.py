"""The language as CPython runs it: each program's derivative against finite differences."""

import abc
import asyncio
import bisect
import collections
import contextlib
import copy
import dataclasses
import enum
import functools
import heapq
import itertools
import math
import operator
import statistics
import sys
import types
import typing
from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, defaultdict, deque

import numpy as np
import pytest

import adjoint as ad
from adjoint.testing.finite_difference import finite_difference_jvp

PROGRAMS = []


def program(function):
    PROGRAMS.append(function)
    return function


# classes


class Base:
    scale = 2.0

    def __init__(self, value):
        self.value = value

    def doubled(self):
        return self.scale * self.value

    @classmethod
    def made(cls, value):
        return cls(value * 3.0)

    @staticmethod
    def squared(value):
        return value * value


class Derived(Base):
    scale = 5.0

    def __init__(self, value, other):
        super().__init__(value)
        self.__hidden = other * value

    def doubled(self):
        return super().doubled() + self.__hidden + super().doubled()

    @classmethod
    def made(cls, value):
        return cls(value, 2.0)


@program
def inheritance(x):
    return Derived(x, 3.0).doubled() + Base.made(x).doubled() + Derived.made(x).squared(x)


class Properties:
    def __init__(self, radius):
        self._radius = radius

    @property
    def radius(self):
        return self._radius * 2

    @radius.setter
    def radius(self, value):
        self._radius = value**2

    @radius.deleter
    def radius(self):
        self._radius = 1.0

    @functools.cached_property
    def area(self):
        return self._radius**2


@program
def properties(x):
    p = Properties(x)
    first = p.radius + p.area
    p.radius = x + 1
    second = p.radius + p.area
    p.radius *= x
    third = p.radius
    del p.radius
    return first + second + third + p.radius * x


class Scaled:
    """A descriptor that keeps its values by name."""

    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, instance, owner=None):
        return self if instance is None else getattr(instance, self.name) * 3.0

    def __set__(self, instance, value):
        setattr(instance, self.name, value * value)


class Described:
    length = Scaled()

    def __init__(self, length):
        self.length = length


@program
def descriptors(x):
    d = Described(x)
    d.length += x
    return d.length


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a, b):
        self.a, self.b = a, b


@program
def slots(x):
    s = Slotted(x, x * x)
    s.a, s.b = s.b * 2, s.a
    s.a += s.b
    return s.a * s.b


class Vector:
    def __init__(self, *parts):
        self.parts = list(parts)

    def __add__(self, other):
        if not isinstance(other, Vector):
            return NotImplemented
        return Vector(*(a + b for a, b in zip(self.parts, other.parts, strict=True)))

    def __radd__(self, other):
        return Vector(*(other + a for a in self.parts))

    def __iadd__(self, other):
        self.parts = [a + other for a in self.parts]
        return self

    def __mul__(self, other):
        return Vector(*(a * other for a in self.parts))

    __rmul__ = __mul__

    def __matmul__(self, other):
        return sum(a * b for a, b in zip(self.parts, other.parts, strict=True))

    def __neg__(self):
        return Vector(*(-a for a in self.parts))

    def __abs__(self):
        return math.sqrt(self @ self)

    def __pow__(self, power):
        return Vector(*(a**power for a in self.parts))

    def __truediv__(self, other):
        return Vector(*(a / other for a in self.parts))

    def __rtruediv__(self, other):
        return Vector(*(other / a for a in self.parts))

    def __getitem__(self, index):
        return self.parts[index]

    def __setitem__(self, index, value):
        self.parts[index] = value * 2

    def __delitem__(self, index):
        del self.parts[index]

    def __len__(self):
        return len(self.parts)

    def __iter__(self):
        return iter(self.parts)

    def __contains__(self, value):
        return any(abs(part - value) < 1e-12 for part in self.parts)

    def __call__(self, factor):
        return Vector(*(factor * a for a in self.parts))

    def __bool__(self):
        return self.parts[0] > 0

    def __eq__(self, other):
        return self.parts[0] == other.parts[0]

    def __lt__(self, other):
        return abs(self) < abs(other)

    def __float__(self):
        return self.parts[0] * 7.0

    def __round__(self, digits=None):
        return self.parts[-1] * 11.0

    def __divmod__(self, other):
        return self.parts[0] / other, self.parts[1] * other

    def __reversed__(self):
        return (part * 2 for part in self.parts[::-1])

    def __format__(self, spec):
        return f"{self.parts[0]:{spec}}"

    def __hash__(self):
        return len(self.parts)


@program
def operators(x):
    v, w = Vector(x, 2.0), Vector(x * x, x + 1.0)
    total = (v + w) @ (2.0 * v - (-w)) if hasattr(v, "__sub__") else (v + w) @ (2.0 * v)
    total += abs(-v) + sum(v**2) + sum(v / x) + sum(1.0 / w) + (3.0 + v)[1]
    v += x
    v[0] = x
    total += v[0] * v[-1] + len(v) + (x * 2 in v) + v(x)[0]
    total += float(v) + round(w) + divmod(v, 2.0)[0] + sum(reversed(w))
    del w[0]
    return total + sum(w) if v else -total


@program
def comparison_by_methods(x):
    vectors = [Vector(x, 3.0), Vector(x * x, -1.0), Vector(2.0, x)]
    smallest, *_, largest = sorted(vectors)
    best = max(vectors)
    return smallest[0] * 2 + largest[1] + best[0] + (min(vectors) == smallest) * x


class Lazy:
    """Attributes made when they are asked for."""

    def __init__(self, x):
        self.x = x

    def __getattr__(self, name):
        if name.startswith("power"):
            return self.x ** int(name[5:])
        raise AttributeError(name)


class Recorded:
    def __init__(self):
        object.__setattr__(self, "store", {})

    def __setattr__(self, name, value):
        self.store[name] = value * 2

    def __getattribute__(self, name):
        found = object.__getattribute__(self, "store")
        return found[name] + 1.0 if name in found else object.__getattribute__(self, name)

    def __delattr__(self, name):
        del self.store[name]


@program
def attribute_methods(x):
    lazy, recorded = Lazy(x), Recorded()
    recorded.a = x
    recorded.a = recorded.a * x
    total = lazy.power3 + lazy.power2 + getattr(lazy, "other", x) + recorded.a
    del recorded.a
    lazy.extra = x * 5
    return total + lazy.extra + hasattr(lazy, "nothing") + len(recorded.store)


class Meta(type):
    def __new__(mcs, name, bases, namespace, factor=1.0, **rest):
        made = super().__new__(mcs, name, bases, namespace, **rest)
        made.factor = factor
        return made

    def __init__(cls, name, bases, namespace, **_):
        super().__init__(name, bases, namespace)

    @property
    def twice(cls):
        return cls.factor * 2

    def __getitem__(cls, value):
        return cls.factor * value


class Made(metaclass=Meta, factor=3.0):
    def __init_subclass__(cls, bonus=0.0, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.bonus = bonus

    def __class_getitem__(cls, item):
        return item


class Special(Made, bonus=4.0):
    pass


@program
def metaclasses(x):
    return Made.twice * x + Made[x] * Special.bonus + Special.factor


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...

    def doubled(self):
        return 2 * self.area()


class Circle(Shape):
    def __init__(self, r):
        self.r = r

    def area(self):
        return math.pi * self.r**2


class HasArea(typing.Protocol):
    def area(self) -> float: ...


@program
def abstract_classes(x):
    shape: HasArea = Circle(x)
    return shape.doubled() if isinstance(shape, Shape) else 0.0


@dataclasses.dataclass
class Particle:
    x: float
    v: float = 1.0
    tags: list = dataclasses.field(default_factory=list)
    start: dataclasses.InitVar = 0.0
    energy: float = dataclasses.field(init=False, repr=False)

    def __post_init__(self, start):
        self.energy = self.v**2 / 2 + start


@dataclasses.dataclass(frozen=True, order=True, slots=True, kw_only=True)
class Point:
    a: float
    b: float = 2.0


@program
def data_classes(x):
    p = Particle(x, v=x * 2, start=x)
    p.tags.append(p.x)
    moved = dataclasses.replace(p, x=p.x + p.v, start=0.0)
    q = Point(a=x)
    r = dataclasses.replace(q, b=q.a * 3)
    total = p.energy + moved.x * moved.energy + sum(p.tags) + max(q, r).b
    return total + sum(dataclasses.astuple(r)) + dataclasses.asdict(r)["b"] + (q < r)


Pair = collections.namedtuple("Pair", "left right", defaults=[2.0])


class Triple(typing.NamedTuple):
    a: float
    b: float
    c: float = 1.0

    def total(self):
        return self.a * self.b + self.c


@program
def named_tuples(x):
    p = Pair(x)
    q = p._replace(right=x * x)
    a, b, c = t = Triple(x, q.right)
    return p.left * p.right + q.right + a + b * c + t.total() + t._asdict()["a"] + Pair._make(q)[1]


class Unit(enum.Enum):
    METRE = 1.0
    FOOT = 0.3048

    def convert(self, value):
        return self.value * value


class Flag(enum.IntFlag):
    A = 1
    B = 2


@program
def enums(x):
    unit = Unit.FOOT if Flag.A in (Flag.A | Flag.B) else Unit.METRE
    return unit.convert(x) + sum(u.value * x for u in Unit) + Unit(1.0).convert(x**2)


# functions


@program
def arguments(x):
    def f(a, /, b, *rest, c=2.0, d, **others):
        return a * b + sum(rest) * c + d + sum(others.values())

    parts, named = (x, 2.0, x * x), {"d": x, "e": x + 1}
    return f(x, *parts, **named) + f(*parts, d=1.0, c=x) + f(x, b=x, d=x)


@program
def closures(x):
    total = 0.0
    counter = [0]

    def add(value):
        nonlocal total
        total += value * x
        counter[0] += 1
        return total

    functions = [lambda y, k=k: y * k * x for k in range(3)]
    late = [lambda y: y * k for k in range(3)]
    return add(x) + add(2.0) + sum(f(x) for f in functions) + late[0](x) + counter[0]


STATE = {"value": 1.0}
GLOBAL = 1.0


@program
def globals_written(x):
    global GLOBAL
    GLOBAL = x * 2
    STATE["value"] = GLOBAL * x
    result = GLOBAL + STATE["value"]
    GLOBAL, STATE["value"] = 1.0, 1.0
    return result


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs) * 2

    return wrapper


def powered(n):
    def decorate(function):
        return lambda *args: function(*args) ** n

    return decorate


@logged
@powered(2)
def decorated(x):
    return x + 1.0


@functools.singledispatch
def dispatched(value):
    return 0.0


@dispatched.register
def _(value: float):
    return value * 3


@dispatched.register(list)
def _(value):
    return sum(value) * 5


@functools.cache
def cached(value, n):
    return value * n if n < 2 else cached(value, n - 1) + cached(value, n - 2)


@functools.total_ordering
class Ordered:
    @functools.singledispatchmethod
    def scale(self, by):
        return 0.0

    @scale.register
    def _(self, by: float):
        return self.x * by

    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return self.x == other.x

    def __lt__(self, other):
        return self.x < other.x

    cubed = (
        functools.partialmethod(pow, 3)
        if False
        else functools.partialmethod(lambda s, n: s.x**n, 3)
    )


@program
def decorators(x):
    a, b = Ordered(x), Ordered(2 * x)
    best = max(a, b) if a <= b else a
    part = functools.partial(operator.mul, x)
    total = decorated(x) + dispatched(x) + dispatched([x, 2.0]) + cached(x, 5) + best.x
    return (
        total
        + part(x)
        + a.scale(x)
        + a.cubed()
        + functools.reduce(lambda s, v: s * v + x, [x, 2, 3])
    )


# generators


def running(values, start=0.0):
    total = start
    for value in values:
        sent = yield total
        total += value if sent is None else sent * value
    return total * 2


def delegating(values):
    result = yield from running(values)
    yield result * 3
    try:
        yield result
    except ValueError as error:
        yield error.args[0] * 2
    finally:
        values.append(result)


@program
def generators(x):
    values = [x, x * x, 3.0]
    generator = running([x, 2.0, x])
    total = next(generator) + generator.send(x) + generator.send(2.0)
    d = delegating(values)
    for item in d:
        total += item
        if len(values) > 3 or item > 1e9:
            break
    e = delegating([x])
    next(e), next(e), next(e)
    total += e.throw(ValueError(x))
    e.close()
    squares = (v * v * x for v in values if v > 0)
    return total + sum(squares) + sum(itertools.islice((x * k for k in itertools.count()), 4))


class Countdown:
    def __init__(self, x, n):
        self.x, self.n = x, n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n == 0:
            raise StopIteration
        self.n -= 1
        self.x *= 1.5
        return self.x


@program
def iterators(x):
    first, *middle, last = Countdown(x, 5)
    return first + sum(middle) * last + sum(a * b for a, b in zip(Countdown(x, 3), [1, 2, 3]))


@program
def comprehensions(x):
    table = {k: x**k for k in range(4) if k != 2}
    nested = [[a * b for a in (x, 2.0) if a > 0] for b in table.values()]
    squares = {round(v, 9): v for row in nested for v in row}
    kept = [y := x * 2, y * y, (z := y + x) * z]
    return sum(map(sum, nested)) + sum(squares.values()) + sum(kept) + y + z


# control flow


@program
def matching(x):
    total = 0.0
    things = [
        x,
        (x, 2.0),
        {"a": x, "b": 1},
        Particle(x),
        Slotted(x, 1.0),
        "text",
        [1, x, 3.0],
        None,
    ]
    for thing in things:
        match thing:
            case float(value) if value > 100:
                total += 1000
            case float() as value:
                total += value * 2
            case (a, float(b)):
                total += a * b
            case {"a": a, **rest}:
                total += a * len(rest) * 3
            case Particle(x=position, v=1.0 | 2.0):
                total += position**2
            case Slotted(a=a):
                total += a**3
            case [1, middle, *others]:
                total += middle * sum(others)
            case str() | None:
                total += 1
    return total


class Indexed:
    __match_args__ = ("first", "second")

    def __init__(self, x):
        self.x = x

    @property
    def first(self):
        return self.x * 2

    @property
    def second(self):
        return self.x + 1


@program
def matching_with_properties(x):
    match Indexed(x):
        case Indexed(first, second=second):
            return first * second
    return 0.0


class Failure(Exception):
    def __init__(self, value, message=""):
        super().__init__(message)
        self.value = value


def failing(x):
    if x > 0:
        raise Failure(x * x, f"too large: {x:.2f}")
    return x


@program
def exceptions(x):
    total = 0.0
    try:
        total += failing(-x) if x < 0 else failing(x)
    except (ZeroDivisionError, Failure) as failure:
        total += failure.value * 3
        try:
            raise ValueError(x, "again") from failure
        except ValueError as error:
            total += error.args[0] * error.__cause__.value
    else:
        total -= 1
    finally:
        total *= 2
    for k in range(3):
        try:
            if k == 1:
                continue
            total += x / (k - 2) if k else 1 / k
        except ZeroDivisionError:
            total += x**k
        finally:
            total += x
    try:
        [1.0, x][5]
    except:  # noqa: E722
        total += x
    return total


@program
def exception_groups(x):
    total = 0.0
    try:
        raise ExceptionGroup("many", [Failure(x), ValueError(x * x), KeyError("k")])
    except* Failure as group:
        total += group.exceptions[0].value * 2
    except* (ValueError, KeyError) as group:
        total += sum(e.args[0] for e in group.exceptions if isinstance(e, ValueError))
    return total


class Managed:
    def __init__(self, x):
        self.x = x

    def __enter__(self):
        return self.x * 2

    def __exit__(self, kind, error, trace):
        self.x = self.x * 3
        return kind is Failure


@contextlib.contextmanager
def scaled(x):
    box = [x]
    try:
        yield box
    finally:
        box[0] *= 4


@program
def context_managers(x):
    m = Managed(x)
    with m as doubled, scaled(x) as box, contextlib.suppress(KeyError):
        box.append(doubled)
        {}["missing"]
    with m:
        raise Failure(x)
    with contextlib.ExitStack() as stack:
        inner = stack.enter_context(scaled(m.x))
        stack.callback(box.append, x)
    with (
        contextlib.nullcontext(x) as plain,
    ):
        pass
    return sum(box) + m.x + inner[0] + plain


@program
def loops(x):
    total, n = 0.0, 0
    while True:
        n += 1
        if n % 3 == 0:
            continue
        total += x / n
        if n > 10:
            break
    for i in range(5):
        if i == 7:
            break
    else:
        total += x**2
    while n > 0:
        n -= 4
    else:
        total *= n
    for i, (a, [b, *c]) in enumerate([(x, [1.0, 2.0, x]), (2.0, [x, x])]):
        total += i * a * b + sum(c)
    return total


@program
def statements(x):
    import math as module

    a = b = c = x * 2
    (d, e), *f = (a, b), c, x
    g: float = d * 2
    h: typing.Any
    a, b = b + 1, a
    values = [x] * 3
    values[0], values[1:] = values[1] * 2, [x, 2 * x]
    values[::2] = [values[2], values[0] * x]
    del values[1], c
    assert values, "never"
    i = j = 0
    i, values[i] = 1, x
    value = x if x > 10 else -x if x > 5 else x**3
    chain = (0 < x < 5 > j) * x
    boolean = (x and 2 * x) + (0.0 or x) + (not x)
    text = f"{x!r:>10} {x:.3f} {f'{x}'}"
    return (
        a
        + b
        + d
        + e
        + sum(f)
        + g
        + sum(values)
        + value
        + chain
        + boolean
        + module.sin(x)
        + len(text) * 0
    )


@program
def slices(x):
    items = [x * k for k in range(8)]
    items[1:6:2] = [x, x * x, x**3]
    items[-2:] = []
    items[len(items) :] = [x]
    items.insert(2, x * 9)
    last = items.pop()
    del items[::3]
    part = items[slice(0, 3)]
    return sum(items) + last * part[-1] + sum(items[::-1][:2]) + (x, 2.0, x)[1:][1]


def factorial_like(x, n):
    return x if n == 0 else n * x * factorial_like(x, n - 1) / (n + 1)


def is_even_power(x, n):
    return 1.0 if n == 0 else x * is_odd_power(x, n - 1)


def is_odd_power(x, n):
    return x if n == 0 else 2 * x * is_even_power(x, n - 1)


@program
def recursion(x):
    return (
        factorial_like(x, 6)
        + is_even_power(x, 7)
        + (lambda f: f(f, 4))(lambda f, n: x if n == 0 else x * f(f, n - 1))
    )


# asynchronous code


class Ticker:
    def __init__(self, x, n):
        self.x, self.n = x, n

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.n == 0:
            raise StopAsyncIteration
        self.n -= 1
        return self.x * self.n

    async def __aenter__(self):
        return self.x * 2

    async def __aexit__(self, *error):
        self.x *= 3


async def ticks(x):
    for k in range(3):
        yield x**k


async def asynchronous(x):
    total = 0.0
    async for tick in Ticker(x, 4):
        total += tick
    async with Ticker(x, 1) as doubled:
        total += doubled
    total += sum([value async for value in ticks(x)])
    return total + await halved(x)


async def halved(x):
    return x / 2


@program
def coroutines(x):
    coroutine = asynchronous(x)
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value


# higher-order builtins and the standard library


@program
def builtins(x):
    values = [x, -x, 2.0, x * x]
    total = sum(map(lambda v, w: v * w, values, values[::-1]))
    total += sum(filter(lambda v: v > 0, values)) + sorted(values, key=lambda v: -v)[0]
    total += max(values, key=abs) + min(values, default=0.0) + max([], default=x)
    total += sum(a * b for a, b in zip(values, range(9))) + sum(
        i * v for i, v in enumerate(values, 1)
    )
    total += abs(-x) + pow(x, 2) + round(x, 12) * 0 + divmod(7 * x, 2.0)[1] + sum(values, x)
    total += (
        next(iter(values)) + next(reversed(values)) + next(iter([]), x) + any(values) + all(values)
    )
    total += functools.reduce(operator.mul, values) + list(itertools.accumulate(values))[-1]
    total += sum(itertools.starmap(pow, [(x, 2), (x, 3)])) + complex(x, 2 * x).imag + float(x)
    return total + sum(sum(p) for p in itertools.combinations(values, 2)) + math.prod(values)


@program
def iteration_tools(x):
    values = [x, 2.0, x * x]
    total = sum(itertools.chain(values, [x])) + sum(itertools.chain.from_iterable([[x], [x, 1]]))
    total += sum(a * b for a, b in itertools.pairwise(values))
    total += sum(a * b for a, b in itertools.product(values, repeat=2))
    total += sum(itertools.compress(values, [1, 0, 1])) + sum(itertools.repeat(x, 3))
    total += sum(itertools.takewhile(lambda v: v < 2.5, values))
    total += sum(itertools.dropwhile(lambda v: v < 1.5, values))
    total += sum(sum(g) * k for k, g in itertools.groupby(values, key=lambda v: v > 1.5))
    total += sum(a * (b or x) for a, b in itertools.zip_longest(values, [x]))
    first, second = itertools.tee(values)
    total += sum(first) * next(second) + sum(
        v for p in itertools.permutations(values, 2) for v in p
    )
    return total + sum(itertools.islice(itertools.cycle(values), 5))


@program
def containers(x):
    table = defaultdict(lambda: x * 2)
    table["a"] += x
    table.setdefault("c", x**2)
    counts = Counter({"a": x})
    counts.update({"a": 2 * x, "b": x})
    queue = deque([x, 2.0], maxlen=3)
    queue.extend([x * 3, x * 4])
    queue.rotate(1)
    ordered = OrderedDict(a=x, b=x * x)
    ordered.move_to_end("a")
    chain = ChainMap({"a": x}, {"a": 5.0, "b": x * 7})
    mine, listed = UserDict(k=x), UserList([x, 1.0])
    mine["k"] *= x
    listed.append(x)
    heap = []
    for value in (3 * x, x, 2 * x):
        heapq.heappush(heap, (value, "tag"))
    merged = {**table, **{"z": x}} | {"y": x}
    keys = [1.0, 2.0, 3.0]
    place = bisect.bisect(keys, x)
    bisect.insort(keys, x)
    total = sum(table.values()) + counts["a"] * counts["b"] + sum(queue) + queue.popleft()
    total += list(ordered.values())[0] + chain["a"] * chain["b"] + mine["k"] + sum(listed)
    total += heapq.heappop(heap)[0] + heapq.nsmallest(1, [x * 5, x])[0] + sum(merged.values())
    return total + place + sum(keys) + sum(v for _, v in sorted({"q": x, "p": x * x}.items()))


@program
def copies(x):
    tree = {"a": [x, {"b": x * x}], "p": Particle(x), "n": Slotted(x, [x])}
    shallow, deep = copy.copy(tree), copy.deepcopy(tree)
    shallow["a"][0] = x * 3
    deep["p"].x *= x
    deep["n"].b.append(x)
    return tree["a"][0] + deep["a"][1]["b"] + deep["p"].x + sum(deep["n"].b) + tree["p"].x


@program
def shared_objects(x):
    shared = Particle(x)
    first, second = {"p": shared}, [shared, shared]
    first["p"].x *= x
    second[1].v = second[0].x * 2
    return shared.x * shared.v + (first["p"] is second[0])


@program
def local_classes(x):
    class Local:
        constant = x * 2
        table = [x * k for k in range(3)]

        def method(self, y):
            return self.constant * y + x

    return Local().method(x) + Local.constant + sum(Local.table)


@program
def operator_functions(x):
    values = [x, x * x]
    total = operator.itemgetter(1)(values) + operator.attrgetter("x")(Particle(x))
    total += operator.methodcaller("doubled")(Base(x)) + operator.add(x, x) + operator.neg(x)
    values = operator.iadd(values, [x])
    operator.setitem(values, 0, x * 9)
    return (
        total
        + sum(values)
        + operator.truediv(1.0, x)
        + operator.matmul(np.array([x, 1.0]), np.array([x, 2.0]))
    )


@program
def live_numbers_are_counted_on(x):
    pairs = zip(range(4), itertools.count(x, x * x), strict=False)
    total = sum(number * value for number, value in pairs)
    return total + next(itertools.count(step=x)) + next(itertools.islice(itertools.count(x), 3, 4))


@program
def functions_and_cells_made_by_hand(x):
    def scaled(value, factor=1.0):
        return value * factor

    def made():
        held = x
        return lambda: held * 2.0

    copy = types.FunctionType(scaled.__code__, globals(), "copy", (x,))
    closed = types.FunctionType(
        made().__code__, globals(), "closed", None, (types.CellType(x * x),)
    )
    inner = made()
    inner.__closure__[0].cell_contents = x * 3.0
    return copy(x) * closed() * inner()


@program
def coroutines_by_hand(x):
    @types.coroutine
    def give(value):
        got = yield value
        return got * x

    async def both():
        first = await give(x)
        return first * await give(first)

    running = both()
    second = running.send(running.send(None) * 2.0)
    try:
        running.send(second + 1.0)
    except StopIteration as end:
        return end.value


@program
def live_numbers_are_counted(x):
    counts = collections.Counter([x, x * 2.0, x])
    return sum(value * number for value, number in counts.items()) * statistics.mode([x, x, 1.0])


@pytest.mark.parametrize("whole", [0, False])
def test_a_whole_number_takes_part_in_a_tie(whole):
    for f in (lambda x: max(whole, x), lambda x: max(x, whole), lambda x: min([1, whole, x, 2.0])):
        assert ad.grad(f)(0.0) == 0.5
        assert ad.jvp(f, (0.0,), (1.0,)) == (0.0, 0.5)
        assert ad.grad(ad.grad(lambda x, f=f: f(x) * x))(0.0) == 1.0
    assert ad.grad(lambda x: max(whole, x, 0.0))(0.0) == pytest.approx(1 / 3)
    assert ad.grad(lambda x: max(whole, x) + min(whole, x))(0.0) == 1.0
    assert max(whole, 0) is whole


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_program(f):
    expected = finite_difference_jvp(f, (1.3,), (1.0,))
    value, gradient = ad.value_and_grad(f)(1.3)
    assert value == f(1.3)
    assert gradient == pytest.approx(expected, rel=1e-7)
    assert ad.jvp(f, (1.3,), (1.0,))[1] == pytest.approx(gradient, rel=1e-12)


def test_coroutines_run_by_asyncio_are_right_or_refused():
    def f(x):
        return asyncio.run(asynchronous(x))

    try:
        assert ad.grad(f)(1.3) == pytest.approx(finite_difference_jvp(f, (1.3,), (1.0,)))
    except ad.errors.AdjointError as error:
        assert error.place is not None


NEWER = """
type Number = float

class Box[T]:
    def __init__(self, value: T):
        self.value = value

    def doubled[S](self, by: S) -> T:
        return self.value * by

def f[T: float](x: T) -> T:
    type Local = int
    return Box(x).doubled(x) + f"{'a' + f'{x:.{2}f}'}".count("a") * x
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")
def test_generic_functions_and_type_statements(tmp_path):
    path = tmp_path / "newer.py"
    path.write_text(NEWER)
    scope = {"__name__": "newer"}
    exec(compile(NEWER, str(path), "exec"), scope)
    assert ad.grad(scope["f"])(1.5) == pytest.approx(2 * 1.5 + 1.0)
