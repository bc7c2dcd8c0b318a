"""Loops that end by convergence have the derivative of their limit; other loops of their path."""

import math

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import UnrolledLoop


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


def descent_left_before_its_step(x):
    """Leaves the loop in the middle of an iteration, whose beginning is the limit too."""
    w = np.zeros(2)
    while True:
        g = np.array([2.0 * (w[0] - x) + w[1], 4.0 * w[1] + w[0] - x * x])
        if np.abs(g).max() < 1e-9:
            break
        w = w - 0.2 * g
    return float(w[0] * w[1])


def what_the_last_iteration_left(x):
    w, e = 1.0, 0.0
    while True:
        n = math.cos(w * x)
        if abs(n - w) < 1e-10:
            break
        e = w * x * x
        w = n
    return w * e


@pytest.mark.parametrize("f", [descent_left_before_its_step, what_the_last_iteration_left])
def test_both_ends_of_the_last_iteration_are_the_limit(f):
    gradient = ad.grad(f)
    assert gradient(0.7) == pytest.approx(ad.jvp(f, (0.7,), (1.0,))[1], rel=1e-12)
    expected = (gradient(0.7 + 1e-4) - gradient(0.7 - 1e-4)) / 2e-4
    assert ad.grad(gradient)(0.7) == pytest.approx(expected, rel=1e-6)
    assert ad.jvp(gradient, (0.7,), (1.0,))[1] == pytest.approx(expected, rel=1e-6)


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


def ended_by_a_count(t):
    x, error, turns = 0.5, 1.0, 3
    while turns > 0 and error > 1e-8:
        new = math.tanh(t + 0.3 * x)
        x, error, turns = new, abs(new - x), turns - 1
    return x


def ended_by_what_is_left(t):
    x, error, turns = 0.5, 1.0, 3
    while not (error < 1e-8 or not turns):
        new = math.tanh(t + 0.3 * x)
        x, error, turns = new, abs(new - x), turns - 1
    return x


def ended_by_a_count_in_a_branch(t):
    x, turns = 0.5, 0
    while True:
        new = math.tanh(t + 0.3 * x)
        turns += 1
        error, x = abs(new - x), new
        if error < 1e-8 or turns == 3:
            return x


def ended_by_a_count_of_arrays(t):
    x, error, turns = np.array([0.5, 0.1]), 1.0, 0
    while error > 1e-8 and turns < 3:
        new = np.tanh(t + 0.3 * x)
        x, error, turns = new, np.max(np.abs(new - x)), turns + 1
    return np.sum(x * x)


def ended_by_an_event(t):
    x = np.array([0.5, 0.1])
    while np.sum(x) < 1.834:
        x = np.tanh(t + 0.3 * x)
    return np.sum(x * x)


def ended_by_an_event_in_a_branch(t):
    x = 0.5
    for _ in range(100):
        x = math.tanh(t + 0.3 * x)
        if abs(x) > 0.9178:
            break
    return x


PATHS = [
    series,
    mean_of_arithmetic_and_geometric,
    slowing_down,
    decaying_to_a_threshold,
    ended_by_a_count,
    ended_by_what_is_left,
    ended_by_a_count_in_a_branch,
    ended_by_a_count_of_arrays,
    ended_by_an_event,
    ended_by_an_event_in_a_branch,
]


@pytest.mark.parametrize("f", PATHS)
def test_what_is_no_solver_stays_as_it_is(f):
    with ad.unrolled():
        path = ad.grad(f)(1.3)
    assert ad.grad(f)(1.3) == path
    assert path == pytest.approx((f(1.3 + 1e-6) - f(1.3 - 1e-6)) / 2e-6, rel=1e-5)


# I1 to I7 and I15: solvers as people write them. The second list has no limit to correct.


def kepler(e, tol=1e-12):
    M = 1.2
    E = M
    while True:
        dE = (E - e * math.sin(E) - M) / (1 - e * math.cos(E))
        E -= dE
        if abs(dE) < tol:
            break
    return math.cos(E)


def steffensen(t, tol=1e-10):
    f = lambda x: x - math.cos(t * x)
    x = 0.7
    while abs(f(x)) > tol:
        g = (f(x + f(x)) - f(x)) / f(x)
        x -= f(x) / g
    return x


def halley(t, tol=1e-09):
    x = 0.5
    for i in range(50):
        fx = x - math.cos(t * x)
        d = 1 + t * math.sin(t * x)
        dd = t * t * math.cos(t * x)
        step = 2 * fx * d / (2 * d * d - fx * dd)
        x -= step
        if abs(step) < tol * abs(x):
            return x
    raise RuntimeError


def rtsafe(t):
    f = lambda x: x - math.cos(t * x)
    df = lambda x: 1 + t * math.sin(t * x)
    lo, hi = (0.0, 2.0)
    x = 1.0
    dx = 2.0
    fx = f(x)
    d = df(x)
    for _ in range(100):
        if ((x - hi) * d - fx) * ((x - lo) * d - fx) > 0 or abs(2 * fx) > abs(dx * d):
            dx = (hi - lo) / 2
            x = lo + dx
        else:
            dx = fx / d
            x -= dx
        if abs(dx) < 1e-10:
            return x
        fx = f(x)
        d = df(x)
        if fx < 0:
            lo = x
        else:
            hi = x


def brent(t, xtol=1e-10):
    f = lambda x: x - math.cos(t * x)
    a, b = (0.0, 2.0)
    fa, fb = (f(a), f(b))
    c, fc = (a, fa)
    d = e = b - a
    for _ in range(100):
        if fb * fc > 0:
            c, fc = (a, fa)
            d = e = b - a
        if abs(fc) < abs(fb):
            a, b, c = (b, c, b)
            fa, fb, fc = (fb, fc, fb)
        tol = 2e-16 * abs(b) + xtol / 2
        m = (c - b) / 2
        if abs(m) <= tol or fb == 0:
            return b
        if abs(e) < tol or abs(fa) <= abs(fb):
            d = e = m
        else:
            s = fb / fa
            if a == c:
                p = 2 * m * s
                q = 1 - s
            else:
                q = fa / fc
                r = fb / fc
                p = s * (2 * m * q * (q - r) - (b - a) * (r - 1))
                q = (q - 1) * (r - 1) * (s - 1)
            if p > 0:
                q = -q
            else:
                p = -p
            s = e
            e = d
            if 2 * p < 3 * m * q - abs(tol * q) and p < abs(s * q / 2):
                d = p / q
            else:
                d = e = m
        a, fa = (b, fb)
        b += d if abs(d) > tol else math.copysign(tol, m)
        fb = f(b)


def value_iteration(g, tol=1e-08):
    V = np.zeros(3)
    P = [
        np.array([[0.5, 0.5, 0], [0, 0.5, 0.5], [0.2, 0.3, 0.5]]),
        np.array([[0.1, 0.9, 0], [0.3, 0.3, 0.4], [0, 0, 1.0]]),
    ]
    R = [np.array([1.0, 2, 0.5]), np.array([0.3, 2.5, 1.0])]
    while True:
        N = np.maximum(R[0] + g * P[0] @ V, R[1] + g * P[1] @ V)
        if np.max(np.abs(N - V)) < tol:
            return N.sum()
        V = N


def sinkhorn(s, tol=1e-07):
    C = np.array([[0, 1.0, 2.0], [1.0, 0, 1.0], [2.0, 1.0, 0.3]])
    K = np.exp(-C / s)
    a = np.array([0.2, 0.5, 0.3])
    b = np.array([0.4, 0.4, 0.2])
    u = np.ones(3)
    v = np.ones(3)
    for i in range(2000):
        uo = u
        u = a / (K @ v)
        v = b / (K.T @ u)
        if np.linalg.norm(u - uo, 1) < tol:
            break
    return (u[:, None] * K * v * C).sum()


def jacobi(t, tol=1e-06):
    A = np.array([[4.0, 1.0], [1.0, 3.0]])
    b = np.array([1.0, t])
    x = np.zeros(2)
    y = np.empty(2)
    while True:
        for i in range(2):
            y[i] = (b[i] - A[i] @ x + A[i, i] * x[i]) / A[i, i]
        if np.abs(y - x).max() < tol:
            break
        x, y = (y, x)
    return y[0] * y[1]


def anderson(t, tol=1e-08):
    x = np.array([0.3, 0.4])
    g = lambda x: np.array([math.cos(t * x[1]), math.sin(x[0]) * 0.5 + t * 0.1])
    for i in range(300):
        n = 0.7 * x + 0.3 * g(x)
        if np.allclose(n, x, rtol=0, atol=tol):
            break
        x = n
    return n.sum()


def list_state(t, tol=1e-07):
    x = [0.3, 0.4]
    err = 1
    while err > tol:
        y = [math.cos(t * x[1]), math.sin(x[0]) * 0.5 + t * 0.1]
        err = max((abs(a - b) for a, b in zip(x, y)))
        x = y
    return x[0] * x[1]


class Solver:
    def __init__(s, t):
        s.t = t
        s.a = 0.3
        s.n = 0

    def step(s):
        s.a = math.cos(s.t * s.a)
        s.n += 1

    def run(s, tol=1e-07):
        while True:
            o = s.a
            s.step()
            if abs(s.a - o) < tol:
                return s.a


def state_in_an_attribute(t):
    return Solver(t).run()


def nested(t, tol=1e-08):
    y = 0.5
    for k in range(200):
        x = 1.0
        while abs(x * x - (1 + t * y)) > 1e-09:
            x = 0.5 * (x + (1 + t * y) / x)
        n = 0.5 * math.cos(x)
        if abs(n - y) < tol:
            break
        y = n
    return n * x


def momentum(t):
    x = 2.0
    v = 0.0
    while True:
        g = 2 * (x - t) + math.sin(x)
        v = 0.8 * v - 0.1 * g
        x += v
        if abs(g) < 1e-07 and abs(v) < 1e-07:
            break
    return x * x


def steady(t):
    x = 0.1
    s = 0.0
    while True:
        d = t * (1 - x) - x**3
        x += 0.1 * d
        s += 0.1
        if abs(d) < 1e-06:
            return x


def cubic_eos(T):
    Z = 1.0
    for i in range(100):
        f = Z**3 - (1 - 0.1) * Z**2 + (0.3 / T - 0.05) * Z - 0.02
        d = 3 * Z**2 - 2 * 0.9 * Z + (0.3 / T - 0.05)
        Zn = Z - f / d
        if abs(Zn - Z) < 1e-08:
            Z = Zn
            break
        Z = Zn
    else:
        raise ValueError
    return Z


def ternary(t):
    f = lambda x: (x - t) ** 2 + 0.1 * (x - t * t) ** 4
    a, b = (-2.0, 4.0)
    while b - a > 1e-07:
        m1 = a + (b - a) / 3
        m2 = b - (b - a) / 3
        if f(m1) < f(m2):
            b = m2
        else:
            a = m1
    return (a + b) / 2


def linesearch(t):
    x = 2.0
    f = lambda x: (x - t) ** 4 + (x - t) ** 2
    for i in range(100):
        g = 4 * (x - t) ** 3 + 2 * (x - t)
        if abs(g) < 1e-09:
            break
        a = 1.0
        while f(x - a * g) > f(x) - 0.0001 * a * g * g:
            a *= 0.5
        x -= a * g
    return x


def adaptive(t):
    y = 1.0
    s = 0.0
    h = 0.5
    while s < 1.0:
        while True:
            k = -t * y
            k2 = -t * (y + h * k)
            e = abs(0.5 * h * (k2 - k))
            if e < 0.001:
                break
            h *= 0.5
        y += 0.5 * h * (k + k2)
        s += h
    return y


def lentz(x):
    b = 1.0
    f = b or 1e-30
    C = f
    D = 0.0
    for n in range(1, 200):
        D = 1 / (1 + n * x * D) if True else 0
        C = 1 + n * x / C
        delta = C * D
        f *= delta
        if abs(delta - 1) < 1e-14:
            break
    return f


def warm_const(t):
    x = 0.9486832980505138
    for i in range(10):
        if abs(x * x - t) < 1e-12:
            break
        x -= (x * x - t) / (2 * x)
    return x


def regula_falsi(t):
    f = lambda x: x - math.cos(t * x)
    a, b = (0.0, 2.0)
    fa, fb = (f(a), f(b))
    for i in range(100):
        c = b - fb * (b - a) / (fb - fa)
        fc = f(c)
        if abs(fc) < 1e-08:
            break
        if fa * fc < 0:
            b, fb = (c, fc)
        else:
            a, fa = (c, fc)
    return c


def golden(t):
    f = lambda x: (x - t) ** 2 + 0.1 * (x - t * t) ** 4
    gr = (math.sqrt(5) - 1) / 2
    a, b = (-2.0, 4.0)
    c = b - gr * (b - a)
    d = a + gr * (b - a)
    fc, fd = (f(c), f(d))
    while abs(b - a) > 1e-06:
        if fc < fd:
            b, d, fd = (d, c, fc)
            c = b - gr * (b - a)
            fc = f(c)
        else:
            a, c, fc = (c, d, fd)
            d = a + gr * (b - a)
            fd = f(d)
    return (a + b) / 2


def power_iteration(t):
    A = np.array([[2.0, t], [t, 1.0]])
    v = np.ones(2)
    for i in range(1000):
        w = A @ v
        n = np.linalg.norm(w)
        w = w / n
        if np.linalg.norm(w - v) < 1e-06:
            break
        v = w
    return w[0] * 3 + n


def pagerank(a):
    x = {0: 0.25, 1: 0.25, 2: 0.25, 3: 0.25}
    E = [(0, 1), (1, 2), (2, 0), (0, 2), (3, 0)]
    deg = {0: 2, 1: 1, 2: 1, 3: 1}
    for _ in range(500):
        last = x
        x = dict.fromkeys(last, 0)
        for i, j in E:
            x[j] += a * last[i] / deg[i]
        for i in x:
            x[i] += (1 - a) / 4
        if sum(abs(x[i] - last[i]) for i in x) < 1e-05:
            return x[0]


def gradient_descent(t):
    x = 0.0
    for i in range(10000):
        g = 2 * (x - t) + 0.4 * (x - t * t) ** 3
        if abs(g) < 1e-05:
            break
        x -= 0.1 * g
    return x


def vector_fixed_point(t):
    A = np.array([[0.2, 0.3], [0.1, 0.4]]) * t
    b = np.array([1.0, 2.0])
    x = np.zeros(2)
    for i in range(500):
        xn = np.cos(A @ x) + b
        if np.linalg.norm(xn - x) < 1e-06:
            break
        x = xn
    return xn.sum()


def residual(x, t):
    return x**3 - t * x - 1


def halved_steps(t):
    """As in Press et al., Numerical Recipes, and in SciPy's compiled code."""
    x, step = 0.5, 2.5
    start = residual(x, t)
    for _ in range(100):
        step *= 0.5
        middle = x + step
        value = residual(middle, t)
        if value * start >= 0:
            x = middle
        if abs(step) < 1e-13 or value == 0.0:
            return middle
    return x


def halved_steps_by_a_count(t):
    x, step = 0.5, 2.5
    for _ in range(60):
        step = step / 2
        if residual(x + step, t) < 0:
            x = x + step
    return x


def halved_steps_after_the_test(t):
    x, step = 0.5, 1.25
    while step > 1e-14:
        tried = step + x
        if residual(tried, t) < 0:
            x = tried
        step = 0.5 * step
    return x


def there_and_back(t):
    x, step = 0.5, 0.5
    start = residual(x, t)
    while abs(step) > 1e-13:
        x += step
        if start * residual(x, t) < 0:
            x -= step
            step /= 10
    return x


def as_far_as_it_goes(t):
    x, step = 0.5, 0.5
    while abs(step) > 1e-14:
        if residual(x, t) * residual(x + step, t) > 0:
            x = x + step
        else:
            step = step / 2
    return x


def digit_by_digit(t):
    x, step = 0.0, 1.0
    for _ in range(14):
        while residual(x + step, t) < 0:
            x += step
        step /= 10
    return x


def halved_steps_in_arrays(t):
    x, step = np.full(3, 0.5), np.full(3, 2.5)
    scale = np.array([1.0, 1.1, 1.2])
    for _ in range(60):
        step = step / 2
        x = np.where(residual(x + step, t * scale) < 0, x + step, x)
    return np.sum(x * scale)


HALVED = [
    *(halved_steps, halved_steps_by_a_count, halved_steps_after_the_test, there_and_back),
    *(as_far_as_it_goes, digit_by_digit, halved_steps_in_arrays),
]


@pytest.mark.parametrize("solve", HALVED)
def test_I1_steps_that_are_halved_find_a_root(solve):
    gradient = ad.grad(solve)(1.2)
    assert gradient == pytest.approx(of_limit(solve, 1.2), rel=1e-7)
    assert ad.jvp(solve, (1.2,), (1.0,))[1] == pytest.approx(gradient, rel=1e-11)
    second = (ad.grad(solve)(1.2001) - ad.grad(solve)(1.1999)) / 2e-4
    assert ad.grad(ad.grad(solve))(1.2) == pytest.approx(second, rel=1e-6)


def of_limit(solve, point):
    """Finite differences of the solver, which ends near its limit."""
    return (solve(point + 1e-4) - solve(point - 1e-4)) / 2e-4


SOLVERS = [
    (kepler, 0.5, 1e-7),
    (steffensen, 0.9, 1e-6),
    (halley, 0.9, 1e-7),
    (rtsafe, 0.9, 1e-7),
    (brent, 0.9, 1e-7),
    (value_iteration, 0.7, 1e-6),
    (sinkhorn, 0.7, 1e-6),
    (jacobi, 0.6, 1e-5),
    (anderson, 0.6, 1e-5),
    (list_state, 0.6, 2e-5),
    (state_in_an_attribute, 0.9, 1e-5),
    (nested, 0.9, 1e-6),
    (momentum, 0.8, 2e-6),
    (steady, 0.8, 1e-4),
    (cubic_eos, 1.4, 1e-7),
    (ternary, 0.9, 1e-3),
    (linesearch, 0.8, 1e-7),
    (regula_falsi, 0.9, 1e-7),
    (power_iteration, 0.7, 1e-4),
    (pagerank, 0.85, 1e-3),
    (gradient_descent, 0.6, 1e-4),
    (vector_fixed_point, 0.7, 1e-4),
]


@pytest.mark.parametrize(
    ("solve", "point", "rtol"), SOLVERS, ids=lambda v: getattr(v, "__name__", "")
)
def test_I_solvers(solve, point, rtol):
    gradient = ad.grad(solve)(point)
    assert gradient == pytest.approx(of_limit(solve, point), rel=rtol)
    assert ad.jvp(solve, (point,), (1.0,))[1] == pytest.approx(gradient, rel=1e-11)


def test_I1_golden_section_by_values_that_are_carried_over():
    t = 0.7
    gap = 1.2 * (t - t * t) ** 2
    slope = (2 + gap * 2 * t) / (2 + gap)
    assert ad.grad(golden)(t) == pytest.approx(slope, rel=1e-3)


@pytest.mark.parametrize(("f", "point"), [(adaptive, 0.8), (lentz, 0.8)])
def test_I8_steps_that_are_no_solver_stay_as_they_are(f, point):
    with ad.unrolled():
        path = ad.grad(f)(point)
    assert ad.grad(f)(point) == path


def test_I3_a_constant_that_is_a_solution_at_once_warns():
    with pytest.warns(UnrolledLoop, match="before it moved"):
        ad.grad(warm_const)(0.9)


def test_a_search_whose_root_cannot_be_found_warns():
    def f(t):
        low, high = 0.0, 2.0
        while high - low > 1e-10:
            middle = 0.5 * (low + high)
            if int(1e6 * (middle - math.cos(t * middle))) < 0 or t * middle < 0:
                low = middle
            else:
                high = middle
        return middle

    with pytest.warns(UnrolledLoop, match="narrows an interval") as caught:
        ad.grad(f)(0.9)
    assert caught[0].filename == __file__


def test_a_state_of_no_elements_converges():
    def f(x):
        rest = x[:0] * 2.0
        while True:
            new = 0.5 * (rest + x[0] / rest)
            if np.all(np.abs(new - rest) < 1e-10):
                return new.sum() + x[1] * x[0]
            rest = new

    x = np.array([0.5, 0.3])
    assert np.array_equal(ad.grad(f)(x), x[::-1])
    assert ad.jvp(f, (x,), (x,))[1] == 0.3


def test_many_numbers_that_do_not_move_are_handed_on():
    def f(x):
        speeds = np.ones(150) * x
        while True:
            new = np.minimum(speeds, 5.0 * x)
            change = np.abs(new - speeds).max()
            speeds = new
            if change < 1e-9:
                return speeds.sum()

    assert ad.grad(f)(0.7) == 150.0
