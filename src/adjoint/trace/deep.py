"""Runs what recurses deeply where there is room for it."""

import sys
import threading
from collections.abc import Callable
from typing import Any

DEPTH = 50_000
STACK = 512 * 2**20
LOCK = threading.Lock()  # the limit and the stack size are settings of the whole process


def on_a_stack_of_its_own(function: Callable, *args: Any) -> Any:
    """``function(*args)`` in a thread whose stack is empty and large."""
    outcome: list = []

    def run() -> None:
        try:
            outcome.append((function(*args), None))
        except BaseException as error:
            outcome.append((None, error))

    with LOCK:
        limit, size = sys.getrecursionlimit(), threading.stack_size(STACK)
        sys.setrecursionlimit(max(limit, DEPTH))
        try:
            thread = threading.Thread(target=run, name="adjoint rewriting")
            thread.start()
            thread.join()
        finally:
            sys.setrecursionlimit(limit)
            threading.stack_size(size)
    result, error = outcome[0]
    if error is not None:
        raise error
    return result
