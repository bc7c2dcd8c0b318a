"""The items that `heapq` chooses keep their derivatives."""

import heapq

import pytest

import adjoint as ad


@pytest.mark.parametrize("choose", [heapq.nsmallest, heapq.nlargest])
@pytest.mark.parametrize("n", [0, 1, 2, 5, -1])
def test_chosen_items(choose, n):
    def f(x):
        numbers = choose(n, [x, 3.0 * x, x * x])
        pairs = choose(n, [(x, 1), (2.0 * x, 2), (x, 3)], key=lambda pair: pair[0])
        return sum(numbers) + sum(x**k * value for k, (value, _) in enumerate(pairs)) + x

    value, slope = ad.value_and_grad(f)(1.3)
    assert value == f(1.3)
    step = 1e-6
    assert slope == pytest.approx((f(1.3 + step) - f(1.3 - step)) / (2 * step), rel=1e-8)
