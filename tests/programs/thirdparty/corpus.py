"""Functions that call published packages as their users would, and the score of each.

A case is right if `adjoint.grad` agrees with Richardson-extrapolated finite differences to 1e-6.
What is refused must be refused with an error of `adjoint`; anything else is wrong.
"""

import importlib.metadata
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import adjoint as ad
from adjoint.errors import AdjointError

TOLERANCE = 1e-6


@dataclass(frozen=True)
class Case:
    """A program of somebody else's, and a point to differentiate it at.

    Attributes
    ----------
    package : the distribution that must be installed; "" for the standard library.
    call : what of the package is called, as its documentation writes it.
    function : from a number or an array to a number.
    step : the first step of the finite differences, relative to the point.
    refused : why no derivative is given, if an error is what is expected.
    """

    field: str
    package: str
    call: str
    function: Callable
    point: float | tuple[float, ...]
    step: float = 1e-3
    tolerance: float = TOLERANCE
    refused: str = ""

    @property
    def name(self) -> str:
        return f"{self.package or 'python'}:{self.function.__name__}"

    def version(self) -> str | None:
        """The version that is installed; None if the package is missing."""
        if not self.package:
            return ""
        try:
            return importlib.metadata.version(self.package)
        except importlib.metadata.PackageNotFoundError:
            return None


@dataclass(frozen=True)
class Score:
    """What came out of a case: "correct", "refused" (with an error) or "wrong"."""

    kind: str
    detail: str
    seconds: float


def differences(case: Case) -> np.ndarray:
    """The gradient by central differences at three steps, extrapolated to step zero."""
    point = np.asarray(case.point, float)
    found = np.empty(point.size)
    for index in range(point.size):
        size = case.step * (abs(point.flat[index]) or 1.0)
        slopes = [slope(case, point, index, size / 2**k) for k in range(3)]
        first = [(4 * slopes[k + 1] - slopes[k]) / 3 for k in range(2)]
        found[index] = (16 * first[1] - first[0]) / 15
    return found


def slope(case: Case, point: np.ndarray, index: int, size: float) -> float:
    ends = []
    for sign in (1.0, -1.0):
        moved = point.copy()
        moved.flat[index] += sign * size
        ends.append(float(case.function(argument(moved))))
    return (ends[0] - ends[1]) / (2 * size)


def argument(point: np.ndarray) -> float | np.ndarray:
    return float(point) if point.ndim == 0 else point


def score(case: Case) -> Score:
    """Differentiate a case and judge the outcome."""
    start = time.perf_counter()
    point = argument(np.asarray(case.point, float))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = differences(case)
        start = time.perf_counter()
        try:
            got = np.ravel(ad.grad(case.function)(point))
        except AdjointError as error:
            return Score("refused", error.what, time.perf_counter() - start)
        seconds = time.perf_counter() - start
    scale = np.abs(expected).max()
    error = np.abs(got - expected).max() / scale if scale else np.abs(got).max()
    kind = "correct" if error <= case.tolerance else "wrong"
    return Score(kind, f"{error:.1e}", seconds)
