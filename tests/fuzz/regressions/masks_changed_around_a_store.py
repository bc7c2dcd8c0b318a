import collections
import contextlib
import copy
import functools
import heapq
import itertools
import math
import operator

import numpy as np


class Interrupted(Exception):
    def __init__(self, value):
        super().__init__("stop")
        self.value = value


class Point:
    scale = 0.5

    def __init__(self, x, y):
        self.x, self.y = x, y

    @property
    def size(self):
        return math.sqrt(1.0 + self.x * self.x + self.y**2)

    @size.setter
    def size(self, value):
        self.x = value
        self.y *= self.scale

    def __add__(self, other):
        return type(self)(self.x + other.x, self.y + other.y)

    def __mul__(self, factor):
        return type(self)(self.x * factor, self.y * factor)

    __rmul__ = __mul__

    def __iadd__(self, other):
        self.x += other.y
        self.y += math.sin(other.x)
        return self

    def __neg__(self):
        return type(self)(-self.x, -self.y)

    def __getitem__(self, index):
        return self.y if index else self.x

    def __setitem__(self, index, value):
        if index:
            self.y = value
        else:
            self.x = value

    def __iter__(self):
        yield self.x
        yield self.y

    def __call__(self, t):
        return self.x * t + self.y

    def move(self, t, *, by=1.0):
        self.x += t * by
        return self


class Charged(Point):
    __slots__ = ("charge",)
    scale = 0.25

    def __init__(self, x, y, charge=1.5):
        super().__init__(x, y)
        self.charge = charge * x

    def move(self, t, *, by=1.0):
        self.charge = math.tanh(t * self.charge)
        return super().move(t * self.charge, by=by)


class Total:
    """A context manager that adds to a list on entry and swallows an Interrupted on exit."""

    def __init__(self, log):
        self.log = log

    def __enter__(self):
        self.log.append(self.log[-1] * 0.5)
        return self.log

    def __exit__(self, kind, error, trace):
        if isinstance(error, Interrupted):
            self.log.append(error.value)
            return True
        return False


def running(values, start=0.0):
    total = start
    for value in values:
        total += value
        yield total


def echo(first):
    received = first
    for _ in range(3):
        sent = yield received * 0.5
        received = received + (sent or 0.25)


def power(base, count):
    return 1.0 if count == 0 else math.sin(base) * power(base, count - 1) + 0.1 * base


def check(value, bound):
    if value > bound:
        raise Interrupted(value * 2.0)
    return value


def gather(first, *rest, factor=1.0, **named):
    return first * factor + sum(rest) - sum(named.values())


@contextlib.contextmanager
def halved(array):
    array *= 0.5
    try:
        yield array
    finally:
        array += 0.1


def program(x, y, v, m, items, table):
    v1 = v
    q4 = collections.deque([((k2 := table["a"]) * k2 + (v @ v)), ((k3 := x) * k3 + x)], maxlen=4)
    s5 = v > (x + items[0])
    p6 = np.array([2, 0, 3, 0])
    n7 = v[s5].sum()
    s5[s5] = v[s5] < np.sum(v)
    v[s5] = v[0]
    s5[s5] = v[s5] < v[0]
    n8 = v[s5].sum()
    p6[p6] = p6[::-1]
    return x + y + n7 + n8 + v.sum() + v1.sum() + m.sum() + sum(items) + sum(q4) + sum(
        table.values()
    ), v * max(math.exp(math.sin(x)), math.exp(math.sin(x)))
