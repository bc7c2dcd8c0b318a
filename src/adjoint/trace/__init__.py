"""The traced tier: differentiates any Python program by watching it run."""

from adjoint.trace.collection import FewerCollections
from adjoint.trace.recording import (
    Recording,
    is_live,
    is_recording,
    is_watched,
    observe,
    reaches_live,
    record,
    unrecorded,
)

__all__ = [
    "FewerCollections",
    "Recording",
    "is_live",
    "is_recording",
    "is_watched",
    "observe",
    "reaches_live",
    "record",
    "unrecorded",
]
