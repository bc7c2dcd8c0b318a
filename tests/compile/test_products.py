"""Products that are added to a cotangent: rounded once, and only there."""

import math
from fractions import Fraction

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile.codegen import products
from adjoint.compile.codegen.lanes import WIDTH

R = np.random.default_rng(8)


def rounded_once(a, b, c):
    return float(Fraction(a) * Fraction(b) + Fraction(c))


def of_numbers(x, a, b, c):
    return (x * a) * b + x * c


def of_lanes(x, a, b, c):
    total = 0.0
    for i in range(len(x)):
        value = x[i]
        for _ in range(3):
            value = (value * a[i]) * b[i] + x[i] * (value + c[i])
        total += math.exp(0.1 * value)
    return total


needs_it = pytest.mark.skipif(
    not products.is_fusing(), reason="the processor has no such operation"
)


@needs_it
def test_a_cotangent_is_rounded_once():
    slope = ad.grad(ad.jit(of_numbers))
    for x, a, b, c in R.normal(size=(20, 4)):
        assert slope(x, a, b, c) in (rounded_once(a, b, c), rounded_once(1.0, c, b * a))
    found = [slope(*row) != row[2] * row[1] + row[3] for row in R.normal(size=(50, 4))]
    assert any(found)


@needs_it
def test_lanes_round_as_numbers_do(monkeypatch):
    monkeypatch.setenv("ADJOINT_CACHE_DIR", "")
    kinds, fused = set(), products.fused

    def noted(builder, values):
        kinds.add(str(values[0].type))
        return fused(builder, values)

    monkeypatch.setattr(products, "fused", noted)
    args = tuple(R.normal(size=(4, WIDTH + 3)))
    found = ad.grad(ad.jit(of_lanes), argnums=(0, 1, 2, 3))(*args)
    wanted = ad.grad(of_lanes, argnums=(0, 1, 2, 3))(*args)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    assert kinds == {"double", f"<{WIDTH} x double>"}


def test_values_are_those_of_python():
    for row in R.normal(size=(50, 4)):
        assert ad.jit(of_numbers)(*row) == of_numbers(*row)
        assert ad.value_and_grad(ad.jit(of_numbers))(*row)[0] == of_numbers(*row)


def test_without_such_an_operation(monkeypatch):
    monkeypatch.setenv("ADJOINT_CACHE_DIR", "")
    monkeypatch.setattr(products, "is_fusing", lambda: False)
    x, a, b, c = R.normal(size=4)
    assert ad.grad(ad.jit(lambda x, a, b, c: (x * a) * b + x * c))(x, a, b, c) == b * a + c
