"""Random programs whose arrays have several names, and are stored into by any of them."""

import random

NAMES = "abc"
HEAD = "import numpy as np\n\n\ndef program(u, v, n, k):\n    a = u * 1.0\n"


class Writer:
    """Writes the body of ``program(u, v, n, k)``: two vectors of at least 4, and two counts."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.lines: list[str] = []

    def program(self) -> str:
        choice = self.random.choice
        self.line(f"b = {choice(('v * 0.5', 'a'))}", 1)
        self.line(f"c = {choice(('u + v', 'a', 'b'))}", 1)
        self.line("t = u[0]", 1)
        self.block(1, self.random.randint(3, 7))
        self.line("return np.sum(a * b) + np.sum(c * c * a) + t", 1)
        return HEAD + "\n".join(self.lines) + "\n"

    def line(self, text: str, depth: int) -> None:
        self.lines.append("    " * depth + text)

    def block(self, depth: int, size: int) -> None:
        for _ in range(size):
            if depth < 3 and self.random.random() < 0.2:
                self.nested(depth)
            else:
                self.line(self.statement(), depth)

    def statement(self) -> str:
        choice = self.random.choice
        x, y, z = (choice(NAMES) for _ in range(3))
        index, value = choice(("0", "1", "1:3", ":")), choice(("t", "0.7", "0.3 * t"))
        forms = {
            f"{x} = {y}": 20,
            f"{x} = {y}[::-1]": 6,
            f"{x} = {y} * 0.5 + {z} * {z}": 16,
            f"{x} = {y}.copy()": 6,
            f"{x}[{index}] = {value}": 10,
            f"{x}[1:] += {y}[:-1] * 0.5": 4,
            f"{x} *= 0.5": 2,
            f"t = np.tanh(t + np.sum({x} * {y}))": 17,
        }
        return self.random.choices(list(forms), list(forms.values()))[0]

    def nested(self, depth: int) -> None:
        choice, some = self.random.choice, self.random.random()
        if some < 0.4:
            self.line(f"for i{depth} in range({choice(('n', 'n', '2', 'k'))}):", depth)
            self.block(depth + 1, self.random.randint(1, 4))
            if self.random.random() < 0.15:
                self.line("if t > 0.5:", depth + 1)
                self.line("break", depth + 2)
        elif some < 0.85:
            self.line(f"if {choice(('n > 0', 'n > 1', 't > 0.3', 'k > n'))}:", depth)
            self.block(depth + 1, self.random.randint(1, 3))
            if self.random.random() < 0.4:
                self.line("else:", depth)
                self.block(depth + 1, self.random.randint(1, 3))
        else:
            left = f"left{len(self.lines)}"
            self.line(f"{left} = n", depth)
            self.line(f"while {left} > 0 and t < 5:", depth)
            self.block(depth + 1, self.random.randint(1, 3))
            self.line(f"{left} -= 1", depth + 1)
