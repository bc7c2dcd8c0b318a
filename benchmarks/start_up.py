"""How soon a process has its first gradient: the first process, and those that find machine code.

Each is measured in a process of its own. Numba's primal is the program alone, compiled and cached
by Numba.
"""

import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import FunctionType
from typing import Any

BEGUN = time.perf_counter()
ROOT = Path(__file__).parent.parent
PROGRAMS = ROOT / "benchmarks" / "programs"


def gradient_of(module: Any) -> None:
    import adjoint as ad  # noqa: PLC0415

    gradient = ad.value_and_grad(ad.jit(module.loss), argnums=module.ARGNUMS)
    gradient(*module.arguments())


def primal_by_numba(module: Any) -> None:
    import numba  # noqa: PLC0415

    for name, value in list(vars(module).items()):
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            setattr(module, name, numba.njit(cache=True)(value))
    module.loss(*ordinary_arguments(module))


def ordinary_arguments(module: Any) -> tuple:
    return getattr(module.arguments, "py_func", module.arguments)()


RUNS = {"adjoint": gradient_of, "numba": primal_by_numba}


def measured(run: str, path: str) -> dict:
    """Seconds from the start of the process, and of the first call, imports included."""
    found = importlib.util.spec_from_file_location(Path(path).stem, path)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    before = time.perf_counter()
    RUNS[run](module)
    after = time.perf_counter()
    return {"process": after - BEGUN, "first call": after - before}


def all_measured(names: list[str], rounds: int) -> dict[str, dict]:
    """Of each program: the first process, and the medians of those after it."""
    content = {}
    for name in names:
        with tempfile.TemporaryDirectory() as directory:
            path = shutil.copy(PROGRAMS / f"{name}.py", directory)
            rows = {}
            for run in RUNS:
                first, *others = [in_process(run, path, directory) for _ in range(rounds + 1)]
                later = {k: statistics.median(other[k] for other in others) for k in first}
                rows[run] = {"first": first, "later": later}
            content[name] = rows
    return content


def in_process(run: str, path: str, directory: str) -> dict:
    environment = {**os.environ, "ADJOINT_CACHE_DIR": str(Path(directory, "kept"))}
    environment.pop("NUMBA_CACHE_DIR", None)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # modules are compiled once, as after pip
    command = [sys.executable, "-m", "benchmarks.start_up", run, path]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def markdown(content: dict[str, dict]) -> str:
    lines = ["| program | first process | **next process** | the primal by Numba, next process |"]
    lines.append("|---|--:|--:|--:|")
    for name, rows in content.items():
        first = rows["adjoint"]["first"]["first call"]
        later, primal = (rows[run]["later"]["first call"] for run in RUNS)
        title = name.replace("_", " ")
        lines.append(f"| {title} | {first:.1f} s | **{later:.2f} s** | {primal:.2f} s |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(json.dumps(measured(*sys.argv[1:])))
