"""The common calls of array programs: what they give is what NumPy gives, and what is recorded."""

import operator
import warnings

import numpy as np
import pytest

import adjoint as ad
from adjoint.trace import direct
from adjoint.trace.recorder import Recorder

SIZE = 16_484
RNG = np.random.default_rng(11)
X, Y = RNG.uniform(0.5, 1.5, SIZE), RNG.uniform(0.5, 1.5, SIZE)
TABLE = X[: SIZE - SIZE % 50].reshape(50, -1)
CALLS = [
    (operator.add, (X, Y)),
    (operator.sub, (X, 2)),
    (operator.mul, (0.5, X)),
    (operator.truediv, (X[::-1], Y)),
    (operator.neg, (X,)),
    (np.exp, (X[::2],)),
    (np.maximum, (TABLE, np.float64(1.0))),
    (np.arctan2, (TABLE[1:-1, 1:-1], TABLE[2:, 2:])),
    (np.add, (TABLE.T, TABLE.T)),
    (np.add, (TABLE.T, np.ascontiguousarray(TABLE.T))),
    (np.multiply, (np.broadcast_to(X[:7], (SIZE, 7)), 2.0)),
]


@pytest.mark.parametrize(("function", "args"), CALLS)
def test_a_result_is_the_one_that_numpy_makes(function, args):
    expected = function(*args)
    found = direct.apply(Recorder(None), function, args)
    np.testing.assert_array_equal(found, expected)
    assert found.strides == expected.strides


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (np.isfinite, (X,)),
        (np.less, (X, Y)),
        (np.matmul, (TABLE, TABLE.T)),
        (np.modf, (X,)),
        (operator.and_, (X, Y)),
        (np.sum, (X,)),
        (len, (X,)),
    ],
)
def test_other_functions_make_no_floats(function, args):
    assert not direct.makes_floats(function, len(args))


@pytest.mark.parametrize(
    "args",
    [
        (X.astype(np.float32), Y),
        (X, 1j),
        (X.view(np.recarray), Y),
        (X.astype(">f8"), Y),
        (1.0, 2.0),
        (np.array(1.0), 2.0),
        (X, [1.0]),
        (X, None),
    ],
)
def test_other_arguments_are_left_to_numpy(args):
    assert direct.apply(Recorder(None), np.add, args) is direct.NOTHING
    assert direct.apply(Recorder(None), operator.pow, args) is direct.NOTHING


@pytest.mark.parametrize("args", [(TABLE, TABLE[0]), (TABLE[0], TABLE), (X[:1], X), (X, X[:1])])
def test_arrays_of_several_shapes_have_results_of_their_own(args):
    expected = args[0] * args[1]
    found = direct.apply(Recorder(None), operator.mul, args)
    np.testing.assert_array_equal(found, expected)


def test_what_is_not_live_is_not_recorded():
    recorder = Recorder(None)
    direct.apply(recorder, operator.mul, (X, Y))
    assert not recorder.events
    recorder.enter(X)
    out = direct.apply(recorder, operator.mul, (X, Y))
    assert recorder.place(out).shape == out.shape
    assert len(recorder.events) == 1
    assert recorder.root(Y).held
    assert not recorder.root(X).held


def test_results_kept_by_the_program_survive_later_gradients():
    kept = []

    def program(x):
        y = np.exp(x) * x
        kept.append(y)
        kept.append((y + 1.0)[5:])
        return (y * y).sum()

    for _ in range(4):
        ad.grad(program)(X)
    for index in range(0, 8, 2):
        np.testing.assert_array_equal(kept[index], np.exp(X) * X)
        np.testing.assert_array_equal(kept[index + 1], (np.exp(X) * X + 1.0)[5:])


def test_shadows_begin_with_the_first_stretch_that_is_given():
    def program(x):
        table = x[: TABLE.size].reshape(TABLE.shape)
        first = np.dot(table[7], table[9]) + (table[20:30] ** 2).sum()
        return first * np.sum(x[5:-5] * x[:-10]) + x[3] + np.sum(table[:, 4:9].T * 3.0)

    way = RNG.normal(size=SIZE)
    gradient = ad.grad(program)(X)
    slope = ad.jvp(program, (X,), (way,))[1]
    assert gradient @ way == pytest.approx(slope, rel=1e-11)
    gradient = ad.grad(program)(X)
    assert gradient @ way == pytest.approx(slope, rel=1e-11)


def test_parts_of_complex_arrays_have_their_shadows():
    def program(x):
        z = x * (1.0 + 2.0j)
        line = z.view(np.float64)
        return np.sum(line[4:-2] ** 3) + np.sum(z.real * z.imag)

    way = RNG.normal(size=SIZE)
    slope = ad.jvp(program, (X,), (way,))[1]
    assert ad.grad(program)(X) @ way == pytest.approx(slope, rel=1e-11)


def test_memory_to_write_to_by_position():
    def program(x):
        out = np.zeros(3)
        np.subtract(x[1:], x[:-1], out)
        y = np.empty(4)
        np.multiply(x, x, y)
        return np.sum(out**3) + np.sum(y * x)

    ad.testing.check_grads(program, (X[:4].copy(),), order=2)


M = RNG.normal(size=(4, 4)) + 4.0 * np.eye(4)
V = RNG.uniform(0.5, 1.5, 4)
COUNTS = np.array([3, 1, 2, 2])
PROGRAMS = {
    "where": lambda m, v: np.where(m > 0.5, m * v, v[0]).sum(axis=0),
    "concatenated": lambda m, v: np.concatenate([v, m[0], np.ones(2)]) ** 2,
    "stacked": lambda m, v: np.stack((v, m @ v), axis=1),
    "made_of_numbers": lambda m, v: np.array([v[0] * v[1], 2, v[3]]) * m[1, 2],
    "reduced": lambda m, v: m.sum(axis=(0, 1)) * m.mean(axis=1, keepdims=True) + m.var(ddof=1),
    "accumulated": lambda m, v: np.cumsum(m, axis=1) * m.max(axis=0) - m.min(),
    "factored": lambda m, v: np.linalg.solve(m, v) + np.linalg.inv(m) @ v,
    "decomposed": lambda m, v: np.linalg.eigh(m + m.T)[0] + np.linalg.svd(m)[1],
    "of_counts": lambda m, v: np.repeat(v, COUNTS)[:4] ** COUNTS + COUNTS * m,
    "sliced": lambda m, v: m[1:, ::2] * v[1:, None] + m.T[1:, ::2].reshape(3, 2),
    "ordered": lambda m, v: np.sort(m, axis=0) + np.take(v, COUNTS) + np.clip(v, 0.7, 1.2),
    "transposed": lambda m, v: np.transpose(m, (1, 0)).dot(v) + np.tensordot(m, m, 2) + v.dot(v),
    "norms": lambda m, v: np.linalg.norm(v) * np.linalg.norm(m, axis=1) + np.linalg.norm(m, 1),
    "conversions": lambda m, v: v.astype(np.float32) + v.copy() + np.ravel(m, order="F")[:4],
    "spread": lambda m, v: np.broadcast_to(v, (4, 4)) * m + np.outer(v, v) + np.full((4, 4), v[0]),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_records_what_the_recorder_does(name, monkeypatch):
    program = PROGRAMS[name]

    def pulled(m, v):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ad.errors.DerivativeLost)
            out, pullback = ad.vjp(program, m, v)
        ct = np.random.default_rng(3).normal(size=out.shape).astype(out.dtype)
        return out, *pullback(ct)

    found = pulled(M, V)
    monkeypatch.setattr(direct, "apply", lambda *_: direct.NOTHING)
    for one, other in zip(found, pulled(M, V), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)


def test_a_list_may_change_after_the_call():
    def program(v):
        parts = [v * 2.0, v[:1]]
        joined = np.concatenate(parts)
        parts.append(v)
        del parts[0]
        return np.sum(joined**3)

    ad.testing.check_grads(program, (V,), order=2)


@pytest.mark.parametrize("index", [1, (0, 2), slice(1, 3), ([0, 1], [1, 2]), (..., 1), M > 0.0])
def test_what_is_read_is_a_view_or_a_copy(index):
    def program(m):
        part = m[index]
        first = np.sum(part * part)
        m[...] = m * 2.0
        return first * np.sum(part)

    ad.testing.check_grads(lambda m: program(m * 1.0), (M,), order=1)


def test_an_index_may_change_after_it_was_used():
    def program(x):
        picks, mask = np.array([2, 0, 1]), np.array([True, False, True])
        y = x[picks] * x
        y[mask] = x[:2] * 3.0
        np.add.at(y, picks, x)
        first = np.sum(y**3) + np.sum(x[picks, None] * x)
        picks[...] = picks[::-1].copy()
        for place in range(3):
            mask[place] = not mask[place]
        return first * np.sum(x[picks] * y) + y[mask].sum()

    ad.testing.check_grads(program, (V[:3].copy(),), order=2)
    found = ad.vjp(program, V[:3].copy())[1](1.0)
    np.testing.assert_allclose(found[0], ad.grad(program)(V[:3].copy()), rtol=1e-14)


@pytest.mark.parametrize("exponent", [0.5, -1.0, 3, 2.5])
def test_powers_are_those_of_the_operator(exponent):
    recorder = Recorder(None)
    out = direct.apply(recorder, operator.pow, (X, exponent))
    np.testing.assert_array_equal(out, X**exponent)
    assert not direct.makes_floats(operator.pow, 2)
