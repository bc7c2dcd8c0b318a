"""What becomes of a callable under differentiation, found by calling it.

A derivative counts if forward mode agrees with finite differences, and reverse mode with forward.
"""

import warnings
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest import mock

import numpy as np

from adjoint import spaces, transforms
from adjoint.compile.executable import Executable
from adjoint.errors import AdjointError, CheckFailed
from adjoint.rules.ruleset import Form, lookup
from adjoint.testing import check_grads
from adjoint.testing.verdict import InconclusiveCheck
from adjoint.trace import substitutes
from callables.public import Public
from callables.rows import Elsewhere, Through

FLAT = {
    Form.NONE: "what it returns is no floating number",
    Form.ZERO: "its derivative is zero wherever it exists",
}


@dataclass(frozen=True)
class Verdict:
    """What is known of a callable.

    `kind` : "rule" or "source" (its derivative is right), "none" (it has none), "missing" (an error
    says so, or no row calls it) or "wrong".
    """

    kind: str
    detail: str = ""


def judge(entry: Public, rows: Any) -> Verdict:
    """Call the callable as its rows say; without rows by what its rule says."""
    if isinstance(rows, str):
        return Verdict("none", rows)
    if isinstance(rows, Elsewhere):
        return Verdict("rule" if substitutes.substitute(entry.function) else "source")
    rule = rule_of(entry.function)
    if not rows:
        reason = FLAT.get(rule.form) if rule is not None else None
        return Verdict("none", reason) if reason else Verdict("missing", "no row")
    for row in rows:
        found = checked(entry, row)
        if found is not None:
            return found
    if rule is not None and rule.form is not Form.ZERO:
        return Verdict("rule")
    is_replaced = hasattr(entry.function, "__code__") and substitutes.substitute(entry.function)
    return Verdict("rule" if is_replaced or is_native(entry.function) else "source")


def rule_of(function: Any) -> Any:
    return lookup(function) if callable(function) else None


def is_native(function: Any) -> bool:
    inner = getattr(function, "__wrapped__", function)
    inner = getattr(inner, "__func__", inner)
    return not hasattr(inner, "__code__") and not isinstance(function, type)


def checked(entry: Public, row: Any) -> Verdict | None:
    """None if the derivatives of one call are right."""
    call, args = calling(entry, row)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", InconclusiveCheck)
            check_grads(call, args, rtol=getattr(row, "rtol", None))
    except CheckFailed as error:
        return Verdict("wrong", str(error).splitlines()[0])
    except InconclusiveCheck as error:
        return Verdict("wrong", f"undecided: {error}")
    except AdjointError as error:
        return Verdict("missing", f"{type(error).__name__}: {error.what}")
    except Exception as error:  # a row that is wrong must not hide the other rows
        return Verdict("wrong", f"{type(error).__name__}: {error}")
    return None


def calling(entry: Public, row: Any) -> tuple[Any, tuple]:
    """A function of the arguments that hold floats, and these arguments."""
    if isinstance(row, Through):
        return row.function, row.args
    args, kwargs = (row[:-1], row[-1]) if isinstance(row[-1], dict) else (row, {})
    chosen = [place for place, arg in enumerate(args) if holds_float(arg)]
    function = entry.function

    def call(*values):
        given = list(args)
        for place, value in zip(chosen, values, strict=True):
            given[place] = value
        return function(*given, **kwargs)

    return call, tuple(args[place] for place in chosen)


def holds_float(tree: Any) -> bool:
    return any(spaces.is_differentiable(leaf) for leaf in spaces.flatten(tree)[0])


def compiles(entry: Public, rows: Any) -> bool:
    """True if the compiled tier takes one of the calls and its adjoint gives the same gradient.

    The adjoint is run as the plain Python that it is printed as: making machine code of each would
    take an hour. The programs of tests/compile are run as machine code.
    """
    calls = [] if isinstance(rows, Elsewhere) else [positional(entry, row) for row in rows]
    return any(call is not None and compiles_call(call, args) for call, args in calls)


def compiles_call(call: Any, args: tuple) -> bool:
    rng = np.random.default_rng(0)
    with warnings.catch_warnings(), np.errstate(all="ignore"), RUN_AS_PYTHON:
        warnings.simplefilter("ignore")
        try:
            value, pullback = transforms.vjp(transforms.jit(call), *args)
            cotangent = spaces.random(value, rng)
            gradients = pullback(cotangent)
        except Exception:  # what is refused while Python runs is an error of any kind
            return False
        return agree(gradients, transforms.vjp(call, *args)[1](cotangent))


RUN_AS_PYTHON = mock.patch.object(Executable, "compiled", lambda self, args: self.python)


def agree(left: Any, right: Any) -> bool:
    pairs = zip(spaces.flatten(left)[0], spaces.flatten(right)[0], strict=True)
    return all(np.allclose(a, b, rtol=1e-9) for a, b in pairs)


def positional(entry: Public, row: Any) -> tuple[Any, tuple]:
    """The call as a function of its first arguments that can be compiled; the rest is captured."""
    if isinstance(row, Through):
        return row.function, row.args
    args, kwargs = (row[:-1], row[-1]) if isinstance(row[-1], dict) else (row, {})
    count = sum(map(holds_float, args))
    rest = args[count:]
    if any(map(holds_float, rest)):
        return None, ()
    function = partial(entry.function, **kwargs) if kwargs else entry.function
    by_count = {
        1: lambda a: function(a, *rest),
        2: lambda a, b: function(a, b, *rest),
        3: lambda a, b, c: function(a, b, c, *rest),
    }
    return by_count.get(count), args[:count]
