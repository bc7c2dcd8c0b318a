"""Lists whose length is not known when a program is compiled: values are those of Python."""

import numpy as np
import pytest
from test_statements import X, check

import adjoint as ad
from adjoint import errors
from adjoint.compile.ir.nodes import Var
from adjoint.compile.ir.running import run
from adjoint.compile.jitted import Jitted, gradient, selected
from adjoint.compile.transform.forward import forward


def grown_and_changed(x):
    xs = []
    for v in x:
        xs.append(v * v)
    xs.pop()
    xs[0] = x[1]
    xs.extend([x[0], 2.0])
    xs += [x[3]]
    ys = xs[1:3] + xs
    total = 1.0 if 2.0 in xs else 0.0
    for i, (a, b) in enumerate(zip(xs, ys, strict=False)):
        total += i * a * b
    for v in reversed(ys):
        total = total * 0.9 + v
    spread = np.mean(xs) * np.std(np.array(ys))
    return total + sum(xs) * max(ys) + min(xs) + len(ys) + spread


def until_large(x):
    xs = [x[0]]
    while xs[-1] < 3.0:
        xs.append(xs[-1] * 1.3 + x[1] * 0.1)
    return xs[-1] * len(xs) + xs[0]


def filtered(x):
    xs = []
    for v in x:
        if v > 0.5:
            xs.append(v * v)
    return np.sum(np.array(xs)) + len(xs) + sum([v**3 for v in x if v < 1.0])


def of_tuples(x):
    events, now = [], 0.0
    for i in range(6):
        now += x[i % 4] * 0.3
        if now > 0.5:
            events.append((now, i, x[i % 4]))
    total = 0.0
    for at, k, v in events:
        total += at * k * v
    return total * len(events)


def of_arrays(x):
    path, u = [x], x.copy()
    for i in range(4):
        u = np.sin(u) + 0.1 * i * path[-1]
        path.append(u.copy())
    every = np.array(path)
    return (every * every).sum() + path[-1][0] * path[1][2]


def table(x):
    """Of ints at first, as programs begin them."""
    best = [0] * (len(x) + 1)
    for i in range(1, len(x) + 1):
        best[i] = best[i - 1] + x[i - 1] ** 2
    return best[-1] * best[2]


def known_length(x):
    values = [0.0] * 4
    for i in range(4):
        values[i] = x[i] * x[0]
    return values[1] * values[3]


def stack(x):
    """A tree in an array."""
    waiting, total = [(0, 1.0)], 0.0
    while waiting:
        i, weight = waiting.pop()
        total += weight * x[i]
        if 2 * i + 1 < len(x):
            waiting.append((2 * i + 1, weight * x[i]))
        if 2 * i + 2 < len(x):
            waiting.append((2 * i + 2, weight * 0.5))
    return total


def queue(x):
    waiting, seen = [0], np.zeros(len(x), dtype=np.bool_)
    total, k = 0.0, 0
    while len(waiting) > 0:
        u = waiting.pop(0)
        if seen[u]:
            continue
        seen[u] = True
        total += x[u] * k
        k += 1
        for v in range(len(x)):
            if abs(u - v) == 1 and not seen[v]:
                waiting.append(v)
    return total**2


def in_inner_loops(x):
    gaps = []
    for i in range(len(x)):
        for j in range(i):
            if x[i] > x[j]:
                gaps.append(x[i] - x[j])
    return sum(gaps) * len(gaps)


def left_early(x):
    xs = [x[0]]
    for _ in range(10):
        if xs[-1] > 3:
            break
        xs.append(xs[-1] * 1.5)
    return xs[-1] + xs[0]


def of_helpers(x):
    def collect(n):
        found = []
        for i in range(n):
            found.append(x[i] ** 2)
        return found

    return sum(collect(3)) * sum(collect(len(x)))


def on_one_path(x):
    xs = [1.0, 2.0]
    if x[0] > 0.2:
        xs.append(x[0])
    return sum(xs) * xs[-1]


def sieve(x):
    prime, total = [True] * 21, 0.0
    for i in range(2, 21):
        if prime[i]:
            total += x[i % 4] / i
            for j in range(i * i, 21, i):
                prime[j] = False
    return total


def comprehended(x):
    n = len(x)
    xs = [0.0 for _ in range(n)]
    xs[0] = x[0]
    for i in range(1, n):
        xs[i] = xs[i - 1] * x[i]
    ys = [a * b for a, b in zip(xs, x, strict=True) if a > 0.1]
    return xs[-1] + sum(ys) + len(ys)


PROGRAMS = [
    *(grown_and_changed, until_large, filtered, of_tuples, of_arrays, table, known_length),
    *(stack, queue, in_inner_loops, left_early, of_helpers, on_one_path, sieve, comprehended),
]


@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_lists(function, rng):
    check(function, X, rng)


def test_machine_code():
    """Several in one program, so that it is compiled once."""

    def everything(x):
        total = 0.0
        for function in ALL:
            total += function(x)
        return total

    found = ad.value_and_grad(ad.jit(everything))(X)
    expected = ad.value_and_grad(everything)(X)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-10)


ALL = (stack, filtered, comprehended)


@pytest.mark.parametrize("function", [filtered, of_tuples, stack], ids=lambda f: f.__name__)
def test_second_derivatives(function, rng):
    direction = rng.standard_normal(4)
    _, expected = ad.jvp(ad.grad(function), (X,), (direction,))
    call = Jitted(function).call((X.copy(),), {})
    slopes = gradient(call.program, selected(call, (0,)))
    moved = forward(slopes, slopes.params[:1], [Var("dot", slopes.params[0].type)])
    found = run(moved, *call.arguments, direction)[-1]
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_errors_are_pythons():
    def beyond(x):
        xs = []
        for v in x:
            xs.append(v)
        return xs[7]

    def emptied(x):
        xs = []
        for v in x:
            xs.append(v)
        for _ in range(9):
            xs.pop()
        return x[0]

    for function in (beyond, emptied):
        with pytest.raises(IndexError, match=r"test_lists\.py|index|pop"):
            ad.jit(function)(X)


def kept_and_changed(x):
    path, u = [], x.copy()
    for _ in range(3):
        u[0] += x[1]
        path.append(u)
    return path[0][0]


def item_changed(x):
    path = [x * 1.0]
    for _ in range(3):
        path.append(path[-1] * 2)
    path[0][1] = 5.0
    return path[0][1]


def longer_as_it_goes(x):
    xs = [x[0]]
    for _ in range(3):
        xs.append(x[1])
    for v in xs:
        if v > 100.0:
            xs.append(v)
    return xs[-1]


def returned(x):
    xs = []
    for v in x:
        xs.append(v)
    return xs


def of_two_kinds(x):
    xs = []
    for v in x:
        xs.append(v)
    xs.append(x)
    return xs[0]


def meets_single(x):
    xs = [1.0]
    for _ in range(3):
        xs.append(2.0)
    return x.astype(np.float32) * xs[1]


REFUSED = [
    *(kept_and_changed, item_changed, longer_as_it_goes, returned, of_two_kinds, meets_single),
]


@pytest.mark.parametrize("function", REFUSED, ids=lambda f: f.__name__)
def test_what_is_refused_names_the_line(function):
    with pytest.raises(errors.AdjointError) as caught:
        Jitted(function).call((X.copy(),), {})
    if function is not returned:
        assert caught.value.place.filename == __file__
