"""Random programs on whole arrays: chains of operations, views, stores, sums and loops."""

import random

UNARY = (
    "np.exp(-{a} * {a})",
    "np.sqrt(1.0 + {a} * {a})",
    "np.tanh({a})",
    "{a} ** 2",
    "np.sin({a}) * {s}",
    "-{a}",
    "np.abs({a}) + 0.1",
    "{a} / (2.0 + {s} * {s})",
)
BINARY = (
    "{a} + {b}",
    "{a} * {b}",
    "{a} - 0.5 * {b}",
    "{a} / (1.5 + {b} * {b})",
    "np.where({a} > {b}, {a}, {b} * {s})",
    "np.maximum({a}, {b})",
    "np.minimum({a}, {b}) * {s}",
)


class Writer:
    """Writes the body of ``program(u, w, p, q, c)``: vectors of 5, matrices of 4 by 5, a number."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.vectors = ["a0", "a1"]
        self.matrices = ["m0", "m1"]
        self.numbers = ["c", "0.3"]
        self.count = 0

    def program(self) -> str:
        self.line("a0, a1, m0, m1 = u * 1.0, w, p.copy(), q", 1)
        self.statements(1, self.random.randint(3, 7))
        self.line(f"for turn in range({self.random.randint(0, 3)}):", 1)
        before = list(self.vectors), list(self.matrices), list(self.numbers)
        self.line("c = c * 0.9", 2)
        self.statements(2, self.random.randint(2, 6), (before[0][0], before[1][0]))
        self.vectors, self.matrices, self.numbers = before
        self.statements(1, self.random.randint(1, 4))
        a, b = self.random.choice(self.vectors), self.vectors[-1]
        m = self.random.choice(self.matrices)
        self.line(f"return np.sum({a} * {b}) + np.sum({m} * m0) + np.sum(a0) + a1[0] * c", 1)
        return "\n".join(["def program(u, w, p, q, c):", *self.lines]) + "\n"

    def line(self, text: str, depth: int) -> None:
        self.lines.append("    " * depth + text)

    def statements(self, depth: int, count: int, carried: tuple[str, ...] = ()) -> None:
        for _ in range(count):
            self.statement(depth)
        for name in carried:
            pool = self.vectors if name in self.vectors else self.matrices
            self.line(f"{name} = {self.random.choice(pool)} * 0.7 + {name} * 0.2", depth)

    def statement(self, depth: int) -> None:
        choice = self.random
        kind = choice.random()
        if kind < 0.35:
            self.made(depth, "a", self.vectors, self.vector)
        elif kind < 0.6:
            self.made(depth, "m", self.matrices, self.matrix)
        elif kind < 0.7:
            name = self.fresh("t")
            x, y = self.vector(), self.vector()
            form = choice.choice(("np.sum({})", "{} @ {}", "np.mean({}) + 0.1"))
            self.line(f"{name} = 0.1 * np.tanh({form.format(x, y)})", depth)
            self.numbers.append(name)
        elif kind < 0.88:
            self.store(depth)
        elif kind < 0.91:
            self.by_view(depth)
        elif kind < 0.94:
            self.branch(depth)
        elif kind < 0.96:
            self.line(f"a0, {self.vectors[-1]} = {self.vectors[-1]}, a0", depth)
        else:
            name = self.fresh("a")
            self.line(f"{name} = {choice.choice(self.matrices)} @ {self.vector()}", depth)
            self.line(f"m0[:, 1] += 0.1 * {name}", depth)

    def by_view(self, depth: int) -> None:
        """Stores by another name, before and after the memory is read."""
        name = self.fresh("v")
        self.line(
            f"{name} = {self.random.choice(('a0[1:-1]', 'm0[1]', 'm0.T[2]', 'm0[:, ::2]'))}", depth
        )
        self.statement(depth)
        self.line(
            f"{name} {self.random.choice(('+=', '*='))} {self.random.choice(self.numbers)}", depth
        )
        self.statement(depth)
        self.line(f"a0[0] += np.sum({name} * {name})", depth)

    def branch(self, depth: int) -> None:
        names = list(self.vectors), list(self.matrices), list(self.numbers)
        self.line(f"if {self.random.choice(self.numbers)} > 0.25:", depth)
        target = self.random.choice(("a0", "m0"))
        pool = self.vectors if target == "a0" else self.matrices
        if self.random.random() < 0.5:
            self.line(f"{target} = {self.random.choice(pool)} * 0.8", depth + 1)
        self.statements(depth + 1, self.random.randint(1, 2))
        self.vectors, self.matrices, self.numbers = names

    def made(self, depth: int, letter: str, pool: list[str], operand) -> None:
        name = self.fresh(letter)
        self.line(f"{name} = {self.expression(operand)}", depth)
        pool.append(name)

    def expression(self, operand) -> str:
        choice = self.random
        form = choice.choice(UNARY if choice.random() < 0.4 else BINARY)
        return form.format(a=operand(), b=operand(), s=choice.choice(self.numbers))

    def vector(self) -> str:
        name = self.random.choice(self.vectors)
        kind = self.random.random()
        if kind < 0.7:
            return name
        if kind < 0.85:
            return f"(0.3 * np.sum({self.random.choice(self.matrices)}, axis=0))"
        return f"np.sin({name} * {self.random.choice(self.numbers)})"

    def matrix(self) -> str:
        kind, choice = self.random.random(), self.random.choice
        if kind < 0.5:
            return choice(self.matrices)
        if kind < 0.65:
            return f"({choice(self.matrices)} * {self.vector()})"
        if kind < 0.75:
            return f"({choice(self.matrices)} + {choice(self.matrices)}[:, :1])"
        if kind < 0.85:
            rows = f"np.tanh(np.sum({choice(self.matrices)} * {choice(self.matrices)}, axis=1))"
            return f"({choice(self.matrices)} * {rows}[:, np.newaxis])"
        column = f"{choice(self.matrices)}[:, {choice((0, 2))}]"
        return f"np.outer({column}, {self.vector()})"

    def store(self, depth: int) -> None:
        choice = self.random.choice
        target, operator = choice(("a0", "m0")), choice(("=", "+=", "*=", "-="))
        if target == "a0":
            place, value = choice(
                (
                    ("[1:-1]", "{v}[1:-1] + 0.1 * {v}[2:]"),
                    ("[1:]", "0.5 * {v}[:-1]"),
                    ("[:]", "{v} * 0.9"),
                    ("[2:]", "a0[:-2] * {n}"),
                    ("[1:-1]", "a0[2:] - a0[:-2]"),
                    ("[:]", "a0 * 0.5"),
                )
            )
        else:
            place, value = choice(
                (
                    ("[1:-1, 1:-1]", "{m}[2:, 1:-1] + {m}[:-2, 1:-1] - {m}[1:-1, 2:]"),
                    ("[:, 1:]", "{m}[:, :-1] * {n}"),
                    ("[2]", "{v} * 0.9"),
                    ("[:, 0]", "{m}[:, 1] * 0.4"),
                    ("[1:]", "{v} + {m}[:-1]"),
                    ("[:]", "m0 * 0.8"),
                    ("[:, 1:]", "m0[:, :-1] * 0.3"),
                )
            )
        value = value.format(
            v=choice(self.vectors), m=choice(self.matrices), n=choice(self.numbers)
        )
        self.line(f"{target}{place} {operator} {value}", depth)

    def fresh(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count + 1}"
