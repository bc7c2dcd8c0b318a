"""Threads, locks, contexts and weak references of a program that is recorded."""

import _thread
import threading
import time
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

from adjoint.errors import AdjointError
from adjoint.trace.running import LEVELS

# Native packages whose objects keep what they are given and hand it on, and call nothing at once.
KEEPING = frozenset({"_asyncio", "_contextvars", "_queue", "_thread", "_weakref", "weakref"})
WAITING_PACKAGES = frozenset({"_thread", "_queue", "select"})
WAITING = frozenset(
    {"acquire", "acquire_lock", "__enter__", "join", "get", "wait", "poll", "select"}
)
LOCKS = (type(_thread.allocate_lock()), _thread.RLock)


def keeps(kind: type) -> bool:
    """True for a native class, or one derived from it, that only keeps what it is given."""
    return any(base.__module__ in KEEPING for base in kind.__mro__)


def can_wait(kind: type) -> bool:
    return any(base.__module__ in WAITING_PACKAGES for base in kind.__mro__)


class Concurrency:
    """How one level calls what starts, and waits for, other code."""

    def __init__(self, level: Any, calls: Any):
        self.level = level
        self.calls = calls

    def table(self) -> dict[Any, Callable]:
        starters = ["start_new_thread", "start_new", "start_joinable_thread"]
        return {
            **{
                getattr(_thread, name): self.starter(getattr(_thread, name))
                for name in starters
                if hasattr(_thread, name)
            },
            time.sleep: self.sleep,
            weakref.ref: self.refer,
            weakref.ref.__new__: lambda kind, referent, callback=None: weakref.ref.__new__(
                kind, referent, self.called_back(callback)
            ),
            weakref.proxy: lambda referent, callback=None: weakref.proxy(
                referent, self.called_back(callback)
            ),
        }

    def starter(self, native: Callable) -> Callable:
        """Starts a thread whose function is recorded by this level."""

        def start(
            function: Callable, args: tuple = (), kwargs: dict | None = None, /, **options: Any
        ) -> Any:
            owner = getattr(function, "__self__", None)
            if isinstance(owner, threading.Thread):
                owner.run = self.guarded(owner.run)
            run = self.guarded(function)
            call = self.level.turns.body(lambda: run(*args, **(kwargs or {})))
            return native(call, **options) if options else native(call, ())

        return start

    def sleep(self, seconds: float) -> None:
        with self.level.turns.aside(is_asleep=True):
            time.sleep(seconds)

    def guarded(self, function: Callable) -> Callable:
        """`function`, whose errors of this package are not left to what a thread does with them."""

        def run(*args: Any, **kwargs: Any) -> Any:
            try:
                return self.calls.call(function, *args, **kwargs)
            except AdjointError as error:
                self.level.turns.errors.append(error)

        return run

    def refer(self, referent: Any, callback: Any = None) -> weakref.ref:
        return weakref.ref(referent, self.called_back(callback))

    def called_back(self, callback: Any) -> Any:
        """`callback` for a caller that is native: recorded while this level runs."""
        if callback is None:
            return None

        def called(*args: Any) -> Any:
            running = LEVELS.running
            is_recorded = bool(running) and running[-1] is self.level
            return self.calls.call(callback, *args) if is_recorded else callback(*args)

        return called

    # methods of native objects

    def knows(self, owner: Any) -> bool:
        if isinstance(owner, ModuleType):
            return owner.__name__ == "_asyncio"
        return keeps(type(owner)) or can_wait(type(owner))

    def method(self, owner: Any, name: str, function: Any, args: tuple, kwargs: dict) -> Any:
        """A method of an object that `knows` knows."""
        if name == "run" and type(owner).__module__ == "_contextvars":
            call, *rest = args
            return function(self.calls.call, call, *rest, **kwargs)
        if isinstance(owner, ModuleType):
            return function(*args, **kwargs)
        if name in WAITING and can_wait(type(owner)):
            return self.wait(owner, function, args, kwargs)
        return function(*args, **kwargs)

    def wait(self, owner: Any, function: Callable, args: tuple, kwargs: dict) -> Any:
        """A call that may wait for another thread, which has its turn meanwhile."""
        turns = self.level.turns
        if not turns.is_used:
            return function(*args, **kwargs)
        if isinstance(owner, LOCKS) and owner.acquire(False):
            return True
        with turns.aside():
            return function(*args, **kwargs)

    def manage(self, manager: Any) -> Any:
        """A native context manager: a lock is waited for in turns."""
        is_lock = isinstance(manager, LOCKS) and self.level.turns.is_used
        return PoliteLock(self, manager) if is_lock else manager


class PoliteLock:
    """A lock, entered and left as in a ``with`` statement."""

    def __init__(self, concurrency: Concurrency, lock: Any):
        self.concurrency = concurrency
        self.lock = lock

    def __enter__(self) -> Any:
        return self.concurrency.wait(self.lock, self.lock.acquire, (), {})

    def __exit__(self, *details: Any) -> None:
        self.lock.release()
