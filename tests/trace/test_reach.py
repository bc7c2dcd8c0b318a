"""What native code, text and code without a source may reach: nothing live escapes the search."""

import collections
import dataclasses
import functools
import itertools
import operator
import types

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage

import adjoint as ad
from adjoint.errors import MissingRule, SourceNotFound
from adjoint.trace.recording import reaches_live


class Named(str):
    """Text with attributes."""


class Row(list):
    """A list with attributes."""


class Slotted:
    __slots__ = ("__value",)

    def __init__(self, value):
        self.__value = value


@dataclasses.dataclass(slots=True)
class Record:
    value: float


class Asked:
    """What is missing is made when it is asked for, which may be impossible."""

    __slots__ = ("made", "value")

    def __init__(self, value):
        self.value = value

    def __getattr__(self, name):
        raise ImportError(name)


def with_attribute(made, x):
    made.value = x
    return made


def local_class(x):
    class Holder:
        value = x

    return Holder


def begun(x):
    def numbers():
        kept = x * 1.0
        yield kept

    made = numbers()
    next(made)
    return made


def error_within(x):
    try:
        try:
            raise ValueError(x)
        except ValueError:
            raise KeyError("outside") from None
    except KeyError as error:
        return error


HOLDERS = {
    "partial": lambda x: functools.partial(max, x),
    "keyword of a partial": lambda x: functools.partial(max, key=x),
    "function of a partial": lambda x: functools.partial(lambda: x),
    "method of a number": lambda x: x.__add__,
    "method of a list": lambda x: [x].append,
    "map": lambda x: map(abs, [x]),
    "function of a map": lambda x: map(x.__mul__, [1]),
    "filter": lambda x: filter(None, [x]),
    "zip": lambda x: zip([1], [x], strict=True),
    "enumerate": lambda x: enumerate([x]),
    "reversed": lambda x: reversed([x]),
    "values": lambda x: iter({1: x}.values()),
    "keys": lambda x: {x: 1}.keys(),
    "set": lambda x: iter({x}),
    "repeat": lambda x: itertools.repeat(x),
    "chain": lambda x: itertools.chain([1], [x]),
    "product": lambda x: itertools.product([x], [1]),
    "calls": lambda x: iter(lambda: x, None),
    "methodcaller": lambda x: operator.methodcaller("f", x),
    "cell": lambda x: (lambda: x).__closure__[0],
    "proxy": lambda x: types.MappingProxyType({1: x}),
    "namespace": lambda x: types.SimpleNamespace(a=x),
    "text": lambda x: with_attribute(Named("a"), x),
    "row": lambda x: with_attribute(Row([1]), x),
    "slots": Slotted,
    "slotted record": Record,
    "slots of which one is empty": Asked,
    "generator": lambda x: (x for _ in range(2)),
    "begun generator": begun,
    "class": local_class,
    "instance": lambda x: local_class(x)(),
    "error": error_within,
    "default factory": lambda x: collections.defaultdict(lambda: x),
    "static method": lambda x: staticmethod(lambda: x),
    "property": lambda x: property(lambda owner: x),
    "slice": lambda x: slice(x, 1),
    "nested": lambda x: [({"k": types.SimpleNamespace(z=[x])},)],
}


@pytest.mark.parametrize("make", HOLDERS.values(), ids=HOLDERS)
def test_a_live_value_is_found_in(make):
    seen = []

    def f(x):
        seen.append(reaches_live(make(x * 1.5)))
        seen.append(reaches_live(make(1.5)))
        return x * 2.0

    assert ad.grad(f)(2.0) == 2.0
    assert seen == [True, False]


SCALE = None


class Settings:
    scale = None

    def __init__(self):
        self.table = {}

    def factor(self):
        return self.inner

    @property
    def inner(self):
        return SCALE * 2.0

    def __call__(self, *_):
        return self.factor()


SETTINGS = Settings()


def of_global(*_):
    return SCALE * 2.0


def of_attribute(*_):
    return SETTINGS.table["scale"] * 2.0


def of_class(*_):
    return Settings.scale * 2.0


def of_method(*_):
    return SETTINGS.factor()


def of_other(*_):
    return sum(of_global() for _ in range(1))


def of_module(*_):
    return MODULE.scale * 2.0


MODULE = types.ModuleType("settings_of_a_program")
READERS = [of_global, of_attribute, of_class, of_method, of_other, of_module]
READERS += [SETTINGS, SETTINGS.factor, functools.partial(SETTINGS)]


@pytest.fixture
def settings():
    """Sets everything that the functions above read."""

    def enter(x):
        global SCALE
        SCALE = SETTINGS.table["scale"] = Settings.scale = MODULE.scale = x * 3.0

    yield enter
    enter(0.0)


CALLS = {
    "series": lambda f: pd.Series([1.0, 2.0]).apply(lambda _: f()).iloc[0],
    "map": lambda f: pd.Series([1.0, 2.0]).map(lambda _: f()).iloc[0],
    "groups": lambda f: pd.Series([1.0, 2.0]).groupby([0, 0]).agg(lambda _: f()).iloc[0],
    "eval": lambda f: eval("f()", {"f": f}),
    "exec": lambda f: executed("y = f()", {"f": f}),
}


def executed(text, variables):
    exec(text, variables)
    return variables["y"]


@pytest.mark.parametrize("reader", READERS, ids=lambda f: getattr(f, "__name__", "object"))
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_function_reads_what_it_names(reader, call, settings):
    """No argument and no closure holds anything live."""

    def f(x):
        settings(x)
        return call(reader)

    assert ad.grad(f)(2.0) == pytest.approx(6.0)


@pytest.mark.parametrize("reader", READERS, ids=lambda f: getattr(f, "__name__", "object"))
def test_native_code_that_calls_it_is_followed_or_refused(reader, settings):
    def filtered(x):
        settings(x)
        return ndimage.generic_filter(np.ones(3), lambda _: reader(), 3)[0]

    def called(x):
        settings(x)
        return operator.methodcaller("__call__")(reader)

    for f in (filtered, called):
        try:
            assert ad.grad(f)(2.0) == pytest.approx(6.0)
        except MissingRule:
            continue


def test_code_without_a_source_that_reads_what_is_live_is_refused():
    """It was a constant before: its arguments hold nothing live."""
    variables = {}
    exec("def made(t):\n    if t:\n        return rate * t\n    return 0.0\n", variables)

    def f(x):
        variables["rate"] = x * 3.0
        return variables["made"](2.0)

    with pytest.raises(SourceNotFound, match="made"):
        ad.grad(f)(2.0)
    assert ad.grad(lambda x: x * 2.0 if variables["made"](0.0) == 0.0 else x)(2.0) == 2.0


def test_copies_of_arrays_of_pandas():
    kind = pd.arrays.NumpyExtensionArray

    def f(x):
        made = kind(x**2)
        parts = [made.copy(), made.repeat(2), made.delete(1)]
        joined = pd.concat([pd.Series(made), pd.Series(kind(x * 3.0))])
        return sum((part.to_numpy() ** 2).sum() for part in parts) + (joined**3).sum()

    ad.testing.check_grads(f, (np.array([1.3, 0.7]),))


def test_a_class_is_asked_about_itself():
    def f(x):
        class Kind:
            rate = x * 2.0

        assert Kind.mro()[0] is Kind and Kind.__dict__.get("none") is None
        return Kind.rate * x

    assert ad.grad(f)(3.0) == 12.0
