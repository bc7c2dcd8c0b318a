"""Stretches: machine code that is written directly does what the printed lines do."""

import math
import operator
import traceback

import numba
import numpy as np
import pytest

import adjoint as ad
from adjoint.compile import operations
from adjoint.compile.codegen import printer, stretches
from adjoint.compile.codegen.printer import print_direct, print_function
from adjoint.compile.codegen.stretches import is_direct
from adjoint.compile.executable import Executable, machine_helper
from adjoint.compile.inference import result_type
from adjoint.compile.ir.nodes import BOOL, FLOAT, INT, Apply, Block, Const, Function, Var
from adjoint.testing import check_grads

NUMBERS = {
    FLOAT: (0.7, -1.6, 0.0, 2.5, math.inf, math.nan),
    INT: (3, -2, 0, 1, 7, -5),
    BOOL: (True, False, True, True, False, False),
}
OF_ONE = (
    *(math.sin, math.exp, math.sqrt, math.log, math.floor, math.ceil, math.tanh, math.isnan),
    *(np.sqrt, np.exp, np.sign, np.floor, np.abs, np.square, np.reciprocal, np.isfinite),
    *(operator.neg, operator.pos, operator.abs, abs, bool, operations.held),
)
OF_TWO = (
    *(operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv),
    *(operator.mod, operator.lt, operator.le, operator.eq, operator.ne, operator.ge),
    *(np.maximum, np.minimum, np.power, np.arctan2, math.atan2, math.copysign, np.logaddexp),
    *(operations.divide, operations.plus, operations.differs),
)
OF_SAME = (
    *((f, (FLOAT, FLOAT)) for f in (operations.times, operations.larger, operations.smaller)),
    *((f, (INT, INT)) for f in (operations.larger, operator.xor, operator.and_, np.bitwise_or)),
    *((f, (INT, INT)) for f in (operations.sum_fits, operations.product_fits)),
    *((f, (BOOL, BOOL)) for f in (operations.either, operations.both, operator.xor)),
    (operations.negation, (BOOL,)),
    (float, (INT,)),
    (int, (FLOAT,)),
    (int, (BOOL,)),
    (operations.int_fits, (FLOAT,)),
)
CASES = [
    *((f, (kind,)) for f in OF_ONE for kind in (FLOAT, INT)),
    *((f, kinds) for f in OF_TWO for kinds in ((FLOAT, FLOAT), (INT, INT), (FLOAT, INT))),
    *OF_SAME,
    *((operations.select, (BOOL, *kinds)) for kinds in ((FLOAT, FLOAT), (FLOAT, INT))),
]


def outcome(function, args):
    try:
        (found,) = function(*args)
    except (ArithmeticError, ValueError) as error:
        return type(error)
    return type(found), "nan" if found != found else found


@pytest.fixture(scope="module")
def filling():
    """Statements that make any function long enough for a stretch."""
    return [Apply(Var("t", FLOAT), operator.add, (Const(1.0), Const(2.0))) for _ in range(6)]


@pytest.mark.parametrize("places", [slice(i, None, 12) for i in range(12)], ids=str)
def test_operations_on_numbers(places, filling):
    for function, kinds in CASES[places]:
        params = tuple(Var(f"p{i}", kind) for i, kind in enumerate(kinds))
        statement = Apply(Var("out", result_type(function, params)), function, params)
        assert is_direct(statement)
        body = Block((statement, *filling), (statement.out,))
        made = Executable(Function("one", params, body))
        types = tuple(numba.typeof(NUMBERS[kind][0]) for kind in kinds)
        direct = made.made(types)
        lines = numba.njit(made.load(made.source, machine_helper, "lines"))
        for shift in range(3):
            rows = [NUMBERS[kind][shift * i :] for i, kind in enumerate(kinds)]
            for args in zip(*rows, strict=False):
                if function is int and not math.isfinite(args[0]):
                    continue  # a conversion that the hardware does not define
                assert outcome(direct, args) == outcome(lines, args), (function, args)


def orbit(x, weights):
    """Loops of both kinds in loops, branches, items, stores and powers."""
    table = np.zeros((3, len(weights)))
    for i in range(len(weights) - 1, -1, -1):
        table[0, i] = math.sin(x * weights[i])
        for j in range(1, 3):
            table[j, i] = table[j - 1, i] ** 3 + weights[i - 1] * x
    total, n = 0.0, 0
    while total < 4.0 and n < 40:
        if n % 3 == 0:
            total += x * x / (1.0 + n)
        elif n % 3 == 1:
            total += abs(x) ** -2 * 0.1
        n += 1
    for i in range(0, len(weights), 2):
        total += table[2, i] * max(table[1, i], x, 0.1)
    return total + min(total, n)


def test_loops_branches_and_items():
    weights = np.array([0.3, 0.9, -0.4, 1.2])
    for x in (0.7, 1.3):
        assert ad.jit(orbit)(x, weights) == pytest.approx(orbit(x, weights), rel=1e-14)
        check_grads(ad.jit(orbit), (x, weights))


def test_an_unrolled_function_is_read_by_numba_as_one_call(tmp_path):
    lines = ["import math", "", "def unrolled(x, v):"]
    for i in range(60):
        lines += [f"    v = v - 0.1 * math.sin(x) / (1.0 + {i}.0 * v * v)", "    x = x + 0.1 * v"]
    path = tmp_path / "unrolled.py"
    path.write_text("\n".join([*lines, "    return x\n"]))
    namespace = {}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    made = ad.jit(namespace["unrolled"])
    check_grads(made, (0.4, 1.1))
    program = made.call((0.4, 1.1), {}).program
    text = print_direct(program.function).text
    assert len(print_function(program.function).text.splitlines()) > 500
    assert len(text.splitlines()) == 3


def long(x, weights):
    """Numbers of all kinds that live from the beginning to the end."""
    a, b = x * weights[0], x + weights[1]
    n = len(weights) + 3
    inside = a < b
    total = 0.0
    for w in weights:
        total += math.sin(w * a) * n
    c = a * b / (1.0 + total * total)
    d = c * math.exp(-a * a) if inside else c
    n = n * n + 1
    outside = d > 100.0
    for w in weights:
        total += math.cos(w * b + n) * d
    e = total * a if inside and not outside else b
    return e * n + c * d * x


def test_the_parts_of_a_long_stretch(monkeypatch):
    monkeypatch.setattr(printer, "LONGEST", 12)
    monkeypatch.setattr(stretches, "PART", 6)
    args = (0.7, np.array([0.4, 1.1, -0.3]))
    compiled = ad.jit(long)
    assert compiled(*args) == pytest.approx(long(*args), rel=1e-14)
    check_grads(compiled, args)
    assert "_part_3(" in str(ad.explain(long, *args, stage="machine"))


def fails(x, n):
    total = x
    for _i in range(n):
        total = total * 1.5 + x
        if total > 1e6:
            raise ValueError("too large")
        total = total - 1.0 / (total - total * 0.5 - 3.0 + x)
    return total + 1.0 / (x - 2.0)


@pytest.mark.parametrize(
    ("args", "error", "line"), [((5.0, 60), ValueError, 5), ((2.0, 0), ZeroDivisionError, 7)]
)
def test_errors_name_the_line(args, error, line):
    with pytest.raises(error) as caught:
        ad.jit(fails)(*args)
    first = fails.__code__.co_firstlineno
    assert any(f"line {first + line}" in note for note in caught.value.__notes__)
    assert traceback.format_exception(caught.value)


def test_items_outside_are_found():
    def last(x, i):
        a, b = x[0] * x[1], x[1] + x[0]
        return a * b + math.sin(a) * math.cos(b) + x[i]

    with pytest.raises(IndexError):
        ad.jit(last)(np.array([1.0, 2.0]), 2)
    assert ad.jit(last)(np.array([1.0, 2.0]), -1) == last(np.array([1.0, 2.0]), -1)
