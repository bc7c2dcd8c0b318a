"""Compiled loops that search are told of: their steps have no derivative, what they find has."""

import inspect

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile.jitted import Jitted
from adjoint.compile.transform.searching import searches
from adjoint.errors import UnrolledLoop


def residual(x, a):
    return x**3 - a * x - 1


def bisection(a):
    lo, hi = 0.5, 3.0
    while hi - lo > 1e-12:  # here
        middle = 0.5 * (lo + hi)
        if residual(middle, a) > 0:
            hi = middle
        else:
            lo = middle
    return lo


def bisection_left_inside(a):
    x, step = 0.5, 2.5
    start = residual(x, a)
    for _ in range(100):  # here
        step *= 0.5
        middle = x + step
        value = residual(middle, a)
        if value * start >= 0:
            x = middle
        if abs(step) < 1e-13 or value == 0.0:
            return middle
    return x


def steps_forward(a):
    x = 0.0
    while residual(x, a) < 0:  # here
        x += 1e-3
    return x


def golden_section(a):
    ratio = 0.618
    lo, hi = 0.1, 3.0
    c, d = hi - ratio * (hi - lo), lo + ratio * (hi - lo)
    for _ in range(50):  # here
        if (c - a) ** 2 < (d - a) ** 2:
            hi = d
        else:
            lo = c
        c, d = hi - ratio * (hi - lo), lo + ratio * (hi - lo)
    return a * lo


def in_an_array(a):
    ends = np.array([0.5, 3.0])
    for _ in range(50):  # here
        middle = 0.5 * (ends[0] + ends[1])
        if residual(middle, a) > 0:
            ends[1] = middle
        else:
            ends[0] = middle
    return ends[0] * 2.0


def of_each_item(a):
    lo, hi = np.full(3, 0.5), np.full(3, 3.0)
    scale = np.array([1.0, 1.1, 1.2])
    for _ in range(50):  # here
        middle = 0.5 * (lo + hi)
        above = residual(middle, a * scale) > 0
        hi = np.where(above, middle, hi)
        lo = np.where(above, lo, middle)
    return np.sum(lo)


def with_the_values_at_its_ends(a):
    lo, hi = 0.5, 3.0
    below, above = residual(lo, a), residual(hi, a)
    for _ in range(50):  # here
        middle = 0.5 * (lo + hi)
        value = residual(middle, a)
        if value * above > 0:
            hi, above = middle, value
        elif value * below > 0:
            lo, below = middle, value
    return lo


def of_a_value_that_a_loop_makes(a):
    lo, hi = 0.5, 3.0
    for _ in range(50):  # here
        middle = 0.5 * (lo + hi)
        value = -1.0 - a * middle
        for _ in range(3):
            value += middle**3 / 3
        if value > 0:
            hi = middle
        else:
            lo = middle
    return lo


def of_a_value_that_a_branch_makes(a):
    lo, hi = 0.5, 3.0
    for _ in range(50):  # here
        middle = 0.5 * (lo + hi)
        value = -middle
        if middle > 1.0:
            value = residual(middle, 1.2)
        if value > a - 1.2:
            hi = middle
        else:
            lo = middle
    return lo


def of_a_value_in_an_array(a):
    lo, hi = 0.5, 3.0
    value = np.zeros(2)
    for _ in range(50):  # here
        middle = 0.5 * (lo + hi)
        value[:] = residual(middle, 1.2)
        if value[1] > a - 1.2:
            hi = middle
        else:
            lo = middle
    return lo


def a_turn_late(a):
    x, step, tried, shown = 0.5, 1.0, 0.6, 0.6
    for _ in range(50):  # here
        if residual(shown, a) > 0:
            x = x - step
        shown, tried = tried, x + step
        step *= 0.9
    return x


SEARCHES = [
    *(with_the_values_at_its_ends, of_a_value_that_a_loop_makes, of_a_value_that_a_branch_makes),
    *(of_a_value_in_an_array, a_turn_late),
    *(bisection, bisection_left_inside, steps_forward, golden_section, in_an_array, of_each_item),
]


def newton(a):
    x = 1.7
    while abs(residual(x, a)) > 1e-12:
        x -= residual(x, a) / (3 * x * x - a)
    return x


def regula_falsi(a):
    x, y = 0.5, 3.0
    f, g = residual(x, a), residual(y, a)
    for _ in range(200):
        z = (f * y - g * x) / (f - g)
        h = residual(z, a)
        if h * g < 0:
            x, f = y, g
        y, g = z, h
        if abs(h) < 1e-14:
            break
    return y


def adaptive_steps(a):
    t, y, step = 0.0, 1.0, 0.1
    while t < 1.0:
        full = y - step * a * y
        half = y - step / 2 * a * y
        half = half - step / 2 * a * half
        if abs(full - half) < 1e-4:
            t, y = t + step, half
        else:
            step *= 0.5
    return y


def bouncing(a):
    height, speed, lost = 1.0, 0.0, 0.0
    for _ in range(50):
        speed -= 0.05 * a
        height += 0.05 * speed
        if height < 0:
            height, speed, lost = -height, -0.9 * speed, lost + 0.1
    return height + lost


def largest_on_a_grid(a):
    best, place = -1e9, 0.0
    for i in range(20):
        x = 0.1 * i
        value = a * x - x * x
        if value > best:
            best, place = value, x
    return place


def counted(a):
    count = 0.0
    for i in range(20):
        if a * i > 7.0:
            count += 1.0
    return count * a


def interval_of_a_table(a):
    table = np.linspace(0.0, 3.0, 10)
    lo, hi = 0, 9
    while hi - lo > 1:
        middle = (lo + hi) // 2
        if table[middle] > a:
            hi = middle
        else:
            lo = middle
    return (a - table[lo]) * 2.0


def fixed_bisection(a):
    lo, hi = 0.5, 3.0
    for _ in range(50):
        middle = 0.5 * (lo + hi)
        if residual(middle, 1.2) > 0:
            hi = middle
        else:
            lo = middle
    return lo * a


def inverted(a):
    matrix = np.array([[a, 2.0], [3.0, a * a]])
    return np.sum(np.linalg.inv(matrix))


def found_for_nothing(a):
    lo, hi = 0.5, 3.0
    for _ in range(50):
        middle = 0.5 * (lo + hi)
        if residual(middle, a) > 0:
            hi = middle
        else:
            lo = middle
    return a * int(lo > 1.0)


def kept_for_nothing(a):
    ends = np.array([0.5, 3.0])
    for _ in range(50):
        middle = 0.5 * (ends[0] + ends[1])
        if residual(middle, a) > 0:
            ends[1] = middle
        else:
            ends[0] = middle
    return a * int(ends[0] > 1.0)


OTHERS = [
    *(inverted, found_for_nothing, kept_for_nothing),
    *(newton, regula_falsi, adaptive_steps, bouncing, largest_on_a_grid, counted),
    *(interval_of_a_table, fixed_bisection),
]


def line_of(function):
    lines, start = inspect.getsourcelines(function)
    return start + next(i for i, line in enumerate(lines) if "# here" in line)


@pytest.mark.parametrize("function", SEARCHES)
def test_searches_are_found_with_their_line(function):
    program = Jitted(function).call((1.2,), {}).program
    places = searches(program.function, program.function.params)
    assert [place.lineno for place in places] == [line_of(function)]


@pytest.mark.parametrize("function", OTHERS)
def test_other_loops_are_not_mistaken_for_searches(function):
    program = Jitted(function).call((1.2,), {}).program
    assert searches(program.function, program.function.params) == []


def test_what_is_not_differentiated_is_no_search():
    def of_two(a, b):
        return bisection(a) * b

    program = Jitted(of_two).call((1.2, 0.7), {}).program
    a, b = program.function.params
    assert len(searches(program.function, (a,))) == 1
    assert searches(program.function, (b,)) == []


DERIVATIVES = [
    lambda f: ad.grad(f)(1.2),
    lambda f: ad.jvp(f, (1.2,), (1.0,)),
    lambda f: ad.vjp(f, 1.2)[1](1.0),
]


@pytest.mark.parametrize("derivative", DERIVATIVES)
def test_a_search_is_told_of(derivative):
    with pytest.warns(UnrolledLoop, match="searches") as caught:
        derivative(Jitted(bisection))
    assert caught[0].filename == __file__
    assert caught[0].lineno == line_of(bisection)


@pytest.mark.parametrize("derivative", DERIVATIVES)
def test_steps_that_are_meant_are_not_told_of(derivative):
    with ad.unrolled():
        derivative(Jitted(bisection))
    Jitted(bisection)(1.2)
