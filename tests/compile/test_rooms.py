"""What loops put on tapes is counted before them, also where turns put there different numbers."""

import math

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile.executable import Executable
from adjoint.compile.jitted import Jitted


def triangle(x, n, step):
    """The bounds of the inner loop are those of the outer turn."""
    u = x.copy()
    for i in range(n):
        for j in range(i % len(u)):
            u[j + 1] = u[j + 1] * u[j] * 0.3 + 0.5 * math.sin(u[j])
    return np.sum(u)


def strided(x, n, step):
    u = x.copy()
    for i in range(n - 1, -1, -step):
        for j in range(i % 3, len(u) - 1, step):
            u[j + 1] = u[j + 1] * u[j] + 0.1
    return np.sum(u)


def butterflies(x, n, step):
    u = x.copy()
    for q in range(3):
        width = 1 << q
        for i in range(0, 8, 2 * width):
            for j in range(i, i + width):
                a, b = u[j], u[j + width]
                u[j] = a * b + a
                u[j + width] = a * a - 0.5 * b
    return np.sum(u)


def in_three(x, n, step):
    u = x.copy()
    for i in range(n):
        for j in range(i):
            for k in range(j % 4, i % 7):
                u[k] = u[k] * u[k + 1] * 0.8 + 0.2
    return np.sum(u)


def in_branches(x, n, step):
    u = x.copy()
    for i in range(n):
        if i % 3 == 1:
            for j in range(i % len(u)):
                u[j] = u[j] * u[0] * 0.9
        elif i > step:
            u[0] = u[0] * u[1]
        else:
            for j in range(len(u) - 1):
                u[j] = u[j + 1] * u[j]
    return np.sum(u)


def triangles_in_branches(x, n, step):
    u = x.copy()
    for i in range(n):
        if i % 2 == 0:
            u[0] = u[0] * u[1]
        else:
            for j in range(4):
                for k in range(j):
                    u[k] = u[k] * u[j] * 0.9 + 0.1
    return np.sum(u)


def by_data(x, n, step):
    u = x.copy()
    for i in range(n):
        if u[0] > u[1]:
            for j in range(i % len(u)):
                u[j] = u[j] * 0.9 * u[1]
        u[0] = u[0] * u[i % 4] + 0.3
    return np.sum(u)


def while_of_triangles(x, n, step):
    u, k = x.copy(), 0
    while k < n:
        for i in range(4):
            for j in range(i):
                u[j] = u[j] * u[i] + 0.1
        k += step
    return np.sum(u)


X = 0.4 + 0.05 * np.arange(8.0)
PROGRAMS = (
    *(triangle, strided, butterflies, in_three, in_branches, triangles_in_branches, by_data),
    while_of_triangles,
)


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradients(f):
    compiled = ad.grad(ad.jit(f))
    for n, step in ((0, 1), (1, 2), (9, 2), (40, 3)):
        np.testing.assert_allclose(
            compiled(X, n, step), ad.grad(f)(X, n, step), rtol=1e-11, atol=1e-13
        )


def gradient_of(f, *args) -> Executable:
    jitted = Jitted(f)
    ad.grad(jitted)(*args)
    (programs,) = jitted.programs.values()
    (executable,) = programs[0].executables.values()
    return executable


@pytest.mark.parametrize("f", [triangle, strided, butterflies, in_three, in_branches])
def test_nests_are_machine_code_as_a_whole(f):
    """What is left of loops counts, and touches no array."""
    lines = gradient_of(f, X, 9, 2).direct.text.splitlines()
    heads = [i for i, line in enumerate(lines) if line.strip().startswith("for ")]
    assert not any("stretch" in lines[i + 1] or "tape" in lines[i + 1] for i in heads)


@pytest.mark.parametrize(("f", "least"), [(triangle, 600 * 3), (triangles_in_branches, 300 * 6)])
def test_there_is_room_for_all(f, least):
    """What is put on a tape is not tested again."""
    (memory,) = gradient_of(f, X, 600, 1).memories
    assert max(map(len, memory)) >= least


def test_a_branch_that_is_not_run_needs_no_room():
    """A million million numbers would have no place."""

    def f(x, n):
        total = 0.0
        for i in range(3):
            y = x
            if n < 1000:
                for _ in range(n * n):
                    y = math.sin(y) * y
            total += y * i
        return total

    compiled = ad.grad(ad.jit(f))
    assert compiled(0.5, 1_000_000) == ad.grad(f)(0.5, 1_000_000)
    assert compiled(0.5, 3) == pytest.approx(ad.grad(f)(0.5, 3), rel=1e-12)


def test_a_step_of_zero_raises_where_it_is_reached():
    def f(x, step):
        u = x.copy()
        for _ in range(2):
            u[0] = u[0] * u[1]
            if step > 0 or u[0] > 5.0:
                for j in range(0, len(u) - 1, step):
                    u[j + 1] = u[j + 1] * u[j]
        return np.sum(u)

    compiled = ad.grad(ad.jit(f))
    np.testing.assert_allclose(compiled(X, 0), ad.grad(f)(X, 0), rtol=1e-12)
    np.testing.assert_allclose(compiled(X, 2), ad.grad(f)(X, 2), rtol=1e-12)
    with pytest.raises(ValueError, match="zero"):
        compiled(X * 20.0, 0)
