"""Long expressions are cut into kernels, and still computed from left to right."""

import linecache
import math

import pytest

import adjoint as ad
from adjoint.testing import check_grads


def made(parameters, expression):
    """A function with one long expression, whose source can be found."""
    name, text = f"<{hash(expression)}>", f"def f({parameters}):\n    return {expression}\n"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    scope = {"math": math}
    exec(compile(text, name, "exec"), scope)
    return scope["f"]


SHAPES = [
    "{0} + y * {1}",
    "y * {1} + {0} / 1.3",
    "math.sin({0}) * {1} + x",
    "-({1} - {0} * y) * 0.5",
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("depth", [11, 12, 24, 25, 60])
def test_an_expression_of_any_depth(depth, shape):
    expression = "x"
    for level in range(depth):
        expression = shape.format(expression, 0.7 + level / depth)
    check_grads(made("x, y", expression), (0.3, 0.9))


class Noisy:
    """Numbers that tell when they are computed with."""

    def __init__(self, value, seen):
        self.value, self.seen = value, seen

    def __mul__(self, other):
        self.seen.append(other)
        return self.value * other


def test_a_sum_of_many_terms():
    f = made("x", " + ".join(f"x * {k}.0" for k in range(400)))
    assert ad.grad(f)(0.3) == pytest.approx(399 * 200)


def test_a_long_expression_is_computed_from_left_to_right():
    first, second = (" + ".join([f"{name} * {k}.0"] * 30) for name, k in [("a", 1), ("b", 2)])
    f, seen = made("a, b", f"{first} + ({second})"), []
    assert ad.grad(lambda x: f(Noisy(x, seen), Noisy(x, seen)))(2.0) == pytest.approx(90.0)
    assert seen == [1.0] * 30 + [2.0] * 30
