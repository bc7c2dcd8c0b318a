"""Looks for derivatives that a recording could have lost without noticing.

Two independent means. The program is run twice, at nearby arguments, and every number that takes
part in arithmetic is compared: one that moved with the arguments but carries no derivative was
cut off, whatever the way (text, integers, native code, a cache). And while it runs, every Python
function that was not rewritten is asked whether it holds a value that carries one. Finally the
gradient is compared with finite differences.
"""

import math
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

from adjoint import spaces, trace, transforms
from adjoint.errors import AdjointError, Place, calling_place, is_in_solver, is_ours, user_place
from adjoint.rules.ruleset import Form, lookup
from adjoint.testing.finite_difference import copied, richardson

SMALL_STEP = 1e-6
MOST_OPERATIONS = 300_000
MOST_ELEMENTS = 4096
TOLERANCE = 1e-5
TO_INTEGERS = frozenset({int, math.floor, math.ceil, math.trunc})
SHAPED_LIKE = frozenset({np.zeros_like, np.ones_like, np.empty_like})  # read no contents
LOOKING = ("adjoint.rules.", "adjoint.spaces")


@dataclass(frozen=True)
class Finding:
    """A place where a derivative may have been lost.

    Attributes
    ----------
    kind : "constant" (a number moved with the arguments but carries no derivative), "unwatched"
        (Python code ran un-rewritten with a live value), "warning", "error", "gradient" or "step".
    place : the line; None if the finding is about the whole program.
    caller : if that is a library's, the user's own line that called the library.
    """

    kind: str
    what: str
    place: Place | None = None
    caller: Place | None = None

    def __str__(self) -> str:
        places = [str(place) for place in (self.caller, self.place) if place is not None]
        return "\n".join([f"{self.kind}: {self.what}", *places])


@dataclass
class Audit:
    """The outcome of `audit`.

    Attributes
    ----------
    findings : what was found, in the order of the program.
    operations : how many operations were looked at.
    steps : findings of kind "step": a value that carries a derivative was made an integer, rounded
        or stopped, which has the derivative zero. No fault, but the place to look if the whole
        derivative is too small.
    """

    findings: list[Finding] = field(default_factory=list)
    operations: int = 0
    steps: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """True if nothing was found."""
        return not self.findings

    def __str__(self) -> str:
        lines = [f"audit: {len(self.findings)} findings", *map(str, self.findings)]
        if self.ok:
            lines = [f"audit: nothing found in {self.operations} operations"]
        return "\n".join([*lines, *map(str, self.steps)])

    __repr__ = __str__


def audit(f: Callable, *args: Any, seed: int = 0) -> Audit:
    """Run ``f(*args)`` and look for derivatives that would be lost in silence.

    Parameters
    ----------
    f : any callable that can be differentiated with respect to the floats in `args`. It is called
        several times, and must do the same each time.
    seed : of the random direction in which the arguments are moved.

    Examples
    --------
    >>> import adjoint as ad
    >>> ad.testing.audit(lambda x: x * x, 3.0)
    audit: nothing found in 1 operations
    >>> lost = ad.testing.audit(lambda x: x * (int(x * 1e9) / 1e9), 3.0)
    >>> [finding.kind for finding in lost.findings]
    ['constant', 'gradient']
    >>> len(lost.steps)  # `int` of something that carries a derivative
    1
    """
    rng = np.random.default_rng(seed)
    direction = spaces.random(args, rng)
    lengths = spaces.tree_map(length_of, args, direction)
    runs, report = [], Audit()
    for moves in (None, None, lengths):
        given = copied(args) if moves is None else copied(spaces.step(args, moves, 1.0))
        observer = Observer(watches_calls=len(runs) == 1)  # all is rewritten by then
        try:
            runs.append(observer.watch(f, given))
        except AdjointError as error:
            report.findings.append(Finding("error", error.what, error.place))
            return report
        if len(runs) == 2:
            report.findings.extend(observer.findings)
            report.steps.extend(observer.steps.values())
    report.operations = len(runs[0])
    report.findings.extend(cut_off(*runs))
    report.findings.extend(gradient_findings(f, args, direction))
    return report


def length_of(leaf: Any, direction: Any) -> Any:
    """How far a leaf is moved: a small part of its size."""
    if direction is None:
        return None
    size = np.maximum(np.abs(leaf), 1e-3)
    moved = SMALL_STEP * size * np.where(np.abs(direction) < 0.1, 0.5, direction)
    return moved if isinstance(leaf, np.ndarray) else type(leaf)(moved)


class Observer:
    """Watches one run: the operands of each operation, and Python code that is not rewritten."""

    def __init__(self, watches_calls: bool) -> None:
        self.watches_calls = watches_calls
        self.seen: list[tuple[tuple, list[tuple[bool, Any]]]] = []
        self.findings: list[Finding] = []
        self.steps: dict[tuple, Finding] = {}
        self.places: set[tuple[str, int]] = set()

    def watch(self, f: Callable, args: tuple) -> list:
        leaves, structure = spaces.flatten(args)
        leaves = [spaces.fresh(leaf) if isinstance(leaf, float) else leaf for leaf in leaves]
        live = [leaf for leaf in leaves if spaces.is_differentiable(leaf)]
        before = sys.getprofile()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            if self.watches_calls:
                sys.setprofile(self.profile)
            try:
                trace.observe(f, tuple(structure.rebuild(leaves)), live, self.operation)
            finally:
                sys.setprofile(before)
        for warning in caught:
            if issubclass(warning.category, UserWarning) and is_adjoint(warning.category):
                place = Place(warning.filename, warning.lineno)
                self.findings.append(Finding("warning", str(warning.message), place))
        return self.seen

    def operation(self, function: Callable, args: list, is_live: Callable) -> None:
        frame = sys._getframe(1)
        if len(self.seen) < MOST_OPERATIONS and not is_in_solver(frame):
            places = (user_place(frame), calling_place(frame))
            values = [(is_live(arg), kept(arg)) for arg in numbers(args)]
            if any(live for live, _ in values) and is_step(function, args):
                what = f"`{function.__name__}` of a value that carries a derivative is a step"
                self.steps.setdefault(places, Finding("step", what, *places))
            if function is not int:
                self.seen.append((places, values))

    def profile(self, frame: FrameType, event: str, arg: Any) -> None:
        """The profile function: a Python function begins."""
        if event != "call" or not trace.is_recording() or not trace.is_called_directly(frame):
            return
        code = frame.f_code
        key = (code.co_filename, code.co_firstlineno)
        if key in self.places or is_ours(code.co_filename) or is_looked_at(frame):
            return
        if trace.holds_live(list(frame.f_locals.values())) and not trace.is_watched(frame):
            self.places.add(key)
            place = Place(code.co_filename, frame.f_lineno)
            what = f"`{code.co_qualname}` ran as it is, with a value that carries a derivative"
            self.findings.append(Finding("unwatched", what, place))


def is_adjoint(category: type) -> bool:
    return category.__module__.partition(".")[0] == "adjoint"


def is_looked_at(frame: FrameType) -> bool:
    """True for what a rule calls to see whether it is for these arguments, and for the walk
    through containers."""
    caller = frame.f_back
    return caller is not None and caller.f_globals.get("__name__", "").startswith(LOOKING)


def is_step(function: Callable, args: list) -> bool:
    """True for what has the derivative zero wherever it has one."""
    if function in TO_INTEGERS:
        return True
    if getattr(function, "__name__", "") == "array_astype":
        return np.dtype(args[1]).kind in "iub"
    rule = lookup(function, len(args))
    return rule is not None and rule.form is Form.ZERO and function not in SHAPED_LIKE


def numbers(args: list) -> list:
    """The floating numbers and arrays among arguments, looking into lists."""
    found: list = []
    for arg in args:
        if isinstance(arg, list | tuple):
            found.extend(numbers(list(arg)))
        elif spaces.is_differentiable(arg):
            found.append(arg)
    return found


def kept(value: Any) -> Any:
    """What is remembered of an operand."""
    if not isinstance(value, np.ndarray):
        return complex(value)
    return value.copy() if value.size <= MOST_ELEMENTS else complex(np.sum(value))


def cut_off(first: list, again: list, moved: list) -> list[Finding]:
    """The operands that move with the arguments and carry no derivative, one for each line."""
    found: dict[tuple, Finding] = {}
    for one, same, other in zip(first, again, moved, strict=False):
        if one[0] != other[0] or len(one[1]) != len(other[1]) or len(one[1]) != len(same[1]):
            break  # the control flow depends on the arguments
        for (live, value), (_, repeated), (_, new) in zip(one[1], same[1], other[1], strict=True):
            if live or equal(value, new) or not equal(value, repeated):
                continue
            if one[0] not in found:
                what = "a number that changes with the arguments carries no derivative here"
                found[one[0]] = Finding("constant", what, *one[0])
    return list(found.values())


def equal(left: Any, right: Any) -> bool:
    return np.shape(left) == np.shape(right) and np.array_equal(left, right, equal_nan=True)


def gradient_findings(f: Callable, args: tuple, direction: tuple) -> list[Finding]:
    """The tangent of `f` against finite differences along a random direction."""
    out = f(*copied(args))
    if not all(spaces.is_differentiable(leaf) for leaf in spaces.flatten(out)[0]):
        return []
    given = zip(args, direction, strict=True)
    along = tuple(spaces.zeros(arg) if d is None else d for arg, d in given)
    tangent = transforms.jvp(f, copied(args), along)[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = richardson(f, args, along)
    found, wanted_leaves = spaces.flatten(tangent)[0], spaces.flatten(expected.tangent)[0]
    for got, wanted, error in zip(found, wanted_leaves, expected.errors, strict=True):
        gap = np.abs(np.asarray(got) - np.asarray(wanted)).max(initial=0.0)
        size = np.abs(wanted).max(initial=0.0)
        if gap > 10.0 * error + TOLERANCE * size + 1e-12:
            what = f"the derivative differs from finite differences by {gap:.2g} of {size:.2g}"
            return [Finding("gradient", what)]
    return []
