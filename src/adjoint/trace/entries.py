"""The tape entries that are not plain numbers, and how each is swept.

`backward` and `forward` are ordinary Python on a ledger; while an outer level records, they run
under its hooks, which is what makes higher derivatives. After a backward sweep every buffer is as
it was when the recording began; a forward sweep leaves it as the program did.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.errors import MissingRule
from adjoint.rules.ruleset import Form, Rule

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


def strongly(product: Any, factor: Any) -> Any:
    """`product` with zero wherever `factor` is zero, also against an infinite partial."""
    if np.all(np.isfinite(product)):
        return product
    return np.where(factor == 0, 0.0, product)


class Applied:
    """The call of a function that has a rule."""

    __slots__ = ("args", "function", "kwargs", "out", "out_place", "places", "rule")

    def __init__(
        self,
        rule: Rule,
        function: Callable,
        args: tuple,
        kwargs: dict,
        places: tuple,
        out: Any,
        out_place: Any,
    ):
        self.rule = rule
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
        rule = self.rule
        if rule.form is Form.ELEMENTWISE and (rule.vjp is None or not self.is_complex()):
            for place, partial in zip(self.places, rule.partials, strict=False):
                if place is not None and partial is not None:
                    slope = partial(*self.args, self.out)
                    if np.iscomplexobj(slope):
                        slope = np.conj(slope)
                    ledger.give(place, strongly(ct * slope, ct))
            return
        if rule.vjp is None:
            raise MissingRule(f"{self.function} has no reverse rule", instead="use forward mode")
        cotangents = rule.vjp(ct, self.out, *self.args, **self.kwargs)
        for place, cotangent in zip(self.places, cotangents, strict=False):
            if place is not None and cotangent is not None:
                ledger.give(place, cotangent)

    def is_complex(self) -> bool:
        return any(np.iscomplexobj(arg) for arg in self.args)

    def forward(self, ledger: Any) -> None:
        tangents = [ledger.read(place) for place in self.places]
        if all(tangent is None for tangent in tangents):
            ledger.put(self.out_place, None)
            return
        rule = self.rule
        if rule.form is Form.ELEMENTWISE and (rule.jvp is None or not self.is_complex()):
            total = None
            for tangent, partial in zip(tangents, rule.partials, strict=False):
                if tangent is not None and partial is not None:
                    term = strongly(tangent * partial(*self.args, self.out), tangent)
                    total = term if total is None else total + term
            ledger.put(self.out_place, total)
            return
        if rule.jvp is None:
            raise MissingRule(f"{self.function} has no forward rule", instead="use reverse mode")
        ledger.put(self.out_place, rule.jvp(tuple(tangents), self.out, *self.args, **self.kwargs))


class Custom:
    """The call of a function that brings its own derivative."""

    __slots__ = ("function", "out_place", "places", "residuals")

    def __init__(self, function: Any, places: tuple, residuals: Any, out_place: Any):
        self.function = function
        self.places = places
        self.residuals = residuals
        self.out_place = out_place

    def backward(self, ledger: Any) -> None:
        ct = ledger.take_tree(self.out_place)
        if ct is None:
            return
        cotangents = self.function.backward(self.residuals, ct)
        for place, cotangent in zip(self.places, cotangents, strict=False):
            if place is not None and cotangent is not None:
                ledger.give_tree(place, cotangent)

    def forward(self, ledger: Any) -> None:
        tangents = tuple(ledger.read_tree(place) for place in self.places)
        ledger.put_tree(self.out_place, self.function.tangent(self.residuals, tangents))


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
        if ct is not None:
            np.add.at(ledger.shadow(self.array), self.index, ct)

    def forward(self, ledger: Any) -> None:
        tangent = ledger.read(self.array)
        ledger.put(self.out_place, None if tangent is None else tangent[self.index])


class Stored:
    """``array[index] = value``.

    `before` is what was overwritten, if an earlier entry may read it. With repeated indices only
    the last writer has a derivative.
    """

    __slots__ = ("array", "before", "index", "is_live", "value", "value_place", "winners")

    def __init__(
        self,
        array: np.ndarray,
        index: Any,
        value: Any,
        value_place: Any,
        is_live: bool,
        before: Any,
    ):
        self.array = array
        self.index = index
        self.value = value if isinstance(value, np.ndarray) else None
        self.value_place = value_place
        self.is_live = is_live
        self.before = before
        self.winners = last_writers(array, index) if is_live else None

    def backward(self, ledger: Any) -> None:
        if self.is_live and ledger.has(self.array):
            shadow = ledger.shadow(self.array)
            taken = np.array(shadow[self.index])
            shadow[self.index] = 0.0
            if self.value_place is not None:
                if self.winners is not None:
                    taken = np.where(self.winners, taken, 0.0)
                ledger.give(self.value_place, taken)
        self.swap()

    def forward(self, ledger: Any) -> None:
        if self.is_live:
            tangent = None if self.value_place is None else ledger.read(self.value_place)
            shadow = ledger.shadow(self.array)
            shadow[self.index] = 0.0 if tangent is None else tangent
        self.swap()

    def swap(self) -> None:
        """Exchange the memory's contents with those of the other side of this store."""
        if self.before is not None:
            after = np.array(self.array[self.index])
            self.array[self.index] = self.before
            self.before = after


def last_writers(array: np.ndarray, index: Any) -> np.ndarray | None:
    """Which of the values stored at `index` remain; None if all do."""
    if not is_fancy(index):
        return None
    places = np.arange(array.size).reshape(array.shape)[index]
    if np.unique(places).size == places.size:
        return None
    writer = np.empty(array.size, np.intp)
    order = np.arange(places.size)
    writer[places.ravel()] = order
    return (writer[places.ravel()] == order).reshape(places.shape)


def is_fancy(index: Any) -> bool:
    """True if indexing by `index` copies: an array, list or mask is part of it."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(part, np.ndarray | list) for part in parts)
