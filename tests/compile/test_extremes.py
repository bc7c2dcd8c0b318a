"""`max` and `min` of numbers: of ints and floats, and where several are equal."""

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile import Jitted
from adjoint.compile.ir.running import run
from adjoint.compile.jitted import gradient, pushed, selected

CASES = [
    (lambda x, y: max(x, 1) * y, (2.0, 3.0)),
    (lambda x, y: max(1, x) * y, (2.0, 3.0)),
    (lambda x, y: min(3, x) * max(y, 0), (2.0, 3.0)),
    (lambda x, y: min(max(x, 0), 1) * y, (2.0, 3.0)),
    (lambda x, y: max(x, 1, y, 0) * x, (2.0, 3.0)),
    (lambda x, y: max([x, y, 1]) * min(x, y, 5), (2.0, 3.0)),
    (lambda x, y: max(x, y, x * y), (1.0, 1.0)),
    (lambda x, y: min(x, y, x * y, 1.0), (1.0, 1.0)),
    (lambda x, y: max(e * y for e in np.array([x, y, 1.0])), (1.0, 1.0)),
    (lambda x, y: float(x > 1.0) * y + (float(y > x) + x) * x, (2.0, 3.0)),
]


@pytest.mark.parametrize(("program", "args"), CASES)
def test_passes(program, args):
    call = Jitted(program).call(args, {})
    chosen = selected(call, (0, 1))
    expected = ad.grad(program, (0, 1))(*args)
    out, *found = run(gradient(call.program, chosen), *args)
    assert out == program(*args)
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    slope = run(pushed(call.program, chosen), *args, 0.3, -1.7)[1]
    np.testing.assert_allclose(slope, 0.3 * expected[0] - 1.7 * expected[1], rtol=1e-13)


def test_compiled():
    def program(x, y):
        return max(x, 1) * y + max(x, y, 2) * min(x, 5, y * x, 4) + float(x > y) * x

    compiled = ad.grad(Jitted(program), (0, 1))(2.0, 3.0)
    np.testing.assert_allclose(compiled, ad.grad(program, (0, 1))(2.0, 3.0), rtol=1e-13)
