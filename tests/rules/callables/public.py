"""The public callables of the modules that a numerical program uses."""

import importlib
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

MODULES = [
    *["math", "cmath", "operator"],
    *["numpy", "numpy.linalg", "numpy.fft", "numpy.random", "numpy.lib.stride_tricks"],
    *["scipy.special", "scipy.linalg", "scipy.fft", "scipy.integrate", "scipy.optimize"],
    *["scipy.interpolate", "scipy.signal", "scipy.ndimage", "scipy.sparse", "scipy.sparse.linalg"],
    *["scipy.spatial", "scipy.spatial.distance", "scipy.spatial.transform"],
]
OF_DISTRIBUTIONS = ("pdf", "logpdf", "cdf", "ppf", "rvs")


@dataclass(frozen=True)
class Public:
    """A public callable, or an attribute of arrays."""

    module: str
    name: str
    function: Any


def of_module(module: str) -> list[Public]:
    loaded = importlib.import_module(module)
    names = getattr(loaded, "__all__", None) or dir(loaded)
    found = [(name, getattr(loaded, name, None)) for name in sorted(names)]
    return [Public(module, name, f) for name, f in found if name[0] != "_" and callable(f)]


def of_class(module: str, kind: type) -> list[Public]:
    names = [name for name in dir(kind) if not name.startswith("_")]
    return [Public(module, name, getattr(kind, name)) for name in names]


def distributions() -> list[str]:
    return [name for name in dir(stats) if isinstance(getattr(stats, name), stats.rv_continuous)]


def of_stats() -> list[Public]:
    names = [f"{name}.{method}" for name in distributions() for method in OF_DISTRIBUTIONS]
    return [Public("scipy.stats", name, operator.attrgetter(name)(stats)) for name in names]


def public() -> dict[str, list[Public]]:
    """The public callables by module."""
    sections: dict[str, Callable] = {name: lambda name=name: of_module(name) for name in MODULES}
    found = {name: make() for name, make in sections.items()}
    found["numpy.ufunc"] = [
        Public("numpy.ufunc", name, getattr(np.ufunc, name))
        for name in ("__call__", "accumulate", "at", "outer", "reduce", "reduceat")
    ]
    found["numpy.ndarray"] = of_class("numpy.ndarray", np.ndarray)
    found["scipy.stats"] = of_stats()
    return found
