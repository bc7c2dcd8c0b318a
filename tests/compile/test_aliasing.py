"""Arrays of several names that are stored into: what is read by the others is right, or refused."""

import linecache

import aliasing_programs
import numpy as np
import pytest

import adjoint as ad
from adjoint.compile.ir.running import run
from adjoint.compile.jitted import Jitted, gradient
from adjoint.errors import UnsupportedSyntax

PROGRAMS = 240


def program_of(seed, tmp_path):
    path = tmp_path / f"program_{seed}.py"
    path.write_text(aliasing_programs.Writer(seed).program())
    namespace = {"__name__": path.stem}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    linecache.checkcache(str(path))
    return namespace["program"]


def is_right(program, args):
    """Whether the derivative is the traced one; None where the program is refused."""
    value, slopes = ad.value_and_grad(program, argnums=(0, 1))(*args)
    try:
        derived = gradient(Jitted(program).call(args, {}).program, range(2))
    except UnsupportedSyntax:
        return None
    found = run(derived, *(a.copy() if isinstance(a, np.ndarray) else a for a in args))
    return all(
        np.allclose(a, b, rtol=1e-9, atol=1e-9)
        for a, b in zip(found, (value, *slopes), strict=True)
    )


@pytest.mark.parametrize("part", range(8))
def test_random_programs_are_right_or_refused(part, tmp_path):
    right, seeds = 0, range(part, PROGRAMS, 8)
    for seed in seeds:
        program = program_of(seed, tmp_path)
        u, v = np.random.default_rng(seed).uniform(0.1, 1, (2, 4))
        for n, k in ((0, 2), (1, 0), (2, 2)):
            found = is_right(program, (u, v, n, k))
            assert found is not False, f"seed {seed}, n = {n}, k = {k}"
            right += found is True
    assert right > 1.5 * len(seeds)  # of three each: most of them are not refused


# What random programs found.


def entered_by_another_name(u, n):
    a = u * 1.0
    b = a
    for _ in range(n):
        b = b * 2.0
    a[0] = 5.0
    return np.sum(b * b) + np.sum(a)


def changed_in_the_loop_by_another_name(u, n):
    a = u * 1.0
    b, s = a, 0.0
    for _ in range(n):
        s += np.sum(b * b)
        a[0] = s
        b = b * 2.0
    return np.sum(b * b) + np.sum(a) + s


def changed_after_an_endless_loop(u, n):
    a, i = u * 1.0, 0
    b = a
    while i < n:
        b = b * 2.0
        i += 1
    a *= 2.0
    return np.sum(b * b) + np.sum(a)


def changed_where_it_is_read_no_more(u, n):
    a, t = u * 1.0, 0.0
    b = a
    for _ in range(n):
        t += np.sum(b * b * b)
        b = b * 2.0
    t += np.sum(b * b)
    a[0] = t
    return t + np.sum(a * a)


def begun_again_in_each_turn(u, n):
    a, t = u * 1.0, 0.0
    for _ in range(n + 1):
        b = a
        for _ in range(n):
            b = b * b
        t += np.sum(b * b * b)
        a[1:] = t * a[:-1] * 0.1
    return t + np.sum(a * a)


def changed_before(u, n):
    a = u * 1.0
    a[1] = a[0] * a[2]
    b = a
    for _ in range(n):
        b = b * b
    return np.sum(b * b * b) + np.sum(a * a)


def chosen_in_the_loop(u, n):
    a, t = u * 1.0, 0.0
    b = a
    for _ in range(n):
        t += np.sum(b * b * b)
        if t < 2:
            b = b * b
        a[0] = t
    return t + np.sum(a * a)


def taking_turns(u, n):
    a, t = u * 1.0, 0.0
    b, c = a, u * 2
    for _ in range(n):
        t += np.sum(c * c)
        a[0] = 5.0
        b, c = c * 1.5, b
    return t + np.sum(a * a)


def the_one_before(u, n):
    x, t = u * 1.0, 0.0
    before = x
    for _ in range(n):
        before = x.copy()
        x -= 0.1 * np.sin(x) * x[0]
        t += np.sum(before * x)
    return t + np.sum(before * x)


def a_view_of_what_the_branch_changes(u, n):
    a = u * 1.0
    c = a
    if n > 1:
        c = a.copy()
    else:
        c = a[::-1]
        a *= 0.5
    a[1:] += c[:-1] * 0.5
    return np.sum(a * c * c)


def through_a_view_of_what_is_named_anew(u, n):
    m = np.outer(u, u)
    row, t = m[:, 2], 0.0
    for i in range(n):
        row[i] = np.tanh(np.sum(row))
        t += np.sum(m * m)
        m = m * 0.7
    return t + np.sum(m)


def by_the_name_of_what_was_transposed(u, n):
    m = np.outer(u, u)
    other, t = m, 0.0
    for i in range(n):
        other[i] = u[0]
        t += np.sum(m[:, 1] * u)
        m = m.T
    return t + np.sum(m[0] * u)


def stored_by_both_names(u, n):
    a = c = u * 1.0
    b, left = c, n
    while left > 0:
        a[1:] += c[:-1] * 0.5
        b[1] = u[0]
        a = c * 0.5 + c * c
        left -= 1
    return np.sum(a * b) + np.sum(c * c)


RIGHT = [changed_before, changed_where_it_is_read_no_more]
RIGHT_OR_REFUSED = [
    a_view_of_what_the_branch_changes,
    begun_again_in_each_turn,
    by_the_name_of_what_was_transposed,
    changed_after_an_endless_loop,
    changed_in_the_loop_by_another_name,
    chosen_in_the_loop,
    stored_by_both_names,
    entered_by_another_name,
    taking_turns,
    the_one_before,
    through_a_view_of_what_is_named_anew,
]


@pytest.mark.parametrize("n", range(4))
@pytest.mark.parametrize("program", RIGHT + RIGHT_OR_REFUSED)
def test_what_random_programs_found(program, n):
    u = np.linspace(0.1, 1, 5)
    value, slope = ad.value_and_grad(program)(u, n)
    try:
        derived = gradient(Jitted(program).call((u, n), {}).program, range(1))
    except UnsupportedSyntax:
        assert program not in RIGHT
        return
    found = run(derived, u.copy(), n)
    assert found[0] == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(found[1], slope, rtol=1e-11, atol=1e-12)


def test_a_refusal_names_both_arrays_and_the_loop():
    with pytest.raises(UnsupportedSyntax, match="`b` may still be the array `a`") as caught:
        ad.jit(entered_by_another_name)(np.ones(5), 2)
    assert caught.value.place.text.strip() == "for _ in range(n):"
    assert "b = a.copy()" in str(caught.value)
