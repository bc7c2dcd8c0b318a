"""Threads that a differentiated program starts take turns, so that one tape can record them all.

They are threads of the operating system and do what they would do; but only one of them runs at a
time, and the turn goes on only where a thread waits: for a lock, for another thread, in a sleep. A
program whose threads wait for each other therefore runs as it does without being differentiated.
"""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from adjoint.errors import AdjointError
from adjoint.trace.running import LEVELS


class Turns:
    """The turns of the threads of one outermost recording.

    Attributes
    ----------
    is_used : a thread was started.
    errors : what this package raised where Python prints an exception and goes on.
    """

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.waiting: deque[object] = deque()
        self.is_taken = True  # by the thread that records
        self.asleep = 0
        self.blocked = 0
        self.ended: set[Any] = set()
        self.is_used = False
        self.errors: list[AdjointError] = []

    def take(self) -> None:
        """Wait for the turn; a thread whose recording is over ends here."""
        ticket = object()
        with self.condition:
            self.waiting.append(ticket)
            self.condition.wait_for(lambda: not self.is_taken and self.waiting[0] is ticket)
            self.waiting.popleft()
            if self.ended.intersection(LEVELS.running):
                self.condition.notify_all()
                raise SystemExit
            self.is_taken = True

    def release(self) -> None:
        with self.condition:
            self.is_taken = False
            self.condition.notify_all()

    @contextlib.contextmanager
    def aside(self, is_asleep: bool = False) -> Iterator[None]:
        """Let the others run during a call that waits; `is_asleep` if it ends by itself."""
        if not self.is_used:
            yield
            return
        self.count(is_asleep, 1)
        self.release()
        try:
            yield
        finally:
            self.count(is_asleep, -1)
            self.take()

    def count(self, is_asleep: bool, change: int) -> None:
        with self.condition:
            if is_asleep:
                self.asleep += change
            else:
                self.blocked += change

    def body(self, call: Callable) -> Callable:
        """What a new thread runs in order to run `call` in its turn, under the same levels."""
        running = list(LEVELS.running)
        self.is_used = True

        def run() -> None:
            LEVELS.running = running
            try:
                self.take()
            except SystemExit:
                return
            try:
                call()
            finally:
                self.release()

        return run

    def finish(self, level: Any, is_complete: bool) -> None:
        """Let threads run to their end, or until they wait for ever, when a recording is over."""
        if self.is_used and is_complete:
            with self.condition:
                self.is_taken = False
                self.condition.notify_all()
                self.condition.wait_for(lambda: not (self.is_taken or self.waiting or self.asleep))
                self.is_taken = True
        if self.is_used:
            self.ended.add(level)
        errors, self.errors = self.errors, []
        if errors and is_complete:
            raise errors[0]
