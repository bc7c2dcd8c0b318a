"""Programs of many styles, each written once as its users would: loops and NumPy.

Each module has ``loss``, the program, ``arguments``, which makes what it is called with, and
``ARGNUMS``, what its gradient is taken with respect to. ``SHORT``, where there is one, are the
arguments of ``arguments`` for peers that go through the loops operation by operation.
"""

import importlib
import sys
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

import numba
import numpy as np

NAMES = (
    "flight",
    "lotka_volterra",
    "nbody",
    "bundle_adjustment",
    "gaussian_mixture",
    "lstm",
    "stencil",
    "soft_alignment",
    "tree",
    "ray_tracer",
    "adaptive_steps",
    "particle_filter",
)
JUMPS = ("particle_filter",)  # differences are of no use to check these
DIRECTIONS = 3


@dataclass(frozen=True)
class Problem:
    """One of the programs, by name, at its length or at the one for peers that are slow."""

    program: str
    short: bool = False

    @property
    def module(self) -> ModuleType:
        return importlib.import_module(f"benchmarks.programs.{self.program}")

    @property
    def has_short(self) -> bool:
        return hasattr(self.module, "SHORT")

    @property
    def arguments(self) -> tuple:
        return self.module.arguments(**(self.module.SHORT if self.short else {}))


def numba_primal(module: ModuleType) -> Any:
    """The program, and the functions of its module that it calls, compiled by Numba as they are."""
    home = sys.modules[module.loss.__module__]
    namespace = dict(vars(home))
    for name, value in vars(home).items():
        if isinstance(value, FunctionType) and value.__module__ == home.__name__:
            namespace[name] = numba.njit(FunctionType(value.__code__, namespace, name))
    return namespace[module.loss.__name__]


def directions(module: ModuleType, args: tuple) -> list[tuple]:
    """Random directions in the space of what is differentiated."""
    random = np.random.default_rng(0)
    return [
        tuple(random.standard_normal(np.shape(args[n])) for n in module.ARGNUMS)
        for _ in range(DIRECTIONS)
    ]


def slopes(module: ModuleType, args: tuple, gradient: tuple) -> list[float]:
    """The derivatives along `directions` of which a gradient speaks."""
    return [
        float(sum(np.sum(np.asarray(g) * d) for g, d in zip(gradient, along, strict=True)))
        for along in directions(module, args)
    ]
