"""Intermediate results that hold the next one: values and derivatives are as if they did not."""

import numpy as np
import pytest

import adjoint as ad
from adjoint.trace.memory import LARGE as LEAST
from adjoint.trace.updates import Updated

RNG = np.random.default_rng(4)
LARGE = RNG.uniform(0.5, 1.5, LEAST // 8 + 3)


def seen_by_name(x):
    y = x + 1.0
    z = y * 2.0 + y
    w = (v := x * 3.0) * 2.0 + v
    return y, z, v, w


def handed_on(x):
    kept = []

    def keep(value):
        kept.append(value)
        return value

    total = keep(x + x) * 2.0 + keep(x * 2.0) + keep(x - 1.0) * x
    return *kept, total


def of_other_shapes(x):
    table = np.ones((2, x.size))
    wide = x * 2.0 + table
    flat = x[:1] * 2.0 + x
    single = (x.astype(np.float32) + np.float32(1.0)) * x
    return wide, flat, single


def read_again(x):
    return (x * x + 1.0) ** 2 + 3.0, np.exp(x * 2.0 + 1.0) * 2.0, 2.0 - (x + 1.0), (x + x) % 0.7


def one_after_the_other(x):
    return 0.5 * (x[1:] + x[:-1]) - x[1:] * 2.0 + (x[1:] - 1.0) * x[:-1] / 3.0


@pytest.mark.parametrize(
    "program", [seen_by_name, handed_on, of_other_shapes, read_again, one_after_the_other]
)
def test_intermediate_results_may_hold_the_next(program):
    """Values and derivatives are as if every operator had made an array of its own."""
    out, pullback = ad.vjp(program, LARGE)
    expected = program(LARGE)
    direction = RNG.normal(size=LARGE.shape)
    tangents = ad.jvp(program, (LARGE,), (direction,))[1]
    small, small_pullback = ad.vjp(program, LARGE[:7].copy())
    outs, wanted, moved = (v if type(v) is tuple else (v,) for v in (out, expected, tangents))
    smalls = small if type(small) is tuple else (small,)
    for found, value in zip(outs, wanted, strict=True):
        np.testing.assert_array_equal(found, value)
    seeds = tuple(RNG.normal(size=np.shape(value)).astype(value.dtype) for value in wanted)
    (gradient,) = pullback(seeds if type(out) is tuple else seeds[0])
    inner = sum(np.vdot(seed, tangent) for seed, tangent in zip(seeds, moved, strict=True))
    assert gradient @ direction == pytest.approx(inner, rel=1e-6 if len(wanted) == 3 else 1e-9)
    zeros = tuple(seed[..., : value.shape[-1]] for seed, value in zip(seeds, smalls, strict=True))
    (small_gradient,) = small_pullback(zeros if type(small) is tuple else zeros[0])
    if program is not of_other_shapes and program is not one_after_the_other:
        np.testing.assert_allclose(small_gradient, gradient[:7], rtol=1e-12)


@pytest.mark.parametrize(
    ("program", "size", "expected"),
    [
        (lambda x: (0.5 * (x[1:] + x[:-1]) - 1.0).sum(), LARGE.size, 2),
        (lambda x: (0.5 * (x[1:] + x[:-1]) - 1.0).sum(), 7, 0),
        (lambda x: np.sum((x + 1.0) * x), LARGE.size, 0),
        (lambda x: np.sum(((x + x) * 2.0 - 1.0) / 3.0), LARGE.size, 3),
    ],
)
def test_that_saves_arrays(program, size, expected, monkeypatch):
    swept = []
    backward = Updated.backward
    monkeypatch.setattr(
        Updated, "backward", lambda entry, ledger: swept.append(1) or backward(entry, ledger)
    )
    ad.grad(program)(LARGE[:size].copy())
    assert len(swept) == expected


class Keeper:
    """Its operators hand out the array that it keeps."""

    def __init__(self, array):
        self.array = array

    def __mul__(self, other):
        return self.array

    __rmul__ = __mul__


def test_what_an_operator_of_the_users_keeps_is_not_written_to():
    def program(x):
        left, right = Keeper(x + x), Keeper(x - 1.0)
        total = left * 2 + 1.0
        total = total * (3.0 + 2 * right)
        return total + left.array - right.array

    out, pullback = ad.vjp(program, LARGE)
    np.testing.assert_allclose(out, (2 * LARGE + 1) * (LARGE + 2) + LARGE + 1)
    seed = RNG.normal(size=LARGE.shape)
    np.testing.assert_allclose(pullback(seed)[0], seed * (4 * LARGE + 6))


def test_second_derivatives_of_large_arrays():
    def program(x):
        return np.sum((0.5 * (x[1:] + x[:-1]) * 3.0 + 1.0) ** 3)

    direction = RNG.normal(size=LARGE.shape)
    step = 1e-6
    ahead, behind = (ad.grad(program)(LARGE + s * direction) for s in (step, -step))
    found = ad.hvp(program, (LARGE,), (direction,))
    np.testing.assert_allclose(found, (ahead - behind) / (2 * step), rtol=1e-5, atol=1e-6)
