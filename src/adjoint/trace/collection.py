"""Puts off Python's full garbage collections while a recording runs.

A tape is many small objects that all stay: looking through all of them again and again finds no
garbage and took a quarter of the time. Young objects are collected as always.
"""

import gc
from typing import Any

RARELY = 1000  # middle collections between two full ones; Python's own number is 10


class FewerCollections:
    """Within it full collections are rare; the program's own settings are put back after it."""

    def __enter__(self) -> None:
        self.before = gc.get_threshold()
        self.calmer = (*self.before[:2], max(self.before[2], RARELY))
        gc.set_threshold(*self.calmer)

    def __exit__(self, *details: Any) -> None:
        if gc.get_threshold() == self.calmer:  # the program set none itself meanwhile
            gc.set_threshold(*self.before)
