"""One check for every pitfall, in either tier: the slope that is right, or a refusal with its line.

A case that the compiled tier refuses says so (`refused`), and fails on the day it no longer does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np
import pytest

import adjoint as ad
from adjoint import errors, spaces
from adjoint.compile.executable import Executable
from adjoint.testing import finite_difference_jvp
from adjoint.testing.finite_difference import copied

RTOL, FINITE_RTOL = 1e-11, 1e-6


@dataclass(frozen=True)
class Case:
    """A call and its gradient.

    Attributes
    ----------
    slope : the gradient with respect to the floats among `args` (a tuple, if they are several);
        None where finite differences are the judge.
    refused : a pattern of the compiled tier's refusal; None if it accepts the program.
    reverse_only : True where forward mode has no derivative to give.
    wrong : True where the compiled tier is known to fail; the test fails when it is mended.
    """

    f: Callable
    args: tuple
    slope: Any = None
    refused: str | None = None
    reverse_only: bool = False
    wrong: bool = False


def case(f: Callable, *args: Any, **expected: Any) -> Case:
    return Case(f, args, **expected)


def each(**cases: Case) -> Any:
    """Runs a test with each `case`."""
    return pytest.mark.parametrize("case", list(cases.values()), ids=list(cases))


class Tier:
    """The traced or the compiled tier, and what is asked of it."""

    def __init__(self, name: str):
        self.name = name
        self.is_compiled = name == "compiled"

    def __call__(self, f: Callable) -> Callable:
        return ad.jit(f) if self.is_compiled else f

    def grad(self, f: Callable, argnums: Any = 0) -> Callable:
        return ad.grad(self(f), argnums)

    def check(self, case: Case, rtol: float = RTOL) -> None:
        """Both modes of a case, or its refusal."""
        with np.errstate(all="ignore"):
            if self.is_compiled and case.refused is not None:
                self.refuses(case.f, *case.args, match=case.refused)
            elif self.is_compiled and case.wrong:
                with pytest.raises((AssertionError, ArithmeticError)):
                    self.compare(case, rtol)
            else:
                self.compare(case, rtol)

    def compare(self, case: Case, rtol: float) -> None:
        rng = np.random.default_rng(3)
        argnums = places_of_floats(case.args)
        f = self(case.f)
        after, given = copied(case.args), copied(case.args)
        out = case.f(*after)
        same(f(*given), out, rtol)
        same(given, after, rtol)
        ct = spaces.random(out, rng) if case.slope is None else 1.0
        direction = tuple(
            spaces.random(arg, rng) if i in argnums else None for i, arg in enumerate(case.args)
        )
        gradient = self.pulled(f, argnums, case, ct)
        along = tuple(direction[i] for i in argnums)
        if case.slope is None:
            wanted = spaces.inner(ct, finite_difference_jvp(case.f, case.args, direction))
            np.testing.assert_allclose(spaces.inner(gradient, along), wanted, rtol=FINITE_RTOL)
        else:
            expected = case.slope if len(argnums) > 1 else (case.slope,)
            same(gradient, expected, rtol)
        if case.reverse_only:
            return
        with self.interpreted():
            tangent = ad.jvp(f, copied(case.args), direction)[1]
        forward, reverse = spaces.inner(ct, tangent), spaces.inner(gradient, along)
        np.testing.assert_allclose(forward, reverse, rtol, atol=1e-12)

    def pulled(self, f: Callable, argnums: tuple, case: Case, ct: Any) -> tuple:
        if case.slope is not None:
            after, given = copied(case.args), copied(case.args)
            case.f(*after)
            gradient = ad.grad(f, argnums)(*given)
            same(given, after, RTOL)
            return gradient
        cotangents = ad.vjp(f, *copied(case.args))[1](ct)
        return tuple(cotangents[i] for i in argnums)

    def refuses(
        self,
        f: Callable,
        *args: Any,
        match: str | None = None,
        error: type[errors.AdjointError] = errors.AdjointError,
    ) -> errors.AdjointError:
        """The error that differentiating `f` raises, seen to name a line of the file of `f`."""
        with pytest.raises(error, match=match) as caught:
            ad.grad(self(f), places_of_floats(args) or 0)(*copied(args))
        place = caught.value.caller or caught.value.place
        assert place is not None, caught.value
        assert place.filename == f.__code__.co_filename or errors.is_library(place.filename)
        assert place.text.strip()
        assert caught.value.instead
        return caught.value

    @contextmanager
    def interpreted(self) -> Iterator[None]:
        """Compiled programs run as the Python they are printed as: no machine code is made."""
        with mock.patch.object(Executable, "__call__", lambda self, *args: self.python(*args)):
            yield


def places_of_floats(args: tuple) -> tuple[int, ...]:
    return tuple(
        i for i, a in enumerate(args) if any(map(spaces.is_differentiable, spaces.flatten(a)[0]))
    )


def same(found: Any, expected: Any, rtol: float) -> None:
    found, expected = spaces.flatten(found)[0], spaces.flatten(expected)[0]
    for one, other in zip(found, expected, strict=True):
        if not spaces.is_differentiable(other):
            assert one is other or one == other
        else:
            np.testing.assert_allclose(one, other, rtol=rtol, atol=1e-12)
