"""I: iterations, solvers and dynamics: the derivative of the limit, of the steps, or a warning."""

import math
import random

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
import scipy.sparse.linalg
from tiers import case, each

import adjoint as ad
from adjoint import errors

# The root of x = cos(a x): dx/da = -x sin(a x) / (1 + a sin(a x)).
ROOT = scipy.optimize.brentq(lambda x: x - math.cos(0.9 * x), 0.0, 1.0, xtol=1e-15)
SLOPE = -ROOT * math.sin(0.9 * ROOT) / (1.0 + 0.9 * math.sin(0.9 * ROOT))


def bisection(a):
    low, high = 0.0, 1.0
    while high - low > 1e-12:
        middle = 0.5 * (low + high)
        if middle - math.cos(a * middle) < 0.0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def fixed_point(a, start=0.5, tolerance=1e-6):
    x = start
    for _ in range(500):
        new = math.cos(a * x)
        if abs(new - x) < tolerance:
            return new
        x = new
    return x


def newton(a):
    x = 0.7
    while True:
        step = (x - math.cos(a * x)) / (1.0 + a * math.sin(a * x))
        x -= step
        if abs(step) < 1e-4:
            return x


def secant(a):
    x, y = 0.5, 0.8
    f, g = x - math.cos(a * x), y - math.cos(a * y)
    while abs(y - x) > 1e-9:
        x, y, f = y, y - g * (y - x) / (g - f), g
        g = y - math.cos(a * y)
    return y


def test_I1_bisection():
    assert ad.grad(bisection)(0.9) == pytest.approx(SLOPE, rel=1e-9)


def test_I1_the_compiled_tier_differentiates_the_steps(tier):
    """Compiled loops have the derivative of their steps; where these have none, that is said."""
    if not tier.is_compiled:
        assert tier.grad(bisection)(0.9) == pytest.approx(SLOPE, rel=1e-9)
        return
    with pytest.warns(errors.UnrolledLoop, match="drop jit"):
        assert tier.grad(bisection)(0.9) == 0.0


def test_I2_a_fixed_point_stopped_at_its_tolerance():
    assert ad.grad(fixed_point)(0.9) == pytest.approx(SLOPE, rel=5e-6)
    with ad.unrolled():
        lagging = ad.grad(fixed_point)(0.9)
    assert lagging == pytest.approx(SLOPE, rel=1e-3)
    assert lagging != pytest.approx(SLOPE, rel=5e-6)


@pytest.mark.parametrize("start", [ROOT, ROOT + 1e-8])
def test_I3_a_constant_start_at_the_solution_is_said(start):
    with pytest.warns(errors.UnrolledLoop, match="before it moved") as caught:
        ad.grad(fixed_point)(0.9, start)
    assert caught[0].filename == __file__


def test_I3_a_start_near_the_solution():
    assert ad.grad(fixed_point)(0.9, ROOT + 1e-3) == pytest.approx(SLOPE, rel=1e-5)


def test_I4_newton():
    assert ad.grad(newton)(0.9) == pytest.approx(SLOPE, rel=1e-6)


def test_I5_a_solver_that_did_not_arrive():
    def f(a):
        return scipy.optimize.root(lambda x: x - np.cos(a * x), 0.0, options={"maxfev": 2}).x[0]

    with pytest.raises(errors.NonDifferentiable) as caught:
        ad.grad(f)(0.9)
    assert caught.value.place.filename == __file__


def stopped_early(a):
    x = 0.0
    for _ in range(3):
        x = 0.5 * (x + math.cos(a * x))
    return x


def test_I5_a_loop_that_counts_is_no_solver(tier):
    tier.check(case(stopped_early, 0.9))


def test_I6_a_slope_by_differences_inside_the_solver():
    assert ad.grad(secant)(0.9) == pytest.approx(SLOPE, rel=1e-7)
    brent = ad.grad(lambda a: scipy.optimize.brentq(lambda x: x - math.cos(a * x), 0.0, 1.0))
    assert brent(0.9) == pytest.approx(SLOPE, rel=1e-10)


def test_I7_counts_that_jump_leave_the_slope_alone():
    slopes = [ad.grad(fixed_point)(0.9 + 1e-3 * k) for k in range(12)]
    second = np.diff(slopes, 2)
    assert np.max(np.abs(second)) < 1e-5  # smooth, though the number of steps changes


def integrate_adaptively(k):
    return scipy.integrate.solve_ivp(lambda t, y: -k * y, (0.0, 1.0), [1.0], rtol=1e-8).y[0, -1]


def integrate_by_hand(k):
    t, y, h = 0.0, 1.0, 0.1
    while t < 1.0:
        h = min(h, 1.0 - t)
        first = -k * y
        second = -k * (y + h * first)
        error = abs(0.5 * h * (second - first))
        if error < 1e-5:
            t, y = t + h, y + 0.5 * h * (first + second)
        h *= min(2.0, max(0.2, 0.9 * math.sqrt(1e-5 / (error + 1e-30))))
    return y


def test_I8_the_control_of_the_step_size():
    assert ad.grad(integrate_adaptively)(0.7) == pytest.approx(-math.exp(-0.7), rel=1e-5)


def test_I8_a_controller_written_in_python(tier):
    assert tier.grad(integrate_by_hand)(0.7) == pytest.approx(-math.exp(-0.7), rel=2e-3)


def euler(k, n):
    y = 1.0
    for _ in range(n):
        y -= k * y / n
    return y


def test_I9_the_discrete_derivative_is_that_of_the_discrete_solution(tier):
    tier.check(case(lambda k: euler(k, 10), 0.7, slope=-((1.0 - 0.07) ** 9)))


def logistic_map(r, n):
    x = 0.3
    for _ in range(n):
        x = r * x * (1.0 - x)
    return x


def exact_slope(r, n):
    x, dx = 0.3, 0.0
    for _ in range(n):
        x, dx = r * x * (1.0 - x), x * (1.0 - x) + r * dx * (1.0 - 2.0 * x)
    return dx


def dissipative(k, n):
    y = 1.0
    for _ in range(n):
        y = y - 0.2 * k * y  # backwards in time it explodes
    return y * 1e20


@each(
    chaotic=case(lambda r: logistic_map(r, 60), 3.9, slope=exact_slope(3.9, 60)),
    dissipative=case(lambda k: dissipative(k, 80), 2.0, slope=-16.0 * 0.6**79 * 1e20),
)
def test_I10_nothing_is_integrated_backwards(tier, case):
    tier.check(case, rtol=1e-9)


def bounce(height, dt):
    """Explicit steps; the place inside the step where the ball touches the ground is solved for."""
    y, v, t = height, 0.0, 0.0
    while y + dt * v > 0.0:
        y, v, t = y + dt * v - 0.5 * dt * dt * 9.81, v - dt * 9.81, t + dt
    share = (v + math.sqrt(v * v + 2.0 * 9.81 * y)) / 9.81
    return t + share


def test_I11_the_time_of_an_event_moves(tier):
    slope = 1.0 / math.sqrt(2.0 * 9.81 * 2.0)
    tier.check(case(lambda height: bounce(height, 0.01), 2.0, slope=slope), rtol=1e-9)


def test_I11_events_of_solve_ivp():
    def landing(height):
        def touch(t, y):
            return y[0]

        touch.terminal = True
        found = scipy.integrate.solve_ivp(
            lambda t, y: [y[1], -9.81], (0.0, 5.0), [height, 0.0], events=touch, rtol=1e-9
        )
        return found.t_events[0][0]

    slope = 1.0 / math.sqrt(2.0 * 9.81 * 2.0)
    assert ad.grad(landing)(2.0) == pytest.approx(slope, rel=1e-6)


def random_walk(sigma, seed):
    rng = np.random.default_rng(seed)
    x = 1.0
    for _ in range(5):
        x = x + sigma * x * rng.standard_normal() * 0.1
    return x


def test_I12_the_noise_is_held(tier):
    tier.check(case(random_walk, 0.3, 7, refused="default_rng|random"))


MATRIX = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 5.0]])


def conjugate_gradients(b, tolerance=1e-8):
    x = np.zeros(3)
    r = b - MATRIX @ x
    p = r * 1.0
    for _ in range(50):
        q = MATRIX @ p
        step = (r @ r) / (p @ q)
        x = x + step * p
        new = r - step * q
        if np.sqrt(new @ new) < tolerance:
            break
        p = new + (new @ new) / (r @ r) * p
        r = new
    return np.sum(x * np.array([1.0, -2.0, 0.5]))


def by_scipy(b):
    return scipy.sparse.linalg.cg(MATRIX, b, rtol=1e-10)[0] @ np.array([1.0, -2.0, 0.5])


@pytest.mark.parametrize("solve", [conjugate_gradients, by_scipy])
def test_I13_linear_solvers_that_iterate(solve):
    b = np.array([1.0, 2.0, -1.0])
    slope = np.linalg.solve(MATRIX, np.array([1.0, -2.0, 0.5]))
    np.testing.assert_allclose(ad.grad(solve)(b), slope, rtol=1e-6)


def gradient_descent(a):
    x = 0.0
    for _ in range(200):
        gradient = 2.0 * (x - a) + 4.0 * x**3
        x = x - 0.05 * gradient
        if abs(gradient) < 1e-6:
            break
    return x


def minimised(a):
    return scipy.optimize.minimize(lambda x: (x[0] - a) ** 2 + x[0] ** 4, [0.0]).x[0]


@pytest.mark.parametrize("minimise", [gradient_descent, minimised])
def test_I14_a_minimum(minimise):
    x = scipy.optimize.brentq(lambda x: 2.0 * (x - 0.8) + 4.0 * x**3, 0.0, 1.0, xtol=1e-15)
    assert ad.grad(minimise)(0.8) == pytest.approx(2.0 / (2.0 + 12.0 * x * x), rel=1e-5)


def largest_eigenvalue(t, tolerance=1e-7):
    m = np.array([[2.0, t, 0.0], [t, 3.0, t * t], [0.0, t * t, 2.5]])
    v = np.ones(3) / np.sqrt(3.0)
    value = 0.0
    while True:
        w = m @ v
        new = np.sqrt(w @ w)
        v = w / new
        if abs(new - value) < tolerance:
            return new
        value = new


def test_I15_power_iteration_converges_slower_than_its_value():
    def exact(t):
        return np.linalg.eigvalsh([[2.0, t, 0.0], [t, 3.0, t * t], [0.0, t * t, 2.5]])[-1]

    slope = (exact(0.7 + 1e-5) - exact(0.7 - 1e-5)) / 2e-5
    assert ad.grad(largest_eigenvalue)(0.7) == pytest.approx(slope, rel=1e-3)


CALLS = []


def with_state(x):
    CALLS.append(1)
    return x * len(CALLS) + x * x * random.Random(len(CALLS)).random()


def test_I16_nothing_is_run_again():
    """A function with effects runs once, and the sweeps do not run it again."""
    CALLS.clear()
    value, pullback = ad.vjp(with_state, 2.0)
    first = pullback(1.0)
    assert pullback(1.0) == first == (1.0 + 4.0 * random.Random(1).random(),)
    assert value == 2.0 + 4.0 * random.Random(1).random()
    assert CALLS == [1]


def through_a_closure(a):
    found = scipy.optimize.root_scalar(lambda x: x**3 - a * x - b_of(a), x0=2.0, x1=2.5)
    return found.root


def b_of(a):
    return 1.0 + a * a


def test_I17_parameters_that_a_solver_closes_over():
    x = scipy.optimize.brentq(lambda x: x**3 - 0.5 * x - 1.25, 0.0, 3.0, xtol=1e-15)
    slope = (x + 1.0) / (3.0 * x * x - 0.5)
    assert ad.grad(through_a_closure)(0.5) == pytest.approx(slope, rel=1e-8)


def test_I17_custom_rules_cannot_lose_what_they_close_over():
    def outer(a):
        @ad.custom_vjp
        def scaled(x):
            return a * x

        scaled.defvjp(lambda x: (a * x, None), lambda residuals, ct: (ct * 2.0,))
        return scaled(3.0 * a)

    with pytest.raises(errors.AdjointError) as caught:
        ad.grad(outer)(2.0)
    assert caught.value.place.filename == __file__
