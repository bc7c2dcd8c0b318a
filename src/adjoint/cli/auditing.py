"""`adjoint audit`: what `testing.audit` finds in one call of a program."""

import functools
import inspect
import os
from collections.abc import Callable
from typing import Any

from adjoint.cli.tables import holds_float
from adjoint.cli.targets import BadInput
from adjoint.errors import LIBRARIES, Place
from adjoint.testing import Audit, Finding
from adjoint.testing import audit as audit_of


def audited(function: Callable, args: list, kwargs: dict[str, Any]) -> Audit:
    """The audit of a call; floats given by keyword are moved as those given by position are."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except (TypeError, ValueError):  # a native callable, or a call that will raise by itself
        given, named = tuple(args), kwargs
    else:
        given, named = bound.args, bound.kwargs
    if not holds_float(given):
        raise BadInput(
            "no argument holds a float, and integers have no derivative: write 2.0 for 2"
        )
    return audit_of(functools.partial(function, **named) if named else function, *given)


def as_json(report: Audit) -> dict:
    return {
        "ok": report.ok,
        "operations": report.operations,
        "findings": [finding_as_json(finding) for finding in report.findings],
        "steps": [finding_as_json(finding) for finding in report.steps],
    }


def finding_as_json(finding: Finding) -> dict:
    return {
        "kind": finding.kind,
        "what": finding.what,
        "place": finding.place and spot(finding.place),
        "caller": finding.caller and spot(finding.caller),
    }


def spot(place: Place) -> str:
    """A place as ``file:line``."""
    return f"{place.filename}:{place.lineno}"


def shortened(path: str) -> str:
    """A path without the folder it is looked at from, or in which packages are installed."""
    here = os.path.join(os.getcwd(), "")
    for folder in (here, *sorted(LIBRARIES, key=len, reverse=True)):
        if path.startswith(folder):
            return path.removeprefix(folder)
    return path
