"""Wrong use is refused where the user can see it: file, line, what is wrong, what to do instead."""

import ctypes
import ctypes.util
import linecache

import numpy as np
import pytest

import adjoint as ad
from adjoint import errors

TIERS = [pytest.param(lambda f: f, id="traced"), pytest.param(ad.jit, id="compiled")]
both_tiers = pytest.mark.parametrize("tier", TIERS)


def refusal(cls, call, line):
    """The error of class `cls` that `call` raises, seen to point at the source text `line`."""
    with pytest.raises(cls) as caught:
        call()
    error = caught.value
    assert error.place is not None
    assert error.place.filename == __file__
    assert line in linecache.getline(__file__, error.place.lineno)
    assert error.instead
    return error


@both_tiers
def test_output_that_is_not_scalar(tier):
    f = tier(lambda x: x * 2.0)
    error = refusal(errors.NotScalar, lambda: ad.grad(f)(np.ones(2)), "ad.grad(f)(np.ones(2))")
    assert "(2,)" in error.what
    assert "jacobian" in error.instead


@both_tiers
def test_integer_argument(tier):
    f = tier(lambda x: x * 2.0)
    error = refusal(errors.NonDifferentiable, lambda: ad.grad(f)(3), "ad.grad(f)(3)")
    assert "3.0" in error.instead


cube_root = ctypes.CDLL(ctypes.util.find_library("m")).cbrt
cube_root.restype, cube_root.argtypes = ctypes.c_double, [ctypes.c_double]


def without_a_rule(x):
    y = 2.0 * x
    return cube_root(y)


def without_a_rule_in_a_list(x):
    values = [x, 2.0 * x]
    return cube_root(values)


@pytest.mark.parametrize("function", [without_a_rule, without_a_rule_in_a_list])
def test_operation_without_a_rule(function):
    error = refusal(errors.MissingRule, lambda: ad.grad(function)(0.5), "cube_root(")
    assert "custom_vjp" in error.instead


def test_operation_without_a_rule_compiled():
    refusal(errors.AdjointError, lambda: ad.grad(ad.jit(without_a_rule))(0.5), "cube_root(")


@ad.jit
def generator(x):
    yield x


@ad.jit
def handler(x):
    try:
        return 1.0 / x
    finally:
        print("divided")


@ad.jit
def global_writer(x):
    global counter
    counter = x
    return x


@ad.jit
def importer(x):
    import math as mathematics  # noqa: PLC0415

    return mathematics.sin(x)


@pytest.mark.parametrize(
    ("function", "line"),
    [(generator, "yield x"), (handler, "try:"), (global_writer, "global counter")],
)
def test_syntax_that_cannot_be_compiled(function, line):
    error = refusal(errors.UnsupportedSyntax, lambda: function(1.0), line)
    assert isinstance(error, SyntaxError)
    assert error.lineno == error.place.lineno


@both_tiers
def test_source_that_cannot_be_found(tier):
    namespace = {}
    exec("def nowhere(x):\n    return x * x if x else 1.0\n", namespace)
    with pytest.raises(errors.SourceNotFound, match="nowhere") as caught:
        ad.grad(tier(namespace["nowhere"]))(2.0)
    assert "custom_vjp" in caught.value.instead


def test_source_of_a_callee_that_cannot_be_found():
    namespace = {}
    exec("def nowhere(x):\n    return x * x if x else 1.0\n", namespace)
    nowhere = namespace["nowhere"]
    with pytest.raises(errors.SourceNotFound, match="nowhere"):
        ad.grad(lambda x: nowhere(x) + 1.0)(2.0)


def test_a_type_the_compiled_tier_does_not_take():
    with pytest.raises(errors.AdjointError, match="object"):
        ad.jit(lambda x: x)(object())


def stored_as_integer(x):
    counts = np.zeros(2, dtype=int)
    counts[0] = x
    return counts[0] * 1.0


def test_a_derivative_is_never_lost_in_silence():
    with pytest.raises((errors.AdjointError, UserWarning)):
        ad.grad(stored_as_integer)(2.5)
