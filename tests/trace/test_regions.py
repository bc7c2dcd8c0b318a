"""Loops that run as they stand: never where a live value can be reached, however it gets there.

Most programs here run a loop twice on constants, so that all is known of it, and then let a live
value in; the loop then has to go through the hooks.
"""

import builtins
import functools
import math
import random
import types
from collections import namedtuple
from dataclasses import dataclass, field

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import MissingRule
from adjoint.trace import regions
from adjoint.trace.regions import FAILURES, Region


@pytest.fixture
def ran(monkeypatch):
    """The regions whose loop ran as it stands; functions are not asked."""
    found = []
    monkeypatch.setattr(regions, "PATIENCE", 10**9)
    ended = Region.ended
    monkeypatch.setattr(Region, "ended", lambda self: (found.append(self), ended(self)))
    return found


def check(function, expected, at=3.0):
    reverse = ad.grad(function)(at)
    _, forward = ad.jvp(function, (at,), (1.0,))
    assert reverse == pytest.approx(expected, rel=1e-12)
    assert forward == pytest.approx(expected, rel=1e-12)


def total(items):
    result = 0.0
    for item in items:
        result = result + item
    return result


SCALE = 2.0
TABLE = [1.0, 2.0]


def twice(value):
    return 2.0 * value


def thrice(value):
    return 3.0 * value


def scaled(items):
    result = 0.0
    for item in items:
        result = result + SCALE * twice(item)
    return result


class Cell:
    rate = 1.0

    def __init__(self, value):
        self.value = value

    def read(self):
        return self.value * self.rate

    def times(self, value):
        return self.value * value


class Slotted:
    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


class Lower(Cell):
    def read(self):
        return super().read() + 1.0


@dataclass
class Record:
    value: float = 1.0
    others: list = field(default_factory=list)


Pair = namedtuple("Pair", "first second")


def reading(cells):
    result = 0.0
    for cell in cells:
        result = result + cell.read()
    return result


# it does run as it stands


def test_a_loop_without_live_values_runs_as_it_stands(ran):
    def f(x):
        return x * total([1.0, 2.0]) * scaled([1.0]) * reading([Cell(2.0), Lower(1.0)])

    check(f, 3.0 * 4.0 * 4.0)
    assert len(ran) == 6


def test_objects_of_many_kinds_are_looked_into(ran):
    def f(x):
        things = [Record(2.0), Slotted(3.0), Pair(1.0, 2.0), {"a": 1.0}, np.ones(2), {4}, "text"]
        count = 0
        for thing in things:
            if isinstance(thing, Record | Slotted):
                count += int(thing.value)
            elif isinstance(thing, Pair):
                count += int(thing.first + math.floor(thing.second))
            else:
                count += len([letter for letter in thing if letter])
        return x * count

    check(f, 2 + 3 + 3 + 1 + 2 + 1 + 4)
    assert len(ran) == 2


def test_a_loop_ends_by_return_break_and_else(ran):
    def find(items, wanted):
        for place, item in enumerate(items):
            if item == wanted:
                return place
        else:
            place = 10
        while place > 0:
            place -= 1
            if place == 7:
                break
        return place

    check(lambda x: x * find([1, 2, 3], 3) + x * find([1, 2], 5), 2 + 7)
    assert len(ran) == 6


def test_what_a_loop_sets_first_need_not_be_there_before(ran):
    def f(x, first=False):
        for index in range(3):
            if index > 0:
                last = middle  # noqa: F821
            middle = index  # noqa: F841
        return x * last

    check(f, 1.0)
    assert not ran  # `middle` may be read before it is set, for all that is known


def test_a_region_that_meets_live_values_rests():
    def f(x):
        result = 0.0
        for _ in range(FAILURES + 2):
            for factor in (1.0, x):
                result = result + factor * x
        return result

    check(f, (FAILURES + 2) * (1.0 + 6.0))
    check(lambda x: total([x, 1.0]) * total([2.0]), 2.0)


# how a live value gets there


def test_containers_that_become_live():
    def f(x):
        items, nested = [1.0, 2.0], {"a": [(1.0,)]}
        result = total(items)
        result += total(nested["a"][0])
        items.append(x * x)
        nested["a"][0] = (x,)

        for _ in range(2):
            for key in nested:
                result = result + nested[key][0][0]
        return result + total(items) + total(nested["a"][0])

    check(f, 6.0 + 3.0)


def test_a_name_that_becomes_live():
    def f(x):
        factor, result = 2.0, 0.0
        for _ in range(3):
            for item in (1.0, 2.0):
                result = result + factor * item
            factor = factor * x
        return result

    check(f, 3.0 * (2.0 + 4.0 * 3.0))


def test_global_numbers_and_functions_rebound(monkeypatch):
    def f(x):
        result = scaled([1.0]) + scaled([1.0])
        globals()["SCALE"] = x
        result = result + scaled([1.0])
        globals()["SCALE"] = 2.0
        globals()["twice"] = lambda value: value * x
        return result + scaled([1.0])

    original = twice

    def reset(function):
        def call(x):
            monkeypatch.setitem(globals(), "SCALE", 2.0)
            monkeypatch.setitem(globals(), "twice", original)
            return function(x)

        return call

    check(reset(f), 2.0 + 2.0)


def test_global_container_filled(monkeypatch):
    monkeypatch.setitem(globals(), "TABLE", [1.0, 2.0])

    def look(count):
        result = 0.0
        for place in range(count):
            result = result + TABLE[place]
        return result

    def f(x):
        TABLE[:] = [1.0, 2.0]
        result = look(2) + look(2)
        TABLE[1] = x * x
        return result + look(2)

    check(f, 6.0)


@pytest.mark.parametrize("name", ["abs", "float"])
def test_builtins_replaced(name, monkeypatch):
    def look(items):
        result = 0.0
        for item in items:
            result = result + abs(item) + float(item)
        return result

    def f(x):
        result = look([1.0]) + look([1.0])
        monkeypatch.setattr(builtins, name, lambda value: value * x)
        try:
            result = result + look([2.0])
        finally:
            monkeypatch.undo()
        return result

    check(f, 2.0)


def test_functions_of_modules_replaced(monkeypatch):
    module = types.ModuleType("module")
    module.root = math.sqrt
    monkeypatch.setitem(globals(), "module", module)

    def f(x):
        def look(items):
            result = 0.0
            for item in items:
                result = result + module.root(item)
            return result

        module.root = math.sqrt
        result = look([4.0]) + look([4.0])
        module.root = lambda value: value * x
        return result + look([4.0])

    check(f, 4.0)


def test_defaults_cells_and_attributes_of_functions():
    def stored(value, store=[0.0]):  # noqa: B006
        return value + store[-1]

    def look(items):
        result = 0.0
        for item in items:
            result = result + stored(item)
        return result

    def f(x):
        stored.__defaults__[0][:] = [0.0]
        rate = 1.0

        def rated(value):
            return value * rate

        rated.shift = 0.0

        def loop():
            result = 0.0
            for item in (1.0, 2.0):
                result = result + rated(item) + rated.shift
            return result

        result = look([1.0]) + look([1.0]) + loop() + loop()
        stored.__defaults__[0].append(x)
        rate = x * x
        rated.shift = x
        return result + look([1.0, 2.0]) + loop()

    check(f, 2.0 + 6.0 * 3.0 + 2.0)


def test_attributes_of_objects_and_classes():
    def f(x):
        Cell.rate = 1.0
        cells = [Cell(1.0), Lower(2.0)]
        result = reading(cells) + reading(cells)
        cells[1].value = x
        result = result + reading(cells)
        cells[1].value = 1.0
        Cell.rate = x * x
        result = result + reading(cells)
        Cell.rate = 1.0
        cells[0].read = lambda: x
        return result + reading(cells)

    check(f, 1.0 + 2.0 * 6.0 + 1.0)


def test_methods_replaced():
    class Thing:
        def read(self):
            return 1.0

    def f(x):
        def doubled(self):
            return 2.0 * x

        plain = Thing.read
        things = [Thing()]
        result = reading(things) + reading(things)
        Thing.read = doubled
        result = result + reading(things)
        Thing.read = plain
        return result

    check(f, 2.0)


def test_attributes_that_appear():
    class Thing:
        def __init__(self):
            self.value = 1.0

        def read(self):
            return self.value

    class Below(Thing):
        pass

    def f(x):
        things = [Below()]
        result = reading(things) + reading(things)
        Below.read = lambda self: x * self.value
        result = result + reading(things)
        del Below.read
        return result

    check(f, 1.0)


def test_special_methods_and_properties(monkeypatch):
    class Live:
        held = None

        def __getattr__(self, name):
            return holder[0]

        def __getitem__(self, index):
            return holder[0]

        def __add__(self, other):
            return holder[0] + other

        def __iter__(self):
            return iter([holder[0]])

        @property
        def shown(self):
            return holder[0]

    holder = [1.0]

    def look(things):
        result = 0.0
        for thing in things:
            result = result + thing.missing + thing[0] + (thing + 1.0) + thing.shown
            for item in thing:
                result = result + item
        return result

    def f(x):
        holder[0] = 1.0
        things = [Live()]
        result = look(things) + look(things)
        holder[0] = x * x
        return result + look(things)

    check(f, 5 * 6.0)


@pytest.mark.parametrize("kind", [Cell, Slotted, Record, functools.partial(Pair, second=0.0)])
def test_objects_made_before(kind):
    def look(things):
        result = 0.0
        for thing in things:
            result = result + (thing[0] if isinstance(thing, tuple) else thing.value)
        return result

    def f(x):
        result = look([kind(1.0)]) + look([kind(2.0)])
        return result + look([kind(x * x), kind(1.0)])

    check(f, 6.0)


def test_functions_in_containers():
    def f(x):
        actions = {"a": twice, "b": thrice}

        def apply(actions):
            result = 0.0
            for name in actions:
                result = result + actions[name](1.0)
            return result

        result = apply(actions) + apply(actions)
        actions["b"] = lambda value: x * value
        actions["c"] = Cell(x).times
        return result + apply(actions)

    check(f, 1.0 + 1.0)


def test_iterators_of_live_lists():
    def f(x):
        result = 0.0
        for items in ([1.0], [2.0], [x, x]):
            result = result + total(iter(items))
        return result

    check(f, 2.0)


def test_exceptions_that_carry_live_values():
    def look(actions):
        result = 0.0
        for action in actions:
            try:
                action()
            except ValueError as error:
                result = result + error.args[0]
        return result

    def f(x):
        def fail():
            raise ValueError(1.0)

        def fail_live():
            raise ValueError(x * x)

        return look([fail]) + look([fail]) + look([fail, fail_live])

    check(f, 6.0)


def test_functions_kept_for_later():
    def f(x):
        rate, kept = 1.0, []
        for power in (1, 2):
            kept.append(lambda value, power=power: rate * value**power)
        lazily = map(lambda value: rate * value, [1.0, 2.0])  # noqa: C417
        again = (rate * value for value in [1.0, 2.0])
        for _ in range(2):
            kept.append(lambda value: rate * value)
        rate = x
        return sum(lazily) + sum(again) + sum(action(2.0) for action in kept)

    check(f, 3.0 + 3.0 + 2.0 + 4.0 + 4.0)


def test_generators_made_in_a_loop_run_later():
    def f(x):
        rate, kept = 1.0, []
        for start in (1.0, 2.0):
            kept.append(start + rate * value for value in (1.0, 2.0))
            kept.append(map(lambda value: rate * value, (1.0,)))  # noqa: C417
        rate = x
        return sum(sum(items) for items in kept)

    check(f, 2 * (3.0 + 1.0))


# levels


def test_a_value_live_at_the_outer_level_only():
    def f(x):
        def inner(y):
            return y * y * total([x, 1.0])

        return ad.grad(inner)(2.0) + total([1.0])

    check(f, 4.0)


def test_a_second_derivative_through_loops():
    def f(x):
        result = 0.0
        for _ in range(2):
            result = result + total([x**3, 1.0]) * total([2.0])
        return result

    assert ad.grad(ad.grad(f))(2.0) == pytest.approx(2 * 2.0 * 12.0)


def test_a_recording_in_a_loop():
    def f(x):
        result = 0.0
        for _ in range(3):
            result = result + ad.grad(lambda y: y * y)(2.0)
        for _ in range(3):
            result = result + ad.grad(lambda y: y * y * x)(2.0)
        return result

    check(f, 12.0)


# memory, text, random numbers, earlier recordings


def test_arrays_that_the_tape_reads_are_not_overwritten():
    def f(x):
        weights = np.array([1.0, 2.0])
        value = np.sum(np.array([x, x * x]) * weights)
        for place in range(2):
            weights[place] = 100.0
        return value

    check(f, 1.0 + 2.0 * 6.0)


def test_arrays_in_a_loop(ran):
    def f(x):
        grid = np.zeros(4)
        for _ in range(3):
            grid[1:-1] += 0.5 * (grid[2:] + grid[:-2]) + np.ones(2)
        result = x * grid.sum()
        grid[0] = x
        for _ in range(2):
            grid[1:] = grid[:-1]
        return result + grid.sum()

    slope = (f(3.0 + 1e-6) - f(3.0 - 1e-6)) / 2e-6
    assert ad.grad(f)(3.0) == pytest.approx(slope, rel=1e-8)
    assert len(ran) == 1


def test_numbers_read_back_from_text():
    def f(x):
        texts = ["1.0"]
        result = 0.0
        for _ in range(2):
            for text in texts:
                result = result + float(text)
            texts = [f"{x * x}"]
        return result * x

    with pytest.raises(MissingRule):
        ad.grad(f)(3.0)


KEPT = []


def test_what_an_earlier_recording_kept():
    def keep(x):
        KEPT[:] = [x * x]
        return x

    def use(x):
        result = 0.0
        for item in KEPT:
            result = result + item
        return result * x

    ad.grad(keep)(3.0)
    with pytest.raises(MissingRule):
        ad.grad(use)(3.0)
    KEPT.clear()


def test_random_numbers_leave_the_generator_as_a_plain_call_does():
    def f(x, source, other):
        result = 0.0
        for _ in range(3):
            result = result + source.random() + other.normal()
        return x * result

    expected = f(1.0, random.Random(1), np.random.default_rng(1))
    slope = ad.grad(f)(3.0, random.Random(1), np.random.default_rng(1))
    assert slope == pytest.approx(expected, rel=1e-12)


def test_one_code_with_two_namespaces():
    scope = {"SCALE": 1.0, "range": range}

    def look():
        result = 0.0
        for _ in range(2):
            result = result + SCALE
        return result

    def f(x):
        other = types.FunctionType(look.__code__, scope)
        result = look() + other() + look()
        scope["SCALE"] = x
        return result + other()

    check(f, 2.0)


def test_recursion():
    def walk(tree):
        result = tree[0]
        for part in tree[1]:
            result = result + walk(part)
        return result

    def f(x):
        leaf = (1.0, ())
        return walk((1.0, (leaf, leaf))) + walk((1.0, (leaf, (x * x, (leaf,)))))

    check(f, 6.0)
