"""One loop for a stretch of a tape gives what its entries give one by one."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import adjoint as ad
from adjoint.trace import fusing, quick, stretches

RNG = np.random.default_rng(5)
SHAPES = [(1500,), (30, 50), (3, 700), (1, 1300), (1300, 1), (4, 5, 60)]


@pytest.fixture
def fused(monkeypatch):
    """Stretches of any size get a loop, when their form comes again; the kernels that were used."""
    monkeypatch.setattr(stretches, "LEAST", 1)
    monkeypatch.setattr(fusing, "ENOUGH", 1)
    used = []
    sweep = fusing.Kernel.sweep

    def noted(kernel, stretch):
        used.append((kernel, stretch))
        sweep(kernel, stretch)

    monkeypatch.setattr(fusing.Kernel, "sweep", noted)
    return used


def one_by_one(function, *args):
    """Value and pullback where no stretch is fused."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fusing, "KINDS", frozenset())
        out, pullback = ad.vjp(function, *args)
        seed = np.random.default_rng(1).normal(size=np.shape(out))
        return pullback(seed if np.ndim(out) else float(seed))


def check(function, *args, used, exactness=1e-12):
    """Fused against one by one, and against a jvp; on the way the args stay as they are."""
    copies = [np.array(arg) for arg in args]
    used.clear()
    expected = one_by_one(function, *args)
    assert not used
    out, pullback = ad.vjp(function, *args)
    seed = np.random.default_rng(1).normal(size=np.shape(out))
    pullback(seed if np.ndim(out) else float(seed))
    found = pullback(seed if np.ndim(out) else float(seed))
    assert used
    again = pullback(seed if np.ndim(out) else float(seed))
    directions = [RNG.normal(size=np.shape(arg)) for arg in args]
    tangents = [d if np.ndim(d) else float(d) for d in directions]
    tangent = ad.jvp(function, args, tuple(tangents))[1]
    paired = sum(np.vdot(g, d) for g, d in zip(found, directions, strict=True))
    size = sum(np.vdot(np.abs(g), np.abs(d)) for g, d in zip(found, directions, strict=True))
    assert abs(paired - np.vdot(seed, tangent)) <= exactness * size
    for g, e, a, arg, copy in zip(found, expected, again, args, copies, strict=True):
        np.testing.assert_allclose(g, e, rtol=1e-12, atol=1e-12 * np.abs(e).max())
        np.testing.assert_array_equal(g, a)
        np.testing.assert_array_equal(arg, copy)


def drawn(*shapes):
    return [RNG.uniform(0.5, 1.5, shape) if shape else RNG.uniform(0.5, 1.5) for shape in shapes]


def polynomial(x, y):
    return (x * y + 2.0) * (x - y) / (3.0 + y) - x


def roots_and_choices(x, y):
    z = np.where(x > y, np.sqrt(x), np.square(y) - x)
    return np.maximum(z, 0.5 * y) + np.abs(x - 1.0) - np.minimum(x, y) + np.reciprocal(x)


def not_arithmetic(x, y):
    return np.sin(x * y) * np.exp(-x) + (x + y) ** 1.5 + np.log(y) * x**3 + np.arctan2(x, y)


def in_place(x, y):
    z = x * 1.0
    for _ in range(3):
        z *= y
        z += 1.0
        z -= x
        z /= y + 2.0
    return z


def in_place_on_a_copy(x, y):
    z = x.copy()
    z *= y
    z **= y
    z -= 3.0 * x
    z **= 2.0
    return z


def updated_afterwards(x, y):
    """Whose memory an earlier operation reads."""
    z = x * y
    w = z * z
    z += w
    z *= 2.0
    return z * w


def left_over(x, y):
    """Results that nothing is made of, and one that is used much later."""
    z = x * y
    np.add(z, 1.0)
    w = (z - x) * (z + y)
    u = w * 2.0
    return np.concatenate([u, z * x])


def turned(x, y):
    """A result, and the same memory looked at in another way."""
    z = x * y
    w = np.flip(z) * 2.0 + z * x
    return w + np.flip(w) * y


def of_another_precision(x, y):
    z = x.astype(np.float32) * y + y
    return z * z.astype(np.float32)


def elements(x, y):
    """Of a result, one by one."""
    z = x * y
    first, last = z.reshape(-1)[0], z.flat[-1]
    return (z + x) * (first * last) + math.sin(first)


def with_numbers_on_the_way(x, y):
    rate, z = 0.1, x * y
    for _ in range(3):
        z = z * rate + x
        rate = rate * 1.5 + 0.01 * math.sin(rate)
    return z * rate


RECORDS = np.zeros((40,), [("code", np.int32), ("point", np.float64, 3)])
RECORDS["point"] = RNG.normal(size=(40, 3))


def with_numbers(x, y):
    mean = x.mean()
    spread = np.sqrt(((x - mean) ** 2).sum()) + 1.0
    return (x - mean) / spread * y.max() + mean * y


def constants(x, y):
    """One operand is no array of floats, or not live."""
    whole = np.arange(x.size).reshape(x.shape)
    return (x + whole) * (whole > 3) * 2 + np.where(whole % 2 == 0, x, y) - whole * y


def test_of_fields_of_records(fused):
    def program(x):
        return RECORDS["point"] * x * x + x

    check(program, *drawn((40, 3)), used=fused)
    check(program, *drawn((3,)), used=fused)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(
    "function",
    [
        polynomial,
        roots_and_choices,
        not_arithmetic,
        in_place,
        in_place_on_a_copy,
        updated_afterwards,
        left_over,
        turned,
        elements,
        with_numbers,
        with_numbers_on_the_way,
        constants,
    ],
)
def test_of_one_shape(function, shape, fused):
    check(function, *drawn(shape, shape), used=fused)


def test_of_another_precision(fused):
    check(of_another_precision, *drawn((100,), (100,)), used=fused, exactness=1e-6)


def test_a_stretch_is_one_loop(fused):
    check(polynomial, *drawn((100,), (100,)), used=fused)
    (kernel, stretch), *_ = fused
    assert stretch.count == 6 or stretch.count == 7
    assert not kernel.computed
    assert len(kernel.made) == 2


def test_sums_go_into_one_loop(fused):
    def total(x, y):
        return ((x - y) ** 2 * 0.5).sum()

    check(total, *drawn((100,), (100,)), used=fused)
    assert all(stretch.count == 3 for _, stretch in fused)
    kernel, _ = fused[0]
    assert not kernel.loop.uniforms


def of_a_residual(x, y):
    residual = 2.0 * x + 0.3 - y
    return 0.5 * np.dot(residual, residual) / residual.size


def of_two_results(x, y):
    return np.inner(x * y, x - y) + (np.sin(x) @ (y + 1.0)) * 3.0


def of_constants(x, y):
    weights = np.arange(100.0)
    return np.dot(weights, x * x) * np.dot(y - 1.0, weights)


def of_windows(x, y):
    z, w = x * y, x + y
    return np.dot(z[1:] * w[1:], w[:-1]) + np.dot(z[:-1], z[1:]) * z[3]


def in_the_middle(x, y):
    z = x * y + 1.0
    size = np.dot(z, z) / 100.0
    w = z / size + y
    return np.dot(w, w * z) * np.sqrt(size)


def overwritten_afterwards(x, y):
    z = x * y
    found = np.dot(z, z)
    z *= x
    z += 1.0
    return found * np.dot(z, y)


@pytest.mark.parametrize(
    "function",
    [
        of_a_residual,
        of_two_results,
        of_constants,
        of_windows,
        in_the_middle,
        overwritten_afterwards,
    ],
)
def test_begins_with_a_sum_of_products(function, fused):
    check(function, *drawn((100,), (100,)), used=fused)
    assert any(stretch.product for _, stretch in fused)


def test_sum_of_products_without_a_cotangent(fused):
    def partly(x, y):
        z = x * y
        np.dot(z, z)
        return np.dot(z * z, x) + 0.0 * np.dot(z + 1.0, y)

    check(partly, *drawn((100,), (100,)), used=fused)


def root_of_a_part(x):
    return np.sqrt(x[:1])


def root_by_index(x):
    return np.sqrt(np.take(x, [0]))


@pytest.mark.parametrize("root", [root_of_a_part, root_by_index])
def test_what_was_finite_need_not_stay_so(root, fused):
    """The first stretch makes a gradient; what is swept after it adds 0 * inf."""

    def program(x, y):
        found = root(x)
        z = (x * y + 2.0) * x
        return (z * z).sum() + 0.0 * found.sum()

    (x, y) = drawn((100,), (100,))
    x[0] = 0.0
    check(program, x, y, used=fused)
    assert not any(kernel.checked for kernel, _ in fused)


def test_the_last_loop_tells_whether_a_gradient_is_finite(fused, monkeypatch):
    asked = []
    monkeypatch.setattr(quick, "is_surely_finite", lambda x: asked.append(x) or True)
    x, y = drawn((100,), (100,))
    gradient = ad.grad(lambda x, y: ((x * y + 2.0) ** 2).sum())
    for _ in range(3):
        asked.clear()
        gradient(x, y)
    assert fused[-1][0].checked
    assert not asked


@pytest.mark.parametrize("value", [np.inf, np.nan, 1e200])
def test_squares_that_are_not_finite_say_nothing(value, fused):
    x, y = drawn((100,), (100,))
    y[3] = value
    gradient = ad.grad(lambda x, y: (x * y + y).sum())
    for _ in range(3):
        np.testing.assert_array_equal(gradient(x, y), y)
    assert fused[-1][0].checked


def test_what_is_the_same_for_all_stays_a_number(fused):
    def total(x, y):
        return ((x + 2.0) * 3.0 - y).sum()

    check(total, *drawn((20_000,), (20_000,)), used=fused)
    kernel, _ = fused[0]
    assert kernel.loop.uniforms
    assert not kernel.made


SHAPES_OF_PAIRS = [
    ((40, 50), (50,)),
    ((40, 50), (40, 1)),
    ((40, 50), (1, 50)),
    ((40, 50), (1, 1)),
    ((40, 50), (1,)),
    ((40, 50), ()),
    ((40, 1), (50,)),
    ((1, 50), (50,)),
    ((700,), (1,)),
    ((600, 3), (3,)),
    ((3, 4, 50), (50,)),
    ((3, 4, 50), (4, 1)),
]


@pytest.mark.parametrize("shapes", SHAPES_OF_PAIRS, ids=str)
@pytest.mark.parametrize("function", [polynomial, roots_and_choices, not_arithmetic])
def test_of_shapes_that_are_spread(function, shapes, fused):
    def program(x, y):
        z = x * y  # of the common shape
        return function(z, y) + function(x, z) * z

    check(program, *drawn(*shapes), used=fused)


def steps(x):
    for _ in range(4):
        x = 0.5 * (x[1:] + x[:-1]) - 0.1 * x[1:] * x[:-1]
    return x


def stencil(x):
    u = x.copy()
    for _ in range(3):
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return u * u


def grid(x):
    u = x.reshape(20, -1)
    for _ in range(3):
        inner = u[1:-1, 1:-1]
        u = inner + 0.1 * (u[2:, 1:-1] + u[:-2, 1:-1] * inner + u[1:-1, 2:] - 4 * inner)
    return u * u


def parts_and_whole(x):
    y = x * 2.0
    z = y * y + x
    z[1:] += y[1:] * y[:-1] * x[:-1]
    y += 1.0
    return z * y - x


def reversed_and_spaced(x):
    return x[::-1] * x + x * 2.0 - x[::-1] * np.repeat(x[::2], 2)[: x.size]


def columns(x):
    table = x.reshape(40, 40)
    return (table.T * table + 1.0) * table[:, :1].sum() + table.T * table[0, 0] - table


def window(x):
    windows = np.lib.stride_tricks.sliding_window_view(x, 5)
    return (windows * 2.0 - windows**2) * x[:5]


def spread_out(x):
    wide = np.broadcast_to(x[:40, None], (40, 30))
    return wide * wide + wide * x[:30]


def windows_of_sums(x):
    """Whose contents nobody reads."""
    z, w = x + 2.0, 3.0 - x
    return (z[1:] * 2.0 + w[1:] * 5.0) * z[0]


def of_one_address(x):
    table = x.reshape(32, 50)
    return table * x[:50] + table * x[:1] - x[:32, None] * table + x[0] * table[:1]


def table_of_rows(x):
    table = x.reshape(20, -1)
    centred = (table - table.mean(axis=0)) / (table.std(axis=0) + 0.1)
    scores = centred - centred.max(axis=1, keepdims=True)
    return scores * np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    "function",
    [
        steps,
        stencil,
        grid,
        parts_and_whole,
        reversed_and_spaced,
        columns,
        window,
        spread_out,
        windows_of_sums,
        of_one_address,
        table_of_rows,
    ],
)
def test_of_views(function, fused):
    check(function, *drawn((1600,)), used=fused)


def test_a_number_receives_what_is_the_same_for_all(fused):
    def total(x, number):
        return ((x + number) * 3.0).sum() + 0.0 * x[0]

    check(total, *drawn((20_000,), ()), used=fused)
    assert any(kernel.loop.uniforms for kernel, _ in fused)


@pytest.mark.parametrize("size", [1, 2, 511, 512, 513, 1024, 1025])
def test_blocks_end_where_the_array_does(size, fused):
    def program(x, y):
        z = x * y + x
        return z[1:] * z[:-1] + (z * z).sum() if x.size > 1 else z * z

    check(program, *drawn((size,), (size,)), used=fused)


def test_nothing_of_empty_arrays(fused):
    grads = ad.grad(lambda x: (x * x + x).sum())(np.zeros((0, 3)))
    assert grads.shape == (0, 3)
    assert not fused


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 0.0, -0.0, 1e300])
def test_special_numbers_as_one_by_one(value, fused):
    def program(x, y):
        z = np.where(x > 0.0, np.sqrt(np.abs(x)), 0.0)
        return np.maximum(z * y, x) / (1.0 + np.sign(x))

    x, y = drawn((100,), (100,))
    x[::7] = value
    with np.errstate(all="ignore"):
        expected = one_by_one(program, x, y)
        out, pullback = ad.vjp(program, x, y)
    for _ in range(2):
        found = pullback(np.random.default_rng(1).normal(size=out.shape))
    for g, e in zip(found, expected, strict=True):
        np.testing.assert_allclose(g, e, rtol=1e-12)


def test_sums_of_many_numbers_lose_little(fused):
    def program(x, scale):
        return (x * scale).sum()

    x = RNG.normal(size=300_000)
    for _ in range(2):
        found = ad.grad(program, argnums=1)(x, 2.0)
    assert fused
    assert abs(found - np.sum(x.astype(np.longdouble))) < 1e-12 * np.abs(x).sum() / 100


def test_a_form_is_compiled_when_it_came_up_enough(monkeypatch):
    made = []
    monkeypatch.setattr(fusing, "KERNELS", {})
    monkeypatch.setattr(fusing, "Kernel", lambda stretch: made.append(stretch))
    x, y = drawn((20_000,), (20_000,))
    gradient = ad.grad(lambda x, y: (x * y + 2.0 * y * x).sum())
    times = 0
    while not made:
        assert times * 160_000 <= fusing.ENOUGH
        gradient(x, y)
        times += 1
    assert times > 2
    again = ad.grad(lambda x, y: (x * y - y * x).sum())
    large = np.ones(fusing.ENOUGH // 8)
    made.clear()
    again(large, 2.0 * large)
    assert not made  # the first gradient does not wait for a compiler
    again(large, 2.0 * large)
    assert made


def test_what_cannot_be_compiled_is_swept_one_by_one(monkeypatch, fused):
    def refuse(stretch):
        raise RuntimeError("no compiler")

    monkeypatch.setattr(fusing, "KERNELS", {})
    x, y = drawn((200,), (200,))
    expected = one_by_one(lambda x, y: polynomial(x, y).sum(), x, y)
    monkeypatch.setattr(fusing, "Kernel", refuse)
    for _ in range(3):
        found = ad.grad(lambda x, y: polynomial(x, y).sum(), argnums=(0, 1))(x, y)
        for g, e in zip(found, expected, strict=True):
            assert np.isfinite(g).all()
            assert g.shape == e.shape
    assert fusing.NEVER in fusing.KERNELS.values()


def test_threads(fused):
    x, y = drawn((3000,), (3000,))
    expected = ad.grad(lambda x, y: polynomial(x, y).sum())(x, y)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(
            lambda _: ad.grad(lambda x, y: polynomial(x, y).sum())(x, y), range(20)
        ):
            np.testing.assert_array_equal(found, expected)


def test_second_derivatives(fused):
    x, y = drawn((60,), (60,))
    direction = RNG.normal(size=60)
    found = ad.hvp(lambda x: (polynomial(x, y) ** 2).sum(), (x,), (direction,))
    step = 1e-5
    ahead = ad.grad(lambda x: (polynomial(x, y) ** 2).sum())(x + step * direction)
    behind = ad.grad(lambda x: (polynomial(x, y) ** 2).sum())(x - step * direction)
    np.testing.assert_allclose(found, (ahead - behind) / (2 * step), rtol=1e-6, atol=1e-6)
