"""Comparing two derivatives, and saying what kind of mistake a difference looks like."""

import warnings
from typing import Any

import numpy as np

from adjoint import spaces
from adjoint.errors import CheckFailed


class InconclusiveCheck(UserWarning):
    """A check could not decide: a kink, noise or a jump too close to the point."""


def warn_inconclusive(what: str) -> None:
    warnings.warn(InconclusiveCheck(what), stacklevel=2)


def fail(what: str, instead: str) -> None:
    raise CheckFailed(what, instead=instead)


def require_close(
    got: Any, wanted: Any, *, rtol: float, atol: float, what: str, names: tuple[str, str]
) -> None:
    """Compare two trees leaf by leaf, relative to the largest number of each leaf."""
    left, structure = spaces.flatten(got)
    right, other = spaces.flatten(wanted)
    if len(left) != len(right):
        fail(f"{what}: the structures differ: {structure} and {other}", "return the same structure")
    for number, (a, b) in enumerate(zip(left, right, strict=True)):
        if a is None and b is None:
            continue
        where = f"{what}, part {number}" if len(left) > 1 else what
        compare_leaf(present(a, b), present(b, a), rtol, atol, where, names)


def rounding_of(scale: float, unit: float) -> float:
    """The difference that rounding explains; none, if what is compared is not even finite."""
    return unit * scale + 1e-300 if np.isfinite(scale) else 0.0


def present(value: Any, other: Any) -> np.ndarray:
    return np.zeros(np.shape(other)) if value is None else np.asarray(value)


def compare_leaf(
    got: np.ndarray, wanted: np.ndarray, rtol: float, atol: float, what: str, names: tuple[str, str]
) -> None:
    if got.shape != wanted.shape:
        fail(
            f"{what}: the shapes differ: {names[0]} has {got.shape}, {names[1]} has {wanted.shape}",
            "return a derivative of the shape of what it is the derivative of",
        )
    if got.size == 0:
        return
    same = (got == wanted) | (np.isnan(got) & np.isnan(wanted))
    with np.errstate(invalid="ignore"):
        gap = np.where(same, 0.0, np.abs(got - wanted))
    finite = np.abs(wanted[np.isfinite(wanted)])
    scale = float(finite.max()) if finite.size else 0.0
    wrong = ~(gap <= atol + rtol * scale)
    if not wrong.any():
        return
    worst = np.unravel_index(np.argmax(np.where(np.isnan(gap), np.inf, gap)), got.shape)
    entry = f", entry {tuple(int(i) for i in worst)}" if got.ndim else ""
    fail(
        f"{what}{entry}: {names[0]} gives {got[worst]!s}, {names[1]} gives {wanted[worst]!s}; "
        f"{resemblance(got, wanted)}",
        "correct the rule or the function of this derivative; "
        "if it is adjoint's own, report it with this message",
    )


def resemblance(got: np.ndarray, wanted: np.ndarray) -> str:
    """What kind of mistake the difference looks like."""
    if not np.isfinite(got).all():
        return "it is not finite: an infinite partial met a zero"
    for text, candidate in candidates(wanted):
        if candidate.shape == got.shape and np.allclose(got, candidate, rtol=1e-6, atol=0):
            return f"it looks like {text}"
    ratio = constant_ratio(got, wanted)
    if ratio is not None:
        return f"it is {ratio:.9g} times what it should be"
    return "they agree in some entries only" if np.isclose(got, wanted).any() else "no entry agrees"


def candidates(wanted: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Derivatives wrong in a known way."""
    known = [("a missing contribution (zero)", np.zeros_like(wanted)), ("a sign error", -wanted)]
    if wanted.dtype.kind == "c":
        known.append(("a missing complex conjugate", np.conj(wanted)))
    if wanted.ndim >= 2:
        known.append(("a missing transpose", np.swapaxes(wanted, -1, -2)))
    for axis in range(wanted.ndim):
        if wanted.shape[axis] > 1:
            known.append((f"a missing flip of axis {axis}", np.flip(wanted, axis)))
    return known


def constant_ratio(got: np.ndarray, wanted: np.ndarray) -> complex | float | None:
    used = wanted != 0
    if not used.any() or (got[~used] != 0).any():
        return None
    ratios = got[used] / wanted[used]
    return ratios[0] if np.allclose(ratios, ratios[0], rtol=1e-9, atol=0) else None
