"""One row per rule: forward mode against finite differences, reverse mode against forward mode."""

import builtins
import math
import operator

import numpy as np
import pytest
from all_rows import CASES, DIVIDED, DIVISOR
from drawing import R

from adjoint import spaces, transforms
from adjoint.rules.numpy.linear_algebra import invertible
from adjoint.rules.ruleset import OVERLOADS, RULES, Form
from adjoint.testing import check_rule, richardson

ROWS = [(function, row) for function, rows in CASES.items() for row in rows]
SMOOTH_FORMS = (Form.ELEMENTWISE, Form.STRUCTURED)


def row_id(pair):
    function, row = pair
    shapes = ",".join(str(np.shape(a)) if isinstance(a, np.ndarray) else repr(a)[:12] for a in row)
    return f"{getattr(function, '__module__', '')}.{function.__name__}[{shapes}]"


def split(row):
    if isinstance(row[-1], dict):
        return row[:-1], row[-1]
    return row, {}


@pytest.mark.parametrize("pair", ROWS, ids=map(row_id, ROWS))
def test_rule(pair):
    function, row = pair
    args, kwargs = split(row)
    check_rule(function, args, kwargs)


def test_no_rule_lacks_a_row():
    stated = {function for function, rule in RULES.items() if rule.form in SMOOTH_FORMS}
    stated |= {function for function, _ in OVERLOADS}  # a definition is tested by its programs
    assert stated - set(CASES) == set()


def test_every_rule_has_both_modes():
    halves = [f for f, rule in RULES.items() if (rule.vjp is None) != (rule.jvp is None)]
    assert halves == []


STEPS = {
    np.floor: (R(3),), np.ceil: (R(3),), np.trunc: (R(3),), np.rint: (R(3),),
    np.floor_divide: (DIVIDED, DIVISOR), operator.floordiv: (7.3, 2.1),
    builtins.round: (0.731, 1), np.round: (DIVIDED / 10.0, 1), np.zeros_like: (R(3),),
    np.ones_like: (R(3),),
    math.ulp: (R(),), np.spacing: (R(3),),
    math.floor: (R(),), np.argmax: (R(3),), np.isnan: (R(3),), np.shape: (R(3),), np.size: (R(3),),
    invertible: (R(3, 3),), np.less: (R(3), R(3)), operator.lt: (R(), R()),
    bool: (R(),), int: (R(),),
}  # fmt: skip


@pytest.mark.parametrize("function", STEPS, ids=lambda f: f.__name__)
def test_flat_rule(function):
    check_rule(function, STEPS[function])


SECOND = [(function, rows[0]) for function, rows in CASES.items() if rows]


@pytest.mark.parametrize("pair", SECOND, ids=map(row_id, SECOND))
def test_second_derivative(pair):
    """What a vjp computes is differentiable in turn: its operations have rules too."""
    function, row = pair
    args, kwargs = split(row)
    chosen = [p for p, arg in enumerate(args) if spaces.is_differentiable(arg)]
    if not chosen or function is np.arange:
        pytest.skip("containers, or an output whose length changes")
    rng = np.random.default_rng(1)
    cotangent = spaces.random(function(*args, **kwargs), rng)

    def call(*values):
        given = list(args)
        for position, value in zip(chosen, values, strict=True):
            given[position] = value
        return function(*given, **kwargs)

    def pulled(*values):
        return transforms.vjp(call, *values)[1](cotangent)

    active = tuple(args[p] for p in chosen)
    tangents = spaces.random(active, rng)
    wanted = richardson(pulled, active, tangents)
    got = transforms.jvp(pulled, active, tangents)[1]
    for a, b in zip(spaces.flatten(got)[0], spaces.flatten(wanted.tangent)[0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6 + 20 * max(wanted.errors))
