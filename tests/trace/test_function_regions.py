"""Functions that run as they stand: never where a live value can be reached.

Each program is first called until all is known of its functions, on constants.
"""

import re
from collections import Counter, OrderedDict, defaultdict

import pytest

import adjoint as ad
from adjoint.trace import regions
from adjoint.trace.regions import PATIENCE, FunctionRegion, Region


@pytest.fixture
def ran(monkeypatch):
    """The regions that ran as they stand."""
    found = []
    ended = Region.ended
    monkeypatch.setattr(Region, "ended", lambda self: (found.append(self), ended(self)))
    return found


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Ask of every call, whatever that takes."""
    monkeypatch.setattr(regions, "PATIENCE", 0)
    monkeypatch.setattr(regions, "SHARE", 0)


def fibonacci(n):
    return n if n < 2.0 else fibonacci(n - 1.0) + fibonacci(n - 2.0)


def joined(words):
    return ", ".join([word.upper() for word in words])


def grouped(words):
    groups = defaultdict(list)
    for word in words:
        groups[len(word)].append(word)
    return OrderedDict(sorted(groups.items())), Counter(words).most_common(1)


def masked(text):
    return re.sub(r"\d", "#", text), re.compile("a").search(text)


class Stack:
    def __init__(self, items):
        self.items = list(items)

    def total(self):
        return sum(self.items) if self.items else None


def stacked(items):
    stack = Stack(items)
    if not items:
        return
    return stack.total()


NEVER_LIVE = [
    (fibonacci, 6.0),
    (joined, ["a", "b"]),
    (grouped, ["a", "bb", "cc"]),
    (masked, "a1b2"),
    (stacked, [1.0, 2.0]),
    (stacked, []),
]


@pytest.mark.parametrize(("function", "argument"), NEVER_LIVE, ids=lambda v: str(v)[:20])
def test_functions_without_live_values_run_as_they_stand(function, argument, ran):
    found = []

    def program(x):
        found.append(function(argument))
        return x * x

    assert ad.grad(program)(3.0) == 6.0
    assert any(type(region) is FunctionRegion for region in ran)
    assert str(found[0]) == str(function(argument))


@pytest.mark.parametrize("x", [2.3, 3.9])
def test_live_arguments_go_through_the_hooks(x):
    def program(x):
        for _ in range(3):
            fibonacci(4.0)
            stacked([1.0, 2.0])
        return fibonacci(2.0 * x) * stacked([x, x * x])

    step = 1e-6
    expected = (program(x + step) - program(x - step)) / (2 * step)
    assert ad.grad(program)(x) == pytest.approx(expected, rel=1e-8)


SETTINGS = {"rate": 1.0}
LOG = []


def rated(value):
    return max([value * SETTINGS["rate"], -1e9])


def noted(value):
    LOG.append(value)
    return sum(LOG)


def test_global_values_that_become_live():
    def program(x):
        before = rated(2.0)
        SETTINGS["rate"] = x
        after = rated(2.0)
        SETTINGS["rate"] = 1.0
        return before * after

    for _ in range(3):
        assert ad.grad(program)(3.0) == 4.0


def test_what_a_function_keeps_becomes_live():
    def program(x):
        LOG.clear()
        noted(1.0)
        return noted(2.0) * noted(x) * noted(0.5)

    for _ in range(3):
        assert ad.grad(program)(3.0) == pytest.approx(3.0 * (6.0 + 6.5))


def test_cells_that_become_live():
    def program(x):
        scale = 2.0

        def scaled(value):
            return max([scale * value, -1e9])

        total = scaled(1.0) + scaled(2.0)
        scale = x
        return total * scaled(3.0)

    for _ in range(3):
        assert ad.grad(program)(3.0) == pytest.approx(18.0)


def test_a_cell_that_is_not_set_yet():
    def program(x):
        def later(value):
            return max([value, -1e9]) if value < 0.0 else scale * max([value])

        first = later(-1.0)
        scale = x
        return first * later(2.0)

    for _ in range(3):
        assert ad.grad(program)(3.0) == -2.0


def test_names_of_the_scope_around():
    def program(x):
        count, total = 0, 0.0

        def add(value):
            nonlocal total
            total = total + sum([value])
            for _ in range(2):
                nonlocal count
                count += 1

        add(1.0)
        add(x)
        add(2.0 * total)
        return total * count

    assert ad.grad(program)(3.0) == 18.0


def test_methods_and_defaults():
    class Kept:
        rate = 2.0

        def __private(self, value, weight=(1.0, 2.0)):
            return sum([value * self.rate, *weight])

        def value(self, value):
            return self.__private(value)

    def program(x):
        kept = Kept()
        total = kept.value(1.0) + kept.value(2.0)
        kept.rate = x
        return total * kept.value(3.0)

    for _ in range(3):
        assert ad.grad(program)(3.0) == pytest.approx(12.0 * 3.0)


def test_super_reads_the_first_parameter():
    class Base:
        rate = 1.0

        def read(self):
            return self.rate * max([1.0])

        def many(self, times):
            return sum([self.read() for _ in range(times)])

    class Derived(Base):
        def read(self):
            return super().read() + 1.0

        def many(self, times):
            total = 0.0
            for _ in range(times):
                total = total + super().many(2)
            return total

    def program(x):
        known = Derived().read() + Derived().many(3)
        changed = Derived()
        changed.rate = x
        return changed.read() * changed.many(3) + 0.0 * known

    for _ in range(3):
        assert ad.grad(program)(3.0) == pytest.approx(2 * 6 * 4.0)


def test_exceptions_pass_with_their_line():
    def failing(items):
        return sorted(items)[5]

    def program(x):
        try:
            failing([1, 2])
        except IndexError as error:
            assert error.__traceback__.tb_next.tb_lineno == failing.__code__.co_firstlineno + 1
            return x * x
        return x

    for _ in range(3):
        assert ad.grad(program)(3.0) == 6.0


def test_a_function_called_once_is_not_asked(monkeypatch, ran):
    monkeypatch.setattr(regions, "PATIENCE", PATIENCE)

    def once(items):
        return sorted(items)

    def program(x):
        return x * once([1, 2])[0]

    for _ in range(PATIENCE):
        ad.grad(program)(3.0)
    assert not ran
    ad.grad(program)(3.0)
    assert ran


def test_asking_takes_a_small_part_of_a_recording(monkeypatch, ran):
    monkeypatch.setattr(regions, "SHARE", 10**9)

    def program(x):
        return sum([fibonacci(1.0), fibonacci(1.0), x])

    ad.grad(program)(3.0)
    assert len(ran) <= 1


made = {}
exec("def count(words):\n    n = 0\n    for word in words:\n        n += 1\n    return n", made)
count = made["count"]


def size(words):
    return 2 * count(words)


def test_that_a_source_is_unknown_is_no_refusal_that_the_program_caught():
    def f(x):
        for _ in range(20):
            x = x * size(["a", "bc"]) / 4
        return x

    assert [ad.grad(f)(0.5) for _ in range(3)] == [1.0, 1.0, 1.0]
