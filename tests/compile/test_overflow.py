"""Ints of more than 64 bits raise with the line; index arithmetic goes without checks."""

import math

import pytest

import adjoint as ad
from adjoint.compile import Jitted, operations


def factorial(x, n):
    product = 1
    for i in range(1, n + 1):
        product *= i
    return x * product


def fibonacci(x, n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return x * a


def falling(x, n):
    a = -2
    while n > 0:
        a = a - 3 * -a
        n -= 1
    return x * a


def powered(x, n):
    return x * 3**n


def doubled(x, n):
    return x * (1 << n)


def large(x, n):
    return x * n * 4 + (n * 4) * x


def converted(x, n):
    return x * int(x**n)


def rounded(x, n):
    return x + math.floor(x**n) + round(x**n)


def recursive(n):
    return 1 if n <= 1 else n * recursive(n - 1)


def by_recursion(x, n):
    return x * recursive(n)


CASES = [
    (factorial, 20, 21),
    (fibonacci, 91, 92),
    (falling, 29, 40),
    (powered, 39, 40),
    (doubled, 62, 63),
    (large, 2**60, 2**61),
    (converted, 50, 70),
    (rounded, 50, 70),
    (by_recursion, 20, 21),
]


@pytest.mark.parametrize(("function", "fits", "not_"), CASES, ids=[c[0].__name__ for c in CASES])
def test_ints_of_more_than_64_bits(function, fits, not_):
    compiled = Jitted(function)
    x = 2.0 if function in (converted, rounded) else 1.5
    assert compiled(x, fits) == pytest.approx(function(x, fits), rel=1e-14)
    with pytest.raises(OverflowError, match=r"test_overflow\.py, line \d+"):
        compiled(x, not_)
    with pytest.raises(OverflowError, match="64 bits"):
        ad.grad(compiled)(x, not_)


def test_arguments_and_constants_of_more_than_64_bits():
    with pytest.raises(ad.errors.UnsupportedType, match="64 bits"):
        Jitted(powered)(1.5, 2**63)
    with pytest.raises(ad.errors.UnsupportedType, match="64 bits") as caught:
        Jitted(lambda x, n: x * (n % 2**64))(1.5, 3)
    assert caught.value.place is not None


def test_nan_becomes_no_int():
    with pytest.raises((OverflowError, ValueError)):
        Jitted(lambda x: int(x) * x)(math.nan)


def indexed(v, n):
    total = 0.0
    count = 0
    for i in range(n):
        for j in range(3):
            count += 1
            total += v[(i * 3 + j) % len(v)] * (count + i * j)
    return total


def test_index_arithmetic_needs_no_check(rng):
    compiled = Jitted(indexed)
    v = rng.standard_normal(5)
    assert compiled(v, 7) == pytest.approx(indexed(v, 7), rel=1e-13)
    (program,) = [p for many in compiled.programs.values() for p in many]
    assert "fits" not in compiled.primal(program).source.text


def test_the_sign_of_zero():
    def angle(x):
        return math.atan2(-(x - x) + 0.0, -1.0) * x + math.atan2(-(x - x) - 0.0, -1.0)

    assert Jitted(angle)(0.5) == angle(0.5)
    assert ad.grad(Jitted(angle))(0.5) == pytest.approx(math.pi)


EDGES = (-(2**63), -(2**63) + 1, -(2**62), -1, 0, 1, 2**62, 2**63 - 2, 2**63 - 1)


@pytest.mark.parametrize("a", EDGES)
@pytest.mark.parametrize("b", EDGES)
def test_sums_fit_exactly_where_they_do(a, b):
    smallest, largest = -(2**63), 2**63 - 1
    assert operations.sum_fits(a, b) == (smallest <= a + b <= largest)
    assert operations.difference_fits(a, b) == (smallest <= a - b <= largest)
