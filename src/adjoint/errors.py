"""The errors of adjoint: each says where, what is wrong, and what to write instead.

Every error raised on purpose is an `AdjointError` that carries the user's file and line.
"""

import linecache
import os
import sys
import sysconfig
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
SOLVERS = ("adjoint.solvers", "adjoint.implicit")
LIBRARIES = tuple(
    {
        os.path.join(sysconfig.get_path(name), "")
        for name in ("stdlib", "platstdlib", "purelib", "platlib")
    }
)
PACKAGE_FOLDERS = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
# What the prompts of Python, IPython and doctest call the code that somebody types; a text that is
# executed without a name is ``<string>``. Other names in angle brackets are given by libraries.
TYPED = ("<stdin", "<string", "<input", "<console", "<ipython", "<python-input", "<doctest")


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one line of the user's source; columns count from zero, `end` is exclusive."""

    filename: str
    lineno: int
    column: int | None = None
    end: int | None = None

    @property
    def text(self) -> str:
        return linecache.getline(self.filename, self.lineno).rstrip("\n")

    def __str__(self) -> str:
        lines = [f'  File "{self.filename}", line {self.lineno}']
        stripped = self.text.lstrip()
        if stripped:
            lines.append(f"    {stripped}")
            if self.column is not None:
                start = self.column - (len(self.text) - len(stripped))
                width = max(1, (self.end or self.column + 1) - self.column)
                if 0 <= start < len(stripped):
                    lines.append("    " + " " * start + "^" * min(width, len(stripped) - start))
        return "\n".join(lines)


def is_ours(filename: str) -> bool:
    """True for a file of this package, whose frames mean nothing to the user."""
    return filename.startswith(PACKAGE) or filename.startswith("<adjoint")


def is_library(filename: str) -> bool:
    """True for a file of the standard library or of an installed package, or code made by one."""
    if filename.startswith("<"):
        return not filename.startswith(TYPED)
    return filename.startswith(LIBRARIES) or any(folder in filename for folder in PACKAGE_FOLDERS)


def user_place(frame: FrameType | None = None) -> Place | None:
    """The innermost running line that is not adjoint's own, or None outside user code."""
    frame = outside_adjoint(frame or sys._getframe(1))
    return None if frame is None else place_of_frame(frame)


def calling_place(frame: FrameType | None = None) -> Place | None:
    """The user's own line that called the library which is running; None outside a library."""
    frame = outside_adjoint(frame or sys._getframe(1))
    if frame is None or not is_library(frame.f_code.co_filename):
        return None
    while frame is not None:
        name = frame.f_code.co_filename
        if not is_ours(name) and not is_library(name):
            return place_of_frame(frame)
        frame = frame.f_back
    return None


def outside_adjoint(frame: FrameType | None) -> FrameType | None:
    """The innermost frame from `frame` outwards whose file is not of this package."""
    while frame is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def is_in_solver(frame: FrameType | None) -> bool:
    """True inside a solver of this package, which holds its steps fixed on purpose."""
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith(SOLVERS):
            return True
        frame = frame.f_back
    return False


def place_of_frame(frame: FrameType) -> Place:
    return Place(frame.f_code.co_filename, frame.f_lineno, *columns_of(frame))


def columns_of(frame: FrameType) -> tuple[int | None, int | None]:
    """First and last column of the instruction a frame is at, where it spans one line."""
    for index, position in enumerate(frame.f_code.co_positions()):
        if index == frame.f_lasti // 2:
            line, end_line, column, end = position
            return (column, end) if line == end_line == frame.f_lineno else (None, None)
    return None, None


class DerivativeLost(UserWarning):
    """A derivative became zero where the program may not have meant it: in an integer array."""


class ExactEquality(UserWarning):
    """A live value met ``==`` or ``!=`` at the one point where it is equal: a branch of a point."""


class LongRecording(UserWarning):
    """So many scalar operations were recorded that compiling the function would pay."""


class CacheUnavailable(UserWarning):
    """Compiled functions are not kept on disk, because the directory for it cannot be trusted."""


class UnrolledLoop(UserWarning):
    """A loop that stops at convergence has the derivative of its steps, not that of its limit."""


def warn_at(category: type[Warning], message: str, place: Place | None) -> None:
    """Warn with a file and line noted before."""
    place = place or Place("<unknown>", 0)
    warnings.warn_explicit(message, category, place.filename, place.lineno)


def warn(category: type[Warning], message: str) -> None:
    """Warn with the file and line of the user's code that is running."""
    frame = sys._getframe(1)
    place, caller = user_place(frame) or Place("<unknown>", 0), calling_place(frame)
    if caller is not None:
        message = f"{message} (in {place.filename}:{place.lineno})"
        place = caller
    warnings.warn_explicit(message, category, place.filename, place.lineno)


MADE: list[Callable[["AdjointError"], None]] = []
"""What is told of every error of this package as it is made; fixed when the package is imported."""


class AdjointError(Exception):
    """Base of all errors of adjoint.

    Parameters
    ----------
    what : one sentence: what is wrong.
    instead : what the user can write instead.
    place : where; the innermost line of user code that is running, if not given.

    Attributes
    ----------
    caller : the user's own line, where `place` is inside a library that the user's code called.
    """

    def __init__(self, what: str, *, instead: str, place: Place | None = None):
        self.what = what
        self.instead = instead
        frame = sys._getframe(1)
        self.caller = None if place else calling_place(frame)
        self.place = place or user_place(frame)
        super().__init__(what)
        for tell in MADE:
            tell(self)

    def __str__(self) -> str:
        where = f"\n{self.place}" if self.place else ""
        called = f"\nin a library that was called from\n{self.caller}" if self.caller else ""
        return f"{self.what}{where}{called}\nInstead: {self.instead}"


class MissingRule(AdjointError, NotImplementedError):
    """A value that carries a derivative reached an operation that has no rule."""


class NonDifferentiable(AdjointError, TypeError):
    """The derivative asked for does not exist: an integer, a string, an undefined point."""


class NotScalar(AdjointError, TypeError):
    """`grad` was asked for the gradient of something that is not one real number."""


class StructureMismatch(AdjointError, TypeError):
    """A tangent or cotangent has not the structure, shape or type of its primal."""


class InvalidArgument(AdjointError, ValueError):
    """A transform was called in a way that has no meaning: a wrong argnums, a missing argument."""


class UnsupportedType(AdjointError, TypeError):
    """The compiled tier was given a value of a type it cannot compile."""


class SourceNotFound(AdjointError, OSError):
    """The source of a function that must be differentiated cannot be found."""


class CheckFailed(AdjointError, AssertionError):
    """A derivative differs from its independent check."""


class UnsupportedSyntax(AdjointError, SyntaxError):
    """Syntax that the compiled tier refuses; Python draws the caret under it."""

    def __init__(self, what: str, *, instead: str, place: Place | None = None):
        super().__init__(what, instead=instead, place=place)
        self.msg = f"{what}\nInstead: {instead}"
        if self.place is not None:
            self.filename = self.place.filename
            self.lineno = self.place.lineno
            self.text = self.place.text or None
            self.offset = None if self.place.column is None else self.place.column + 1
            self.end_lineno = self.place.lineno
            self.end_offset = None if self.place.end is None else self.place.end + 1
