"""Which levels of differentiation run on the thread that asks."""

import threading
from typing import Any


class Levels(threading.local):
    """The running levels of one thread, innermost last, and idle ones to use again."""

    def __init__(self) -> None:
        self.running: list[Any] = []
        self.idle: dict[Any, list[Any]] = {}
        self.again: dict[Any, list[Any]] = {}  # those of calls that are made again in a sweep


LEVELS = Levels()


def current() -> Any:
    """The innermost level that runs on this thread; None if nothing is recorded."""
    return LEVELS.running[-1] if LEVELS.running else None
