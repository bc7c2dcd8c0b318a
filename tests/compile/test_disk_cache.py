"""Machine code on disk: found again, never trusted blindly, never in the way."""

import json
import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numba.core.config
import numpy as np
import pytest
from scipy import special

import adjoint as ad
from adjoint.compile import disk_cache, executable
from adjoint.compile.disk_cache import Unsafe, require_private
from adjoint.errors import CacheUnavailable, UnsupportedType

PROGRAM = """
import sys
import numba  # or what is kept would be called without it
import numpy as np
import adjoint as ad
from adjoint.compile.executable import Executable

def f(x, a):
    total = 0.0
    for i in range(len(a)):
        total += np.sin(x * a[i])
        if total > 1e6:
            raise np.linalg.LinAlgError("too large")
    return total * SCALE

SCALE = float(sys.argv[1])
made = []
kept = Executable.kept
def noted(self, entry, types):
    found = kept(self, entry, types)
    made.append(None if found is None else sum(found.stats.cache_hits.values()))
    return found
Executable.kept = noted
print(ad.grad(ad.jit(f))(0.5, np.array([1.0, 2.0])), made)
"""


@pytest.fixture
def directory(tmp_path, monkeypatch):
    found = tmp_path / "kept"
    monkeypatch.setenv(disk_cache.VARIABLE, str(found))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)  # where Numba would keep it otherwise
    monkeypatch.setattr(numba.core.config, "CACHE_DIR", "")
    monkeypatch.setattr(disk_cache, "GIVEN_UP", set())
    return found


def halved(x):
    return x if x < 1.0 else halved(0.5 * x)


def square(x):
    return x * x + 1.0


def gradient():
    """Of a function compiled anew; and how often Numba found its machine code."""
    jitted = ad.jit(lambda x: square(x) * 2.0)
    found = ad.grad(jitted)(3.0)
    (program,) = [p for known in jitted.programs.values() for p in known]
    (made,) = program.executables.values()
    return found, sum(made.machine.stats.cache_hits.values())


def run(directory, scale="2.0", **options):
    path = directory.parent / "program.py"
    if not path.exists():  # or a process that runs at the same time reads half of it
        waiting = path.with_name(f"{threading.get_ident()}.new")
        waiting.write_text(PROGRAM)
        os.replace(waiting, path)
    environment = os.environ | {disk_cache.VARIABLE: str(directory)}
    return subprocess.run(
        [sys.executable, "-W", "error::adjoint.errors.CacheUnavailable", str(path), scale],
        env=environment, capture_output=True, text=True, check=False, **options
    )  # fmt: skip


def test_another_process_finds_machine_code(directory):
    value = 2.0 * (np.cos(0.5) + 2.0 * np.cos(1.0))
    first, again, other = run(directory), run(directory), run(directory, "3.0")
    assert first.stdout.split() == [str(value), "[0]"], first.stderr
    assert again.stdout.split() == [str(value), "[1]"], again.stderr
    number, hits = other.stdout.split()
    assert hits == "[1]"  # a global that is a float is an argument, not a constant
    assert float(number) == pytest.approx(1.5 * value, rel=1e-15)


def test_entries_are_found_in_one_process(directory):
    assert gradient() == (12.0, 0)
    assert gradient() == (12.0, 1)
    assert len(disk_cache.entries(directory)) == 1
    assert directory.stat().st_mode & 0o777 == 0o700


def test_what_is_kept_is_a_module_that_runs(directory):
    gradient()
    (entry,) = disk_cache.entries(directory)
    (path,) = entry.glob("*.py")
    namespace: dict = {}
    exec(path.read_text(), namespace)
    (function,) = [v for k, v in namespace.items() if path.stem == k]
    assert function(3.0) == (20.0, 12.0)


def test_what_is_kept_gives_the_dtypes_that_numpy_gives(directory, monkeypatch):
    double = {**executable.SCALARS, "float32": np.float64}

    def run():
        return ad.jit(lambda x: square(x))(np.float32(3.0))

    assert run() == 10.0
    monkeypatch.setattr(executable, "SCALARS", double)
    with pytest.raises(UnsupportedType, match="of float32, where NumPy's is of float64"):
        run()


def test_literals_are_of_the_dtypes_that_numpy_gives(monkeypatch):
    """Numba says of a result that is always 1 that it is of another type."""
    monkeypatch.setenv(disk_cache.VARIABLE, "")
    assert ad.jit(lambda x: (x * 2.0, 1))(3.0) == (6.0, 1)


@pytest.mark.parametrize("pattern", ["*.nbc", "*.nbi", disk_cache.SEAL, "*.py"])
@pytest.mark.parametrize("damage", [b"", b"\x80\x04nonsense", None])
def test_what_is_damaged_is_compiled_again(directory, pattern, damage):
    gradient()
    for path in directory.rglob(pattern):
        path.unlink() if damage is None else path.write_bytes(damage)
    found, hits = gradient()
    assert found == 12.0
    assert hits == 0 or pattern == "*.py"  # the source is only written again
    assert gradient() == (12.0, 1)


def test_a_seal_does_not_hide_what_numba_cannot_read(directory):
    gradient()
    (entry,) = disk_cache.entries(directory)
    for path in entry.rglob("*.nbi"):
        path.write_bytes(b"\x80\x04nonsense")
        seals = json.loads((entry / disk_cache.SEAL).read_text())
        seals[path.name] = disk_cache.digest_of(path)
        (entry / disk_cache.SEAL).write_text(json.dumps(seals))
    assert gradient()[0] == 12.0
    assert gradient()[0] == 12.0


def test_a_directory_of_others_is_refused_with_one_warning(directory):
    directory.mkdir(mode=0o755)
    directory.chmod(0o755)
    with pytest.warns(CacheUnavailable, match="chmod 700"):
        assert gradient() == (12.0, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gradient() == (12.0, 0)
    assert list(directory.iterdir()) == []


def test_a_directory_in_one_that_others_write_to_is_refused(directory):
    directory.mkdir(mode=0o700)
    directory.parent.chmod(0o777)
    with pytest.raises(Unsafe, match="others can write"):
        require_private(directory)
    directory.parent.chmod(0o1777)
    require_private(directory)


def test_links_and_files_are_refused(directory, tmp_path):
    (tmp_path / "real").mkdir(mode=0o700)
    directory.symlink_to(tmp_path / "real")
    with pytest.raises(Unsafe, match="not a directory"):
        require_private(directory)


def test_a_directory_that_cannot_be_made(directory, monkeypatch):
    directory.write_text("a file")
    with pytest.warns(CacheUnavailable, match="not kept"):
        assert gradient() == (12.0, 0)


def test_a_directory_that_vanishes(directory, monkeypatch):
    written = disk_cache.Entry.write

    def vanishing(self, text):
        written(self, text)
        self.remove()

    monkeypatch.setattr(disk_cache.Entry, "write", vanishing)
    assert gradient() == (12.0, 0)
    assert list(directory.rglob("*.nb?")) == []


def test_a_full_disk(directory):
    code = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))\n"
    path = directory.parent / "full.py"
    path.write_text(code + PROGRAM.replace("'", '"'))
    found = subprocess.run(
        [sys.executable, str(path), "2.0"],
        env=os.environ | {disk_cache.VARIABLE: str(directory)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.stdout.split()[1] == "[None]", found.stderr
    assert found.stderr.count("CacheUnavailable") == 1
    assert float(found.stdout.split()[0]) == pytest.approx(2.0 * (np.cos(0.5) + 2.0 * np.cos(1.0)))


def test_a_cache_of_numbas_elsewhere_is_not_used(directory, tmp_path, monkeypatch):
    monkeypatch.setattr(numba.core.config, "CACHE_DIR", str(tmp_path / "elsewhere"))
    assert gradient() == (12.0, 0)
    assert list((tmp_path / "elsewhere").rglob("*.nb?")) == []


def test_two_at_once(directory):
    results: list = []
    programs = [threading.Thread(target=lambda: results.append(run(directory))) for _ in range(3)]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    numbers = {r.stdout.split()[0] for r in results if r.returncode == 0}
    assert len(numbers) == 1 and all(r.returncode == 0 for r in results), results[0].stderr
    assert run(directory).stdout.split()[1] == "[1]"


def test_nothing_is_kept_where_the_variable_is_empty(monkeypatch):
    monkeypatch.setenv(disk_cache.VARIABLE, "")
    assert disk_cache.cache_directory() is None
    assert gradient() == (12.0, 0)


def test_the_key_holds_all_that_decides(directory, monkeypatch):
    def key(*parts, name="f"):
        return disk_cache.entry_for(name, parts).directory

    known = key("text", "types")
    assert key("text", "types") == known
    assert len({known, key("text", "other"), key("texttypes"), key("text", "types", name="g")}) == 4
    for part in range(len(disk_cache.versions())):
        changed = list(disk_cache.versions())
        changed[part] += "1"
        monkeypatch.setattr(disk_cache, "versions", lambda changed=changed: tuple(changed))
        assert key("text", "types") != known


def test_functions_of_pythons_are_not_kept():
    jitted = ad.jit(lambda x: special.zeta(x, 2.0) * 2.0)
    ad.grad(jitted)(3.0)
    (program,) = [p for known in jitted.programs.values() for p in known]
    (made,) = program.executables.values()
    assert executable.parts_of(made.source) is None


def test_what_calls_itself_is_not_kept(directory):
    """Numba's cache of such a function crashes the process that reads it."""
    assert ad.jit(halved)(5.0) == 0.625
    assert not list(directory.rglob("*.nbc"))


def test_size_and_clear(directory):
    gradient()
    assert disk_cache.size(directory) > 1000
    assert disk_cache.clear(directory) == 1
    assert disk_cache.size(directory) == 0
    assert Path(directory).exists()
