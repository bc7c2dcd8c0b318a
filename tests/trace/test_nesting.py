"""Levels of differentiation: nested transforms of any order and kind."""

import math
import threading

import numpy as np
import pytest

from adjoint import spaces, trace


def grad(function):
    def gradient(x):
        x = spaces.fresh(x) if not isinstance(x, np.ndarray) else x
        return trace.record(function, (x,), {}, [x]).pullback([1.0])[0]

    return gradient


def pushed(function):
    def derivative(x):
        x = spaces.fresh(x)
        return trace.record(function, (x,), {}, [x]).pushforward([1.0])[0]

    return derivative


def quartic(x):
    total = 0.0
    for i in range(3):
        total += x**i * math.sin(x)
    return total if total > 0 else -total


def in_arrays(x):
    y = np.zeros(3)
    y[0] = x * x
    y[1:] = y[0] * np.array([1.0, x])
    y *= y
    y[2] += math.exp(y[0])
    return float(np.sum(np.tanh(y)))


@pytest.mark.parametrize("function", [quartic, in_arrays], ids=["scalars", "arrays"])
@pytest.mark.parametrize("inner", [grad, pushed])
@pytest.mark.parametrize("outer", [grad, pushed])
def test_second_derivatives(function, inner, outer):
    first = inner(function)
    h = 1e-5
    numeric = (first(0.7 + h) - first(0.7 - h)) / (2 * h)
    assert outer(inner(function))(0.7) == pytest.approx(numeric, rel=1e-7)


def test_third_derivative():
    second = grad(grad(quartic))
    h = 1e-5
    numeric = (second(0.7 + h) - second(0.7 - h)) / (2 * h)
    assert grad(pushed(grad(quartic)))(0.7) == pytest.approx(numeric, rel=1e-7)
    assert grad(grad(grad(quartic)))(0.7) == pytest.approx(numeric, rel=1e-7)


def test_levels_are_not_confused():
    assert grad(lambda x: x * grad(lambda y: x + y)(2.0))(3.0) == 1.0
    assert grad(lambda x: grad(lambda y: x * y * y)(x))(3.0) == 12.0
    assert grad(lambda x: x * pushed(lambda y: x * y)(1.0))(3.0) == 6.0


def test_a_pullback_recorded_outside_is_differentiated_inside():
    x = spaces.fresh(2.0)
    recording = trace.record(lambda x: x * x * x, (x,), {}, [x])
    assert grad(lambda ct: recording.pullback([ct])[0] ** 2)(3.0) == 2 * 3.0 * 12.0**2
    y = np.array([1.0, 2.0])
    arrays = trace.record(lambda y: y * y[::-1], (y,), {}, [y])
    found = grad(lambda ct: float(np.sum(arrays.pullback([ct])[0] ** 2)))(np.array([3.0, 1.0]))
    h, total = 1e-6, lambda c: np.sum(arrays.pullback([c])[0] ** 2)
    numeric = [
        (total(np.array([3.0, 1.0]) + h * e) - total(np.array([3.0, 1.0]) - h * e)) / (2 * h)
        for e in np.eye(2)
    ]
    np.testing.assert_allclose(found, numeric, rtol=1e-7)


def test_mutation_inside_an_inner_level():
    def inner(y, x):
        y[0] *= x
        y[1] += y[0] * y[0]
        return y[1] * x

    def outer(x):
        y = np.array([1.0, 2.0]) * x
        recording = trace.record(lambda y: inner(y, x), (y,), {}, [y])
        gradient = recording.pullback([1.0])[0]
        y[0] = y[0] * 3.0
        return gradient[0] * x + y[0] * y[1]

    h = 1e-6
    numeric = (outer(1.3 + h) - outer(1.3 - h)) / (2 * h)
    assert grad(outer)(1.3) == pytest.approx(numeric, rel=1e-7)


def test_hessian_of_an_array_function():
    def loss(x):
        return float(np.sum(np.sin(x) * x[::-1]) + x[0] * x[1] ** 2)

    def gradient(x):
        return trace.record(loss, (x,), {}, [x]).pullback([1.0])[0]

    x = np.array([0.3, -0.7, 1.1])
    recording = trace.record(gradient, (x,), {}, [x])
    h = 1e-6
    hessian = np.stack([recording.pushforward([e])[0] for e in np.eye(3)], axis=-1)
    rows = np.stack([recording.pullback([e])[0] for e in np.eye(3)])
    numeric = np.stack([(gradient(x + h * e) - gradient(x - h * e)) / (2 * h) for e in np.eye(3)])
    np.testing.assert_allclose(hessian, numeric, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(rows, hessian, rtol=1e-12)


def test_two_threads_record_at_once():
    found = {}

    def work(scale):
        def program(x):
            total = 0.0
            for i in range(2000):
                total += math.sin(x * scale + i)
            return total

        found[scale] = [grad(program)(0.5) for _ in range(3)]

    threads = [threading.Thread(target=work, args=(scale,)) for scale in (1.0, 2.0, 3.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for scale, values in found.items():
        expected = sum(scale * math.cos(0.5 * scale + i) for i in range(2000))
        assert values == pytest.approx([expected] * 3, rel=1e-10)


def test_a_level_is_used_again_after_an_exception():
    def failing(x):
        grad(lambda y: y * x)(2.0)
        raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError):
            grad(failing)(1.0)
    assert grad(quartic)(0.7) == pytest.approx(pushed(quartic)(0.7), rel=1e-13)
