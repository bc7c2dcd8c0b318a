"""Random programs whose outer loop has independent turns, for `test_lanes`."""

import linecache
import math
import random
from collections.abc import Callable

import numpy as np

FUNCTIONS = ("math.exp(0.3 * {})", "math.tanh({})", "math.log(3.0 + abs({}))", "math.sin({})")


class Writer:
    """Writes one program: a loop that fills a work array, and statements that use it."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.known = ["x[i]", "a"]
        self.count = 0

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def fresh(self) -> str:
        self.count += 1
        return f"v{self.count}"

    # Expressions.

    def atom(self, indices: tuple = ()) -> str:
        choices = [*self.known, str(round(self.random.uniform(0.3, 1.7), 2)), "w[k[i]]"]
        for d in indices:
            choices += [f"work[{d}]", f"y[i, {d}]", f"m[{d}, 1]", f"w[{d}]", f"x[{d}]"]
            choices += [f"c[{d}, i]", f"c[{d}, i - 1]"]
        return self.random.choice(choices)

    def condition(self, indices: tuple = ()) -> str:
        order = self.random.choice(["<", ">", "<=", ">="])
        return f"{self.atom(indices)} {order} {self.atom(indices)}"

    def expression(self, indices: tuple = (), depth: int = 2) -> str:
        if depth == 0:
            return self.atom(indices)
        a, b = (self.expression(indices, depth - 1) for _ in range(2))
        forms = [
            *(f"({a} + {b})", f"({a} + {b})", f"({a} * {b})", f"({a} * {b})", f"({a} - {b})"),
            f"({a} / (2.0 + {b} ** 2))",
            f"math.sqrt(1.0 + {a} ** 2)",
            self.random.choice(FUNCTIONS).format(self.atom(indices)),
            f"max({a}, {b})",
            f"({a} if {self.condition(indices)} else {b})",
            self.atom(indices),
        ]
        return self.random.choice(forms)

    # Statements.

    def statement(self, depth: int, indices: tuple, loops: int) -> None:
        kinds = [self.assigned, self.chosen, self.stored, self.stored_if, self.guarded]
        if loops:
            kinds += [self.summed, self.filled]
        self.random.choice(kinds)(depth, indices, loops)

    def place(self, indices: tuple) -> str:
        return self.random.choice(["0", "-1", *indices])

    def assigned(self, depth: int, indices: tuple, loops: int) -> None:
        var = self.fresh()
        self.line(depth, f"{var} = m[k[i], 2] * {self.expression(indices)}")
        self.known.append(var)

    def chosen(self, depth: int, indices: tuple, loops: int) -> None:
        var, kept = self.fresh(), list(self.known)
        self.line(depth, f"if {self.condition(indices)}:")
        self.line(depth + 1, f"{var} = {self.expression(indices)}")
        if self.random.random() < 0.4:
            self.stored(depth + 1, indices, loops)
        self.line(depth, "else:")
        self.line(depth + 1, f"{var} = {self.expression(indices)}")
        self.known = [*kept, var]

    def stored(self, depth: int, indices: tuple, loops: int) -> None:
        order = self.random.choice(["+=", "="])
        self.line(depth, f"work[{self.place(indices)}] {order} {self.expression(indices)}")

    def stored_if(self, depth: int, indices: tuple, loops: int) -> None:
        self.line(depth, f"if {self.condition(indices)}:")
        self.stored(depth + 1, indices, loops)

    def guarded(self, depth: int, indices: tuple, loops: int) -> None:
        self.line(depth, f"if {self.atom(indices)} < -50.0:")
        self.line(depth + 1, "raise ValueError('small')")

    def inner(self, depth: int, indices: tuple) -> tuple:
        at = f"d{len(indices)}"
        bounds = ["p", "p - 1, -1, -1", "1, p", *indices]
        self.line(depth, f"for {at} in range({self.random.choice(bounds)}):")
        return (*indices, at)

    def summed(self, depth: int, indices: tuple, loops: int) -> None:
        var = self.fresh()
        self.line(depth, f"{var} = {self.expression(indices, 1)}")
        kept, inside = list(self.known), self.inner(depth, indices)
        if self.random.random() < 0.5:
            self.statement(depth + 1, inside, loops - 1)
        order = self.random.choice(["+=", "-="])
        self.line(depth + 1, f"{var} {order} {self.expression(inside)}")
        self.known = [*kept, var]

    def filled(self, depth: int, indices: tuple, loops: int) -> None:
        kept, inside = list(self.known), self.inner(depth, indices)
        self.statement(depth + 1, inside, loops - 1)
        self.line(depth + 1, f"work[{inside[-1]}] = {self.expression(inside)}")
        self.known = kept

    def text(self) -> str:
        writes = self.random.random() < 0.4
        self.line(0, "def program(x, y, m, w, k, a, c):")
        self.line(1, "n, p = y.shape")
        self.line(1, "work = np.zeros(p)")
        self.line(1, "out = np.zeros(n)")
        self.line(1, "total = 0.0")
        self.line(1, "for i in range(n):")
        self.line(2, "for d0 in range(p):")
        first = self.expression(("d0",), 1).replace("work[d0]", "a")
        self.line(3, f"work[d0] = {first}")
        for _ in range(self.random.randint(1, 4)):
            self.statement(2, (), 2)
        if writes:
            self.line(2, f"out[i] = {self.expression()}")
        self.line(2, f"total += {self.expression()}")
        if self.random.random() < 0.3:
            self.line(2, f"total -= {self.expression((), 1)}")
        self.line(1, "return total" + (" + np.sum(out * out)" if writes else ""))
        return "\n".join(self.lines) + "\n"


def program(seed: int) -> tuple[Callable, str]:
    text, name = Writer(seed).text(), f"<independent turns {seed}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    namespace = {"math": math, "np": np, "__name__": __name__}
    exec(compile(text, name, "exec"), namespace)
    return namespace["program"], text


def arguments(seed: int) -> tuple:
    draw = np.random.default_rng(seed)
    n, p = (19, 8, 16, 7, 0, 33)[seed % 6], (3, 4, 2)[seed % 3]
    floats = draw.normal(size=n), draw.normal(size=(n, p)), draw.normal(size=(4, 4))
    columns = draw.normal(size=(p, n))
    return (*floats, draw.normal(size=5), draw.integers(0, 4, n), 0.7, columns)
