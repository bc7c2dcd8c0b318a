"""Loops that end by convergence have the derivative of their limit; other loops of their path."""

import math

import numpy as np
import pytest

import adjoint as ad


def newton(a):
    x = 1.0
    for _ in range(50):
        step = (x * x * x - a) / (3 * x * x)
        x = x - step
        if abs(step) < 1e-4:
            break
    return x


def fixed_point_by_return(t):
    x = 0.5
    while True:
        new = math.cos(t * x)
        if abs(new - x) < 1e-6:
            return new
        x = new


def fixed_point_by_test(t):
    x, error = 0.5, 1.0
    while error > 1e-6:
        new = math.cos(t * x)
        error = abs(new - x)
        x = new
    return x


def warm_start(t):
    x = 0.8241323
    while True:
        new = math.cos(t * x)
        if abs(new - x) < 1e-6:
            return new
        x = new


def bisection(t):
    a, b = 0.0, 2.0
    at_a = a - math.cos(t * a)
    while b - a > 1e-10:
        middle = (a + b) / 2
        at_middle = middle - math.cos(t * middle)
        if at_a * at_middle <= 0:
            b = middle
        else:
            a, at_a = middle, at_middle
    return (a + b) / 2


def bisection_by_sign(t):
    low, high = 0.0, 2.0
    while high - low > 1e-10:
        middle = 0.5 * (low + high)
        if np.sign(middle - math.cos(t * middle)) == np.sign(low - math.cos(t * low)):
            low = middle
        else:
            high = middle
    return middle


def secant(t):
    def residual(x):
        return x - math.cos(t * x)

    x, new = 0.3, 1.0
    while abs(new - x) > 1e-7:
        slope = (residual(new) - residual(x)) / (new - x)
        x, new = new, new - residual(new) / slope
    return new


def cosine_slope(t):
    """The derivative of the root of x = cos(t x), by the implicit function theorem."""
    x = 1.0
    for _ in range(200):
        x = math.cos(t * x)
    return -x * math.sin(t * x) / (1 + t * math.sin(t * x))


COSINE = [
    fixed_point_by_return,
    fixed_point_by_test,
    warm_start,
    bisection,
    bisection_by_sign,
    secant,
]


@pytest.mark.parametrize("solve", COSINE)
def test_the_root_of_an_equation(solve):
    assert ad.grad(solve)(0.9) == pytest.approx(cosine_slope(0.9), rel=2e-6)
    assert ad.jvp(solve, (0.9,), (1.0,))[1] == pytest.approx(ad.grad(solve)(0.9), rel=1e-12)


def test_without_the_correction_it_is_the_slope_of_the_steps():
    with ad.unrolled():
        assert ad.grad(bisection)(0.9) == 0.0
        assert abs(ad.grad(warm_start)(0.9) / cosine_slope(0.9) - 1) > 1e-5


def test_newton():
    assert ad.grad(newton)(2.0) == pytest.approx(2.0 ** (-2 / 3) / 3, rel=1e-8)


def test_second_order():
    def of_tight(t):
        x = 0.5
        while True:
            new = math.cos(t * x)
            if abs(new - x) < 1e-13:
                return new
            x = new

    slope = (cosine_slope(0.9 + 1e-5) - cosine_slope(0.9 - 1e-5)) / 2e-5
    assert ad.grad(ad.grad(of_tight))(0.9) == pytest.approx(slope, rel=1e-8)
    assert ad.grad(ad.grad(bisection))(0.9) == pytest.approx(slope, rel=1e-6)


def gauss_seidel(t):
    matrix = np.array([[4.0, 1.0, 0.0], [1.0, 5.0, 2.0], [0.0, 2.0, 6.0]]) * t
    x = np.zeros(3)
    for _ in range(200):
        old = x.copy()
        for i in range(3):
            x[i] = (float(i + 1) - matrix[i] @ x + matrix[i, i] * x[i]) / matrix[i, i]
        if np.max(np.abs(x - old)) < 1e-5:
            break
    return (x**2).sum()


def test_a_state_in_an_array_that_is_changed_in_place():
    matrix = np.array([[4.0, 1.0, 0.0], [1.0, 5.0, 2.0], [0.0, 2.0, 6.0]])

    def solved(t):
        return float((np.linalg.solve(matrix * t, [1.0, 2.0, 3.0]) ** 2).sum())

    slope = -2 * solved(1.1) / 1.1
    assert ad.grad(gauss_seidel)(1.1) == pytest.approx(slope, rel=1e-5)
    assert ad.jvp(gauss_seidel, (1.1,), (1.0,))[1] == pytest.approx(ad.grad(gauss_seidel)(1.1))


def series(x):
    total = term = 1.0
    n = 1
    while abs(term) > 1e-3:
        term *= x / n
        total += term
        n += 1
    return total


def mean_of_arithmetic_and_geometric(a):
    b = 1.0
    while abs(a - b) > 1e-14:
        a, b = (a + b) / 2, math.sqrt(a * b)
    return a


def slowing_down(c):
    x, v = 0.0, 1.0
    while abs(v) > 1e-3:
        x += v * 0.01
        v -= c * v * 0.01
    return x


def decaying_to_a_threshold(c):
    y = 1.0
    while abs(y) > 0.8:
        y *= 1.0 - 1e-3 * c
    return y


PATHS = [series, mean_of_arithmetic_and_geometric, slowing_down, decaying_to_a_threshold]


@pytest.mark.parametrize("f", PATHS)
def test_what_is_no_solver_stays_as_it_is(f):
    with ad.unrolled():
        path = ad.grad(f)(1.3)
    assert ad.grad(f)(1.3) == path
    assert path == pytest.approx((f(1.3 + 1e-6) - f(1.3 - 1e-6)) / 2e-6, rel=1e-5)
