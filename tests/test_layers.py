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


LATER = """
import importlib, pkgutil
import numpy as np
from scipy import special
for library, names in (
    (np, "unstack cumulative_sum cumulative_prod matvec vecmat"),
    (special, "sph_harm_y sph_harm_y_all legendre_p assoc_legendre_p sph_legendre_p "
              "legendre_p_all assoc_legendre_p_all sph_legendre_p_all"),
):
    for name in names.split():
        delattr(library, name)
import adjoint
for found in pkgutil.walk_packages(adjoint.__path__, "adjoint."):
    if not found.name.endswith(("__main__", "rules.wrapt", "rules.pandas")):
        importlib.import_module(found.name)
print(adjoint.grad(adjoint.jit(np.sin))(0.0))
"""


def test_the_oldest_numpy_and_scipy_will_do():
    """Names that are younger than the versions asked for are not taken for granted."""
    found = subprocess.run(
        [sys.executable, "-c", LATER], capture_output=True, text=True, check=False
    )
    assert found.stdout.strip() == "1.0", found.stderr


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
