"""Programs of many styles, each written once as its users would: loops and NumPy.

Each module has ``loss``, the program, ``arguments``, which makes what it is called with, and
``ARGNUMS``, what its gradient is taken with respect to.
"""

import importlib
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

import numba
import numpy as np

NAMES = (
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
    """One of the programs, by name."""

    program: str

    @property
    def module(self) -> ModuleType:
        return importlib.import_module(f"benchmarks.programs.{self.program}")


def numba_primal(module: ModuleType) -> Any:
    """The program, and the functions of its module that it calls, compiled by Numba as they are."""
    namespace = dict(vars(module))
    for name, value in vars(module).items():
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            namespace[name] = numba.njit(FunctionType(value.__code__, namespace, name))
    return namespace["loss"]


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
