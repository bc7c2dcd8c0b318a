"""Native code of libraries that has no public name, and what is done when it is no longer there.

Some sources that are followed call native functions by names that are private to their library.
A rule has to name them too. Where a version of the library lacks one, its rule is not entered: the
program is told `MissingRule` if it comes to the function that took its place, and no other rule is
lost.
"""

import importlib
from typing import Any


class Absent:
    """Stands for what a library does not have, and for all its attributes."""

    def __getattr__(self, name: str) -> "Absent":
        return self


ABSENT = Absent()


class Native:
    """A module of a library by its name; what it lacks is `ABSENT`, all of it where it is gone."""

    def __init__(self, name: str):
        try:
            self.module: Any = importlib.import_module(name)
        except ImportError:
            self.module = ABSENT

    def __getattr__(self, name: str) -> Any:
        return getattr(self.module, name, ABSENT)


def present(*functions: Any) -> list:
    """Those of `functions` that the library has."""
    return [function for function in functions if function is not ABSENT]
