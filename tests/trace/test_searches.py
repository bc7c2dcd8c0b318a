"""Loops that narrow intervals, and maps of large states: the derivative is that of the limit."""

import math

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import UnrolledLoop

ROOTS = np.array([2.0, 3.0, 6.0])


def in_a_fixed_number_of_steps(a):
    low, high = 0.0, 10.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if middle * middle < a:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def by_a_sign(a):
    def residual(x):
        return x * x - a

    low, high = 0.0, 10.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if residual(low) * residual(middle) <= 0:
            high = middle
        else:
            low = middle
    return low


def while_counting(a):
    low, high, step = 0.0, 10.0, 0
    while step < 60:
        middle = (low + high) / 2
        (low, high) = (middle, high) if middle * middle < a else (low, middle)
        if middle * middle < a:
            low = middle
        else:
            high = middle
        step += 1
    return high


def of_arrays_by_where(a):
    target, low, high = a * ROOTS / 2.0, np.zeros(3), np.full(3, 10.0)
    while np.max(high - low) > 1e-10:
        middle = 0.5 * (low + high)
        is_below = middle * middle < target
        low = np.where(is_below, middle, low)
        high = np.where(is_below, high, middle)
    return low[0] + 0.0 * high[2]


def of_arrays_by_masks(a):
    target, low, high = a * ROOTS / 2.0, np.zeros(3), np.full(3, 10.0)
    for _ in range(60):
        middle = 0.5 * (low + high)
        is_below = middle * middle < target
        low[is_below] = middle[is_below]
        high[~is_below] = middle[~is_below]
    return high[0]


def of_arrays_by_copies(a):
    target, low, high = a * ROOTS / 2.0, np.zeros(3), np.full(3, 10.0)
    for _ in range(60):
        middle = 0.5 * (low + high)
        np.copyto(low, middle, where=middle**2 < target)
        np.copyto(high, middle, where=middle**2 >= target)
    return 0.5 * (low[0] + high[0])


def of_arrays_until_nothing_moves(a):
    """With a counter, which moves as one too, and comparisons that are no equations."""
    target, low, high = a * ROOTS / 2.0, np.zeros(3), np.full(3, 10.0)
    x, turns = (low + high) / 2.0, np.zeros(3)
    moving = (low < x) & (x < high)
    while moving.any():
        too_high = (x * x > target) & moving
        np.copyto(high, x, where=too_high)
        np.copyto(low, x, where=~too_high & moving)
        np.copyto(x, (low + high) / 2.0, where=moving & (low <= high) & (high != 0.0))
        turns += 1.0
        moving = (low < x) & (x < high) & (turns < 64.0)
    return x[0]


SEARCHES = [
    in_a_fixed_number_of_steps,
    by_a_sign,
    while_counting,
    of_arrays_by_where,
    of_arrays_by_masks,
    of_arrays_by_copies,
    of_arrays_until_nothing_moves,
]


@pytest.mark.parametrize("search", SEARCHES)
def test_the_root_of_what_decides(search):
    """The square root of the argument."""
    root = search(2.0)
    assert root == pytest.approx(2.0**0.5, rel=1e-9)
    assert ad.grad(search)(2.0) == pytest.approx(0.5 / root, rel=1e-8)
    assert ad.jvp(search, (2.0,), (1.0,))[1] == pytest.approx(0.5 / root, rel=1e-8)


@pytest.mark.parametrize("search", [by_a_sign, of_arrays_by_masks])
def test_second_derivatives(search):
    found = ad.grad(ad.grad(search))(2.0)
    assert found == pytest.approx(-0.25 * 2.0**-1.5, rel=1e-6)


def test_a_search_in_which_the_elements_act_on_each_other():
    coupling, weights = np.array([[0.0, 0.3], [0.2, 0.0]]), np.array([1.0, 2.0])
    wanted = np.array([1.0, 1.0])

    def f(a):
        low, high = np.zeros(2), np.full(2, 4.0)
        for _ in range(60):
            middle = 0.5 * (low + high)
            is_below = middle + coupling @ np.tanh(middle[::-1]) < a
            low = np.where(is_below, middle, low)
            high = np.where(is_below, high, middle)
        return middle @ weights

    # Each element alone: tanh of the other one of a pair that is coupled to itself.
    found = ad.grad(f)(wanted)
    step = 1e-6
    expected = [
        (f(wanted + step * unit) - f(wanted - step * unit)) / (2.0 * step) for unit in np.eye(2)
    ]
    assert found == pytest.approx(np.array(expected), rel=1e-6)


def test_a_search_for_a_minimum_to_the_last_digit_is_not_trusted():
    def ternary(a):
        low, high = -5.0, 5.0
        for _ in range(100):
            first, second = low + (high - low) / 3, high - (high - low) / 3
            if (first - a) ** 2 + 0.1 * first**4 < (second - a) ** 2 + 0.1 * second**4:
                high = second
            else:
                low = first
        return low

    with pytest.warns(UnrolledLoop):
        ad.grad(ternary)(2.0)


def test_loops_that_only_choose_have_the_derivative_of_what_they_chose():
    def largest(values):
        best, place = values[0], 0
        for index in range(len(values)):
            value = values[index]
            if value > best:
                best = value
                place = index
            else:
                last = value
        return best + 0.5 * last + place

    assert ad.grad(largest)([1.0, 5.0, 2.0, 3.0]) == [0.0, 1.0, 0.0, 0.5]


def picks_by_a_product(x):
    y, v, up, down = 1.0, x, x, 2.0 * x
    for _ in range(50):
        if y * v > 0:
            up = y
        else:
            down = y
        v = v - 0.1 * y
        y = y + 0.1 * v
    return up * down


def keeps_the_best(x):
    now, best, worst = x, -1e9, 1e9
    for k in range(60):
        now = now * 0.7 + 0.1 * math.sin(k)
        if now > best:
            best = now
        else:
            worst = now
    return best + worst + now


def names_the_same_number(x):
    v = np.array([1.0, 2.0, 3.0]) * x
    for _ in v.copy():
        first = x
        v[0] += x
        if (v @ v) < (x + x):
            second = x  # noqa: F841
        elif x < -1.0:
            third = x  # noqa: F841
    return v.sum() + first


@pytest.mark.parametrize("f", [picks_by_a_product, keeps_the_best, names_the_same_number])
def test_loops_that_choose_but_narrow_nothing_do_not_warn(f):
    step = 1e-6
    expected = (f(0.7 + step) - f(0.7 - step)) / (2.0 * step)
    assert ad.grad(f)(0.7) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("turns", [30, 100])
def test_an_interval_that_began_as_whole_numbers_and_whose_root_is_not_found_warns(turns):
    def f(t):
        low, high = 0, 2
        for _ in range(turns):
            middle = 0.5 * (low + high)
            if int(1e6 * (middle - math.cos(t * middle))) < 0 or t * middle < 0:
                low = middle
            else:
                high = middle
        return low + high

    with pytest.warns(UnrolledLoop, match="narrows an interval"):
        ad.grad(f)(0.9)


# large states


def laplace(a, tolerance, size):
    """Gauss-Seidel by rows on a grid whose boundary depends on `a`, not linearly."""
    grid = np.zeros((size, size))
    grid[0] = np.sin(a * np.linspace(0.0, 1.0, size))
    grid[:, -1] = a * a
    while True:
        old = grid.copy()
        for row in range(1, size - 1):
            grid[row, 1:-1] = 0.25 * (
                grid[row - 1, 1:-1] + grid[row + 1, 1:-1] + grid[row, :-2] + grid[row, 2:]
            )
        if np.abs(grid - old).max() < tolerance:
            return np.sum(grid**2)


def laplace_of_lists(a, tolerance, size):
    grid = [[0.0] * size for _ in range(size)]
    for place in range(size):
        grid[0][place] = np.sin(a * place / (size - 1))
        grid[place][-1] = a * a
    while True:
        change = 0.0
        for row in range(1, size - 1):
            for place in range(1, size - 1):
                around = grid[row - 1][place] + grid[row + 1][place]
                new = 0.25 * (around + grid[row][place - 1] + grid[row][place + 1])
                change = max(change, abs(new - grid[row][place]))
                grid[row][place] = new
        if change < tolerance:
            return sum(value * value for row in grid for value in row)


@pytest.mark.parametrize(("program", "size"), [(laplace, 6), (laplace, 14), (laplace_of_lists, 12)])
def test_a_grid_that_is_relaxed(program, size):
    """Dense for the small state, by repeated sweeps for the large ones; the boundary is fixed."""
    step = 1e-5
    exact = [program(1.0 + sign * step, 1e-13, size) for sign in (1, -1)]
    expected = (exact[0] - exact[1]) / (2.0 * step)
    limit = ad.grad(program)(1.0, 1e-5, size)
    with ad.unrolled():
        path = ad.grad(program)(1.0, 1e-5, size)
    assert abs(limit - expected) < 0.75 * abs(path - expected)
    assert limit == pytest.approx(expected, rel=2e-3)
    assert ad.jvp(lambda a: program(a, 1e-5, size), (1.0,), (1.0,))[1] == pytest.approx(
        limit, rel=1e-9
    )


def test_steps_in_time_are_steps():
    def heat(a):
        field = np.exp(-a * np.linspace(-3.0, 3.0, 150) ** 2)
        time = 0.0
        while time < 0.02 - 1e-12:
            field[1:-1] += 0.2 * (field[2:] - 2.0 * field[1:-1] + field[:-2])
            time += 1e-3
        return np.sum(field**2)

    with ad.unrolled():
        expected = ad.grad(heat)(1.0)
    assert ad.grad(heat)(1.0) == expected
