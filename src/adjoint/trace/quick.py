"""A reverse sweep over arrays that does not guard against zero times infinity.

Such a product is nan, and what is linear hands a nan on, unless it multiplies it by a zero that
would have removed it anyway. So where every gradient comes out finite, none arose that matters, and
the gradients are those of the careful sweep; where one does not, the careful sweep is made. It
works in the memory of what it no longer needs.
"""

import operator
import sys
from collections import Counter
from typing import Any

import numpy as np

from adjoint.rules.forms import with_axes
from adjoint.rules.ruleset import Form
from adjoint.trace.finiteness import inner, is_surely_finite
from adjoint.trace.memory import FLOAT, LARGE, may_overlap_itself, owner_of

PRODUCTS = frozenset({np.dot, np.matmul, operator.matmul, np.inner})  # of vectors, their sum
EXTREMES = frozenset({np.max, np.amax, np.min, np.amin})
OVER_AXES = frozenset({"axis", "keepdims"})


def is_possible(recording: Any, simple: tuple[type, ...]) -> bool:
    """True for a tape with entries for arrays, all of them of the `simple` kinds.

    Those hold formulas that are linear in the cotangent and run nobody else's code.
    """
    kinds = {type(entry) for _, _, events in recording.segments for _, _, entry in events}
    return bool(kinds) and kinds.issubset(simple)


def are_finite(vectors: list, known: list) -> bool:
    """True if all of `vectors` are finite, as those that are `known` to be so are."""
    rest = [vector for vector in vectors if all(vector is not each for each in known)]
    return all(is_surely_finite(vector) or np.isfinite(vector).all() for vector in rest)


def applied(entry: Any, ledger: Any, ct: Any) -> None:
    """Give the cotangent `ct` of the result of an `Applied` to its arguments."""
    active = entry.active
    rule = active.rule
    if rule.form is Form.ELEMENTWISE and (rule.vjp is None or not entry.is_complex()):
        elementwise(entry, ledger, ct)
        return
    places = entry.places
    if is_scalar_product(entry):
        scalar_product(places, entry.args, ledger, ct)
        return
    if entry.function in EXTREMES and given_to_extremes(entry, ledger, ct):
        return
    found = list(rule.cotangents(active.live, ct, entry.out, *entry.args, **entry.kwargs))
    found.reverse()  # to be taken out one by one, so that nobody else refers to them
    for place in places[: len(found)]:
        if place is None or found[-1] is None:
            found.pop()
        else:
            is_own = type(found[-1]) is np.ndarray and sys.getrefcount(found[-1]) <= 2
            ledger.give(place, found.pop(), is_own, is_derived=rule.linear)


def is_scalar_product(entry: Any) -> bool:
    """True for the sum of products of two vectors of floats."""
    if entry.function not in PRODUCTS or entry.kwargs:
        return False
    return all(
        type(arg) is np.ndarray and arg.ndim == 1 and arg.dtype is FLOAT for arg in entry.args
    )


def given_to_extremes(entry: Any, ledger: Any, ct: Any) -> bool:
    """Give the cotangent of largest, or smallest, elements to these, where no two are alike."""
    args, kwargs, place = entry.args, entry.kwargs, entry.places[0]
    if len(args) != 1 or type(args[0]) is not np.ndarray or args[0].dtype is not FLOAT:
        return False
    if not OVER_AXES.issuperset(kwargs) or np.isnan(entry.out).any() or may_overlap_itself(place):
        return False
    array, axis = args[0], kwargs.get("axis")
    found = np.flatnonzero(array == with_axes(entry.out, array, axis))  # faster than `nonzero`
    if found.size != np.size(entry.out):
        return False
    where = np.unravel_index(found, array.shape)
    ledger.shadow(place)[where] += np.broadcast_to(with_axes(ct, array, axis), array.shape)[where]
    return True


def scalar_product(places: list, args: tuple, ledger: Any, ct: Any) -> None:
    """Give the cotangent of a sum of products to both vectors, or to one that is both."""
    left, right = args
    if left is right:
        ledger.give(places[0], left * (2.0 * float(ct)), True)
        return
    for place, other in zip(places, (right, left), strict=True):
        if place is not None:
            ledger.give(place, other * float(ct), True)


def elementwise(entry: Any, ledger: Any, ct: Any) -> None:
    """The same for a function of each element: the last product takes the memory of `ct`."""
    args, out, places = entry.args, entry.out, entry.places
    steps = entry.active.steps
    if len(steps) == 2 and ledger.lacks(places[steps[0][0]]):
        steps = steps[::-1]  # the memory of `ct` becomes that of a shadow which is not there yet
    is_array = type(ct) is np.ndarray and ct.ndim > 0
    remaining = len(steps)
    for position, constant, partial in steps:
        place = places[position]
        remaining -= 1
        is_last = is_array and remaining == 0 and ct.flags.writeable
        slope = partial(*args, out) if constant is None else constant
        if isinstance(slope, float):
            if type(place) is not int and gives_alike(ledger, place, ct, slope, is_last):
                continue
        elif type(slope) is not np.ndarray or slope.dtype.kind == "c":
            slope = np.conj(slope)
        if type(place) is int and is_array and ct.dtype is FLOAT:
            ledger.give(place, inner_product(ct, slope))
        elif is_last and can_hold(ct, slope):
            ledger.give(place, np.multiply(ct, slope, ct), True)
        elif is_fresh(slope, ct) and sys.getrefcount(slope) == 2:
            ledger.give(place, np.multiply(ct, slope, slope), True)
        else:
            ledger.give(place, ct * slope, True)


def gives_alike(ledger: Any, place: Any, ct: Any, slope: float, is_last: bool) -> bool:
    """Give ``slope * ct`` where that takes no product of arrays; True if it is done."""
    if slope == 1.0:
        ledger.give(place, ct, is_last)
        return True
    if type(ct) is not np.ndarray or ct.nbytes < LARGE or ct.dtype is not FLOAT:
        return False
    if not any(ct.strides):  # one number, which it stays
        spread = np.broadcast_to(ct.item(0) * slope, ct.shape)
        ledger.give(place, spread, is_derived=True)
        return True
    return slope == -1.0 and ledger.subtracts(place, ct)


def inner_product(ct: np.ndarray, slope: Any) -> Any:
    """The sum of ``ct * slope``."""
    if isinstance(slope, float):
        return slope * np.sum(ct)
    if type(slope) is np.ndarray and slope.shape == ct.shape and slope.dtype is FLOAT:
        if not any(ct.strides):
            return ct.item(0) * np.sum(slope)
        if ct.flags.c_contiguous and slope.flags.c_contiguous:
            return inner(ct.reshape(-1), slope.reshape(-1))
    return np.sum(ct * slope)


def can_hold(ct: np.ndarray, slope: Any) -> bool:
    """True if the product with `slope` fits where `ct` is."""
    if type(slope) is np.ndarray:
        return slope.shape == ct.shape and slope.dtype == ct.dtype
    return isinstance(slope, float)


def is_fresh(slope: Any, ct: Any) -> bool:
    """True for an array with memory of its own, in which the product with `ct` fits."""
    return (
        type(slope) is np.ndarray
        and type(ct) is np.ndarray
        and slope.base is None
        and slope.flags.writeable
        and slope.ndim > 0
        and slope.shape == ct.shape
        and slope.dtype == ct.dtype
    )


def results(recording: Any, ledger: Any) -> list:
    """What the sweep found for the leaves; one that nobody shares is handed over."""
    pairs = list(zip(recording.places, recording.leaves, strict=True))
    if len(pairs) == 1:
        return [ledger.result(*pairs[0], is_last=True)]
    owners = Counter(id(owner_of(place)) for place in recording.places if is_array(place))
    return [
        ledger.result(place, leaf, is_array(place) and owners[id(owner_of(place))] == 1)
        for place, leaf in pairs
    ]


def is_array(place: Any) -> bool:
    return isinstance(place, np.ndarray)
