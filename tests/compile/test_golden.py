"""Printed adjoints as they were when somebody last read them.

A change of the compiler shows here as a change of text. To write the texts anew, and then read what
`git diff` says::

    python -m pytest tests/compile/test_golden.py --update-golden
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import adjoint as ad

HOME = Path(__file__).parent / "golden"


def polynomial(x):
    return 3.0 * x**3 - 2.0 * x + 1.0


def branches(x):
    if x > 1.0:
        return math.log(x)
    return x * x


def counted(x, n):
    value = x
    for _ in range(n):
        value = value * math.cos(value)
    return value


def unbounded(x):
    steps = 0.0
    while x > 1.0:
        x = math.sqrt(x) * 0.9
        steps += x
    return steps


def independent(a, b):
    total = 0.0
    for i in range(len(a)):
        total += math.exp(a[i]) * b[i]
    return total


def in_place(u):
    for i in range(1, len(u) - 1):
        u[i] = 0.5 * (u[i - 1] * u[i + 1]) + u[i]
    return u[len(u) - 2]


def array_expression(x, y):
    return np.sum(np.tanh(x) * y) / len(x)


def matrices(a, x):
    return x @ (a @ x)


def power(x, n):
    return 1.0 if n == 0 else x * power(x, n - 1)


@dataclass
class Spring:
    stiffness: float
    length: float

    def energy(self, x):
        return 0.5 * self.stiffness * (x - self.length) ** 2


def object_of_fields(spring, x):
    return spring.energy(x) + spring.energy(2.0 * x)


@ad.checkpoint
def turn(x, v):
    return x + 0.1 * v, v - 0.1 * math.sin(x)


def checkpointed(x, v, n):
    for _ in range(n):
        x, v = turn(x, v)
    return x


def strong_zero(x):
    return math.sqrt(max(x, 0.0)) if x < 2.0 else math.hypot(x, 1.0)


def derivative_inside(x):
    return ad.grad(lambda y: math.sin(y) * y)(x) * x


VECTOR, OTHER = np.array([0.3, 1.2, -0.4]), np.array([1.0, 0.5, 2.0])
PROGRAMS = [
    (polynomial, (2.0,)),
    (branches, (2.0,)),
    (counted, (0.5, 3)),
    (unbounded, (9.0,)),
    (independent, (VECTOR, OTHER)),
    (in_place, (VECTOR,)),
    (array_expression, (VECTOR, OTHER)),
    (matrices, (np.eye(3), VECTOR)),
    (power, (1.3, 4)),
    (object_of_fields, (Spring(2.0, 0.4), 0.9)),
    (checkpointed, (0.5, 0.1, 9)),
    (strong_zero, (0.5,)),
    (derivative_inside, (0.7,)),
]


@pytest.mark.parametrize(("function", "args"), PROGRAMS, ids=[f.__name__ for f, _ in PROGRAMS])
def test_the_adjoint_is_printed_as_before(function, args, request):
    copies = [a.copy() if isinstance(a, np.ndarray) else a for a in args]
    text = str(ad.explain(function, *copies))
    path = HOME / f"{function.__name__}.txt"
    if request.config.getoption("--update-golden", default=False):
        HOME.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_every_text_has_its_program():
    assert {path.stem for path in HOME.iterdir()} == {f.__name__ for f, _ in PROGRAMS}


STAGES = ("lowered", "primal", "reversed", "simplified", "shared", "machine")


def test_each_stage_can_be_shown():
    texts = {stage: str(ad.explain(counted, 0.5, 3, stage=stage)) for stage in STAGES}
    assert texts["shared"] == str(ad.explain(counted, 0.5, 3))
    lines = {stage: len(text.splitlines()) for stage, text in texts.items()}
    assert lines["lowered"] > lines["primal"]
    assert lines["reversed"] >= lines["simplified"] >= lines["shared"] > lines["machine"]
    first = ad.explain(polynomial, 2.0, stage="reversed")
    assert len(str(first)) > len(str(ad.explain(polynomial, 2.0, stage="simplified")))
    assert "math.sin" in texts["reversed"]
    assert "math.sin" not in texts["primal"]
    assert "stretch(" in texts["machine"]


def test_all_but_the_last_stage_run():
    expected = ad.value_and_grad(counted)(0.5, 3)
    for stage in STAGES[2:-1]:
        text = str(ad.explain(counted, 0.5, 3, stage=stage))
        namespace = {"math": math, "np": np, "grown": lambda stack, size: np.resize(stack, size)}
        exec(text, namespace)
        assert namespace["counted"](0.5, 3) == pytest.approx(expected, rel=1e-14)


def test_a_stage_that_there_is_not():
    with pytest.raises(ad.errors.InvalidArgument, match="no stage 'linked'"):
        ad.explain(counted, 0.5, 3, stage="linked")
