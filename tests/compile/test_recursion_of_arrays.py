"""Functions that call themselves with arrays, and return arrays and tuples."""

import collections

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile.ir.nodes import Const, Type, Var
from adjoint.compile.ir.running import run
from adjoint.compile.jitted import Jitted, gradient, pushed
from adjoint.compile.transform.forward import forward
from adjoint.compile.transform.reverse import reverse
from adjoint.errors import AdjointError


def tree(x, i):
    if 2 * i + 2 >= len(x):
        return np.sin(x[i])
    return x[i] * tree(x, 2 * i + 1) + tree(x, 2 * i + 2)


def of_a_whole_array(x):
    return tree(x, 0)


def of_halves(x):
    if len(x) == 1:
        return x[0]
    middle = len(x) // 2
    return of_halves(x[:middle]) * of_halves(x[middle:]) + x[0]


def transformed(re, im):
    n = len(re)
    if n == 1:
        return re, im
    a, b = transformed(re[::2], im[::2])
    c, d = transformed(re[1::2], im[1::2])
    angle = 2 * np.pi * np.arange(n // 2) / n
    e, f = np.cos(angle) * c + np.sin(angle) * d, np.cos(angle) * d - np.sin(angle) * c
    return np.concatenate((a + e, a - e)), np.concatenate((b + f, b - f))


def of_a_transform(x):
    re, im = transformed(x, 0.0 * x)
    return np.sum((re**2 + im**2) * np.arange(len(x)))


def cycle(u, f):
    n = len(u)
    if n <= 3:
        return u + 0.5 * (f - u)
    u = u + 0.3 * (f - u * u)
    half = n // 2
    out = u.copy()
    out[: 2 * half : 2] += cycle(np.zeros(half), (f - u)[: 2 * half : 2])
    return out


def of_a_multigrid_cycle(x):
    return np.sum(cycle(x, x * x) ** 2)


def product(a, b):
    n = a.shape[0]
    if n == 1:
        return a * b
    h = n // 2
    out = np.zeros((n, n))
    out[:h, :h] = product(a[:h, :h], b[:h, :h]) + product(a[:h, h:], b[h:, :h])
    out[:h, h:] = product(a[:h, :h], b[:h, h:]) + product(a[:h, h:], b[h:, h:])
    out[h:, :h] = product(a[h:, :h], b[:h, :h]) + product(a[h:, h:], b[h:, :h])
    out[h:, h:] = product(a[h:, :h], b[:h, h:]) + product(a[h:, h:], b[h:, h:])
    return out


def of_blocks(x):
    a = x[:4].copy().reshape(2, 2)
    return np.sum(product(a, a.T) * np.array([[1.0, 2.0], [3.0, 4.0]]))


Found = collections.namedtuple("Found", "total largest depth")


def summary(x):
    if len(x) == 1:
        return Found(x[0] * x[0], x, 1)
    middle = len(x) // 2
    left, right = summary(x[:middle]), summary(x[middle:])
    return Found(
        left.total * right.total + x[0],
        left.largest if left.total > right.total else right.largest,
        left.depth + right.depth,
    )


def of_a_summary(x):
    found = summary(x)
    return found.total * found.depth + np.sum(found.largest)


PROGRAMS = [
    *(of_a_whole_array, of_halves, of_a_transform, of_a_multigrid_cycle, of_blocks, of_a_summary),
]


@pytest.mark.parametrize("size", [4, 8])
@pytest.mark.parametrize("program", PROGRAMS)
def test_derivatives(program, size, rng):
    x, dot = rng.uniform(0.5, 1.5, size), rng.standard_normal(size)
    value, slope = ad.value_and_grad(program)(x)
    call = Jitted(program).call((x,), {})
    found = run(gradient(call.program, [0]), x)
    assert found[0] == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(found[1], slope, rtol=1e-11, atol=1e-12)
    assert run(pushed(call.program, [0]), x, dot)[1] == pytest.approx(slope @ dot, rel=1e-11)


@pytest.mark.parametrize("program", [of_a_whole_array, of_halves, of_a_multigrid_cycle])
def test_machine_code(program, rng):
    x = rng.uniform(0.5, 1.5, 6)
    value, slope = ad.value_and_grad(ad.jit(program))(x)
    assert value == pytest.approx(program(x), rel=1e-13)
    np.testing.assert_allclose(slope, ad.grad(program)(x), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("program", [of_halves, of_a_multigrid_cycle, of_a_whole_array])
def test_second_derivatives(program, rng):
    x, dot = rng.uniform(0.5, 1.5, 4), rng.standard_normal(4)
    call = Jitted(program).call((x,), {})
    step = 1e-6
    there, back = (ad.grad(program)(x + s * dot) for s in (step, -step))
    expected = (there - back) / (2 * step)
    first = gradient(call.program, [0])
    tangent = Var("dot", Type("float", 1))
    along = forward(first, first.params, [tangent])
    np.testing.assert_allclose(run(along, x, dot)[-1], expected, rtol=1e-6, atol=1e-7)
    tangents = pushed(call.program, [0])
    again = reverse(tangents, tangents.params[:1], [None, Const(1.0)])
    found = run(again, x, dot)
    np.testing.assert_allclose(found[-1], run(along, x, dot)[-1], rtol=1e-11, atol=1e-12)


def changes_what_it_is_given(x, i):
    if i == 0:
        return x[0]
    x[i] = x[i] * 2.0
    return changes_what_it_is_given(x, i - 1) + x[i]


def returns_nothing(x, i):
    if i > 0:
        returns_nothing(x, i - 1)


def of_two_forms(x, i):
    if i == 0:
        return x, 1.0
    if i == 1:
        return x
    found = of_two_forms(x, i - 1)
    return found[0], 2.0


def in_another_function(x, i):
    def inner(k):
        return x[k] if k == 0 else inner(k - 1) * x[k]

    return inner(i)


REFUSED = {
    changes_what_it_is_given: "changes an array that it was given",
    returns_nothing: "returns nothing",
    of_two_forms: "values that are not numbers or arrays of one type",
    in_another_function: "defined in another function",
}


@pytest.mark.parametrize("program", REFUSED)
def test_what_is_refused(program):
    with pytest.raises(AdjointError, match=REFUSED[program]) as caught:
        Jitted(program).call((np.ones(4), 3), {})
    assert caught.value.place.filename == __file__
