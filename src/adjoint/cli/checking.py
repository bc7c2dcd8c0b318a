"""`adjoint check`: the same derivatives by independent ways."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from adjoint import transforms
from adjoint.cli.tables import Sheet, sheet
from adjoint.compile import as_jitted
from adjoint.errors import AdjointError
from adjoint.testing import finite_difference_jacobian

# Richardson extrapolation in double precision loses about 1e-10; kinks and noise lose more.
FINITE_TOLERANCE = 1e-6
TIER_TOLERANCE = 1e-10


@dataclass(frozen=True)
class Line:
    """One partial derivative, by each way; `compiled` is None if the tier refuses the program."""

    label: str
    traced: float
    finite: float
    compiled: float | None

    @property
    def difference(self) -> float:
        return abs(self.traced - self.finite)

    @property
    def passed(self) -> bool:
        return close(self.traced, self.finite, FINITE_TOLERANCE) and (
            self.compiled is None or close(self.traced, self.compiled, TIER_TOLERANCE)
        )


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check; `refusal` says why the compiled tier did not take part."""

    lines: list[Line]
    refusal: str | None

    @property
    def passed(self) -> bool:
        return all(line.passed for line in self.lines)

    def as_json(self) -> dict:
        lines = [{**asdict(line), "passed": line.passed} for line in self.lines]
        return {"passed": self.passed, "derivatives": lines, "refusal": self.refusal}


def close(a: float, b: float, tolerance: float) -> bool:
    return a == b or math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)


def verify(function: Callable, args: list, kwargs: dict[str, Any]) -> Verdict:
    """Differentiate a call in both tiers, and by finite differences."""
    jitted = as_jitted(function)
    plain = function if jitted is None else jitted.__wrapped__
    traced = sheet(plain, args, kwargs)
    compiled, refusal = compiled_sheet(plain, args, kwargs)
    finite = sheet(plain, args, kwargs, jacobian=finite_difference_jacobian)
    lines = []
    for place, row in enumerate(traced.rows):
        for which, (output, _) in enumerate(traced.outputs):
            other = None if compiled is None else compiled.rows[place].derivatives[which]
            lines.append(
                Line(
                    f"∂{output}/∂{row.label}",
                    row.derivatives[which],
                    finite.rows[place].derivatives[which],
                    other,
                )
            )
    return Verdict(lines, refusal)


def compiled_sheet(
    function: Callable, args: list, kwargs: dict[str, Any]
) -> tuple[Sheet | None, str | None]:
    try:
        return sheet(transforms.jit(function), args, kwargs), None
    except AdjointError as error:
        place = f" ({error.place.filename}:{error.place.lineno})" if error.place else ""
        first = error.what.splitlines()[0]
        return None, f"refused: {first}{place}"
