"""Derivatives that users give: the page about them, and what `check_grads` says of wrong ones."""

import doctest
from pathlib import Path

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import AdjointError, CheckFailed, StructureMismatch
from adjoint.rules import ruleset
from adjoint.testing import check_grads

PAGE = Path(__file__).parent.parent / "docs" / "own_derivatives.md"
X, FACTOR = np.array([0.3, -0.7, 1.2]), 2.5


@pytest.fixture
def rules_end_with_the_page():
    """Takes out the rules of functions that the page makes; those of libraries it loads stay."""
    yield
    for function in [made for made, rule in ruleset.RULES.items() if not is_of_adjoint(rule)]:
        del ruleset.RULES[function]


def is_of_adjoint(rule):
    formulas = [*rule.partials, rule.vjp, rule.jvp]
    return all(f is None or f.__module__.startswith("adjoint.") for f in formulas)


@pytest.mark.usefixtures("rules_end_with_the_page")
def test_page():
    flags = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL | doctest.NORMALIZE_WHITESPACE
    failed, attempted = doctest.testfile(str(PAGE), module_relative=False, optionflags=flags)
    assert attempted > 20
    assert failed == 0


def scaled_by(backward):
    """``factor * x**2`` with a pullback of its own."""
    function = ad.custom_vjp(lambda x, factor: factor * x**2)
    function.defvjp(lambda x, factor: (factor * x**2, (x, factor)), backward)
    return function


def right(kept, ct):
    x, factor = kept
    return 2.0 * factor * x * ct, np.sum(ct * x**2)


def in_place(kept, ct):
    of_factor = right(kept, ct)[1]
    ct *= 2.0 * kept[1] * kept[0]
    return ct, of_factor


def not_linear(kept, ct):
    x, factor = kept
    return 2.0 * factor * x * np.abs(ct), np.sum(ct * x**2)


WRONG = {
    "forgotten, as None": (lambda kept, ct: (right(kept, ct)[0], None), "argument 1"),
    "forgotten, as zero": (lambda kept, ct: (right(kept, ct)[0], 0.0), "missing contribution"),
    "not linear": (not_linear, "not linear"),
    "swapped sign": (lambda kept, ct: (-right(kept, ct)[0], right(kept, ct)[1]), "sign"),
}


def test_a_right_one_passes():
    check_grads(scaled_by(right), (X, FACTOR), order=2)


def test_a_pullback_may_change_the_cotangent_it_is_given():
    """It is its own: neither the caller's seed nor another part of the program sees it."""
    function, seed = scaled_by(in_place), np.ones(3)
    check_grads(function, (X, FACTOR))
    check_grads(lambda x: function(x, FACTOR) + x, (X,))
    ad.vjp(function, X, FACTOR)[1](seed)
    np.testing.assert_array_equal(seed, np.ones(3))


@pytest.mark.parametrize("mistake", WRONG)
def test_a_wrong_pullback_is_told(mistake):
    backward, said = WRONG[mistake]
    with pytest.raises(AdjointError, match=said) as caught:
        check_grads(scaled_by(backward), (X, FACTOR), modes=("reverse",))
    assert isinstance(caught.value, CheckFailed)


def test_a_cotangent_left_out_is_told():
    with pytest.raises(StructureMismatch, match="cotangent"):
        check_grads(scaled_by(lambda kept, ct: right(kept, ct)[:1]), (X, FACTOR))


def test_a_tangent_that_is_not_linear_is_told():
    function = ad.custom_jvp(lambda x: x**2)
    function.defjvp(lambda primals, tangents: (primals[0] ** 2, 2 * primals[0] * tangents[0] ** 2))
    with pytest.raises(CheckFailed):
        check_grads(function, (X,))


@pytest.mark.parametrize(
    "wrong", [lambda ct: np.sum(ct), lambda ct: ct[:1], lambda ct: np.ones((2, 2)) * ct[0]]
)
def test_a_cotangent_of_another_shape_is_named(wrong):
    @ad.custom_vjp
    def product(x, y):
        return x * y

    product.defvjp(lambda x, y: (x * y, (x, y)), lambda r, ct: (wrong(ct * r[1]), ct * r[0]))
    with pytest.raises(ad.errors.StructureMismatch, match=r"argument 0, whose shape is \(3,\)"):
        ad.grad(lambda x: np.sum(product(x, 2.0 * x)))(np.array([1.0, 2.0, 3.0]))


def test_a_cotangent_of_more_axes_is_summed_and_zero_is_zero():
    @ad.custom_vjp
    def product(x, y):
        return x * y

    product.defvjp(lambda x, y: (x * y, (x, y)), lambda r, ct: (ct * r[1], 0.0))
    x, y = np.array([2.0]), np.array([1.0, 2.0, 3.0])
    by_x, by_y = ad.grad(lambda x, y: np.sum(product(x, y)), (0, 1))(x, y)
    np.testing.assert_allclose(by_x, [6.0])
    np.testing.assert_allclose(by_y, [0.0, 0.0, 0.0])
