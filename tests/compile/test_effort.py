"""Machine code is made in seconds, whatever the rank of the arrays."""

import os
import subprocess
import sys

import numba
import numpy as np
import pytest

import adjoint as ad
from adjoint.compile import effort, executable
from adjoint.compile.disk_cache import VARIABLE


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setenv(VARIABLE, "")


LINES = """
import numpy as np
import adjoint as ad

jitted = ad.jit(lambda a: np.sum(np.std(a, axis=0)))
x = np.random.default_rng(0).standard_normal((2, 3, 4))
ad.grad(jitted)(x)
(executable,) = jitted.call((x,), {}).program.executables.values()
(text,) = executable.machine.inspect_llvm().values()
print(len(text.splitlines()))
"""


def test_loops_over_three_axes_are_not_written_for_each_way_of_broadcasting(tmp_path):
    """Ten times as many lines before, and half a minute.

    In a process of its own: what Numba has compiled before stays as it was compiled.
    """
    program = tmp_path / "program.py"  # the compiler reads the source
    program.write_text(LINES)
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_OPT"}
    found = subprocess.run(
        [sys.executable, program],
        env=environment | {VARIABLE: ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(found.stdout) < 15_000


@pytest.mark.parametrize("message", [None, "negative"])
def test_numbas_own_level_stays_as_it_is(message, monkeypatch):
    monkeypatch.delenv("NUMBA_OPT", raising=False)
    before = numba.core.config.OPT
    seen = []
    made = executable.Executable.made

    def noted(self, types):
        seen.append(int(numba.core.config.OPT))
        if message:
            raise ValueError(message)
        return made(self, types)

    monkeypatch.setattr(executable.Executable, "made", noted)
    for x in (np.ones((2, 2, 2)), np.ones(2)):
        try:
            ad.jit(lambda a: a * 2.0)(x)
        except ad.errors.UnsupportedType:
            assert message
        assert numba.core.config.OPT is before
    assert seen == [2, int(before)]


def adds(x):
    total = 0.0
    for i in range(len(x)):
        total += x[i]
    return total


LOOP = "    for i in range(len(x)):\n        s += s * x[i]\n"
LOOPS = "def f(x):\n    s = 1.0\n" + (effort.MOST_LOOPS + 1) * LOOP + "    return s\n"
STRAIGHT = "def f(x):\n    return x[0] * x[1]\n"


def written(text, tmp_path):
    path = tmp_path / "program.py"
    path.write_text(text)
    namespace: dict = {}
    exec(compile(text, str(path), "exec"), namespace)
    return namespace["f"]


@pytest.mark.parametrize(
    ("text", "wanted"), [(None, True), (LOOPS, False), (STRAIGHT, False)], ids=["one", "many", "no"]
)
def test_the_highest_level_is_for_few_loops(text, wanted, tmp_path):
    function = adds if text is None else written(text, tmp_path)
    program = ad.jit(function).call((np.ones(3),), {}).program
    assert effort.gains(program.function) == wanted


def test_the_highest_level_is_for_loops_over_arrays():
    program = ad.jit(lambda a: a * 2.0).call((np.ones(3),), {}).program
    assert effort.gains(program.function)
