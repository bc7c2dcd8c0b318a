"""What `functools.lru_cache` keeps: one object for each key, and no derivative of another's."""

import functools

import pytest

import adjoint as ad


@functools.cache
def settings():
    return {"calls": 0}


@functools.lru_cache(64)
def table(n):
    return [float(i) for i in range(n)]


class Store:
    def __init__(self):
        self.value = 1.0


@functools.lru_cache(maxsize=1)
def store():
    return Store()


class Model:
    def __init__(self, rate):
        self.rate = rate

    @functools.lru_cache  # noqa: B019
    def parts(self):
        return [self.rate]

    @functools.cache  # noqa: B019
    def scaled(self, x):
        return self.rate * x


def one_dictionary(x):
    settings()["rate"] = x
    return settings()["rate"] * 2.0 * settings()["known"]


def one_list(x):
    table(3)[0] = x * x
    return table(3)[0] * x + table(2)[1]


def one_object(x):
    store().value = x
    return store().value ** 2 if store() is store() else 0.0


def of_an_object_that_holds_it(x):
    model = Model(x * 3.0)
    model.parts().append(x)
    return sum(model.parts()) * x + model.scaled(2.0) * model.scaled(x)


def counted_calls(x):
    calls = []

    @functools.cache
    def square(v):
        calls.append(v)
        return v * v

    total = square(x) + square(x) + square(2.0) + square(2.0)
    return total * len(calls)


def cleared(x):
    @functools.cache
    def made(v):
        return [v]

    first = made(x)
    made.cache_clear()
    return x * (1.0 if made(x) is not first else 0.0) * made(x)[0]


def of_tuples(x):
    @functools.cache
    def total(pair):
        return pair[0] * pair[1]

    return total((x, 2.0)) + 10.0 * total((x * 1.0, 2.0)) + 100.0 * total((2.0, 2.0))


PROGRAMS = [one_dictionary, one_list, one_object, of_an_object_that_holds_it, counted_calls]
PROGRAMS += [cleared, of_tuples]


@pytest.fixture(autouse=True)
def known():
    settings()["known"] = 3.0
    yield
    for cache in (settings, table, store):
        cache.cache_clear()


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_program(f):
    step = 1e-6
    value, slope = ad.value_and_grad(f)(2.3)
    assert value == f(2.3)
    assert slope == pytest.approx((f(2.3 + step) - f(2.3 - step)) / (2 * step), rel=1e-6)


def test_equal_values_have_derivatives_of_their_own():
    """At 2, where the live number is equal to the constant."""
    assert ad.grad(of_tuples)(2.0) == 2.0 + 10.0 * 2.0
    assert ad.grad(counted_calls)(2.0) == 2.0 * 2.0 * 2.0 * 2.0


RATE = 2.0


@functools.cache
def of_rate():
    return RATE * 2.0


def test_a_global_that_is_live():
    def f(x):
        global RATE
        RATE = x * 3.0
        return of_rate() * x

    try:
        assert ad.grad(f)(2.0) == 24.0
    finally:
        f(1.0)


def test_what_is_unhashable_is_python_s_own_error():
    with pytest.raises(TypeError, match="unhashable"):
        ad.grad(lambda x: table([x]))(2.0)
