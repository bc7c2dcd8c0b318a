"""What is called without a hook moves what it is given; what is remembered of classes is true."""

import re
from collections import OrderedDict, defaultdict, deque

import numpy as np
import pytest

import adjoint as ad
from adjoint.trace import moving


@pytest.mark.parametrize("kind", moving.MOVING, ids=lambda kind: kind.__name__)
def test_methods_exist_and_are_native(kind):
    for name in moving.MOVING_METHODS[kind]:
        assert moving.only_moves(vars(kind)[name]), name


class Table(dict):
    def __missing__(self, key):
        return 5.0


class Rows(list):
    def append(self, item):
        super().append(2 * item)


class Token(str):
    __slots__ = ("weight",)


class Base:
    scale = 3.0

    @classmethod
    def of(cls, x):
        return x * cls.scale

    @staticmethod
    def plain(x):
        return x * x

    def __getattr__(self, name):
        return self.fallback * len(name)


class Child(Base):
    scale = 7.0


def subclasses_of_containers(x):
    table, rows = Table(a=x), Rows([x])
    rows.append(x)
    rows.extend([x, x])
    named = defaultdict(list)
    named.setdefault("k", []).append(x)
    ordered = OrderedDict(b=x)
    ordered.update({"c": x * x})
    token = Token("ab")
    token.weight = x
    kept = table.get("a") * table["b"] + sum(rows) + named.get("k")[0]
    return kept + ordered.pop("c") + token.weight * len(token.upper())


def arrays_and_iterators_fill(x):
    items, queue = [], deque()
    items.extend(np.array([x, x * x]))
    items.extend(v * x for v in (1.0, 2.0))
    queue.extend({x: None})
    chosen = set()
    chosen.update([x * x])
    table = {}
    table.update([("a", x)], b=x * x)
    table.update(np.array([[0.0, 1.0]]) * x)
    return sum(items) + queue[0] + chosen.pop() + table["a"] * table["b"]


def bound_methods_of_python(x):
    items = []
    add, starts = items.append, "abc".startswith
    for part in ("a", "b"):
        if starts(part):
            add(x)
    extend = items.extend
    extend(np.array([x, x]))
    words = re.sub("a", lambda found: items.append(x * x) or "b", "aba")
    return sum(items) * len(words) + len(",".join(["a", "b"])) * x


def attributes_of_classes(x):
    class Local(Base):
        scale = x

    total = Local.scale * Base.scale + Child.of(x) + Base.plain(x)
    Local.scale = Local.scale * x
    for _ in range(2):
        total += Local.of(1.0) + Local().of(2.0) + Local().plain(x)
        setattr(Local, "scale", Local.scale * 2.0)  # noqa: B010
    return total


def a_class_is_written_to_between(x):
    total = Child.scale * x
    type.__setattr__(Child, "scale", 2.0)
    total += Child.scale * x
    Child.scale = 7.0
    return total + Child.scale * x


def attributes_that_may_be_missing(x):
    made = Base()
    made.fallback = x
    total = 0.0
    for _ in range(2):
        total += made.fallback * made.abc
        made.__dict__["abc"] = x
        total += made.abc
        del made.abc
    return total


def hidden_methods(x):
    class Hidden(Base):
        fallback = 1.0

        def given(self, y):
            return x * y

    made, total = Hidden(), 0.0
    for number in range(3):
        total += made.given(x) + made.plain(x) + made.of(x)
        if number == 1:
            made.plain = lambda y: y * y * y
            made.of = lambda y: y + x * y
    return total


PROGRAMS = [
    subclasses_of_containers,
    arrays_and_iterators_fill,
    bound_methods_of_python,
    attributes_of_classes,
    a_class_is_written_to_between,
    attributes_that_may_be_missing,
    hidden_methods,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
@pytest.mark.parametrize("x", [0.7, 1.3])
def test_programs(program, x):
    step = 1e-5
    expected = (program(x + step) - program(x - step)) / (2 * step)
    for _ in range(2):
        value, slope = ad.value_and_grad(program)(x)
        assert value == program(x)
        assert slope == pytest.approx(expected, rel=1e-7)


def test_methods_that_tell_their_class_are_bound_with_it():
    def program(x):
        pattern = re.compile("(a)")
        unbound = re.Pattern.match
        return x * len(unbound(pattern, "a").group(1)) * len(pattern.split("bab"))

    assert ad.grad(program)(2.0) == 3.0
