"""The tape entries that are not plain numbers, and how each is swept.

`backward` and `forward` are ordinary Python on a ledger; while an outer level records, they run
under its hooks, which is what makes higher derivatives. After a backward sweep every buffer is as
it was when the recording began; a forward sweep leaves it as the program did.
"""

import functools
import inspect
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint import spaces
from adjoint.errors import AdjointError, MissingRule, calling_place, user_place
from adjoint.rules.ruleset import Form, Rule, elementwise
from adjoint.trace import quick
from adjoint.trace.finiteness import is_surely_finite
from adjoint.trace.memory import may_overlap_itself
from adjoint.trace.needs import Activity

REQUIRED = inspect.Parameter.empty


class Boxed:
    """The place of a scalar that is not a float64: its slot, and the value for its type."""

    __slots__ = ("slot", "value")

    def __init__(self, slot: int, value: Any):
        self.slot = slot
        self.value = value


@functools.cache
def parameters(formula: Callable) -> list[tuple[str, Any]]:
    """Names and defaults of the function's own parameters, from its vjp or partial."""
    found = list(inspect.signature(formula).parameters.values())
    if found and found[0].name == "ct":
        found = found[2:]
    return [(p.name, p.default) for p in found if p.kind is p.POSITIONAL_OR_KEYWORD]


# Keywords of elementwise functions that leave the partial derivatives as they are.
HARMLESS = frozenset({"dtype", "casting", "order", "subok", "nan", "posinf", "neginf"})


@functools.cache
def unknown_keyword(rule: Rule, count: int, names: tuple[str, ...]) -> str | None:
    """The first keyword (or "" for one argument too many) of a call that a rule does not know."""
    if rule.vjp is None:
        return next((name for name in names if name not in HARMLESS), None)
    found = inspect.signature(rule.vjp).parameters
    kinds = [parameter.kind for parameter in found.values()]
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        for name in names:
            if name not in found and not (rule.partials and name in HARMLESS):
                return name
    by_position = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    takes = sum(kind in by_position for kind in kinds) - 2
    return None if inspect.Parameter.VAR_POSITIONAL in kinds or count <= takes else ""


def read_by_formulas(rule: Rule, kwargs: dict) -> dict:
    """`kwargs` without those that leave the derivative as it is, and that no formula knows."""
    if not kwargs or not rule.partials or rule.vjp is None:
        return kwargs
    known = all_names(rule.vjp)
    return {n: value for n, value in kwargs.items() if n in known or n not in HARMLESS}


@functools.cache
def all_names(formula: Callable) -> frozenset[str]:
    return frozenset(inspect.signature(formula).parameters)


def is_covered(rule: Rule, args: tuple, kwargs: dict) -> bool:
    """True if the formulas of `rule` are of this call."""
    if rule.form is Form.NONE or rule.form is Form.ZERO:
        return True
    if rule.covers is not None and not rule.covers(*args, **kwargs):
        return False
    if rule.form is Form.DEFINED:
        return True
    if not kwargs and rule.vjp is None:
        return True
    return unknown_keyword(rule, len(args), tuple(kwargs)) is None


def widened(arg: Any) -> Any:
    """Integers and truths in 64 bits, where formulas neither overflow nor lose a sign."""
    if type(arg) is bool:
        return int(arg)
    if type(arg) is not np.ndarray and not isinstance(arg, np.integer | np.bool_):
        return arg
    is_narrow = arg.dtype.kind in "iub" and arg.dtype != np.int64
    return arg.astype(np.int64) if is_narrow else arg


def divisible(arg: Any) -> Any:
    """A zero of Python as NumPy's, by which formulas divide as the program did."""
    return np.float64(arg) if type(arg) in (float, int, bool) and arg == 0 else arg


def fitted(contribution: Any, like: np.ndarray) -> Any:
    """`contribution` summed over broadcast axes to the shape of `like`, real if `like` is."""
    extra = np.ndim(contribution) - like.ndim
    if extra > 0:
        contribution = np.sum(contribution, axis=tuple(range(extra)))
    shape = np.shape(contribution)
    axes = tuple(i for i, n in enumerate(shape) if n != 1 and like.shape[i - len(shape)] == 1)
    if axes and len(shape) == like.ndim:
        contribution = np.sum(contribution, axis=axes, keepdims=True)
    if np.iscomplexobj(contribution) and like.dtype.kind != "c":
        contribution = np.real(contribution)
    return contribution


def strongly(vector: Any, slope: Any) -> Any:
    """``vector * slope``, where a zero makes zero of whatever it meets."""
    product = vector * slope
    if is_ordinary(slope) or is_surely_finite(product) or np.isfinite(product).all():
        return product
    nothing = np.isnan(product) & ((vector == 0) | (slope == 0))  # other zeros may be moving
    return np.where(nothing, 0.0, product)


def is_ordinary(slope: Any) -> bool:
    """True for one real number far from zero and infinity: as a factor it makes no nan."""
    return isinstance(slope, float) and 1e-30 < abs(slope) < 1e30


def scales_in_place(ct: Any, slope: Any, is_last: bool) -> bool:
    """Multiply `ct` by `slope` in its own memory; True if that is done, or `slope` is 1.

    Not if somebody needs it unscaled, nor if a zero of the one could meet an infinity of the other.
    """
    if is_ordinary(slope):
        if slope == 1.0:
            return True
    elif type(slope) is not np.ndarray or slope.shape != np.shape(ct) or slope.dtype != ct.dtype:
        return False
    if not is_last or type(ct) is not np.ndarray or ct.ndim == 0 or ct.dtype.kind not in "fc":
        return False
    if not is_ordinary(slope) and not (is_surely_finite(slope) and is_surely_finite(ct)):
        return False
    ct *= slope
    return True


def linearly(function: Callable, vector: Any) -> Any:
    """``function(vector)``, where a coefficient of zero makes zero of an infinite component.

    `function` is linear: it is applied to the finite part and to the directions that grow without
    bound, which keeps ``0 * inf`` from arising inside it.
    """
    if is_surely_finite(vector) or not is_unbounded(vector):
        return function(vector)
    return grown(function(mapped(finite_part, vector)), function(mapped(direction, vector)))


def is_unbounded(vector: Any) -> bool:
    """True if a real part of `vector` is infinite."""
    if isinstance(vector, list | tuple):
        return any(is_unbounded(part) for part in vector)
    return vector is not None and not np.iscomplexobj(vector) and bool(np.isinf(vector).any())


def mapped(function: Callable, vector: Any) -> Any:
    """`function` of the parts of `vector`."""
    if isinstance(vector, list | tuple):
        return type(vector)([mapped(function, part) for part in vector])
    return None if vector is None else function(vector)


def finite_part(vector: Any) -> Any:
    """Zero for what is infinite, which nevertheless moves as it did."""
    return np.where(np.isinf(vector), 0.0, vector)


elementwise(finite_part, lambda vector, out: 1.0)


def direction(vector: Any) -> Any:
    return np.where(np.isinf(vector), np.sign(vector), 0.0)


def grown(finite: Any, toward: Any) -> Any:
    """``finite + inf * toward``, part by part, with ``0 * inf = 0``."""
    if isinstance(finite, list | tuple):
        return [grown(*pair) for pair in zip(finite, toward, strict=True)]
    if finite is None or toward is None:
        return finite
    return finite + np.where(toward == 0, 0.0, np.inf * toward)


class Applied:
    """The call of a function that has a rule."""

    __slots__ = ("active", "args", "function", "kwargs", "out", "out_place", "places")

    def __init__(
        self,
        active: Activity,
        function: Callable,
        args: tuple,
        kwargs: dict,
        places: list,
        out: Any,
        out_place: Any,
    ):
        self.active = active
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.places = places
        self.out = out
        self.out_place = out_place

    def backward(self, ledger: Any) -> None:
        ct = ledger.take(self.out_place)
        if ct is None:
            return
        if ledger.is_quick:
            quick.applied(self, ledger, ct)
            return
        rule = self.active.rule
        if rule.form is Form.ELEMENTWISE and (rule.vjp is None or not self.is_complex()):
            last = len(self.active.steps) - 1
            for index, (position, _, partial) in enumerate(self.active.steps):
                place = self.places[position]
                slope = partial(*self.args, self.out)
                if type(slope) is not float and np.iscomplexobj(slope):
                    slope = np.conj(slope)
                is_last = index == last
                if not ledger.keeps_zeros and scales_in_place(ct, slope, is_last):
                    ledger.give(place, ct, is_own=is_last)
                else:
                    ledger.give(place, strongly(ct, slope), is_own=True)
            return
        if rule.vjp is None:
            raise MissingRule(f"{self.function} has no reverse rule", instead="use forward mode")

        live = self.active.live

        def pulled(ct: Any) -> Any:
            return rule.cotangents(live, ct, self.out, *self.args, **self.kwargs)

        cotangents = linearly(pulled, ct)
        for place, cotangent in zip(self.places, cotangents, strict=False):
            if place is not None and cotangent is not None:
                ledger.give(place, cotangent)

    def is_complex(self) -> bool:
        return any(np.iscomplexobj(arg) for arg in self.args)

    def forward(self, ledger: Any) -> None:
        tangents = [tangent_of(ledger, *pair) for pair in zip(self.places, self.args, strict=True)]
        if all(tangent is None for tangent in tangents):
            ledger.put(self.out_place, None)
            return
        rule = self.active.rule
        if rule.form is Form.ELEMENTWISE and (rule.jvp is None or not self.is_complex()):
            total = None
            for tangent, partial in zip(tangents, rule.partials, strict=False):
                if tangent is not None and partial is not None:
                    vector = np.array(tangent) if isinstance(tangent, list) else tangent
                    term = strongly(vector, partial(*self.args, self.out))
                    total = term if total is None else total + term
            ledger.put(self.out_place, total)
            return
        if rule.jvp is None:
            raise MissingRule(f"{self.function} has no forward rule", instead="use reverse mode")

        def pushed(tangents: tuple) -> Any:
            return rule.jvp(tangents, self.out, *self.args, **self.kwargs)

        ledger.put(self.out_place, linearly(pushed, tuple(tangents)))


class Located(Applied):
    """The call of a function whose formulas may refuse: it knows the user's line."""

    __slots__ = ("caller", "place")

    def __init__(self, *given: Any):
        super().__init__(*given)
        self.place = user_place()
        self.caller = calling_place()

    def backward(self, ledger: Any) -> None:
        try:
            super().backward(ledger)
        except AdjointError as error:
            error.place, error.caller = self.place, self.caller
            raise

    def forward(self, ledger: Any) -> None:
        try:
            super().forward(ledger)
        except AdjointError as error:
            error.place, error.caller = self.place, self.caller
            raise


def tangent_of(ledger: Any, place: Any, arg: Any) -> Any:
    """The tangent of an argument; in a sequence, what has none is zero."""
    if not isinstance(place, list):
        return ledger.read(place)
    found = [tangent_of(ledger, *pair) for pair in zip(place, arg, strict=True)]
    return [zero_of(item) if t is None else t for t, item in zip(found, arg, strict=True)]


def zero_of(item: Any) -> Any:
    if isinstance(item, list | tuple):
        return [zero_of(part) for part in item]
    return np.zeros(np.shape(item)) if np.ndim(item) else 0.0


class Custom:
    """The call of a function that brings its own derivative."""

    __slots__ = ("function", "out_place", "places", "residuals")

    def __init__(self, function: Any, places: tuple, residuals: Any, out_place: Any):
        self.function = function
        self.places = places
        self.residuals = residuals
        self.out_place = out_place

    def backward(self, ledger: Any) -> None:
        ct = self.out_place.take(ledger)
        if ct is None:
            return
        cotangents = self.function.backward(self.residuals, ct)
        for place, cotangent in zip(self.places, cotangents, strict=False):
            if place is not None and cotangent is not None:
                place.give(ledger, cotangent)

    def forward(self, ledger: Any) -> None:
        tangents = tuple(None if place is None else place.read(ledger) for place in self.places)
        self.out_place.put(ledger, self.function.tangent(self.residuals, tangents))


class Element:
    """A scalar read from a live array, at the 0-d view `element`."""

    __slots__ = ("element", "out_place")

    def __init__(self, element: np.ndarray, out_place: Any):
        self.element = element
        self.out_place = out_place

    def backward(self, ledger: Any) -> None:
        ct = ledger.take(self.out_place)
        if ct is not None:
            ledger.give(self.element, ct)

    def forward(self, ledger: Any) -> None:
        ledger.put(self.out_place, ledger.read(self.element))


class Gathered:
    """A copy of some elements of a live array: indexing by arrays or masks."""

    __slots__ = ("array", "index", "out_place")

    def __init__(self, array: np.ndarray, index: Any, out_place: Any):
        self.array = array
        self.index = index
        self.out_place = out_place

    def backward(self, ledger: Any) -> None:
        ct = ledger.take(self.out_place)
        if ct is None:
            return
        shadow = ledger.shadow(self.array)
        if is_mask(self.index) and not ledger.keeps_zeros and not may_overlap_itself(shadow):
            shadow[self.index] += ct
        else:
            np.add.at(shadow, self.index, ct)

    def forward(self, ledger: Any) -> None:
        tangent = ledger.read(self.array)
        ledger.put(self.out_place, None if tangent is None else tangent[self.index])


class TreePlace:
    """The places of the leaves of a tree: an argument or result of a custom derivative."""

    __slots__ = ("leaves", "places", "structure")

    def __init__(self, structure: Any, leaves: list, places: list):
        self.structure = structure
        self.leaves = leaves
        self.places = places

    @staticmethod
    def of(recorder: Any, tree: Any) -> "TreePlace | None":
        leaves, structure = spaces.flatten(tree)
        places = [recorder.place(leaf) for leaf in leaves]
        if all(place is None for place in places):
            return None
        return TreePlace(structure, leaves, places)

    @staticmethod
    def entered(recorder: Any, tree: Any) -> "tuple[Any, TreePlace]":
        """`tree`, with fresh objects for its leaves, all of them live."""
        leaves, structure = spaces.flatten(tree)
        leaves = [fresh(recorder, leaf) for leaf in leaves]
        places = [recorder.enter(leaf) for leaf in leaves]
        return structure.rebuild(leaves), TreePlace(structure, leaves, places)

    def take(self, ledger: Any) -> Any:
        cotangents = [ledger.take(place) for place in self.places]
        if all(ct is None for ct in cotangents):
            return None
        return self.filled(cotangents)

    def read(self, ledger: Any) -> Any:
        return self.filled([ledger.read(place) for place in self.places])

    def filled(self, vectors: list) -> Any:
        pairs = zip(vectors, self.leaves, strict=True)
        return self.structure.rebuild(
            [
                spaces.zero_like(leaf) if vector is None else typed(vector, leaf)
                for vector, leaf in pairs
            ]
        )

    def give(self, ledger: Any, tree: Any) -> None:
        for place, vector in zip(self.places, spaces.flatten(tree)[0], strict=True):
            if place is not None and vector is not None:
                ledger.give(place, vector)

    def put(self, ledger: Any, tree: Any) -> None:
        for place, vector in zip(self.places, spaces.flatten(tree)[0], strict=True):
            if place is not None:
                ledger.put(place, vector)


def typed(vector: Any, leaf: Any) -> Any:
    """A scalar cotangent as the type of its primal."""
    if isinstance(leaf, np.ndarray):
        return vector
    return float(vector) if type(leaf) is float else type(leaf)(vector)


def fresh(recorder: Any, leaf: Any) -> Any:
    """An equal object of its own, because a result may be an argument or a constant."""
    if isinstance(leaf, np.ndarray):
        return recorder.native(np.array, (leaf,), {}) if leaf.dtype.kind in "fc" else leaf
    if not isinstance(leaf, spaces.SCALARS):
        return leaf
    negated = recorder.native(operator.neg, (leaf,), {})
    return recorder.native(operator.neg, (negated,), {})


def is_mask(index: Any) -> bool:
    """True for one array of booleans, which picks each element once, and copies."""
    return type(index) is np.ndarray and index.dtype.kind == "b"


def is_fancy(index: Any) -> bool:
    """True if indexing by `index` copies: an array, list or mask is part of it."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(part, np.ndarray | list) for part in parts)
