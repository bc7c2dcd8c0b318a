"""Random programs: a function of numbers, a vector, a matrix, a list and a dict.

`programs()` is a hypothesis strategy of source text, so that a failure shrinks to a short program.
"""

from hypothesis import strategies as st

from fuzzer.expressions import number, vector
from fuzzer.prelude import PRELUDE
from fuzzer.statements import body
from fuzzer.writing import Writer


@st.composite
def programs(draw, *, plain=False):
    """Sources, as `written`."""
    return written(lambda bound: draw(st.integers(0, bound - 1)), plain=plain)


def written(below, *, plain=False):
    """The source of a module with a function ``program``, chosen by draws ``below(n)``.

    With `plain`, of the part of Python that ``jit`` compiles: a function of two numbers, a vector
    and a matrix that returns a number. Else it takes also a list and a dict, and returns a number
    and a vector.
    """
    w = Writer(below, plain=plain)
    w.names["number"] = ["x", "y"]
    w.names["vector"] = ["v"]
    w.names["matrix"] = ["m"]
    if not plain:
        w.names["list"] = ["items"]
        w.names["dict"] = ["table"]
    body(w, 4 if plain else 6)
    total = " + ".join(
        [
            *w.names["number"],
            *(f"{name}.sum()" for kind in ("vector", "matrix") for name in w.names[kind]),
        ]
        + ([] if plain else everything(w))
    )
    w.line(
        f"return {total} + {number(w)}" if plain else f"return {total}, {vector(w)} * {number(w)}"
    )
    header = "def program(x, y, v, m):" if plain else "def program(x, y, v, m, items, table):"
    imports = "import math\n\nimport numpy as np\n\n\n"
    return (imports if plain else PRELUDE) + "\n".join([header, *w.lines]) + "\n"


def everything(w):
    """All that a program has made, so that no statement is without effect on the result."""
    parts = [f"sum({name})" for kind in ("list", "deque", "point") for name in w.names[kind]]
    return parts + [f"sum({name}.values())" for name in w.names["dict"]]
