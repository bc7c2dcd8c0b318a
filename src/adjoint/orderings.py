"""The functions of `heapq` that choose items, which it does with native functions of its own.

Its documentation states them as these expressions.
"""

from collections.abc import Callable, Iterable


def nsmallest(n: int, iterable: Iterable, key: Callable | None = None) -> list:
    return sorted(iterable, key=key)[: max(n, 0)]


def nlargest(n: int, iterable: Iterable, key: Callable | None = None) -> list:
    return sorted(iterable, key=key, reverse=True)[: max(n, 0)]
