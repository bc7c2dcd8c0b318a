"""Rotations and rigid transforms of `scipy.spatial.transform`, by SciPy's own program in Python.

SciPy (1.17 and later) has each function twice: compiled, for NumPy, and in Python for arrays of any
kind. They have the same values; the second is followed. In earlier versions they have no rule.
"""

import sys
from types import ModuleType

from scipy.spatial import transform

from adjoint.rules.ruleset import RULES, definition


def state_twins(kind: type) -> None:
    """Let the compiled functions behind a class be followed as their twins in Python."""
    backends = vars(sys.modules[kind.__module__])
    compiled, python = backends.get("cython_backend"), backends.get("xp_backend")
    if not isinstance(compiled, ModuleType) or not isinstance(python, ModuleType):
        return
    for name, program in vars(python).items():
        twin = getattr(compiled, name, None)
        is_own = getattr(program, "__module__", None) == python.__name__
        if is_own and callable(twin) and twin not in RULES:
            definition(twin)(program)


state_twins(transform.Rotation)
if hasattr(transform, "RigidTransform"):
    state_twins(transform.RigidTransform)
