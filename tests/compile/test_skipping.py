"""Reverse loops that are left out: which are, and that nothing is lost, in any order."""

import math

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile.ir.nodes import For, If, walk
from adjoint.compile.jitted import Jitted, gradient
from adjoint.testing import check_grads

POINTS = np.random.default_rng(8).uniform(-1.0, 1.0, (5, 3))
CENTRES = np.random.default_rng(9).uniform(-1.0, 1.0, (4, 3))


def nearest(points, centres):
    total = 0.0
    for i in range(len(points)):
        best = 1e300
        for k in range(len(centres)):
            distance = 0.0
            for c in range(points.shape[1]):
                distance += (points[i, c] - centres[k, c]) ** 2
            if distance < best:
                best = distance
        total += best * best
    return total


def farthest_in_turns(points, centres):
    """The number that is passed over is kept on the other side of the test."""
    best = 0.0
    for k in range(len(centres)):
        distance, weight = 0.0, 1.0
        for c in range(points.shape[1]):
            distance += math.sin(points[0, c] - centres[k, c]) ** 2
            weight += 0.1 * points[1, c] * centres[k, c]
        if distance <= best:
            distance = best
            weight = 2.0
        best = distance * weight
    return best


def rectified(points, centres):
    total = 0.0
    for i in range(len(points)):
        for k in range(len(centres)):
            score = 0.0
            for c in range(points.shape[1]):
                score += points[i, c] * centres[k, c]
            total += max(score, 0.0) if k > 1 else (score if score > 0.0 else 0.0)
    return total * total


def into_an_array(points, centres):
    """The loop that is passed over also fills an array, to which a cotangent comes in any case."""
    work = np.zeros(points.shape[1])
    total = 0.0
    for k in range(len(centres)):
        score = 0.0
        for c in range(points.shape[1]):
            score += points[0, c] * centres[k, c]
            work[c] = score * points[1, c]
        total += score if score > 0.2 else 0.0
        total += work[0] * work[2]
    return total


PROGRAMS = [nearest, farthest_in_turns, rectified, into_an_array]


@pytest.mark.parametrize("function", PROGRAMS)
def test_both_modes_and_second_order(function):
    check_grads(ad.jit(function), (POINTS, CENTRES), order=2)


def skipped(function, *args):
    adjoint = gradient(Jitted(function).call(args, {}).program, [0])
    branches = [s for s in walk(adjoint.body) if isinstance(s, If)]
    return sum(isinstance(s, For) for branch in branches for s in branch.then.statements)


def test_what_a_choice_passes_over_is_not_reversed():
    assert skipped(nearest, POINTS, CENTRES) == 1
    assert skipped(into_an_array, POINTS, CENTRES) == 0


def smallest_squared(x):
    best = 1e300
    for k in range(2):
        value = 0.0
        for i in range(len(x)):
            value += (k + 1) * x[i]
        if value < best:
            best = value
    return best * best


def test_a_cotangent_that_happens_to_be_zero_still_counts():
    """At zero the cotangent of the minimum is zero, its derivative is not."""
    x = np.array([1.0, -1.0])
    np.testing.assert_array_equal(ad.hessian(ad.jit(smallest_squared))(x), np.full((2, 2), 2.0))
