"""Numbers that a recorded program writes into text, so that they are not read back as constants.

A text carries no derivative. Most are for people; but a program that formats a live value and later
reads the same text as a number has cut it off, which is an error at the line that reads it.
"""

import ast
import functools
import io
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from types import FunctionType
from typing import Any

import numpy as np

from adjoint.errors import MissingRule, is_library
from adjoint.trace.plain_types import class_attribute
from adjoint.trace.reach import reachable

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
NAME = re.compile(r"[<>=|]?[A-Za-z_]\w*")  # of a function, an option or a type ("<f8")
PRINTED = frozenset({float, complex, np.float64, np.ndarray, list, tuple, dict})
SILENT = frozenset({str, int, bool, bytes, type(None)})
PRINTING = {"sep", "end", "file", "flush"}
CONVERSIONS = {ord("s"): str, ord("r"): repr, ord("a"): ascii}
READERS = (ast.literal_eval, ast.parse, compile, Decimal, Fraction)  # beside float and complex
READING_MODULES = frozenset({"json", "tomllib"})
TELLING = 6  # digits by which a number read by native code is known to be one that was written
MANY_DIGITS, MOST_DIGITS = 4, 40
MOST_READ = 1000  # parts of what native code made


class Texts:
    """What one level, and the levels around it, have written of live values."""

    def __init__(self, level: Any):
        self.level = level
        outer = None if level.outer is None else level.outer.texts
        self.numbers: set[str] = set() if outer is None else outer.numbers
        self.digits = Digits() if outer is None else outer.digits
        self.given: list[str] = [] if outer is None else outer.given  # to native code

    def clear(self) -> None:
        if self.level.outer is None:
            self.numbers.clear()
            self.digits.clear()
            self.given.clear()

    # writing

    def note(self, values: Any, text: Any) -> Any:
        """`text`, which was made from `values`."""
        if isinstance(text, str | bytes) and self.is_live(values):
            self.numbers.update(numbers_in(text))
            self.digits.note(values, text)
        return text

    def is_live(self, values: Any) -> bool:
        level = self.level
        while level is not None:
            if reachable(level.recorder, values):
                return True
            level = level.outer
        return False

    def formatted(self, value: Any, conversion: int = -1, specification: str = "") -> str:
        """What an f-string puts in its place for ``{value!conversion:specification}``."""
        shown = CONVERSIONS[conversion](value) if conversion in CONVERSIONS else value
        text = format(shown, specification)
        return text if type(value) in SILENT else self.note(value, text)

    def writer(self, function: Any) -> Any:
        """What to call for `str`, `repr`, `ascii` or `format`."""

        def write(*args: Any, **kwargs: Any) -> Any:
            text = function(*args, **kwargs)
            return text if not args or type(args[0]) in SILENT else self.note(args, text)

        return write

    def print(self, *values: Any, **options: Any) -> None:
        """``print``, whose text a program may read back from the file it goes to."""
        live = [value for value in values if type(value) in PRINTED and self.is_live(value)]
        for value in live:
            self.note(value, str(value))
        stream = sys.stdout if options.get("file") is None else options["file"]
        write = class_attribute(type(stream), "write")
        is_followed = type(write) is FunctionType and options.keys() <= PRINTING
        if is_followed and not is_library(write.__code__.co_filename):
            self.print_to(stream, write, values, options)
        else:
            print(*values, **options)

    def print_to(self, stream: Any, write: Callable, values: tuple, options: dict) -> None:
        """``print`` to a stream of the program's own, which it calls once for each text."""
        call = functools.partial(self.level.calls.call, write, stream)
        separator, end = options.get("sep"), options.get("end")
        for place, value in enumerate(values):
            if place:
                call(" " if separator is None else separator)
            call(str(value))
        call("\n" if end is None else end)
        if options.get("flush"):
            self.level.calls.call(self.level.members.attribute(stream, "flush"))

    # reading

    def check(self, given: Any) -> None:
        """Raise if a text among `given`, which is about to be read, holds such a number."""
        if not self.numbers:
            return
        for text in given:
            if isinstance(text, list | tuple):
                self.check(text)
            elif isinstance(text, np.ndarray) and text.dtype.kind in "SU":
                self.check(text.ravel().tolist())
            elif isinstance(text, str | bytes) and self.holds_written(text):
                raise read_back(text)

    def holds_written(self, text: str | bytes) -> bool:
        """True if a text holds a number that was written; one that is a name holds none."""
        if self.numbers.isdisjoint(numbers_in(text)):
            return False
        return not NAME.fullmatch(text if isinstance(text, str) else text.decode(errors="replace"))

    def check_numbers(self, found: Any) -> None:
        """The same for the numbers that were read from a file."""
        if self.numbers and isinstance(found, np.ndarray) and found.dtype.kind in "fc":
            written = np.array([float(number) for number in self.numbers])
            is_written = np.isin(found, written)
            if is_written.any():
                raise read_back(repr(found[is_written].ravel()[0].item()))

    def check_digits(self, text: Any) -> None:
        """The same for a whole number in a text, which may be some of the digits of another.

        So are bytes that are iterated over.
        """
        if self.numbers and self.digits.read(text):
            raise read_back(text)

    def check_character(self, character: Any) -> None:
        """The same for ``ord``, whose result is a digit less than ten above that of ``"0"``."""
        if self.numbers and isinstance(character, str | bytes) and character.isdigit():
            self.check_digits(character)

    def give(self, function: Any, args: tuple) -> None:
        """Note a text that native code is given, which may read the numbers in it."""
        owner = getattr(function, "__self__", None)
        if isinstance(owner, io.IOBase):  # which gives text back
            return
        texts = [text for text in args if isinstance(text, str | bytes)]
        self.given.extend(text for text in texts if self.holds_written(text))

    def check_made(self, found: Any) -> Any:
        """What native code made of no live value; a number in it may be one it read from a text."""
        if not self.numbers:
            return found
        waiting, seen = [found], 0
        while waiting and seen < MOST_READ:
            value = waiting.pop()
            seen += 1
            if type(value) is float:
                text = repr(value)
                if (
                    (len(text) > TELLING or self.given)
                    and not self.is_live(value)
                    and not self.numbers.isdisjoint(numbers_in(text))
                ):
                    raise read_back(text)
            elif type(value) in (list, tuple):
                waiting.extend(value)
            elif type(value) is dict:
                waiting.extend(value.values())
        return found


class Digits:
    """The digits of the numbers that were written, which whole numbers may be read from one by one.

    Numbers of many digits are known by them, shorter ones only if they were written exactly.
    """

    def __init__(self) -> None:
        self.written: set[str] = set()
        self.lengths: set[int] = set()
        self.last = ""

    def clear(self) -> None:
        self.written.clear()
        self.lengths.clear()
        self.last = ""

    def note(self, values: Any, text: str | bytes) -> None:
        given = values if isinstance(values, list | tuple) else (values,)
        exact = {value for value in given if isinstance(value, float)}
        for number in map(digits_of, fractions_in(text)):
            if len(number) > MANY_DIGITS or (exact and is_one_of(exact, text)):
                for digits in {number, number.lstrip("0"), number.rstrip("0")}:
                    if len(digits) > 1:
                        self.written.add(digits)
                        self.lengths.add(len(digits))

    def read(self, text: Any) -> bool:
        """True if the digits of `text`, after those read before, are those of a written number."""
        shown = text.decode(errors="replace") if isinstance(text, bytes | bytearray) else text
        self.last = (self.last + "".join(filter(str.isdigit, shown)))[-MOST_DIGITS:]
        tails = [self.last[-length:] for length in self.lengths if length <= len(self.last)]
        return any(tail in self.written or tail[::-1] in self.written for tail in tails)


def is_one_of(exact: set[float], text: str | bytes) -> bool:
    """True if a text is one of the numbers, to the last digit."""
    try:
        return float(text) in exact
    except ValueError:
        return False


def fractions_in(text: str | bytes) -> list[str]:
    """The numbers in a text that have a point."""
    shown = text.decode(errors="replace") if isinstance(text, bytes) else text
    return [number for number in NUMBER.findall(shown) if "." in number]


def digits_of(number: str) -> str:
    return "".join(filter(str.isdigit, number.lower().partition("e")[0]))


def read_back(text: str | bytes) -> MissingRule:
    return MissingRule(
        f"the number in {text[:40]!r} was written from a value that carries a derivative, and "
        "text carries none",
        instead="hand on the number itself, or adjoint.stop_gradient(value) if the derivative is "
        "not meant",
    )


def numbers_in(text: str | bytes) -> list[str]:
    """The numbers in a text, without the zeros, signs and case that do not matter."""
    shown = text.decode(errors="replace") if isinstance(text, bytes) else text
    return [shortened(number) for number in NUMBER.findall(shown)]


def shortened(number: str) -> str:
    mantissa, exponent, power = number.lower().partition("e")
    digits = mantissa.lstrip("+-").lstrip("0")
    digits = digits.rstrip("0") if "." in digits else digits
    return digits + exponent + power
