"""`type` and `isinstance` of numbers in compiled functions: Python's are not NumPy's."""

import linecache
import math

import numpy as np
import pytest

import adjoint as ad

VALUES = """x[0]; k[0]; len(x); n; n + 1; x.size; n > 1; not n; int(x[0]); float(x[0])
math.sqrt(x[0]); np.sqrt(n); abs(n); abs(x[0]); x.sum(); max(n, 3); x[0] * n; a * n; sum([a, 2.0])
sum([x[0], a]); a**2; n // 2; n / 2
math.floor(a); np.floor(a); k[0] * a; np.float64(a); math.pi * a; -a; np.dot(x, x); z
z * 2; abs(z); z.real; complex(a, n)
np.linalg.norm(x) * a; [a, 2.0][n - 1]"""
CLASSES = (
    "float",
    "int",
    "bool",
    "complex",
    "np.floating",
    "np.generic",
    "(int, float)",
    "np.integer",
)
GIVEN = (np.array([1.5, 0.5]), np.array([3, 4]), 1.25, 2, 1.0 + 2.0j)
EXPRESSIONS = [e.strip() for e in VALUES.replace("\n", ";").split(";")]


def program(test):
    text = f"def f(x, k, a, n, z):\n    return 1.0 if {test} else 0.0\n"
    name = f"<asked {test}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    namespace: dict = {"np": np, "math": math}
    exec(compile(text, name, "exec"), namespace)
    return namespace["f"]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_answer_is_pythons_or_there_is_none(expression):
    found = 0
    tests = [f"isinstance({expression}, {cls})" for cls in CLASSES]
    tests += [f"type({expression}) is {cls}" for cls in ("float", "int", "np.float64", "np.int64")]
    for test in tests:
        asked = program(test)
        try:
            answer = ad.jit(asked)(*GIVEN)
        except ad.errors.UnsupportedSyntax as refused:
            assert "Python's or NumPy's" in str(refused)
            continue
        found += 1
        assert answer == asked(*GIVEN), test
    assert found


def test_what_is_asked_of_the_result_of_numpys_functions():
    def scaled(x):
        y = np.sqrt(x) * x
        return y * (2.0 if type(y) is np.float64 else 3.0)

    np.testing.assert_allclose(ad.grad(ad.jit(scaled))(2.0), ad.grad(scaled)(2.0), rtol=1e-13)
