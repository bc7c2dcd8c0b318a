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


def test_import_is_light():
    """Importing adjoint loads no compiler and no solver: a newcomer's first gradient is instant."""
    heavy = {"numba", "scipy.sparse", "scipy.linalg", "matplotlib"}
    program = f"import adjoint, sys; print(set({sorted(heavy)}) & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "set()"
