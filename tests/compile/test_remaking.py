"""Loops that call a checkpointed function: the same derivatives, with a tape of sqrt(n) rows."""

import math

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile.ir.nodes import For, While, walk
from adjoint.compile.ir.running import Machine
from adjoint.compile.jitted import Jitted, gradient
from adjoint.errors import UnsupportedSyntax


def turn(x, k):
    return x + 0.1 * k * math.sin(x)


def several(x, k):
    for _ in range(3):
        x = turn(x, k)
    return x


def diffuse(u, k):
    for i in range(1, len(u) - 1):
        u[i] += k * (u[i - 1] - 2.0 * u[i] + u[i + 1]) * u[i]


def smooth(u, k):
    return u + k * np.sin(u)


def programs(turn, several, diffuse, smooth):
    def numbers(u, k, n):
        x = u[0]
        for _ in range(n):
            x = turn(x, k)
        return x

    def loops_in_turns(u, k, n):
        x = u[0]
        for i in range(3, 3 + 2 * n, 2):
            x = several(x, k * u[i % 5])
        return x

    def changes_in_place(u, k, n):
        w = u.copy()
        for _ in range(n):
            diffuse(w, k)
            w[0] += 0.01 * u[1]
        w[1] = 5.0
        return np.sum(w * w)

    def arrays_that_are_carried(u, k, n):
        for _ in range(n):
            u = smooth(u, k)
        return np.sum(u * u)

    def changed_in_turns_and_after(u, k, n):
        w, x = u * 2.0, 1.0
        for i in range(n):
            x = several(x, k * w[i % 3]) + u[0]
            w[1] = x
        w[0] = 7.0
        return x + np.sum(w)

    def changed_after(u, k, n):
        w, x = u * 2.0, 1.0
        for i in range(n):
            x = turn(x, k * w[i % 3])
        w[0] = 7.0 * x
        return x + np.sum(w)

    def ends_at_a_condition(u, k, n):
        x, i = 1.0, 0
        while True:
            x = turn(x, 10.0 * k * u[0])
            i += 1
            if x > 2.5 or i > n:
                return x * u[1]

    def is_left(u, k, n):
        x = u[0]
        for i in range(3 * n):
            if x > 2.0:
                break
            if i % 3 == 1:
                continue
            x = turn(x, k) + u[i % 4] * 0.01
        return x

    def loops_in_loops(u, k, n):
        x, s = u[0], 0.0
        for i in range(n):
            for _ in range(i):
                x = turn(x, k) * 0.999
            s += several(x, k)
        return s

    def history(u, k, n):
        h = np.zeros(n + 1)
        h[0] = u[0]
        for i in range(n):
            h[i + 1] = turn(h[i], k)
        return np.sum(h * h)

    return {f.__name__: f for f in list(locals().values()) if getattr(f, "__closure__", None)}


PLAIN = programs(turn, several, diffuse, smooth)
KEPT = programs(*map(ad.checkpoint, (turn, several, diffuse, smooth)))


def adjoint_of(f, *args):
    jitted = Jitted(f)
    call = jitted.call(args, {})
    return gradient(call.program, [0, 1]), call.arguments


class Measuring(Machine):
    """Notes how many rows the tapes have at most."""

    most = 0

    def statement(self, s):
        super().statement(s)
        self.most = max(self.most, sum(map(len, self.tapes.values())))


def measured(f, *args):
    function, arguments = adjoint_of(f, *args)
    machine = Measuring(function.tapes)
    given = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
    machine.values.update(zip(function.params, given, strict=True))
    machine.block(function.body)
    return machine.all(function.body.yields), machine.most


@pytest.mark.parametrize("n", [0, 1, 7, 100])
@pytest.mark.parametrize("name", PLAIN)
def test_derivatives_are_those_without(name, n):
    u = np.random.default_rng(5).uniform(0.1, 1.0, 8)
    for found, known in zip(
        measured(KEPT[name], u, 0.1, n)[0], measured(PLAIN[name], u, 0.1, n)[0], strict=True
    ):
        np.testing.assert_allclose(found, known, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(("name", "rows"), [("numbers", 66), ("ends_at_a_condition", 150)])
def test_the_tape_has_as_many_rows_as_the_root_of_the_turns(name, rows):
    u = np.full(8, 1e-4)
    assert measured(PLAIN[name], u, 0.1, 1000)[1] >= 250
    assert measured(KEPT[name], u, 0.1, 1000)[1] <= rows


@pytest.mark.parametrize("name", ["loops_in_turns", "changes_in_place"])
def test_turns_that_record_much_are_made_again_one_by_one(name):
    u = np.full(8, 0.2)
    assert measured(KEPT[name], u, 0.1, 900)[1] <= 31 + 31 + 8


def test_machine_code_of_both_kinds_of_loop():
    u = np.random.default_rng(5).uniform(0.1, 1.0, 8)
    for name in ("changes_in_place", "ends_at_a_condition"):
        kept = ad.value_and_grad(ad.jit(KEPT[name]), (0, 1))(u, 0.1, 500)
        plain = ad.value_and_grad(PLAIN[name], (0, 1))(u, 0.1, 500)
        np.testing.assert_allclose(kept[1][0], plain[1][0], rtol=1e-12)
        assert kept[1][1] == pytest.approx(plain[1][1], rel=1e-12)


def test_higher_derivatives_and_forward_mode():
    u = np.random.default_rng(5).uniform(0.1, 1.0, 8)
    for f in (KEPT["numbers"],):
        jitted = ad.jit(f)
        curved = ad.grad(ad.grad(jitted, 1), 1)(u, 0.3, 20)
        assert curved == pytest.approx(ad.grad(ad.grad(PLAIN["numbers"], 1), 1)(u, 0.3, 20))
        dot = ad.jvp(jitted, (u, 0.3, 20), (u, 1.0, None))[1]
        gradient_of = ad.grad(PLAIN["numbers"], (0, 1))(u, 0.3, 20)
        assert dot == pytest.approx(gradient_of[0] @ u + gradient_of[1])


def test_only_loops_that_call_one_are_divided():
    for programs_of, count in ((PLAIN, 0), (KEPT, 1)):
        jitted = Jitted(programs_of["numbers"])
        body = jitted.call((np.ones(8), 0.1, 5), {}).program.function.body
        loops = [s for s in walk(body) if isinstance(s, For | While)]
        assert sum(loop.remade for loop in loops) == count


def test_a_view_of_what_turns_change_is_refused():
    kept = ad.checkpoint(turn)

    def through_a_view(u, n):
        w = u * 1.0
        view = w[1:]
        for i in range(n):
            w[i] = kept(view[i], 0.5)
        return np.sum(w)

    with pytest.raises(UnsupportedSyntax, match="also reaches as a view"):
        ad.grad(ad.jit(through_a_view))(np.ones(5), 3)


def test_it_can_be_made_inside():
    def f(x, n):
        for _ in range(n):
            x = ad.checkpoint(turn)(x, 0.5)
        return x

    assert ad.grad(ad.jit(f))(0.3, 9) == pytest.approx(ad.grad(f)(0.3, 9), rel=1e-13)
