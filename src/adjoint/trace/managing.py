"""Context managers and asynchronous iterators written in Python, stepped through the call hook."""

from collections.abc import Callable
from typing import Any

from adjoint.trace.plain_types import class_attribute, python_method


class Managed:
    """A context manager written in Python, entered and left through the call hook."""

    def __init__(self, call: Callable, manager: Any):
        self.call = call
        self.manager = manager

    def __enter__(self) -> Any:
        return self.call(method_of(self.manager, "__enter__"), self.manager)

    def __exit__(self, *details: Any) -> Any:
        return self.call(method_of(self.manager, "__exit__"), self.manager, *details)


class ManagedAsync(Managed):
    """The same for ``async with``."""

    def __aenter__(self) -> Any:
        return self.call(method_of(self.manager, "__aenter__"), self.manager)

    def __aexit__(self, *details: Any) -> Any:
        return self.call(method_of(self.manager, "__aexit__"), self.manager, *details)


class Advancing:
    """An asynchronous iterator written in Python, advanced through the call hook."""

    def __init__(self, call: Callable, iterator: Any):
        self.call = call
        self.iterator = iterator

    def __aiter__(self) -> "Advancing":
        return self

    def __anext__(self) -> Any:
        return self.call(method_of(self.iterator, "__anext__"), self.iterator)


def method_of(value: Any, name: str) -> Any:
    return python_method(type(value), name) or class_attribute(type(value), name)
