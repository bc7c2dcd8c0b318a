"""Kept machine code called without Numba: the same results, and Numba wherever it is needed."""

import gc
import os
import resource
import subprocess
import sys

import numba.core.config
import numpy as np
import pytest
from scipy import special

import adjoint as ad
from adjoint.compile import disk_cache, entrance, executable
from adjoint.compile.entrance import FILES, complete, fields, fields_of
from adjoint.compile.kinds import format_of, kind_of, packed
from adjoint.compile.standalone import standalone

PROGRAM = r"""
import sys
import numpy as np
import adjoint as ad

def halved(x):
    return x if x < 1.0 else halved(0.5 * x)

def f(x, a, work):
    total = halved(x)
    for i in range(len(a)):
        total += np.sin(x * a[i])
        if a[i] > 10.0:
            raise ValueError("too large")
    return total

def g(x, a):
    a[0] = x * a[1]
    return a[0] * a[0]

a = np.array([1.0, 2.0])
f = ad.jit(f)
print(ad.value_and_grad(f, argnums=(0, 1))(5.0, a, None), "numba" in sys.modules)
try:
    f(5.0, np.array([1.0, 20.0]), None)
except ValueError as error:
    print(error, "".join(error.__notes__).replace("\n", " "), "numba" in sys.modules)
print(ad.grad(ad.jit(g))(3.0, a), a, "numba" in sys.modules)
"""

pytestmark = pytest.mark.skipif(
    tuple(map(int, numba.__version__.split(".")[:2])) not in entrance.KNOWN,
    reason="this version of Numba is left to load its machine code by itself",
)


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
    found = tmp_path / "kept"
    monkeypatch.setenv(disk_cache.VARIABLE, str(found))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(numba.core.config, "CACHE_DIR", "")
    monkeypatch.setattr(disk_cache, "GIVEN_UP", set())
    return found


def alone(function, *args):
    """The one executable that calling a function made, what was kept of it, and its arguments."""
    jitted = ad.jit(function)
    jitted(*args)
    call = jitted.call(args, {})
    made = jitted.primal(call.program)
    given = (*call.arguments, *made.new_memory())
    entry = made.entry(tuple(map(kind_of, given)))
    found = entry.files(FILES)
    return made, None if found is None else standalone(found, None), given


def require_alike(function, *args):
    made, kept, given = alone(function, *args)
    expected, found = made.machine(*given), kept(*given)
    assert len(expected) == len(found)
    for one, other in zip(expected, found, strict=True):
        assert type(one) is type(other)
        np.testing.assert_array_equal(one, other, strict=isinstance(one, np.ndarray))
        if isinstance(one, np.ndarray):
            assert (one.strides, one.flags.writeable) == (other.strides, other.flags.writeable)
    return found


X = np.linspace(0.5, 2.0, 12).reshape(3, 4)


def test_a_second_process_does_not_import_numba(directory):
    path = directory.parent / "program.py"
    path.write_text(PROGRAM)

    def run():
        done = subprocess.run([sys.executable, str(path)], env=dict(os.environ),
                              capture_output=True, text=True, check=True)  # fmt: skip
        return done.stdout.splitlines()

    first, second = run(), run()
    assert first[0].endswith(" True")
    assert second[0] == first[0].replace("True", "False")
    assert second[1:] == first[1:]  # what raises, and what changes arrays, is left to Numba
    assert "program.py" in first[1]


def several(x, n, b, z):
    return x * n, n + 2, not b, z * x, (x > 1.0) + 1


def test_numbers():
    found = require_alike(several, 1.5, 3, True, 2.0 - 1.0j)
    assert found == (4.5, 5, False, 3.0 - 1.5j, 2)


def test_single_precision():
    found = require_alike(lambda x, a: (x * a[0], a * x), np.float32(1.5), X[0].astype("f4"))
    assert found[1].dtype == np.float32


@pytest.mark.parametrize("a", [X, X.T, X[:, ::2], X[::-1], X[0], X[:0], np.asfortranarray(X)])
def test_layouts(a):
    require_alike(lambda a: (a * 2.0, a.sum(), a.T + 1.0), a)


def test_arguments_that_are_results_stay_themselves():
    _, kept, given = alone(lambda a, b: (a, b + 1.0, a[1:]), X, X[1])
    first, second, third = kept(*given)
    assert first is X
    assert not np.shares_memory(second, X)
    assert np.shares_memory(third, X)
    np.testing.assert_array_equal(third, X[1:])


def test_reshaping_and_complex_arrays():
    require_alike(lambda a: (a.reshape(4, 3), a.reshape(-1), a.ravel() * 1.0j), X)


def test_special_functions():
    require_alike(lambda x, a: special.gammaln(x) + special.jv(1.5, a).sum(), 2.5, X)


def halved(x):
    return x if x < 1.0 else halved(0.5 * x)


def test_what_calls_itself(directory):
    require_alike(lambda x: halved(x) * 2.0, 5.0)
    assert not list(directory.rglob("*.nbi"))  # a process that reads it crashes


@pytest.mark.parametrize(
    "args",
    [
        (2, X),
        (2.0, X[:, ::2]),
        (2.0, X[0]),
        (2.0, X.astype("f4")),
        (np.float32(2.0), X),
        (2.0, np.frombuffer(b"x" + X.tobytes(), offset=1).reshape(3, 4)),
    ],
)
def test_other_arguments_are_left_to_numba(args):
    _, kept, given = alone(lambda x, a: x * a, 2.0, X)
    assert kept(*given) is not None
    assert kept(*args) is None


def test_an_array_that_cannot_be_written_is_of_another_kind():
    fixed = X.copy()
    fixed.flags.writeable = False
    assert kind_of(fixed) != kind_of(X)
    assert kind_of(1 << 63) is None
    assert kind_of(X.view(np.recarray)) is None


def test_what_raises_is_left_to_numba():
    def reciprocal(n, x):
        return x / n

    _, kept, given = alone(reciprocal, 2, 3.0)
    assert kept(*given) == (1.5,)
    assert kept(0, 3.0) is None


def test_what_changes_its_arguments_has_no_entrance():
    def doubled(a):
        a *= 2.0
        return a.sum()

    assert alone(doubled, X.copy())[1] is None


def test_so_many_calls_and_then_numba():
    made, kept, given = alone(lambda x: x * 2.0, 3.0)
    kept.left = 1
    assert kept(*given) == (6.0,)
    assert kept(*given) is None
    made.machine = kept
    assert made(*given) == (6.0,)
    assert made.machine is not kept


def test_memory_is_given_back():
    big = np.ones(1 << 17)
    _, kept, given = alone(lambda a: (a * 2.0, a + 1.0), big)
    views = [kept(*given)[0][5:] for _ in range(3)]
    gc.collect()
    assert all((view == 2.0).all() for view in views)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(400):
        kept(*given)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # of 800,000 kB


def test_a_result_given_twice_is_given_back_once():
    _, kept, given = alone(lambda a: (lambda b: (b, b))(a * 2.0), X)
    first, second = kept(*given)
    del first
    gc.collect()
    np.testing.assert_array_equal(second, 2.0 * X)


@pytest.mark.parametrize("name", FILES)
def test_what_is_damaged_is_not_called(directory, name):
    _, kept, _ = alone(lambda x: x * 2.0, 3.0)
    assert kept is not None
    (path,) = directory.rglob(name)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert alone(lambda x: x * 2.0, 3.0)[1] is None


def test_an_unknown_numba_has_no_entrance(monkeypatch):
    monkeypatch.setattr(entrance, "KNOWN", set())
    assert alone(lambda x: x * 2.0, 3.0)[1] is None


def test_settings_of_numba_decide(monkeypatch):
    made, _, given = alone(lambda x: x * 2.0, 3.0)
    before = made.entry(tuple(map(kind_of, given))).directory
    monkeypatch.setenv("NUMBA_OPT", "1")
    assert made.entry(tuple(map(kind_of, given))).directory != before


def test_the_version_is_numbas_own():
    assert executable.numba_version() == numba.__version__


def test_signatures_are_read():
    text = "define linkonce_odr i32 @f(ptr noalias captures(none) %a, ptr %b, double %c, i8 %d) {\n"
    assert fields_of(text, "f") == ["ptr", "ptr", "double", "i8"] == fields(["float", "bool"])
    assert fields_of(text, "g") is None


def test_what_is_not_here_is_seen():
    assert complete("declare double @exp(double)\ndeclare ptr @NRT_MemInfo_alloc_aligned(i64)\n")
    assert complete("declare double @llvm.exp.f64(double)\n")
    assert not complete("declare i32 @numba_xxgemm(i8)\n")


def test_arguments_are_packed_as_they_are_described():
    for value in (2.0, 3, True, np.float32(2.5), 1.0 + 2.0j, X, X.T):
        kind = kind_of(value)
        letters = "".join(format_of(kind)).replace("4q", "qqqq")
        assert len(packed(kind, value)) == len(letters)
