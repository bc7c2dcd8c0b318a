"""Refusals that the program itself catches, and so goes another way than without a derivative.

A refusal made while a function is recorded always reaches the caller of the transform, whatever
`except` it met on the way: a program must not be differentiated on a path it does not take.
"""

from typing import Any

from adjoint import errors
from adjoint.trace.running import current

REFUSALS = (errors.MissingRule, errors.NonDifferentiable, errors.SourceNotFound)


def note(error: errors.AdjointError) -> None:
    """Remember an error that was made while a level runs; it need not be raised."""
    level = current()
    if level is not None and isinstance(error, REFUSALS):
        level.refusals.append(error)


def keep(level: Any, error: errors.AdjointError) -> None:
    """Remember a refusal of what a rule computed outside `level`."""
    if isinstance(error, REFUSALS) and all(other is not error for other in level.refusals):
        level.refusals.append(error)


def forget(level: Any, error: errors.AdjointError) -> None:
    """An error of a transform that the program itself calls: it may catch it."""
    level.refusals = [other for other in level.refusals if other is not error]


def raise_caught(level: Any) -> None:
    """Raise the first refusal that was raised during a recording which ended without it."""
    made, level.refusals = level.refusals, []
    for error in made:
        if error.__traceback__ is not None:
            error.add_note(
                "The program caught this error, and went on as it would not without a derivative."
            )
            raise error


def settle(level: Any, error: BaseException) -> None:
    """Raise the refusal, if there was one, that an exception of the program followed from."""
    if isinstance(error, Exception) and not isinstance(error, errors.AdjointError):
        raise_caught(level)
    level.refusals = []


errors.MADE.append(note)
