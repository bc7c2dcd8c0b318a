"""Searches that no loop shows are noticed; what only looks like one is not."""

import collections
import dataclasses
import heapq
import itertools
import math
import warnings

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import UnrolledLoop


def F(m, a):
    return m * m - a


@dataclasses.dataclass
class Interval:
    lo: float
    hi: float


class B:
    def __init__(self):
        self.lo, self.hi = 0.0, 3.0

    def step(self, a):
        m = 0.5 * (self.lo + self.hi)
        if F(m, a) > 0:
            self.hi = m
        else:
            self.lo = m


class N:
    def __init__(self, c):
        self.c = c

    def __lt__(self, o):
        return self.c < o.c


def recursive(a):
    def solve(lo, hi):
        m = 0.5 * (lo + hi)
        if hi - lo < 1e-12:
            return m
        if F(m, a) * F(lo, a) <= 0:
            return solve(lo, m)
        return solve(m, hi)

    return solve(0.0, 3.0)


def predicate(a):
    def too_high(m):
        return F(m, a) > 0

    lo, hi = 0.0, 3.0
    for _ in range(50):
        m = 0.5 * (lo + hi)
        if too_high(m):
            hi = m
        else:
            lo = m
    return lo


def predicate_lambda(a):
    tests = {"high": lambda m: m * m > a}
    lo, hi = 0.0, 3.0
    while hi - lo > 1e-10:
        m = 0.5 * (lo + hi)
        lo, hi = (lo, m) if tests["high"](m) else (m, hi)
    return lo


def step(a):
    def halve(lo, hi):
        m = 0.5 * (lo + hi)
        if F(m, a) > 0:
            return lo, m
        return m, hi

    lo, hi = 0.0, 3.0
    while hi - lo > 1e-10:
        lo, hi = halve(lo, hi)
    return lo


def step_ifexp(a):
    def halve(lo, hi):
        m = 0.5 * (lo + hi)
        return (lo, m) if F(m, a) > 0 else (m, hi)

    lo, hi = 0.0, 3.0
    while hi - lo > 1e-10:
        lo, hi = halve(lo, hi)
    return lo


def bits_pred(a):
    def below(x):
        return F(x, a) < 0

    x = 0.0
    d = 2.0
    for _ in range(40):
        if below(x + d):
            x += d
        d /= 2
    return x


def ternary_rec(a):
    def g(x):
        return (x - math.sqrt(a)) ** 2

    def mini(lo, hi):
        if hi - lo < 1e-7:
            return 0.5 * (lo + hi)
        c = lo + (hi - lo) / 3
        d = hi - (hi - lo) / 3
        if g(c) < g(d):
            return mini(lo, d)
        return mini(c, hi)

    return mini(0.0, 3.0)


def grid(a):
    lo, hi = 0.0, 3.0
    for _ in range(12):
        xs = np.linspace(lo, hi, 11)
        i = int(np.argmin((xs * xs - a) ** 2))
        lo, hi = xs[max(i - 1, 0)], xs[min(i + 1, 10)]
    return 0.5 * (lo + hi)


def callback_min(a):
    xs = [3 * i / 1000 for i in range(1001)]
    for _ in range(6):
        best = min(xs, key=lambda x: (x * x - a) ** 2)
        w = xs[1] - xs[0]
        xs = [best - w + 2 * w * i / 50 for i in range(51)]
    return best


def obj(a):
    b = B()
    for _ in range(45):
        b.step(a)
    return b.lo


def ifexp_in_loop(a):
    lo, hi = 0.0, 3.0
    while hi - lo > 1e-10:
        m = 0.5 * (lo + hi)
        lo, hi = (lo, m) if F(m, a) > 0 else (m, hi)
    return lo


def obj_in_loop(a):
    b = B()
    while b.hi - b.lo > 1e-10:
        m = 0.5 * (b.lo + b.hi)
        if F(m, a) > 0:
            b.hi = m
        else:
            b.lo = m
    return b.lo


def list_in_loop(a):
    b = [0.0, 3.0]
    while b[1] - b[0] > 1e-10:
        m = 0.5 * (b[0] + b[1])
        if F(m, a) > 0:
            b[1] = m
        else:
            b[0] = m
    return b[0]


def match_stmt(a):
    lo, hi = 0.0, 3.0
    while hi - lo > 1e-10:
        m = 0.5 * (lo + hi)
        match F(m, a) > 0:
            case True:
                hi = m
            case False:
                lo = m
    return lo


def gen(a):
    def halves(lo, hi):
        while hi - lo > 1e-10:
            m = 0.5 * (lo + hi)
            yield m
            if F(m, a) > 0:
                hi = m
            else:
                lo = m

    found = 0.0
    for m in halves(0.0, 3.0):
        found = m
    return found


def by_sign(a):
    def solve(lo, hi):
        m = 0.5 * (lo + hi)
        if hi - lo < 1e-12:
            return m
        return solve(m, hi) if np.sign(F(lo, a)) == np.sign(F(m, a)) else solve(lo, m)

    return solve(0.0, 3.0)


def by_copied_sign(a):
    def solve(lo, hi):
        m = 0.5 * (lo + hi)
        if hi - lo < 1e-12:
            return m
        return solve(m, hi) if math.copysign(1.0, F(m, a)) == -1.0 else solve(lo, m)

    return solve(0.0, 3.0)


def weights(a):
    lo, hi = 0.0, 3.0
    for _ in range(50):
        m = 0.5 * (lo + hi)
        high = int(F(m, a) > 0)
        lo, hi = lo * high + m * (1 - high), m * high + hi * (1 - high)
    return lo


def weights_of_arrays(a):
    lo, hi = np.zeros(3), np.full(3, 3.0)
    for _ in range(50):
        m = 0.5 * (lo + hi)
        high = (F(m, a) > 0).astype(float)
        lo, hi = lo * high + m * (1 - high), m * high + hi * (1 - high)
    return float(lo.sum())


def weights_that_begin_near(a):
    """The first middle is nearer to the root than those that follow."""
    lo, hi = 0.0, 2.0 * math.sqrt(2.0) + 1e-5
    for _ in range(25):
        m = 0.5 * (lo + hi)
        high = F(m, a) > 0
        lo, hi = lo * high + m * (1 - high), m * high + hi * (1 - high)
    return lo


def weights_from_zero(a):
    lo, hi, x = 0.0, 3.0, 0.0
    for _ in range(100):
        found = x * x
        if abs((found - a) / a) < 1e-8:
            break
        below = found <= a
        lo = lo + (x - lo) * below
        hi = hi + (x - hi) * (not below)
        x = (lo + hi) / 2
    return x


def weights_of_a_series(a):
    lo, hi, x = 0.0, 3.0, 1.0
    for _ in range(100):
        found = sum(x**k / math.factorial(k) for k in range(20))
        if abs((found - a) / a) < 1e-8:
            break
        below = found <= a
        lo += (x - lo) * below
        hi += (x - hi) * (not below)
        x = (lo + hi) / 2
    return x


def steps_by_sign(a):
    x, d = 1.5, 1.5
    while d > 1e-12:
        d /= 2
        x -= d * float(np.sign(F(x, a)))
    return x


def digits(a):
    x = 0.0
    for k in range(45):
        if F(x + 2.0**-k, a) < 0:
            x += 2.0**-k
    return x


def ends_of_a_deque(a):
    ends = collections.deque([0.0, 3.0])
    for _ in range(50):
        m = 0.5 * (ends[0] + ends[1])
        if F(m, a) > 0:
            ends.pop()
            ends.append(m)
        else:
            ends.popleft()
            ends.appendleft(m)
    return ends[0]


def whole_numbers(a):
    lo, hi = 0, 3 * 10**12
    while lo < hi:
        m = (lo + hi) // 2
        if F(m / 1e12, a) > 0:
            hi = m
        else:
            lo = m + 1
    return lo / 1e12


def left_by_its_caller(a):
    def halves(lo, hi):
        while True:
            m = 0.5 * (lo + hi)
            yield m
            if F(m, a) > 0:
                hi = m
            else:
                lo = m

    return next(itertools.islice(halves(0.0, 3.0), 50, None))


def named_predicate(a):
    lo, hi = 0.0, 3.0
    for _ in range(50):
        m = 0.5 * (lo + hi)
        high = F(m, a) > 0
        lo, hi = (lo, m) if high else (m, hi)
    return lo


def chosen_item(a):
    ends = [0.0, 3.0]
    for _ in range(50):
        m = 0.5 * (ends[0] + ends[1])
        ends[F(m, a) > 0] = m
    return ends[0]


def chosen_key(a):
    ends = {"lo": 0.0, "hi": 3.0}
    while ends["hi"] - ends["lo"] > 1e-12:
        m = 0.5 * (ends["lo"] + ends["hi"])
        ends["hi" if F(m, a) > 0 else "lo"] = m
    return ends["lo"]


def new_interval(a):
    found = Interval(0.0, 3.0)
    while found.hi - found.lo > 1e-12:
        m = 0.5 * (found.lo + found.hi)
        found = Interval(found.lo, m) if F(m, a) > 0 else Interval(m, found.hi)
    return found.lo


def chosen_element(a):
    lo, hi = np.zeros(1), np.full(1, 3.0)
    for _ in range(50):
        m = float(0.5 * (lo + hi)[0])
        hi[F(m, a) > 0] = m
        lo[F(m, a) <= 0] = m
    return float(lo[0])


def descent_with_halved_steps(a):
    def cost(x):
        return (x * x - a) ** 2

    x = 3.0
    for _ in range(40):
        slope, d = 4.0 * x * (x * x - a), 1.0
        while cost(x - d * slope) > cost(x) - 0.3 * d * slope * slope and d > 1e-12:
            d /= 2
        x -= d * slope
    return x


def clamped(a):
    x, total = 0.0, 0.0
    for k in range(400):
        x += a * math.sin(k) * 0.2
        if x > 0.5:
            x = 0.5
        elif x < -0.5:
            x = -0.5
        total += x * a
    return total


def damped(a):
    def up(x):
        return x > 0

    x, v, n = 1.0, 0.0, 0
    for _ in range(2000):
        v += -a * x * 0.05 - 0.3 * v * 0.05
        x += v * 0.05
        if up(x):
            n += 1
    return x


def relu_rec(a):
    def f(n, x):
        if n == 0:
            return x
        return f(n - 1, x * 0.9 if x > 0 else -x * 0.8)

    return f(60, a)


def newton_pred(a):
    def done(x, y):
        return abs(x - y) < 1e-10

    x = 1.0
    while True:
        y = 0.5 * (x + a / x)
        if done(x, y):
            return y
        x = y


def fixed_pred(a):
    def done(x, y):
        return abs(x - y) < 1e-10

    x = 1.0
    while True:
        y = math.cos(a * x / 4)
        if done(x, y):
            return y
        x = y


def lookup(a):
    t = [a * i / 2000 for i in range(2000)]

    def find(x, lo, hi):
        if hi - lo <= 1:
            return lo
        m = (lo + hi) // 2
        if t[m] > x:
            return find(x, lo, m)
        return find(x, m, hi)

    i = find(1.2345, 0, 1999)
    return t[i]


def southwell(a):
    A = np.array([[4, 1, 0], [1, 3, 1], [0, 1, 5.0]]) * 1.0
    b = np.array([a, 2.0, 3.0])
    x = np.zeros(3)
    for _ in range(60):
        r = b - A @ x
        i = int(np.argmax(abs(r)))
        x[i] += r[i] / A[i, i]
    return x.sum()


def heap(a):
    h = []
    for i in range(200):
        heapq.heappush(h, N(a * ((i * 7919) % 200) / 200))
    return sum(heapq.heappop(h).c for _ in range(20))


def quicksort(a):
    def qs(v):
        if len(v) < 2:
            return v
        q = v[0]
        return [*qs([x for x in v[1:] if x < q]), q, *qs([x for x in v[1:] if x >= q])]

    return qs([math.sin(a * i) for i in range(300)])[10]


def adaptive_simpson(a):
    def f(x):
        return math.exp(a * x) * math.sin(5 * x)

    def s(left, r):
        return (r - left) / 6 * (f(left) + 4 * f((left + r) / 2) + f(r))

    def rec(left, r, tol):
        m = (left + r) / 2
        w = s(left, r)
        t = s(left, m) + s(m, r)
        if abs(t - w) < 15 * tol:
            return t
        return rec(left, m, tol / 2) + rec(m, r, tol / 2)

    return rec(0.0, 1.0, 1e-9)


def ode_adaptive(a):
    t, x, h = 0.0, 1.0, 0.1
    while t < 2.0:
        k = -a * x
        y = x + h * k
        z = x + h / 2 * k
        z = z + h / 2 * (-a * z)
        err = abs(y - z)
        if err < 1e-4:
            t += h
            x = z
            h = h * 1.2
        else:
            h = h * 0.5
        h = min(h, 2.0 - t + 1e-12)
    return x


SEARCHES = [
    recursive,
    predicate,
    predicate_lambda,
    step,
    step_ifexp,
    bits_pred,
    ternary_rec,
    grid,
    callback_min,
    obj,
    by_sign,
    by_copied_sign,
    weights,
    weights_of_arrays,
    weights_from_zero,
    weights_that_begin_near,
    weights_of_a_series,
    steps_by_sign,
    digits,
    ends_of_a_deque,
    whole_numbers,
    left_by_its_caller,
]
IN_A_LOOP = [
    ifexp_in_loop,
    obj_in_loop,
    list_in_loop,
    match_stmt,
    gen,
    named_predicate,
    chosen_item,
    chosen_key,
    new_interval,
    chosen_element,
]
OTHERS = [
    damped,
    relu_rec,
    newton_pred,
    fixed_pred,
    lookup,
    southwell,
    heap,
    quicksort,
    adaptive_simpson,
    ode_adaptive,
    descent_with_halved_steps,
    clamped,
]
named = {"ids": lambda program: program.__name__}


@pytest.mark.parametrize("program", SEARCHES, **named)
def test_a_search_says_that_it_has_no_derivative(program):
    with pytest.warns(UnrolledLoop, match="close in") as caught:
        assert abs(ad.grad(program)(2.0)) < 1e-6
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with ad.unrolled(), warnings.catch_warnings():
        warnings.simplefilter("error")
        ad.grad(program)(2.0)


@pytest.mark.parametrize("program", IN_A_LOOP, **named)
def test_a_search_of_one_loop_has_the_derivative_of_its_root(program):
    assert ad.grad(program)(2.0) == pytest.approx(0.5 / math.sqrt(2.0), rel=1e-8)


@pytest.mark.parametrize("program", OTHERS, **named)
def test_other_branches_are_not_mistaken_for_a_search(program):
    step = 1e-5
    expected = (program(2.0 + step) - program(2.0 - step)) / (2.0 * step)
    assert ad.grad(program)(2.0) == pytest.approx(expected, rel=1e-5, abs=1e-8)


def test_a_search_within_a_derivative_of_a_derivative():
    def inner(x):
        def too_high(m):
            return m * m > x

        low, high = 0.0, 3.0
        for _ in range(40):
            middle = 0.5 * (low + high)
            if too_high(middle):
                high = middle
            else:
                low = middle
        return x * low

    with pytest.warns(UnrolledLoop):
        ad.grad(lambda x: ad.grad(inner)(x) * x)(2.0)
