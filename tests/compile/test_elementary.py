"""Functions of `math` in loops that work on several turns at once, against the C library's."""

import math

import numpy as np
import pytest

import adjoint as ad

R = np.random.default_rng(14)
FEW = 4e-16 * 2
"""Three units in the last place, at most."""


@ad.jit
def exponentials(x, out):
    for i in range(len(x)):
        out[i] = math.exp(x[i])


@ad.jit
def exponentials_less_one(x, out):
    for i in range(len(x)):
        out[i] = math.expm1(x[i])


@ad.jit
def logarithms(x, out):
    for i in range(len(x)):
        out[i] = math.log(x[i])


@ad.jit
def logarithms_of_more(x, out):
    for i in range(len(x)):
        out[i] = np.log1p(x[i])


@ad.jit
def tangents(x, out):
    for i in range(len(x)):
        out[i] = np.tanh(x[i])


def powers(low, high, size=4000):
    return 10.0 ** R.uniform(low, high, size)


SMALL = np.concatenate([powers(-300, 0), -powers(-300, 0), R.uniform(-1, 1, 4000)])
CASES = [
    (exponentials, np.exp, np.concatenate([R.uniform(-708, 709.7, 8000), SMALL])),
    (exponentials_less_one, np.expm1, np.concatenate([R.uniform(-60, 709.7, 8000), SMALL])),
    (logarithms, np.log, np.concatenate([powers(-307, 308), R.uniform(0.5, 2, 8000)])),
    (logarithms_of_more, np.log1p, np.concatenate([powers(-307, 308), 0.999 * SMALL])),
    (tangents, np.tanh, np.concatenate([R.uniform(-30, 30, 8000), SMALL])),
]
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 2.0, -2.0, 1e300, -1e300, 1e-320, -1e-320]
SPECIAL += [
    709.782712893384,
    709.7827128933841,
    710.0,
    -708.4,
    -745.13,
    -745.14,
    -800.0,
    2.0**-1022,
]


@pytest.mark.parametrize(
    ("compiled", "known", "x"), CASES, ids=lambda p: getattr(p, "__name__", "")
)
def test_as_the_c_library(compiled, known, x):
    out = np.empty_like(x)
    compiled(x, out)
    wanted = known(x)
    assert np.max(np.abs(out - wanted) / np.abs(wanted), initial=0.0, where=wanted != 0) < FEW
    assert not np.any(out[wanted == 0])


@pytest.mark.parametrize(
    ("compiled", "known", "_"), CASES, ids=lambda p: getattr(p, "__name__", "")
)
def test_what_is_not_usual(compiled, known, _):
    x = np.array(SPECIAL)
    out = np.empty_like(x)
    compiled(x, out)
    with np.errstate(all="ignore"):
        wanted = known(x)
    known_here = ~np.isnan(wanted)
    assert np.array_equal(~np.isnan(out), known_here)
    assert np.array_equal(np.signbit(out[known_here]), np.signbit(wanted[known_here]))
    finite = np.isfinite(wanted)
    assert np.array_equal(out[known_here & ~finite], wanted[known_here & ~finite])
    np.testing.assert_allclose(out[finite], wanted[finite], rtol=FEW, atol=5e-324)


def softmax_loss(x):
    out = np.empty(len(x))
    for i in range(len(x)):
        out[i] = math.exp(x[i]) + math.tanh(x[i]) * math.log1p(x[i] * x[i])
    total = 0.0
    for i in range(len(x)):
        total += out[i] * out[i] + math.expm1(out[i]) + math.log(out[i] + 3.0)
    return total


def test_gradient():
    x = R.standard_normal(37)
    np.testing.assert_allclose(ad.jit(softmax_loss)(x), softmax_loss(x), rtol=1e-14)
    np.testing.assert_allclose(
        ad.grad(ad.jit(softmax_loss))(x), ad.grad(softmax_loss)(x), rtol=1e-13
    )
