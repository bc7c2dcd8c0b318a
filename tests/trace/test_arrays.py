"""Arrays as memory: views, stores, aliases, methods, and NumPy's own Python."""

import array
import copy
import ctypes
import mmap

import numpy as np
import pytest

import adjoint as ad
from adjoint import errors, trace
from adjoint.testing import check_grads


def random(*shape):
    return np.random.default_rng(3).standard_normal(shape)


def element_loop(x):
    y = np.zeros(4)
    y[0] = x[1] * 2.0
    for i in range(3):
        y[i + 1] = y[i] * x[i] + x[i + 1]
        y[-1] += x[-i - 1]
    return y


def matrix_loop(x):
    y = np.empty((3, 4))
    y[...] = x
    y[1, 2] = x[0]
    y[2] *= y[1]
    total = 0.0
    for i in range(3):
        for j in range(4):
            total += y[i, j] * y[i, -j - 1] * y[i][j]
    y[:, 0] = y[:, 1] ** 2
    return total * y


def read_then_overwritten(x):
    b = x * x
    x[:] = 1.0
    return b.sum() + x.sum()


def written_twice(x):
    y = np.zeros(3)
    y[0] = x[0] * 5.0
    z = y * y
    y[0] = x[1]
    y[1] = x[2]
    y[1] = 3.0
    return y * y + z


def views(x):
    v = x[1:]
    v *= 2.0
    v += x[:-1]
    w = x[::-2]
    w[0] = x[0] ** 2
    return x * x[0], v.sum(), w


def overlapping_stores(x):
    x[1:] += x[:-1]
    x[:] = x[::-1]
    x[:2], x[2:] = x[2:], x[:2] * 1.0
    return x * np.arange(4.0)


def layouts(m):
    t = m.T.copy()
    t[0] += t[1]
    t[:, 1] *= t[0, 0]
    diagonal = t.diagonal()
    flat = t.reshape(-1)
    flat[3] = flat[2] * 2
    t.T[0, 2] = flat[1]
    wide = np.broadcast_to(t[0], (3, 3))
    return diagonal.sum() * flat[::2].sum(), wide.sum(axis=0), t.ravel() * 2, wide * wide


def windows(x):
    w = np.lib.stride_tricks.sliding_window_view(x, 2)
    return (w * np.arange(6.0).reshape(3, 2)).sum(axis=1) * w[0, 1], w[1:] ** 2


def fancy(x):
    y = x[[0, 0, 2]]
    z = x[x > 0]
    y[[1, 1]] = x[:2]
    y[np.array([True, False, True])] *= 2.0
    w = np.zeros(3)
    np.add.at(w, [0, 0, 1], x[:3])
    np.subtract.at(w, [2, 2], x[0])
    u = x.copy()
    u[[0, 0]] += x[1]
    return y.sum() * w, z * 2.0, u


def out_arguments(x):
    w = np.zeros(4)
    np.add(x, 1.0, out=w)
    np.multiply(w, w, out=w)
    np.add(w, x, w)
    np.exp(x, out=w, where=x > 0)
    np.copyto(w, x * 2.0, where=x < 0.5)
    np.clip(w, -0.5, 0.5, out=w[:4])
    return w


def test_a_mask_of_a_list_and_a_mask_of_numbers():
    def listed(x):
        return np.multiply(x, x, out=np.zeros(3), where=[1, 0, 1]).sum()

    np.testing.assert_array_equal(ad.grad(listed)(np.ones(3)), [2.0, 0.0, 2.0])
    with pytest.raises(TypeError, match="Cannot cast"):
        ad.grad(lambda x: np.multiply(x, x, out=np.zeros(3), where=x).sum())(np.ones(3))


def mutating_methods(x):
    ordered = sorted(x)
    x.sort()
    second = np.sort(x)[1]
    x.fill(second)
    x[0] = ordered[3]
    x.put([2, 3], [ordered[0], 2.0])
    x.partition(2)
    return x * ordered[0]


def iteration(x):
    total = 0.0
    for a in x:
        total += a * a
    for a, b in zip(x, x[::-1], strict=True):
        total += a * b
    for i, row in enumerate(x.reshape(2, 2)):
        p, q = row
        total += p * q * i
    first, second, *rest = x
    total += first * second + sum(rest) * max(x)
    return total + float(x[2]) ** 2 + x[3].item() + x.item(1) * x.tolist()[0] + np.sum([*x])


def conversions(x):
    narrow = x.astype(np.float32).astype(float)
    y = np.array([a * 2.0 for a in x]) + np.asarray(x) + copy.deepcopy(x) * copy.copy(x)
    return y, np.float64(x[0]) * 2.0 + float(np.array(x[1])), 0.0 * narrow


def dtype_narrowing(x):
    small = np.zeros(4, np.float32)
    small[:] = x
    single = np.float32(x[0])
    return small.astype(float) * 0.0 + x, float(single) * 0.0 + x[0]


def operators_and_functions(x, m):
    y = np.tanh(m @ x + 1.0) / (x + 3.0)
    y /= x + 5
    y **= 2
    return (
        y,
        np.concatenate([x, m[0]]),
        np.stack([x, x * 2]),
        np.where(x > 0, x, m[1]),
        np.linalg.solve(m @ m.T + np.eye(4) * 3, x),
        np.einsum("i,ij->j", x, m),
        x.mean() * m.sum(axis=0).max(),
        np.prod(x),
        np.cumsum(x),
        x.T @ x + x.dot(m[2]),
        np.outer(x, x),
        np.linalg.norm(x) + np.add.reduce(x) + np.add.outer(x, m[0]).sum(),
        sum(x),
        -x + abs(x),
    )


def numbers_and_arrays(a, x):
    """A scalar that meets arrays; and an array that is an argument twice."""

    def twice(u, v):
        u = u * v
        return u @ v

    return a * x + x / a - a, (a + np.ones(3)).sum(), np.sin(a), twice(x, x), a ** np.abs(x)


def complex_numbers(z, x):
    w = z * x + 1j
    w.real *= 2
    w.imag[1] = x[0]
    q = np.abs(w)
    c = complex(x[0], x[1])
    return (w * w.conj()).real.sum() + q, w.imag, c**2 * 1j, abs(c), (c * c.conjugate()).real, z @ w


def containers(tree):
    x = tree["x"]
    tree["both"] = [x, x[1:]]
    tree["both"][1] *= 2.0
    tree["x"] = x * tree["n"][0]
    return {"out": tree["x"] * tree["n"][1], "same": tree["both"][0]}


PROGRAMS = [
    (element_loop, (random(4),)),
    (matrix_loop, (random(4),)),
    (read_then_overwritten, (random(4),)),
    (written_twice, (random(3),)),
    (views, (random(5),)),
    (overlapping_stores, (random(4),)),
    (layouts, (random(3, 3),)),
    (windows, (random(4),)),
    (fancy, (random(4),)),
    (out_arguments, (random(4),)),
    (mutating_methods, (random(4),)),
    (iteration, (random(4) + 3.0,)),
    (conversions, (random(4),)),
    (dtype_narrowing, (random(4),)),
    (operators_and_functions, (random(4), random(4, 4))),
    (numbers_and_arrays, (1.7, random(3))),
    (complex_numbers, (random(3) + 1j * random(3)[::-1], random(3))),
    (containers, ({"x": random(3), "n": [2.0, 3.0]},)),
]


@pytest.mark.parametrize(("program", "args"), PROGRAMS, ids=[p.__name__ for p, _ in PROGRAMS])
def test_program(check, program, args):
    check(program, *args)


def test_a_seed_may_be_a_read_only_broadcast():
    x = random(3)
    recording = trace.record(lambda x: x[::-1] * 2.0, (x,), {}, [x])
    seed = np.broadcast_to(1.0, 3)
    np.testing.assert_array_equal(recording.pullback([seed])[0], [2.0, 2.0, 2.0])


def test_arrays_changed_after_recording():
    x = np.array([1.0, 2.0, 3.0])
    recording = trace.record(lambda x: (x * x).sum(), (x,), {}, [x])
    x[:] = 100.0
    np.testing.assert_array_equal(recording.pullback([1.0])[0], [2.0, 4.0, 6.0])
    np.testing.assert_array_equal(recording.pushforward([np.ones(3)])[0], 12.0)
    np.testing.assert_array_equal(x, [100.0, 100.0, 100.0])


def test_results_are_owned_by_the_caller():
    x = np.array([1.0, 2.0])
    recording = trace.record(lambda x: x * 3.0, (x,), {}, [x])
    first = recording.pullback([np.ones(2)])[0]
    first[:] = 0.0
    np.testing.assert_array_equal(recording.pullback([np.ones(2)])[0], [3.0, 3.0])


def test_zero_times_infinity_in_the_untaken_branch():
    x = np.array([0.0, 4.0])
    recording = trace.record(lambda x: np.where(x > 0, np.sqrt(x), 0.0).sum(), (x,), {}, [x])
    np.testing.assert_array_equal(recording.pullback([1.0])[0], [0.0, 0.25])


def test_memory_is_restored_when_a_sweep_fails():
    def program(x):
        y = x * x
        x[0] = 5.0
        return y

    x = np.array([1.0, 2.0])
    recording = trace.record(program, (x,), {}, [x])
    with pytest.raises(ValueError):
        recording.pullback([np.ones((7, 5))])
    np.testing.assert_array_equal(x, [5.0, 2.0])


@pytest.mark.parametrize(
    "program",
    [
        lambda x: np.frombuffer(x.tobytes()).sum(),
        lambda x: np.array([x[0], x[1]], dtype=object).sum(),
        lambda x: np.vectorize(lambda v: v * 2.0)(x).sum(),
        lambda x: np.frompyfunc(lambda v: v * 2.0, 1, 1)(x).sum(),
        lambda x: x[0].as_integer_ratio()[0] * 1.0,
    ],
)
def test_what_cannot_be_followed_is_an_error(program):
    x = np.array([1.0, 2.0])
    try:
        recording = trace.record(program, (x,), {}, [x])
    except errors.AdjointError as error:
        assert error.place.filename
    else:
        assert np.all(recording.pullback([1.0])[0] != 0.0)


def test_an_integer_array_drops_the_derivative_and_says_so():
    def program(x):
        y = np.zeros(2, int)
        y[0] = x[0]
        return y[0] * x[1]

    x = np.array([3.0, 2.0])
    with pytest.warns(errors.DerivativeLost, match="integer array"):
        recording = trace.record(program, (x,), {}, [x])
    np.testing.assert_array_equal(recording.pullback([1.0])[0], [0.0, 3.0])


def test_structured_arrays(check):
    def fields(x):
        records = np.zeros(3, dtype=[("a", float), ("n", int), ("b", np.float32)])
        records["a"] = x * x
        records["a"][1] *= 2.0
        return records["a"] * x

    check(fields, np.array([1.0, 2.0, 3.0]))

    def items(x):
        records = np.zeros(3, dtype=[("a", float)])
        records["a"] = x
        return records[1]["a"] * x[0]

    check(items, np.array([1.0, 2.0, 3.0]))


def test_a_generator_from_outside_that_holds_live_values():
    kept = []
    doubled = (v * 2.0 for v in kept)

    def program(x):
        kept.append(x)
        return sum(doubled)

    x = 1.5
    with pytest.raises(errors.MissingRule, match="generator"):
        trace.record(program, (x,), {}, [x])


def test_a_place_that_reads_what_it_writes_is_refused():
    def f(x):
        y = x * 1.0
        np.place(y, y > -9.0, y[1:3])
        return y.sum()

    with pytest.raises(errors.MissingRule, match="place"):
        trace.record(f, (x := random(4),), {}, [x])


def test_a_list_that_changes_after_it_was_given_to_numpy(check):
    def f(x):
        rows = [x * x, x]
        first = np.stack(rows)
        rows.append(first[0] * x)
        rows[0] = np.ones(2)
        return np.stack(rows) * np.concatenate([rows[:2]])[0] + first[0]

    check(f, np.array([2.0, 3.0]))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x[:1].item() * x.item(-1),
        lambda x: np.sum(x, None, None, None, False) + np.add.reduce(x * x, 0, None, None),
        lambda x: np.sum(x * x, where=x > 0.0) + x.max(0, None) + np.std(x, 0, None, None, 1),
    ],
)
def test_keywords_that_only_repeat_a_default(check, f):
    check(f, np.array([0.5, -1.0, 2.0]))


def test_masked_and_initial_reductions_into_a_target(check):
    def f(x):
        out = np.zeros(2)
        np.sum(x, axis=1, where=x > 0.0, initial=2.0, out=out)
        return out * out

    check(f, np.array([[1.0, -2.0], [3.0, 0.5]]))


def test_objects_that_are_stored_as_numbers_or_arrays(check):
    class Vector:
        def __init__(self, values):
            self.values = values

        def __array__(self, dtype=None, copy=None):
            return self.values * self.values

        def __len__(self):
            return len(self.values)

    class Number:
        def __init__(self, value):
            self.value = value

        def __float__(self):
            return float(self.value * self.value)

    def f(x):
        class Hidden:
            def __float__(self):
                return float(x[0] * x[1])

        table = np.zeros((3, 2))
        table[0] = Vector(x)
        table[1, :] = table[0] * x[0]
        table[2, 0] = Number(x[1])
        table[2, 1] = Hidden()
        return (table * table).sum()

    check(f, np.array([0.7, 1.3]))


def test_iterators_of_arrays_go_through_builtins():
    def f(x):
        items = iter(x * x)
        first, total = next(items), 0.0
        for place, item in enumerate(items, start=1):
            total += item * place * first
        return total

    check_grads(f, (np.array([0.5, -1.5, 2.0]),))


def test_records_are_stored_field_by_field():
    def f(x):
        rows = np.zeros((2, 2), dtype=[("place", int), ("size", float)])
        rows[0, 1] = (1, x[0])
        rows[1] = [(2, x[1]), (3, x[0] * x[1])]
        rows[0, 0] = (4, 1.0)
        return rows["size"] * rows["place"]

    assert np.array_equal(ad.jvp(f, (X2,), (X2,))[0], f(X2))
    check_grads(f, (X2,))


X2 = np.array([0.5, -1.5])


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.1.0", reason="no such option")
def test_reshaping_says_whether_it_copies():
    def f(x):
        cube = np.stack([x, x * x])
        cube.reshape(4, copy=False)[1] *= 3.0
        cube.reshape((4,), copy=True)[2] = 7.0
        return cube * cube.reshape((2, 2), copy=None)

    check_grads(f, (X2,))


FOREIGN = {
    "bytearray": lambda: bytearray(32),
    "array": lambda: array.array("d", [0.0] * 4),
    "mmap": lambda: mmap.mmap(-1, 32),
    "memoryview": lambda: memoryview(bytearray(32)),
    "ctypes": lambda: (ctypes.c_double * 4)(),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_two_arrays_that_look_at_the_memory_of_another_object(kind):
    def program(x):
        memory = FOREIGN[kind]()
        first = np.frombuffer(memory)
        first[:] = x * x
        second, tail = np.frombuffer(memory), np.frombuffer(memory, offset=16)
        total = np.sum(second * np.arange(4.0))
        tail[0] = x[3] * second[1]
        return total + np.sum(first**3)

    ad.testing.check_grads(program, (np.array([0.5, 1.3, 0.8, 1.1]),))


class OwnBase:
    """Memory that says it is its own base, as the arrays that Cython makes do."""

    def __init__(self, values):
        self.values = values
        self.__array_interface__ = values.__array_interface__

    @property
    def base(self):
        return self


def test_memory_that_is_its_own_base():
    kept = np.array([2.0, -1.0, 3.0])

    def program(x):
        shown = np.asarray(OwnBase(kept))
        return np.sum(x**2 * shown[::-1])

    ad.testing.check_grads(program, (np.array([0.5, 1.3, 0.8]),))


def test_a_mask_of_numbers_is_refused_by_copyto():
    """As NumPy refuses it."""

    def program(x):
        y = np.zeros(3)
        np.copyto(y, x, where=x)
        return y.sum()

    x = np.array([0.5, 1.5, 0.0])
    with pytest.raises(TypeError, match="according to the rule 'safe'"):
        program(x)
    with pytest.raises(TypeError, match="according to the rule 'safe'"):
        ad.grad(program)(x)


def test_a_store_that_reads_what_it_has_written_is_refused():
    """NumPy copies nothing here; where it makes no difference the store is as any other."""

    def program(m, step):
        m = m * 1.0
        m.ravel()[::step] = m[0]
        return (m * m).sum()

    m = np.arange(1.0, 13.0).reshape(3, 4)
    with pytest.raises(ad.errors.MissingRule, match="what it has just written"):
        ad.grad(program)(m, 3)
    expected = np.array([[4.0, 4.0, 0.0, 0.0], [10.0, 12.0, 14.0, 16.0], [18.0, 20.0, 22.0, 24.0]])

    def shifted(m):
        m = m * 1.0
        m[0, 2:] = m[0, :2]
        return (m * m).sum()

    expected[0] = [4.0, 8.0, 0.0, 0.0]
    np.testing.assert_array_equal(ad.grad(shifted)(m), expected)


@pytest.mark.parametrize("dtype", [float, np.float32, int, np.int32, np.uint8, bool])
def test_numbers_that_change_after_they_were_multiplied_by(dtype):
    def f(x):
        factors = np.array([0, 1, 2], dtype)
        first = x * factors
        second = x / (factors + factors)[2]
        factors[:] = 7
        return np.sum(first) + np.sum(second)

    kept = np.array([0, 1, 2], dtype)
    last = float((kept + kept)[2])
    np.testing.assert_array_equal(ad.grad(f)(np.ones(3)), kept.astype(float) + 1.0 / last)


def test_place_of_what_it_changes():
    """NumPy reads the values as it goes, which may be what it has just written."""

    def the_same(v):
        np.place(v, v > 0.2, v[:])
        return v @ v

    def others(v):
        np.place(v, v > 0.2, v[1:])
        return v @ v

    positive, start = np.array([0.5, 0.7, 0.9]), np.array([0.5, -0.7, 0.9, 0.3])
    check_grads(lambda v: the_same(v * 1.0), (positive,), order=1)
    check_grads(lambda v: others(v * 1.0), (start,), order=1)


def test_an_index_that_is_no_index_and_shares_memory():
    def program(v):
        v[v] = v
        return v.sum()

    with pytest.raises(IndexError):
        ad.grad(lambda v: program(v * 1.0))(np.ones(3))
