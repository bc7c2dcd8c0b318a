"""Everyday programs for the traced tier: what a recording costs, by the kind of thing it does.

`OBJECTS` repeat one construct of Python that meets no live value; `NEVER_LIVE` are whole programs
that meet none; `ARRAYS` are NumPy programs on 100,000 numbers. Each is measured as processor time
against the plain program, rounds interleaved.
"""

import functools
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import adjoint as ad
from benchmarks.array_programs import ARRAYS, RNG, SIZE
from benchmarks.arrays_by_hand import BY_HAND
from benchmarks.never_live import NEVER_LIVE, called

REPEATS = 20_000
SETTLING = 5  # gradients, until functions are asked what they can reach


class Thing:
    """An object with an attribute, a property and a method."""

    def __init__(self, value=1):
        self.value = value
        self.items = [1.0, 2.0, 3.0]

    @property
    def doubled(self):
        return 2

    def same(self, value):
        return value


def same(value):
    return value


def read_attribute(x, thing):
    for _ in range(REPEATS):
        _ = thing.value
    return x * x


def write_attribute(x, thing):
    for i in range(REPEATS):
        thing.value = i
    return x * x


def read_property(x, thing):
    for _ in range(REPEATS):
        _ = thing.doubled
    return x * x


def call_function(x, thing):
    for i in range(REPEATS):
        same(i)
    return x * x


def call_method(x, thing):
    for i in range(REPEATS):
        thing.same(i)
    return x * x


def make_object(x, thing):
    for i in range(REPEATS):
        Thing(i)
    return x * x


def append_to_list(x, thing):
    items = []
    for i in range(REPEATS):
        items.append(i)
    return x * x


def read_item(x, thing):
    items = thing.items
    for _ in range(REPEATS):
        _ = items[1]
    return x * x


def read_item_by_variable(x, thing):
    items = thing.items
    for i in range(REPEATS):
        _ = items[i % 3]
    return x * x


def write_item(x, thing):
    items = thing.items
    for i in range(REPEATS):
        items[1] = i
    return x * x


def unpack_pair(x, thing):
    pair = (1, 2)
    for _ in range(REPEATS):
        _a, _b = pair
    return x * x


def whole_numbers(x, thing):
    for i in range(REPEATS):
        _ = 2 * i + 1
    return x * x


def compare_numbers(x, thing):
    for i in range(REPEATS):
        _ = i < 5
    return x * x


def call_len(x, thing):
    items = thing.items
    for _ in range(REPEATS):
        len(items)
    return x * x


OBJECTS = (
    read_attribute,
    write_attribute,
    read_property,
    call_function,
    call_method,
    make_object,
    append_to_list,
    read_item,
    read_item_by_variable,
    write_item,
    unpack_pair,
    whole_numbers,
    compare_numbers,
    call_len,
)


def accumulate(x, steps):
    """Two scalar operations a step, for the memory of a tape."""
    y, z = x, x
    for _ in range(steps):
        y = y * z
        z = z + y
    return z


@dataclass(frozen=True)
class Row:
    """The median times of one program, in microseconds per repeat or milliseconds per call.

    `by_hand` is that of a gradient somebody wrote for it, if there is one.
    """

    name: str
    plain: float
    differentiated: float
    by_hand: float | None = None

    @property
    def ratio(self) -> float:
        return self.differentiated / self.plain


def timed(call: Callable) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def medians(calls: list[Callable], rounds: int) -> list[float]:
    """Median processor seconds of each call; the calls take turns."""
    for call in calls:
        call()
    found = [[timed(call) for call in calls] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*found, strict=True)]


def nothing(x, thing):
    for _ in range(REPEATS):
        pass
    return x * x


def rows_of_objects(rounds: int) -> list[Row]:
    """Microseconds of each construct, without the loop around it."""
    rows = []
    for program in OBJECTS:
        gradient, empty = ad.grad(program), ad.grad(nothing)
        plain, loop, traced, traced_loop = medians(
            [
                lambda program=program: program(1.5, Thing()),
                lambda: nothing(1.5, Thing()),
                lambda gradient=gradient: gradient(1.5, Thing()),
                lambda empty=empty: empty(1.5, Thing()),
            ],
            rounds,
        )
        scale = 1e6 / REPEATS
        least = 1e-9 * REPEATS  # a nanosecond: what cannot be told from the empty loop
        rows.append(
            Row(
                program.__name__,
                scale * max(plain - loop, least),
                scale * max(traced - traced_loop, least),
            )
        )
    return rows


def rows_of_arrays(rounds: int) -> list[Row]:
    """Milliseconds of each program and of its value and gradient."""
    x = RNG.uniform(0.5, 1.5, SIZE)
    rows = []
    for program in ARRAYS:
        calls = [program, ad.value_and_grad(program)]
        if program in BY_HAND:
            calls.append(BY_HAND[program])
        found = medians([functools.partial(call, x) for call in calls], rounds)
        rows.append(Row(program.__name__, *(1e3 * seconds for seconds in found)))
    return rows


def rows_of_programs(rounds: int) -> list[Row]:
    """Milliseconds of each program that meets nothing live, and in a recording of its caller."""
    rows = []
    for program in NEVER_LIVE:
        square = called(program)
        gradient = ad.grad(square)
        for _ in range(SETTLING):
            gradient(1.5)
        plain, differentiated = medians(
            [
                lambda square=square: square(1.5),
                lambda gradient=gradient: gradient(1.5),
            ],
            rounds,
        )
        rows.append(Row(program.__name__, 1e3 * plain, 1e3 * differentiated))
    return rows


def bytes_per_operation(steps: int) -> float:
    """Growth of the process's peak memory over one gradient, per scalar operation.

    Call it in a fresh process: only the first peak is seen.
    """
    ad.grad(accumulate)(1e-3, 5000)
    before = peak_bytes()
    ad.grad(accumulate)(1e-3, steps)
    return (peak_bytes() - before) / (2 * steps)


def peak_bytes() -> int:
    with open("/proc/self/status") as status:
        (line,) = [line for line in status if line.startswith("VmHWM")]
    return 1024 * int(line.split()[1])
