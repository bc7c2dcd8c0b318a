"""The package keeps its own promises about its shape."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import adjoint

SOURCES = sorted(Path(adjoint.__file__).parent.rglob("*.py"))
FORBIDDEN = {"utils", "core", "misc", "common", "helpers"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_modules_are_small_and_named_for_a_subject(path):
    text = path.read_text()
    assert path.stem not in FORBIDDEN
    assert text.count("\n") <= 600
    tree = ast.parse(text)
    assert not text or ast.get_docstring(tree), "a module opens by saying what it does"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 60, node.name


HEAVY = ["adjoint.compile.jitted", "matplotlib", "numba", "optree", "pygments", "scipy"]


@pytest.mark.parametrize("asked", ["", "adjoint.grad(math.exp)(1.0); "], ids=["import", "number"])
def test_import_is_light(asked):
    """A newcomer's first gradient of a number waits for no compiler, solver or container."""
    program = f"import adjoint, math, sys; {asked}print(set({HEAVY}) & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "set()"


def test_what_is_imported_late_is_there():
    program = "import adjoint as ad; print('testing' in dir(ad), ad.testing.check_grads.__name__)"
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["True", "check_grads"]
    with pytest.raises(AttributeError, match="no attribute 'wrong'"):
        _ = adjoint.wrong
    with pytest.raises(AttributeError, match="no attribute 'wrong'"):
        _ = adjoint.compile.wrong
