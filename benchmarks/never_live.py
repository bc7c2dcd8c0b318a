"""Programs that meet no live value, each called once by a function that is differentiated.

What a recording costs where it has nothing to record: no loop is around what is called, so that
nothing is decided once for many times.
"""

import re
from collections import Counter

WORDS = ("the quick brown fox jumps over the lazy dog " * 600).split()
TEXT = "\n".join(f"key{i} = {i} + {i % 7} * (3 - {i % 5})  # note {i}" for i in range(600))
TOKEN = re.compile(r"\s*(?:(\d+)|(\w+)|(.))")


def fibonacci(n=20):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def ackermann(m=2, n=60):
    if m == 0:
        return n + 1
    return ackermann(m - 1, 1) if n == 0 else ackermann(m - 1, ackermann(m, n - 1))


def hanoi(n=13, a="a", b="b", c="c"):
    return [] if n == 0 else [*hanoi(n - 1, a, c, b), (a, c), *hanoi(n - 1, b, a, c)]


def comprehensions():
    squares = [i * i for i in range(20_000)]
    table = {i: str(i) for i in squares if i % 3}
    return len({text[-1] for text in table.values()}) + sum(len(text) for text in table.values())


def numbered(words):
    for place, word in enumerate(words):
        if len(word) > 3:
            yield place, word


def generators():
    longest = max(numbered(WORDS), key=lambda pair: len(pair[1]))
    return (
        longest,
        sum(place for place, _ in numbered(WORDS)),
        any(p > 500 for p, _ in numbered(WORDS)),
    )


def permutations(items=tuple("abcdefg")):
    if not items:
        yield ()
    for index, item in enumerate(items):
        for rest in permutations(items[:index] + items[index + 1 :]):
            yield (item, *rest)


def texts():
    words = [word.strip().title() for word in WORDS]
    joined = ", ".join(f"{word:>8}-{len(word)}" for word in words)
    return joined.replace("-", ":").upper().split(", ")[:5], joined.count("O"), joined.find("DOG")


def containers():
    groups = {}
    for word in WORDS:
        groups.setdefault(len(word), []).append(word)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return [(size, Counter(words).most_common(1)) for size, words in ordered]


class Node:
    """A node of a binary tree of search."""

    def __init__(self, key):
        self.key = key
        self.left = None
        self.right = None

    def insert(self, key):
        side = "left" if key < self.key else "right"
        child = getattr(self, side)
        if child is None:
            setattr(self, side, Node(key))
        else:
            child.insert(key)

    def __iter__(self):
        if self.left is not None:
            yield from self.left
        yield self.key
        if self.right is not None:
            yield from self.right


def objects():
    root = Node(500)
    for key in range(0, 12_000, 37):
        root.insert(key * 7919 % 1000)
    return sum(root)


class Parser:
    """A parser of sums by recursive descent."""

    def __init__(self, text):
        self.tokens = [found.groups() for found in TOKEN.finditer(text.strip())]
        self.at = 0

    def peek(self):
        return self.tokens[self.at][2] if self.at < len(self.tokens) else None

    def sum(self):
        value = self.product()
        while self.peek() in ("+", "-"):
            sign = 1 if self.peek() == "+" else -1
            self.at += 1
            value += sign * self.product()
        return value

    def product(self):
        value = self.atom()
        while self.peek() == "*":
            self.at += 1
            value *= self.atom()
        return value

    def atom(self):
        if self.peek() == "(":
            self.at += 1
            value = self.sum()
            self.at += 1
            return value
        self.at += 1
        return int(self.tokens[self.at - 1][0])


def parsing():
    values = {}
    for line in TEXT.splitlines():
        name, _, rest = line.partition("=")
        values[name.strip()] = Parser(rest.split("#")[0]).sum()
    return values


def matching():
    found = re.findall(r"(\w+) = (\d+)", TEXT)
    masked = re.sub(r"\d+", lambda match: "#" * len(match.group()), TEXT)
    return len(found), masked.count("#")


NEVER_LIVE = (
    fibonacci,
    ackermann,
    hanoi,
    comprehensions,
    generators,
    permutations,
    texts,
    containers,
    objects,
    parsing,
    matching,
)


def called(program):
    """The square of a number, by a function that calls `program` on the way."""

    def square(x):
        found = program()
        list(found) if hasattr(found, "__next__") else None
        return x * x

    return square
