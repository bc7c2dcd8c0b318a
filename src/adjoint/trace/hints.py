"""Tells, once, that a program records so many scalar operations that compiling it would pay.

The recorder samples which function is running each time it needs new slots; that costs nothing.
"""

import sys
from collections import Counter
from types import FrameType

from adjoint.errors import LongRecording, Place, outside_adjoint, warn_at

MANY = 1_000_000  # scalar operations, about half a second of recording
TOLD: list[Place] = []  # a process is told once


class Busiest:
    """Which function of the program records most."""

    def __init__(self) -> None:
        self.recorded = 0
        self.shares: Counter[tuple[str, str]] = Counter()
        self.lines: dict[tuple[str, str], int] = {}

    def note(self, operations: int) -> None:
        """The function that called the recorder is about to record so many operations."""
        if TOLD:
            return
        self.recorded += operations
        frame = outside_adjoint(sys._getframe(1))
        if frame is not None:
            self.count(frame, operations)
        if self.recorded > MANY and self.shares:
            self.tell()

    def count(self, frame: FrameType, operations: int) -> None:
        function = (frame.f_code.co_filename, frame.f_code.co_name)
        self.shares[function] += operations
        self.lines.setdefault(function, frame.f_lineno)

    def tell(self) -> None:
        (function, share), *_ = self.shares.most_common(1)
        place = Place(function[0], self.lines[function])
        TOLD.append(place)
        warn_at(
            LongRecording,
            f"more than {MANY:,} scalar operations were recorded one by one, "
            f"{100 * share // self.recorded} % of them in `{function[1]}`; @adjoint.jit on that "
            "function compiles them instead, about a hundred times faster",
            place,
        )
