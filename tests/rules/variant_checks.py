"""How a variant of a row is checked: the outcome is a word, and what is wrong."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from variants import Row, Variant, single

from adjoint import spaces, transforms
from adjoint.errors import AdjointError, CheckFailed
from adjoint.testing import check_grads
from adjoint.testing.verdict import InconclusiveCheck

RIGHT, REFUSED, UNDECIDED, SKIPPED = "right", "refused", "undecided", "skipped"


def outcome(check: Callable, *given: Any) -> str:
    """One of the words above, or what is wrong."""
    try:
        return check(*given)
    except (CheckFailed, AssertionError) as error:
        return f"wrong: {error}"
    except InconclusiveCheck:
        return UNDECIDED
    except AdjointError:
        return REFUSED
    except Exception as error:
        return f"crash: {type(error).__name__}: {error}"


def plain_result(variant: Variant) -> Any:
    """What the plain call gives, or None if it does not take these arguments."""
    try:
        return variant.call(*copy.deepcopy(variant.args))
    except Exception:  # whatever the library raises
        return None


def floats(tree: Any) -> list:
    leaves = spaces.flatten(tree)[0]
    return [np.asarray(leaf) for leaf in leaves if spaces.is_differentiable(leaf)]


def inner(left: Any, right: Any) -> float:
    pairs = zip(spaces.flatten(left)[0], spaces.flatten(right)[0], strict=True)
    kept = [(np.asarray(a), np.asarray(b)) for a, b in pairs if spaces.is_differentiable(a)]
    return sum(float(np.real(np.vdot(a, b))) for a, b in kept)


def differentiated(variant: Variant) -> str:
    """Forward mode against finite differences, reverse mode against forward."""
    values = floats(plain_result(variant))
    if not values or not all(np.all(np.isfinite(value)) for value in values):
        return SKIPPED
    check_grads(variant.call, copy.deepcopy(variant.args), rtol=1e-6)
    return RIGHT


def of_any_size(variant: Variant) -> str:
    """Shapes, types and the two modes against each other, where finite differences see nothing."""
    if not floats(plain_result(variant)):
        return SKIPPED
    rng = np.random.default_rng(0)
    out, pullback = transforms.vjp(variant.call, *copy.deepcopy(variant.args))
    cotangent = spaces.random(out, rng)
    gradients = pullback(cotangent)
    for gradient, arg in zip(gradients, variant.args, strict=True):
        assert (gradient.shape, gradient.dtype) == (arg.shape, arg.dtype)
    tangents = tuple(spaces.random(arg, rng) for arg in variant.args)
    pushed = transforms.jvp(variant.call, copy.deepcopy(variant.args), tangents)[1]
    for value, tangent in zip(spaces.flatten(out)[0], spaces.flatten(pushed)[0], strict=True):
        assert not spaces.is_differentiable(value) or np.shape(value) == np.shape(tangent)
    one, other = inner(cotangent, pushed), inner(gradients, tangents)
    assert not np.isfinite(one) or np.isclose(one, other, rtol=1e-9, atol=1e-12), (one, other)
    return RIGHT


def of_half_precision(row: Row) -> str:
    """Single precision stays, in values, tangents and cotangents, and is right to its digits."""
    variant = single(row)
    values = floats(plain_result(variant))
    if not values or not all(np.all(np.isfinite(value)) for value in values):
        return SKIPPED
    rng = np.random.default_rng(0)
    out, pullback = transforms.vjp(variant.call, *copy.deepcopy(variant.args))
    cotangent, tangents = spaces.random(out, rng), spaces.random(variant.args, rng)
    gradients = pullback(cotangent)
    pushed = transforms.jvp(variant.call, copy.deepcopy(variant.args), tangents)[1]
    wide = [[a.astype(b.dtype) for a, b in zip(part, row.arrays, strict=True)]
            for part in (variant.args, tangents)]  # fmt: skip
    wanted = transforms.jvp(row.program(), *map(tuple, wide))[1]
    assert [value.dtype for value in floats(out)] == [value.dtype for value in values]
    assert [gradient.dtype for gradient in gradients] == [arg.dtype for arg in variant.args]
    for value, got, known in zip(*map(leaves_of, (out, pushed, wanted)), strict=True):
        if spaces.is_differentiable(value):
            assert np.asarray(got).dtype == np.asarray(value).dtype or type(value) is float
            size = np.max(np.abs(known), initial=1e-3)
            np.testing.assert_allclose(got, known, rtol=1e-2, atol=1e-3 * size)
    one, other = inner(cotangent, pushed), inner(gradients, tangents)
    assert not np.isfinite(one) or np.isclose(one, other, rtol=1e-3, atol=1e-2), (one, other)
    return RIGHT


def leaves_of(tree: Any) -> list:
    return spaces.flatten(tree)[0]


def of_second_order(row: Row) -> str:
    """The four ways to the second derivative of a scalar agree."""
    call, args, rng = row.program(), row.arrays, np.random.default_rng(0)
    out = plain_result(Variant("", call, args))
    if not floats(out):
        return SKIPPED
    cotangent = spaces.random(out, rng)
    first, second = (tuple(spaces.random(arg, rng) for arg in args) for _ in range(2))

    def pulled(*values):
        return transforms.vjp(call, *values)[1](cotangent)

    def pushed(*values):
        return transforms.jvp(call, values, first)[1]

    over = transforms.jvp(pulled, args, second)[1]
    found = inner(first, over)
    if not np.isfinite(found):
        return UNDECIDED
    others = (
        inner(second, transforms.vjp(pulled, *args)[1](first)),
        inner(cotangent, transforms.jvp(pushed, args, second)[1]),
        inner(second, transforms.vjp(pushed, *args)[1](cotangent)),
    )
    size = sum(float(np.sum(np.abs(a * b))) for a, b in zip(first, over, strict=True))
    np.testing.assert_allclose(others, found, rtol=0, atol=1e-8 * size + 1e-12)
    return RIGHT
