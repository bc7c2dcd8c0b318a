"""P: caches and identities, which tracing by identity must not confuse."""

import contextvars
import copy
import functools
import gc
import json
import math
import pickle
import threading
import weakref

import numpy as np
import pytest
from tiers import case, each

import adjoint as ad
from adjoint import errors

KEPT = {}


@pytest.fixture(autouse=True)
def nothing_kept():
    KEPT.clear()
    yield
    KEPT.clear()


def test_P1_equal_values_in_a_memo():
    def f(a, b):
        cache = {}

        def square(v):
            if v not in cache:
                cache[v] = v * v
            return cache[v]

        return square(a) + 10.0 * a * b

    assert ad.grad(f, (0, 1))(3.0, 3.0) == (36.0, 30.0)


def test_P1_a_memo_that_two_equal_values_meet():
    """The number that was found for `a` depends on `a`: that is what the program says."""
    memo = {}

    def square(v):
        if v not in memo:
            memo[v] = v * v
        return memo[v]

    assert ad.grad(lambda a, b: square(a) + 10.0 * square(b), (0, 1))(3.0, 3.0) == (66.0, 0.0)


@functools.lru_cache
def cached_cube(v):
    return v**3


@functools.cache
def cached_scale(v, power=2):
    return v**power


def test_P1_lru_cache_shares_no_derivative():
    cached_cube.cache_clear()
    f = lambda a, b: cached_cube(a) + 10.0 * cached_cube(b)  # noqa: E731
    assert f(3.0, 3.0) == 297.0
    assert ad.grad(f, (0, 1))(3.0, 3.0) == (27.0, 270.0)
    assert ad.grad(lambda a, b: cached_scale(a) * cached_scale(b, power=3), (0, 1))(2.0, 2.0) == (
        32.0,
        48.0,
    )


class Lens:
    def __init__(self, radius):
        self.radius = radius

    @functools.cached_property
    def power(self):
        return 1.0 / self.radius


def test_P1_cached_properties():
    def f(a, b):
        one, other = Lens(a), Lens(b)
        return one.power + 3.0 * other.power + one.power

    assert ad.grad(f, (0, 1))(2.0, 2.0) == (-0.5, -0.75)


def kept_array(x):
    y = KEPT.get("y")
    if y is None:
        y = KEPT["y"] = x * 2.0
    return np.sum(y * x)


def kept_number(x):
    y = KEPT.get("y")
    if y is None:
        y = KEPT["y"] = x * 2.0
    return y * x


@pytest.mark.parametrize(("f", "x"), [(kept_array, np.ones(2)), (kept_number, 1.5)])
def test_P2_kept_across_calls(f, x):
    ad.grad(f)(x)
    with pytest.raises(errors.MissingRule, match="earlier") as caught:
        ad.grad(f)(x)
    assert caught.value.place.filename == __file__


def test_P2_kept_on_an_object():
    lens = Lens(2.0)

    def f(x):
        if not hasattr(lens, "kept"):
            lens.kept = x * x
        return lens.kept * x

    assert ad.grad(f)(3.0) == 27.0
    with pytest.raises(errors.MissingRule, match="earlier"):
        ad.grad(f)(3.0)


WORKSPACE = np.zeros(3)


def overwritten_workspace(x):
    for i in range(3):
        WORKSPACE[i] = x * i
    return np.sum(WORKSPACE * WORKSPACE)


def test_P2_a_workspace_that_is_overwritten_is_no_memory():
    assert [ad.grad(overwritten_workspace)(2.0) for _ in range(3)] == [20.0] * 3
    assert ad.jvp(overwritten_workspace, (2.0,), (1.0,))[1] == 20.0


def test_P2_a_kept_array_that_is_passed_again_is_a_constant():
    ad.grad(kept_array)(np.ones(2))
    kept = KEPT.pop("y")
    np.testing.assert_array_equal(ad.grad(lambda x, y: np.sum(x * y))(np.ones(2), kept), kept)


def with_default(y, z):
    return y * z


@each(
    twice=case(lambda x, y: x * y * y, 3.0, 3.0, slope=(9.0, 18.0)),
    literal=case(lambda x: x * 2.0 + 2.0, 2.0, slope=2.0),
    default=case(lambda x: x * 2.0 + 2.0 * (lambda y, z=x: y * z)(x), 2.0, slope=10.0),
    constant=case(lambda x: x * KEPT.setdefault("two", 2.0), 2.0, slope=2.0, refused="."),
)
def test_P3_equal_numbers_are_not_one_number(tier, case):
    tier.check(case)


def test_P3_one_object_passed_twice(tier):
    number = 3.0
    assert tier.grad(lambda x, y: x * y * y, (0, 1))(number, number) == (9.0, 18.0)
    assert tier.grad(lambda x, y: x * y * y)(number, number) == 9.0


def test_P3_the_argument_is_a_constant_of_the_function():
    number = 3.0
    f = lambda x: x * number + number  # noqa: E731
    assert ad.grad(f)(number) == 3.0


def churning(x):
    total = 0.0
    for i in range(2000):
        dead = [x * j for j in range(5)]  # its floats die at once
        del dead
        constant = float(i) * 0.5  # may get an identity that was live
        total += constant
    return total + x * 3.0


def churning_arrays(x):
    total = 0.0
    for i in range(300):
        dead = x * 2.0
        del dead
        constant = np.full(3, float(i))
        total += constant[0]
    return total + np.sum(x)


@each(
    numbers=case(churning, 2.0, slope=3.0),
    arrays=case(churning_arrays, np.ones(3), slope=np.ones(3)),
)
def test_P4_identities_that_are_used_again(tier, case):
    if tier.is_compiled:
        pytest.skip("compiled values have no identity")
    tier.check(case)


def test_P4_after_the_call_identities_mean_nothing():
    for _ in range(5):
        ad.grad(churning)(2.0)
        gc.collect()
        assert ad.grad(lambda x: x + sum(float(i) for i in range(200)))(1.0) == 1.0


@each(
    float=case(lambda x: float(x) * 3.0, 2.0, slope=3.0),
    zero=case(lambda x: (x + 0) * (0 + x), 2.0, slope=4.0),
    one=case(lambda x: (x * 1) * (x / 1) * (x**1), 2.0, slope=12.0),
    plus=case(lambda x: +x * (-x) * (-1.0), 2.0, slope=4.0),
    max=case(lambda x: max(x, 0.0) + min(x, 9.0), 2.0, slope=2.0),
    copy=case(lambda x: copy.copy(x) * copy.deepcopy(x), 2.0, slope=4.0, refused="copy"),
    abs=case(lambda x: abs(x) * math.fabs(x), 2.0, slope=4.0),
)
def test_P5_what_hands_on_its_argument(tier, case):
    tier.check(case)


@pytest.mark.parametrize(
    "through",
    [
        lambda x: pickle.loads(pickle.dumps([x]))[0],
        lambda x: json.loads(json.dumps({"x": x}))["x"],
        lambda x: pickle.loads(pickle.dumps(Lens(x))).radius,
    ],
    ids=["pickle", "json", "object"],
)
def test_P5_round_trips_through_bytes_are_refused(through):
    with pytest.raises(errors.AdjointError) as caught:
        ad.grad(lambda x: through(x) * x)(2.0)
    assert caught.value.place.filename == __file__


def test_P5_deep_copies_of_structures():
    def f(x):
        state = {"a": [x, x * x], "lens": Lens(x)}
        other = copy.deepcopy(state)
        state["a"][1] = 0.0
        return other["a"][1] * other["lens"].radius

    assert ad.grad(f)(2.0) == 12.0


def test_P6_sets_of_live_numbers():
    def f(a, b):
        return sum(v * v for v in {a, b, a * 1.0})

    assert ad.grad(f, (0, 1))(2.0, 3.0) == (4.0, 6.0)


def test_P6_sorting_with_ties_keeps_the_order():
    def f(a, b, c):
        first, second, third = sorted([a, b, c])
        return first + 10.0 * second + 100.0 * third

    assert ad.grad(f, (0, 1, 2))(2.0, 2.0, 1.0) == (10.0, 100.0, 1.0)


def test_P6_keys_of_sorting_and_grouping():
    def f(a, b):
        items = sorted([("b", b), ("a", a)], key=lambda item: item[1])
        return items[0][1] * dict(items)["b"] ** 2

    assert ad.grad(f, (0, 1))(2.0, 3.0) == (9.0, 12.0)


def test_P7_a_thread():
    def f(x):
        found = []
        thread = threading.Thread(target=lambda: found.append(x * 2.0))
        thread.start()
        thread.join()
        return found[0] * x

    assert ad.grad(f)(3.0) == 12.0


def counting(x):
    while True:
        x = x * 2.0
        yield x


def test_P7_a_generator_kept_across_calls():
    def f(x):
        if "steps" not in KEPT:
            KEPT["steps"] = counting(x)
        return next(KEPT["steps"]) * x

    assert ad.grad(f)(1.5) == 6.0
    with pytest.raises(errors.AdjointError) as caught:
        ad.grad(f)(1.5)
    assert caught.value.place.filename == __file__


class Closing:
    def __init__(self, value, log):
        self.value, self.log = value, log

    def __del__(self):
        self.log.append(self.value * 3.0)


def test_P7_a_finalizer():
    def f(x):
        log = []
        made = Closing(x * x, log)
        del made
        return log[0] * x

    assert ad.grad(f)(2.0) == 36.0


VARIABLE = contextvars.ContextVar("VARIABLE")


def test_P7_a_weak_reference_and_a_context_variable():
    def f(x):
        lens = Lens(x)
        seen = weakref.ref(lens)
        token = VARIABLE.set(x * x)
        try:
            return seen().radius * VARIABLE.get()
        finally:
            VARIABLE.reset(token)

    assert ad.grad(f)(2.0) == 12.0


def temporaries(x):
    y = x * 2.0 + 1.0 + x * x + 3.0 - x / 2.0
    z = (x + 1.0) * (x + 2.0) * (x + 3.0)
    y += 1.0
    y *= 2.0
    y -= z
    return y * y


def test_P8_temporaries_that_python_uses_again(tier):
    tier.check(case(temporaries, 1.3))
