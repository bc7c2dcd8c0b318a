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

SUBSTITUTES = {
    "adjoint.trace.executors": [
        ("concurrent.futures.thread", "ThreadPoolExecutor.submit"),
        ("concurrent.futures.thread", "ThreadPoolExecutor.shutdown"),
        ("asyncio.base_events", "BaseEventLoop.call_exception_handler"),
    ],
    "adjoint.averages": [
        ("statistics", name)
        for name in (
            *("mean", "harmonic_mean", "variance", "pvariance", "stdev", "pstdev"),
            "NormalDist.from_samples",
        )
    ],
    "adjoint.orderings": [("heapq", "nsmallest"), ("heapq", "nlargest")],
    "adjoint.quantiles": [("statistics", "NormalDist.inv_cdf")],
    "adjoint.normal_vectors": [
        ("scipy.stats", f"multivariate_normal.__class__.{name}")
        for name in ("__call__", "logpdf", "pdf")
    ],
}
for module, names in SUBSTITUTES.items():
    for library, name in names:
        substitutes.register(library, name, module)

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
