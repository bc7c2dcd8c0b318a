"""Draws random Python programs, as text: what a program is made of, and the draws behind it.

A program is valid by construction: names are read only where they are bound, vectors have four
elements and matrices three rows of four, no collection is read while it is empty.
"""

from collections.abc import Callable

ROWS, LENGTH = 3, 4
KINDS = (
    *("number", "vector", "matrix", "list", "dict", "deque", "point", "callable", "integer"),
    *("mask", "places"),
)


class Writer:
    """Writes one program; each choice is one draw ``below(n)``, the simplest choice first."""

    def __init__(self, below: Callable[[int], int], *, plain: bool):
        self.below = below
        self.plain = plain
        self.lines: list[str] = []
        self.depth = 1
        self.count = 0
        self.loops = 0
        self.sealed = False
        self.names: dict[str, list[str]] = {kind: [] for kind in KINDS}

    # Draws.

    def one_of(self, choices):
        return choices[self.below(len(choices))]

    def chance(self, one_in: int) -> bool:
        return self.below(one_in) == one_in - 1

    def constant(self) -> str:
        return str(self.one_of((0.5, 1.25, 2.0, -0.75, 0.3, -1.5, 3.0)))

    # Names.

    def new(self, kind: str, letter: str = "") -> str:
        name = self.unbound(letter or kind[0])
        self.names[kind].append(name)
        return name

    def unbound(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"

    def have(self, kind: str) -> bool:
        return bool(self.names[kind])

    def any(self, kind: str) -> str:
        return self.one_of(self.names[kind])

    # Lines.

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def block(self, header: str, body: Callable) -> None:
        """A header and an indented body, whose new names are forgotten after it."""
        self.line(header)
        names = {kind: list(found) for kind, found in self.names.items()}
        self.depth += 1
        before = len(self.lines)
        body()
        if len(self.lines) == before:
            self.line("pass")
        self.depth -= 1
        self.names = names
