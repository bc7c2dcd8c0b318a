"""The traced tier: differentiates any Python program by watching it run."""

from adjoint.trace import substitutes
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

SUBSTITUTES = [
    ("concurrent.futures.thread", "ThreadPoolExecutor.submit"),
    ("concurrent.futures.thread", "ThreadPoolExecutor.shutdown"),
    ("asyncio.base_events", "BaseEventLoop.call_exception_handler"),
]
for library, name in SUBSTITUTES:
    substitutes.register(library, name, "adjoint.trace.executors")

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
