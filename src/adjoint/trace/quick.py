"""A reverse sweep of arrays that does not guard against zero times infinity.

Such a product is nan, and what is linear hands a nan on, unless it multiplies it by a zero that
would have removed it anyway. So where every gradient comes out finite, none arose that matters, and
the gradients are those of the careful sweep; where one does not, the careful sweep is made. It
works in the memory of what it no longer needs.
"""

import sys
from collections import Counter
from typing import Any

import numpy as np

from adjoint.rules.ruleset import Form
from adjoint.trace.finiteness import is_surely_finite
from adjoint.trace.memory import owner_of
from adjoint.trace.needs import only_picks
from adjoint.trace.reserve import FLOAT, LEAST, RESERVE, computed


def is_worth_it(recording: Any, simple: tuple[type, ...]) -> bool:
    """True for a tape of large arrays whose entries are all of the `simple` kinds.

    Those hold formulas that are linear in the cotangent and run nobody else's code.
    """
    if not any(root.live and root.owner.nbytes >= LEAST for root in recording.roots.values()):
        return False
    kinds = {type(entry) for _, _, events in recording.segments for _, _, entry in events}
    return kinds.issubset(simple)


def are_finite(vectors: list) -> bool:
    return all(is_surely_finite(vector) or np.isfinite(vector).all() for vector in vectors)


def applied(entry: Any, ledger: Any, ct: Any) -> None:
    """Give the cotangent `ct` of the result of an `Applied` to its arguments."""
    rule = entry.rule
    if rule.form is Form.ELEMENTWISE and (rule.vjp is None or not entry.is_complex()):
        elementwise(entry, ledger, ct)
        return
    if RESERVE.size:
        for place in entry.places:
            if type(place) is np.ndarray and not rule.linear:
                RESERVE.make_room(place.nbytes)
    wanted = tuple([place is not None for place in entry.places])
    cotangents = list(rule.cotangents(wanted, ct, entry.out, *entry.args, **entry.kwargs))
    cotangents.reverse()  # to be taken out one by one, so that nobody else refers to them
    for place in entry.places[: len(cotangents)]:
        if place is None or cotangents[-1] is None:
            cotangents.pop()
        else:
            is_own = type(cotangents[-1]) is np.ndarray and sys.getrefcount(cotangents[-1]) <= 2
            ledger.give(place, cotangents.pop(), is_own, is_derived=rule.linear)


def elementwise(entry: Any, ledger: Any, ct: Any) -> None:
    """The same for a function of each element: the last product takes the memory of `ct`."""
    args, out = entry.args, entry.out
    pairs = zip(entry.places, entry.rule.partials, strict=False)
    wanted = [pair for pair in pairs if pair[0] is not None and pair[1] is not None]
    if len(wanted) == 2 and ledger.lacks(wanted[0][0]):
        wanted.reverse()  # the memory of `ct` becomes that of a shadow which is not there yet
    is_array = type(ct) is np.ndarray and ct.ndim > 0
    remaining = len(wanted)
    for place, partial in wanted:
        remaining -= 1
        is_last = is_array and remaining == 0 and ct.flags.writeable
        if is_array and not only_picks(partial):
            RESERVE.make_room(ct.nbytes)
        slope = partial(*args, out)
        if isinstance(slope, float):
            if slope == 1.0 and type(place) is not int:
                ledger.give(place, ct, is_last)
                continue
        elif np.iscomplexobj(slope):
            slope = np.conj(slope)
        if type(place) is int and is_array and ct.dtype is FLOAT:
            ledger.give(place, inner_product(ct, slope))
        elif is_last and can_hold(ct, slope):
            ledger.give(place, np.multiply(ct, slope, out=ct), True)
        elif is_fresh(slope, ct) and sys.getrefcount(slope) == 2:
            ledger.give(place, np.multiply(ct, slope, out=slope), True)
        else:
            ledger.give(place, times(ct, slope), True)
        RESERVE.recycle(slope)


def inner_product(ct: np.ndarray, slope: Any) -> Any:
    """The sum of ``ct * slope``."""
    if isinstance(slope, float):
        return slope * np.sum(ct)
    if type(slope) is np.ndarray and slope.shape == ct.shape and slope.dtype is FLOAT:
        if not any(ct.strides):
            return ct.item(0) * np.sum(slope)
        if ct.flags.c_contiguous and slope.flags.c_contiguous:
            return np.dot(ct.reshape(-1), slope.reshape(-1))
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


def times(ct: Any, slope: Any) -> Any:
    """``ct * slope``, in memory of its own."""
    if type(ct) is np.ndarray and ct.dtype is FLOAT and RESERVE.size:
        is_alike = type(slope) is np.ndarray and slope.shape == ct.shape and slope.dtype is FLOAT
        product = computed(np.multiply, (ct, slope)) if is_alike or type(slope) is float else None
        if product is not None:
            return product
        RESERVE.make_room(ct.nbytes)
    return ct * slope


def results(recording: Any, ledger: Any) -> list:
    """What the sweep found for the leaves; one that nobody shares is handed over."""
    owners = Counter(id(owner_of(place)) for place in recording.places if is_array(place))
    return [
        ledger.result(place, leaf, is_array(place) and owners[id(owner_of(place))] == 1)
        for place, leaf in zip(recording.places, recording.leaves, strict=True)
    ]


def is_array(place: Any) -> bool:
    return isinstance(place, np.ndarray)
