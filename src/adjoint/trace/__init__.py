"""The traced tier: differentiates any Python program by watching it run."""

from adjoint.trace.collection import FewerCollections
from adjoint.trace.recording import (
    Recording,
    holds_live,
    is_called_directly,
    is_live,
    is_recording,
    is_watched,
    observe,
    reaches_live,
    record,
    unknown,
    unrecorded,
)

__all__ = [
    "FewerCollections",
    "Recording",
    "holds_live",
    "is_called_directly",
    "is_live",
    "is_recording",
    "is_watched",
    "observe",
    "reaches_live",
    "record",
    "unknown",
    "unrecorded",
]
