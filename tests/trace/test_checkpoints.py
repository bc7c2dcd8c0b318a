"""Checkpointed calls in the traced tier: the same derivatives and effects, without their tape."""

import contextvars
import math
import random
import time
import tracemalloc

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import MissingRule, NonDifferentiable
from adjoint.trace import checkpoints

STATE = {"offset": 0.5, "count": 0}
SCALE = 1.0


@pytest.fixture
def made_again(monkeypatch):
    """Counts the calls that are recorded again."""
    found = []
    again = checkpoints.Checkpoint.again

    def noted(self):
        found.append(self)
        return again(self)

    monkeypatch.setattr(checkpoints.Checkpoint, "again", noted)
    return found


def numbers(wrap):
    @wrap
    def step(x, v, k):
        a = -k * math.sin(x) - 0.01 * v * v
        return x + 1e-2 * v, v + 1e-2 * a

    def f(u, k):
        x, v = u[0], u[1]
        for _ in range(10):
            x, v = step(x, v, k)
        return x * x + v

    return f


def arrays(wrap):
    @wrap
    def step(u, k):
        w = np.sin(u) * k
        for i in range(len(w) - 1):
            w[i] += 0.1 * u[i + 1] * w[i]
        return u + 0.1 * w

    def f(u, k):
        for _ in range(10):
            u = step(u, k)
        return np.sum(u * u)

    return f


def captured_and_changed(wrap):
    def f(u, k):
        noise, scale = np.zeros(4), [k]

        @wrap
        def step(u):
            return u + 0.1 * np.tanh(u * noise) * scale[0]

        rng = np.random.default_rng(0)
        for _ in range(10):
            noise[:] = rng.normal(size=4)
            scale[0] = scale[0] * 1.01
            u = step(u)
        return np.sum(u * u)

    return f


def generators(wrap):
    def f(u, k):
        rng = np.random.default_rng(0)

        @wrap
        def step(u):
            return u + 0.1 * np.tanh(u * rng.normal(size=4)) * k

        for _ in range(10):
            u = step(u)
        return np.sum(u * u) * rng.normal()

    return f


class Model:
    def __init__(self, k):
        self.k, self.count, self.energy, self.trace = k, 0, 0.0, []

    def step(self, x):
        self.count += 1
        self.energy += 0.5 * x * x
        self.trace.append(x)
        self.last = {"x": x * self.k}
        return x + 0.1 * self.k * math.sin(x) * self.count


def objects_with_state(wrap):
    def f(u, k):
        model, x = Model(k), u[0]
        step = wrap(model.step)
        for _ in range(10):
            x = step(x)
            model.k = model.k * 1.1
        assert model.count == len(model.trace) == 10
        return x * model.energy + sum(model.trace) * model.last["x"]

    return f


def counters_in_closures(wrap):
    def f(u, k):
        count, total = 0, k

        @wrap
        def step(x):
            nonlocal count, total
            count += 1
            total = total + x * count
            return x * 1.1 + 0.01 * total

        x = u[1]
        for _ in range(10):
            x = step(x)
        return x * total * count

    return f


def globals_that_change(wrap):
    @wrap
    def step(x, k):
        STATE["count"] += 1
        return x * STATE["offset"] * SCALE + k * x

    def f(u, k):
        global SCALE
        SCALE, x, STATE["count"] = 1.0, u[0], 0
        for i in range(10):
            STATE["offset"] = 0.5 + 0.1 * i
            x = step(x, k)
        assert STATE["count"] == 10
        return x * SCALE

    return f


def exceptions(wrap):
    @wrap
    def step(x, k):
        if x > 1.5:
            raise ArithmeticError
        return x + k * math.sin(x)

    def f(u, k):
        x = u[0]
        for i in range(100):
            try:
                x = step(x, k)
            except ArithmeticError:
                return x * i
        return x

    return f


def containers(wrap):
    @wrap
    def step(p, x):
        return {"a": x * p["w"] + p["b"], "l": [x, p["w"]]}

    def f(u, k):
        p, x, total = {"w": k, "b": u[1]}, u[0], 0.0
        for _ in range(5):
            result = step(p, x)
            x = result["a"]
            total = total + result["l"][0] * result["l"][1]
            p["w"] = p["w"] + 0.1 * x
        return total + x

    return f


def results_that_are_written_to(wrap):
    @wrap
    def step(u, k):
        w = np.cos(u) * k
        return w, w[1:]

    def f(u, k):
        for _ in range(5):
            w, part = step(u, k)
            part[0] = part[1] * u[0]
            w *= 2.0
            u = u + w
        return np.sum(u * u)

    return f


def arguments_that_are_changed(wrap):
    @wrap
    def step(u, k):
        u *= 1.0 + 0.1 * k
        u[0] = u[1] * k

    def f(u, k):
        u = u * 1.0
        for _ in range(5):
            step(u, k)
        return np.sum(u * u)

    return f


def results_that_are_views(wrap):
    @wrap
    def step(u, k):
        return u[1:3], u * k, k

    def f(u, k):
        u = u * 1.0
        for _ in range(3):
            view, v, k = step(u, k)
            u[2] = np.sum(v)
            u = u + np.sum(view * view)
        return np.sum(u) * k

    return f


def shared_generator(wrap):
    @wrap
    def step(x, k):
        return x + k * random.gauss(0.0, 1.0) * x * np.random.rand()

    def f(u, k):
        random.seed(3)
        np.random.seed(3)
        x = u[0]
        for _ in range(5):
            x = step(x, k)
        return x * random.random()

    return f


def complex_numbers(wrap):
    @wrap
    def step(x, k):
        z = complex(x, k)
        return (z * z).real * 0.5

    def f(u, k):
        x = u[0]
        for _ in range(5):
            x = step(x, k)
        return x

    return f


OFF_THE_TAPE = [
    (numbers, 10),
    (arrays, 10),
    (captured_and_changed, 10),
    (generators, 10),
    (objects_with_state, 10),
    (globals_that_change, 10),
    (containers, 5),
    (results_that_are_written_to, 5),
]
ON_IT = [
    arguments_that_are_changed,
    counters_in_closures,
    results_that_are_views,
    shared_generator,
    complex_numbers,
]


def compared(make):
    u, k = np.linspace(0.2, 1.0, 4), 0.3
    value, (du, dk) = ad.value_and_grad(make(lambda f: f), (0, 1))(u, k)
    again, (du_again, dk_again) = ad.value_and_grad(make(ad.checkpoint), (0, 1))(u, k)
    assert again == value == make(ad.checkpoint)(u, k)
    np.testing.assert_allclose(du_again, du, rtol=1e-14)
    np.testing.assert_allclose(dk_again, dk, rtol=1e-14)
    dots = [ad.jvp(make(w), (u, k), (u, 2.0))[1] for w in (lambda f: f, ad.checkpoint)]
    assert dots[1] == pytest.approx(dots[0], rel=1e-14)
    assert dots[0] == pytest.approx(du @ u + 2.0 * dk, rel=1e-12)


@pytest.mark.parametrize(("make", "count"), OFF_THE_TAPE)
def test_derivatives_are_the_same_without_the_tape(make, count, made_again):
    compared(make)
    assert len(made_again) >= 2 * count


@pytest.mark.parametrize("make", ON_IT)
def test_what_cannot_be_made_again_stays_on_the_tape(make, made_again):
    compared(make)
    assert not made_again


def test_loops_that_converge_have_the_derivative_of_their_limit():
    def solve(wrap):
        step = wrap(lambda x, a: 0.5 * (x + a / x) + 0.01 * math.sin(x))

        def f(a):
            x = 1.0
            while True:
                new = step(x, a)
                if abs(new - x) < 1e-9:
                    return new
                x = new

        return f

    plain, kept = ad.grad(solve(lambda f: f))(2.0), ad.grad(solve(ad.checkpoint))(2.0)
    assert kept == pytest.approx(plain, rel=1e-12)


def test_numbers_that_are_kept_where_no_search_looks(made_again):
    kept = {}

    def hidden(x):
        y = x * x
        frame_of(y)
        return y * 3.0

    def frame_of(y):
        kept[0] = y

    step = ad.checkpoint(hidden)
    assert ad.grad(lambda x: step(x) * kept[0])(2.0) == 3.0 * 4.0 * 2.0**3
    assert made_again


def test_calls_longer_than_a_segment_of_the_tape(made_again):
    def long(x, k):
        for _ in range(700):
            x = x + 1e-3 * k * math.sin(x)
        return x

    def f(x, k, step):
        y = math.exp(x * k)
        for i in range(3):
            y = step(y * x, k) * math.cos(k * i)
        return y * x

    kept = ad.checkpoint(long)
    assert ad.grad(lambda x, k: f(x, k, kept), (0, 1))(0.7, 0.4) == pytest.approx(
        ad.grad(lambda x, k: f(x, k, long), (0, 1))(0.7, 0.4), rel=1e-13
    )
    assert len(made_again) == 3


def test_large_results_keep_their_memory():
    step = ad.checkpoint(lambda u: np.sin(u) * u)

    def f(u):
        seen = []

        def noted(w):
            seen.append(w)
            return w

        x = noted(step(u)) * 2.0 - 1.0
        return np.sum(x) * np.sum(seen[0])

    u = np.linspace(0.1, 1.0, 20_000)
    w = np.sin(u) * u
    value, gradient = ad.value_and_grad(f)(u)
    assert value == pytest.approx(np.sum(2.0 * w - 1.0) * np.sum(w))
    slope = np.cos(u) * u + np.sin(u)
    np.testing.assert_allclose(
        gradient, slope * (2.0 * np.sum(w) + np.sum(2.0 * w - 1.0)), rtol=1e-12
    )


def test_calls_that_raise_stay_on_the_tape(made_again):
    compared(exceptions)
    assert made_again


def test_effects_are_those_of_one_call():
    seen, rng = [], np.random.default_rng(5)

    @ad.checkpoint
    def step(x):
        seen.append(x)
        return x * rng.normal()

    ad.grad(lambda x: step(step(x)))(2.0)
    expected = np.random.default_rng(5)
    assert seen == [2.0, 2.0 * expected.normal()]
    expected.normal()
    assert rng.normal() == expected.normal()


def test_memory_is_that_of_the_arguments():
    def work(x, k):
        for _ in range(300):
            x = x + 1e-3 * k * math.sin(x)
        return x

    def peak(wrap):
        step = wrap(work)

        def f(x, k):
            for _ in range(40):
                x = step(x, k)
            return x

        ad.grad(f)(0.3, 0.5)
        tracemalloc.start()
        try:
            ad.grad(f)(0.3, 0.5)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(ad.checkpoint) < 0.2 * peak(lambda f: f)


def test_second_derivatives_and_jacobians():
    u, k = np.linspace(0.2, 1.0, 4), 0.3
    plain, kept = numbers(lambda f: f), numbers(ad.checkpoint)
    assert ad.hessian(kept, 1)(u, k) == pytest.approx(ad.hessian(plain, 1)(u, k), rel=1e-13)
    plain, kept = arrays(lambda f: f), arrays(ad.checkpoint)
    np.testing.assert_allclose(ad.jacobian(kept)(u, k), ad.jacobian(plain)(u, k), rtol=1e-13)
    pullback = ad.vjp(kept, u, k)[1]
    np.testing.assert_array_equal(pullback(1.0)[0], pullback(1.0)[0])


def test_a_sweep_that_is_differentiated_is_refused():
    kept = ad.checkpoint(lambda x: math.sin(x))
    pullback = ad.vjp(kept, 0.5)[1]
    with pytest.raises(NonDifferentiable, match="sweep over a checkpointed call"):
        ad.grad(lambda ct: pullback(ct)[0])(2.0)


def test_a_clock_is_noticed():
    @ad.checkpoint
    def step(x):
        return x * time.perf_counter()

    def loss(x):
        return step(x) * 2.0

    try:
        slope = ad.grad(loss)(1.0)
    except NonDifferentiable as error:
        assert "something else when it was called again" in str(error)
    else:
        assert slope > 0.0  # it stayed on the tape


def test_methods_and_nested_calls():
    class Decorated:
        rate = 0.3

        @ad.checkpoint
        def step(self, x):
            return x + self.rate * math.sin(x)

    inner = ad.checkpoint(lambda x: x * math.cos(x))
    outer = ad.checkpoint(lambda x: inner(x) * inner(x * 2.0))
    model = Decorated()

    def f(x):
        for _ in range(3):
            x = model.step(x)
        return outer(x)

    def plain(x):
        for _ in range(3):
            x = x + 0.3 * math.sin(x)
        return x * math.cos(x) * 2.0 * x * math.cos(2.0 * x)

    assert ad.grad(f)(0.4) == pytest.approx(ad.grad(plain)(0.4), rel=1e-13)


def steps_of_arrays(wrap):
    @wrap
    def step(u, k):
        for _ in range(10):
            u = u + k * (u[::-1] - u)
            u *= 1.0 - 0.01 * k
            u = np.sin(u) + 0.5 * u
        return u

    def f(u, k):
        for _ in range(20):
            u = step(u, k)
        return (u * u).sum()

    return f


def test_arrays_without_contents_are_cut_off_too(made_again):
    u = np.linspace(0.1, 1.0, 5000)

    def peak(f):
        ad.grad(f, (0, 1))(u, 0.3)
        tracemalloc.start()
        try:
            found = ad.grad(f, (0, 1))(u, 0.3)
            return found, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    (du, dk), whole = peak(steps_of_arrays(lambda f: f))
    (again, dk_again), cut = peak(steps_of_arrays(ad.checkpoint))
    np.testing.assert_allclose(again, du, rtol=1e-12)
    assert dk_again == pytest.approx(dk, rel=1e-12)
    assert made_again and cut < 0.3 * whole


HIDDEN = contextvars.ContextVar("hidden")


@pytest.mark.parametrize("size", [3, 5000])
def test_arrays_kept_where_no_search_looks(size):
    @ad.checkpoint
    def step(u):
        y = u + 1.0
        HIDDEN.set(y)
        return y * 2.0

    def f(u):
        return (step(u) * HIDDEN.get()).sum()

    u = np.linspace(0.1, 1.0, size)
    try:
        found = ad.grad(f)(u)
    except MissingRule:
        return
    np.testing.assert_allclose(found, 4.0 * (u + 1.0), rtol=1e-12)
