"""Loops of unknown length over tapes: machine code until a stack is full, and again after that."""

import math

import numpy as np
import pytest

import adjoint as ad
from adjoint.compile.codegen.printer import Source
from adjoint.compile.codegen.stacks import FIRST_ROOM
from adjoint.compile.codegen.stretches import Stretch
from adjoint.compile.jitted import Jitted


def printed(f, *args) -> Source:
    """What is compiled of the gradient."""
    jitted = ad.jit(f)
    ad.grad(jitted)(*args)
    assert isinstance(jitted, Jitted)
    (programs,) = jitted.programs.values()
    (executable,) = programs[0].executables.values()
    return executable.direct


def falling(speed, drag, turns):
    """One number is kept for each turn, a product of speeds."""
    height, count = 0.0, 0
    while count < turns:
        height += speed * 1e-3
        speed += -drag * speed * speed * 1e-3
        count += 1
    return height


def branching(x, turns):
    count = 0
    while count < turns:
        if x > 1.0:
            x = x * x * 0.4
        elif count % 7 == 3:
            x = math.sin(x) * x
        else:
            x = x * 1.5
        count += 1
    return x


def by_rows(x, turns):
    """Each turn keeps an array, and numbers in a loop of its own."""
    count, total = 0, 0.0
    while count < turns:
        y = np.sin(x) * x
        for i in range(len(x)):
            total += y[i] * y[i] * x[i]
            x[i] = math.cos(y[i])
        count += 1
    return total


def turning(x, turns):
    """Complex numbers and whole ones."""
    z, count, place = complex(x, 0.5), 0, 1
    while count < turns:
        place = (place * 5 + 3) % 17
        z = z * z * 0.3 + x * place / 40
        count += 1
    return z.real


def while_in_for(x, turns):
    total = 0.0
    for i in range(3):
        y, count = x * (i + 1), 0
        while y * y > 1e-3 and count < turns:
            y = y * math.cos(y) * 0.999
            count += 1
        total += y
    return total


def while_in_while(x, turns):
    total, count = 0.0, 0
    while count < turns:
        y = x * (1 + count % 3)
        while y * y > 0.1:
            y = y * math.cos(y) * 0.7
        total += y * y
        count += 1
    return total


COMPILED = {f: ad.jit(f) for f in (falling, branching, turning, while_in_for, while_in_while)}


@pytest.mark.parametrize("f", COMPILED)
@pytest.mark.parametrize("turns", [0, 1, FIRST_ROOM - 1, FIRST_ROOM, FIRST_ROOM + 1, 5000])
def test_turns_around_where_a_stack_is_full(f, turns):
    args = (0.7, 0.02, turns) if f is falling else (0.7, turns)
    value, slope = ad.value_and_grad(COMPILED[f])(*args)
    assert value == f(*args)
    tangent = ad.jvp(COMPILED[f], args, (1.0, *[None] * (len(args) - 1)))[1]
    assert slope == pytest.approx(tangent, rel=1e-12, abs=1e-300)


BY_ROWS = ad.jit(by_rows)


@pytest.mark.parametrize("turns", [0, 1, FIRST_ROOM // 3, FIRST_ROOM // 3 + 1, 700])
def test_arrays_in_each_turn(turns):
    x = np.array([0.3, 1.2, -0.4])
    slope = ad.grad(BY_ROWS)(x.copy(), turns)
    rng = np.random.default_rng(turns)
    direction = rng.normal(size=3)
    tangent = ad.jvp(BY_ROWS, (x.copy(), turns), (direction, None))[1]
    assert slope @ direction == pytest.approx(tangent, rel=1e-11, abs=1e-300)


@pytest.mark.parametrize("f", [falling, branching, turning])
def test_a_turn_makes_no_call(f):
    args = (0.7, 0.02, 9) if f is falling else (0.7, 9)
    source = printed(f, *args)
    text = source.text
    (loop,) = [i for i, line in enumerate(text.splitlines()) if line.strip() == "while True:"]
    assert text.splitlines()[loop + 1].strip().split(" = ")[1].startswith("stretch")
    call = text.splitlines()[loop + 1]
    rooms = [line.split(" = ")[0].strip() for line in text.splitlines() if "room" in line[:12]]
    assert rooms and all(f" {room}" in call for room in rooms), "each stack is asked for room"
    stretches = [s for s in source.helpers.values() if isinstance(s, Stretch)]
    assert any(s.there for s in stretches), "what is put there is not tested again"


def test_the_second_call_has_the_memory_of_the_first():
    derivative = ad.grad(ad.jit(falling))
    first = derivative(0.7, 0.02, 4000)
    assert derivative(0.7, 0.02, 10) == pytest.approx(ad.grad(falling)(0.7, 0.02, 10), rel=1e-13)
    assert derivative(0.7, 0.02, 4000) == first


def raising(x, n):
    count = 0
    while x[count] > 0.0:
        x[count + 1] = x[count] * x[count] * 1.0
        count += 1
    return x[count]


def test_an_error_in_a_turn_names_its_line():
    with pytest.raises(IndexError) as found:
        ad.grad(ad.jit(raising))(np.ones(2000), 0)
    notes = "".join(getattr(found.value, "__notes__", []))
    assert "x[count + 1] = x[count] * x[count] * 1.0" in notes
