"""Differential equations: every method of `solve_ivp`, and `odeint`."""

import numpy as np
import pytest
import scipy.integrate

import adjoint as ad
from adjoint.testing.finite_difference import finite_difference_jvp

METHODS = ["RK23", "RK45", "DOP853", "Radau", "BDF", "LSODA"]
TIMES = np.linspace(0.0, 2.0, 5)


def pendulum(t, y, a):
    return [y[1], -a * np.sin(y[0]) - 0.1 * y[1]]


def solve(fun, span, start, method, **options):
    loose = 1e-9 if method in ("RK45", "DOP853") else 1e-6
    return scipy.integrate.solve_ivp(
        fun, span, start, method=method, rtol=loose, atol=loose / 100, **options
    )


def at_times(a, method):
    solved = solve(pendulum, (0, 2), [1.0, a], method, args=(a,), t_eval=TIMES)
    return solved.y[0, -1] + solved.y[1, 2]


def at_live_times(a, method):
    solved = solve(lambda t, y: pendulum(t, y, 1.0), (a, -a), [1.0, 0.5], method, t_eval=[a / 2, 0])
    return solved.y[0, 0] + solved.y[1, 1] + solved.t[0]


def at_the_end(a, method):
    solved = solve(lambda t, y: pendulum(t, y, a), (0, a), [1.0, a], method, dense_output=True)
    inside = solved.sol(np.array([0.1, 0.5]) * a)
    return solved.y[0, -1] + solved.sol(0.5 * a)[1] + inside[0, 0] + solved.t[-1]


def fall(a, method):
    def floor(t, y):
        return y[0]

    floor.terminal = True
    floor.direction = -1
    solved = solve(
        lambda t, y: [y[1], -9.81 - a * y[1]],
        (0, 5),
        [1.0, 3 * a],
        method,
        events=[floor, lambda t, y: y[1]],
    )
    assert solved.status == 1
    return solved.t[-1] + solved.y[1, -1] + solved.t_events[1][0] * solved.y_events[1][0, 0]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("program", [at_times, at_live_times, at_the_end, fall])
def test_solution(program, method):
    def f(a):
        return program(a, method)

    value, gradient = ad.value_and_grad(f)(0.8)
    assert value == f(0.8)
    expected = finite_difference_jvp(f, (0.8,), (1.0,))
    assert gradient == pytest.approx(expected, rel=1e-6 if method in ("RK45", "DOP853") else 1e-3)
    assert ad.jvp(f, (0.8,), (1.0,))[1] == pytest.approx(gradient, rel=1e-11)


def slide(a, method):
    solved = scipy.integrate.solve_ivp(
        lambda t, y: -a * y * y, (0, 1), [1.0], method=method, events=lambda t, y: y[0] - 0.8
    )
    return solved.y[0, -1] + solved.t_events[0][0]


@pytest.mark.parametrize(("program", "method"), [(fall, "RK45"), (slide, "Radau")])
def test_second_order(program, method):
    first = ad.grad(lambda a: program(a, method))
    expected = finite_difference_jvp(first, (0.8,), (1.0,))
    assert ad.grad(first)(0.8) == pytest.approx(expected, rel=1e-3 if program is slide else 1e-6)


def test_I8_the_control_of_the_step_size_is_not_differentiated():
    """With it the derivative was wrong by 0.7 percent here: |y'| makes the error estimate jump."""

    def f(a):
        solved = scipy.integrate.solve_ivp(
            lambda t, y: [y[1], -a * y[0] - 0.1 * y[1] * abs(y[1])],
            (0, 9),
            [1.0, a],
            method="DOP853",
            dense_output=True,
            rtol=1e-9,
            atol=1e-11,
        )
        return solved.sol(8.0)[1]

    expected = (f(0.8001) - f(0.7999)) / 2e-4
    assert ad.grad(f)(0.8) == pytest.approx(expected, rel=1e-5)


def robertson(a):
    solved = scipy.integrate.solve_ivp(
        lambda t, y: [
            -0.04 * a * y[0] + 1e4 * y[1] * y[2],
            0.04 * a * y[0] - 1e4 * y[1] * y[2] - 3e7 * y[1] ** 2,
            3e7 * y[1] ** 2,
        ],
        (0, 1),
        [1.0, 0.0, 0.0],
        method="BDF",
        rtol=1e-5,
        atol=1e-9,
    )
    return solved.y[0, -1] + 1e4 * solved.y[1, -1]


def of_complex(a):
    return abs(
        scipy.integrate.solve_ivp(lambda t, y: 1j * a * y, (0, 1), [1 + a * 1j], rtol=1e-10).y[
            0, -1
        ]
        + 1
    )


def of_columns(a):
    solved = scipy.integrate.solve_ivp(
        lambda t, y: -a * y, (0, 1), [1.0, 2.0], vectorized=True, method="Radau", rtol=1e-9
    )
    return np.sum(solved.y[:, -1])


def at_live_times_of_odeint(a):
    y = scipy.integrate.odeint(
        lambda y, t: [y[1], -a * y[0] * t], [1.0, a], np.array([0.0, a / 2, a]), rtol=1e-10
    )
    return np.sum(y)


def of_a_number(a):
    fall = lambda v, t: 9.81 - a * float(v[0]) ** 2  # noqa: E731
    return np.sum(scipy.integrate.odeint(fall, [a], np.array([0.0, 0.5, 1.0]), rtol=1e-10))


def odeint_with_time_first(a):
    y, _ = scipy.integrate.odeint(
        lambda t, y, b: [y[1], -b * y[0] * t],
        [1.0, a],
        [0.0, 1.0, 2.0],
        args=(a,),
        tfirst=True,
        full_output=True,
    )
    return y[1, 0] + y[2, 1]


@pytest.mark.parametrize(
    "f",
    [
        robertson,
        of_complex,
        of_columns,
        at_live_times_of_odeint,
        odeint_with_time_first,
        of_a_number,
    ],
)
def test_other_problems(f):
    expected = finite_difference_jvp(f, (0.8,), (1.0,))
    gradient = ad.grad(f)(0.8)
    assert gradient == pytest.approx(expected, rel=1e-3 if f is robertson else 1e-5)
    assert ad.jvp(f, (0.8,), (1.0,))[1] == pytest.approx(gradient, rel=1e-11)
