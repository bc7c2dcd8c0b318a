"""Thread pools and event loops of a program that is recorded.

Each piece of work for a pool has a thread that takes turns: the threads of the pool may be older
than the recording, which does not see what they do. An event loop must not swallow an error of
adjoint.
"""

import concurrent.futures
import threading
import weakref
from collections.abc import Callable
from typing import Any

from adjoint.errors import AdjointError
from adjoint.trace.recording import unrecorded

WORKERS: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def submit(
    self: concurrent.futures.ThreadPoolExecutor, fn: Callable, /, *args: Any, **kwargs: Any
) -> concurrent.futures.Future:
    unrecorded(self.submit, nothing)  # raises what it raises after `shutdown`
    future: concurrent.futures.Future = concurrent.futures.Future()
    worker = threading.Thread(target=carry_out, args=(future, fn, args, kwargs), daemon=True)
    WORKERS.setdefault(self, []).append(worker)
    worker.start()
    return future


def nothing() -> None:
    """Work that is none."""


def carry_out(future: concurrent.futures.Future, fn: Callable, args: tuple, kwargs: dict) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = fn(*args, **kwargs)
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)


def shutdown(
    self: concurrent.futures.ThreadPoolExecutor, wait: bool = True, *, cancel_futures: bool = False
) -> None:
    workers = WORKERS.pop(self, [])
    if wait:
        for worker in workers:
            worker.join()
    unrecorded(self.shutdown, wait, cancel_futures=cancel_futures)


def call_exception_handler(self: Any, context: dict) -> None:
    error = context.get("exception")
    if isinstance(error, AdjointError):
        raise error
    unrecorded(self.call_exception_handler, context)
