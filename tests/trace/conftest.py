"""One check for every program: reverse against forward, forward against finite differences."""

import copy

import numpy as np
import pytest

from adjoint import spaces, trace


@pytest.fixture
def check():
    return check_program


def check_program(function, *args, step=1e-6, rtol=1e-6):
    """Both modes of `function` at `args`, with random tangents and cotangents.

    Also: the output and the arguments afterwards are those of a plain call, the pullback can be
    called twice, and it never changes its seed.
    """
    rng = np.random.default_rng(7)
    args = copied(args)
    plain_args, traced_args = copied(args), copied(args)
    expected = function(*plain_args)
    leaves = [leaf for leaf in spaces.flatten(traced_args)[0] if spaces.is_differentiable(leaf)]
    recording = trace.record(function, traced_args, {}, leaves)
    assert_same(recording.out, expected)
    assert_same(traced_args, plain_args)
    tangents = [spaces.random_like(leaf, rng) for leaf in leaves]
    seeds = [spaces.random_like(leaf, rng) for leaf in recording.out_leaves]
    seeds_before = copy.deepcopy(seeds)
    gradients = recording.pullback(seeds)
    assert_same(recording.pullback(seeds), gradients)
    assert_same(seeds, seeds_before)
    pushed = recording.pushforward(tangents)
    assert_same(traced_args, plain_args)
    reverse = inner(gradients, tangents)
    forward = inner(seeds, pushed)
    assert reverse == pytest.approx(forward, rel=1e-12, abs=1e-12)
    numeric = inner(seeds, difference(function, args, tangents, step))
    assert forward == pytest.approx(numeric, rel=rtol, abs=rtol)
    return recording.out, gradients


def inner(left, right):
    pairs = zip(left, right, strict=True)
    return float(sum(np.real(np.vdot(a, b)) for a, b in pairs if a is not None and b is not None))


def difference(function, args, tangents, step):
    outputs = []
    for sign in (1.0, -1.0):
        leaves, structure = spaces.flatten(copied(args))
        rest = iter(tangents)
        moved = [
            leaf + sign * step * next(rest) if spaces.is_differentiable(leaf) else leaf
            for leaf in leaves
        ]
        outputs.append(spaces.flatten(function(*structure.rebuild(moved)))[0])
    return [
        (plus - minus) / (2.0 * step) if spaces.is_differentiable(plus) else None
        for plus, minus in zip(*outputs, strict=True)
    ]


def copied(tree):
    """Fresh leaves: no two are the same object."""
    leaves, structure = spaces.flatten(tree)
    return structure.rebuild(
        [
            np.array(leaf)
            if isinstance(leaf, np.ndarray)
            else spaces.fresh(leaf)
            if spaces.is_differentiable(leaf)
            else leaf
            for leaf in leaves
        ]
    )


def assert_same(found, expected):
    found, expected = spaces.flatten(found)[0], spaces.flatten(expected)[0]
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert type(one) is type(other)
        if isinstance(one, np.ndarray):
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype
        else:
            assert one == other
