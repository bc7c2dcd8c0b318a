"""Operations on whole arrays as loops over items: nothing changes but the order of sums."""

import linecache
import math

import array_programs
import numpy as np
import pytest

import adjoint as ad
from adjoint.compile.codegen.gathering import OtherShapes, in_loops
from adjoint.compile.ir.nodes import Apply, Block, For, Store, walk
from adjoint.compile.ir.running import run
from adjoint.compile.ir.verifying import verify
from adjoint.compile.jitted import Jitted, gradient
from adjoint.errors import UnsupportedSyntax

PROGRAMS = 60


def arguments(seed):
    rng = np.random.default_rng(seed)
    vectors = rng.uniform(-1, 1, (2, 5))
    matrices = rng.uniform(-1, 1, (2, 4, 5))
    return *(v.copy() for v in vectors), *(m.copy() for m in matrices), float(rng.uniform(0.2, 1))


def copies(args):
    return [a.copy() if isinstance(a, np.ndarray) else a for a in args]


def program_of(seed, tmp_path):
    source = "import numpy as np\n\n" + array_programs.Writer(seed).program()
    path = tmp_path / f"program_{seed}.py"
    path.write_text(source)
    namespace = {"__name__": f"program_{seed}"}
    exec(compile(source, str(path), "exec"), namespace)
    linecache.checkcache(str(path))
    return namespace["program"]


def agree(one, other):
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11)


def derivative_of(program, args):
    """The derivative of a program; skips one that is refused for the names its arrays have."""
    try:
        return gradient(Jitted(program).call(copies(args), {}).program, range(5))
    except UnsupportedSyntax as refused:
        assert "in place" in str(refused)
        pytest.skip(str(refused))


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_random_programs_mean_the_same(seed, tmp_path):
    program, args = program_of(seed, tmp_path), arguments(seed)
    derived = derivative_of(program, args)
    value, slopes = ad.value_and_grad(program, argnums=(0, 1, 2, 3, 4))(*copies(args))
    expected = run(derived, *copies(args))
    agree(expected, (value, *slopes))
    for known in (args, None):
        made = in_loops(derived, known).function
        verify(made)
        agree(run(made, *copies(args)), expected)
    assert any(isinstance(s, For) for s in walk(made.body))


@pytest.mark.parametrize("seed", range(0, PROGRAMS, 12))
def test_random_programs_are_compiled(seed, tmp_path):
    program, args = program_of(seed, tmp_path), arguments(seed)
    derivative_of(program, args)
    value, found = ad.value_and_grad(ad.jit(program), argnums=(0, 1, 2, 3, 4))(*copies(args))
    expected_value, expected = ad.value_and_grad(program, argnums=(0, 1, 2, 3, 4))(*copies(args))
    assert value == pytest.approx(expected_value, rel=1e-12)
    agree(found, expected)


# Shapes: those of the first call are taken for granted, and others are right too.


def scaled(x, y, k):
    z = np.exp(-x * y) + k * x
    return np.sum(z * z * y)


SHAPES = [
    ((4,), (4,)),
    ((1,), (4,)),
    ((4,), (1,)),
    ((3, 4), (3, 4)),
    ((3, 4), (3, 1)),
    ((0,), (0,)),
]


def compared(f, args):
    compiled = ad.value_and_grad(f, argnums=(0, 1))
    traced = ad.value_and_grad(f.function, argnums=(0, 1))
    value, found = compiled(*args)
    expected_value, expected = traced(*args)
    assert value == pytest.approx(expected_value, rel=1e-12)
    assert all(a.shape == b.shape for a, b in zip(found, expected, strict=True))
    agree(found, expected)


@pytest.mark.parametrize("first", SHAPES[:3])
def test_other_shapes_in_later_calls(first, rng):
    f = Jitted(scaled)
    for one, other in (first, *SHAPES, first):
        compared(f, (rng.uniform(-1, 1, one), rng.uniform(-1, 1, other), 0.7))


def test_equal_shapes_are_tested_for_at_the_start():
    args = np.ones(4), np.ones(4), 0.7
    program = Jitted(scaled).call(args, {}).program
    made = in_loops(program.function, args).function
    assert not any(isinstance(s, Apply) and s.out.type.is_array for s in walk(made.body))
    with pytest.raises(OtherShapes):
        run(made, np.ones(4), np.ones(1), 0.7)
    general = in_loops(program.function, None).function
    (found,) = run(general, np.ones(4), np.ones(1), 0.7)
    assert found == pytest.approx(scaled(np.ones(4), np.ones(1), 0.7))


def test_shapes_that_do_not_fit_raise_what_numpy_raises():
    f = ad.jit(scaled)
    f(np.ones(4), np.ones(4), 0.7)
    with pytest.raises(ValueError):
        f(np.ones(4), np.ones(3), 0.7)


def weighted(x, w):
    mask = x > 0.0
    counts = np.arange(x.size)
    chosen = np.where(mask & (w < 0.5), x * counts, -x)
    return np.sum(chosen * mask) + np.sum(np.where(~mask, w, 2.0) * x)


def test_bools_and_whole_numbers(rng):
    compared(Jitted(weighted), (rng.uniform(-1, 1, 9), rng.uniform(0, 1, 9)))


@pytest.mark.parametrize("order", [np.asfortranarray, lambda m: m[::-1, ::2], lambda m: m.T])
def test_layouts(order, rng):
    def f(x, y):
        z = np.tanh(x) * y + x[:1] - y[:, 1:2]
        return np.sum(z * z)

    given = [order(rng.uniform(-1, 1, (6, 6))) for _ in range(2)]
    compared(Jitted(f), given)


def test_what_is_stored_is_not_read_early():
    """Neighbours that a store has changed are not those that the expression read."""

    def f(x, k):
        u = x.copy()
        u[1:-1] = u[1:-1] + k * (u[2:] - u[:-2])
        v = u[1:]
        u[1:] += 0.5 * u[:-1]
        return np.sum(v * v) + u[0]

    x = np.linspace(-1, 1, 7)
    value, (dx, dk) = ad.value_and_grad(ad.jit(f), argnums=(0, 1))(x, np.float64(0.3))
    expected, (ex, ek) = ad.value_and_grad(f, argnums=(0, 1))(x, np.float64(0.3))
    agree((value, dx, dk), (expected, ex, ek))


def test_a_users_array_is_changed_before_an_error():
    @ad.jit
    def f(x, n):
        x[:] = 2.0 * x
        return x[0] / (n - 1)

    x = np.ones(3)
    with pytest.raises(ZeroDivisionError):
        f(x, 1)
    np.testing.assert_array_equal(x, 2.0)


def diffusion(u0, k):
    u = u0.copy()
    for _ in range(5):
        u[1:-1] = u[1:-1] + k * (u[2:] + u[:-2] - 2.0 * u[1:-1])
    return np.sum(u * u)


def test_a_chain_is_one_loop_without_arrays_between():
    args = np.linspace(0, 1, 8), 0.2
    call = Jitted(diffusion).call(args, {})
    made = in_loops(call.program.function, args)
    loops = [s for s in made.function.body.statements if isinstance(s, For)]
    (loop,) = [s for s in loops if any(isinstance(inner, For) for inner in s.body.statements)]
    inner = [s for s in loop.body.statements if isinstance(s, For)]
    assert len(inner) == 2  # what is stored is computed before any of it is
    assert not any(isinstance(s, Store) and s.value.type.is_array for s in walk(made.function.body))
    assert made.there <= set(walk(made.function.body))


def test_sums_are_carried():
    args = np.ones((3, 4)), np.ones((3, 4)), 0.7
    program = Jitted(scaled).call(args, {}).program
    made = in_loops(program.function, args).function
    (outer,) = [s for s in made.body.statements if isinstance(s, For)]
    (inner,) = [s for s in outer.body.statements if isinstance(s, For)]
    assert len(outer.params) == len(inner.params) == 1
    assert isinstance(made.body, Block) and made.body.yields == outer.outs


def test_arrays_whose_lengths_change_in_a_loop():
    def f(x):
        y, total = x * 1.0, 0.0
        while len(y) > 1:
            y = y[1:] * y[:-1] + 0.1 * y[1:]
            total += np.sum(y * y)
        return total

    x = np.linspace(0.3, 1.2, 6)
    agree((ad.grad(ad.jit(f))(x),), (ad.grad(f)(x),))


def test_lengths_that_depend_on_numbers():
    def f(x, n):
        y = np.zeros(n)
        y[:] = x[:n] * math.pi
        z = y * x[:n] + y
        return np.sum(z * z)

    x = np.linspace(0.3, 1.2, 6)
    compiled = ad.grad(ad.jit(f))
    for n in (6, 4, 0):
        agree((compiled(x, n),), (ad.grad(f)(x, n),))
