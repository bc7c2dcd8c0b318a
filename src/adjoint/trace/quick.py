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
from adjoint.trace.reserve import LEAST, RESERVE


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
    cotangents = rule.vjp(ct, entry.out, *entry.args, **entry.kwargs)
    for index in range(min(len(entry.places), len(cotangents))):
        place, cotangent = entry.places[index], cotangents[index]
        if place is not None and cotangent is not None:
            is_own = type(cotangent) is np.ndarray and sys.getrefcount(cotangent) <= 3
            ledger.give(place, cotangent, is_own, is_derived=rule.linear)


def elementwise(entry: Any, ledger: Any, ct: Any) -> None:
    pairs = zip(entry.places, entry.rule.partials, strict=False)
    wanted = [pair for pair in pairs if pair[0] is not None and pair[1] is not None]
    if len(wanted) == 2 and ledger.lacks(wanted[0][0]):
        wanted.reverse()  # the memory of `ct` becomes that of a shadow which is not there yet
    is_own = type(ct) is np.ndarray and ct.flags.writeable and ct.ndim > 0
    for place, partial in wanted:
        RESERVE.make_room_like(entry.args)
        slope = partial(*entry.args, entry.out)
        if type(slope) is not float and np.iscomplexobj(slope):
            slope = np.conj(slope)
        is_last = is_own and partial is wanted[-1][1]
        if isinstance(slope, float) and slope == 1.0:
            ledger.give(place, ct, is_last)
        elif is_last and can_hold(ct, slope):
            ct *= slope
            ledger.give(place, ct, True)
        elif is_fresh(slope, ct) and sys.getrefcount(slope) == 2:
            ledger.give(place, np.multiply(ct, slope, out=slope), True)
        else:
            RESERVE.make_room_like((ct, slope))
            ledger.give(place, ct * slope, True)
        RESERVE.recycle(slope)


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


def times(shadow: np.ndarray, slope: Any) -> np.ndarray:
    """``shadow * slope``, in memory of its own."""
    RESERVE.make_room(shadow.nbytes)
    return shadow * slope


def results(recording: Any, ledger: Any) -> list:
    """What the sweep found for the leaves; one that nobody shares is handed over."""
    owners = Counter(id(owner_of(place)) for place in recording.places if is_array(place))
    return [
        ledger.result(place, leaf, is_array(place) and owners[id(owner_of(place))] == 1)
        for place, leaf in zip(recording.places, recording.leaves, strict=True)
    ]


def is_array(place: Any) -> bool:
    return isinstance(place, np.ndarray)
