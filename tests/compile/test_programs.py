"""Each program of the corpus: its value, gradient, tangent, and second derivatives."""

import numpy as np
import pytest
from programs import PROGRAMS

import adjoint as ad
from adjoint import spaces
from adjoint.compile import Jitted
from adjoint.compile.jitted import snapshot

IDS = [f"{function.__name__}-{i}" for i, (function, _) in enumerate(PROGRAMS)]


def floating(args):
    return tuple(
        i for i, a in enumerate(args) if any(map(spaces.is_differentiable, spaces.flatten(a)[0]))
    )


def difference(function, args, argnums, direction, h=1e-5):
    """The derivative along a direction, by Richardson extrapolation of central differences."""

    def along(step):
        def moved(sign):
            shifted = list(snapshot(args))
            for i, d in zip(argnums, direction, strict=True):
                shifted[i] = spaces.step(shifted[i], d, sign * step)
            return function(*shifted)

        return (moved(1.0) - moved(-1.0)) / (2.0 * step)

    return (4.0 * along(h / 2.0) - along(h)) / 3.0


@pytest.mark.parametrize(("function", "args"), PROGRAMS, ids=IDS)
def test_derivatives(function, args, rng):
    compiled = Jitted(function)
    argnums = floating(args)
    plain = function(*snapshot(args))
    np.testing.assert_allclose(compiled(*snapshot(args)), plain, rtol=1e-13)
    value, gradients = compiled.value_and_grad(snapshot(args), {}, argnums)
    np.testing.assert_allclose(value, plain, rtol=1e-13)
    direction = tuple(spaces.random(args[i], rng) for i in argnums)
    expected = difference(function, args, argnums, direction)
    reverse = sum(spaces.inner(g, d) for g, d in zip(gradients, direction, strict=True))
    np.testing.assert_allclose(reverse, expected, rtol=1e-6, atol=1e-8)
    out, forward = compiled.jvp(snapshot(args), {}, argnums, direction)
    np.testing.assert_allclose(out, plain, rtol=1e-13)
    np.testing.assert_allclose(forward, reverse, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("function", "args"), PROGRAMS, ids=IDS)
def test_the_printed_adjoint_runs_without_numba(function, args):
    compiled = Jitted(function)
    argnums = floating(args)
    _, gradients = compiled.value_and_grad(snapshot(args), {}, argnums)
    call = compiled.call(snapshot(args), {})
    (run,) = [e for key, e in call.program.executables.items() if key[0] == "grad"]
    count = len(call.program.function.body.yields)
    found = run.python(*call.arguments)[count:]
    for ours, theirs in zip(run(*call.arguments)[count:], found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)
    assert len(gradients) == len(argnums)


SECOND = [
    (f, a)
    for f, a in PROGRAMS
    if f.__name__
    in (
        "flight",
        "nested_breaks",
        "recurrence",
        "views",
        "network",
        "matrices",
        "recurrent",
        "closures",
    )
]


@pytest.mark.parametrize(("function", "args"), SECOND, ids=[f.__name__ for f, _ in SECOND])
def test_second_derivatives(function, args, rng):
    """Reverse over reverse and forward over reverse agree with differences of the gradient."""
    argnum = floating(args)[0]
    gradient = Jitted(ad.grad(function, argnum))
    direction = spaces.random(args[argnum], rng)

    def along(*given):
        return spaces.inner(gradient(*given), direction)

    expected = difference(along, args, (argnum,), (direction,))
    forward = gradient.jvp(snapshot(args), {}, (argnum,), (direction,))[1]
    np.testing.assert_allclose(spaces.inner(forward, direction), expected, rtol=1e-5, atol=1e-7)
    _, pullback = gradient.vjp(snapshot(args), {}, (argnum,))
    (backward,) = pullback(direction)
    np.testing.assert_allclose(spaces.inner(backward, direction), expected, rtol=1e-5, atol=1e-7)
