"""Builtins that take all items of a generator, over what is only known when the program runs."""

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile import Jitted
from adjoint.compile.ir.running import run
from adjoint.compile.jitted import gradient, selected

X = 0.7
V = np.array([0.3, -0.8, 1.1, 0.6])

PROGRAMS = [
    lambda x, v: sum(e * x for e in v),
    lambda x, v: sum((e * e * x for e in v if e > 0.0), x),
    lambda x, v: sum([v[i] * v[-1 - i] * x for i in range(len(v))]),
    lambda x, v: sum(a * b * x for a in v for b in v[1:] if a < b),
    lambda x, v: sum(i * a * b for i, (a, b) in enumerate(zip(v, v[::-1], strict=True))) * x,
    lambda x, v: max(e * x for e in v) + min(e * e for e in v) * x,
    lambda x, v: x if any(e > 1.0 for e in v) else 2.0 * x,
    lambda x, v: x * v[0] if all(e > 1.0 for e in v) else 2.0 * x,
    lambda x, v: sum(sum(a * x for a in v[:i]) for i in range(len(v))),
    lambda x, v: sum(x * i for i in range(100)) + sum(v),
    lambda x, v: sum(e * x for e in v if any(e > other for other in v)),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_passes(program):
    call = Jitted(program).call((X, V), {})
    out, *found = run(gradient(call.program, selected(call, (0, 1))), *call.arguments)
    assert out == pytest.approx(program(X, V), rel=1e-13)
    for one, other in zip(found, ad.grad(program, (0, 1))(X, V), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


def test_compiled():
    def program(x, v):
        total = 0.0
        for i in range(len(v)):
            if any(e * i > 1.5 for e in v):
                break
            total += sum(e * x for e in v[i:]) + max(e * i for e in v)
        return total

    compiled = ad.grad(Jitted(program), (0, 1))(X, V)
    for one, other in zip(compiled, ad.grad(program, (0, 1))(X, V), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_an_empty_maximum_raises():
    with pytest.raises(ValueError, match="max"):
        Jitted(lambda v: max(e * 2.0 for e in v))(np.zeros(0))


def test_a_name_of_the_program_is_not_taken():
    def program(x, v):
        total, count, value = 1.0, 2, 3.0
        return sum(e * total * x for e in v) * count * value

    assert Jitted(program)(X, V) == pytest.approx(program(X, V))
