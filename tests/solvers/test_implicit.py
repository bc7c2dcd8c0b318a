"""`adjoint.implicit`: solvers of the user's own."""

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import NonDifferentiable, StructureMismatch
from adjoint.testing.finite_difference import finite_difference_jvp


def residual(x, a, b):
    return {"u": x["u"] ** 3 + a * x["v"].sum() - 2.0, "v": x["v"] - np.array([b, a]) * x["u"]}


@ad.implicit(residual)
def solve(a, b):
    u, v = 1.0, np.ones(2)
    for _ in range(500):
        v = 0.5 * (v + np.array([b, a]) * u)
        u = 0.5 * (u + np.cbrt(max(2.0 - a * v.sum(), 1e-3)))
    return {"u": u, "v": v}


def result(a, b):
    x = solve(a, b)
    return x["u"] * x["v"][0] + x["v"][1]


def test_a_solution_of_any_structure():
    gradient = ad.grad(result, (0, 1))(0.4, 0.7)
    for position in range(2):
        tangents = [0.0, 0.0]
        tangents[position] = 1.0
        expected = finite_difference_jvp(result, (0.4, 0.7), tuple(tangents))
        assert gradient[position] == pytest.approx(expected, rel=1e-7)
        forward = ad.jvp(result, (0.4, 0.7), tuple(tangents))[1]
        assert forward == pytest.approx(gradient[position], rel=1e-12)


def test_second_order():
    first = ad.grad(result)
    expected = finite_difference_jvp(lambda a: first(a, 0.7), (0.4,), (1.0,))
    assert ad.grad(first)(0.4, 0.7) == pytest.approx(expected, rel=1e-6)


def test_captured_values_count():
    def f(a):
        @ad.implicit(lambda x: x * x - a)
        def root():
            return float(a) ** 0.5

        return root()

    assert ad.grad(f)(4.0) == pytest.approx(0.25)


def test_outside_a_derivative_it_is_the_solver():
    assert solve(0.4, 0.7)["u"] > 0


def test_as_many_equations_as_unknowns():
    bad = ad.implicit(lambda x, a: np.array([x - a, x + a]))(lambda a: a)
    with pytest.raises(StructureMismatch, match="2 numbers for a solution of 1"):
        ad.grad(bad)(1.0)


def test_what_is_no_solution():
    bad = ad.implicit(lambda x, a: x - a - 1.0)(lambda a: a)
    with pytest.raises(NonDifferentiable, match="has not converged"):
        ad.grad(bad)(1.0)
